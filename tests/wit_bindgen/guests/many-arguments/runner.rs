//! Each parameter has a value of its own, so that a swapped pair shows.

use meld::many_arguments::wide_calls::*;

wit_bindgen::generate!({ path: "many-arguments/world.wit", world: "runner" });

struct Runner;

impl Guest for Runner {
    fn run() {
        assert!(sixteen(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15) == 0x0123_4567_89ab_cdef);
        assert!(sixteen(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0) == 0xfedc_ba98_7654_3210);
        let text = seventeen(
            1,
            u64::MAX,
            3,
            4.25,
            u32::MAX - 5,
            -6.5,
            i8::MIN,
            i64::MIN,
            true,
            '🂪',
            i16::MIN,
            12 << 50,
            13,
            -14,
            15,
            16,
            17,
        );
        assert!(text == "seventeen");
        assert!(strings("1", "2", "", "4", "5", "six", "7", "8") == "1 2  4 5 six 7 8");
        assert!(more_strings("ein", "Ω", "", "4", "5", "six", "7", "8", "neun") == "ein Ω  4 5 six 7 8 neun");

        let block = |n: u8| Block {
            a: u64::MAX - u64::from(n),
            b: f32::from(n) + 0.5,
            c: "b".repeat(usize::from(n)),
            d: n,
            e: -i16::from(n),
        };
        let back = blocks(&block(1), &block(2), &block(3), &block(4));
        assert!(back.len() == 4);
        for (got, n) in back.iter().zip([4, 3, 2, 1]) {
            let sent = block(n);
            assert!(got.a == sent.a && got.b == sent.b && got.c == sent.c && got.d == sent.d && got.e == sent.e);
        }
    }
}

export!(Runner);
