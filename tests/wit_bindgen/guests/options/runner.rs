//! Absent, present, and present but absent inside.

use meld::options::maybe::*;

wit_bindgen::generate!({ path: "options/world.wit", world: "runner" });

struct Runner;

impl Guest for Runner {
    fn run() {
        expect_none(None);
        expect_some(Some("something"));
        assert!(none().is_none());
        assert!(some().as_deref() == Some("anything"));

        for x in [None, Some(0), Some(u8::MAX)] {
            assert!(echo_u8(x) == x);
        }
        for x in [None, Some(0.0), Some(-2.5e-10)] {
            assert!(echo_f64(x) == x);
        }
        for x in [None, Some(""), Some("Ω")] {
            assert!(echo_string(x).as_deref() == x);
        }
        for x in [None, Some(None), Some(Some(0)), Some(Some(u32::MAX))] {
            assert!(echo_nested(x) == x);
        }
        assert!(echo_tuple(None).is_none());
        assert!(echo_tuple(Some((9, "neun"))) == Some((9, "neun".to_string())));
        let list = [Some(i16::MIN), None, Some(0), None, None, Some(i16::MAX)];
        assert!(echo_list(&list) == list);

        for title in [None, Some("t".to_string())] {
            for depth in [None, Some(None), Some(Some(3))] {
                for limit in [None, Some(u64::MAX)] {
                    let back = echo_settings(&Settings { title: title.clone(), depth, limit });
                    assert!(back.title == title && back.depth == depth && back.limit == limit);
                }
            }
        }

        assert!(first(&[]).is_none());
        assert!(first(&["α".to_string(), "β".to_string()]).as_deref() == Some("α"));
    }
}

export!(Runner);
