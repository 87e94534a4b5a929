//! Constant expressions.
//!
//! In: constant expressions of core modules, in their scopes. Out: their values, where they have one, and
//! their encoding in the merged module. An imported global of the input is a defined one in the merged
//! module, where older engines refuse it in a constant expression (and table initializers refuse it
//! everywhere: the table section comes first). So a `global.get` becomes the value of the global wherever
//! that is a number, a function reference or a null. Only globals that hold something allocated by their
//! initializer stay references, and globals keep the order of instantiation, so these point backwards.

use crate::error::MergeError;
use crate::ids::{FuncId, GlobalId, ScopeId};
use crate::module::remap::{Bridge, Remap};
use crate::module::{MergedModule, Op};
use wasm_encoder::Encode;
use wasm_encoder::reencode::Reencode;
use wasmparser::{ConstExpr, HeapType, Operator};

/// The value of a constant expression.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum ConstValue {
    I32(i32),
    I64(i64),
    F32(u32),
    F64(u64),
    V128(i128),
    RefFunc(FuncId),
    RefNull(ScopeId, HeapType),
}

/// A [`Remap`] that also knows entities whatever their scope.
pub(crate) trait EntityRemap: Remap {
    /// The new index of a function.
    fn func_id(&mut self, func: FuncId) -> Result<u32, MergeError>;
    /// A heap type as another scope has it.
    fn heap_type(&mut self, scope: ScopeId, ty: HeapType) -> Result<wasm_encoder::HeapType, MergeError>;
    /// Appends an instruction that is put into a body to `out`.
    fn op(&mut self, op: &Op, out: &mut Vec<u8>) -> Result<(), MergeError>;
}

/// The value of `expr`, given the values of the globals so far.
pub(crate) fn evaluate(
    module: &MergedModule<'_>,
    scope: ScopeId,
    expr: &ConstExpr<'_>,
) -> Result<Option<ConstValue>, MergeError> {
    use ConstValue::{F32, F64, I32, I64, RefFunc, RefNull, V128};
    let space = &module.scopes[scope];
    let mut stack: Vec<ConstValue> = Vec::new();
    for operator in expr.get_operators_reader() {
        let value = match operator? {
            Operator::I32Const { value } => I32(value),
            Operator::I64Const { value } => I64(value),
            Operator::F32Const { value } => F32(value.bits()),
            Operator::F64Const { value } => F64(value.bits()),
            Operator::V128Const { value } => V128(value.i128()),
            Operator::RefFunc { function_index } => RefFunc(space.func(function_index)?),
            Operator::RefNull { hty } => RefNull(scope, hty),
            Operator::GlobalGet { global_index } => match value_of(module, space.global(global_index)?) {
                Some(value) => value,
                None => return Ok(None),
            },
            Operator::End => break,
            operator => match (operator, stack.pop(), stack.pop()) {
                (Operator::I32Add, Some(I32(b)), Some(I32(a))) => I32(a.wrapping_add(b)),
                (Operator::I32Sub, Some(I32(b)), Some(I32(a))) => I32(a.wrapping_sub(b)),
                (Operator::I32Mul, Some(I32(b)), Some(I32(a))) => I32(a.wrapping_mul(b)),
                (Operator::I64Add, Some(I64(b)), Some(I64(a))) => I64(a.wrapping_add(b)),
                (Operator::I64Sub, Some(I64(b)), Some(I64(a))) => I64(a.wrapping_sub(b)),
                (Operator::I64Mul, Some(I64(b)), Some(I64(a))) => I64(a.wrapping_mul(b)),
                // Whatever allocates or converts references has no value of its own.
                _ => return Ok(None),
            },
        };
        stack.push(value);
    }
    Ok(stack.pop())
}

/// The constant value of a global. Constant expressions can mention only immutable globals, so the value
/// of a mutable one, which is here too, is never asked for.
fn value_of(module: &MergedModule<'_>, global: GlobalId) -> Option<ConstValue> {
    module.global_values.get(crate::ids::Id::index(global)).copied().flatten()
}

/// `expr` without its `end`, encoded for the merged module.
pub(crate) fn encode<R: EntityRemap>(
    module: &MergedModule<'_>,
    scope: ScopeId,
    expr: &ConstExpr<'_>,
    remap: &mut R,
) -> Result<Vec<u8>, MergeError> {
    let mut out = Vec::new();
    let mut reads_global = false;
    for operator in expr.get_operators_reader() {
        match operator? {
            Operator::End => break,
            Operator::GlobalGet { global_index } => {
                reads_global = true;
                match value_of(module, module.scopes[scope].global(global_index)?) {
                    Some(value) => encode_value(value, remap, &mut out)?,
                    None => wasm_encoder::Instruction::GlobalGet(remap.global(global_index)?).encode(&mut out),
                }
            }
            Operator::RefFunc { function_index } => {
                wasm_encoder::Instruction::RefFunc(remap.func_ref(function_index)?).encode(&mut out);
            }
            operator => Bridge(remap).instruction(operator)?.encode(&mut out),
        }
    }
    // Arithmetic on what used to be imported globals folds as a whole.
    if reads_global && let Some(value) = evaluate(module, scope, expr)? {
        out.clear();
        encode_value(value, remap, &mut out)?;
    }
    Ok(out)
}

fn encode_value<R: EntityRemap>(value: ConstValue, remap: &mut R, out: &mut Vec<u8>) -> Result<(), MergeError> {
    use wasm_encoder::{Ieee32, Ieee64, Instruction};
    match value {
        ConstValue::I32(value) => Instruction::I32Const(value),
        ConstValue::I64(value) => Instruction::I64Const(value),
        ConstValue::F32(bits) => Instruction::F32Const(Ieee32::new(bits)),
        ConstValue::F64(bits) => Instruction::F64Const(Ieee64::new(bits)),
        ConstValue::V128(bits) => Instruction::V128Const(bits),
        ConstValue::RefFunc(func) => Instruction::RefFunc(remap.func_id(func)?),
        ConstValue::RefNull(scope, ty) => Instruction::RefNull(remap.heap_type(scope, ty)?),
    }
    .encode(out);
    Ok(())
}
