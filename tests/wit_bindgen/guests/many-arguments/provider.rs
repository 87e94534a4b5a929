//! Calls with as many parameters as fit, and with more.

use exports::meld::many_arguments::wide_calls::{Block, Guest};

wit_bindgen::generate!({ path: "many-arguments/world.wit", world: "provider" });

struct Provider;

impl Guest for Provider {
    fn sixteen(
        a1: u64,
        a2: u64,
        a3: u64,
        a4: u64,
        a5: u64,
        a6: u64,
        a7: u64,
        a8: u64,
        a9: u64,
        a10: u64,
        a11: u64,
        a12: u64,
        a13: u64,
        a14: u64,
        a15: u64,
        a16: u64,
    ) -> u64 {
        // Positional digits: any two parameters swapped change the value.
        let all = [a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16];
        all.iter().fold(0, |number, digit| (number << 4) | digit)
    }

    fn seventeen(
        a1: u8,
        a2: u64,
        a3: u16,
        a4: f64,
        a5: u32,
        a6: f32,
        a7: i8,
        a8: i64,
        a9: bool,
        a10: char,
        a11: i16,
        a12: u64,
        a13: u8,
        a14: i32,
        a15: u8,
        a16: u64,
        a17: u8,
    ) -> String {
        assert!(a1 == 1 && a2 == u64::MAX && a3 == 3 && a4 == 4.25 && a5 == u32::MAX - 5 && a6 == -6.5);
        assert!(a7 == i8::MIN && a8 == i64::MIN && a9 && a10 == '🂪' && a11 == i16::MIN && a12 == 12 << 50);
        assert!(a13 == 13 && a14 == -14 && a15 == 15 && a16 == 16 && a17 == 17);
        "seventeen".to_string()
    }

    fn strings(a: String, b: String, c: String, d: String, e: String, f: String, g: String, h: String) -> String {
        [a, b, c, d, e, f, g, h].join(" ")
    }

    fn more_strings(
        a: String,
        b: String,
        c: String,
        d: String,
        e: String,
        f: String,
        g: String,
        h: String,
        i: String,
    ) -> String {
        [a, b, c, d, e, f, g, h, i].join(" ")
    }

    fn blocks(a: Block, b: Block, c: Block, d: Block) -> Vec<Block> {
        vec![d, c, b, a]
    }
}

export!(Provider);
