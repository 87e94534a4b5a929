//! Both ways of every result.

use meld::results::outcomes::*;

wit_bindgen::generate!({ path: "results/world.wit", world: "runner" });

struct Runner;

impl Guest for Runner {
    fn run() {
        assert!(plain(Ok(())).is_ok());
        assert!(plain(Err(())).is_err());
        for x in [Ok(0), Ok(u32::MAX), Err(())] {
            assert!(only_value(x) == x);
        }
        assert!(only_error(Ok(())).is_ok());
        assert!(only_error(Err("why")) == Err("why".to_string()));
        assert!(strings(Ok("good")) == Ok("good".to_string()));
        assert!(strings(Err("bäd")) == Err("bäd".to_string()));
        for x in [Ok(-1.0e200), Err(7)] {
            assert!(wide(x) == x);
        }
        for x in [Ok(u8::MAX), Err(u64::MAX - 3)] {
            assert!(narrow(x) == x);
        }

        assert!(matches!(with_enum(0.0), Err(Failure::Denied)));
        assert!(matches!(with_enum(4.0), Ok(0.25)));
        assert!(matches!(with_record(0.0), Err(Detail { code: 420, text }) if text == "no reciprocal"));
        assert!(matches!(with_record(-2.0), Ok(-0.5)));
        assert!(matches!(with_variant(0.0), Err(Problem::Simple(Failure::Absent))));
        assert!(
            matches!(with_variant(1.0), Err(Problem::Detailed(Detail { code: u32::MAX, text })) if text == "too easy")
        );
        assert!(matches!(with_variant(2.0), Err(Problem::Unknown)));
        assert!(matches!(with_variant(8.0), Ok(0.125)));

        assert!(matches!(nested(Ok(Ok(12))), Ok(Ok(12))));
        assert!(matches!(nested(Ok(Err(&Failure::Busy))), Ok(Err(Failure::Busy))));
        assert!(matches!(nested(Err("outer")), Err(text) if text == "outer"));

        let all = [Ok(1), Err("two".to_string()), Ok(u16::MAX), Err(String::new())];
        assert!(collect(&all) == all);
    }
}

export!(Runner);
