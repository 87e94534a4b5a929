//! What the immediates of an instruction say, by their names in wasmparser's table.
//!
//! In: an instruction. Out: the label to which it may branch; and whether it has immediates. An instruction without immediates names no
//! memory, table, global or function: it only computes a result from its operands, or control leaves the place.

use wasmparser::Operator;

/// Defines `immediate!(name value)`: the label of a branch.
macro_rules! immediate {
    (relative_depth $value:ident) => {
        return Some($value)
    };
    ($name:ident $value:ident) => {};
}

/// Defines `some!(names)`: whether there are any.
macro_rules! some {
    () => {
        false
    };
    ($($name:ident)+) => {
        true
    };
}

macro_rules! immediates {
    ($( @$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($arity:tt)*) )*) => {
        /// The label of an instruction that may branch to one.
        #[allow(unused_variables, reason = "only labels are looked at")]
        pub(super) fn branch_depth(operator: &Operator<'_>) -> Option<u32> {
            match operator.clone() {
                $( Operator::$op $({ $($arg),* })? => { $( $( immediate!($arg $arg); )* )? } )*
                // New instructions with a known kind of immediate are in the table.
                _ => {}
            }
            None
        }

        /// Whether an instruction has immediates; one that is not in the table may have some.
        pub(super) fn has_immediates(operator: &Operator<'_>) -> bool {
            match operator {
                $( Operator::$op $({ $($arg: _),* })? => some!($( $( $arg )* )?), )*
                _ => true,
            }
        }
    };
}
wasmparser::for_each_operator!(immediates);
