//! Instructions that are put into guest bodies.

use super::Op;
use wasm_encoder::ValType;

/// What is put into a body of the input.
#[derive(Debug, Default)]
pub(crate) struct Insertions {
    /// Instructions at the beginning of the body.
    pub(crate) entry: Vec<Op>,
    /// Locals in front of those of the body: what was a parameter.
    pub(crate) front: Vec<ValType>,
    /// Locals after those of the body.
    pub(crate) locals: Vec<ValType>,
    /// Instructions in front of the instruction at an offset in the body, in order.
    pub(crate) before: Vec<(u32, Vec<Op>)>,
}
