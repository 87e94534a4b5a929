//! Strings of every width of UTF-8, and the empty one, given and taken.

use exports::meld::strings::text::Guest;

wit_bindgen::generate!({ path: "strings/world.wit", world: "provider" });
guests::count_allocations!();

const ASCII: &str = "Meld: fuse, then run.";
const LATIN: &str = "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich";
const ASTRAL: &str = "clef 𝄞, kanji 漢字, flag 🇨🇭, combining e\u{301}";
const NUL: &str = "a\0b\0";

struct Provider;

impl Guest for Provider {
    fn expect_ascii(s: String) {
        assert!(s == ASCII);
    }

    fn expect_latin(s: String) {
        assert!(s == LATIN);
    }

    fn expect_astral(s: String) {
        assert!(s == ASTRAL);
    }

    fn expect_nul(s: String) {
        assert!(s == NUL);
    }

    fn expect_empty(s: String) {
        assert!(s.is_empty());
    }

    fn ascii() -> String {
        ASCII.to_string()
    }

    fn latin() -> String {
        LATIN.to_string()
    }

    fn astral() -> String {
        ASTRAL.to_string()
    }

    fn nul() -> String {
        NUL.to_string()
    }

    fn empty() -> String {
        String::new()
    }

    fn echo(s: String) -> String {
        s
    }

    fn join(left: String, right: String) -> String {
        left + &right
    }

    fn repeat(s: String, times: u32) -> String {
        s.repeat(times as usize)
    }

    fn reverse_list(mut words: Vec<String>) -> Vec<String> {
        words.reverse();
        words
    }

    fn live_bytes() -> u32 {
        guests::live_bytes()
    }
}

export!(Provider);
