//! Every instruction with a memory argument.
//!
//! In: nothing. Out: [`plain`] and [`atomic`]: how each is made of its argument, how many bytes it covers, and what it
//! takes and leaves.

use wasm_encoder::Instruction::{self, *};
use wasm_encoder::{MemArg, ValType};

const I32: ValType = ValType::I32;
const I64: ValType = ValType::I64;
const F32: ValType = ValType::F32;
const F64: ValType = ValType::F64;
const V128: ValType = ValType::V128;

/// An instruction with a memory argument.
#[derive(Clone, Copy)]
pub(super) struct Access {
    pub(super) make: fn(MemArg) -> Instruction<'static>,
    /// Log2 of the bytes that it covers.
    pub log2: u32,
    /// Operands above the address.
    pub(super) takes: &'static [ValType],
    pub(super) leaves: Option<ValType>,
}

macro_rules! accesses {
    ($($log2:literal $takes:expr => $leaves:expr; $($make:ident)*);* $(;)?) => {
        vec![$($(Access { make: $make, log2: $log2, takes: &$takes, leaves: $leaves }),*),*]
    };
}

/// Defines functions that make instructions with a lane.
macro_rules! lanes {
    ($($name:ident $make:ident $lane:literal;)*) => {
        $(fn $name(memarg: MemArg) -> Instruction<'static> { $make { memarg, lane: $lane } })*
    };
}

lanes! {
    load8_lane V128Load8Lane 15;
    load16_lane V128Load16Lane 7;
    load32_lane V128Load32Lane 3;
    load64_lane V128Load64Lane 1;
    store8_lane V128Store8Lane 15;
    store16_lane V128Store16Lane 7;
    store32_lane V128Store32Lane 3;
    store64_lane V128Store64Lane 1;
}

/// Those that need not be aligned.
pub(super) fn plain() -> Vec<Access> {
    accesses! {
        0 [] => Some(I32); I32Load8U I32Load8S;
        1 [] => Some(I32); I32Load16U I32Load16S;
        2 [] => Some(I32); I32Load;
        0 [] => Some(I64); I64Load8U I64Load8S;
        1 [] => Some(I64); I64Load16U I64Load16S;
        2 [] => Some(I64); I64Load32U I64Load32S;
        3 [] => Some(I64); I64Load;
        2 [] => Some(F32); F32Load;
        3 [] => Some(F64); F64Load;
        0 [I32] => None; I32Store8;
        1 [I32] => None; I32Store16;
        2 [I32] => None; I32Store;
        0 [I64] => None; I64Store8;
        1 [I64] => None; I64Store16;
        2 [I64] => None; I64Store32;
        3 [I64] => None; I64Store;
        2 [F32] => None; F32Store;
        3 [F64] => None; F64Store;
        0 [] => Some(V128); V128Load8Splat;
        1 [] => Some(V128); V128Load16Splat;
        2 [] => Some(V128); V128Load32Splat V128Load32Zero;
        3 [] => Some(V128); V128Load64Splat V128Load64Zero V128Load8x8S V128Load16x4U V128Load32x2S;
        4 [] => Some(V128); V128Load;
        4 [V128] => None; V128Store;
        0 [V128] => Some(V128); load8_lane;
        1 [V128] => Some(V128); load16_lane;
        2 [V128] => Some(V128); load32_lane;
        3 [V128] => Some(V128); load64_lane;
        0 [V128] => None; store8_lane;
        1 [V128] => None; store16_lane;
        2 [V128] => None; store32_lane;
        3 [V128] => None; store64_lane;
    }
}

/// Those that trap where they are not aligned.
pub(super) fn atomic() -> Vec<Access> {
    accesses! {
        0 [] => Some(I32); I32AtomicLoad8U;
        1 [] => Some(I32); I32AtomicLoad16U;
        2 [] => Some(I32); I32AtomicLoad;
        0 [] => Some(I64); I64AtomicLoad8U;
        1 [] => Some(I64); I64AtomicLoad16U;
        2 [] => Some(I64); I64AtomicLoad32U;
        3 [] => Some(I64); I64AtomicLoad;
        0 [I32] => None; I32AtomicStore8;
        1 [I32] => None; I32AtomicStore16;
        2 [I32] => None; I32AtomicStore;
        0 [I64] => None; I64AtomicStore8;
        1 [I64] => None; I64AtomicStore16;
        2 [I64] => None; I64AtomicStore32;
        3 [I64] => None; I64AtomicStore;
        0 [I32] => Some(I32); I32AtomicRmw8AddU I32AtomicRmw8SubU I32AtomicRmw8AndU I32AtomicRmw8OrU I32AtomicRmw8XorU
            I32AtomicRmw8XchgU;
        1 [I32] => Some(I32); I32AtomicRmw16AddU I32AtomicRmw16SubU I32AtomicRmw16AndU I32AtomicRmw16OrU
            I32AtomicRmw16XorU I32AtomicRmw16XchgU;
        2 [I32] => Some(I32); I32AtomicRmwAdd I32AtomicRmwSub I32AtomicRmwAnd I32AtomicRmwOr I32AtomicRmwXor
            I32AtomicRmwXchg;
        0 [I64] => Some(I64); I64AtomicRmw8AddU I64AtomicRmw8SubU I64AtomicRmw8AndU I64AtomicRmw8OrU I64AtomicRmw8XorU
            I64AtomicRmw8XchgU;
        1 [I64] => Some(I64); I64AtomicRmw16AddU I64AtomicRmw16SubU I64AtomicRmw16AndU I64AtomicRmw16OrU
            I64AtomicRmw16XorU I64AtomicRmw16XchgU;
        2 [I64] => Some(I64); I64AtomicRmw32AddU I64AtomicRmw32SubU I64AtomicRmw32AndU I64AtomicRmw32OrU
            I64AtomicRmw32XorU I64AtomicRmw32XchgU;
        3 [I64] => Some(I64); I64AtomicRmwAdd I64AtomicRmwSub I64AtomicRmwAnd I64AtomicRmwOr I64AtomicRmwXor
            I64AtomicRmwXchg;
        0 [I32, I32] => Some(I32); I32AtomicRmw8CmpxchgU;
        1 [I32, I32] => Some(I32); I32AtomicRmw16CmpxchgU;
        2 [I32, I32] => Some(I32); I32AtomicRmwCmpxchg;
        0 [I64, I64] => Some(I64); I64AtomicRmw8CmpxchgU;
        1 [I64, I64] => Some(I64); I64AtomicRmw16CmpxchgU;
        2 [I64, I64] => Some(I64); I64AtomicRmw32CmpxchgU;
        3 [I64, I64] => Some(I64); I64AtomicRmwCmpxchg;
        2 [I32] => Some(I32); MemoryAtomicNotify;
        2 [I32, I64] => Some(I32); MemoryAtomicWait32;
        3 [I64, I64] => Some(I32); MemoryAtomicWait64;
    }
}
