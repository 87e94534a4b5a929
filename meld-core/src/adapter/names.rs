//! Names for people.
//!
//! In: the meaning of a function. Out: its debug name. Nothing is ever decided by these.

use super::Adapters;
use crate::abi::types::{TypeDef, ValType};
use crate::dfg::{CoreDef, CoreItem, CoreKind, ResourceDef};
use crate::ids::{ComponentInstanceId, ImportFuncId, LiftId, ResourceId};

impl Adapters<'_> {
    /// A component instance.
    pub(super) fn instance_name(&self, id: ComponentInstanceId) -> &str {
        match self.dfg.component_instances[id].path.as_str() {
            "" => "root",
            path => path,
        }
    }

    /// A lifted function: the name under which its core function is exported.
    pub(super) fn lift_name(&self, id: LiftId) -> String {
        self.def_name(self.dfg.lifts[id].func)
    }

    /// A core function.
    pub(super) fn def_name(&self, def: CoreDef) -> String {
        match def {
            CoreDef::Item(item) => self.item_name(item),
            CoreDef::Trampoline(id) => id.to_string(),
        }
    }

    fn item_name(&self, item: CoreItem) -> String {
        let module = &self.dfg.modules[self.dfg.core_instances[item.instance].module];
        let exported =
            module.exports.iter().find(|(_, export)| export.kind == CoreKind::Func && export.index == item.index);
        match exported {
            Some((name, _)) => (*name).to_owned(),
            None => match module.func_names.get(&item.index) {
                Some(name) => (*name).to_owned(),
                None => format!("function {}", item.index),
            },
        }
    }

    /// An imported function: its interface and name.
    pub(super) fn import_name(&self, id: ImportFuncId) -> String {
        let path = &self.dfg.import_funcs[id].path;
        let mut name = self.dfg.world.imports[path.import].name.clone();
        for export in &path.exports {
            name.push('#');
            name.push_str(export);
        }
        name
    }

    /// A resource.
    pub(super) fn resource_name(&self, id: ResourceId) -> String {
        let resource = &self.dfg.resources[id];
        match &resource.def {
            ResourceDef::Defined { instance, .. } => format!("{} of {}", resource.name, self.instance_name(*instance)),
            ResourceDef::Imported(_) => resource.name.clone(),
        }
    }

    /// A value type: the kind of it, and its id where there may be several.
    pub(super) fn type_name(&self, ty: ValType) -> String {
        let ValType::Def(id) = ty else { return format!("{ty:?}").to_lowercase() };
        let kind = match &self.dfg.types[id] {
            TypeDef::Record(_) => "record",
            TypeDef::Variant(_) => "variant",
            TypeDef::List(_) => "list",
            TypeDef::FixedLengthList(..) => "fixed-length list",
            TypeDef::Map(..) => "map",
            TypeDef::Tuple(_) => "tuple",
            TypeDef::Flags(_) => "flags",
            TypeDef::Enum(_) => "enum",
            TypeDef::Option(_) => "option",
            TypeDef::Result { .. } => "result",
            TypeDef::Own(_) => "own",
            TypeDef::Borrow(_) => "borrow",
            TypeDef::Stream(_) => "stream",
            TypeDef::Future(_) => "future",
        };
        format!("{kind} {id}")
    }
}
