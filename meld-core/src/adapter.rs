//! Adapter bodies.
//!
//! In: the [`ComponentDfg`] and the [`FusionPlan`]. Out: [`Adapted`]: for every trampoline the function that is
//! called for it, symbolic bodies for those that must be synthesized, the runtime instances they call, and the
//! interface of the fused module. One recursive walk per value ([`value`]): source place to destination
//! place.
//!
//! - [`crossing`] writes the adapter between a `canon lower` and a `canon lift` of two inner instances;
//! - [`boundary`] writes the boundary between the module and its host: host adapters, wrapped reallocs, names;
//! - [`host`] writes what converts handles and pointers between the host and an instance;
//! - [`reach`] writes what says where a guest points that has pointers beyond its window;
//! - [`start`] wraps start functions;
//! - [`builtin`] writes the built-ins that are carried out in the module;
//! - [`task`] writes calls that have a task, and the built-ins of tasks and waitables, where these are in the module;
//! - [`context`] gives each call into an instance its own context slots.
//!
//! What cannot be written becomes a function with [`SynthFunc::unsupported`]: it is an error where it is
//! live, and only the merged module can tell.

mod arena;
mod body;
mod boundary;
mod builtin;
mod builtin_names;
mod context;
mod core_names;
mod crossing;
mod edge;
mod flags;
mod handle;
mod host;
mod host_builtin;
mod list;
mod names;
mod outline;
mod place;
mod print;
mod reach;
mod record;
mod scalar;
mod start;
mod string;
mod task;
mod task_edge;
mod value;
mod variant;

pub use print::print_adapted;
#[cfg(feature = "json")]
pub(crate) use print::{InstNames, inst_text, mnemonic, plain};

use crate::abi::{Abi, Pointer};
use crate::core_interface::CoreInterface;
use crate::dfg::{ComponentDfg, CoreDef, CoreItem};
use crate::error::AdapterError;
use crate::ids::{Arena, ComponentInstanceId, CoreInstanceId, ResourceId, SynthId, TrampolineId};
use crate::limits::Limit;
use crate::plan::{FusionPlan, TrampolinePlan};
use crate::runtime::{RuntimeInstance, RuntimeInstances};
use crate::synth::{Address, FuncRef, MemoryRef, SynthFunc};
use body::BodyBuilder;
use indexmap::{IndexMap, IndexSet};

/// What the adapter stage produces.
#[derive(Debug, Default)]
pub struct Adapted {
    /// Bodies.
    pub synths: Arena<SynthId, SynthFunc>,
    /// The function of each trampoline. Never [`FuncRef::Trampoline`].
    pub trampolines: IndexMap<TrampolineId, FuncRef>,
    /// Runtime instances that bodies call.
    pub runtime: RuntimeInstances,
    /// What the fused core module imports and exports.
    pub interface: CoreInterface,
    /// What the exports are that the interface names.
    pub exports: CoreExports,
    /// What is called instead of the start functions of core instances.
    pub starts: IndexMap<CoreInstanceId, FuncRef>,
}

/// Writes all adapters.
pub fn adapt(dfg: &ComponentDfg<'_>, plan: &FusionPlan) -> Result<Adapted, AdapterError> {
    let abi = Abi::new(&dfg.types, Pointer::W32);
    let wide_abi = Abi::new(&dfg.types, Pointer::W64);
    let mut adapters = Adapters {
        dfg,
        plan,
        abi: &abi,
        wide_abi: &wide_abi,
        synths: Arena::new(),
        runtime: RuntimeInstances::new(),
        outlined: IndexMap::new(),
        queue: Vec::new(),
        converters: IndexMap::new(),
        unwritten_converters: Vec::new(),
        suppressed: IndexSet::new(),
        wrapped: IndexMap::new(),
        edge_reallocs: IndexMap::new(),
        checked_reallocs: IndexMap::new(),
        reaches: IndexMap::new(),
        shown: Vec::new(),
        tasks: None,
        instructions: 0,
    };
    adapters.reserve_tasks();
    adapters.write_reaches();
    let mut trampolines = IndexMap::new();
    for &id in plan.trampolines.keys() {
        let func = adapters.trampoline(id, &mut trampolines)?;
        trampolines.insert(id, func);
    }
    adapters.write_tasks()?;
    let (interface, exports) = adapters.interface(&trampolines)?;
    let starts = adapters.starts();
    adapters.write_outlined()?;
    adapters.growth()?;
    Ok(Adapted { synths: adapters.synths, trampolines, runtime: adapters.runtime, interface, exports, starts })
}

/// What the exports of the fused core module are, by the names that the [`CoreInterface`] uses.
#[derive(Debug, Default)]
pub struct CoreExports {
    /// Exported functions and destructors, which are exported in any case.
    pub funcs: IndexMap<String, FuncRef>,
    /// Memories that imports or exports name in their options.
    pub memories: IndexMap<String, MemoryRef>,
    /// Tables in which an import finds functions.
    pub tables: IndexMap<String, CoreItem>,
    /// Reallocs and post-returns that imports or exports name. One function may have several names: a post-return is exported
    /// once for each function that it belongs to.
    pub options: IndexMap<String, FuncRef>,
    /// Immutable globals with addresses of the one memory. With them, the memory is exported in any case.
    pub addresses: IndexMap<String, Address>,
}

/// What all bodies have in common.
struct Adapters<'a> {
    dfg: &'a ComponentDfg<'a>,
    plan: &'a FusionPlan,
    /// The facts of all types where pointers have 32 bits: at the boundary to the host always.
    abi: &'a Abi<'a>,
    /// The same where pointers have 64 bits.
    wide_abi: &'a Abi<'a>,
    synths: Arena<SynthId, SynthFunc>,
    runtime: RuntimeInstances,
    /// Functions that move one type between two kinds of places; see [`outline`].
    outlined: IndexMap<outline::Outlined, SynthId>,
    /// Those that are not written yet.
    queue: Vec<(SynthId, outline::Outlined)>,
    /// Functions that rewrite values in memory for the host, or for an instance; see [`edge`].
    converters: IndexMap<edge::Converter, SynthId>,
    /// Those that are not written yet.
    unwritten_converters: Vec<(SynthId, edge::Converter)>,
    /// Resources whose handles of the host are dropped without the resource.
    suppressed: IndexSet<ResourceId>,
    /// Functions of an instance in a wrapper that sets the instance's state for the call.
    wrapped: IndexMap<(FuncRef, ComponentInstanceId, boundary::Wrapping), FuncRef>,
    /// Reallocs that take and return addresses of the host, by the memory of which the guest's is a window.
    edge_reallocs: IndexMap<(FuncRef, MemoryRef, bool), FuncRef>,
    /// Reallocs whose results are checked to be in reach of their guest, for transcoders.
    checked_reallocs: IndexMap<(FuncRef, MemoryRef), FuncRef>,
    /// Functions that say where a guest points that has pointers beyond its window; see [`reach`].
    reaches: IndexMap<CoreItem, SynthId>,
    /// Memories in which the host is shown other words than the guest's while it carries out an import.
    shown: Vec<place::Memory>,
    /// Functions that tasks need, where they are in the module.
    tasks: Option<task::TaskFuncs>,
    /// Instructions of all bodies so far.
    instructions: u64,
}

impl<'a> Adapters<'a> {
    /// The function of a trampoline, given those that are known already.
    fn trampoline(
        &mut self,
        id: TrampolineId,
        known: &mut IndexMap<TrampolineId, FuncRef>,
    ) -> Result<FuncRef, AdapterError> {
        // A direct callee may be a trampoline itself. Follow the chain before anything is written for its
        // end, so that each trampoline is written once, whatever the order.
        let mut end = id;
        for _ in 0..=self.plan.trampolines.len() {
            if let Some(func) = known.get(&end) {
                return Ok(*func);
            }
            let plan = self.plan.trampolines.get(&end).ok_or_else(|| AdapterError::Unplanned(end.to_string()))?;
            match plan {
                TrampolinePlan::Direct(CoreDef::Trampoline(next)) => end = *next,
                _ => {
                    let func = self.written(end, plan)?;
                    known.insert(end, func);
                    return Ok(func);
                }
            }
        }
        Err(AdapterError::Cycle(id.to_string()))
    }

    /// Writes the function of a trampoline that is planned as anything but another trampoline.
    fn written(&mut self, id: TrampolineId, plan: &TrampolinePlan) -> Result<FuncRef, AdapterError> {
        let func = match plan {
            TrampolinePlan::Direct(def) => return Ok(func_ref(*def)),
            TrampolinePlan::Host(import) => return Ok(FuncRef::Host(*import)),
            TrampolinePlan::Adapter(lift) => self.crossing(id, *lift)?,
            TrampolinePlan::Traps(class) => self.traps(id, *class)?,
            TrampolinePlan::HostAdapter(import) => self.guard(id, *import)?,
            TrampolinePlan::Arena(memory) => self.arena(id, *memory)?,
            TrampolinePlan::Dead => self.dead(id)?,
            TrampolinePlan::Builtin => self.builtin(id)?,
            TrampolinePlan::Task => self.task(id)?,
            TrampolinePlan::Unsupported(reason) => self.unsupported(id, reason.clone())?,
        };
        Ok(FuncRef::Synth(self.synths.push(func)))
    }

    /// Writes a function from its empty body, or says in its place why it cannot be written.
    fn or_unsupported(
        &mut self,
        body: BodyBuilder,
        write: impl FnOnce(&mut Self, BodyBuilder) -> Result<SynthFunc, AdapterError>,
    ) -> Result<SynthFunc, AdapterError> {
        let empty = body.clone();
        let written = write(self, body);
        if let Ok(written) = &written {
            self.within_limit(written.body.len(), &written.name)?;
            self.instructions += written.body.len() as u64;
        }
        match written {
            // The merger names the function where it reports the reason.
            Err(AdapterError::Unsupported { reason, .. }) => {
                let mut func = empty.finish();
                func.unsupported = Some(reason);
                Ok(func)
            }
            Err(AdapterError::Oversized { .. }) => {
                let mut func = empty.finish();
                func.unsupported = Some("a value of its type is larger than a 32-bit memory".to_owned());
                Ok(func)
            }
            written => written,
        }
    }

    /// An error if there are too many instructions, with so many of a body that is being written.
    fn within_limit(&self, body: usize, name: &str) -> Result<(), AdapterError> {
        let count = self.instructions + body as u64;
        Ok(self.dfg.limits.check(Limit::Instructions, count, || format!("`{name}`"))?)
    }

    /// What grows the memories that may grow inside their windows.
    fn growth(&mut self) -> Result<(), AdapterError> {
        let plan = self.plan;
        for (&memory, &bound) in plan.memory.shared().iter().flat_map(|shared| &shared.bounds) {
            let ty = self.dfg.modules[self.dfg.core_instances[memory.instance].module].memories[memory.index as usize];
            self.runtime.intern(RuntimeInstance::grow(memory, &ty, bound));
        }
        Ok(())
    }

    /// The facts of all types where pointers are that wide.
    fn abi_of(&self, pointer: Pointer) -> &'a Abi<'a> {
        match pointer {
            Pointer::W32 => self.abi,
            Pointer::W64 => self.wide_abi,
        }
    }

    /// An id for a function that is written later.
    fn reserve(&mut self) -> SynthId {
        self.synths.push(SynthFunc {
            name: String::new(),
            params: Vec::new(),
            results: Vec::new(),
            locals: Vec::new(),
            body: Vec::new(),
            steps: Vec::new(),
            unsupported: None,
        })
    }
}

/// A core definition as a function.
fn func_ref(def: CoreDef) -> FuncRef {
    match def {
        CoreDef::Item(item) => FuncRef::Core(item),
        CoreDef::Trampoline(id) => FuncRef::Trampoline(id),
    }
}
