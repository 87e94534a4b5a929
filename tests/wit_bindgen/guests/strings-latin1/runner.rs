//! Strings on both sides of the step from Latin-1 to UTF-16, and those that take it halfway through.

use meld::strings_latin1::text::*;

wit_bindgen::generate!({ path: "strings-latin1/world.wit", world: "runner" });
guests::count_allocations!();

struct Runner;

impl Guest for Runner {
    fn run() {
        round();
        let before = guests::live_bytes();
        round();
        assert!(guests::live_bytes() == before);
    }
}

fn round() {
    // As narrow as it can be.
    assert!(shape("") == (0, false));
    assert!(shape("ascii") == (5, false));
    assert!(shape("naïve ÿ") == (7, false));
    assert!(shape("Ā") == (1, true));
    assert!(shape("漢字") == (2, true));
    assert!(shape("𝄞") == (2, true));
    assert!(shape("ten latinsé and then Ω") == (22, true));

    let long = "é".repeat(5000);
    assert!(shape(&long) == (5000, false));
    let late = format!("{long}€");
    assert!(shape(&late) == (5001, true));
    let early = format!("€{long}");
    assert!(shape(&early) == (5001, true));

    for s in ["", "plain", "ÀÿÐ", "Ā", "x漢", "🦀é", "\u{0}", "\u{ff}\u{100}", &long, &late, &early] {
        assert!(echo(s) == s);
    }
    assert!(narrow() == "déjà vu");
    assert!(wide() == "漢字!🎀");
    assert!(widened() == "naïf");

    let words = ["één", "", "δύο", "3"].map(String::from);
    assert!(echo_list(&words) == words);
    assert!(sum_units(&words) == 7);
    assert!(echo_list(&[]).is_empty());
}

export!(Runner);
