//! Where memories go.
//!
//! In: the dfg, the exports of the plan, and the user's options. Out: a [`MemoryPlan`]. What is decided here is
//! what adapters have to know before liveness: whether there is one memory, whose window begins at address 0, how far
//! each memory may grow, and how much room runtime modules get. The addresses themselves come after liveness
//! ([`crate::passes::layout`]): a window for an unused memory would be wasted.
//!
//! The window at address 0 goes to the memory of the principal, if there is one, and otherwise to the memory through which most pointers pass
//! at the boundary to the host: there the guest's pointers are the host's, and are only checked. Counted are the pointers in the signatures.

use super::domains::{self, DomainsPlan};
use super::passthrough::{ALIGN, MAX_BYTES, is_region};
use super::{ArenaPlan, ConsumerNeeds, ExportPlan, Pointers, PrincipalPlan, TasksPlan};
use crate::abi::shape::Shape;
use crate::abi::signature::CanonSide;
use crate::abi::types::{FuncType, ValType};
use crate::abi::{Abi, Pointer};
use crate::dfg::{ComponentDfg, ComponentFunc, CoreItem, CoreKind, Effect, Trampoline};
use crate::error::{PlanError, SharedRegion};
use crate::handle_tables::HandleTables;
use crate::ids::{Arena, DomainId, ExportFuncId, Id, OptionsId, TypeId};
use crate::options::{
    HandleStorage, Heap, LEAST_OFFSET, Options, RegionAlignment, SharedArena, SharedOptions, StackSize, WindowSize,
};
use crate::runtime::grown_pages;
use indexmap::{IndexMap, IndexSet};

/// Where memories go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MemoryPlan {
    /// Each memory of the input stays a memory of its own; there may be no more than one.
    Multi,
    /// Each memory is a window of the one memory.
    Shared(Box<SharedMemory>),
}

/// One memory with windows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SharedMemory {
    /// In which memory of the result each memory is, and which window begins there at address 0. There is one memory of the result, unless
    /// domains were asked for.
    pub domains: DomainsPlan,
    /// How many pointers the signatures at the boundary to the host pass through each memory.
    pub pointers: IndexMap<CoreItem, usize>,
    /// How far a memory may grow: bytes beyond its initial size, whole pages of its own. A memory that is not
    /// here has no bound.
    pub bounds: IndexMap<CoreItem, u64>,
    /// How many handles each handle table has room for.
    pub handles: u32,
    /// How many records of tasks there is room for, where several instances use tasks.
    pub tasks: Option<u32>,
    /// Bytes of the embedder's arena above all windows; 0 where there is none.
    pub arena: u64,
    /// The memory of a guest that allocates there, or another one with which that arena is.
    pub arena_home: Option<CoreItem>,
    /// Memories whose guests have pointers into an arena above all windows, the embedder's or one inside.
    pub arena_users: IndexSet<CoreItem>,
    /// Whether an access of a guest outside of its own window traps.
    pub isolate: bool,
    /// Whether a window ends at `__heap_base`, on the assumption that nothing beyond it is used.
    pub pack: bool,
    /// Whether the one memory has pages of one byte.
    pub byte_pages: bool,
    /// Whether everything in a memory, and the memory, has a size that is a power of two and begins at a multiple of it.
    pub aligned: bool,
    /// Whether all guests have one stack, and its size.
    pub share_stack: Option<StackSize>,
    /// How many bytes at address 0 nothing is placed in.
    pub low_reserve: u64,
    /// The largest static offset that an access may have.
    pub max_offset: Option<u32>,
    /// Whether nothing but the first window is in the memory, not even room to grow: where that ends, so does the memory.
    pub alone: bool,
}

impl SharedMemory {
    /// Whether a guest whose memory this is has pointers beyond its window: into an arena, or into the stack that it
    /// shares. To those who are not the guest, its memory ends where the last of that ends, and has pages of a byte.
    pub fn reaches_beyond(&self, memory: CoreItem) -> bool {
        self.share_stack.is_some() || self.arena_users.contains(&memory)
    }
}

/// Handles that a table has room for where the options do not say.
const HANDLES: u32 = 1024;
/// More than this would not fit into the memory.
const MAX_HANDLES: u32 = 1 << 26;

/// Records of tasks that there is room for where the options do not say.
const TASKS: u32 = 1024;
/// More than this would not fit into the memory: a record has 128 bytes.
const MAX_TASKS: u32 = 1 << 23;

impl MemoryPlan {
    /// The one memory's plan, where there is one memory with windows.
    pub fn shared(&self) -> Option<&SharedMemory> {
        match self {
            MemoryPlan::Shared(shared) => Some(shared),
            MemoryPlan::Multi => None,
        }
    }

    /// In which memory of the result a memory of the input is a window.
    pub fn domain(&self, memory: CoreItem) -> DomainId {
        self.shared().map_or(DomainId::new(0), |shared| shared.domains.of(memory))
    }

    /// Whether all memories are windows of one, so that a pointer says by itself which of them it leads into.
    pub fn is_one(&self) -> bool {
        self.shared().is_some_and(|shared| !shared.domains.are_several())
    }

    /// Whether the one memory has pages of one byte.
    pub fn has_byte_pages(&self) -> bool {
        self.shared().is_some_and(|shared| shared.byte_pages)
    }

    /// Log2 of the bytes of a page of a guest's memory, as bounds checks count them.
    pub fn page_size_log2(&self, ty: &wasmparser::MemoryType) -> u32 {
        match self.shared() {
            // What is used is no whole number of pages.
            Some(shared) if shared.pack => 0,
            _ => ty.page_size_log2.unwrap_or(16),
        }
    }

    /// What pointers into a guest's memory are to the host.
    pub fn pointers(&self, memory: CoreItem) -> Pointers {
        match self.shared() {
            None => Pointers::Same,
            Some(shared) if shared.alone => Pointers::Same,
            Some(shared) if shared.domains.is_zero(memory) => Pointers::Checked,
            Some(_) => Pointers::Moved,
        }
    }
}

/// What is asked of the one memory, if each memory becomes a window of one: if one memory is asked for, unless there is no
/// more than one already and nothing is asked of its window.
pub(super) fn windows<'o>(
    dfg: &ComponentDfg<'_>,
    handles: &HandleTables,
    tasks: Option<&TasksPlan>,
    options: &'o Options,
) -> Option<&'o SharedOptions> {
    let shared = options.memory.shared()?;
    // A translator may need room at address 0.
    let low = ConsumerNeeds::of(options.target).bytes_per_element > 0;
    // Beside one memory handle tables are elsewhere, unless it is asked that they are in memories.
    let beside = options.handle_storage == HandleStorage::Memory && handles.any_tabled();
    // The host writes events into a memory.
    let events = tasks.is_some_and(|tasks| !tasks.outer.is_empty());
    (shared.asks_for_windows() || events || low || beside || memories(dfg).len() > 1).then_some(shared)
}

/// `shared`: what [`windows`] says.
pub(super) fn memory(
    dfg: &ComponentDfg<'_>,
    shared: Option<&SharedOptions>,
    (exports, principal): (&Arena<ExportFuncId, ExportPlan>, &PrincipalPlan),
    handle_tables: &HandleTables,
    arena: Option<&ArenaPlan>,
    options: &Options,
) -> Result<MemoryPlan, PlanError> {
    let Some(shared) = shared else { return Ok(MemoryPlan::Multi) };
    let handles = shared.handles.unwrap_or(HANDLES);
    if !(1..=MAX_HANDLES).contains(&handles) {
        return Err(PlanError::Handles { handles, maximum: MAX_HANDLES });
    }
    let tasks = shared.tasks.unwrap_or(TASKS);
    if !(1..=MAX_TASKS).contains(&tasks) {
        return Err(PlanError::Tasks { tasks, maximum: MAX_TASKS });
    }
    let tasks = principal.tasks.as_ref().map(|_| tasks);
    let of_principal = principal.memory;
    let memories = memories(dfg);
    let pointers = boundary_pointers(dfg, exports);
    let mut domains = domains::domains(dfg, &memories, &shared.domains)?;
    // In each the first of those with most: the order is that of instantiation.
    let mut zeros: IndexMap<DomainId, (CoreItem, usize)> = IndexMap::new();
    for &memory in &memories {
        let count = pointers.get(&memory).copied().unwrap_or_default();
        let zero = zeros.entry(domains.of(memory)).or_insert((memory, count));
        if count > zero.1 {
            *zero = (memory, count);
        }
    }
    let bounds = match &shared.size {
        WindowSize::Whole(heap) => bounds(dfg, &memories, heap)?,
        WindowSize::Packed(_) => IndexMap::new(),
    };
    let low = shared.low_reserve > 0 || ConsumerNeeds::of(options.target).bytes_per_element > 0;
    if low && let Some(memory) = of_principal {
        return Err(PlanError::LowReserve { instance: dfg.core_instances[memory.instance].path.clone() });
    }
    if shared.low_reserve > MAX_BYTES {
        return Err(PlanError::LowReserveSize { bytes: shared.low_reserve, limit: MAX_BYTES });
    }
    for (domain, (memory, _)) in zeros.into_iter().filter(|_| !low) {
        domains.domains[domain].zero = Some(memory);
    }
    if let Some(memory) = of_principal {
        let domain = domains.of(memory);
        domains.domains[domain].zero = Some(memory);
    }
    if let Some(max) = shared.max_offset.filter(|max| *max < LEAST_OFFSET) {
        return Err(PlanError::MaxOffset { max, least: LEAST_OFFSET });
    }
    let (isolate, byte_pages, share_stack) = (shared.is_isolated(), shared.byte_pages, shared.stack());
    let pack = shared.is_packed();
    if let Some(StackSize::Bytes(bytes)) = share_stack
        && !is_region(bytes)
    {
        return Err(PlanError::RegionSize { region: SharedRegion::Stack, bytes, align: ALIGN, limit: MAX_BYTES });
    }
    if byte_pages && options.component {
        return Err(PlanError::BytePages);
    }
    let tables = handle_tables.any_tabled();
    let with_others = tables || tasks.is_some() || arena.is_some() || shared.arena.is_some();
    let aligned = shared.alignment == RegionAlignment::PowerOfTwo;
    let alone = memories.len() == 1
        && !(domains.are_several() || aligned)
        && !(with_others || pack || low || byte_pages || share_stack.is_some())
        && memories.iter().all(|memory| fills_its_window(dfg, *memory, &bounds));
    let arena_users: IndexSet<CoreItem> = arena.iter().flat_map(|arena| arena.callers.values().copied()).collect();
    let arena_home = match shared.arena {
        Some(SharedArena::Embedder(_)) => {
            in_one_domain(dfg, &domains, &arena_users)?;
            arena_users.first().or(memories.first()).copied()
        }
        Some(SharedArena::Inside(_)) | None => None,
    };
    let arena = match shared.arena {
        Some(SharedArena::Embedder(bytes)) => bytes,
        Some(SharedArena::Inside(_)) | None => 0,
    };
    Ok(MemoryPlan::Shared(Box::new(SharedMemory {
        domains,
        pointers,
        bounds,
        handles,
        tasks,
        arena,
        arena_home,
        arena_users,
        isolate,
        pack,
        byte_pages,
        aligned,
        share_stack,
        low_reserve: shared.low_reserve,
        max_offset: shared.max_offset,
        alone,
    })))
}

/// Refuses an embedder's allocator that is called from several domains: it works in one memory.
fn in_one_domain(dfg: &ComponentDfg<'_>, domains: &DomainsPlan, users: &IndexSet<CoreItem>) -> Result<(), PlanError> {
    let of_users: IndexSet<DomainId> = users.iter().map(|user| domains.of(*user)).collect();
    if of_users.len() > 1 {
        let of_user = |user: &CoreItem| {
            let domain = &domains.domains[domains.of(*user)].name;
            format!("`{}` in `{domain}`", dfg.core_instances[user.instance].path)
        };
        return Err(PlanError::DomainArena { callers: users.iter().map(of_user).collect::<Vec<_>>().join(", ") });
    }
    Ok(())
}

/// Whether a memory is whole pages of the one memory, and never more than at first.
fn fills_its_window(dfg: &ComponentDfg<'_>, memory: CoreItem, bounds: &IndexMap<CoreItem, u64>) -> bool {
    let ty = &dfg.modules[dfg.core_instances[memory.instance].module].memories[memory.index as usize];
    let grown = bounds.get(&memory).map_or(ty.initial, |&bound| grown_pages(ty, bound));
    ty.page_size_log2.unwrap_or(16) == 16 && grown == ty.initial
}

/// Every memory that a core instance defines, in the order of instantiation.
fn memories(dfg: &ComponentDfg<'_>) -> Vec<CoreItem> {
    let mut memories = Vec::new();
    for effect in &dfg.effects {
        let Effect::Instantiate(instance) = *effect else { continue };
        let module = &dfg.modules[dfg.core_instances[instance].module];
        let defined = (0..).zip(&module.memories).skip(module.imported.memories as usize);
        memories.extend(defined.map(|(index, _)| CoreItem { instance, kind: CoreKind::Memory, index }));
    }
    memories
}

/// How far each memory may grow, as the options say.
fn bounds(dfg: &ComponentDfg<'_>, memories: &[CoreItem], heap: &Heap) -> Result<IndexMap<CoreItem, u64>, PlanError> {
    let mut used: IndexSet<&str> = IndexSet::new();
    let mut bounds = IndexMap::new();
    for &memory in memories {
        let core = &dfg.core_instances[memory.instance];
        let owner = &dfg.component_instances[core.owner];
        // The closest name wins, and a name wins over a position.
        let names = [&core.path, &owner.path, &core.numbered, &owner.numbered];
        let found = names.into_iter().find_map(|name| heap.named.get_key_value(name));
        let bound = found.map(|(name, &bytes)| {
            used.insert(name);
            bytes
        });
        let Some(bytes) = bound.or(heap.every) else { continue };
        let ty = dfg.modules[core.module].memories[memory.index as usize];
        let page = 1u64 << ty.page_size_log2.unwrap_or(16);
        if bytes % page != 0 {
            return Err(PlanError::HeapPages { instance: core.path.clone(), bytes, page });
        }
        bounds.insert(memory, bytes);
    }
    if let Some(name) = heap.named.keys().find(|name| !used.contains(name.as_str())) {
        let owner = |memory: &CoreItem| {
            let core = &dfg.core_instances[memory.instance];
            (dfg.component_instances[core.owner].path.as_str(), core.path.as_str())
        };
        let closer: IndexSet<String> =
            memories.iter().map(owner).filter(|(path, _)| path == name).map(|(_, core)| format!("`{core}`")).collect();
        if !closer.is_empty() {
            let closer = closer.into_iter().collect::<Vec<_>>().join(", ");
            return Err(PlanError::HeapShadowed { instance: name.clone(), closer });
        }
        let known = memories.iter().map(owner).map(|(path, core)| match path {
            "" => format!("`{core}`"),
            path => format!("`{path}` (`{core}`)"),
        });
        let known: IndexSet<String> = known.collect();
        let known = known.into_iter().collect::<Vec<_>>().join(", ");
        return Err(PlanError::HeapName { instance: name.clone(), known });
    }
    Ok(bounds)
}

/// How many pointers pass through each memory in the signatures of the root's exports and of the imports that
/// some instance lowers.
fn boundary_pointers(dfg: &ComponentDfg<'_>, exports: &Arena<ExportFuncId, ExportPlan>) -> IndexMap<CoreItem, usize> {
    let abi = Abi::new(&dfg.types, Pointer::W32);
    let mut counts: IndexMap<CoreItem, usize> = IndexMap::new();
    let mut count = |options: OptionsId, ty: &FuncType, side: CanonSide| {
        if let Some(memory) = dfg.options[options].memory {
            *counts.entry(memory).or_default() += pointers(&abi, ty, side);
        }
    };
    for export in exports.values() {
        let lift = &dfg.lifts[export.lift];
        count(lift.options, &dfg.types[lift.ty], CanonSide::Lift);
    }
    for (_, trampoline) in dfg.trampolines.iter() {
        if let Trampoline::Lower { func: ComponentFunc::Import(import), options } = *trampoline {
            count(options, &dfg.types[dfg.import_funcs[import].ty], CanonSide::Lower);
        }
    }
    counts
}

/// The pointers in a signature: one for each string and list type in it, at any depth, and one for what travels
/// through memory as a whole.
fn pointers(abi: &Abi<'_>, ty: &FuncType, side: CanonSide) -> usize {
    let signature = abi.signature(ty, side);
    let mut count =
        usize::from(signature.params_in_memory.is_some()) + usize::from(signature.results_in_memory.is_some());
    let mut seen: IndexSet<TypeId> = IndexSet::new();
    let mut work: Vec<ValType> = ty.params.iter().map(|(_, ty)| *ty).chain(ty.result).collect();
    while let Some(ty) = work.pop() {
        if matches!(ty, ValType::Def(id) if !seen.insert(id)) {
            continue;
        }
        let shape = abi.types().shape(ty);
        count += usize::from(matches!(shape, Shape::String | Shape::List(_)));
        shape.for_each_child(|child, _| work.push(child));
    }
    count
}
