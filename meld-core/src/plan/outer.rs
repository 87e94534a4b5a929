//! What tasks in the module have to do with the host.
//!
//! In: the dfg and what of it is live. Out: [`Outer`]: the functions of the host that are called asynchronously, and the types of streams and futures of which
//! an end may come from the host or go there; or what keeps them out of the module. Where the other side is the host's, the component around
//! the module has the subtask or the end, and the instance has an entry that stands for it (`docs/adr/0058-what-the-host-has.md`).
//!
//! What makes that exact:
//! - The host answers by events of one set, which one call of the host waits for, or a stack that stays. So no code blocks in the host but that of a root
//!   that may: a call of the host's function that blocks until it has returned would keep everything inside from running. That is so of a function that is
//!   lowered without `async`, under such a root, too: made with `async`, the call would need a place for its result in a memory of the guest's.
//! - Handles and ends in memory, in parameters or in elements, have the host's numbers until the host has read them (`adapter::task::held`). A guest does not look at such memory
//!   meanwhile. A handle of a resource that is defined inside would need a handle of the host from then on, which would have to be undone if nobody reads it. In
//!   parameters there is none, because the type of an import cannot name what is defined inside.
//! - An end of which both sides are outside is in one instance for the host, and so are the instances that have them in the input: copies of what is not a number
//!   trap there (`CanonicalABI.md`, `none_or_number_type`). So no type of such elements is written in one instance and read in another while it both goes to the host
//!   and comes from it.

use super::reach::LiveCalls;
use super::waitables::{Waitables, func_type};
use crate::abi::handles::HandleTypes;
use crate::abi::types::{FuncType, TypeDef, Types, ValType};
use crate::dfg::{ComponentDfg, ComponentFunc, HostBuiltinKind as Kind, ResourceDef, Trampoline};
use crate::ids::{ComponentInstanceId, OptionsId, ResourceId, TrampolineId, TypeId};
use indexmap::IndexSet;

/// What of tasks and waitables has its other side in the host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outer {
    /// Functions of the host that are lowered with the option `async`.
    pub calls: IndexSet<TrampolineId>,
    /// Types of streams and futures whose ends may come from the host, or go there.
    pub types: IndexSet<TypeId>,
}

impl Outer {
    /// Whether there is anything.
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty() && self.types.is_empty()
    }
}

/// Finds it.
///
/// # Errors
///
/// The path of an instance, and what it does that cannot be in the module.
pub(super) fn outer(
    dfg: &ComponentDfg<'_>,
    live: &LiveCalls,
    waitables: &Waitables<'_>,
) -> Result<Outer, (ComponentInstanceId, String)> {
    let check = OuterCheck { dfg, live, waitables };
    let (to_host, from_host) = check.types();
    let calls = check.calls()?;
    let outer = Outer { calls, types: to_host.union(&from_host).copied().collect() };
    check.elements(&outer)?;
    check.both_ways(&to_host, &from_host)?;
    Ok(outer)
}

struct OuterCheck<'p, 'a> {
    dfg: &'p ComponentDfg<'a>,
    live: &'p LiveCalls,
    waitables: &'p Waitables<'p>,
}

impl OuterCheck<'_, '_> {
    fn lowered_imports(&self) -> impl Iterator<Item = (TrampolineId, OptionsId, &FuncType)> {
        self.live.trampolines.iter().filter_map(|id| match self.dfg.trampolines[*id] {
            Trampoline::Lower { func: func @ ComponentFunc::Import(_), options } => {
                Some((*id, options, &self.dfg.types[func_type(self.dfg, func)]))
            }
            _ => None,
        })
    }

    fn exported(&self) -> impl Iterator<Item = (ComponentInstanceId, &FuncType)> {
        self.live.of_host.iter().map(|id| {
            let lift = &self.dfg.lifts[*id];
            (self.dfg.options[lift.options].instance, &self.dfg.types[lift.ty])
        })
    }

    /// The types of streams and futures that go to the host, and those that come from it.
    fn types(&self) -> (IndexSet<TypeId>, IndexSet<TypeId>) {
        let (mut to_host, mut from_host) = (Vec::new(), Vec::new());
        for (_, _, ty) in self.lowered_imports() {
            to_host.extend(ty.params.iter().map(|(_, ty)| *ty));
            from_host.extend(ty.result);
        }
        for (_, ty) in self.exported() {
            from_host.extend(ty.params.iter().map(|(_, ty)| *ty));
            to_host.extend(ty.result);
        }
        (self.waitables.ends(to_host), self.waitables.ends(from_host))
    }

    fn calls(&self) -> Result<IndexSet<TrampolineId>, (ComponentInstanceId, String)> {
        let mut calls = IndexSet::new();
        for (id, options, ty) in self.lowered_imports() {
            let options = &self.dfg.options[options];
            let refuse = |why: &str| Err((options.instance, why.to_owned()));
            if !self.waitables.concern(ty) && !options.is_async {
                continue;
            }
            if self.waitables.mentions_error_context(ty) {
                return refuse("passes error contexts, which is not fused yet");
            }
            if !options.is_async {
                if ty.is_async {
                    return refuse(
                        "calls an asynchronous function of the host without the option `async`, and everything else would have to stop meanwhile",
                    );
                }
                continue;
            }
            calls.insert(id);
        }
        calls.sort();
        Ok(calls)
    }

    /// Elements have no handles of resources that are defined inside.
    fn elements(&self, outer: &Outer) -> Result<(), (ComponentInstanceId, String)> {
        let is_defined = |id: ResourceId| matches!(self.dfg.resources[id].def, ResourceDef::Defined { .. });
        let has_defined = |ty: &TypeId| {
            HandleTypes::of_values(&self.dfg.types, element(&self.dfg.types, *ty)).resources().any(is_defined)
        };
        match outer.types.iter().copied().find(has_defined).and_then(|ty| self.user(ty)) {
            Some(instance) => Err((
                instance,
                "passes handles of a resource that is defined inside in a stream or a future to the host or from it, which is not fused yet".to_owned(),
            )),
            None => Ok(()),
        }
    }

    /// The instance whose function mentions a type where the host sees it.
    fn user(&self, ty: TypeId) -> Option<ComponentInstanceId> {
        let lowered = self.lowered_imports().map(|(id, _, func)| (self.dfg.trampoline_instance(id), func));
        let mentions = |func: &FuncType| {
            let values = func.params.iter().map(|(_, ty)| *ty).chain(func.result);
            self.waitables.ends(values.collect()).contains(&ty)
        };
        lowered.chain(self.exported()).find(|(_, func)| mentions(func)).map(|(instance, _)| instance)
    }

    fn both_ways(
        &self,
        to_host: &IndexSet<TypeId>,
        from_host: &IndexSet<TypeId>,
    ) -> Result<(), (ComponentInstanceId, String)> {
        for &ty in to_host.intersection(from_host) {
            if is_none_or_number(&self.dfg.types, ty) {
                continue;
            }
            let of = |kinds: [Kind; 2]| {
                let users = self.live.trampolines.iter().filter_map(|id| match self.dfg.trampolines[*id] {
                    Trampoline::Host(builtin)
                        if kinds.contains(&builtin.kind) && builtin.ty == Some(ValType::Def(ty)) =>
                    {
                        Some(builtin.instance)
                    }
                    _ => None,
                });
                users.collect::<IndexSet<ComponentInstanceId>>()
            };
            let (writers, readers) =
                (of([Kind::StreamWrite, Kind::FutureWrite]), of([Kind::StreamRead, Kind::FutureRead]));
            if let Some(writer) = writers.iter().find(|writer| readers.iter().any(|reader| reader != *writer)) {
                return Err((
                    *writer,
                    "writes to a stream or a future that the host may give to another instance, and its elements are not numbers"
                        .to_owned(),
                ));
            }
        }
        Ok(())
    }
}

/// The element of a stream or a future.
pub(super) fn element(types: &Types, ty: TypeId) -> Option<ValType> {
    match types[ty] {
        TypeDef::Stream(element) | TypeDef::Future(element) => element,
        _ => None,
    }
}

/// `none_or_number_type`
pub(crate) fn is_none_or_number(types: &Types, ty: TypeId) -> bool {
    use ValType::{F32, F64, S8, S16, S32, S64, U8, U16, U32, U64};
    let numbers = [U8, U16, U32, U64, S8, S16, S32, S64, F32, F64];
    element(types, ty).is_none_or(|element| numbers.contains(&element))
}
