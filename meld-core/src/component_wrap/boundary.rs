//! From the imports of the component to the imports of the fused module, and back for destructors.

use super::{Core, Wrapper, core_module::CoreItems, modules};
use crate::canonical::encoding;
use crate::core_interface::{CoreImport, CoreOptions};
use crate::emit::StorageModule;
use crate::error::WrapError;
use crate::ids::ResourceId;
use crate::synth::HostImport;
use crate::world::kind_of;
use indexmap::{IndexMap, IndexSet};
use wasm_encoder::{CanonicalOption, ComponentExportKind, ExportKind, ModuleArg, ValType};

/// The function of an entry of the shim's table.
enum Late<'a> {
    /// An import to be lowered with the fused module's memory or realloc.
    Lower(HostImport, &'a CoreImport),
    /// A destructor, by the name of its core export.
    Dtor(&'a str),
}

impl<'a> Wrapper<'a> {
    /// Everything from the shim to the fixup module.
    pub(super) fn core(&mut self, core: Core<'a>) -> Result<(), WrapError> {
        let interface = self.interface;
        let mut late: Vec<(Late<'a>, modules::CoreType)> = Vec::new();
        let mut late_imports = IndexMap::new();
        for (&id, import) in &interface.imports {
            if import.options.memory.is_some() || import.options.realloc.is_some() || import.table.is_some() {
                late_imports.insert(id, late.len());
                late.push((Late::Lower(id, import), (import.params.clone(), import.results.clone())));
            }
        }
        let mut dtors = IndexMap::new();
        for (resource, name) in &interface.dtors {
            dtors.insert(*resource, late.len());
            late.push((Late::Dtor(name), (vec![ValType::I32], Vec::new())));
        }
        let names: Vec<String> = (0..late.len()).map(|entry| entry.to_string()).collect();
        let types: Vec<modules::CoreType> = late.iter().map(|(_, ty)| ty.clone()).collect();

        let builder = self.encoder.component();
        let mut shim = None;
        if !late.is_empty() {
            let module = builder.core_module(Some("shim"), &modules::shim(&types));
            shim = Some(CoreItems::new(builder.core_instantiate(Some("shim"), module, [])));
        }
        let mut entry = |wrapper: &mut Self, index: usize| match &mut shim {
            Some(shim) => shim.get(wrapper.encoder.component(), ExportKind::Func, &names[index]),
            None => unreachable!("an entry exists only if the shim does"),
        };

        // A resource type may be used by built-ins only, and never be exported.
        let exported = self.exported_resources()?;
        let mut resources: IndexSet<ResourceId> = exported.iter().map(|(_, resource)| *resource).collect();
        for (&id, import) in &interface.imports {
            if let (Some(resource), None) = (builtin_resource(id), &import.path) {
                resources.insert(resource);
            }
        }
        resources.extend(self.builtin_resources());
        for resource in resources {
            let dtor = dtors.get(&resource).map(|index| entry(self, *index));
            let name = &self.dfg.resources[resource].name;
            let index = self.encoder.component().type_resource(Some(name), ValType::I32, dtor);
            self.resources.insert(resource, index);
        }
        for (id, resource) in exported {
            self.encoder.name_type(id, self.resources[&resource]);
        }

        let mut arguments: IndexMap<&str, Vec<(&str, ExportKind, u32)>> = IndexMap::new();
        for (&id, import) in &interface.imports {
            let func = match late_imports.get(&id) {
                Some(index) => entry(self, *index),
                None => self.host_import(id, import)?,
            };
            arguments.entry(&import.module).or_default().push((&import.field, ExportKind::Func, func));
        }
        let builder = self.encoder.component();
        let mut arguments: Vec<(&str, ModuleArg)> = arguments
            .into_iter()
            .map(|(module, items)| {
                let instance = builder.core_instantiate_exports(Some(module), items);
                (module, ModuleArg::Instance(instance))
            })
            .collect();
        // Equal ones are one module, with an instance each.
        let mut modules: IndexMap<&[u8], u32> = IndexMap::new();
        for StorageModule { name, bytes } in core.storages {
            let module = *modules.entry(bytes).or_insert_with(|| builder.core_module_raw(Some(name), bytes));
            arguments.push((name, ModuleArg::Instance(builder.core_instantiate(Some(name), module, []))));
        }
        let module = builder.core_module_raw(Some("fused"), core.bytes);
        let instance = builder.core_instantiate(Some("fused"), module, arguments);
        self.fused = Some(CoreItems::new(instance));

        if late.is_empty() && interface.init.is_none() {
            return Ok(());
        }
        let mut items = Vec::with_capacity(late.len() + 2);
        for ((late, _), name) in late.iter().zip(&names) {
            let func = match late {
                Late::Lower(id, import) => self.host_import(*id, import)?,
                Late::Dtor(name) => self.fused_item(ExportKind::Func, name),
            };
            items.push((name.as_str(), ExportKind::Func, func));
        }
        if let Some(shim) = &mut shim {
            let table = shim.get(self.encoder.component(), ExportKind::Table, modules::TABLE);
            items.push((modules::TABLE, ExportKind::Table, table));
        }
        if let Some(init) = &interface.init {
            items.push((modules::INIT, ExportKind::Func, self.fused_item(ExportKind::Func, init)));
        }
        let builder = self.encoder.component();
        let module = builder.core_module(Some("fixup"), &modules::fixup(&types, interface.init.is_some()));
        let items = builder.core_instantiate_exports(None, items);
        builder.core_instantiate(Some("fixup"), module, [("", ModuleArg::Instance(items))]);
        Ok(())
    }

    /// The core function that the fused module imports: a lowered function or a resource built-in.
    fn host_import(&mut self, id: HostImport, import: &'a CoreImport) -> Result<u32, WrapError> {
        if let Some(builtin) = self.builtin(id, import)? {
            return Ok(builtin);
        }
        if let HostImport::Lower(..) = id {
            let path = import.path.as_ref().ok_or_else(|| WrapError::NoPath { field: import.field.clone() })?;
            let (func, ty) = self.imported(path)?;
            if kind_of(&ty) != ComponentExportKind::Func {
                return Err(WrapError::no_import(path));
            }
            let options = self.options(&import.options);
            return Ok(self.encoder.component().lower_func(Some(&import.field), func, options));
        }
        let ty = match &import.path {
            Some(path) => self.imported(path)?.0,
            None => {
                let resource = builtin_resource(id);
                let known = resource.and_then(|resource| self.resources.get(&resource));
                *known.ok_or_else(|| WrapError::NoPath { field: import.field.clone() })?
            }
        };
        let builder = self.encoder.component();
        Ok(match id {
            HostImport::ResourceDrop(_) => builder.resource_drop(ty),
            HostImport::ResourceNew(_) => builder.resource_new(ty),
            HostImport::ResourceRep(_) => builder.resource_rep(ty),
            HostImport::Lower(..)
            | HostImport::Builtin(_)
            | HostImport::ContextGet(..)
            | HostImport::ContextSet(..)
            | HostImport::BackpressureInc
            | HostImport::BackpressureDec
            | HostImport::Waker(_) => unreachable!("returned above"),
        })
    }

    /// Canonical options in terms of the fused module's exports.
    pub(super) fn options(&mut self, options: &'a CoreOptions) -> Vec<CanonicalOption> {
        let mut list = Vec::new();
        // Without a memory there is nothing to be encoded. But the host compares the options of `task.return` with those of the function.
        if options.memory.is_some() || options.is_async {
            list.push(encoding(options.encoding));
        }
        if let Some(memory) = &options.memory {
            list.push(CanonicalOption::Memory(self.fused_item(ExportKind::Memory, memory)));
        }
        if let Some(realloc) = &options.realloc {
            list.push(CanonicalOption::Realloc(self.fused_item(ExportKind::Func, realloc)));
        }
        if let Some(post_return) = &options.post_return {
            list.push(CanonicalOption::PostReturn(self.fused_item(ExportKind::Func, post_return)));
        }
        if options.is_async {
            list.push(CanonicalOption::Async);
        }
        if let Some(callback) = &options.callback {
            list.push(CanonicalOption::Callback(self.fused_item(ExportKind::Func, callback)));
        }
        list
    }

    /// The index of an export of the fused module.
    pub(super) fn fused_item(&mut self, kind: ExportKind, name: &'a str) -> u32 {
        let fused = self.fused.as_mut().expect("only what is lowered late or lifted names exports of the fused module");
        fused.get(self.encoder.component(), kind, name)
    }
}

/// The resource of a resource built-in.
fn builtin_resource(import: HostImport) -> Option<ResourceId> {
    match import {
        HostImport::ResourceDrop(id) | HostImport::ResourceNew(id) | HostImport::ResourceRep(id) => Some(id),
        HostImport::Lower(..)
        | HostImport::Builtin(_)
        | HostImport::ContextGet(..)
        | HostImport::ContextSet(..)
        | HostImport::BackpressureInc
        | HostImport::BackpressureDec
        | HostImport::Waker(_) => None,
    }
}
