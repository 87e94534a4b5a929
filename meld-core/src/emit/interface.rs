//! The [`CoreInterface`] of a live module.

use super::sections::Sections;
use crate::core_interface::{CoreInterface, CoreOptions};
use crate::ids::Id;

impl Sections<'_, '_> {
    /// How to call the module. Only what is live is listed.
    pub(crate) fn interface(&self, init: Option<&str>) -> CoreInterface {
        let module = &self.live.module;
        let mut interface = module.interface.clone();
        interface.types = module.dfg.types.clone();
        interface.init = init.map(str::to_string);
        interface.imports.retain(|import, _| {
            module.host_imports.get(import).is_some_and(|func| self.live.marks.funcs[func.index()])
        });
        let imports = interface.imports.values_mut().map(|import| &mut import.options);
        let exports = interface.exports.iter_mut().map(|export| &mut export.options);
        imports.chain(exports).for_each(|options| self.rename_memory(options));
        interface
    }

    fn rename_memory(&self, options: &mut CoreOptions) {
        if let Some(memory) = &mut options.memory {
            *memory = self.memory_name(memory).to_string();
        }
    }
}
