//! Lists of every element kind, flat and nested.

use exports::meld::lists::sequences::{Guest, Item};

wit_bindgen::generate!({ path: "lists/world.wit", world: "provider" });
guests::count_allocations!();

struct Provider;

impl Guest for Provider {
    fn expect_empty(xs: Vec<u8>) {
        assert!(xs.is_empty());
    }

    fn empty() -> Vec<u8> {
        Vec::new()
    }

    fn expect_counting(xs: Vec<u32>) {
        assert!(xs.iter().copied().eq(0..xs.len() as u32));
    }

    fn counting(n: u32) -> Vec<u32> {
        (0..n).collect()
    }

    fn echo_u8(xs: Vec<u8>) -> Vec<u8> {
        xs
    }

    fn echo_s8(xs: Vec<i8>) -> Vec<i8> {
        xs
    }

    fn echo_u16(xs: Vec<u16>) -> Vec<u16> {
        xs
    }

    fn echo_s32(xs: Vec<i32>) -> Vec<i32> {
        xs
    }

    fn echo_u64(xs: Vec<u64>) -> Vec<u64> {
        xs
    }

    fn echo_f32(xs: Vec<f32>) -> Vec<f32> {
        xs
    }

    fn echo_f64(xs: Vec<f64>) -> Vec<f64> {
        xs
    }

    fn echo_bool(xs: Vec<bool>) -> Vec<bool> {
        xs
    }

    fn echo_char(xs: Vec<char>) -> Vec<char> {
        xs
    }

    fn echo_strings(xs: Vec<String>) -> Vec<String> {
        xs
    }

    fn echo_nested(xs: Vec<Vec<String>>) -> Vec<Vec<String>> {
        xs
    }

    fn echo_pairs(xs: Vec<(u8, u32, u8)>) -> Vec<(u8, u32, u8)> {
        xs
    }

    fn reverse_items(mut xs: Vec<Item>) -> Vec<Item> {
        xs.reverse();
        xs
    }

    fn sum(xs: Vec<u64>) -> u64 {
        xs.iter().fold(0, |sum, x| sum.wrapping_add(*x))
    }

    fn concatenate(mut a: Vec<u8>, b: Vec<u8>) -> Vec<u8> {
        a.extend(b);
        a
    }

    fn live_bytes() -> u32 {
        guests::live_bytes()
    }
}

export!(Provider);
