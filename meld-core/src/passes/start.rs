//! Instantiation, in the order of the input.
//!
//! In: the merged module, in which every segment is as its module declares it. Out: which segments stay
//! active, which are carried out by the init function, and the init function's steps.
//!
//! A component instantiates its core modules one after the other: globals, element segments, data
//! segments, start function. One module does all active segments first and then calls one function. The
//! difference shows only to a start function, so everything before the first one may stay active. A later
//! segment may stay active where no earlier start function could tell: it provably cannot trap, and its
//! table or memory is either of the same instance or out of reach of every start function before it.
//! Otherwise it becomes passive, and init does `memory.init` or `table.init`, then drops it, in its turn.
//! Runtime modules have no start function and come first.
//!
//! Init is the start section if no program can tell. A component's start functions run while it is being instantiated, when
//! its host has no instance yet: of the module it can use what an import is given, and that is all. So an import that
//! is given nothing, no memory, no `realloc` and no handle of a resource with a destructor in the module, can be
//! called from the start section. Where a reached import is given one of these, or passes through and may look for
//! any export by its name, init is an export, `_initialize`: the host cannot look into an instance that it does not
//! have.
//!
//! In a window, a segment that is not provably in bounds is always carried out by init: an active one would
//! write beyond its window instead of trapping. So are later segments of that memory, for their order.

use crate::error::MergeError;
use crate::ids::{DataId, ElemId, Id, ScopeId};
use crate::module::reach::Reach;
use crate::module::references::Use;
use crate::module::{Func, FuncDef, InitStep, MergedModule};
use std::collections::BTreeSet;

/// Decides for every segment, and makes the init function.
pub(super) fn order(module: &mut MergedModule<'_>) -> Result<(), MergeError> {
    let (segments, init) = decide(module)?;
    for (elem, deferred, may_trap) in segments.elems {
        module.elems[elem].deferred = deferred;
        module.elems[elem].may_trap = may_trap;
    }
    for (data, deferred, may_trap) in segments.datas {
        module.datas[data].deferred = deferred;
        module.datas[data].may_trap = may_trap;
    }
    if !init.is_empty() {
        let ty = module.types.func(&[], &[]);
        let func = module.funcs.push(Func { ty, def: FuncDef::Init });
        module.aliases.push(func);
        module.init_func = Some(func);
        module.init = init;
    }
    Ok(())
}

#[derive(Default)]
struct Decisions {
    elems: Vec<(ElemId, bool, bool)>,
    datas: Vec<(DataId, bool, bool)>,
}

fn decide(module: &MergedModule<'_>) -> Result<(Decisions, Vec<InitStep>), MergeError> {
    let mut decisions = Decisions::default();
    let mut init = Vec::new();
    let mut reach = Reach::new(module)?;
    let mut started = false;
    // Memories of which a segment waits for init.
    let mut late = BTreeSet::new();
    for (id, scope) in module.scopes.iter() {
        for &elem in &scope.elems {
            let Some((table, _)) = module.elem_target(elem)? else { continue };
            let may_trap = !module.elem_in_bounds(elem)?;
            let seen = || module.tables[table].scope != id && reach.marks.tables[table.index()];
            let deferred = started && (may_trap || seen());
            decisions.elems.push((elem, deferred, may_trap));
            if deferred {
                init.push(InitStep::Elem(elem));
            }
        }
        for &data in &scope.datas {
            let Some((memory, _)) = module.data_target(data)? else { continue };
            let may_trap = !module.data_in_bounds(data)?;
            let seen = || module.memories[memory].scope != id && reach.marks.memories[memory.index()];
            let windowed = module.windows.is_some() && (may_trap || late.contains(&memory));
            let deferred = windowed || (started && (may_trap || seen()));
            if deferred {
                late.insert(memory);
            }
            decisions.datas.push((data, deferred, may_trap));
            if deferred {
                init.push(InitStep::Data(data));
            }
        }
        if let Some(start) = start_function(module, id)? {
            started = true;
            reach.add(Use::Func(start))?;
            init.push(InitStep::Call(start));
        }
    }
    Ok((decisions, init))
}

fn start_function(module: &MergedModule<'_>, scope: ScopeId) -> Result<Option<crate::ids::FuncId>, MergeError> {
    let Some(index) = module.module_of(scope).start else { return Ok(None) };
    let wrapped = module.starts.get(&scope).copied();
    Ok(Some(wrapped.map_or_else(|| module.scopes[scope].func(index), Ok)?))
}

impl MergedModule<'_> {
    /// Whether code that runs at start could reach an import that needs the instance.
    pub(crate) fn init_needs_instance(&self) -> Result<bool, MergeError> {
        if self.init.is_empty() {
            return Ok(false);
        }
        let mut reach = Reach::new(self)?;
        for step in &self.init {
            if let InitStep::Call(func) = *step {
                reach.add(Use::Func(func))?;
            }
        }
        for (_, func) in self.funcs.iter().filter(|(id, _)| reach.marks.funcs[id.index()]) {
            if let FuncDef::Import(import) = func.def {
                let passes_through =
                    self.interface.imports.get(&import).is_some_and(|interface| interface.passes_through);
                if passes_through || !self.host_may_use(import)?.is_empty() {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
}
