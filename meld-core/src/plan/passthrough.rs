//! Core imports that pass through, and the allocator among them.
//!
//! In: the dfg and the user's options. Out: a [`PassthroughPlan`]: which imports of the root get core names back, and which
//! one is the embedder's allocator, `env::__cabi_arena_realloc`. That one is special because its arguments and its
//! result are pointers, which its component type, made of `u32`s, does not say. It has them relative to the memory of
//! the core instance that calls it; an allocator works in one memory, so callers with different ones need one
//! memory with windows, in which it has a region of its own.
//!
//! A passthrough is a core import in the form of a component import ([`crate::passthrough`]), so `may_leave` is not asked: an
//! allocator is called by `realloc` most of all.

use crate::abi::Abi;
use crate::abi::types::{FuncType, ValType};
use crate::dfg::{ComponentDfg, ComponentFunc, CoreDef, CoreItem, CoreKind, Trampoline};
use crate::error::{PlanError, SharedRegion};
use crate::ids::{ImportFuncId, TrampolineId};
use crate::options::{Options, SharedArena, SharedOptions};
use crate::passthrough::CoreName;
use indexmap::{IndexMap, IndexSet};
use wasmparser::TypeRef;
use wasmparser::component_types::ComponentEntityType;

/// Core imports that pass through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PassthroughPlan {
    /// The core names of imported functions that get them back.
    pub names: IndexMap<ImportFuncId, CoreName>,
    /// The embedder's allocator, where it works in a region of the one memory.
    pub arena: Option<ArenaPlan>,
    /// Positions among the root's imports that the fused core module imports under another name, or not at all.
    pub renamed: IndexSet<usize>,
    /// The position among the root's imports of what is provided inside, and is no import of the result any more.
    pub provided: Option<usize>,
}

/// The allocator of the one memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArenaPlan {
    /// The import.
    pub import: ImportFuncId,
    /// Bytes of its region, if it is provided inside. Otherwise the embedder provides it.
    pub inside: Option<u32>,
    /// The memory of each caller.
    pub callers: IndexMap<TrampolineId, CoreItem>,
}

/// Regions are multiples of this, and so are the addresses at which they begin.
pub(super) const ALIGN: u64 = 16;
/// A region is smaller than this.
pub(super) const MAX_BYTES: u64 = 1 << 31;

/// Whether a region may have so many bytes.
pub(super) fn is_region(bytes: u64) -> bool {
    bytes > 0 && bytes < MAX_BYTES && bytes.is_multiple_of(ALIGN)
}

impl PassthroughPlan {
    /// Whether a function of the root is a core function by another name.
    pub fn is_core(&self, import: ImportFuncId) -> bool {
        self.names.contains_key(&import) || self.arena.as_ref().is_some_and(|arena| arena.import == import)
    }
}

pub(super) fn passthrough(
    dfg: &ComponentDfg<'_>,
    abi: &Abi<'_>,
    windows: Option<&SharedOptions>,
    options: &Options,
) -> Result<PassthroughPlan, PlanError> {
    let mut plan = PassthroughPlan::default();
    for name in &options.passthrough {
        let import_name = name.import_name().map_err(|source| PlanError::CoreName { name: name.clone(), source })?;
        let Some(position) = root_func(dfg, &import_name) else {
            return Err(PlanError::NoPassthrough { name: name.clone(), import: import_name });
        };
        if !plan.renamed.insert(position) {
            return Err(PlanError::PassthroughTwice { import: import_name });
        }
        let Some(import) = imported(dfg, position) else { continue };
        let ty = &dfg.types[dfg.import_funcs[import].ty];
        let handles = crate::abi::handles::HandleTypes::of_func(&dfg.types, ty);
        if ty.is_async || abi.needs_memory(ty) || !handles.is_empty() {
            return Err(PlanError::NotCore { import: import_name });
        }
        plan.names.insert(import, name.clone());
    }
    let arena = windows.and_then(|shared| shared.arena);
    if let Some(arena) = arena
        && !is_region(arena.bytes())
    {
        let (region, bytes) = (SharedRegion::Arena(arena), arena.bytes());
        return Err(PlanError::RegionSize { region, bytes, align: ALIGN, limit: MAX_BYTES });
    }
    let name = CoreName::arena();
    let import_name = name.import_name().map_err(|source| PlanError::CoreName { name: name.clone(), source })?;
    let Some(position) = root_func(dfg, &import_name) else {
        return match arena {
            Some(_) => Err(PlanError::NobodyAllocates { name, import: import_name }),
            None => Ok(plan),
        };
    };
    if let Some(SharedArena::Inside(_)) = arena {
        if plan.renamed.contains(&position) {
            return Err(PlanError::ArenaPassesThrough { name });
        }
        plan.renamed.insert(position);
        plan.provided = Some(position);
    }
    let Some(import) = imported(dfg, position) else { return Ok(plan) };
    if !is_allocator(&dfg.types[dfg.import_funcs[import].ty]) {
        // Somebody else's function, unless it was asked for.
        return match (arena, plan.names.contains_key(&import)) {
            (None, false) => Ok(plan),
            _ => Err(PlanError::NoAllocator { import: import_name }),
        };
    }
    if arena.is_none() && windows.is_none() && !plan.names.contains_key(&import) {
        // A function of the world, which does not say what its numbers mean.
        return Ok(plan);
    }
    let callers = callers(dfg, import)?;
    let memories: IndexSet<CoreItem> = callers.values().copied().collect();
    match arena {
        Some(arena) => {
            let inside = match arena {
                // Less than 2^31.
                SharedArena::Inside(bytes) => Some(bytes as u32),
                SharedArena::Embedder(_) => None,
            };
            plan.arena = Some(ArenaPlan { import, inside, callers });
            Ok(plan)
        }
        None if windows.is_some() => Err(PlanError::ArenaUnsized { import: import_name }),
        None if memories.len() > 1 => Err(PlanError::ArenaMemories {
            import: import_name,
            callers: memories
                .iter()
                .map(|memory| format!("`{}`", dfg.core_instances[memory.instance].path))
                .collect::<Vec<_>>()
                .join(", "),
        }),
        None => Ok(plan),
    }
}

/// The position of a function among the root's imports, by its name.
fn root_func(dfg: &ComponentDfg<'_>, name: &str) -> Option<usize> {
    let is_it = |item: &crate::dfg::WorldItem| item.name == name && matches!(item.ty, ComponentEntityType::Func(_));
    dfg.world.imports.iter().position(is_it)
}

/// The function of that import, if something lowers it.
fn imported(dfg: &ComponentDfg<'_>, position: usize) -> Option<ImportFuncId> {
    let mut funcs = dfg.import_funcs.iter();
    funcs.find(|(_, func)| func.path.import == position && func.path.exports.is_empty()).map(|(id, _)| id)
}

/// `func(u32, u32, u32, u32) -> u32`
fn is_allocator(ty: &FuncType) -> bool {
    let params: Vec<ValType> = ty.params.iter().map(|(_, ty)| *ty).collect();
    !ty.is_async && params == [ValType::U32; 4] && ty.result == Some(ValType::U32)
}

/// The memory of the core instances that import each lowering of the allocator.
fn callers(dfg: &ComponentDfg<'_>, import: ImportFuncId) -> Result<IndexMap<TrampolineId, CoreItem>, PlanError> {
    let lowered = |id: TrampolineId| matches!(dfg.trampolines[id], Trampoline::Lower { func: ComponentFunc::Import(func), .. } if func == import);
    let mut callers: IndexMap<TrampolineId, CoreItem> = IndexMap::new();
    for (instance, core) in dfg.core_instances.iter() {
        for arg in &core.args {
            let CoreDef::Trampoline(id) = *arg else { continue };
            if !lowered(id) {
                continue;
            }
            let unclear = || PlanError::ArenaCaller { instance: core.path.clone() };
            let module = &dfg.modules[core.module];
            let [ty] = module.memories[..] else { return Err(unclear()) };
            if ty.memory64 {
                return Err(unclear());
            }
            let argument = module.imports.iter().zip(&core.args).find(|(i, _)| matches!(i.ty, TypeRef::Memory(_)));
            let memory = match argument {
                Some((_, CoreDef::Item(item))) => *item,
                Some((_, CoreDef::Trampoline(_))) => return Err(unclear()),
                None => CoreItem { instance, kind: CoreKind::Memory, index: 0 },
            };
            if *callers.entry(id).or_insert(memory) != memory {
                return Err(unclear());
            }
        }
    }
    Ok(callers)
}
