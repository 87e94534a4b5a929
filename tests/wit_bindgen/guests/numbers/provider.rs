//! Every scalar of the component model, echoed, and a little state.

use std::sync::atomic::{AtomicU32, Ordering};

use exports::meld::numbers::arithmetic::Guest;

wit_bindgen::generate!({ path: "numbers/world.wit", world: "provider" });

static SCALAR: AtomicU32 = AtomicU32::new(0);

struct Provider;

impl Guest for Provider {
    fn echo_u8(x: u8) -> u8 {
        x
    }

    fn echo_s8(x: i8) -> i8 {
        x
    }

    fn echo_u16(x: u16) -> u16 {
        x
    }

    fn echo_s16(x: i16) -> i16 {
        x
    }

    fn echo_u32(x: u32) -> u32 {
        x
    }

    fn echo_s32(x: i32) -> i32 {
        x
    }

    fn echo_u64(x: u64) -> u64 {
        x
    }

    fn echo_s64(x: i64) -> i64 {
        x
    }

    fn echo_f32(x: f32) -> f32 {
        x
    }

    fn echo_f64(x: f64) -> f64 {
        x
    }

    fn echo_char(x: char) -> char {
        x
    }

    fn echo_bool(x: bool) -> bool {
        x
    }

    fn wrapping_increment_u8(x: u8) -> u8 {
        x.wrapping_add(1)
    }

    fn negate_s16(x: i16) -> i16 {
        x.wrapping_neg()
    }

    fn high_half(x: u64) -> u32 {
        (x >> 32) as u32
    }

    fn mean(x: f64, y: f64) -> f64 {
        x / 2.0 + y / 2.0
    }

    fn set_scalar(x: u32) {
        SCALAR.store(x, Ordering::Relaxed);
    }

    fn get_scalar() -> u32 {
        SCALAR.load(Ordering::Relaxed)
    }
}

export!(Provider);
