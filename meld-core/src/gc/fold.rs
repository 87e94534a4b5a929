//! Equal functions are one.
//!
//! In: a merged module and what of it is live. Out: of functions with the same type and the same code, one
//! stays and the others are its aliases. "The same code" is found by refinement: functions of the same
//! type and the same bytes that mention the same memories, tables, globals and so on start out as equal;
//! those whose callees turn out to differ are told apart, until nothing changes. So two copies of a
//! recursive function, or of a whole group that call each other, fold too: a module that is instantiated
//! twice leaves its pure functions once.
//!
//! Functions have no identity that code could see: `ref.eq` takes no function references. Trap functions
//! are left alone, their names say why they trap.

use crate::error::MergeError;
use crate::ids::{CoreTypeId, FuncId, Id};
use crate::maps::Map;
use crate::memory::Place;
use crate::merger::reach::Marks;
use crate::merger::uses::{Entity, Use};
use crate::merger::{Code, FuncDef, MergedModule, Op};
use crate::parse::Body;
use std::borrow::Cow;
use std::hash::Hash;
use wasm_encoder::Encode;

/// Rounds after which no more folding is tried. Real programs need a few; an input made to need many gets
/// none of its functions folded.
const MAX_ROUNDS: usize = 64;

/// A function that has the type and the bytes of another.
struct Candidate {
    func: FuncId,
    /// What it mentions other than functions.
    others: Vec<Entity>,
    /// The functions that it mentions.
    callees: Vec<FuncId>,
}

/// Functions that have not been told apart.
type Class = Vec<Candidate>;

/// Folds equal functions. Returns how many are gone.
pub(super) fn fold(module: &mut MergedModule<'_>, marks: &mut Marks) -> Result<usize, MergeError> {
    let mut classes = alike(module, marks)?;
    // A class goes by its first member; a function that is not in one, by itself.
    let mut names: Vec<FuncId> = module.funcs.ids().collect();
    for _ in 0..MAX_ROUNDS {
        for class in &classes {
            for member in class {
                names[member.func.index()] = class[0].func;
            }
        }
        let mut changed = false;
        let mut refined = Vec::new();
        for class in classes {
            let members: Vec<FuncId> = class.iter().map(|member| member.func).collect();
            let parts =
                split(class, |member| member.callees.iter().map(|callee| names[callee.index()]).collect::<Vec<_>>());
            if !matches!(parts.as_slice(), [part] if part.len() == members.len()) {
                changed = true;
            }
            refined.push((members, parts));
        }
        if !changed {
            return Ok(apply(module, marks, refined.into_iter().flat_map(|(_, parts)| parts)));
        }
        classes = Vec::new();
        for (members, parts) in refined {
            for func in members {
                names[func.index()] = func;
            }
            classes.extend(parts);
        }
    }
    Ok(0)
}

/// Live functions that are equal but, perhaps, for what they call.
fn alike(module: &MergedModule<'_>, marks: &Marks) -> Result<Vec<Class>, MergeError> {
    // Most functions have a key for themselves, so that nobody looks at their bytes.
    let live = module.funcs.ids().filter(|id| marks.funcs[id.index()] && module.canonical(*id) == *id);
    let mut keys: Vec<(u64, FuncId)> = live.filter_map(|func| Some((key(module, func)?, func))).collect();
    // By the key alone, which is quicker: only the few that share one need an order.
    keys.sort_unstable_by_key(|(key, _)| *key);
    let mut classes = Vec::new();
    for group in keys.chunk_by(|(a, _), (b, _)| a == b).filter(|group| group.len() > 1) {
        let mut funcs: Vec<_> = group.iter().filter_map(|&(_, func)| Some((func, code(module, func)?))).collect();
        // Of equal ones the first comes first.
        funcs.sort_unstable_by(|(a_func, a), (b_func, b)| a.cmp(b).then(a_func.cmp(b_func)));
        for equal in funcs.chunk_by(|(_, a), (_, b)| a == b).filter(|equal| equal.len() > 1) {
            let class = equal.iter().map(|(func, _)| candidate(module, *func)).collect::<Result<Class, _>>()?;
            classes.extend(split(class, |member| member.others.clone()));
        }
    }
    Ok(classes)
}

/// The body of a guest's function that may be folded: one that still stands as it did in the input.
fn guest<'m>(module: &'m MergedModule<'_>, func: FuncId) -> Option<&'m Body<'m>> {
    match &module.funcs[func].def {
        FuncDef::Guest { origin, calls } if calls.is_empty() => {
            Some(&module.module_of(origin.scope).bodies[origin.index as usize])
        }
        _ => None,
    }
}

/// What is compared of a function: its type and its bytes. `None` for one that is not folded.
fn code<'m>(module: &'m MergedModule<'_>, func: FuncId) -> Option<(CoreTypeId, Cow<'m, [u8]>)> {
    let bytes = match &module.funcs[func].def {
        FuncDef::Synth(synth) => Cow::Owned(shape(&synth.code)),
        _ => Cow::Borrowed(guest(module, func)?.bytes),
    };
    Some((module.funcs[func].ty, bytes))
}

/// Functions with different keys are not equal, and few that differ have the same. Nobody looks at the code for it.
fn key(module: &MergedModule<'_>, func: FuncId) -> Option<u64> {
    let code = match &module.funcs[func].def {
        FuncDef::Synth(synth) => synth.code.ops.len() << 8 ^ synth.code.locals.len(),
        _ => guest(module, func)?.fingerprint as usize,
    };
    Some((code as u64) << 32 ^ module.funcs[func].ty.index() as u64)
}

/// Equal bytes mention the same indices at the same places, so it is enough to compare what each distinct
/// index means. The order is that of the indices, or of a synthesized body's instructions.
fn candidate(module: &MergedModule<'_>, func: FuncId) -> Result<Candidate, MergeError> {
    let mut candidate = Candidate { func, others: Vec::new(), callees: Vec::new() };
    module.uses(func, |used| {
        match used {
            Use::Func(callee) | Use::FuncRef(callee) => candidate.callees.push(callee),
            Use::Whole(never) => match never {},
            other => candidate.others.push(other),
        }
        Ok(())
    })?;
    Ok(candidate)
}

/// A synthesized body without the entities that it mentions: equal for bodies that differ in these only.
fn shape(code: &Code) -> Vec<u8> {
    let mut bytes = Vec::new();
    code.locals.len().encode(&mut bytes);
    for local in &code.locals {
        local.encode(&mut bytes);
    }
    for op in &code.ops {
        match op {
            Op::Plain(instruction) => {
                bytes.push(0);
                instruction.encode(&mut bytes);
            }
            Op::Call(_) => bytes.push(1),
            Op::RefFunc(_) => bytes.push(2),
            Op::GlobalGet(_) => bytes.push(3),
            Op::GlobalSet(_) => bytes.push(4),
            Op::Access { op, memory: _, offset, align } => {
                bytes.extend([5, *op as u8]);
                offset.encode(&mut bytes);
                align.encode(&mut bytes);
            }
            Op::MemorySize(_) => bytes.push(6),
            Op::MemoryCopy { .. } => bytes.push(7),
            Op::MemoryFill(_) => bytes.push(8),
            Op::MemoryInit { .. } => bytes.push(9),
            Op::Address(Place::Base(_)) => bytes.push(10),
            Op::Address(Place::ArenaBase) => bytes.push(11),
            Op::Address(Place::ArenaEnd) => bytes.push(12),
            Op::Address(Place::StackTop) => bytes.push(13),
            Op::Address(Place::StackLimit) => bytes.push(14),
            Op::Address(Place::Start(_)) => bytes.push(15),
            Op::OwnSize(_) => bytes.push(16),
        }
    }
    bytes
}

/// Members by key, in order of first appearance; one that has a key for itself is equal to nobody.
fn split<K: Hash + Eq>(class: Class, key: impl Fn(&Candidate) -> K) -> Vec<Class> {
    let mut parts: Map<K, Class> = Map::default();
    for member in class {
        parts.entry(key(&member)).or_default().push(member);
    }
    parts.into_values().filter(|part| part.len() > 1).collect()
}

fn apply(module: &mut MergedModule<'_>, marks: &mut Marks, classes: impl Iterator<Item = Class>) -> usize {
    let mut folded = 0;
    for class in classes {
        let kept = class[0].func;
        for member in &class[1..] {
            module.aliases[member.func.index()] = kept;
            marks.funcs[member.func.index()] = false;
            // Whoever takes a reference to a folded function takes one to the one that stays.
            if std::mem::take(&mut marks.referenced[member.func.index()]) {
                marks.referenced[kept.index()] = true;
            }
            folded += 1;
        }
    }
    folded
}
