//! How each trampoline is carried out.
//!
//! In: a trampoline and the state its instances need. Out: its [`TrampolinePlan`].
//!
//! A call from an instance to itself always traps, as wasmtime has it: there, the order of lifting and lowering would
//! be visible. Every other call is let through, also if the instance is running already (`CanonicalABI.md` has no `may_enter`
//! any more): see `docs/adr/0033-reentrance.md`.

use super::{Edge, InstancePlan, MemoryPlan, PassthroughPlan, PrincipalPlan, TrampolinePlan};
use crate::abi::signature::CanonSide;
use crate::abi::types::{FuncType, TypeDef, Types, ValType};
use crate::abi::{Abi, MAX_FLAT_PARAMS, MAX_FLAT_RESULTS};
use crate::dfg::{ComponentDfg, ComponentFunc, Trampoline};
use crate::handle_tables::{HandleSpace, HandleTables};
use crate::ids::{Arena, ComponentInstanceId, LiftId, OptionsId, TrampolineId};
use crate::synth::{HostImport, TrapClass};

pub(super) fn trampoline(
    dfg: &ComponentDfg<'_>,
    instances: &Arena<ComponentInstanceId, InstancePlan>,
    (handles, memory, passthrough, principal): (&HandleTables, &MemoryPlan, &PassthroughPlan, &PrincipalPlan),
    abi: &Abi<'_>,
    id: TrampolineId,
    guarded: bool,
) -> TrampolinePlan {
    let host = |import, shim| if shim { TrampolinePlan::HostAdapter(import) } else { TrampolinePlan::Host(import) };
    let resource = |instance, import| match handles.space(instance) {
        HandleSpace::Tabled => TrampolinePlan::Builtin,
        HandleSpace::Direct | HandleSpace::None => host(import, guarded),
    };
    // The host cannot tell where such a memory ends.
    let windowed = |options| Edge::new(handles, memory, &dfg.options[options]).windowed();
    if principal.dead.contains(&id) {
        return TrampolinePlan::Dead;
    }
    if principal.tasks.as_ref().is_some_and(|tasks| tasks.carries_out(dfg, id)) {
        return TrampolinePlan::Task;
    }
    let of_principal = principal.is(dfg.trampoline_instance(id));
    match dfg.trampolines[id] {
        Trampoline::Lower { func: ComponentFunc::Import(import), options } => {
            let ty = dfg.import_funcs[import].ty;
            if dfg.options[options].memory64 && abi.needs_memory(&dfg.types[ty]) {
                return unsupported(dfg, id, "a call of the host with values in a memory with 64-bit addresses");
            }
            if let Some(arena) = &passthrough.arena
                && arena.import == import
            {
                return match arena.callers.get(&id) {
                    Some(&memory) => TrampolinePlan::Arena(memory),
                    None => unsupported(dfg, id, "the arena's allocator as a function of no core instance"),
                };
            }
            let converts =
                Edge::new(handles, memory, &dfg.options[options]).concerns(abi, &dfg.types[ty], CanonSide::Lower);
            let late = dfg.options[options].is_async && windowed(options);
            host(HostImport::Lower(import, options), guarded || converts || late)
        }
        Trampoline::Lower { func: ComponentFunc::Lift(lift), options } => {
            let tasks = principal.tasks.as_ref();
            let uses_tasks = |lift| tasks.is_some_and(|tasks| tasks.number(dfg.options[lift].instance).is_some());
            crossing(dfg, instances, lift, options, guarded || uses_tasks(dfg.lifts[lift].options))
        }
        Trampoline::ResourceNew { instance, resource: r } => resource(instance, HostImport::ResourceNew(r)),
        Trampoline::ResourceDrop { instance, resource: r } => resource(instance, HostImport::ResourceDrop(r)),
        // `resource.rep` does not ask whether the instance may leave.
        Trampoline::ResourceRep { instance, resource: r } => resource(instance, HostImport::ResourceRep(r)),
        Trampoline::ContextGet { slot, width, .. } if of_principal => {
            TrampolinePlan::Host(HostImport::ContextGet(slot, width))
        }
        Trampoline::ContextSet { slot, width, .. } if of_principal => {
            TrampolinePlan::Host(HostImport::ContextSet(slot, width))
        }
        Trampoline::BackpressureInc { .. } if of_principal => TrampolinePlan::Host(HostImport::BackpressureInc),
        Trampoline::BackpressureDec { .. } if of_principal => TrampolinePlan::Host(HostImport::BackpressureDec),
        Trampoline::Host(builtin) => host(HostImport::Builtin(id), guarded || builtin.options.is_some_and(windowed)),
        Trampoline::ContextGet { .. }
        | Trampoline::ContextSet { .. }
        | Trampoline::BackpressureInc { .. }
        | Trampoline::BackpressureDec { .. } => TrampolinePlan::Builtin,
        Trampoline::Unsupported { name, .. } => unsupported(dfg, id, &format!("the built-in `{name}`")),
    }
}

fn crossing(
    dfg: &ComponentDfg<'_>,
    instances: &Arena<ComponentInstanceId, InstancePlan>,
    lift: LiftId,
    lower_options: OptionsId,
    wrapped: bool,
) -> TrampolinePlan {
    let lifted = &dfg.lifts[lift];
    let lift_options = &dfg.options[lifted.options];
    let (caller, callee) = (dfg.options[lower_options].instance, lift_options.instance);
    if caller == callee {
        return TrampolinePlan::Traps(TrapClass::MayEnter);
    }
    let ty = &dfg.types[lifted.ty];
    let state = instances[callee];
    let plain = !wrapped && state.context.is_empty() && !state.throws && lift_options.post_return.is_none();
    let plain = plain && state.host_context.is_empty() && !dfg.options[lower_options].is_async;
    if plain && is_transparent_signature(&dfg.types, ty) {
        TrampolinePlan::Direct(lifted.func)
    } else {
        TrampolinePlan::Adapter(lift)
    }
}

fn unsupported(dfg: &ComponentDfg<'_>, id: TrampolineId, what: &str) -> TrampolinePlan {
    let path = &dfg.component_instances[dfg.trampoline_instance(id)].path;
    let place = if path.is_empty() { "the root component".to_owned() } else { format!("component instance `{path}`") };
    TrampolinePlan::Unsupported(format!("{what} in {place} is not supported yet"))
}

/// Whether caller and callee have the same core signature and every value in it is passed on bit for bit:
/// at most 16 flat parameters and one flat result, each of a type in which every bit pattern is a value
/// of its own. NaNs may be passed as they are: lowering may produce any NaN (`CanonicalABI.md`).
fn is_transparent_signature(types: &Types, ty: &FuncType) -> bool {
    let mut params = 0;
    let mut results = 0;
    ty.params.iter().all(|(_, ty)| transparent(types, *ty, &mut params))
        && params <= MAX_FLAT_PARAMS
        && ty.result.is_none_or(|ty| transparent(types, ty, &mut results))
        && results <= MAX_FLAT_RESULTS
}

/// Adds the number of flat values of `ty` to `flat`; false if one of them needs a check or a conversion.
fn transparent(types: &Types, ty: ValType, flat: &mut usize) -> bool {
    if *flat > MAX_FLAT_PARAMS {
        return false;
    }
    match ty {
        ValType::S32 | ValType::U32 | ValType::S64 | ValType::U64 | ValType::F32 | ValType::F64 => {
            *flat += 1;
            true
        }
        ValType::Def(id) => match &types[id] {
            TypeDef::Record(fields) => fields.iter().all(|(_, ty)| transparent(types, *ty, flat)),
            TypeDef::Tuple(items) => items.iter().all(|ty| transparent(types, *ty, flat)),
            TypeDef::FixedLengthList(ty, n) => (0..*n).all(|_| transparent(types, *ty, flat)),
            TypeDef::Flags(labels) if labels.len() == 32 => {
                *flat += 1;
                true
            }
            _ => false,
        },
        _ => false,
    }
}
