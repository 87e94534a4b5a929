//! Which instructions access a memory.
//!
//! In: an instruction. Out: its memory argument, if it has one, and its operands, by the names of the immediates in wasmparser's table: so a new
//! instruction is known here when it is known there.

use crate::error::{MergeError, WayOut};
use wasm_encoder::ValType;
use wasmparser::{MemArg, Operator};

/// An instruction with a memory argument.
#[derive(Debug, Clone, Copy)]
pub(in crate::passes) struct Access {
    /// The argument.
    pub(in crate::passes) memarg: MemArg,
    /// Its name in the validator's table, such as `I32Store8`.
    pub(in crate::passes) name: &'static str,
}

/// Defines `immediate!(name value)`: the value of a memory argument.
macro_rules! immediate {
    ($op:ident memarg $value:ident) => {
        return Some(Access { memarg: $value, name: stringify!($op) })
    };
    ($op:ident $name:ident $value:ident) => {};
}

macro_rules! accesses {
    ($( @$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($arity:tt)*) )*) => {
        /// The memory argument of an instruction, if it has one.
        #[allow(unused_variables, reason = "only memory arguments are looked at")]
        pub(in crate::passes) fn access(operator: &Operator<'_>) -> Option<Access> {
            match operator.clone() {
                $( Operator::$op $({ $($arg),* })? => { $( $( immediate!($op $arg $arg); )* )? } )*
                // New instructions with a known kind of immediate are in the table.
                _ => {}
            }
            None
        }
    };
}
wasmparser::for_each_operator!(accesses);

/// The types of the operands above the address, from the name of the instruction.
pub(in crate::passes) fn operands(name: &'static str, count: usize) -> Result<Vec<ValType>, MergeError> {
    let ty = match name {
        "MemoryAtomicNotify" => ValType::I32,
        "MemoryAtomicWait32" => return Ok(vec![ValType::I32, ValType::I64]),
        "MemoryAtomicWait64" => ValType::I64,
        _ if name.starts_with("I32") => ValType::I32,
        _ if name.starts_with("I64") => ValType::I64,
        _ if name.starts_with("F32") => ValType::F32,
        _ if name.starts_with("F64") => ValType::F64,
        _ if name.starts_with("V128") => ValType::V128,
        _ if count == 0 => return Ok(Vec::new()),
        _ => return Err(unknown(name)),
    };
    Ok(vec![ty; count])
}

pub(in crate::passes) fn unknown(name: &str) -> MergeError {
    MergeError::Unsupported {
        item: format!("the instruction {name}"),
        reason:
            "what it takes besides an address is not known, and a check in front of it would have to put that aside"
                .to_string(),
        way_out: WayOut::separate_memories(),
    }
}
