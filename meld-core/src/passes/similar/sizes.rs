//! How many bytes a function has at least, before it is known what its indices are.
//!
//! In: a function. Out: the bytes of its body with the shortest index that there is, and windows at address 0. What comes instead is
//! counted with the longest.

use crate::error::MergeError;
use crate::ids::{FuncId, ScopeId};
use crate::module::consts::EntityRemap;
use crate::module::insertions::Insertions;
use crate::module::references::Whole;
use crate::module::remap::Remap;
use crate::module::{FuncDef, MergedModule, Op, splice};
use wasm_encoder::Encode;

/// Bytes that an index of a function has at most: there are fewer than 2^21.
pub(super) const INDEX: usize = 3;

/// What an added function takes beside its body and its name, at most: its size, its type, an entry of the name section.
pub(super) const ADDED: usize = 3 + 3 + 5;

/// Bytes of a body of a core module at least.
pub(super) fn body(module: &MergedModule<'_>, func: FuncId) -> Result<usize, MergeError> {
    let FuncDef::Guest { origin, calls } = &module.funcs[func].def else { return Ok(0) };
    let parsed = module.module_of(origin.scope);
    let mut bytes = Vec::new();
    let body = &parsed.bodies[origin.index as usize];
    splice::splice(parsed, body, calls, &Insertions::default(), &mut Shortest, &mut bytes, None)?;
    Ok(bytes.len())
}

/// Bytes of an instruction at least.
pub(super) fn op(op: &Op) -> usize {
    let mut bytes = Vec::new();
    match op {
        Op::Plain(instruction) => {
            instruction.encode(&mut bytes);
            bytes.len()
        }
        // An opcode, an alignment and an offset.
        Op::Access { offset, .. } => {
            offset.encode(&mut bytes);
            2 + bytes.len()
        }
        Op::MemoryCopy { .. } | Op::MemoryInit { .. } => 4,
        Op::MemoryFill(_) => 3,
        Op::Call(_)
        | Op::RefFunc(_)
        | Op::GlobalGet(_)
        | Op::GlobalSet(_)
        | Op::MemorySize(_)
        | Op::OwnSize(_)
        | Op::Address(_) => 2,
    }
}

/// Bytes of an instruction at most, for those that put a constant onto the stack.
pub(super) fn constant(op: &Op) -> usize {
    match op {
        Op::Plain(_) => self::op(op),
        _ => 6,
    }
}

/// Every index is 0.
struct Shortest;

macro_rules! shortest {
    ($($name:ident)*) => {
        impl Remap for Shortest {
            $(fn $name(&mut self, _: u32) -> Result<u32, MergeError> {
                Ok(0)
            })*
            fn whole(&mut self, _: Whole, out: &mut Vec<u8>) -> Result<bool, MergeError> {
                // A constant or a call.
                out.extend([0; 2]);
                Ok(true)
            }
        }
    };
}
shortest!(func table memory global tag ty elem data);

impl EntityRemap for Shortest {
    fn func_id(&mut self, _: FuncId) -> Result<u32, MergeError> {
        Ok(0)
    }
    fn heap_type(&mut self, _: ScopeId, _: wasmparser::HeapType) -> Result<wasm_encoder::HeapType, MergeError> {
        Ok(wasm_encoder::HeapType::FUNC)
    }
    fn op(&mut self, _: &Op, _: &mut Vec<u8>) -> Result<(), MergeError> {
        Ok(())
    }
}
