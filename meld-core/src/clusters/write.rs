//! A unit as a component.
//!
//! In: the dfg and a [`ClusterUnit`]. Out: the bytes of a component that has the imports and exports of the unit's [`Seam`], and in it the unit's
//! core modules as they are in the input, instantiated in the same order, with the same canonical definitions. So it behaves as the component
//! instance of the input does (`Binary.md`, "Canonical Definitions").
//!
//! Everything that a definition needs precedes it. The input has an order, so there is one; it is found again from the definitions.

use super::seam::{Seam, SeamExports, func_name};
use super::space::SeamSpace;
use super::unit::{ClusterUnit, Units};
use crate::abi::types::{TypeDef, ValType as ComponentType};
use crate::canonical;
use crate::dfg::{
    CanonOptions, ComponentDfg, ComponentFunc, CoreDef, CoreItem, CoreKind, HostBuiltin, HostBuiltinKind, ResourceDef,
    Trampoline,
};
use crate::error::ClusterError;
use crate::ids::{ComponentInstanceId, CoreInstanceId, LiftId, ModuleId, OptionsId, ResourceId, TrampolineId};
use crate::maps::{Map, Set};
use crate::value_types::for_each_defined;
use indexmap::IndexMap;
use wasm_encoder::{CanonicalOption, ComponentBuilder, ComponentExportKind, ExportKind, ModuleArg, ValType};
use wasmparser::TypeRef;

/// Writes a unit.
///
/// # Errors
///
/// [`ClusterError::Inexpressible`] if the unit has a built-in that is not understood.
pub(super) fn unit(
    dfg: &ComponentDfg<'_>,
    units: &Units,
    unit: &ClusterUnit,
    seam: &Seam,
) -> Result<Vec<u8>, ClusterError> {
    let item = dfg.component_instances[unit.instance].path.clone();
    let mut writer = UnitWriter {
        dfg,
        instance: unit.instance,
        space: SeamSpace::new(dfg, item),
        builder: ComponentBuilder::default(),
        modules: Map::default(),
        exports: Map::default(),
        core: Map::default(),
        aliases: Map::default(),
        trampolines: Map::default(),
    };
    writer.space.import(dfg, &seam.imports, &mut writer.builder)?;
    for definition in writer.order(units, unit, &seam.exports) {
        writer.define(definition)?;
    }
    writer.space.export_types(&seam.exports, &mut writer.builder)?;
    for &lift in &seam.exports.lifts {
        let index = writer.lift(lift)?;
        let name = func_name(ComponentFunc::Lift(lift));
        writer.builder.export(name.as_str(), ComponentExportKind::Func, index, None);
    }
    writer.builder.append_names();
    Ok(writer.builder.finish())
}

/// A definition of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Definition {
    Core(CoreInstanceId),
    Trampoline(TrampolineId),
    Resource(ResourceId),
    /// A function that the unit lifts and lowers itself.
    Lift(LiftId),
}

struct UnitWriter<'a, 'd> {
    dfg: &'a ComponentDfg<'d>,
    instance: ComponentInstanceId,
    space: SeamSpace<'a>,
    builder: ComponentBuilder,
    /// Indices of core modules.
    modules: Map<ModuleId, u32>,
    /// An export name of each item of a module.
    exports: Map<ModuleId, Map<(CoreKind, u32), &'d str>>,
    /// Indices of core instances.
    core: Map<CoreInstanceId, u32>,
    /// Indices of items, each in the index space of its kind.
    aliases: Map<CoreItem, u32>,
    /// Indices of core functions.
    trampolines: Map<TrampolineId, u32>,
}

impl<'d> UnitWriter<'_, 'd> {
    /// All definitions but the exported functions, each after those that it needs.
    fn order(&self, units: &Units, unit: &ClusterUnit, exports: &SeamExports) -> Vec<Definition> {
        // Resources of others are imported.
        let own = |definition: &Definition| match *definition {
            Definition::Resource(resource) => self.owns(resource),
            _ => true,
        };
        let mut roots: Vec<Definition> = unit.core.iter().map(|core| Definition::Core(*core)).collect();
        roots.extend(unit.mentions.iter().copied().map(Definition::Resource));
        for &lift in &exports.lifts {
            self.needs_of_lift(lift, &mut roots);
        }
        roots.retain(own);
        let (mut order, mut seen) = (Vec::new(), Set::default());
        // `true`: what it needs is there.
        let mut work: Vec<(Definition, bool)> = roots.into_iter().rev().map(|root| (root, false)).collect();
        let mut needs = Vec::new();
        while let Some((definition, done)) = work.pop() {
            if done {
                order.push(definition);
                continue;
            }
            if !seen.insert(definition) {
                continue;
            }
            work.push((definition, true));
            self.needs(units, definition, &mut needs);
            work.extend(needs.drain(..).filter(own).rev().map(|need| (need, false)));
        }
        order
    }

    fn owns(&self, resource: ResourceId) -> bool {
        match self.dfg.resources[resource].def {
            ResourceDef::Defined { instance, .. } => instance == self.instance,
            ResourceDef::Imported(_) => false,
        }
    }

    /// What a definition mentions. Among them may be resources of others.
    fn needs(&self, units: &Units, definition: Definition, needs: &mut Vec<Definition>) {
        match definition {
            Definition::Core(core) => needs.extend(self.dfg.core_instances[core].args.iter().map(|def| need(*def))),
            Definition::Resource(resource) => {
                if let ResourceDef::Defined { dtor, .. } = self.dfg.resources[resource].def {
                    needs.extend(dtor.map(need));
                }
            }
            Definition::Lift(lift) => self.needs_of_lift(lift, needs),
            Definition::Trampoline(id) => match self.dfg.trampolines[id] {
                Trampoline::Lower { func, options } => {
                    self.needs_of_options(options, needs);
                    if let ComponentFunc::Lift(lift) = func
                        && let Some(callee) = units.lifting(self.dfg, lift)
                        && units.units[callee].instance == self.instance
                    {
                        needs.push(Definition::Lift(lift));
                    }
                }
                Trampoline::Host(builtin) => {
                    builtin.options.into_iter().for_each(|options| self.needs_of_options(options, needs));
                    needs.extend(builtin.start.map(|start| Definition::Core(start.table.instance)));
                    self.needs_of_types(builtin.ty, needs);
                }
                Trampoline::ResourceNew { resource, .. }
                | Trampoline::ResourceRep { resource, .. }
                | Trampoline::ResourceDrop { resource, .. } => needs.push(Definition::Resource(resource)),
                _ => {}
            },
        }
    }

    fn needs_of_lift(&self, id: LiftId, needs: &mut Vec<Definition>) {
        let lift = &self.dfg.lifts[id];
        needs.push(need(lift.func));
        self.needs_of_options(lift.options, needs);
        self.needs_of_types(super::unit::parts(&self.dfg.types[lift.ty]), needs);
    }

    fn needs_of_options(&self, id: OptionsId, needs: &mut Vec<Definition>) {
        let options = &self.dfg.options[id];
        needs.extend(options.memory.map(|memory| Definition::Core(memory.instance)));
        needs.extend(options.functions().map(need));
    }

    fn needs_of_types(&self, types: impl IntoIterator<Item = ComponentType>, needs: &mut Vec<Definition>) {
        for_each_defined(&self.dfg.types, types, |id| {
            if let TypeDef::Own(resource) | TypeDef::Borrow(resource) = self.dfg.types[id] {
                needs.push(Definition::Resource(resource));
            }
        });
    }

    fn define(&mut self, definition: Definition) -> Result<(), ClusterError> {
        match definition {
            Definition::Core(id) => {
                let index = self.core_instance(id)?;
                self.core.insert(id, index);
            }
            Definition::Trampoline(id) => {
                let index = self.trampoline(id)?;
                self.trampolines.insert(id, index);
            }
            Definition::Resource(id) => {
                let dtor = match self.dfg.resources[id].def {
                    ResourceDef::Defined { dtor, .. } if self.owns(id) => {
                        dtor.map(|def| self.core_def(def)).transpose()?
                    }
                    _ => return Err(self.space.missing(id.to_string())),
                };
                let name = &self.dfg.resources[id].name;
                let index = self.builder.type_resource(Some(name), ValType::I32, dtor);
                self.space.resources.insert(id, index);
            }
            Definition::Lift(id) => {
                let index = self.lift(id)?;
                self.space.funcs.insert(ComponentFunc::Lift(id), index);
            }
        }
        Ok(())
    }

    fn core_instance(&mut self, id: CoreInstanceId) -> Result<u32, ClusterError> {
        let dfg = self.dfg;
        let core = &dfg.core_instances[id];
        let module = &dfg.modules[core.module];
        // Two imports of one name have one definition.
        let mut arguments: IndexMap<&str, IndexMap<&str, (ExportKind, u32)>> = IndexMap::new();
        for (import, def) in module.imports.iter().zip(&core.args) {
            let kind = match import.ty {
                TypeRef::Func(_) | TypeRef::FuncExact(_) => ExportKind::Func,
                TypeRef::Table(_) => ExportKind::Table,
                TypeRef::Memory(_) => ExportKind::Memory,
                TypeRef::Global(_) => ExportKind::Global,
                TypeRef::Tag(_) => ExportKind::Tag,
            };
            let index = self.core_def(*def)?;
            arguments.entry(import.module).or_default().insert(import.name, (kind, index));
        }
        let mut instances = Vec::with_capacity(arguments.len());
        for (name, items) in arguments {
            let items: Vec<_> = items.into_iter().map(|(name, (kind, index))| (name, kind, index)).collect();
            instances.push((name, ModuleArg::Instance(self.builder.core_instantiate_exports(None, items))));
        }
        let index = match self.modules.get(&core.module) {
            Some(index) => *index,
            None => {
                let index = self.builder.core_module_raw(Some(&module.name), module.bytes);
                self.modules.insert(core.module, index);
                index
            }
        };
        Ok(self.builder.core_instantiate(Some(self.local_name(&core.path)), index, instances))
    }

    /// The name of a core instance in its component instance.
    fn local_name<'p>(&self, path: &'p str) -> &'p str {
        let owner = &self.dfg.component_instances[self.instance].path;
        match path.strip_prefix(owner.as_str()) {
            Some(name) if !owner.is_empty() => name.strip_prefix('/').unwrap_or(path),
            _ => path,
        }
    }

    /// The index of a definition in the index space of its kind.
    fn core_def(&mut self, def: CoreDef) -> Result<u32, ClusterError> {
        match def {
            CoreDef::Item(item) => self.core_item(item),
            CoreDef::Trampoline(id) => {
                self.trampolines.get(&id).copied().ok_or_else(|| self.space.missing(id.to_string()))
            }
        }
    }

    fn core_item(&mut self, item: CoreItem) -> Result<u32, ClusterError> {
        if let Some(&known) = self.aliases.get(&item) {
            return Ok(known);
        }
        let dfg = self.dfg;
        let module = dfg.core_instances[item.instance].module;
        let names = self.exports.entry(module).or_insert_with(|| {
            let mut names: Map<(CoreKind, u32), &'d str> = Map::default();
            for (&name, export) in &dfg.modules[module].exports {
                // The least of several names, so that the order of the map is of no account.
                let known = names.entry((export.kind, export.index)).or_insert(name);
                *known = name.min(known);
            }
            names
        });
        let found = names.get(&(item.kind, item.index)).copied().zip(self.core.get(&item.instance).copied());
        let Some((name, instance)) = found else {
            return Err(self.space.missing(format!("{} of {}", item.index, item.instance)));
        };
        let kind = match item.kind {
            CoreKind::Func => ExportKind::Func,
            CoreKind::Table => ExportKind::Table,
            CoreKind::Memory => ExportKind::Memory,
            CoreKind::Global => ExportKind::Global,
            CoreKind::Tag => ExportKind::Tag,
        };
        let index = self.builder.core_alias_export(Some(name), instance, name, kind);
        self.aliases.insert(item, index);
        Ok(index)
    }

    fn trampoline(&mut self, id: TrampolineId) -> Result<u32, ClusterError> {
        let dfg = self.dfg;
        Ok(match &dfg.trampolines[id] {
            Trampoline::Lower { func, options } => {
                let options = self.options(*options)?;
                let index = self.space.func(*func)?;
                self.builder.lower_func(None, index, options)
            }
            Trampoline::ResourceNew { resource, .. } => {
                let index = self.space.resource(*resource)?;
                self.builder.resource_new(index)
            }
            Trampoline::ResourceRep { resource, .. } => {
                let index = self.space.resource(*resource)?;
                self.builder.resource_rep(index)
            }
            Trampoline::ResourceDrop { resource, .. } => {
                let index = self.space.resource(*resource)?;
                self.builder.resource_drop(index)
            }
            Trampoline::ContextGet { slot, width, .. } => self.builder.context_get(width.core_type(), *slot),
            Trampoline::ContextSet { slot, width, .. } => self.builder.context_set(width.core_type(), *slot),
            Trampoline::BackpressureInc { .. } => self.builder.backpressure_inc(),
            Trampoline::BackpressureDec { .. } => self.builder.backpressure_dec(),
            Trampoline::Host(builtin) => self.host_builtin(id, builtin)?,
            Trampoline::Unsupported { name, .. } => {
                let path = &dfg.component_instances[self.instance].path;
                return Err(ClusterError::inexpressible(format!("`{path}` uses the built-in `{name}`")));
            }
        })
    }

    fn host_builtin(&mut self, id: TrampolineId, builtin: &HostBuiltin) -> Result<u32, ClusterError> {
        let ty = match builtin.ty {
            None => None,
            Some(ty) => {
                let written = self.space.types.value(ty, &self.space.resources, &mut self.builder);
                Some(written.map_err(|resource| self.space.missing(resource.to_string()))?)
            }
        };
        if let Some(start) = builtin.start {
            let table = self.core_item(start.table)?;
            return Ok(canonical::thread_new_indirect(&mut self.builder, start.closure, table));
        }
        use HostBuiltinKind as Kind;
        let (mut options, mut memory) = (Vec::new(), None);
        match (builtin.kind, builtin.options) {
            (Kind::WaitableSetWait | Kind::WaitableSetPoll, Some(of)) => {
                memory = self.dfg.options[of].memory.map(|item| self.core_item(item)).transpose()?;
            }
            (_, Some(of)) => options = self.options(of)?,
            (_, None) => {}
        }
        let written = canonical::host_builtin(&mut self.builder, builtin.kind, ty, options, memory);
        written.ok_or_else(|| self.space.missing(id.to_string()))
    }

    fn lift(&mut self, id: LiftId) -> Result<u32, ClusterError> {
        let lift = &self.dfg.lifts[id];
        let func = self.core_def(lift.func)?;
        let options = self.options(lift.options)?;
        let ty = self.space.func_type(lift.ty, &mut self.builder)?;
        Ok(self.builder.lift_func(None, func, ty, options))
    }

    fn options(&mut self, id: OptionsId) -> Result<Vec<CanonicalOption>, ClusterError> {
        let CanonOptions { encoding, memory, realloc, post_return, is_async, callback, .. } = self.dfg.options[id];
        let mut options = vec![canonical::encoding(encoding)];
        if let Some(memory) = memory {
            options.push(CanonicalOption::Memory(self.core_item(memory)?));
        }
        if let Some(realloc) = realloc {
            options.push(CanonicalOption::Realloc(self.core_def(realloc)?));
        }
        if let Some(post_return) = post_return {
            options.push(CanonicalOption::PostReturn(self.core_def(post_return)?));
        }
        if is_async {
            options.push(CanonicalOption::Async);
        }
        if let Some(callback) = callback {
            options.push(CanonicalOption::Callback(self.core_def(callback)?));
        }
        Ok(options)
    }
}

fn need(def: CoreDef) -> Definition {
    match def {
        CoreDef::Item(item) => Definition::Core(item.instance),
        CoreDef::Trampoline(id) => Definition::Trampoline(id),
    }
}
