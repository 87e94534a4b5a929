//! What each component instance with code is made of.
//!
//! In: the dfg. Out: one [`ClusterUnit`] for each component instance that has core instances, lifts functions or defines resources: its core
//! instances, its canonical definitions that something uses, and what it mentions of other instances. Core items never cross the border of
//! a component instance (`Explainer.md`, "Instance Definitions"), so a unit can be written as a component of its own.

use crate::abi::types::{FuncType, TypeDef, ValType};
use crate::dfg::{ComponentDfg, ComponentFunc, CoreDef, Effect, Export, ResourceDef, Trampoline};
use crate::ids::{ComponentInstanceId, CoreInstanceId, FuncTypeId, LiftId, OptionsId, ResourceId, TrampolineId};
use crate::maps::Map;
use crate::value_types::for_each_defined;
use indexmap::{IndexMap, IndexSet};

/// A component instance with code.
#[derive(Debug)]
pub struct ClusterUnit {
    /// The instance.
    pub instance: ComponentInstanceId,
    /// Its core instances, in the order of instantiation.
    pub core: Vec<CoreInstanceId>,
    /// Its canonical built-ins that something uses.
    pub trampolines: IndexSet<TrampolineId>,
    /// The functions that it lifts and something uses.
    pub lifts: IndexSet<LiftId>,
    /// Every resource that it defines or mentions.
    pub mentions: IndexSet<ResourceId>,
}

/// All units, and who uses what of whom. Units are numbered in the order in which the input begins to instantiate them.
pub struct Units {
    /// The units.
    pub units: Vec<ClusterUnit>,
    /// Which units lower a lifted function.
    pub callers: Map<LiftId, IndexSet<usize>>,
    /// Functions that the root exports.
    pub root_lifts: IndexSet<LiftId>,
    /// Resources that the root exports.
    pub root_resources: IndexSet<ResourceId>,
    /// The unit of an instance.
    pub of: Map<ComponentInstanceId, usize>,
}

impl Units {
    /// Finds the units of a composition.
    pub fn new(dfg: &ComponentDfg<'_>) -> Self {
        let mut used = Used { dfg, trampolines: IndexSet::new(), lifts: IndexSet::new(), work: Vec::new() };
        let (mut root_lifts, mut root_resources) = (IndexSet::new(), IndexSet::new());
        let inner = dfg.exported_instances.values().flat_map(|exports| exports.values());
        for export in dfg.exports.values().chain(inner) {
            match export {
                Export::Func(ComponentFunc::Lift(lift)) => {
                    root_lifts.insert(*lift);
                    used.lift(*lift);
                }
                Export::Type(Some(resource)) => {
                    root_resources.insert(*resource);
                }
                _ => {}
            }
        }
        let mut units = IndexMap::new();
        for effect in &dfg.effects {
            let instance = match *effect {
                Effect::Instantiate(core) => dfg.core_instances[core].owner,
                Effect::Resource(resource) => match dfg.resources[resource].def {
                    ResourceDef::Defined { instance, dtor } => {
                        used.work.extend(dtor);
                        instance
                    }
                    ResourceDef::Imported(_) => continue,
                },
            };
            let unit: &mut ClusterUnit = units.entry(instance).or_insert_with(|| ClusterUnit::new(instance));
            match *effect {
                Effect::Instantiate(core) => {
                    used.work.extend(&dfg.core_instances[core].args);
                    unit.core.push(core);
                }
                Effect::Resource(resource) => {
                    unit.mentions.insert(resource);
                }
            }
        }
        used.run();
        for &id in &used.lifts {
            let lift = &dfg.lifts[id];
            let instance = dfg.options[lift.options].instance;
            let unit = units.entry(instance).or_insert_with(|| ClusterUnit::new(instance));
            unit.lifts.insert(id);
            unit.mentions_of_func(dfg, lift.ty);
        }
        for &id in &used.trampolines {
            let instance = dfg.trampoline_instance(id);
            let unit = units.entry(instance).or_insert_with(|| ClusterUnit::new(instance));
            unit.trampolines.insert(id);
            match &dfg.trampolines[id] {
                Trampoline::Lower { func, .. } => unit.mentions_of_func(dfg, dfg.func_type(*func)),
                Trampoline::Host(builtin) => unit.mentions_of(dfg, builtin.ty),
                Trampoline::ResourceNew { resource, .. }
                | Trampoline::ResourceRep { resource, .. }
                | Trampoline::ResourceDrop { resource, .. } => {
                    unit.mentions.insert(*resource);
                }
                _ => {}
            }
        }
        let units: Vec<ClusterUnit> = units.into_values().collect();
        let of: Map<_, _> = units.iter().enumerate().map(|(index, unit)| (unit.instance, index)).collect();
        let mut callers: Map<LiftId, IndexSet<usize>> = Map::default();
        for (index, unit) in units.iter().enumerate() {
            for &id in &unit.trampolines {
                if let Trampoline::Lower { func: ComponentFunc::Lift(lift), .. } = dfg.trampolines[id] {
                    callers.entry(lift).or_default().insert(index);
                }
            }
        }
        Units { units, callers, root_lifts, root_resources, of }
    }

    /// What messages call a unit: the path of the instance.
    pub fn name(&self, dfg: &ComponentDfg<'_>, unit: usize) -> String {
        match dfg.component_instances[self.units[unit].instance].path.as_str() {
            "" => "root".to_owned(),
            path => path.to_owned(),
        }
    }

    /// The unit that lifts a function.
    pub fn lifting(&self, dfg: &ComponentDfg<'_>, lift: LiftId) -> Option<usize> {
        self.of.get(&dfg.options[dfg.lifts[lift].options].instance).copied()
    }

    /// The unit that defines a resource; `None` if the root imports it.
    pub fn defining(&self, dfg: &ComponentDfg<'_>, resource: ResourceId) -> Option<usize> {
        match dfg.resources[resource].def {
            ResourceDef::Defined { instance, .. } => self.of.get(&instance).copied(),
            ResourceDef::Imported(_) => None,
        }
    }
}

impl ClusterUnit {
    fn new(instance: ComponentInstanceId) -> Self {
        let (trampolines, lifts, mentions) = Default::default();
        ClusterUnit { instance, core: Vec::new(), trampolines, lifts, mentions }
    }

    fn mentions_of_func(&mut self, dfg: &ComponentDfg<'_>, ty: FuncTypeId) {
        self.mentions_of(dfg, parts(&dfg.types[ty]));
    }

    fn mentions_of(&mut self, dfg: &ComponentDfg<'_>, types: impl IntoIterator<Item = ValType>) {
        for_each_defined(&dfg.types, types, |id| {
            if let TypeDef::Own(resource) | TypeDef::Borrow(resource) = dfg.types[id] {
                self.mentions.insert(resource);
            }
        });
    }
}

/// The types of the parameters and of the result.
pub(super) fn parts(ty: &FuncType) -> impl Iterator<Item = ValType> + '_ {
    ty.params.iter().map(|(_, ty)| *ty).chain(ty.result)
}

/// What something uses, found from what core instances import, the root exports, and destructors.
struct Used<'d, 'a> {
    dfg: &'d ComponentDfg<'a>,
    trampolines: IndexSet<TrampolineId>,
    lifts: IndexSet<LiftId>,
    work: Vec<CoreDef>,
}

impl Used<'_, '_> {
    fn run(&mut self) {
        while let Some(def) = self.work.pop() {
            let CoreDef::Trampoline(id) = def else { continue };
            if !self.trampolines.insert(id) {
                continue;
            }
            match self.dfg.trampolines[id] {
                Trampoline::Lower { func, options } => {
                    self.options(options);
                    if let ComponentFunc::Lift(lift) = func {
                        self.lift(lift);
                    }
                }
                Trampoline::Host(builtin) => builtin.options.into_iter().for_each(|options| self.options(options)),
                _ => {}
            }
        }
    }

    fn lift(&mut self, id: LiftId) {
        if self.lifts.insert(id) {
            let lift = &self.dfg.lifts[id];
            self.work.push(lift.func);
            self.options(lift.options);
        }
    }

    fn options(&mut self, id: OptionsId) {
        self.work.extend(self.dfg.options[id].functions());
    }
}
