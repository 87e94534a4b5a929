//! One import in place of several of the same name.

use super::scope::{Sink, TypeScope};
use super::{TypeEncoder, extern_name};
use crate::error::TypeEncodeError;
use indexmap::IndexMap;
use wasm_encoder::{ComponentExternName, ComponentTypeRef, InstanceType};
use wasmparser::component_types::{ComponentEntityType, ComponentItem};

impl TypeEncoder<'_> {
    /// Imports an item that has all of `tys`, at least one, and makes the types in each of them known.
    /// Instance types are united: an export that several have is taken from the first that has it, and the
    /// others must agree. Anything else must be the same in all. Returns the index.
    pub(crate) fn import_united(
        &mut self,
        name: ComponentExternName<'_>,
        tys: &[ComponentEntityType],
    ) -> Result<u32, TypeEncodeError> {
        let depth = self.scopes.len() - 1;
        let ty = self.united(depth, tys)?;
        let index = self.component().import(name, ty);
        for ty in tys {
            self.know(depth, ty, index, false);
        }
        Ok(index)
    }

    fn united(&mut self, depth: usize, tys: &[ComponentEntityType]) -> Result<ComponentTypeRef, TypeEncodeError> {
        let [ComponentEntityType::Instance(_), _, ..] = tys else { return self.entity(depth, &tys[0]) };
        let mut exports: IndexMap<&str, Vec<&ComponentItem>> = IndexMap::new();
        for ty in tys {
            if let ComponentEntityType::Instance(id) = *ty {
                for (name, item) in &self.data(id).exports {
                    exports.entry(name).or_default().push(item);
                }
            }
        }
        self.scopes.push(TypeScope::new(Sink::Instance(InstanceType::new()), false));
        let declared = self.declare_united(&exports);
        let scope = self.scopes.pop().expect("pushed above");
        declared?;
        Ok(ComponentTypeRef::Instance(self.scopes[depth].type_from(scope)))
    }

    fn declare_united(&mut self, exports: &IndexMap<&str, Vec<&ComponentItem>>) -> Result<(), TypeEncodeError> {
        let depth = self.scopes.len() - 1;
        for (name, items) in exports {
            let tys: Vec<_> = items.iter().map(|item| item.ty).collect();
            let ty = self.united(depth, &tys)?;
            if let Some(index) = self.scopes[depth].declare_export(extern_name(name, items[0]), ty) {
                for ty in &tys {
                    self.know(depth, ty, index, true);
                }
            }
        }
        Ok(())
    }
}
