//! Which instructions access a memory.
//!
//! In: an instruction. Out: its memory argument, if it has one, by the names of the immediates in wasmparser's table: so a new
//! instruction is known here when it is known there.

use wasmparser::{MemArg, Operator};

/// An instruction with a memory argument.
#[derive(Debug, Clone, Copy)]
pub(super) struct Access {
    /// The argument.
    pub(super) memarg: MemArg,
    /// Its name in the validator's table, such as `I32Store8`.
    pub(super) name: &'static str,
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
        pub(super) fn access(operator: &Operator<'_>) -> Option<Access> {
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
