//! Names of instances, for people.
//!
//! In: what a component calls its instances, and what is instantiated. Out: a path for each instance, unique among its kind, by which
//! messages, options, reports and the names of functions call it.
//!
//! Composers write no names for the instances that they make. So an instance that has none goes by the first of these that there is: the
//! name that its component has for itself; the name of the component's first core module, which linkers take from the name of the file;
//! the interface that the component exports, or the package of all that it exports; the first function that it exports. Its
//! position comes last. Versions are left out, and so is what build tools put behind the name of a file.
//! A core instance without a name goes by the name of its module. Nothing depends on a name.
//! Rejected: the largest core module as the one with the name. In a small program, that is the adapter for WASI.

use super::{Activation, Fault, Inliner};
use crate::ids::{Arena, ComponentInstanceId, ModuleId, StaticComponentId};
use crate::input::CoreModule;
use crate::maps::{Map, Set};
use crate::parse::{Item, StaticComponent};
use indexmap::IndexMap;
use wasmparser::ComponentExternalKind;

impl Inliner<'_, '_> {
    /// The path of the `index`-th instance that `top` makes, one of `component`; and the path by positions.
    pub(super) fn instance_path(
        &mut self,
        top: &Activation<'_, '_>,
        component: StaticComponentId,
        index: usize,
    ) -> Result<(String, String), Fault> {
        let components = self.components;
        let given = named(&components[top.component].names.instances, index);
        let name = given.or_else(|| component_name(&components[component], &self.dfg.modules));
        let (path, numbered) = self.paths(top.instance, name, given, index)?;
        Ok(self.instance_paths.unique(path, numbered))
    }

    /// The same for a core instance of `module`.
    pub(super) fn core_path(
        &mut self,
        top: &Activation<'_, '_>,
        module: ModuleId,
        index: usize,
    ) -> Result<(String, String), Fault> {
        let given = named(&self.components[top.component].names.core_instances, index);
        let name = given.or_else(|| module_name(&self.dfg.modules[module]));
        let (path, numbered) = self.paths(top.instance, name, given, index)?;
        Ok(self.core_paths.unique(path, numbered))
    }

    fn paths(
        &mut self,
        owner: ComponentInstanceId,
        name: Option<&str>,
        given: Option<&str>,
        index: usize,
    ) -> Result<(String, String), Fault> {
        let position = index.to_string();
        let owner = &self.dfg.component_instances[owner];
        let path = joined(&owner.path, name.unwrap_or(&position));
        let numbered = joined(&owner.numbered, given.unwrap_or(&position));
        self.define(path.len() / 32 + numbered.len() / 32)?;
        Ok((path, numbered))
    }
}

/// What an instance of a component may be called, or a module that is made of it.
pub(super) fn component_name<'a>(
    component: &StaticComponent<'a>,
    modules: &Arena<ModuleId, CoreModule<'a>>,
) -> Option<&'a str> {
    let own = component.names.component.filter(|name| !name.is_empty());
    let first = || {
        component.items.iter().find_map(|item| match item {
            Item::Module(id) => Some(&modules[*id]),
            _ => None,
        })
    };
    own.or_else(|| first().and_then(module_name)).or_else(|| exported_name(component))
}

fn joined(owner: &str, name: &str) -> String {
    shortened(if owner.is_empty() { name.to_owned() } else { format!("{owner}/{name}") })
}

/// The name that a `component-name` section has for an index.
fn named<'a>(names: &IndexMap<u32, &'a str>, index: usize) -> Option<&'a str> {
    u32::try_from(index).ok().and_then(|index| names.get(&index).copied())
}

/// The name of a core module, without what tools append to the name of a file: `app-0123456789abcdef.wasm` is `app`.
fn module_name<'a>(module: &CoreModule<'a>) -> Option<&'a str> {
    let name = module.own_name?;
    let name = name.strip_suffix(".wasm").unwrap_or(name);
    let hashed =
        name.rsplit_once('-').filter(|(_, hash)| hash.len() == 16 && hash.bytes().all(|b| b.is_ascii_hexdigit()));
    let name = hashed.map_or(name, |(name, _)| name);
    (!name.is_empty()).then_some(name)
}

/// The interface that a component exports; the package, if it exports several of one; the first function or interface otherwise.
fn exported_name<'a>(component: &StaticComponent<'a>) -> Option<&'a str> {
    let exports = |wanted: ComponentExternalKind| {
        component.items.iter().filter_map(move |item| match item {
            Item::Export(export) if export.kind == wanted => Some(export.name.name),
            _ => None,
        })
    };
    let unversioned = |name: &'a str| name.split_once('@').map_or(name, |(name, _)| name);
    let interfaces: Set<&str> = exports(ComponentExternalKind::Instance).map(unversioned).collect();
    let packages: Set<&str> =
        interfaces.iter().map(|name| name.rsplit_once('/').map_or(*name, |(package, _)| package)).collect();
    let package = packages.first().filter(|_| packages.len() == 1 && interfaces.len() > 1);
    let name = package.or(interfaces.first()).copied();
    name.or_else(|| exports(ComponentExternalKind::Func).next())
}

/// Paths in use, of one kind of instances.
#[derive(Default)]
pub(super) struct Paths {
    named: Asked,
    numbered: Asked,
}

impl Paths {
    /// Of component instances: the root has the empty path.
    pub(super) fn of_instances() -> Self {
        let mut paths = Self::default();
        paths.unique(String::new(), String::new());
        paths
    }

    fn unique(&mut self, path: String, numbered: String) -> (String, String) {
        (self.named.unique(path), self.numbered.unique(numbered))
    }
}

/// How often each path has been asked for.
#[derive(Default)]
struct Asked(Map<String, usize>);

impl Asked {
    /// `path`, or `path#N` if there is one already: names are the input's and need not be unique.
    fn unique(&mut self, path: String) -> String {
        let mut candidate = path.clone();
        loop {
            match self.0.get(&candidate) {
                None => break,
                Some(_) => {
                    let number = self.0.entry(path.clone()).or_insert(0);
                    *number += 1;
                    candidate = format!("{path}#{}", *number);
                }
            }
        }
        self.0.insert(candidate.clone(), 1);
        candidate
    }
}

/// A path that is not longer than people read. The middle of a longer one is left out: the ends say where it leads and
/// what it leads to, and paths are made unique afterwards.
fn shortened(path: String) -> String {
    const MOST: usize = 512;
    if path.len() <= MOST {
        return path;
    }
    let boundary = |mut at: usize| {
        while !path.is_char_boundary(at) {
            at += 1;
        }
        at
    };
    let (head, tail) = (boundary(MOST / 2), boundary(path.len() - MOST / 2 + 4));
    format!("{}…{}", &path[..head], &path[tail..])
}
