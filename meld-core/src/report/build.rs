//! Building the report.
//!
//! In: the composition, the plan, the live module and what was emitted of it. Out: the [`Report`]. Liveness is
//! that of the entity that a thing became, so what was folded into an equal function counts as live.

use super::{
    Area, Boundary, ComponentSizes, DroppedDebug, DroppedSection, Fate, Fusion, Handles, Lowering, MemoryChoice,
    MemoryReport, ModuleReport, Output, Report, ResourceReport, crossings,
};
use crate::abi::handles::HandleTypes as ValueHandles;
use crate::abi::shape::Shape;
use crate::abi::types::{FuncType, ValType};
use crate::abi::{Abi, Pointer};
use crate::custom;
use crate::dfg::{ComponentDfg, ComponentFunc, CoreDef, Effect, ResourceDef, Trampoline};
use crate::emit::Emitted;
use crate::error::WitError;
use crate::handle_tables::HandleSpace;
use crate::ids::{
    ComponentInstanceId, CoreInstanceId, FuncId, Id, MemoryId, OptionsId, ResourceId, ScopeId, TrampolineId, TypeId,
};
use crate::module::Live;
use crate::module::{FuncDef, ModuleKey, Scope};
use crate::plan::{DomainsPlan, FusionPlan, TrampolinePlan, WordStorage};
use indexmap::{IndexMap, IndexSet};
use std::collections::BTreeSet;
use wasmparser::TypeRef;

/// Builds the report of a fusion. The size of the component around it comes later. `no_component_type` is why there is no section of that name, and `list_functions` whether the report lists functions.
pub(crate) fn build(
    dfg: &ComponentDfg<'_>,
    plan: &FusionPlan,
    live: &Live<'_>,
    emitted: &Emitted,
    no_component_type: Option<&WitError>,
    list_functions: bool,
) -> Report {
    let build = ReportBuilder { dfg, plan, live, emitted, abi: Abi::new(&dfg.types, Pointer::W32) };
    let memories = build.memories();
    let map = super::map::map(live);
    Report {
        notes: live.module.notes.iter().cloned().chain(super::stacks::notes(live, &map)).collect(),
        by_hand: Vec::new(),
        version: Report::VERSION,
        warnings: build.warnings(),
        fusion: build.fusion(),
        kept: Vec::new(),
        kept_whole: None,
        clustered: None,
        clusters: Vec::new(),
        memory: build.memory_choice(&memories),
        boundaries: build.boundaries(),
        memories,
        sizes: if list_functions { build.sizes(&map) } else { Vec::new() },
        map,
        modules: build.modules(),
        functions: if list_functions { super::functions::functions(live, emitted) } else { Vec::new() },
        resources: dfg.resources.ids().map(|id| build.resource(id)).collect(),
        output: Output {
            core_bytes: emitted.bytes.len(),
            component_bytes: None,
            functions: emitted.functions,
            dropped_functions: emitted.gc.dropped_functions,
            folded_functions: emitted.gc.folded_functions,
            devirtualized_tables: emitted.gc.devirtualized_tables,
            dropped_sections: build.dropped_sections(),
            dropped_debug: build.dropped_debug(),
            private_storage: live.has_words().then(|| build.private_storage()),
            no_component_type: no_component_type.map(ToString::to_string),
        },
    }
}

struct ReportBuilder<'r> {
    dfg: &'r ComponentDfg<'r>,
    plan: &'r FusionPlan,
    live: &'r Live<'r>,
    emitted: &'r Emitted,
    abi: Abi<'r>,
}

impl<'r> ReportBuilder<'r> {
    /// Core instances in the order of instantiation, with their scopes in the merged module.
    fn instances(&self) -> impl Iterator<Item = (CoreInstanceId, &'r Scope)> + use<'r> {
        let ids = self.dfg.effects.iter().filter_map(|effect| match *effect {
            Effect::Instantiate(id) => Some(id),
            Effect::Resource(_) => None,
        });
        let of_input = |scope: &&Scope| matches!(scope.module, ModuleKey::Input(_));
        ids.zip(self.live.module.scopes.values().filter(of_input))
    }

    fn is_live(&self, func: FuncId) -> bool {
        self.live.marks.funcs[self.live.module.canonical(func).index()]
    }

    /// Every trampoline that a core instance imports, where it is first imported.
    fn boundaries(&self) -> Vec<Boundary> {
        let mut found: IndexMap<TrampolineId, Boundary> = IndexMap::new();
        for (id, scope) in self.instances() {
            let core = &self.dfg.core_instances[id];
            let imports = &self.dfg.modules[core.module].imports;
            let is_func = |ty: &TypeRef| matches!(ty, TypeRef::Func(_) | TypeRef::FuncExact(_));
            let args = imports.iter().zip(&core.args).filter(|(import, _)| is_func(&import.ty)).map(|(_, arg)| arg);
            for (arg, func) in args.zip(&scope.funcs) {
                if let CoreDef::Trampoline(trampoline) = *arg {
                    let boundary = || self.boundary(core.owner, trampoline, *func);
                    found.entry(trampoline).or_insert_with(boundary);
                }
            }
        }
        found.into_values().collect()
    }

    fn boundary(&self, caller: ComponentInstanceId, id: TrampolineId, func: FuncId) -> Boundary {
        let trampoline = &self.dfg.trampolines[id];
        let callee = match trampoline {
            Trampoline::Lower { func: ComponentFunc::Lift(lift), .. } => {
                Some(self.dfg.options[self.dfg.lifts[*lift].options].instance)
            }
            _ => None,
        };
        let canonical = self.live.module.canonical(func);
        let adapter_bytes = match &self.live.module.funcs[canonical].def {
            // A size is there for what is live, and nothing else has one.
            FuncDef::Synth(synth) => {
                synth.id.and_then(|id| self.emitted.synth_sizes.get(&id).copied()).unwrap_or_default()
            }
            _ => 0,
        };
        Boundary {
            caller: self.path(caller),
            callee: callee.map(|callee| self.path(callee)),
            function: crossings::function_name(self.dfg, trampoline),
            lowering: if self.is_live(func) { self.lowering(id) } else { Lowering::Dead },
            target: self.emitted.funcs.live(canonical),
            adapter_bytes,
        }
    }

    fn fusion(&self) -> Fusion {
        let before = crossings::instances_with_code(self.dfg);
        Fusion {
            fused_crossings: crossings::crossing_count(self.dfg),
            kept_crossings: Some(0),
            instances_before: Some(before),
            instances_after: Some(before.min(1)),
        }
    }

    fn lowering(&self, id: TrampolineId) -> Lowering {
        match &self.plan.trampolines[&id] {
            TrampolinePlan::Dead => Lowering::Dead,
            TrampolinePlan::Direct(_) => Lowering::Direct,
            TrampolinePlan::Adapter(lift) => {
                let lift = &self.dfg.lifts[*lift];
                match self.dfg.trampolines[id] {
                    Trampoline::Lower { options, .. } => self.adapter(&self.dfg.types[lift.ty], options, lift.options),
                    _ => Lowering::Builtin,
                }
            }
            TrampolinePlan::Task => match self.dfg.trampolines[id] {
                Trampoline::Lower { func: ComponentFunc::Lift(lift), options } => {
                    let lift = &self.dfg.lifts[lift];
                    self.adapter(&self.dfg.types[lift.ty], options, lift.options)
                }
                _ => Lowering::Builtin,
            },
            TrampolinePlan::Traps(_) => Lowering::Trap,
            TrampolinePlan::Host(_) => Lowering::Host,
            TrampolinePlan::HostAdapter(_) => Lowering::HostAdapter,
            TrampolinePlan::Arena(_) if self.plan.passthrough.provided.is_none() => Lowering::HostAdapter,
            TrampolinePlan::Arena(_) | TrampolinePlan::Builtin | TrampolinePlan::Unsupported(_) => Lowering::Builtin,
        }
    }

    /// What an adapter for `ty` has to do.
    fn adapter(&self, ty: &FuncType, lower: OptionsId, lift: OptionsId) -> Lowering {
        if !ValueHandles::of_func(&self.dfg.types, ty).is_empty() {
            Lowering::Handles
        } else if !self.abi.needs_memory(ty) {
            Lowering::Scalar
        } else if !self.has_strings(ty) {
            Lowering::Copy
        } else if self.dfg.options[lower].encoding == self.dfg.options[lift].encoding {
            Lowering::CopyString
        } else {
            Lowering::Transcode
        }
    }

    /// Whether a value of `ty` may have a string in it, at any depth.
    fn has_strings(&self, ty: &FuncType) -> bool {
        let mut seen: IndexSet<TypeId> = IndexSet::new();
        let mut work: Vec<ValType> = ty.params.iter().map(|(_, ty)| *ty).chain(ty.result).collect();
        while let Some(ty) = work.pop() {
            if matches!(ty, ValType::Def(id) if !seen.insert(id)) {
                continue;
            }
            match self.dfg.types.shape(ty) {
                Shape::String => return true,
                shape => shape.for_each_child(|child, _| work.push(child)),
            }
        }
        false
    }

    fn memories(&self) -> Vec<MemoryReport> {
        let mut memories = Vec::new();
        for (id, scope) in self.instances() {
            let core = &self.dfg.core_instances[id];
            let module = &self.dfg.modules[core.module];
            let all = (0..).zip(module.memories.iter().zip(&scope.memories));
            for (index, (ty, memory)) in all.skip(module.imported.memories as usize) {
                let output = self.emitted.memories.live(*memory);
                memories.push(MemoryReport {
                    instance: core.path.clone(),
                    index,
                    initial: ty.initial,
                    maximum: ty.maximum,
                    output,
                    domain: output.and_then(|_| self.domain(*memory)),
                    own_module: output.is_some_and(|index| index < self.emitted.imported_memories),
                });
            }
        }
        memories
    }

    /// The domain of a memory, if there are domains.
    fn domain(&self, memory: MemoryId) -> Option<String> {
        let windows = self.live.module.windows.as_ref().filter(|windows| windows.domains.len() > 1)?;
        Some(windows.domains[windows.window(memory).ok()?.domain].clone())
    }

    fn sizes(&self, map: &[Area]) -> Vec<ComponentSizes> {
        let owner = |(id, _): (CoreInstanceId, &Scope)| {
            self.dfg.component_instances[self.dfg.core_instances[id].owner].path.as_str()
        };
        super::sizes::sizes(self.live, self.emitted, map, self.instances().map(owner))
    }

    fn warnings(&self) -> Vec<String> {
        let packed = self.plan.memory.shared().filter(|shared| shared.pack);
        let otherwise = packed.map(|shared| match shared.isolate {
            false => "one that does reads and writes another's",
            true => "one that does traps, where the input does not",
        });
        let warning = |otherwise| {
            format!(
                "windows end at `__heap_base`, on the assumption that no component accesses its memory from there on; \
                 nothing proves that, and {otherwise}"
            )
        };
        otherwise.map(warning).into_iter().collect()
    }

    fn memory_choice(&self, memories: &[MemoryReport]) -> MemoryChoice {
        let live = memories.iter().filter(|memory| memory.output.is_some()).count();
        if let Some(layout) = &self.live.module.layout {
            let shared = self.plan.memory.shared();
            let domains = shared.map(|shared| &shared.domains);
            let mut reason = match domains.is_some_and(DomainsPlan::are_several) {
                false => format!("asked for; {live} memories are windows of it, and every access is rebased"),
                true => format!(
                    "asked for; {live} memories are windows of {}, one for each domain that has any, and every access is rebased",
                    layout.memories.iter().filter(|memory| memory.regions.iter().any(|region| !region.runtime)).count()
                ),
            };
            let zero = domains.filter(|domains| !domains.are_several());
            let zero = zero.and_then(|domains| domains.domains.values().find_map(|domain| domain.zero));
            if let Some((zero, shared)) = zero.zip(shared) {
                let path = &self.dfg.core_instances[zero.instance].path;
                let most = shared.pointers.get(&zero).copied().unwrap_or_default();
                reason.push_str(&match most {
                    0 => format!("; that of {path} is at address 0, being the first"),
                    n => {
                        format!("; that of {path} is at address 0, because most pointers, {n}, pass through it outside")
                    }
                });
            }
            if let Some(max) = self.live.module.windows.as_ref().and_then(|windows| windows.max_offset) {
                reason.push_str(&format!("; no static offset is larger than {max}"));
                reason.push_str(&match self.live.module.adders.len() {
                    0 => String::new(),
                    1 => ", 1 function adds what is more".to_owned(),
                    n => format!(", {n} functions add what is more"),
                });
            }
            if let Some(stack) = &self.live.module.stack {
                let (count, bytes) = (stack.freed.len(), stack.bytes + stack.below);
                reason.push_str(&match stack.checked_frames() {
                    0 => format!("; {count} of them share a stack of {bytes} bytes, which is proved to be enough"),
                    1 => format!("; {count} of them share a stack of {bytes} bytes, with checks in 1 function"),
                    n => format!("; {count} of them share a stack of {bytes} bytes, with checks in {n} functions"),
                });
                reason.push_str(&match stack.checked_accesses() {
                    0 => String::new(),
                    1 => "; addresses in it are checked in 1 function".to_owned(),
                    n => format!("; addresses in it are checked in {n} functions"),
                });
                reason.push_str(&match stack.asking() {
                    0 => String::new(),
                    1 => "; 1 export checks that there is room when the host calls it during an import".to_owned(),
                    n => format!("; {n} exports check that there is room when the host calls them during an import"),
                });
            }
            return MemoryChoice { mode: "shared", reason };
        }
        let reason = match live {
            0 => "no memory is used".to_string(),
            1 => "one memory is used".to_string(),
            _ => format!("{live} memories are used, and separate memories are sound for every input"),
        };
        MemoryChoice { mode: "multi", reason }
    }

    fn dropped_sections(&self) -> Vec<DroppedSection> {
        let no_debug: Vec<ScopeId> = self.emitted.debug_left_out.iter().map(|(scope, _)| *scope).collect();
        let left_out = custom::left_out(&self.live.module, &self.live.marks.funcs, self.live.strip, &no_debug);
        left_out.into_iter().map(|(name, reason)| DroppedSection { name, reason: reason.to_owned() }).collect()
    }

    fn dropped_debug(&self) -> Vec<DroppedDebug> {
        let dropped = |(scope, reason): &(ScopeId, String)| DroppedDebug {
            instance: self.live.module.scopes[*scope].path.clone(),
            reason: reason.clone(),
        };
        self.emitted.debug_left_out.iter().map(dropped).collect()
    }

    fn private_storage(&self) -> &'static str {
        match self.live.module.layout {
            Some(_) if self.plan.storage.storage == WordStorage::Memory => "region",
            _ => self.plan.storage.storage.name(),
        }
    }

    fn modules(&self) -> Vec<ModuleReport> {
        let mut instantiated = BTreeSet::new();
        let mut modules = Vec::new();
        for (id, scope) in self.instances() {
            let core = &self.dfg.core_instances[id];
            instantiated.insert(core.module);
            let module = &self.dfg.modules[core.module];
            let defined = &scope.funcs[module.imported.funcs as usize..];
            let live_functions = defined.iter().filter(|func| self.is_live(**func)).count();
            let fate = if live_functions > 0 || self.has_live_state(scope, id) { Fate::Merged } else { Fate::Dropped };
            modules.push(ModuleReport {
                instance: core.path.clone(),
                component: Some(self.path(core.owner)),
                fate,
                functions: defined.len(),
                live_functions,
            });
        }
        for (_, module) in self.dfg.modules.iter().filter(|(id, _)| !instantiated.contains(id)) {
            modules.push(ModuleReport {
                instance: module.name.clone(),
                component: None,
                fate: Fate::NotInstantiated,
                functions: module.bodies.len(),
                live_functions: 0,
            });
        }
        modules
    }

    /// Whether a memory, table, global or tag that the instance defines is in the output.
    fn has_live_state(&self, scope: &Scope, id: CoreInstanceId) -> bool {
        fn any<I: Id>(marks: &[bool], ids: &[I], imported: u32) -> bool {
            ids[imported as usize..].iter().any(|id| marks[id.index()])
        }
        let imported = self.dfg.modules[self.dfg.core_instances[id].module].imported;
        let marks = &self.live.marks;
        any(&marks.memories, &scope.memories, imported.memories)
            || any(&marks.tables, &scope.tables, imported.tables)
            || any(&marks.globals, &scope.globals, imported.globals)
            || any(&marks.tags, &scope.tags, imported.tags)
    }

    fn resource(&self, id: ResourceId) -> ResourceReport {
        let resource = &self.dfg.resources[id];
        let tables = &self.plan.handles;
        let holders: Vec<ComponentInstanceId> = tables.holders(id).collect();
        let tabled = |holder: &ComponentInstanceId| tables.space(*holder) == HandleSpace::Tabled;
        let (handles, reason) = match holders.as_slice() {
            [] => (Handles::Unused, "no instance could hold a handle"),
            holders if !holders.iter().any(tabled) => {
                (Handles::Host, "no other inner instance shares what its holder holds, so the host's table serves")
            }
            [_] => (Handles::Tabled, "its holder also holds resources that cannot be in the host's table"),
            _ => (Handles::Tabled, "several inner instances hold it, each with a handle space of its own"),
        };
        ResourceReport {
            name: resource.name.clone(),
            owner: match resource.def {
                ResourceDef::Defined { instance, .. } => Some(self.path(instance)),
                ResourceDef::Imported(_) => None,
            },
            holders: holders.iter().map(|holder| self.path(*holder)).collect(),
            handles,
            reason: reason.to_string(),
        }
    }

    fn path(&self, id: ComponentInstanceId) -> String {
        self.dfg.component_instances[id].path.clone()
    }
}
