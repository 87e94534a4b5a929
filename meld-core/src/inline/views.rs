//! Who sees which resource, under which name, and where it was obtained.
//!
//! In: definitions as they pass a component instance's border: at an import, at an export, and where an
//! instance that was instantiated comes back. Out: the [`ResourceView`]s of the dfg, and the same
//! definitions, whose resource types now remember the new view. Nothing decides by a view what a resource
//! *is*; [`crate::resource_graph`] builds owners from them and checks that both agree.

use super::frame::{Def, EvaluatedType, Instance};
use super::{Fault, Inliner};
use crate::dfg::{HandleTableKey, ImportPath, Interface, ResourceView};
use crate::ids::{ComponentInstanceId, ResourceId, ViewId};
use crate::maps::Map;
use std::rc::Rc;

impl<'p, 'a> Inliner<'p, 'a> {
    /// Adds a view. Debug names need not be unique; views are, by a number behind the name.
    pub(super) fn view(
        &mut self,
        component: ComponentInstanceId,
        interface: Interface,
        name: &str,
        resource: ResourceId,
        from: Option<ViewId>,
    ) -> Result<ViewId, Fault> {
        self.define_names([interface.path(), name].into_iter())?;
        let mut key = HandleTableKey { component, interface, resource: name.to_string() };
        // How often a name has been asked for is where the search for a free one goes on.
        let mut number = self.view_keys.get(&key).copied().unwrap_or_default();
        if number > 0 {
            let asked = key.clone();
            while self.view_keys.contains_key(&key) {
                number += 1;
                key.resource = format!("{name}#{number}");
            }
            self.view_keys.insert(asked, number);
        }
        self.view_keys.insert(key.clone(), 1);
        Ok(self.dfg.views.push(ResourceView { key, resource, from }))
    }

    /// `def` as `component` sees it, as the item `name` of `interface`. An instance that is in it in several places is seen
    /// in the first: there may be exponentially many.
    pub(super) fn seen(
        &mut self,
        def: Def<'p, 'a>,
        component: ComponentInstanceId,
        interface: Interface,
        name: &str,
    ) -> Result<Def<'p, 'a>, Fault> {
        self.seen_once(def, component, interface, name, &mut Map::default())
    }

    /// The depth of the recursion is that of instance types, which the validator limits.
    fn seen_once(
        &mut self,
        def: Def<'p, 'a>,
        component: ComponentInstanceId,
        interface: Interface,
        name: &str,
        seen: &mut Map<*const Instance<'p, 'a>, Rc<Instance<'p, 'a>>>,
    ) -> Result<Def<'p, 'a>, Fault> {
        Ok(match def {
            Def::Type(EvaluatedType::Resource(resource, from)) => {
                let view = self.view(component, interface, name, resource, Some(from))?;
                Def::Type(EvaluatedType::Resource(resource, view))
            }
            Def::Instance(instance) => {
                if !instance.has_resources {
                    return Ok(Def::Instance(instance));
                }
                if let Some(known) = seen.get(&Rc::as_ptr(&instance)) {
                    return Ok(Def::Instance(known.clone()));
                }
                self.define(instance.exports.len())?;
                let interface = interface.nested(name);
                let mut exports = instance.exports.clone();
                for (name, def) in &mut exports {
                    *def = self.seen_once(def.clone(), component, interface.clone(), name, seen)?;
                }
                let made = Rc::new(Instance::new(exports, instance.import.clone()));
                seen.insert(Rc::as_ptr(&instance), made.clone());
                Def::Instance(made)
            }
            other => other,
        })
    }

    /// The view of a type that the root imports at `path`.
    pub(super) fn imported_view(
        &mut self,
        path: &ImportPath,
        resource: ResourceId,
        from: Option<ViewId>,
    ) -> Result<ViewId, Fault> {
        let root = self.dfg.world.imports.get(path.import).map(|import| import.name.clone());
        let mut names: Vec<_> = root.into_iter().chain(path.exports.iter().cloned()).collect();
        let name = names.pop().unwrap_or_default();
        let component = crate::ids::Id::new(0);
        self.view(component, Interface::Import(names.join("/")), &name, resource, from)
    }
}
