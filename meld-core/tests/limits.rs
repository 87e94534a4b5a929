//! Limits of engines, reported before an engine sees the output.

use meld_core::Fuser;
use std::error::Error;
use std::fmt::Write;

/// A component with `count` instances of a module with a memory that is used.
fn instances(count: usize) -> String {
    let mut text =
        "(component (core module $m (memory 1) (func (export \"f\") (result i32) (memory.size)))".to_string();
    for index in 0..count {
        write!(
            text,
            "(core instance $i{index} (instantiate $m))
             (func (export \"f{index}\") (result u32) (canon lift (core func $i{index} \"f\")))"
        )
        .expect("a string takes any text");
    }
    text + ")"
}

fn fuse(text: &str) -> Result<Vec<u8>, String> {
    let mut fuser = Fuser::new();
    fuser.input("case", text.as_bytes());
    fuser.fuse().map(|fused| fused.core).map_err(|error| match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    })
}

#[test]
fn memories() {
    assert!(fuse(&instances(100)).is_ok());
    let error = fuse(&instances(101)).expect_err("no engine takes 101 memories");
    assert!(error.contains("101 memories") && error.contains("at most 100"), "{error}");
}
