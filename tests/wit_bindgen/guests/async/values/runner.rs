//! Sends values of every kind to and fro, at once and with a wait, and looks for leaks on both sides.

use meld::values::{echo::*, memory};

wit_bindgen::generate!({ path: "values/world.wit", world: "runner", additional_derives: [PartialEq, Clone] });

guests::count_allocations!();

struct Runner;

impl Guest for Runner {
    async fn run() {
        // The bindings of wit-bindgen 0.63 do not free the memory that parameters are passed in, so this is not measured.
        wide(false).await;
        wide(true).await;
        // What the runtime of the bindings keeps is allocated the first time.
        round(false).await;
        round(true).await;
        let before = (guests::live_bytes(), memory::live_bytes());
        for _ in 0..3 {
            round(false).await;
            round(true).await;
        }
        assert!((guests::live_bytes(), memory::live_bytes()) == before);
    }
}

async fn round(wait: bool) {
    assert!(scalars(wait, 255, -128, 65535).await == (255, -128, 65535));
    let more = (u32::MAX, i32::MIN, u64::MAX, i64::MIN, -0.5, f64::MAX, '🦀');
    assert!(more_scalars(wait, more.0, more.1, more.2, more.3, more.4, more.5, more.6).await == more);
    for length in [0, 1, 17, 5000] {
        let v = "ö".repeat(length);
        assert!(text(wait, v.clone()).await == v);
        let v: Vec<u16> = (0..length as u16).collect();
        assert!(numbers(wait, v.clone()).await == v);
    }
    let v: Vec<String> = ["", "one", "two and more", "三"].map(str::to_owned).to_vec();
    assert!(texts(wait, v.clone()).await == v);
    let point = |x: i32| Point { x, y: i64::from(x) << 32, label: x.to_string() };
    let v = Nested { points: (-2..9).map(point).collect(), corner: Some(point(99)), at: (7, 0.25, 'é') };
    assert!(a_record(wait, v.clone()).await == v);
    let v = Nested { points: Vec::new(), corner: None, ..v };
    assert!(a_record(wait, v.clone()).await == v);
    for v in [Shape::Empty, Shape::Circle(1.5), Shape::Line((point(1), point(2))), Shape::Named("n".to_owned())] {
        assert!(a_variant(wait, v.clone()).await == v);
    }
    for v in [None, Some(None), Some(Some(3))] {
        assert!(an_option(wait, v).await == v);
    }
    for v in [Ok("fine".to_owned()), Err(Color::Blue)] {
        assert!(a_result(wait, v.clone()).await == v);
    }
    let access = Access::READ | Access::EXECUTE;
    assert!(small(wait, Color::Green, access).await == (Color::Green, access));
    nothing(wait).await;
    assert!(fallible(wait, false).await == Ok(()));
    assert!(fallible(wait, true).await == Err(()));
}

/// More parameters than are passed as values.
async fn wide(wait: bool) {
    let [j, k, l, m, n] = ["j", "", "l", "mm", "nnn"].map(str::to_owned);
    let v = Wide { a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7, h: 8, i: u64::MAX, j, k, l, m, n };
    assert!(a_wide_record(wait, v.clone()).await == v);
}

export!(Runner);
