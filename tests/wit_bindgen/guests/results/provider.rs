//! Results with and without payloads on either side.

use exports::meld::results::outcomes::*;

wit_bindgen::generate!({ path: "results/world.wit", world: "provider" });

struct Provider;

impl Guest for Provider {
    fn plain(x: Result<(), ()>) -> Result<(), ()> {
        x
    }

    fn only_value(x: Result<u32, ()>) -> Result<u32, ()> {
        x
    }

    fn only_error(x: Result<(), String>) -> Result<(), String> {
        x
    }

    fn strings(x: Result<String, String>) -> Result<String, String> {
        x
    }

    fn wide(x: Result<f64, u8>) -> Result<f64, u8> {
        x
    }

    fn narrow(x: Result<u8, u64>) -> Result<u8, u64> {
        x
    }

    fn with_enum(x: f32) -> Result<f32, Failure> {
        if x == 0.0 { Err(Failure::Denied) } else { Ok(1.0 / x) }
    }

    fn with_record(x: f32) -> Result<f32, Detail> {
        if x == 0.0 { Err(Detail { code: 420, text: "no reciprocal".to_string() }) } else { Ok(1.0 / x) }
    }

    fn with_variant(x: f32) -> Result<f32, Problem> {
        match x {
            0.0 => Err(Problem::Simple(Failure::Absent)),
            1.0 => Err(Problem::Detailed(Detail { code: u32::MAX, text: "too easy".to_string() })),
            2.0 => Err(Problem::Unknown),
            _ => Ok(1.0 / x),
        }
    }

    fn nested(x: Result<Result<u32, Failure>, String>) -> Result<Result<u32, Failure>, String> {
        x
    }

    fn collect(xs: Vec<Result<u16, String>>) -> Vec<Result<u16, String>> {
        xs
    }
}

export!(Provider);
