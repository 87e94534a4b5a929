//! Lists whose length is part of their type.

use exports::meld::fixed_length_lists::arrays::{Guest, Matrix};

wit_bindgen::generate!({ path: "fixed-length-lists/world.wit", world: "provider" });

struct Provider;

impl Guest for Provider {
    fn expect(xs: [u32; 4]) {
        assert!(xs == [1, 2, u32::MAX, 4]);
    }

    fn primes() -> [u16; 5] {
        [2, 3, 5, 7, 65_521]
    }

    fn reverse(mut xs: [u8; 6]) -> [u8; 6] {
        xs.reverse();
        xs
    }

    fn words(last: String) -> [String; 3] {
        ["ç".to_string(), String::new(), last]
    }

    fn transposed(m: Matrix) -> [[f32; 2]; 3] {
        assert!(m.name == "m");
        [0, 1, 2].map(|column| [m.rows[0][column], m.rows[1][column]])
    }

    fn of_lists(xs: Vec<i64>) -> [Vec<i64>; 2] {
        [Vec::new(), xs]
    }

    fn in_list(mut xs: Vec<[u16; 2]>) -> Vec<[u16; 2]> {
        xs.reverse();
        xs
    }

    fn sum(xs: [u64; 20]) -> u64 {
        xs.iter().sum()
    }

    fn mixed((a, xs, b): (u8, [Option<u8>; 2], u8)) -> (u8, [Option<u8>; 2], u8) {
        (b, [xs[1], xs[0]], a)
    }
}

export!(Provider);
