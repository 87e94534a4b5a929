//! Sends strings of every shape through the boundary and back, and checks that neither side keeps memory.

use meld::strings::text;

wit_bindgen::generate!({ path: "strings/world.wit", world: "runner" });
guests::count_allocations!();

const ASCII: &str = "Meld: fuse, then run.";
const LATIN: &str = "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich";
const ASTRAL: &str = "clef 𝄞, kanji 漢字, flag 🇨🇭, combining e\u{301}";
const NUL: &str = "a\0b\0";

struct Runner;

impl Guest for Runner {
    fn run() {
        // The first round lets allocators and lazily made statics settle.
        round();
        let (here, there) = (guests::live_bytes(), text::live_bytes());
        round();
        assert!(guests::live_bytes() == here);
        assert!(text::live_bytes() == there);
    }
}

fn round() {
    text::expect_ascii(ASCII);
    text::expect_latin(LATIN);
    text::expect_astral(ASTRAL);
    text::expect_nul(NUL);
    text::expect_empty("");

    assert!(text::ascii() == ASCII);
    assert!(text::latin() == LATIN);
    assert!(text::astral() == ASTRAL);
    assert!(text::nul() == NUL);
    assert!(text::empty().is_empty());

    for s in [ASCII, LATIN, ASTRAL, NUL, ""] {
        assert!(text::echo(s) == s);
        assert!(text::join(s, "") == s);
        assert!(text::join("", s) == s);
        assert!(text::join(s, LATIN) == [s, LATIN].concat());
    }
    // Each of the lengths at which UTF-8 gets a byte longer, on both sides of the step.
    for c in [
        '\u{0}',
        '\u{7f}',
        '\u{80}',
        '\u{ff}',
        '\u{100}',
        '\u{7ff}',
        '\u{800}',
        '\u{d7ff}',
        '\u{e000}',
        '\u{ffff}',
        '\u{10000}',
        '\u{10ffff}',
    ] {
        let s = c.to_string();
        assert!(text::echo(&s) == s);
        assert!(text::repeat(&s, 3) == [c, c, c].iter().collect::<String>());
    }
    // More than a page, so that the receiver's memory has to grow meanwhile.
    let long = text::repeat("0123456789abcdéf", 10_000);
    assert!(long == "0123456789abcdéf".repeat(10_000));
    assert!(text::echo(&long) == long);

    let words: Vec<String> = [ASCII, "", ASTRAL, "x"].map(String::from).to_vec();
    let reversed = text::reverse_list(&words);
    assert!(reversed == ["x", ASTRAL, "", ASCII]);
    assert!(text::reverse_list(&[]).is_empty());
}

export!(Runner);
