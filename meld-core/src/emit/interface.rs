//! The [`CoreInterface`] of a live module.

use super::sections::Sections;
use super::{CoreExport, CoreImport, CoreInterface, CoreOptions};
use crate::dfg::ResourceDef;
use crate::ids::{Id, ResourceId};
use crate::plan::FaceOptions;
use crate::synth::OuterImport;

impl Sections<'_, '_> {
    /// How to call the module. Only what is live is listed.
    pub(crate) fn interface(&self, init: Option<&str>) -> CoreInterface {
        let module = &self.live.module;
        let dfg = module.dfg;
        let mut interface = CoreInterface { types: dfg.types.clone(), ..CoreInterface::default() };
        for (&import, &func) in &module.outer {
            let Some(face) = module.face.imports.get(&import) else { continue };
            if !self.live.marks.funcs[func.index()] {
                continue;
            }
            let resource_path = |resource: ResourceId| match &dfg.resources[resource].def {
                ResourceDef::Imported(path) => Some(path.clone()),
                ResourceDef::Defined { .. } => None,
            };
            let (path, ty) = match import {
                OuterImport::Lower(id, _) => {
                    let func = &dfg.import_funcs[id];
                    (Some(func.path.clone()), Some(func.ty))
                }
                OuterImport::ResourceDrop(id) | OuterImport::ResourceNew(id) | OuterImport::ResourceRep(id) => {
                    (resource_path(id), None)
                }
            };
            interface.imports.push(CoreImport {
                module: face.module.clone(),
                field: face.field.clone(),
                import,
                params: face.params.clone(),
                results: face.results.clone(),
                path,
                ty,
                options: self.options(&face.options),
            });
        }
        for (id, face) in module.face.exports.iter() {
            interface.exports.push(CoreExport {
                id,
                path: face.path.clone(),
                field: face.field.clone(),
                ty: face.ty,
                options: self.options(&face.options),
            });
        }
        interface.dtors = module.face.dtors.iter().map(|(&resource, (_, name))| (resource, name.clone())).collect();
        interface.init = init.map(str::to_string);
        interface
    }

    fn options(&self, face: &FaceOptions) -> CoreOptions {
        CoreOptions {
            encoding: face.encoding,
            memory: face.memory.as_deref().map(|name| self.memory_name(name).to_string()),
            realloc: face.realloc.clone(),
            post_return: face.post_return.clone(),
        }
    }
}
