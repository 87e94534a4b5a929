//! Worlds that have no form in WIT, found before they are decoded.
//!
//! In: a component's imports and exports. Out: a reason why its world cannot be said in WIT, if one of these applies: a function
//! has a name that is no function name in WIT, or is a method of something that is not a resource beside
//! it; a type is neither a value type nor a resource; a type occurs under two names; or it is too long, because WIT spells out
//! each function wherever it is.

use super::inexpressible;
use crate::error::WitError;
use std::collections::{HashMap, HashSet};
use wasmparser::component_types::{ComponentAnyTypeId, ComponentEntityType};
use wasmparser::names::{ComponentName, ComponentNameKind};
use wasmparser::types::TypesRef;

/// Functions and parameters of a world together. What decodes a world has all of them in memory, however often
/// the binary mentions one type.
const MAX_SPELLED: usize = 20_000;

/// Whether a world may be decoded. `items` are its imports and then its exports: name, type, and the interface that
/// it says to implement.
pub(super) fn check<'t>(
    types: TypesRef<'t>,
    items: impl Iterator<Item = (&'t str, &'t ComponentEntityType, Option<&'t str>)>,
) -> Result<(), WitError> {
    let mut check = Check { types, names: HashSet::new(), spelled: 0 };
    // Imports and exports of a world are one scope for resources, and so are those of a named interface.
    let mut world = HashSet::new();
    let mut interfaces: HashMap<&str, HashSet<&str>> = HashMap::new();
    for (name, ty, implements) in items {
        let ComponentEntityType::Instance(id) = *ty else {
            check.item(name, ty, &mut world)?;
            continue;
        };
        let mut unnamed = HashSet::new();
        let resources = match implements.or(name.contains('/').then_some(name)) {
            Some(interface) => interfaces.entry(interface).or_default(),
            None => &mut unnamed,
        };
        for (name, item) in &check.types.get(id).expect("an id is used with the types it belongs to").exports {
            check.item(name, &item.ty, resources)?;
        }
    }
    Ok(())
}

struct Check<'t> {
    types: TypesRef<'t>,
    /// Types that have a name.
    names: HashSet<ComponentAnyTypeId>,
    /// How many functions and parameters there were so far.
    spelled: usize,
}

impl<'t> Check<'t> {
    /// `resources` are the resources that the scope around the item has introduced.
    fn item(
        &mut self,
        name: &'t str,
        ty: &ComponentEntityType,
        resources: &mut HashSet<&'t str>,
    ) -> Result<(), WitError> {
        match *ty {
            ComponentEntityType::Func(id) => {
                self.spelled += 1 + self.types.get(id).map_or(0, |ty| ty.params.len());
                if self.spelled > MAX_SPELLED {
                    return Err(inexpressible(format_args!(
                        "spelled out, it has more than {MAX_SPELLED} functions and parameters"
                    )));
                }
                func(name, resources)
            }
            ComponentEntityType::Type { referenced, created } => {
                match referenced {
                    ComponentAnyTypeId::Resource(_) if !self.is_known(referenced) => {
                        resources.insert(name);
                    }
                    ComponentAnyTypeId::Resource(_) | ComponentAnyTypeId::Defined(_) => {}
                    _ => return Err(inexpressible(format_args!("type `{name}` is no value type"))),
                }
                if !self.names.insert(created) {
                    return Err(inexpressible(format_args!("type `{name}` has another name as well")));
                }
                Ok(())
            }
            // WIT passes over those, or says itself that it cannot.
            _ => Ok(()),
        }
    }

    /// Whether a type has a name already, or is another name for such a type.
    fn is_known(&self, id: ComponentAnyTypeId) -> bool {
        std::iter::successors(Some(id), |id| self.types.peel_alias(*id)).any(|id| self.names.contains(&id))
    }
}

fn func(name: &str, resources: &HashSet<&str>) -> Result<(), WitError> {
    let parsed = ComponentName::new(name, 0).map_err(inexpressible)?;
    let resource = match parsed.kind() {
        ComponentNameKind::Plain(name) => match name.resource() {
            None => return Ok(()),
            Some(resource) => resource,
        },
        ComponentNameKind::Interface(_) => {
            return Err(inexpressible(format_args!("function `{name}` has the name of an interface")));
        }
    };
    if resources.contains(resource.as_str()) {
        return Ok(());
    }
    Err(inexpressible(format_args!("function `{name}` belongs to no resource beside it")))
}
