//! Equal functions are one.
//!
//! In: a merged module and what of it is live. Out: of functions with the same type and the same code, one
//! stays and the others are its aliases. "The same code" is found by refinement: functions of the same
//! type and the same bytes that mention the same memories, tables, globals and so on start out as equal;
//! those whose callees turn out to differ are told apart, until nothing changes. So two copies of a
//! recursive function, or of a whole group that call each other, fold too: a module that is instantiated
//! twice leaves its pure functions once.
//!
//! What calls one of them may become equal by that, and then folds too ([`rewritten`]).
//!
//! Functions have no identity that code could see: `ref.eq` takes no function references. Trap functions
//! are left alone, their names say why they trap; so are those of a module that was fused before.

mod rewritten;

use crate::error::MergeError;
use crate::ids::{CoreTypeId, FuncId, Id};
use crate::input::Body;
use crate::maps::{Map, Set};
use crate::module::reach::Marks;
use crate::module::references::{Entity, Use};
use crate::module::{Code, FuncDef, MergedModule, Op};
use crate::synth::Address;
use std::borrow::Cow;
use std::hash::Hash;
use wasm_encoder::Encode;

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
    let classes = refined(module.funcs.len(), alike(module, marks)?);
    Ok(apply(module, marks, classes) + rewritten::fold(module, marks)?)
}

/// Whether a function of the input traps and says why by its name, as those do that are left alone where they are made.
fn says_why(module: &MergedModule<'_>, func: FuncId) -> bool {
    let FuncDef::Guest { origin, .. } = &module.funcs[func].def else { return false };
    let parsed = module.module_of(origin.scope);
    let name = parsed.func_names.get(&(parsed.imported.funcs + origin.index));
    name.is_some_and(|name| name.contains("cabi-trap:"))
}

/// `classes` with the functions told apart whose callees are in different classes, until nothing changes.
///
/// When a class falls apart, its largest part keeps the name, and the members of the others get new ones; their callers
/// have to be looked at again, and no other function. A member gets a new name only if its class becomes half as large, or
/// less: so the time is that of what is mentioned, times a logarithm, however long the chains are by which differences
/// spread (the same module instantiated again and again, each time with a function of the instance before).
fn refined(funcs: usize, classes: Vec<Class>) -> Vec<Vec<FuncId>> {
    let mut work = Refinement::new(funcs, classes);
    while let Some(class) = work.pending.pop() {
        work.split(class);
    }
    let mut classes: Vec<Vec<FuncId>> = Vec::new();
    for class in work.classes.into_iter().filter(|class| class.len() > 1) {
        let mut members: Vec<FuncId> = class.into_iter().map(|member| work.members[member].func).collect();
        members.sort_unstable();
        classes.push(members);
    }
    classes
}

/// A refinement in progress. A member is known by its position in `members`, a class by its position in `classes`.
struct Refinement {
    members: Vec<Candidate>,
    classes: Vec<Vec<usize>>,
    /// By member: its class, and where it is in there.
    place: Vec<(usize, usize)>,
    /// By function: the member that it is.
    member: Vec<Option<usize>>,
    /// By member: the members that call it, or take a reference to it.
    callers: Vec<Vec<usize>>,
    /// By class: members whose callees have new names.
    changed: Vec<Vec<usize>>,
    /// By member: whether it is among those.
    is_changed: Vec<bool>,
    /// Classes that have such members.
    pending: Vec<usize>,
}

impl Refinement {
    fn new(funcs: usize, classes: Vec<Class>) -> Self {
        let mut work = Refinement {
            members: Vec::new(),
            classes: Vec::new(),
            place: Vec::new(),
            member: vec![None; funcs],
            callers: Vec::new(),
            changed: Vec::new(),
            is_changed: Vec::new(),
            pending: Vec::new(),
        };
        for class in classes {
            let number = work.classes.len();
            let first = work.members.len();
            for (at, candidate) in class.into_iter().enumerate() {
                work.member[candidate.func.index()] = Some(work.members.len());
                work.place.push((number, at));
                work.members.push(candidate);
            }
            let all: Vec<usize> = (first..work.members.len()).collect();
            // To begin with, everybody has to be looked at.
            work.changed.push(all.clone());
            work.classes.push(all);
            work.pending.push(number);
        }
        work.is_changed = vec![true; work.members.len()];
        work.callers = vec![Vec::new(); work.members.len()];
        for (caller, candidate) in work.members.iter().enumerate() {
            for callee in candidate.callees.iter().filter_map(|callee| work.member[callee.index()]) {
                work.callers[callee].push(caller);
            }
        }
        work
    }

    /// The names of what a member mentions: of classes, and of functions that are in none.
    fn key(&self, member: usize) -> Vec<(bool, usize)> {
        let name = |callee: &FuncId| match self.member[callee.index()] {
            Some(member) => (true, self.place[member].0),
            None => (false, callee.index()),
        };
        self.members[member].callees.iter().map(name).collect()
    }

    /// Tells the members of a class apart. Those that have not changed are still equal to each other, and differ from
    /// those that have, unless no function has been looked at before.
    fn split(&mut self, class: usize) {
        let changed = std::mem::take(&mut self.changed[class]);
        let mut parts: Map<Vec<(bool, usize)>, Vec<usize>> = Map::default();
        for &member in &changed {
            self.is_changed[member] = false;
            parts.entry(self.key(member)).or_default().push(member);
        }
        let mut parts: Vec<Vec<usize>> = parts.into_values().collect();
        let unchanged = self.classes[class].len() - changed.len();
        let largest = (0..parts.len()).max_by_key(|&part| (parts[part].len(), std::cmp::Reverse(part)));
        if let Some(largest) = largest
            && parts[largest].len() >= unchanged
        {
            // It keeps the name; those that have not changed leave, if there are any.
            parts.swap_remove(largest);
            if unchanged > 0 {
                let gone: Set<usize> = changed.iter().copied().collect();
                parts.push(self.classes[class].iter().copied().filter(|member| !gone.contains(member)).collect());
            }
        }
        // First all names, then who has to be looked at: a member is to be found in the class that it is in.
        for part in &parts {
            self.rename(class, part.clone());
        }
        for member in parts.into_iter().flatten() {
            self.look_at_callers(member);
        }
    }

    /// Makes a class of its own of some members of `class`.
    fn rename(&mut self, class: usize, part: Vec<usize>) {
        let number = self.classes.len();
        for (at, &member) in part.iter().enumerate() {
            let (_, from) = std::mem::replace(&mut self.place[member], (number, at));
            self.classes[class].swap_remove(from);
            if let Some(&moved) = self.classes[class].get(from) {
                self.place[moved].1 = from;
            }
        }
        self.classes.push(part);
        self.changed.push(Vec::new());
    }

    /// Notes that the callers of a member with a new name may differ from those that they were equal to.
    fn look_at_callers(&mut self, member: usize) {
        for at in 0..self.callers[member].len() {
            let caller = self.callers[member][at];
            let (class, _) = self.place[caller];
            // One that is alone cannot be told apart from anybody.
            if !self.is_changed[caller] && self.classes[class].len() > 1 {
                self.is_changed[caller] = true;
                if self.changed[class].is_empty() {
                    self.pending.push(class);
                }
                self.changed[class].push(caller);
            }
        }
    }
}

/// Live functions that are equal but, perhaps, for what they call.
fn alike(module: &MergedModule<'_>, marks: &Marks) -> Result<Vec<Class>, MergeError> {
    // Most functions have a key for themselves, so that their bytes are not compared.
    let live = module.funcs.ids().filter(|id| marks.funcs[id.index()] && module.canonical(*id) == *id);
    let live = live.filter(|func| !says_why(module, *func));
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

/// The body of a guest's function that may be folded: one that is unchanged since the input.
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

/// Functions with different keys are not equal, and few that differ have the same. It is computed without a walk over the code.
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
            Op::Address(Address::WindowBase(_)) => bytes.push(10),
            Op::Address(Address::ArenaBase(_)) => bytes.push(11),
            Op::Address(Address::ArenaEnd(_)) => bytes.push(12),
            Op::Address(Address::StackTop(_)) => bytes.push(13),
            Op::Address(Address::StackLimit(_)) => bytes.push(14),
            Op::Address(Address::WindowStart(_)) => bytes.push(15),
            Op::OwnSize(_) => bytes.push(16),
        }
    }
    bytes
}

/// Members by key, in order of first appearance; one that has a key for itself is equal to no other.
fn split<K: Hash + Eq>(class: Class, key: impl Fn(&Candidate) -> K) -> Vec<Class> {
    let mut parts: Map<K, Class> = Map::default();
    for member in class {
        parts.entry(key(&member)).or_default().push(member);
    }
    parts.into_values().filter(|part| part.len() > 1).collect()
}

/// Makes all functions of a class aliases of the first.
fn apply(module: &mut MergedModule<'_>, marks: &mut Marks, classes: Vec<Vec<FuncId>>) -> usize {
    let mut folded = 0;
    for class in classes {
        let kept = class[0];
        for member in &class[1..] {
            module.aliases[member.index()] = kept;
            marks.funcs[member.index()] = false;
            // A reference to a folded function becomes one to the function that stays.
            if std::mem::take(&mut marks.referenced[member.index()]) {
                marks.referenced[kept.index()] = true;
            }
            folded += 1;
        }
    }
    folded
}
