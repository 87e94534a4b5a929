//! Core instances: every import followed to its definition.
//!
//! In: instantiations of core modules. Out: [`CoreInstance`]s whose arguments are definitions, and
//! [`CoreItem`]s that are never imports. An export of a module that is one of its imports means the
//! argument, from any giver; so a memory that five modules hand on is one memory.

use super::frame::{CoreInstanceDef, ModuleDef, at};
use super::{Activation, Fault, Inliner, missing};
use crate::dfg::{CoreDef, CoreInstance, CoreItem, CoreKind, Effect};
use crate::ids::{CoreInstanceId, ModuleId};
use crate::maps::Map;
use crate::parse::{CoreModule, core_kind};
use std::rc::Rc;
use wasmparser::TypeRef;

/// For each index space, the positions of its imports in the import section.
#[derive(Default)]
pub(super) struct ImportPositions {
    funcs: Vec<usize>,
    tables: Vec<usize>,
    memories: Vec<usize>,
    globals: Vec<usize>,
    tags: Vec<usize>,
}

impl ImportPositions {
    fn of(module: &CoreModule<'_>) -> Self {
        let mut positions = Self::default();
        for (position, import) in module.imports.iter().enumerate() {
            let space = match import_kind(&import.ty) {
                CoreKind::Func => &mut positions.funcs,
                CoreKind::Table => &mut positions.tables,
                CoreKind::Memory => &mut positions.memories,
                CoreKind::Global => &mut positions.globals,
                CoreKind::Tag => &mut positions.tags,
            };
            space.push(position);
        }
        positions
    }

    /// The position of the import that is `index` of `kind`; `None` if the module defines it.
    fn get(&self, kind: CoreKind, index: u32) -> Option<usize> {
        let space = match kind {
            CoreKind::Func => &self.funcs,
            CoreKind::Table => &self.tables,
            CoreKind::Memory => &self.memories,
            CoreKind::Global => &self.globals,
            CoreKind::Tag => &self.tags,
        };
        space.get(index as usize).copied()
    }
}

fn import_kind(ty: &TypeRef) -> CoreKind {
    match ty {
        TypeRef::Func(_) | TypeRef::FuncExact(_) => CoreKind::Func,
        TypeRef::Table(_) => CoreKind::Table,
        TypeRef::Memory(_) => CoreKind::Memory,
        TypeRef::Global(_) => CoreKind::Global,
        TypeRef::Tag(_) => CoreKind::Tag,
    }
}

impl<'p, 'a> Inliner<'p, 'a> {
    /// Instantiates a core module, or makes a bag of core exports.
    pub(super) fn core_instance(
        &mut self,
        top: &Activation<'p, 'a>,
        instance: &'p wasmparser::Instance<'a>,
    ) -> Result<(), Fault> {
        let def = match instance {
            wasmparser::Instance::FromExports(exports) => {
                self.define(exports.len())?;
                let mut defs = Map::default();
                for export in exports {
                    let kind = core_kind(export.kind);
                    defs.insert(export.name, (kind, self.frames[top.frame].get_core(kind, export.index)?));
                }
                CoreInstanceDef::Exports(Rc::new(defs))
            }
            wasmparser::Instance::Instantiate { module_index, args } => {
                let module = match at(&self.frames[top.frame].modules, *module_index, "core module")? {
                    ModuleDef::Static(module) => module,
                    ModuleDef::Import(path) => return Err(self.imported_code("core module", &path)),
                };
                let mut instances = Map::default();
                for arg in args {
                    let instance = at(&self.frames[top.frame].core_instances, arg.index, "core instance")?;
                    instances.insert(arg.name, instance);
                }
                CoreInstanceDef::Module(self.instantiate_module(top, module, &instances)?)
            }
        };
        self.frames[top.frame].core_instances.push(def);
        Ok(())
    }

    fn instantiate_module(
        &mut self,
        top: &Activation<'p, 'a>,
        module: ModuleId,
        instances: &Map<&'a str, CoreInstanceDef<'a>>,
    ) -> Result<CoreInstanceId, Fault> {
        self.count_instance()?;
        let count = self.dfg.modules[module].imports.len();
        self.define(count)?;
        let mut args = Vec::with_capacity(count);
        for import in &self.dfg.modules[module].imports {
            let instance =
                instances.get(import.module).ok_or_else(|| missing(format!("argument `{}`", import.module)))?;
            args.push(self.core_export(instance, import_kind(&import.ty), import.name)?);
        }
        let index = self.frames[top.frame].core_instances.len();
        let (path, numbered) = self.core_path(top, module, index)?;
        let owner = top.instance;
        let instance = self.dfg.core_instances.push(CoreInstance { module, args, owner, path, numbered });
        self.dfg.effects.push(Effect::Instantiate(instance));
        let positions = &self.dfg.modules[module];
        self.module_imports.entry(module).or_insert_with(|| ImportPositions::of(positions));
        Ok(instance)
    }

    /// The definition behind the export `name` of a core instance. It is an error if that is not of `kind`.
    pub(super) fn core_export(
        &self,
        instance: &CoreInstanceDef<'a>,
        kind: CoreKind,
        name: &str,
    ) -> Result<CoreDef, Fault> {
        let found = match instance {
            CoreInstanceDef::Exports(exports) => exports.get(name).copied(),
            CoreInstanceDef::Module(instance) => self.module_export(*instance, name),
        };
        match found {
            Some((found, def)) if found == kind => Ok(def),
            _ => Err(missing(format!("core {kind:?} `{name}`"))),
        }
    }

    fn module_export(&self, instance: CoreInstanceId, name: &str) -> Option<(CoreKind, CoreDef)> {
        let CoreInstance { module, args, .. } = &self.dfg.core_instances[instance];
        let export = self.dfg.modules[*module].exports.get(name)?;
        let positions = self.module_imports.get(module)?;
        // Arguments have been followed when the instance was made: one step is all the way.
        let def = match positions.get(export.kind, export.index) {
            Some(position) => *args.get(position)?,
            None => CoreDef::Item(CoreItem { instance, kind: export.kind, index: export.index }),
        };
        Some((export.kind, def))
    }
}
