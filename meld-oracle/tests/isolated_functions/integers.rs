//! Instructions on integers, and some to and from other numbers.
//!
//! In: nothing. Out: [`INTEGERS`]: those with one operand, and those with two, by kind.

use std::sync::LazyLock;
use wasm_encoder::{Instruction as I, ValType};

use ValType::{F64, I32, I64, V128};

/// What it takes, the instruction, and what it leaves.
pub(super) type Unary = (ValType, I<'static>, ValType);
/// What they take, the instructions, and what they leave.
pub(super) type Binary = (ValType, Vec<I<'static>>, ValType);

/// All instructions. The last kind of those with two operands may trap.
pub(super) static INTEGERS: LazyLock<(Vec<Unary>, [Binary; 4])> = LazyLock::new(|| {
    let mut unary: Vec<Unary> = Vec::new();
    unary.extend(
        [I::I32Clz, I::I32Ctz, I::I32Popcnt, I::I32Eqz, I::I32Extend8S, I::I32Extend16S].map(|op| (I32, op, I32)),
    );
    unary.extend(
        [I::I64Clz, I::I64Ctz, I::I64Popcnt, I::I64Extend8S, I::I64Extend16S, I::I64Extend32S].map(|op| (I64, op, I64)),
    );
    unary.extend([(I64, I::I64Eqz, I32), (I64, I::I32WrapI64, I32)]);
    unary.extend([(I32, I::I64ExtendI32S, I64), (I32, I::I64ExtendI32U, I64)]);
    unary.extend([(V128, I::I32x4ExtractLane(2), I32), (I32, I::I32x4Splat, V128), (I32, I::F64ConvertI32U, F64)]);
    let binary: [Binary; 4] = [
        (
            I32,
            vec![
                I::I32Add,
                I::I32Sub,
                I::I32Mul,
                I::I32And,
                I::I32Or,
                I::I32Xor,
                I::I32Shl,
                I::I32ShrS,
                I::I32ShrU,
                I::I32Rotl,
                I::I32Rotr,
                I::I32Eq,
                I::I32Ne,
                I::I32LtS,
                I::I32LtU,
                I::I32GtS,
                I::I32GtU,
                I::I32LeS,
                I::I32LeU,
                I::I32GeS,
                I::I32GeU,
            ],
            I32,
        ),
        (
            I64,
            vec![
                I::I64Add,
                I::I64Sub,
                I::I64Mul,
                I::I64And,
                I::I64Or,
                I::I64Xor,
                I::I64Shl,
                I::I64ShrS,
                I::I64ShrU,
                I::I64Rotl,
                I::I64Rotr,
            ],
            I64,
        ),
        (
            I64,
            vec![
                I::I64Eq,
                I::I64Ne,
                I::I64LtS,
                I::I64LtU,
                I::I64GtS,
                I::I64GtU,
                I::I64LeS,
                I::I64LeU,
                I::I64GeS,
                I::I64GeU,
            ],
            I32,
        ),
        // Those that trap.
        (I32, vec![I::I32DivS, I::I32DivU, I::I32RemS, I::I32RemU], I32),
    ];
    (unary, binary)
});
