//! What a set of units takes from outside, and what it gives.
//!
//! In: the units, and which of them belong together. Out: a [`Seam`]: the imports and exports of the component that contains them, by
//! identity. Names are generated from the ids, so that one thing has one name at every seam: they never decide what is meant. Types of
//! functions at a seam may mention only types that are imported or exported by name (`Explainer.md`, "Import and Export Definitions"),
//! so records, variants, enums and flags are named, too.

use super::unit::{Units, parts};
use crate::abi::types::{TypeDef, ValType};
use crate::dfg::{ComponentDfg, ComponentFunc, Trampoline};
use crate::ids::{Id, LiftId, ResourceId, TypeId};
use crate::value_types::for_each_defined;
use indexmap::IndexSet;

/// The imports and exports of a set of units.
#[derive(Debug, Default)]
pub(crate) struct Seam {
    pub(crate) imports: SeamImports,
    pub(crate) exports: SeamExports,
}

/// What comes in, in the order of definition.
#[derive(Debug, Default)]
pub(crate) struct SeamImports {
    pub(crate) resources: IndexSet<ResourceId>,
    /// Types that need a name: parts first.
    pub(crate) types: IndexSet<TypeId>,
    pub(crate) funcs: IndexSet<ComponentFunc>,
}

/// What goes out, in the order of definition.
#[derive(Debug, Default)]
pub(crate) struct SeamExports {
    pub(crate) resources: IndexSet<ResourceId>,
    /// Types that need a name and are not imported: parts first.
    pub(crate) types: IndexSet<TypeId>,
    pub(crate) lifts: IndexSet<LiftId>,
}

impl Seam {
    /// The seam around the units `set`.
    pub(crate) fn new(dfg: &ComponentDfg<'_>, units: &Units, set: &IndexSet<usize>) -> Self {
        let mut seam = Seam::default();
        let inside = |unit: Option<usize>| unit.is_some_and(|unit| set.contains(&unit));
        for &index in set {
            let unit = &units.units[index];
            for &resource in &unit.mentions {
                if !inside(units.defining(dfg, resource)) {
                    seam.imports.resources.insert(resource);
                }
            }
            for &id in &unit.trampolines {
                let Trampoline::Lower { func, .. } = dfg.trampolines[id] else { continue };
                if let ComponentFunc::Lift(lift) = func
                    && inside(units.lifting(dfg, lift))
                {
                    continue;
                }
                seam.imports.funcs.insert(func);
                let named = &mut seam.imports.types;
                name(dfg, parts(&dfg.types[dfg.func_type(func)]), |id| {
                    named.insert(id);
                });
            }
        }
        for &index in set {
            for &lift in &units.units[index].lifts {
                let outside = |callers: &IndexSet<usize>| callers.iter().any(|caller| !set.contains(caller));
                if !units.root_lifts.contains(&lift) && !units.callers.get(&lift).is_some_and(outside) {
                    continue;
                }
                seam.exports.lifts.insert(lift);
                let Seam { imports, exports } = &mut seam;
                for_each_defined(&dfg.types, parts(&dfg.types[dfg.lifts[lift].ty]), |id| match dfg.types[id] {
                    TypeDef::Own(resource) | TypeDef::Borrow(resource) if inside(units.defining(dfg, resource)) => {
                        exports.resources.insert(resource);
                    }
                    _ if needs_name(&dfg.types[id]) && !imports.types.contains(&id) => {
                        exports.types.insert(id);
                    }
                    _ => {}
                });
            }
        }
        // Resources that others mention without a function of this seam.
        let others = units.units.iter().enumerate().filter(|(index, _)| !set.contains(index));
        let mentioned = others.flat_map(|(_, unit)| &unit.mentions).chain(&units.root_resources);
        seam.exports.resources.extend(mentioned.copied().filter(|id| inside(units.defining(dfg, *id))));
        seam
    }
}

/// Calls `visit` with each type that `types` mention, at any depth, and that needs a name: parts first.
fn name(dfg: &ComponentDfg<'_>, types: impl IntoIterator<Item = ValType>, mut visit: impl FnMut(TypeId)) {
    for_each_defined(&dfg.types, types, |id| {
        if needs_name(&dfg.types[id]) {
            visit(id);
        }
    });
}

fn needs_name(def: &TypeDef) -> bool {
    matches!(def, TypeDef::Record(_) | TypeDef::Variant(_) | TypeDef::Flags(_) | TypeDef::Enum(_))
}

/// The name of a resource at every seam.
pub(crate) fn resource_name(id: ResourceId) -> String {
    format!("r{}", id.index())
}

/// The name of a type at every seam.
pub(crate) fn type_name(id: TypeId) -> String {
    format!("t{}", id.index())
}

/// The name of a function at every seam.
pub(crate) fn func_name(func: ComponentFunc) -> String {
    match func {
        ComponentFunc::Import(id) => format!("i{}", id.index()),
        ComponentFunc::Lift(id) => format!("f{}", id.index()),
    }
}
