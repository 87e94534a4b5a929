//! Which types an import or export brings, and which it mentions.

use indexmap::IndexSet;
use wasmparser::component_types::{
    ComponentAnyTypeId, ComponentDefinedType, ComponentEntityType, ComponentFuncTypeId, ComponentValType,
};
use wasmparser::types::TypesRef;

pub(super) use crate::parse::named;

/// Ids of all types that occur in an item, with and without names.
pub(super) fn mentioned(types: TypesRef<'_>, ty: &ComponentEntityType) -> IndexSet<ComponentAnyTypeId> {
    let mut walk = MentionWalk { types, aliases: true, seen: IndexSet::new() };
    walk.entity(ty);
    walk.seen
}

/// Ids of the types that something beside an item has to name if the item is to be imported or exported:
/// the items of its own names are not among them.
pub(super) fn required(types: TypesRef<'_>, ty: &ComponentEntityType) -> IndexSet<ComponentAnyTypeId> {
    let mut walk = MentionWalk { types, aliases: false, seen: IndexSet::new() };
    walk.entity(ty);
    for own in named(types, ty) {
        walk.seen.shift_remove(&own);
    }
    walk.seen
}

struct MentionWalk<'t> {
    types: TypesRef<'t>,
    /// Whether a type is mentioned by giving it another name.
    aliases: bool,
    seen: IndexSet<ComponentAnyTypeId>,
}

impl<'t> MentionWalk<'t> {
    fn entity(&mut self, ty: &ComponentEntityType) {
        match *ty {
            ComponentEntityType::Func(id) => self.func(id),
            ComponentEntityType::Value(ty) => self.value(ty),
            ComponentEntityType::Type { referenced, .. } if self.aliases => self.any(referenced),
            ComponentEntityType::Type { referenced, .. } => self.inside(referenced),
            ComponentEntityType::Instance(id) => self.any(id.into()),
            // Closed: their types are their own.
            ComponentEntityType::Module(_) | ComponentEntityType::Component(_) => {}
        }
    }

    fn any(&mut self, id: ComponentAnyTypeId) {
        if self.seen.insert(id) {
            self.inside(id);
        }
    }

    fn inside(&mut self, id: ComponentAnyTypeId) {
        let types: TypesRef<'t> = self.types;
        match id {
            ComponentAnyTypeId::Resource(_) | ComponentAnyTypeId::Component(_) => {}
            ComponentAnyTypeId::Func(id) => self.func(id),
            ComponentAnyTypeId::Instance(id) => {
                for item in types[id].exports.values() {
                    self.entity(&item.ty);
                }
            }
            ComponentAnyTypeId::Defined(id) => match &types[id] {
                ComponentDefinedType::Primitive(_) | ComponentDefinedType::Flags(_) | ComponentDefinedType::Enum(_) => {
                }
                ComponentDefinedType::Record(ty) => ty.fields.values().for_each(|ty| self.value(*ty)),
                ComponentDefinedType::Variant(ty) => ty.cases.values().for_each(|case| self.optional(case.ty)),
                ComponentDefinedType::Tuple(ty) => ty.types.iter().for_each(|ty| self.value(*ty)),
                ComponentDefinedType::List { element: ty, .. }
                | ComponentDefinedType::FixedLengthList { element: ty, .. }
                | ComponentDefinedType::Option { ty, .. } => self.value(*ty),
                ComponentDefinedType::Map { key, value, .. } => {
                    self.value(*key);
                    self.value(*value);
                }
                ComponentDefinedType::Result { ok, err, .. } => {
                    self.optional(*ok);
                    self.optional(*err);
                }
                ComponentDefinedType::Own(id) | ComponentDefinedType::Borrow(id) => self.any((*id).into()),
                ComponentDefinedType::Future { ty, .. } | ComponentDefinedType::Stream { ty, .. } => self.optional(*ty),
            },
        }
    }

    fn func(&mut self, id: ComponentFuncTypeId) {
        let types: TypesRef<'t> = self.types;
        let ty = &types[id];
        ty.params.iter().for_each(|(_, ty)| self.value(*ty));
        self.optional(ty.result);
    }

    fn optional(&mut self, ty: Option<ComponentValType>) {
        if let Some(ty) = ty {
            self.value(ty);
        }
    }

    fn value(&mut self, ty: ComponentValType) {
        if let ComponentValType::Type(id) = ty {
            self.any(id.into());
        }
    }
}
