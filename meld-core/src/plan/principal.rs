//! The one component instance that uses tasks.
//!
//! In: the dfg and what of it is live. Out: the *principal*, if there is one: the only component instance that uses asynchronous functions,
//! types or built-ins. Its state (tasks, waitables, streams, futures, backpressure, context slots, and its handles) is that of the component
//! around the fused module, so its built-ins are imports of the module, as they are in the input. All other instances are synchronous and
//! keep their handle tables in the module (`CanonicalABI.md`, "Component Instance State"; `Concurrency.md`).
//!
//! What makes that exact:
//! - There is one component around the module, and so one such state. Two instances that use tasks cannot share it: an error.
//! - When another instance calls a function of the principal, the task of the host's component that runs is that of whoever called in. So
//!   such a function reaches nothing that could tell: no built-in or call that blocks, or is about the current task or its threads
//!   ([`called_from_inside`]). Its type is not `async`, so backpressure and the lock do not matter to it, and what it works on is the
//!   instance's table. Only the context slots are the task's, and the adapter gives it slots of its own, as to
//!   the `realloc` of the principal. No start function calls it: there is no task then, whose slots they could be.
//! - If it does reach such a built-in, the task that runs must do as well as its own ([`stands_in`]).
//! - So if something of another instance is in the middle of a call when the principal blocks, it has no state that the next call could
//!   find in disorder.
//! - Another instance is entered by the host only through functions that are not `async`, which do not look at backpressure and take no
//!   lock, or by the principal.
//! - A resource that the principal holds is held by no other instance: its handles are in the table of the component around the module.
//! - Its pointers are addresses of the memory that the host sees. If memories are windows of one, its own begins at address 0, and its
//!   pointers are checked on their way to the host (`adapter::task_edge`).
//!
//! What nothing live uses does not count ([`super::reach::live`]).

use super::reach::{LiveCalls, live, reached};
use super::tasks::{self, TasksPlan};
use super::waitables::{Waitables, func_type, name};
use crate::dfg::{
    CanonOptions, ComponentDfg, ComponentFunc, CoreDef, CoreItem, HostBuiltin, HostBuiltinKind as Kind, ResourceDef,
    Trampoline,
};
use crate::error::PlanError;
use crate::ids::{ComponentInstanceId, LiftId, ResourceId, TrampolineId};
use crate::options::Options;
use indexmap::{IndexMap, IndexSet};

/// Which instance uses tasks, and what is never called.
#[derive(Debug, Clone, Default)]
pub struct PrincipalPlan {
    /// The instance.
    pub instance: Option<ComponentInstanceId>,
    /// The memory of its asynchronous functions and built-ins. If there is one memory, its window begins at address 0. Where several instances use tasks, that
    /// of them whose pointers the host keeps.
    pub memory: Option<CoreItem>,
    /// Trampolines of asynchronous built-ins and calls that nothing live reaches, though a table may contain them.
    pub dead: IndexSet<TrampolineId>,
    /// Functions of `async` type that cannot block: a call of one by another instance has returned when it comes back.
    pub leaves: IndexSet<LiftId>,
    /// How tasks are carried out in the module, where several instances use them and can have them there. There is no principal then.
    pub tasks: Option<TasksPlan>,
}

impl PrincipalPlan {
    /// Whether `instance` is the principal.
    pub fn is(&self, instance: ComponentInstanceId) -> bool {
        self.instance == Some(instance)
    }
}

/// Finds the principal.
///
/// # Errors
///
/// [`PlanError::Async`] if several instances use tasks, or if one does and something else keeps it out of one core module.
pub fn principal(dfg: &ComponentDfg<'_>, options: &Options) -> Result<PrincipalPlan, PlanError> {
    if !is_asynchronous(dfg, dfg.trampolines.iter().map(|(id, _)| id), dfg.lifts.iter().map(|(id, _)| id)) {
        return Ok(PrincipalPlan::default());
    }
    let live = &live(dfg);
    let waitables = Waitables::new(&dfg.types);
    let leaves = leaves(dfg, live, &waitables);
    let users = users(dfg, live, &waitables, &leaves);
    let is_dead = |(id, trampoline): (TrampolineId, &Trampoline)| {
        let asynchronous = match *trampoline {
            Trampoline::Lower { func, options } => {
                dfg.options[options].is_async || waitables.concern(&dfg.types[func_type(dfg, func)])
            }
            Trampoline::Host(_) => true,
            _ => false,
        };
        (asynchronous && !live.trampolines.contains(&id)).then_some(id)
    };
    let dead = dfg.trampolines.iter().filter_map(is_dead).collect();
    let instance = match users.as_slice() {
        [] => return Ok(PrincipalPlan { dead, leaves, ..PrincipalPlan::default() }),
        [instance] => *instance,
        [..] => {
            let names: Vec<String> = users.iter().map(|id| name(dfg, *id)).collect();
            let reason = format!(
                "asynchronous functions, types or built-ins are used by {} component instances: {}; one core module can have the \
                 tasks of one",
                names.len(),
                names.join(", ")
            );
            let tasks = tasks::tasks(dfg, live, &waitables, (&users, &leaves), options)
                .map_err(|why| PlanError::Async { reason: format!("{reason}, and these cannot share it: {why}") })?;
            return Ok(PrincipalPlan { instance: None, memory: tasks.pinned, dead, leaves, tasks: Some(tasks) });
        }
    };
    let refuse = |why: String| Err(PlanError::Async { reason: format!("{} {why}", name(dfg, instance)) });
    let memory = match memories(dfg, live, instance).as_slice() {
        [] => None,
        [memory] => Some(*memory),
        [..] if options.memory.shared().is_some() => {
            return refuse("passes values of asynchronous functions through several memories, of which one could begin at address 0 of the one memory".to_owned());
        }
        [first, ..] => Some(*first),
    };
    if let Some(shared) = options.memory.shared() {
        let what = [
            (shared.stack().is_some(), "share a stack"),
            (shared.arena.is_some(), "use an arena"),
            (shared.byte_pages, "have a memory with pages of one byte"),
            (has_error_contexts(dfg, live, instance), "make or read error contexts, in one memory"),
        ];
        if let Some((_, what)) = what.into_iter().find(|(is_so, _)| *is_so) {
            return refuse(format!("uses asynchronous functions, types or built-ins, and cannot {what} yet"));
        }
    }
    if let Some(why) = called_from_inside(dfg, live, &waitables, instance) {
        return refuse(format!("uses asynchronous functions, types or built-ins, and {why}"));
    }
    if wide(dfg, live, instance) {
        return refuse("passes values of asynchronous functions through a memory with 64-bit addresses".to_owned());
    }
    if let Some((resource, other)) = shared(dfg, instance, &waitables) {
        return refuse(format!(
            "uses asynchronous functions, types or built-ins, and holds the resource `{}`, which {} holds, too",
            dfg.resources[resource].name,
            name(dfg, other)
        ));
    }
    Ok(PrincipalPlan { instance: Some(instance), memory, dead, leaves, tasks: None })
}

/// Whether any of these is asynchronous, live or not. Most compositions have nothing that is, and need no call graph to say so.
pub(crate) fn is_asynchronous(
    dfg: &ComponentDfg<'_>,
    mut trampolines: impl Iterator<Item = TrampolineId>,
    mut lifts: impl Iterator<Item = LiftId>,
) -> bool {
    let waitables = Waitables::new(&dfg.types);
    let builtin = |id| match &dfg.trampolines[id] {
        Trampoline::Lower { func, options } => {
            dfg.options[*options].is_async || waitables.concern(&dfg.types[func_type(dfg, *func)])
        }
        Trampoline::Host(_) | Trampoline::Unsupported { .. } => true,
        _ => false,
    };
    let lifted = |id| dfg.options[dfg.lifts[id].options].is_async || waitables.concern(&dfg.types[dfg.lifts[id].ty]);
    trampolines.any(builtin) || lifts.any(lifted)
}

/// Lifted functions of `async` type that cannot block, and that other instances call: a call of one has returned when it comes back
/// (`CanonicalABI.md`, `canon lower`), whether it is lowered with the option `async` or not, so neither side needs a task for it.
///
/// Such a function is lifted without the option `async`, and its instance is *quiet*: nothing that it calls can suspend it, and nothing can
/// enter it while it runs ([`quiet`]). So it has no task that is suspended, it has no backpressure, and the lock that the call takes is
/// free. The host does not call it: that call would wait for the principal.
fn leaves(dfg: &ComponentDfg<'_>, live: &LiveCalls, waitables: &Waitables<'_>) -> IndexSet<LiftId> {
    let quiet = quiet(dfg, live, waitables);
    let mut leaves: IndexSet<LiftId> = live.lifts.iter().copied().collect();
    leaves.retain(|id| {
        let lift = &dfg.lifts[*id];
        let (ty, options) = (&dfg.types[lift.ty], &dfg.options[lift.options]);
        let host = live.of_host.contains(id) || waitables.mentioned_by(ty);
        ty.is_async && !options.is_async && !host && quiet.contains(&options.instance)
    });
    // A call of an instance by itself traps.
    for id in &live.trampolines {
        if let Trampoline::Lower { func: ComponentFunc::Lift(lift), options } = dfg.trampolines[*id]
            && dfg.options[options].instance == dfg.options[dfg.lifts[lift].options].instance
        {
            leaves.shift_remove(&lift);
        }
    }
    leaves
}

/// Instances that nothing suspends, and that nothing enters while their code runs.
///
/// They and all that they call, directly or not, have no built-in of tasks and no backpressure, call no function of the host or of `async` type, and drop no
/// resource of the host: it might call in meanwhile. Nor does what they call lead back to them. A destructor of their own is a plain call.
fn quiet(dfg: &ComponentDfg<'_>, live: &LiveCalls, waitables: &Waitables<'_>) -> IndexSet<ComponentInstanceId> {
    let mut loud: IndexSet<ComponentInstanceId> = IndexSet::new();
    let mut calls: IndexMap<ComponentInstanceId, IndexSet<ComponentInstanceId>> = IndexMap::new();
    for &id in &live.trampolines {
        let caller = dfg.trampoline_instance(id);
        let callee = match dfg.trampolines[id] {
            Trampoline::Lower { func: ComponentFunc::Lift(lift), options } => {
                let is_plain = !dfg.options[options].is_async && !waitables.concern(&dfg.types[dfg.lifts[lift].ty]);
                is_plain.then(|| dfg.options[dfg.lifts[lift].options].instance)
            }
            Trampoline::ResourceDrop { resource, .. } => match dfg.resources[resource].def {
                ResourceDef::Defined { instance, .. } if instance == caller => continue,
                ResourceDef::Defined { instance, .. } => Some(instance),
                ResourceDef::Imported(_) => None,
            },
            Trampoline::Lower { func: ComponentFunc::Import(_), .. }
            | Trampoline::Host(_)
            | Trampoline::BackpressureInc { .. }
            | Trampoline::BackpressureDec { .. }
            | Trampoline::Unsupported { .. } => None,
            Trampoline::ResourceNew { .. }
            | Trampoline::ResourceRep { .. }
            | Trampoline::ContextGet { .. }
            | Trampoline::ContextSet { .. } => continue,
        };
        match callee {
            Some(callee) => _ = calls.entry(caller).or_default().insert(callee),
            None => _ = loud.insert(caller),
        }
    }
    let is_quiet = |instance: &ComponentInstanceId| {
        let mut below: IndexSet<ComponentInstanceId> = calls.get(instance).cloned().unwrap_or_default();
        let mut next = 0;
        while let Some(callee) = below.get_index(next) {
            next += 1;
            if let Some(further) = calls.get(callee) {
                below.extend(further.clone());
            }
        }
        !loud.contains(instance) && !below.contains(instance) && below.is_disjoint(&loud)
    };
    dfg.component_instances.ids().filter(is_quiet).collect()
}

/// The instances that use tasks, in order.
fn users(
    dfg: &ComponentDfg<'_>,
    live: &LiveCalls,
    waitables: &Waitables<'_>,
    leaves: &IndexSet<LiftId>,
) -> Vec<ComponentInstanceId> {
    let trampolines = live.trampolines.iter().filter(|id| match &dfg.trampolines[**id] {
        Trampoline::Lower { func: ComponentFunc::Lift(lift), .. } if leaves.contains(lift) => false,
        Trampoline::Lower { func, options } => {
            dfg.options[*options].is_async || waitables.concern(&dfg.types[func_type(dfg, *func)])
        }
        Trampoline::Host(_) | Trampoline::Unsupported { .. } => true,
        _ => false,
    });
    let trampolines = trampolines.map(|id| dfg.trampoline_instance(*id));
    let lifts = live.lifts.iter().filter(|id| !leaves.contains(*id)).map(|id| &dfg.lifts[*id]).filter_map(|lift| {
        let options = &dfg.options[lift.options];
        (options.is_async || waitables.concern(&dfg.types[lift.ty])).then_some(options.instance)
    });
    let mut users: Vec<ComponentInstanceId> = trampolines.chain(lifts).collect();
    users.sort();
    users.dedup();
    users
}

/// Why functions of the principal cannot be called by other instances, if some are: what such a function reaches may be about the task that runs, which
/// would be its own in the input, and is another one in the module.
fn called_from_inside(
    dfg: &ComponentDfg<'_>,
    live: &LiveCalls,
    waitables: &Waitables<'_>,
    principal: ComponentInstanceId,
) -> Option<String> {
    let call = |id: &TrampolineId| match dfg.trampolines[*id] {
        Trampoline::Lower { func: ComponentFunc::Lift(lift), options } => {
            let caller = dfg.options[options].instance;
            let calls = dfg.options[dfg.lifts[lift].options].instance == principal && caller != principal;
            calls.then_some((caller, lift))
        }
        _ => None,
    };
    for (caller, lift) in live.trampolines.iter().filter_map(call) {
        let options = &dfg.options[dfg.lifts[lift].options];
        let mut starts: IndexSet<CoreDef> = IndexSet::new();
        starts.extend([Some(dfg.lifts[lift].func), options.realloc, options.post_return].into_iter().flatten());
        // A dropped handle ends in a destructor.
        let reached = loop {
            let reached = reached(dfg, starts.iter().copied());
            let before = starts.len();
            starts.extend(reached.iter().filter_map(|id| match dfg.trampolines[*id] {
                Trampoline::ResourceDrop { resource, .. } => match dfg.resources[resource].def {
                    ResourceDef::Defined { dtor, .. } => dtor,
                    ResourceDef::Imported(_) => None,
                },
                _ => None,
            }));
            if starts.len() == before {
                break reached;
            }
        };
        if let Some(id) = reached.into_iter().find(|id| is_of_the_task(dfg, waitables, *id)) {
            let what = match dfg.trampolines[id] {
                Trampoline::Host(builtin) => format!("`{}`", builtin.kind.name()),
                _ => "an asynchronous function".to_owned(),
            };
            if let Err(why) = stands_in(dfg, live, waitables, principal, caller) {
                return Some(format!(
                    "{} calls a function of it that may call {what}, which would see another task, and {why}",
                    name(dfg, caller)
                ));
            }
        }
    }
    // At the start there is no task.
    for (instance, core) in dfg.core_instances.iter() {
        let start = dfg.modules[core.module].start.map(|index| dfg.core_func(instance, index));
        if let Some(start) = start
            && let Some((caller, _)) = reached(dfg, [start]).iter().find_map(call)
        {
            return Some(format!("{} calls a function of it at the start", name(dfg, caller)));
        }
    }
    None
}

/// Whether the task of the host's component may stand in for that of a function which `caller` calls in the principal, though the function
/// can tell tasks apart. If not, why.
///
/// Let the callers be `caller` and all that call it, directly or not. The principal calls none of them, and they are not asynchronous. So the
/// host called one of them, its task is one of a function that is lifted without `async`, and so is that of the function in the input:
/// `task.return` and `task.cancel` trap for both, both may block under the same condition (`CanonicalABI.md`, `Task.may_block`),
/// and both have one thread whose stack this is. What a thread that the function makes belongs to cannot be told. While such a
/// call waits, the host may call any of these instances, and calls may end in another order than they began. So the
/// callers have nothing that is saved for the time of a call: no context slots and no handles.
fn stands_in(
    dfg: &ComponentDfg<'_>,
    live: &LiveCalls,
    waitables: &Waitables<'_>,
    principal: ComponentInstanceId,
    caller: ComponentInstanceId,
) -> Result<(), String> {
    let calls: Vec<(ComponentInstanceId, ComponentInstanceId)> = live
        .trampolines
        .iter()
        .filter_map(|id| match dfg.trampolines[*id] {
            Trampoline::Lower { func: ComponentFunc::Lift(lift), options } => {
                Some((dfg.options[options].instance, dfg.options[dfg.lifts[lift].options].instance))
            }
            _ => None,
        })
        .collect();
    let mut callers = IndexSet::from([caller]);
    let mut next = 0;
    while let Some(&callee) = callers.get_index(next) {
        next += 1;
        callers.extend(calls.iter().filter(|(_, to)| *to == callee).map(|(from, _)| *from));
    }
    if callers.contains(&principal) {
        return Err("its own functions call that one, directly or not".to_owned());
    }
    let has_handles = |ty| !waitables.resources_of(&dfg.types[ty]).is_empty();
    let trampolines = live.trampolines.iter().filter_map(|id| {
        let has_state = match dfg.trampolines[*id] {
            Trampoline::Lower { func, .. } => has_handles(func_type(dfg, func)),
            Trampoline::Host(_) | Trampoline::Unsupported { .. } => true,
            Trampoline::ResourceNew { .. }
            | Trampoline::ResourceRep { .. }
            | Trampoline::ResourceDrop { .. }
            | Trampoline::ContextGet { .. }
            | Trampoline::ContextSet { .. }
            | Trampoline::BackpressureInc { .. }
            | Trampoline::BackpressureDec { .. } => true,
        };
        has_state.then(|| dfg.trampoline_instance(*id))
    });
    let lifts = live.lifts.iter().map(|id| &dfg.lifts[*id]).filter(|lift| has_handles(lift.ty));
    let lifts = lifts.map(|lift| dfg.options[lift.options].instance);
    match trampolines.chain(lifts).find(|instance| callers.contains(instance)) {
        Some(instance) => Err(format!("{} has handles or context slots meanwhile", name(dfg, instance))),
        None => Ok(()),
    }
}

/// Whether a trampoline may block, or does something to the current task or thread, or to those that it starts.
fn is_of_the_task(dfg: &ComponentDfg<'_>, waitables: &Waitables<'_>, id: TrampolineId) -> bool {
    match dfg.trampolines[id] {
        Trampoline::Lower { func, options } => {
            dfg.options[options].is_async || waitables.concern(&dfg.types[func_type(dfg, func)])
        }
        Trampoline::Unsupported { .. } => true,
        Trampoline::Host(HostBuiltin { kind, options, .. }) => match kind {
            Kind::StreamRead | Kind::StreamWrite | Kind::FutureRead | Kind::FutureWrite => {
                !options.is_some_and(|id| dfg.options[id].is_async)
            }
            Kind::StreamNew
            | Kind::StreamDropReadable
            | Kind::StreamDropWritable
            | Kind::FutureNew
            | Kind::FutureDropReadable
            | Kind::FutureDropWritable
            | Kind::ErrorContextNew
            | Kind::ErrorContextDebugMessage
            | Kind::ErrorContextDrop
            | Kind::WaitableSetNew
            | Kind::WaitableSetDrop
            | Kind::WaitableJoin
            | Kind::SubtaskDrop => false,
            _ => true,
        },
        Trampoline::ResourceNew { .. }
        | Trampoline::ResourceRep { .. }
        | Trampoline::ResourceDrop { .. }
        | Trampoline::ContextGet { .. }
        | Trampoline::ContextSet { .. }
        | Trampoline::BackpressureInc { .. }
        | Trampoline::BackpressureDec { .. } => false,
    }
}

/// The memories of asynchronous functions and built-ins of `instance`.
fn memories(dfg: &ComponentDfg<'_>, live: &LiveCalls, instance: ComponentInstanceId) -> Vec<CoreItem> {
    let lifts = live.lifts.iter().map(|id| dfg.lifts[*id].options).filter(|id| dfg.options[*id].is_async);
    let others = live.trampolines.iter().filter_map(|id| match dfg.trampolines[*id] {
        Trampoline::Lower { options, .. } => dfg.options[options].is_async.then_some(options),
        Trampoline::Host(builtin) => builtin.options,
        _ => None,
    });
    let of = lifts.chain(others).map(|id| &dfg.options[id]).filter(|options| options.instance == instance);
    let memories: IndexSet<CoreItem> = of.filter_map(|options| options.memory).collect();
    memories.into_iter().collect()
}

/// Whether `instance` passes messages of error contexts through a memory.
fn has_error_contexts(dfg: &ComponentDfg<'_>, live: &LiveCalls, instance: ComponentInstanceId) -> bool {
    live.trampolines.iter().any(|id| match dfg.trampolines[*id] {
        Trampoline::Host(HostBuiltin { instance: of, kind, .. }) => {
            of == instance && matches!(kind, Kind::ErrorContextNew | Kind::ErrorContextDebugMessage)
        }
        _ => false,
    })
}

/// Whether some live function or built-in of `instance` names a memory with 64-bit addresses.
fn wide(dfg: &ComponentDfg<'_>, live: &LiveCalls, instance: ComponentInstanceId) -> bool {
    let lifts = live.lifts.iter().map(|id| dfg.lifts[*id].options);
    let others = live.trampolines.iter().filter_map(|id| match dfg.trampolines[*id] {
        Trampoline::Lower { options, .. } => Some(options),
        Trampoline::Host(builtin) => builtin.options,
        _ => None,
    });
    lifts.chain(others).any(|id| {
        let CanonOptions { instance: of, memory64, .. } = dfg.options[id];
        of == instance && memory64
    })
}

/// A resource of which `instance` and another one might have handles.
fn shared(
    dfg: &ComponentDfg<'_>,
    instance: ComponentInstanceId,
    waitables: &Waitables<'_>,
) -> Option<(ResourceId, ComponentInstanceId)> {
    let (mut own, mut others) = (IndexSet::new(), Vec::new());
    let mut holds = |holder: ComponentInstanceId, resources: &mut dyn Iterator<Item = ResourceId>| {
        for resource in resources {
            if holder == instance {
                own.insert(resource);
            } else {
                others.push((resource, holder));
            }
        }
    };
    for (_, lift) in dfg.lifts.iter() {
        holds(dfg.options[lift.options].instance, &mut waitables.resources_of(&dfg.types[lift.ty]).into_iter());
    }
    for (id, trampoline) in dfg.trampolines.iter() {
        let holder = dfg.trampoline_instance(id);
        match trampoline {
            Trampoline::Lower { func, .. } => {
                let ty = &dfg.types[func_type(dfg, *func)];
                holds(holder, &mut waitables.resources_of(ty).into_iter());
            }
            Trampoline::Host(builtin) => {
                holds(holder, &mut waitables.resources(builtin.ty.as_slice().to_vec()).into_iter());
            }
            Trampoline::ResourceNew { resource, .. }
            | Trampoline::ResourceRep { resource, .. }
            | Trampoline::ResourceDrop { resource, .. } => holds(holder, &mut [*resource].into_iter()),
            _ => {}
        }
    }
    others.into_iter().find(|(resource, _)| own.contains(resource))
}
