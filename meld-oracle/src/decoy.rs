//! A neighbour that takes address 0 of the one memory.
//!
//! In: a component. Out: one that has a second one beside it, with more pointers at the boundary to the host than anything
//! that is tested, so that no window of the component under test begins at address 0. Its exports keep their names.
//! The neighbour's memory is full of a byte that is no guest's: what reads beyond its window finds it.

use meld_core::Input;
use meld_core::unstable::link;
use std::fmt::Write;

/// The name under which the neighbour exports its function.
pub const EXPORT: &str = "decoy-takes-address-zero";

/// Strings among the parameters of the neighbour's function.
const POINTERS: usize = 400;

/// `component` with the neighbour beside it.
pub fn with_decoy(component: &[u8]) -> Result<Vec<u8>, String> {
    let decoy = wat::parse_str(text()).map_err(|e| e.to_string())?;
    let inputs = [("input", component), ("decoy", &decoy)];
    let inputs = inputs.map(|(name, bytes)| Input::new(name, bytes));
    let root = link::link(&inputs, &[]).map_err(|e| crate::error_chain(&e))?.root;
    Ok(root.into_owned())
}

fn text() -> String {
    let mut params = String::new();
    for i in 0..POINTERS {
        write!(params, "(param \"p{i}\" string)").expect("writing to a string does not fail");
    }
    let bytes = "\\aa".repeat(4096);
    format!(
        "(component
           (core module $M
             (memory (export \"memory\") 1)
             (global (export \"__heap_base\") i32 (i32.const 65536))
             (data (i32.const 0) \"{bytes}\") (data (i32.const 61440) \"{bytes}\")
             (func (export \"realloc\") (param i32 i32 i32 i32) (result i32) (i32.const 8192))
             (func (export \"f\") (param i32)))
           (core instance $m (instantiate $M))
           (func (export \"{EXPORT}\") {params}
             (canon lift (core func $m \"f\") (memory (core memory $m \"memory\")) (realloc (core func $m \"realloc\")))))"
    )
}
