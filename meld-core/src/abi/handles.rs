//! The resources whose handles a value contains, and whether it contains ends of streams or futures.
//!
//! In: types. Out: [`HandleTypes`], at any depth. Each defined type is looked at once, and the depth of a type is
//! not that of our stack.

use super::types::{FuncType, TypeDef, Types, ValType};
use crate::ids::{ResourceId, TypeId};
use crate::maps::Set;

/// The resources whose handles a value contains.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HandleTypes {
    /// Resources of `own` handles.
    pub owned: Set<ResourceId>,
    /// Resources of `borrow` handles.
    pub borrowed: Set<ResourceId>,
    /// Whether there are streams or futures.
    pub waitables: bool,
}

impl HandleTypes {
    /// Those of the parameters and the result of a function.
    pub fn of_func(types: &Types, ty: &FuncType) -> Self {
        Self::of_values(types, ty.params.iter().map(|(_, ty)| *ty).chain(ty.result))
    }

    /// Those of values of all of `tys`.
    pub fn of_values(types: &Types, tys: impl IntoIterator<Item = ValType>) -> Self {
        let mut found = Self::default();
        let mut seen: Set<TypeId> = Set::default();
        let mut work: Vec<ValType> = tys.into_iter().collect();
        while let Some(ty) = work.pop() {
            let ValType::Def(id) = ty else { continue };
            if !seen.insert(id) {
                continue;
            }
            match &types[id] {
                TypeDef::Own(resource) => {
                    found.owned.insert(*resource);
                }
                TypeDef::Borrow(resource) => {
                    found.borrowed.insert(*resource);
                }
                TypeDef::Record(fields) => work.extend(fields.iter().map(|(_, ty)| *ty)),
                TypeDef::Variant(cases) => work.extend(cases.iter().filter_map(|(_, ty)| *ty)),
                TypeDef::Tuple(items) => work.extend(items),
                TypeDef::List(ty) | TypeDef::FixedLengthList(ty, _) | TypeDef::Option(ty) => work.push(*ty),
                TypeDef::Map(key, value) => work.extend([*key, *value]),
                TypeDef::Result { ok, err } => work.extend(ok.iter().chain(err)),
                TypeDef::Stream(ty) | TypeDef::Future(ty) => {
                    found.waitables = true;
                    work.extend(ty);
                }
                TypeDef::Flags(_) | TypeDef::Enum(_) => {}
            }
        }
        found
    }

    /// Whether there are no handles of resources.
    pub fn is_empty(&self) -> bool {
        self.owned.is_empty() && self.borrowed.is_empty()
    }

    /// All of them.
    pub fn resources(&self) -> impl Iterator<Item = ResourceId> {
        self.owned.iter().chain(&self.borrowed).copied()
    }
}
