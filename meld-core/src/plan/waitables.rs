//! What types mention that asynchronous built-ins are about.
//!
//! In: types. Out: whether they mention a stream, a future or an error context at any depth, and which resources; and what messages call
//! an instance.

use crate::abi::types::{FuncType, TypeDef, Types, ValType};
use crate::dfg::{ComponentDfg, ComponentFunc};
use crate::ids::{ComponentInstanceId, FuncTypeId, ResourceId, TypeId};
use crate::maps::Set;
use indexmap::IndexSet;

/// What an error calls an instance.
pub(super) fn name(dfg: &ComponentDfg<'_>, id: ComponentInstanceId) -> String {
    match dfg.component_instances[id].path.as_str() {
        "" => "the root component".to_owned(),
        path => format!("`{path}`"),
    }
}

pub(super) fn func_type(dfg: &ComponentDfg<'_>, func: ComponentFunc) -> FuncTypeId {
    match func {
        ComponentFunc::Import(import) => dfg.import_funcs[import].ty,
        ComponentFunc::Lift(lift) => dfg.lifts[lift].ty,
    }
}

/// What values mention, at any depth, elements of streams and futures included.
pub(super) struct Waitables<'t> {
    types: &'t Types,
}

impl<'t> Waitables<'t> {
    pub(super) fn new(types: &'t Types) -> Self {
        Waitables { types }
    }

    /// Whether a function needs a table of waitables: it is `async`, or its type mentions a stream, a future or an error context.
    pub(super) fn concern(&self, ty: &FuncType) -> bool {
        ty.is_async || self.mentioned_by(ty)
    }

    /// Whether the type of a function mentions a stream, a future or an error context.
    pub(super) fn mentioned_by(&self, ty: &FuncType) -> bool {
        let mut found = false;
        self.walk(mentioned(ty), |ty, def| {
            found |= ty == ValType::ErrorContext || matches!(def, Some(TypeDef::Stream(_) | TypeDef::Future(_)));
        });
        found
    }

    /// Whether the type of a function mentions an error context.
    pub(super) fn mentions_error_context(&self, ty: &FuncType) -> bool {
        let mut found = false;
        self.walk(mentioned(ty), |ty, _| found |= ty == ValType::ErrorContext);
        found
    }

    /// The types of streams and futures that values of these types mention.
    pub(super) fn ends(&self, types: Vec<ValType>) -> IndexSet<TypeId> {
        let mut found = IndexSet::new();
        self.walk(types, |ty, def| {
            if let (ValType::Def(id), Some(TypeDef::Stream(_) | TypeDef::Future(_))) = (ty, def) {
                found.insert(id);
            }
        });
        found
    }

    pub(super) fn resources_of(&self, ty: &FuncType) -> IndexSet<ResourceId> {
        self.resources(mentioned(ty))
    }

    pub(super) fn resources(&self, types: Vec<ValType>) -> IndexSet<ResourceId> {
        let mut found = IndexSet::new();
        self.walk(types, |_, def| {
            if let Some(TypeDef::Own(resource) | TypeDef::Borrow(resource)) = def {
                found.insert(*resource);
            }
        });
        found
    }

    fn walk(&self, mut work: Vec<ValType>, mut visit: impl FnMut(ValType, Option<&TypeDef>)) {
        let mut seen: Set<TypeId> = Set::default();
        while let Some(ty) = work.pop() {
            let ValType::Def(id) = ty else {
                visit(ty, None);
                continue;
            };
            if !seen.insert(id) {
                continue;
            }
            let def = &self.types[id];
            visit(ty, Some(def));
            def.for_each_part(|part| work.push(part));
        }
    }
}

fn mentioned(ty: &FuncType) -> Vec<ValType> {
    ty.params.iter().map(|(_, ty)| *ty).chain(ty.result).collect()
}
