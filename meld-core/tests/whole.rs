//! Whatever bytes come in, the front of the library returns: an error, or a result that is valid.
//!
//! The corpus is whole compositions: the greeter example, built by a toolchain, and a small one by hand.

#[path = "support/numbers.rs"]
mod numbers;

use meld_core::{Fuser, Pass, Stage};
use numbers::Random;
use std::fs;
use std::path::Path;

fn example(name: &str) -> Vec<u8> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    fs::read(root.join("examples").join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Everything the front can do with `bytes`. Whether the fusion succeeds is up to them.
fn run(bytes: &[u8]) -> bool {
    let mut fuser = Fuser::new();
    fuser.input("input", bytes).component(true);
    let fused = fuser.fuse();
    for stage in [Stage::Parse, Stage::Dfg, Stage::Plan, Stage::Merged, Stage::After(Pass::Layout)] {
        let _ = fuser.inspect(stage);
    }
    let Ok(fused) = fused else { return false };
    assert!(!fused.report.to_string().is_empty());
    // Two inputs that are the same: a way through the linker.
    fuser.input("again", bytes).component(false);
    let _ = fuser.fuse();
    true
}

#[test]
fn changed_bytes() {
    let original = wat::parse_bytes(&example("shout/greeter.wat")).unwrap().into_owned();
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let mut accepted = 0;
    for _ in 0..3000 {
        let mut bytes = original.clone();
        for _ in 0..=random.below(3) {
            let at = random.below(bytes.len());
            bytes[at] = random.below(256) as u8;
        }
        accepted += usize::from(run(&bytes));
    }
    // Constants can be changed at will: if nothing is accepted, the test is broken.
    assert!(accepted > 10, "{accepted}");
}

#[test]
fn changed_bytes_of_a_real_composition() {
    let original = example("greeter/greeter-composed.wasm");
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for _ in 0..40 {
        let mut bytes = original.clone();
        let at = random.below(bytes.len());
        bytes[at] ^= 1 << random.below(8);
        run(&bytes);
    }
}

#[test]
fn cut_off() {
    let original = wat::parse_bytes(&example("shout/greeter.wat")).unwrap().into_owned();
    for end in 0..original.len() {
        run(&original[..end]);
    }
}

#[test]
fn random_bytes_and_text() {
    let mut random = Random(0x1234_5678_9abc_def1);
    for round in 0..2000 {
        let mut bytes: Vec<u8> = (0..random.below(64)).map(|_| random.below(256) as u8).collect();
        match round % 3 {
            0 => bytes.splice(0..0, *b"\0asm\x0d\0\x01\0").for_each(drop),
            1 => bytes.splice(0..0, *b"(component ").for_each(drop),
            _ => {}
        }
        run(&bytes);
    }
}

#[test]
fn wit_of_changed_bytes() {
    let original = wat::parse_bytes(&example("shout/greeter.wat")).unwrap().into_owned();
    for at in 0..original.len() {
        let mut bytes = original.clone();
        bytes[at] ^= 0x41;
        let mut fuser = Fuser::new();
        let _ = fuser.input("input", bytes).wit(true).fuse();
    }
}
