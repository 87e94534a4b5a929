//! Functions that only forward.
//!
//! In: a merged module in which indirect calls with known callees are direct. Out: a function that pushes
//! its parameters in order, calls a function of the same type and returns what that returns is that
//! function under another name. Adapters that turned out to have nothing to do go this way, and so do the
//! stubs that tools generate for late binding.

use crate::error::MergeError;
use crate::ids::{FuncId, Id};
use crate::input::opcode::{CALL, LOCAL_GET, RETURN_CALL};
use crate::input::{Body, CoreModule};
use crate::module::reach::Marks;
use crate::module::references::{Collector, Use};
use crate::module::remap;
use crate::module::{Code, DirectCall, FuncDef, MergedModule, Op};
use wasm_encoder::{Encode, Instruction};

/// Makes forwarding functions aliases of what they call. Returns how many there are.
pub(super) fn forward(module: &mut MergedModule<'_>, marks: &Marks) -> Result<usize, MergeError> {
    let mut forwarded = 0;
    for func in module.funcs.ids().filter(|id| marks.funcs[id.index()]) {
        let ty = module.funcs[func].ty;
        let Some(params) = module.types.params(ty) else { continue };
        let callee = match &module.funcs[func].def {
            FuncDef::Guest { origin, calls } => {
                let parsed = module.module_of(origin.scope);
                match guest_callee(parsed, &parsed.bodies[origin.index as usize], calls, params)? {
                    Some(Callee::Index(index)) => Some(module.scopes[origin.scope].func(index)?),
                    Some(Callee::Direct(func)) => Some(func),
                    None => None,
                }
            }
            FuncDef::Synth(synth) => synth_callee(&synth.code, params),
            FuncDef::Import(_) | FuncDef::Trap(_) | FuncDef::Init => None,
        };
        if let Some(callee) = callee
            && module.funcs[callee].ty == ty
            // A cycle of forwarding functions never returns; its last member stays as it is.
            && let end = end(&mut module.aliases, callee)
            && end != func
        {
            module.aliases[func.index()] = end;
            forwarded += 1;
        }
    }
    for func in module.funcs.ids() {
        end(&mut module.aliases, func);
    }
    Ok(forwarded)
}

/// What `func` is an alias of in the end. Chains are as long as the input likes, so all that are on the way are its aliases
/// directly afterwards.
fn end(aliases: &mut [FuncId], func: FuncId) -> FuncId {
    let mut end = func;
    while aliases[end.index()] != end {
        end = aliases[end.index()];
    }
    let mut at = func;
    while at != end {
        at = std::mem::replace(&mut aliases[at.index()], end);
    }
    end
}

enum Callee {
    /// A call, by the index of the module.
    Index(u32),
    /// A call that used to be indirect.
    Direct(FuncId),
}

/// What a guest body forwards to. Locals of its own make no difference: it does not touch them.
fn guest_callee(
    module: &CoreModule<'_>,
    body: &Body<'_>,
    calls: &[DirectCall],
    params: usize,
) -> Result<Option<Callee>, MergeError> {
    // The call is the only instruction with an index.
    let mut relocations = module.relocations(body);
    let (Some(at), None) = (relocations.next(), relocations.next()) else { return Ok(None) };
    let mut gets = Vec::new();
    for param in 0..params {
        gets.push(LOCAL_GET);
        param.encode(&mut gets);
    }
    let start = body.code_start as usize;
    let call = start + gets.len();
    if body.bytes.get(start..call) != Some(gets.as_slice()) {
        return Ok(None);
    }
    let mut mentions = Collector::default();
    let after = remap::instruction(body.bytes, at as usize, &mut mentions, &mut Vec::new())?;
    // After the call there is nothing but the `end` of the body.
    if after + 1 != body.bytes.len() {
        return Ok(None);
    }
    Ok(match (calls, mentions.uses.as_slice()) {
        ([direct], _) if direct.start as usize == call => Some(Callee::Direct(direct.callee)),
        ([], &[Use::Func(index)]) if at as usize == call && matches!(body.bytes[call], CALL | RETURN_CALL) => {
            Some(Callee::Index(index))
        }
        _ => None,
    })
}

fn synth_callee(code: &Code, params: usize) -> Option<FuncId> {
    let (last, pushes) = code.ops.split_last()?;
    let Op::Call(callee) = *last else { return None };
    let in_order = pushes.iter().enumerate().all(|(param, op)| match op {
        Op::Plain(Instruction::LocalGet(local)) => *local as usize == param,
        _ => false,
    });
    (pushes.len() == params && in_order).then_some(callee)
}
