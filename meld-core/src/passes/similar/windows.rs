//! One transcoder of a kind for all windows.
//!
//! In: live transcoders, of which there is one for each pair of windows and each `realloc`. Out: the functions in them that work on addresses
//! from anywhere ([`FromAnywhere`]) are there once, with addresses of the one memory. A function that a pair calls adds the bases of its
//! windows.
//!
//! A transcoder has checked the ranges before it calls them, and a window with all that its guest reaches ends below 2^32. So no sum wraps,
//! and what is read and written is the same.

use super::{live, replace, sizes};
use crate::abi::Pointer;
use crate::error::MergeError;
use crate::ids::{DomainId, FuncId, Id, MemoryId, RuntimeInstanceId, ScopeId};
use crate::module::reach::Marks;
use crate::module::references::Use;
use crate::module::{Func, FuncDef, MergedModule, ModuleKey, Op, Origin, Scope, missing};
use crate::runtime::{FromAnywhere, RuntimeKind, TranscoderSide};
use crate::synth::Address;
use indexmap::{IndexMap, IndexSet};
use wasm_encoder::Instruction;

/// A function that several windows have, each its own.
struct Copies {
    what: &'static FromAnywhere,
    /// Its index among those that the module defines.
    index: u32,
    /// With the instance whose it is.
    funcs: Vec<(FuncId, ScopeId)>,
}

/// Makes transcoders share what they can, if there are windows.
pub(super) fn share(module: &mut MergedModule<'_>, marks: &mut Marks) -> Result<(), MergeError> {
    if module.windows.as_ref().is_none_or(|windows| windows.alone) {
        return Ok(());
    }
    // Windows of one memory: with domains there are several.
    let mut kinds: IndexMap<(ModuleKey, DomainId, DomainId), Vec<ScopeId>> = IndexMap::new();
    for (id, instance) in module.runtime.iter() {
        if let RuntimeKind::Transcode { pointers: (Pointer::W32, Pointer::W32), .. } = instance.kind {
            let scope = scope_of(id);
            let domain = |side: TranscoderSide| domain(module, scope, side);
            let kind =
                (module.scopes[scope].module, domain(TranscoderSide::Source)?, domain(TranscoderSide::Destination)?);
            kinds.entry(kind).or_default().push(scope);
        }
    }
    for ((key, ..), scopes) in kinds {
        let copies = copies(module, marks, key, &scopes)?;
        share_kind(module, marks, key, &copies)?;
    }
    Ok(())
}

/// In which memory of the result a side of a transcoder is.
fn domain(module: &MergedModule<'_>, scope: ScopeId, side: TranscoderSide) -> Result<DomainId, MergeError> {
    let memory = module.scopes[scope].memory(side.memory())?;
    let windows = module.windows.as_ref().ok_or_else(|| missing("a transcoder", "windows".to_owned()))?;
    Ok(windows.window(memory)?.domain)
}

/// Scopes of the runtime come first, in their order.
fn scope_of(id: RuntimeInstanceId) -> ScopeId {
    ScopeId::new(id.index())
}

/// What the instances of a module have live copies of.
fn copies(
    module: &MergedModule<'_>,
    marks: &Marks,
    key: ModuleKey,
    scopes: &[ScopeId],
) -> Result<Vec<Copies>, MergeError> {
    let parsed = module.module(key);
    let mut found = Vec::new();
    for what in FromAnywhere::ALL {
        let Some(export) = parsed.exports.get(what.name) else { continue };
        let index = export.index - parsed.imported.funcs;
        let mut funcs = Vec::new();
        for &scope in scopes {
            let func = module.scopes[scope].func(export.index)?;
            if marks.funcs[func.index()] && module.canonical(func) == func {
                funcs.push((func, scope));
            }
        }
        if !funcs.is_empty() {
            found.push(Copies { what, index, funcs });
        }
    }
    Ok(found)
}

fn share_kind(
    module: &mut MergedModule<'_>,
    marks: &mut Marks,
    key: ModuleKey,
    copies: &[Copies],
) -> Result<(), MergeError> {
    let Some(&(_, model)) = copies.iter().find(|copies| copies.funcs.len() > 1).and_then(|copies| copies.funcs.first())
    else {
        return Ok(());
    };
    let all: IndexSet<FuncId> = copies.iter().flat_map(|copies| &copies.funcs).map(|(func, _)| *func).collect();
    // Those that others call: they stay, and pass on what they get.
    let mut entries: IndexSet<FuncId> = IndexSet::new();
    for func in live(module, marks).filter(|func| !all.contains(func)) {
        module.uses(func, |used| {
            if let Use::Func(callee) | Use::FuncRef(callee) = used
                && all.contains(&callee)
            {
                entries.insert(callee);
            }
            Ok(())
        })?;
    }
    let path = format!("runtime/{}", module.module(key).name);
    if !is_worth_it(module, copies, &entries, &path)? {
        return Ok(());
    }
    let shared = shared(module, marks, key, copies, (model, path))?;
    for copies in copies {
        let callee = shared[&copies.index];
        for &(func, scope) in &copies.funcs {
            if entries.contains(&func) {
                let ops = with_bases(module, copies.what, scope, func, callee)?;
                replace(module, func, ops);
            } else {
                marks.funcs[func.index()] = false;
            }
        }
    }
    Ok(())
}

/// Whether the result is smaller: what goes is counted as small as it can be, and what comes as large.
fn is_worth_it(
    module: &MergedModule<'_>,
    copies: &[Copies],
    entries: &IndexSet<FuncId>,
    path: &str,
) -> Result<bool, MergeError> {
    let (mut gone, mut come) = (0, 0);
    for copies in copies {
        let size = sizes::body(module, copies.funcs[0].0)?;
        gone += size * (copies.funcs.len() - 1);
        // Its calls may have longer indices.
        let calls = module.module_of(copies.funcs[0].1).bodies[copies.index as usize].operators().into_iter();
        let calls = calls.filter(|operator| matches!(operator, Ok(wasmparser::Operator::Call { .. }))).count();
        come += calls * (sizes::INDEX - 1) + sizes::ADDED + path.len() + copies.what.name.len() + 2;
        let params = module.param_count(copies.funcs[0].0);
        let bases = copies.what.params.iter().chain([&copies.what.result]).flatten().count();
        let passing = 4 + params * 2 + bases * 7 + 1 + sizes::INDEX;
        come += passing * copies.funcs.iter().filter(|(func, _)| entries.contains(func)).count();
    }
    Ok(gone > come)
}

/// Adds the functions that all have in common: in a scope of their own, by the index of each in the module.
fn shared(
    module: &mut MergedModule<'_>,
    marks: &mut Marks,
    key: ModuleKey,
    copies: &[Copies],
    (model, path): (ScopeId, String),
) -> Result<IndexMap<u32, FuncId>, MergeError> {
    let imported = module.module(key).imported.funcs;
    let id = module.scopes.next_id();
    let of = &module.scopes[model];
    let mut scope = Scope {
        module: key,
        instance: None,
        is_absolute: true,
        path,
        types: of.types.clone(),
        funcs: of.funcs.clone(),
        tables: of.tables.clone(),
        memories: of.memories.clone(),
        globals: of.globals.clone(),
        tags: of.tags.clone(),
        elems: of.elems.clone(),
        datas: of.datas.clone(),
    };
    let mut shared = IndexMap::new();
    for Copies { index, funcs, .. } in copies {
        let def = FuncDef::Guest { origin: Origin { scope: id, index: *index }, calls: Box::default() };
        let func = module.add_func(Func { ty: module.funcs[funcs[0].0].ty, def });
        marks.added();
        scope.funcs[(imported + index) as usize] = func;
        shared.insert(*index, func);
    }
    module.scopes.push(scope);
    for func in shared.values() {
        module.uses(*func, |used| match used {
            Use::Func(callee) if shared.values().any(|shared| *shared == callee) => Ok(()),
            Use::Func(callee) if matches!(module.funcs[callee].def, FuncDef::Trap(_)) => Ok(()),
            Use::Memory(_) => Ok(()),
            other => Err(missing("a function of the runtime for all windows", format!("{other:?} in all of them"))),
        })?;
    }
    Ok(shared)
}

/// Code that calls `callee` with the parameters of `func`, addresses counted from the start of the one memory.
fn with_bases(
    module: &MergedModule<'_>,
    what: &FromAnywhere,
    scope: ScopeId,
    func: FuncId,
    callee: FuncId,
) -> Result<Vec<Op>, MergeError> {
    let base = |side: TranscoderSide| -> Result<Op, MergeError> {
        let memory: MemoryId = module.scopes[scope].memory(side.memory())?;
        Ok(Op::Address(Address::WindowBase(memory)))
    };
    let mut ops = Vec::new();
    for param in 0..module.param_count(func) {
        ops.push(Op::Plain(Instruction::LocalGet(param as u32)));
        if let Some(side) = what.params.get(param).copied().flatten() {
            ops.extend([base(side)?, Op::Plain(Instruction::I32Add)]);
        }
    }
    ops.push(Op::Call(callee));
    if let Some(side) = what.result {
        ops.extend([base(side)?, Op::Plain(Instruction::I32Sub)]);
    }
    Ok(ops)
}
