//! Decisions.
//!
//! In: the [`ComponentDfg`] and the user's [`Options`]. Out: a [`FusionPlan`]: how each boundary is lowered,
//! which instances need which state. Pure: nothing is generated here, and options are not read after
//! this stage. What cannot be fused exactly is refused here, with the item's path.
//!
//! The plan elides only what it can prove unobservable (`CanonicalABI.md`, "Canonical Definitions"):
//! - `may_leave` is clear while a `realloc` or `post-return` runs. It is kept as a global only for an
//!   instance where the call graph says that one of these might reach a way out ([`reach`]).
//! - nothing says that an instance is entered once at a time: a parent may call a child that calls it back, and the
//!   host may call an export while an import runs. Only a crossing from an instance to itself traps
//!   ([`boundaries`]). So no elision rests on who is running already: see `docs/adr/0033-reentrance.md`.
//! - a callee that could throw gets an exception barrier, and so does an export; one that could not, does not.

mod boundaries;
mod consumer;
mod domains;
mod edges;
mod exports;
mod memory;
mod outer;
mod passthrough;
mod pinned;
mod principal;
mod reach;
mod storage;
mod tasks;
mod waitables;

pub use consumer::ConsumerNeeds;
pub use domains::{DomainPlan, DomainsPlan};
pub use edges::{Edge, Pointers};
pub use memory::{MemoryPlan, SharedMemory};
pub use outer::Outer;
pub(crate) use outer::is_none_or_number;
pub use passthrough::{ArenaPlan, PassthroughPlan};
pub(crate) use principal::is_asynchronous;
pub use principal::{PrincipalPlan, principal};
pub use storage::{StoragePlan, WordStorage};
pub use tasks::{TaskCall, TasksPlan};

use crate::abi::{Abi, Pointer};
use crate::dfg::{ComponentDfg, ComponentFunc, CoreDef, CoreItem, Trampoline};
use crate::error::PlanError;
use crate::handle_tables::HandleTables;
use crate::ids::{Arena, ComponentInstanceId, ExportFuncId, LiftId, TrampolineId};
use crate::options::{Options, Target};
use crate::synth::{HostImport, TrapClass};
use indexmap::{IndexMap, IndexSet};

/// All decisions of one fusion.
#[derive(Debug, Clone)]
pub struct FusionPlan {
    /// How each trampoline is carried out. Every trampoline of the dfg is a key.
    pub trampolines: IndexMap<TrampolineId, TrampolinePlan>,
    /// Trampolines that must trap while their instance's `may_leave` is clear. The others provably cannot
    /// be reached then.
    pub guarded: IndexSet<TrampolineId>,
    /// The lifted functions that the root exports.
    pub exports: Arena<ExportFuncId, ExportPlan>,
    /// Which state each component instance needs.
    pub instances: Arena<ComponentInstanceId, InstancePlan>,
    /// By what each handle is routed.
    pub handles: HandleTables,
    /// Where memories go.
    pub memory: MemoryPlan,
    /// Where runtime modules have words of their own.
    pub storage: StoragePlan,
    /// Core imports that pass through.
    pub passthrough: PassthroughPlan,
    /// The one instance that uses tasks.
    pub principal: PrincipalPlan,
    /// Whether runtime functions may use 128-bit vector instructions.
    pub simd: bool,
    /// What the program that reads the core module needs.
    pub needs: ConsumerNeeds,
    /// Whether functions that differ in little become one.
    pub merge_similar: bool,
}

/// How a trampoline is carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrampolinePlan {
    /// A call of the callee itself: nothing is converted and no flag is observable.
    Direct(CoreDef),
    /// An adapter between two component instances.
    Adapter(LiftId),
    /// Calling it always traps.
    Traps(TrapClass),
    /// A function of the host, called as it is.
    Host(HostImport),
    /// A function of the host, called through a host adapter that checks `may_leave` or converts handles.
    HostAdapter(HostImport),
    /// A call of the allocator, with pointers into that memory.
    Arena(CoreItem),
    /// Nothing calls it, though a table may contain it.
    Dead,
    /// `context.*` or `backpressure.*` on globals of the instance, or `resource.*` on its handle table.
    Builtin,
    /// A call that has a task in the module, or a built-in of tasks and waitables that are there.
    Task,
    /// Not supported, and why. An error if something live reaches it.
    Unsupported(String),
}

/// A lifted function that the root exports.
#[derive(Debug, Clone)]
pub struct ExportPlan {
    /// Export names from the root inwards.
    pub path: Vec<String>,
    /// The lifted function.
    pub lift: LiftId,
    /// Whether the host calls the core function itself, or through code that only puts back words that the host was shown.
    pub direct: bool,
}

/// Which state a component instance needs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct InstancePlan {
    /// A `may_leave` flag: something that runs while it is clear might reach a way out.
    pub may_leave: bool,
    /// Context slots: each call into the instance has its own.
    pub context: ContextSlots,
    /// Context slots of the principal, which the host keeps: it gives each call that it makes its own.
    pub host_context: ContextSlots,
    /// Core exceptions might leave one of its functions.
    pub throws: bool,
}

/// The context slots that the built-ins of an instance read or write, by their numbers, with their widths.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ContextSlots([Option<Pointer>; 2]);

impl ContextSlots {
    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.iter().next().is_none()
    }

    /// Each with its width.
    pub fn iter(self) -> impl Iterator<Item = (u32, Pointer)> {
        (0..).zip(self.0).filter_map(|(slot, width)| Some((slot, width?)))
    }

    fn add(&mut self, slot: u32, width: Pointer) {
        if let Some(used) = self.0.get_mut(slot as usize) {
            *used = Some(width);
        }
    }
}

/// Decides everything. `handles` are the tables of `dfg` beside `principal`; the plan keeps both.
pub fn plan(
    dfg: &ComponentDfg<'_>,
    handles: HandleTables,
    principal: PrincipalPlan,
    options: &Options,
) -> Result<FusionPlan, PlanError> {
    let abi = Abi::new(&dfg.types, Pointer::W32);
    domains::refuse(dfg, &principal, options)?;
    let windows = memory::windows(dfg, &handles, principal.tasks.as_ref(), options);
    let passthrough = passthrough::passthrough(dfg, &abi, windows, options)?;
    let mut guarded = reach::guarded_trampolines(dfg);
    guarded.retain(|&id| !is_core_import(dfg, &passthrough, id));
    let instances = instance_plans(dfg, &guarded, &principal);
    let needs = ConsumerNeeds::of(options.target);
    if needs.one_memory && options.memory.shared().is_none() {
        return Err(PlanError::TargetMemories);
    }
    if options.component && options.target != Target::Generic {
        return Err(PlanError::TargetComponent);
    }
    let simd = !options.no_simd && needs.simd;
    let mut exports = exports::exports(dfg, options)?;
    let memory = memory::memory(dfg, windows, (&exports, &principal), &handles, passthrough.arena.as_ref(), options)?;
    let storage = storage::storage(dfg, &memory, options);
    for id in exports.ids() {
        exports[id].direct = exports::is_direct(dfg, &instances, (&handles, &memory), &abi, exports[id].lift);
    }
    let mut trampolines = IndexMap::new();
    for (id, _) in dfg.trampolines.iter() {
        let places = (&handles, &memory, &passthrough, &principal);
        let plan = boundaries::trampoline(dfg, &instances, places, &abi, id, guarded.contains(&id));
        trampolines.insert(id, plan);
    }
    Ok(FusionPlan {
        trampolines,
        guarded,
        exports,
        instances,
        handles,
        memory,
        storage,
        passthrough,
        principal,
        simd,
        needs,
        merge_similar: options.merge_similar,
    })
}

/// Whether a trampoline lowers a core function by another name.
fn is_core_import(dfg: &ComponentDfg<'_>, passthrough: &PassthroughPlan, id: TrampolineId) -> bool {
    match dfg.trampolines[id] {
        Trampoline::Lower { func: ComponentFunc::Import(import), .. } => passthrough.is_core(import),
        _ => false,
    }
}

fn instance_plans(
    dfg: &ComponentDfg<'_>,
    guarded: &IndexSet<TrampolineId>,
    principal: &PrincipalPlan,
) -> Arena<ComponentInstanceId, InstancePlan> {
    let mut plans: Arena<ComponentInstanceId, InstancePlan> =
        dfg.component_instances.ids().map(|_| InstancePlan::default()).collect();
    for &id in guarded {
        plans[dfg.trampoline_instance(id)].may_leave = true;
    }
    for (_, trampoline) in dfg.trampolines.iter() {
        if let Trampoline::ContextGet { instance, slot, width } | Trampoline::ContextSet { instance, slot, width } =
            *trampoline
        {
            match principal.is(instance) {
                true => plans[instance].host_context.add(slot, width),
                false => plans[instance].context.add(slot, width),
            }
        }
    }
    for core in dfg.core_instances.values() {
        // An exception needs a tag; a tag or an exception reference cannot come from another component.
        if !dfg.modules[core.module].tags.is_empty() {
            plans[core.owner].throws = true;
        }
    }
    plans
}
