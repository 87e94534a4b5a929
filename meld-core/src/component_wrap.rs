//! A component around the fused core module.
//!
//! In: the root's [`World`](crate::dfg::World), its exports, the [`CoreInterface`] and the core module's bytes. Out: a component
//! with exactly the world of the input: every import, used or not, every export, same names, types
//! and annotations. Knows nothing of how the core module came about.
//!
//! The order of definitions, none of which can come earlier:
//! 1. imports, as declared by the input;
//! 2. the *shim* module: a table, and a function per entry that calls through it. It takes the place of what the
//!    fused module has to be given before it exists: imports that are lowered with its own memory or
//!    realloc, and destructors (a resource type precedes its built-ins, which the fused module imports);
//! 3. resource types, then canonical built-ins that need nothing of the fused module;
//! 4. modules that define memories and tables of the fused module, if there are any, and the fused module;
//! 5. the remaining imports, lowered with its memories and reallocs;
//! 6. the *fixup* module: fills the table, then runs the fused module's `init`. Start functions of the
//!    input run there and not in the start section of the fused module where they may call the functions behind the table;
//! 7. lifted functions and exports ([`exports`]).
//!
//! `Explainer.md`, "Canonical Definitions"; `Binary.md`. Rejected: all memories in modules of their own, which
//! would make the shim unnecessary for imports without realloc.

mod assemble;
mod boundary;
mod builtins;
mod core_module;
mod exports;
mod limits;
mod modules;

use crate::clusters::SeamSpace;
use crate::core_interface::{CoreExport, CoreInterface};
use crate::dfg::{ComponentDfg, Export, ImportPath, ResourceDef};
use crate::emit::StorageModule;
use crate::error::WrapError;
use crate::ids::{ExportedInstanceId, ResourceId};
use crate::maps::{Map, Set};
use crate::value_types::ValueTypes;
use crate::world::{TypeEncoder, kind_of, resource_of, validate_types};
use core_module::CoreItems;
use indexmap::IndexMap;
use wasmparser::component_types::{ComponentAnyTypeId, ComponentEntityType, ComponentInstanceTypeId, ComponentItem};

pub(crate) use assemble::{Part, assemble};
pub(crate) use limits::nested;

/// What is wrapped.
#[derive(Debug, Clone, Copy)]
pub struct Core<'a> {
    /// How to call the fused module.
    pub interface: &'a CoreInterface,
    /// The fused module, which is valid.
    pub bytes: &'a [u8],
    /// What it imports besides functions.
    pub storages: &'a [StorageModule],
}

/// Wraps `core` into a component with the world of `dfg`. The result is validated.
///
/// `provided` is the position of an import that `core` has inside: a function, which the result does not import.
pub fn wrap(dfg: &ComponentDfg<'_>, core: Core<'_>, provided: Option<usize>) -> Result<Vec<u8>, WrapError> {
    let mut wrapper = Wrapper::new(dfg, core.interface, provided);
    wrapper.imports()?;
    wrapper.core(core)?;
    wrapper.finish()
}

/// A wrapper component in the making.
struct Wrapper<'a> {
    dfg: &'a ComponentDfg<'a>,
    interface: &'a CoreInterface,
    encoder: TypeEncoder<'a>,
    /// The position of an import of the world that is not imported.
    provided: Option<usize>,
    /// Index of each import of the world by its position, in the index space of its kind.
    imports: IndexMap<usize, u32>,
    /// Type index of each resource that the wrapper defines.
    resources: IndexMap<ResourceId, u32>,
    /// Types of built-ins that have been written out.
    written: ValueTypes<'a>,
    /// Type index of the stream that wakes tasks.
    waker_stream: Option<u32>,
    /// The instance of the fused module, once it exists.
    fused: Option<CoreItems<'a>>,
    /// Exported functions by their paths.
    functions: Map<&'a [String], &'a CoreExport>,
    /// Instances that have been made to be exported: one that is exported under several names is made once.
    instances: Map<ExportedInstanceId, u32>,
    /// Where the functions of clusters are, if there is no fused module but clusters.
    clusters: Option<SeamSpace<'a>>,
    /// How many nested components and core modules in them there are, at any depth.
    nested: u32,
    /// Those among them that have no types, at any depth.
    plain: Set<ExportedInstanceId>,
}

impl<'a> Wrapper<'a> {
    fn new(dfg: &'a ComponentDfg<'a>, interface: &'a CoreInterface, provided: Option<usize>) -> Self {
        Wrapper {
            dfg,
            interface,
            encoder: TypeEncoder::within(dfg.world.types.as_ref(), &dfg.limits),
            provided,
            imports: IndexMap::new(),
            resources: IndexMap::new(),
            written: ValueTypes::new(&dfg.types),
            waker_stream: None,
            fused: None,
            functions: interface.exports.iter().map(|export| (export.path.as_slice(), export)).collect(),
            instances: Map::default(),
            clusters: None,
            nested: 0,
            plain: Set::default(),
        }
    }

    /// Writes the exports, and gives back the component. It is validated.
    fn finish(mut self) -> Result<Vec<u8>, WrapError> {
        self.exports()?;
        limits::check(self.encoder.component(), self.nested)?;
        self.encoder.component().append_names();
        let bytes = self.encoder.finish().finish();
        // Core modules have been validated when they were emitted, or are the input's.
        validate_types(&bytes).map_err(|error| WrapError::Invalid(error.into()))?;
        Ok(bytes)
    }

    fn imports(&mut self) -> Result<(), WrapError> {
        for (position, item) in self.dfg.world.imports.iter().enumerate() {
            if self.provided == Some(position) {
                continue;
            }
            let name = item.extern_name();
            let index = self
                .encoder
                .import(name, &item.ty)
                .map_err(|source| WrapError::ty(std::slice::from_ref(&item.name), source))?;
            self.imports.insert(position, index);
        }
        Ok(())
    }

    /// The index and type of something that the root imports.
    fn imported(&mut self, path: &ImportPath) -> Result<(u32, ComponentEntityType), WrapError> {
        let found = self.dfg.world.imports.get(path.import).zip(self.imports.get(&path.import));
        let (item, &index) = found.ok_or_else(|| WrapError::no_import(path))?;
        let (mut index, mut ty) = (index, item.ty);
        for name in &path.exports {
            let inner = match ty {
                ComponentEntityType::Instance(id) => self.encoder.data(id).exports.get(name),
                _ => None,
            };
            ty = inner.ok_or_else(|| WrapError::no_import(path))?.ty;
            index = self.encoder.component().alias_export(index, name, kind_of(&ty));
        }
        Ok((index, ty))
    }

    /// Defined resources of the root's exports, and the validator's ids for them.
    fn exported_resources(&self) -> Result<Vec<(ComponentAnyTypeId, ResourceId)>, WrapError> {
        let (mut seen, mut found) = (Set::default(), Vec::new());
        for item in &self.dfg.world.exports {
            let path = [item.name.clone()];
            let export = self.dfg.exports.get(&item.name).ok_or_else(|| WrapError::missing(&path))?;
            self.resources_in(export, &item.ty, &path, &mut seen, &mut found)?;
        }
        Ok(found)
    }

    fn resources_in(
        &self,
        export: &Export,
        ty: &ComponentEntityType,
        path: &[String],
        seen: &mut Set<ExportedInstanceId>,
        found: &mut Vec<(ComponentAnyTypeId, ResourceId)>,
    ) -> Result<(), WrapError> {
        match (*ty, export) {
            (ComponentEntityType::Type { referenced, .. }, Export::Type(resource)) => {
                if resource_of(referenced).is_none() {
                    return Ok(());
                }
                let resource = resource.ok_or_else(|| WrapError::mismatch(path))?;
                if let ResourceDef::Defined { .. } = self.dfg.resources[resource].def {
                    found.push((referenced, resource));
                }
            }
            (ComponentEntityType::Instance(id), Export::Instance(instance)) if seen.insert(*instance) => {
                let exports = &self.dfg.exported_instances[*instance];
                for (name, item) in self.items(id) {
                    let path = inner_path(path, name);
                    let export = exports.get(name).ok_or_else(|| WrapError::missing(&path))?;
                    self.resources_in(export, &item.ty, &path, seen, found)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn items(&self, id: ComponentInstanceTypeId) -> impl Iterator<Item = (&'a String, &'a ComponentItem)> + use<'a> {
        self.encoder.data(id).exports.iter()
    }
}

fn inner_path(path: &[String], name: &str) -> Vec<String> {
    path.iter().cloned().chain([name.to_owned()]).collect()
}
