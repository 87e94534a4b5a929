//! The [`CoreInterface`] of a live module.

use super::sections::Sections;
use super::{CoreExport, CoreImport, CoreInterface, CoreOptions};
use crate::dfg::ResourceDef;
use crate::ids::{Id, ResourceId};
use crate::plan::PlannedOptions;
use crate::synth::HostImport;

impl Sections<'_, '_> {
    /// How to call the module. Only what is live is listed.
    pub(crate) fn interface(&self, init: Option<&str>) -> CoreInterface {
        let module = &self.live.module;
        let dfg = module.dfg;
        let mut interface = CoreInterface { types: dfg.types.clone(), ..CoreInterface::default() };
        for (&import, &func) in &module.host_imports {
            let Some(planned) = module.interface.imports.get(&import) else { continue };
            if !self.live.marks.funcs[func.index()] {
                continue;
            }
            let resource_path = |resource: ResourceId| match &dfg.resources[resource].def {
                ResourceDef::Imported(path) => Some(path.clone()),
                ResourceDef::Defined { .. } => None,
            };
            let (path, ty) = match import {
                HostImport::Lower(id, _) => {
                    let func = &dfg.import_funcs[id];
                    (Some(func.path.clone()), Some(func.ty))
                }
                HostImport::ResourceDrop(id) | HostImport::ResourceNew(id) | HostImport::ResourceRep(id) => {
                    (resource_path(id), None)
                }
            };
            interface.imports.push(CoreImport {
                module: planned.module.clone(),
                field: planned.field.clone(),
                import,
                params: planned.params.clone(),
                results: planned.results.clone(),
                path,
                ty,
                options: self.options(&planned.options),
            });
        }
        for (id, planned) in module.interface.exports.iter() {
            interface.exports.push(CoreExport {
                id,
                path: planned.path.clone(),
                field: planned.field.clone(),
                ty: planned.ty,
                options: self.options(&planned.options),
            });
        }
        interface.dtors =
            module.interface.dtors.iter().map(|(&resource, (_, name))| (resource, name.clone())).collect();
        interface.init = init.map(str::to_string);
        interface
    }

    fn options(&self, options: &PlannedOptions) -> CoreOptions {
        CoreOptions {
            encoding: options.encoding,
            memory: options.memory.as_deref().map(|name| self.memory_name(name).to_string()),
            realloc: options.realloc.clone(),
            post_return: options.post_return.clone(),
        }
    }
}
