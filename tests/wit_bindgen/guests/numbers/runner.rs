//! Calls every scalar function with the values at the ends of its range.

use meld::numbers::arithmetic::*;

wit_bindgen::generate!({ path: "numbers/world.wit", world: "runner" });

struct Runner;

impl Guest for Runner {
    fn run() {
        for x in [0, 1, 127, 128, u8::MAX] {
            assert!(echo_u8(x) == x);
        }
        for x in [i8::MIN, -1, 0, 1, i8::MAX] {
            assert!(echo_s8(x) == x);
        }
        for x in [0, 255, 256, 32_768, u16::MAX] {
            assert!(echo_u16(x) == x);
        }
        for x in [i16::MIN, -1, 0, 1, i16::MAX] {
            assert!(echo_s16(x) == x);
        }
        for x in [0, 1, 1 << 31, u32::MAX] {
            assert!(echo_u32(x) == x);
        }
        for x in [i32::MIN, -1, 0, 1, i32::MAX] {
            assert!(echo_s32(x) == x);
        }
        for x in [0, 1, 1 << 32, 1 << 63, u64::MAX] {
            assert!(echo_u64(x) == x);
        }
        for x in [i64::MIN, -1, 0, 1, i64::MAX] {
            assert!(echo_s64(x) == x);
        }
        // Bits, not values: a boundary may not touch the sign of a zero.
        for x in [0.0, -0.0, 1.5, f32::MIN_POSITIVE, f32::MAX, f32::INFINITY, f32::NEG_INFINITY, 1.0e-45] {
            assert!(echo_f32(x).to_bits() == x.to_bits());
        }
        for x in [0.0, -0.0, 1.5, f64::MIN_POSITIVE, f64::MAX, f64::INFINITY, f64::NEG_INFINITY, 5.0e-324] {
            assert!(echo_f64(x).to_bits() == x.to_bits());
        }
        assert!(echo_f32(f32::NAN).is_nan());
        assert!(echo_f64(f64::NAN).is_nan());
        for x in ['\0', 'a', 'é', '漢', '\u{d7ff}', '\u{e000}', '🦀', char::MAX] {
            assert!(echo_char(x) == x);
        }
        assert!(echo_bool(true));
        assert!(!echo_bool(false));

        assert!(wrapping_increment_u8(254) == 255);
        assert!(wrapping_increment_u8(255) == 0);
        assert!(negate_s16(12_345) == -12_345);
        assert!(negate_s16(i16::MIN) == i16::MIN);
        assert!(high_half(0x0123_4567_89ab_cdef) == 0x0123_4567);
        assert!(mean(1.0, 4.0) == 2.5);

        assert!(get_scalar() == 0);
        for x in [2, 4, u32::MAX] {
            set_scalar(x);
            assert!(get_scalar() == x);
        }
    }
}

export!(Runner);
