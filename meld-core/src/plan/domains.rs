//! In which memory of the result each memory of the input is a window.
//!
//! In: the dfg and the domains that the user names. Out: a [`DomainsPlan`]. Without a domain there is one memory for all. With domains there
//! are a memory for all instances that are in none, one for each domain, and one for handle tables and what else runtime modules keep: no guest has an
//! instruction on that memory, whatever domain it is in.
//!
//! A guest's instructions name one memory of the result, so no address leads from one domain into another. Calls between domains copy from memory to
//! memory, as they do where each instance has a memory of its own.

use super::PrincipalPlan;
use crate::dfg::{ComponentDfg, CoreInstance, CoreItem};
use crate::error::PlanError;
use crate::ids::{Arena, DomainId, Id};
use crate::options::{Domain, Options, StackSize, Target};
use indexmap::{IndexMap, IndexSet};

/// The name of the memory of all instances that are in no domain.
const DEFAULT: &str = "default";
/// The name of the memory of private data.
const PRIVATE: &str = "private";

/// In which memory of the result each memory of the input is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainsPlan {
    /// All memories of the result: first the one for what is in no domain, then those of the domains in the order of the options, and last, if there
    /// is a domain, the private one.
    pub domains: Arena<DomainId, DomainPlan>,
    /// What is not in the first one.
    placed: IndexMap<CoreItem, DomainId>,
}

/// A memory of the result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainPlan {
    /// Its name.
    pub name: String,
    /// The memory whose window begins at address 0, if there is one.
    pub zero: Option<CoreItem>,
}

impl Default for DomainsPlan {
    fn default() -> Self {
        let mut domains = Arena::new();
        domains.push(DomainPlan { name: DEFAULT.to_owned(), zero: None });
        Self { domains, placed: IndexMap::new() }
    }
}

impl DomainsPlan {
    /// Whether there is more than one memory.
    pub fn are_several(&self) -> bool {
        self.domains.len() > 1
    }

    /// Where a memory of the input is: `placed` has those that an option puts elsewhere, and all others are in the first.
    pub fn of(&self, memory: CoreItem) -> DomainId {
        self.placed.get(&memory).copied().unwrap_or(DomainId::new(0))
    }

    /// The memories that are in another domain than the first.
    pub fn placed(&self) -> impl Iterator<Item = (CoreItem, &DomainPlan)> {
        self.placed.iter().map(|(memory, domain)| (*memory, &self.domains[*domain]))
    }

    /// Where handle tables are, and what else no guest is meant to reach: with the windows, or where no guest is.
    pub fn private(&self) -> DomainId {
        DomainId::new(self.domains.len() - 1)
    }

    /// Whether the window of a memory begins at address 0.
    pub fn is_zero(&self, memory: CoreItem) -> bool {
        self.domains[self.of(memory)].zero == Some(memory)
    }
}

/// Places `memories`, which are all of the input. Nothing begins at address 0 yet.
pub(super) fn domains(
    dfg: &ComponentDfg<'_>,
    memories: &[CoreItem],
    asked: &[Domain],
) -> Result<DomainsPlan, PlanError> {
    let mut plan = DomainsPlan::default();
    if asked.is_empty() {
        return Ok(plan);
    }
    let mut of_names: IndexMap<&str, DomainId> = IndexMap::new();
    for Domain { name, instances } in asked {
        if name.is_empty() || name == PRIVATE || plan.domains.iter().any(|(_, known)| known.name == *name) {
            return Err(PlanError::DomainName { name: name.clone() });
        }
        let id = plan.domains.push(DomainPlan { name: name.clone(), zero: None });
        for instance in instances {
            if let Some(first) = of_names.insert(instance, id).filter(|first| *first != id) {
                let domains = [first, id].map(|id| plan.domains[id].name.clone());
                return Err(PlanError::DomainTwice { instance: instance.clone(), domains: domains.into() });
            }
        }
    }
    known(dfg, of_names.keys().copied())?;
    for &memory in memories {
        if let Some(domain) = placed(dfg, &dfg.core_instances[memory.instance], &of_names, &plan)? {
            plan.placed.insert(memory, domain);
        }
    }
    plan.domains.push(DomainPlan { name: PRIVATE.to_owned(), zero: None });
    Ok(plan)
}

/// The domain of a core instance by its closest name.
fn placed(
    dfg: &ComponentDfg<'_>,
    core: &CoreInstance,
    of_names: &IndexMap<&str, DomainId>,
    plan: &DomainsPlan,
) -> Result<Option<DomainId>, PlanError> {
    let mut owner = Some(core.owner);
    let mut names = vec![[core.path.as_str(), core.numbered.as_str()]];
    while let Some(id) = owner {
        let instance = &dfg.component_instances[id];
        names.push([&instance.path, &instance.numbered]);
        owner = instance.parent;
    }
    for of_one in names {
        let found: IndexSet<DomainId> = of_one.iter().filter_map(|name| of_names.get(name).copied()).collect();
        match found.iter().copied().collect::<Vec<_>>()[..] {
            [] => {}
            [domain] => return Ok(Some(domain)),
            _ => {
                let domains = found.iter().map(|id| plan.domains[*id].name.clone()).collect();
                return Err(PlanError::DomainTwice { instance: of_one[0].to_owned(), domains });
            }
        }
    }
    Ok(None)
}

/// An error if one of `names` is no instance's.
fn known<'n>(dfg: &ComponentDfg<'_>, names: impl Iterator<Item = &'n str>) -> Result<(), PlanError> {
    let cores = dfg.core_instances.values().map(|core| [core.path.as_str(), core.numbered.as_str()]);
    let owners = dfg.component_instances.values().map(|owner| [owner.path.as_str(), owner.numbered.as_str()]);
    let all: IndexSet<&str> = cores.chain(owners).flatten().filter(|name| !name.is_empty()).collect();
    for name in names {
        if !all.contains(name) {
            let candidates: IndexSet<String> = dfg
                .core_instances
                .values()
                .map(|core| match dfg.component_instances[core.owner].path.as_str() {
                    "" => format!("`{}`", core.path),
                    path => format!("`{path}`"),
                })
                .collect();
            let known = candidates.into_iter().collect::<Vec<_>>().join(", ");
            return Err(PlanError::DomainInstance { instance: name.to_owned(), known });
        }
    }
    Ok(())
}

/// Refuses what does not work with domains.
pub(super) fn refuse(dfg: &ComponentDfg<'_>, principal: &PrincipalPlan, options: &Options) -> Result<(), PlanError> {
    let Some(shared) = options.memory.shared().filter(|shared| !shared.domains.is_empty()) else { return Ok(()) };
    if options.target == Target::Synth {
        return Err(PlanError::DomainTarget);
    }
    if let Some(StackSize::Bytes(_) | StackSize::Proved) = shared.stack() {
        return Err(PlanError::DomainStack);
    }
    if let Some(instance) = principal.instance {
        let instance = dfg.component_instances[instance].path.clone();
        return Err(PlanError::DomainTasks { instance });
    }
    Ok(())
}
