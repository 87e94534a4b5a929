//! Bodies of core modules as instructions of synthesized code.
//!
//! In: a function of a core module. Out: its code over ids, if it consists of what synthesized code has: numbers, locals, control without
//! block parameters, direct calls, globals, and most loads and stores.

use crate::error::MergeError;
use crate::ids::FuncId;
use crate::module::{Code, FuncDef, MergedModule, ModuleKey, Op};
use crate::synth::AccessOp;
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{BlockType, Ieee32, Ieee64, Instruction, ValType};
use wasmparser::{BinaryReader, FunctionBody, MemArg, MemArgTarget, Operator};

/// The code of a function, if it has this form.
pub(super) fn code(module: &MergedModule<'_>, func: FuncId) -> Result<Option<Code>, MergeError> {
    let FuncDef::Guest { origin, calls } = &module.funcs[func].def else { return Ok(None) };
    let scope = &module.scopes[origin.scope];
    let is_guest = matches!(scope.module, ModuleKey::Input(_));
    if !calls.is_empty() || scope.is_absolute {
        return Ok(None);
    }
    let body = &module.module_of(origin.scope).bodies[origin.index as usize];
    let Some(locals) = locals(body.bytes)? else { return Ok(None) };
    let mut ops = Vec::new();
    for operator in body.operators() {
        let operator = operator?;
        let op = match operator {
            Operator::Call { function_index } => Op::Call(module.canonical(scope.func(function_index)?)),
            Operator::GlobalGet { global_index } => Op::GlobalGet(scope.global(global_index)?),
            Operator::GlobalSet { global_index } => Op::GlobalSet(scope.global(global_index)?),
            Operator::MemorySize { mem } if is_guest => Op::OwnSize(scope.memory(mem)?),
            Operator::MemorySize { mem } => Op::MemorySize(scope.memory(mem)?),
            operator => match access(&operator) {
                Some((op, MemArg { align, offset, target: MemArgTarget::Memory(memory), ordering: None, .. })) => {
                    Op::Access { op, memory: scope.memory(memory)?, offset, align: align.into() }
                }
                Some(_) => return Ok(None),
                None => match plain(&operator) {
                    Some(instruction) => Op::Plain(instruction),
                    None => return Ok(None),
                },
            },
        };
        ops.push(op);
    }
    // The last `end` is not part of synthesized code.
    Ok(ops.pop().map(|_| Code { locals, ops, steps: Vec::new() }))
}

/// Locals behind the parameters, if they are numbers and few.
fn locals(body: &[u8]) -> Result<Option<Vec<ValType>>, MergeError> {
    const MOST: u32 = 1000;
    let mut locals = Vec::new();
    for local in FunctionBody::new(BinaryReader::new(body, 0)).get_locals_reader()? {
        let (count, ty) = local?;
        let ty = match ty {
            wasmparser::ValType::I32 => ValType::I32,
            wasmparser::ValType::I64 => ValType::I64,
            wasmparser::ValType::F32 => ValType::F32,
            wasmparser::ValType::F64 => ValType::F64,
            _ => return Ok(None),
        };
        if count > MOST || locals.len() as u32 > MOST {
            return Ok(None);
        }
        locals.extend((0..count).map(|_| ty));
    }
    Ok(Some(locals))
}

fn access(operator: &Operator<'_>) -> Option<(AccessOp, MemArg)> {
    macro_rules! accesses {
        ($($name:ident)*) => {
            match operator {
                $(Operator::$name { memarg } => Some((AccessOp::$name, *memarg)),)*
                _ => None,
            }
        };
    }
    accesses!(I32Load I64Load F32Load F64Load I32Load8U I32Load8S I32Load16U I32Load16S I32Store I64Store F32Store F64Store
        I32Store8 I32Store16)
}

/// An instruction without indices of entities.
fn plain(operator: &Operator<'_>) -> Option<Instruction<'static>> {
    macro_rules! plain {
        ($($name:ident)*) => {
            match operator {
                $(Operator::$name => return Some(Instruction::$name),)*
                _ => {}
            }
        };
    }
    plain!(Unreachable Nop Else End Return Drop Select
        I32Eqz I32Eq I32Ne I32LtS I32LtU I32GtS I32GtU I32LeS I32LeU I32GeS I32GeU
        I64Eqz I64Eq I64Ne I64LtS I64LtU I64GtS I64GtU I64LeS I64LeU I64GeS I64GeU
        F32Eq F32Ne F32Lt F32Gt F32Le F32Ge F64Eq F64Ne F64Lt F64Gt F64Le F64Ge
        I32Clz I32Ctz I32Popcnt I32Add I32Sub I32Mul I32DivS I32DivU I32RemS I32RemU I32And I32Or I32Xor I32Shl I32ShrS I32ShrU
        I32Rotl I32Rotr
        I64Clz I64Ctz I64Popcnt I64Add I64Sub I64Mul I64DivS I64DivU I64RemS I64RemU I64And I64Or I64Xor I64Shl I64ShrS I64ShrU
        I64Rotl I64Rotr
        F32Abs F32Neg F32Ceil F32Floor F32Trunc F32Nearest F32Sqrt F32Add F32Sub F32Mul F32Div F32Min F32Max F32Copysign
        F64Abs F64Neg F64Ceil F64Floor F64Trunc F64Nearest F64Sqrt F64Add F64Sub F64Mul F64Div F64Min F64Max F64Copysign
        I32WrapI64 I32TruncF32S I32TruncF32U I32TruncF64S I32TruncF64U I64ExtendI32S I64ExtendI32U I64TruncF32S I64TruncF32U
        I64TruncF64S I64TruncF64U F32ConvertI32S F32ConvertI32U F32ConvertI64S F32ConvertI64U F32DemoteF64 F64ConvertI32S
        F64ConvertI32U F64ConvertI64S F64ConvertI64U F64PromoteF32 I32ReinterpretF32 I64ReinterpretF64 F32ReinterpretI32
        F64ReinterpretI64 I32Extend8S I32Extend16S I64Extend8S I64Extend16S I64Extend32S
        I32TruncSatF32S I32TruncSatF32U I32TruncSatF64S I32TruncSatF64U I64TruncSatF32S I64TruncSatF32U I64TruncSatF64S
        I64TruncSatF64U);
    Some(match operator {
        Operator::I32Const { value } => Instruction::I32Const(*value),
        Operator::I64Const { value } => Instruction::I64Const(*value),
        Operator::F32Const { value } => Instruction::F32Const(Ieee32::new(value.bits())),
        Operator::F64Const { value } => Instruction::F64Const(Ieee64::new(value.bits())),
        Operator::LocalGet { local_index } => Instruction::LocalGet(*local_index),
        Operator::LocalSet { local_index } => Instruction::LocalSet(*local_index),
        Operator::LocalTee { local_index } => Instruction::LocalTee(*local_index),
        Operator::Block { blockty } => Instruction::Block(block(*blockty)?),
        Operator::Loop { blockty } => Instruction::Loop(block(*blockty)?),
        Operator::If { blockty } => Instruction::If(block(*blockty)?),
        Operator::Br { relative_depth } => Instruction::Br(*relative_depth),
        Operator::BrIf { relative_depth } => Instruction::BrIf(*relative_depth),
        Operator::BrTable { targets } => {
            let listed: Result<Vec<u32>, _> = targets.targets().collect();
            Instruction::BrTable(listed.ok()?.into(), targets.default())
        }
        _ => return None,
    })
}

/// A block with one result at most, a number.
fn block(ty: wasmparser::BlockType) -> Option<BlockType> {
    match RoundtripReencoder.block_type(ty).ok()? {
        BlockType::FunctionType(_) | BlockType::Result(ValType::Ref(_) | ValType::V128) => None,
        other => Some(other),
    }
}
