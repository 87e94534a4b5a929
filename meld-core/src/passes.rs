//! What changes the fused module, pass by pass.
//!
//! In: a merged module. Out: the same, complete, live, and with everything decided that [`crate::emit`] writes. A pass knows
//! [`crate::module`] and no other pass; what several of them walk with is in [`walk`]. [`run`] is the list.

pub(crate) mod devirtualize;
pub(crate) mod fold;
pub(crate) mod forward;
pub(crate) mod isolate;
pub(crate) mod layout;
pub(crate) mod liveness;
pub(crate) mod rebase;
pub(crate) mod refuse;
pub(crate) mod size;
pub(crate) mod stack;
pub(crate) mod start;
pub(crate) mod unite;
pub(crate) mod walk;

use crate::error::MergeError;
use crate::ids::{FuncId, Id};
use crate::module::insertions::Insertions;
use crate::module::reach::Marks;
use crate::module::{FuncDef, GcReport, Live, MergedModule};
use crate::plan::MemoryPlan;

/// Runs all passes over a merged module.
///
/// # Errors
///
/// What is live cannot be fused exactly, has no room, or is more than the limits allow.
pub fn run<'d>(mut module: MergedModule<'d>, memory: &MemoryPlan) -> Result<Live<'d>, MergeError> {
    complete(&mut module, memory)?;
    // What is live. What only dead code does to a table does not count, and nor does dead code forward anything.
    let first = liveness::liveness(&module)?;
    // Calls through constant tables become direct.
    let rewritten = devirtualize::devirtualize(&mut module, &first)?;
    // Functions that only call another one are that one.
    let forwarded = forward::forward(&mut module, &first)?;
    let tables = first.tables.clone();
    let mut marks = if rewritten || forwarded > 0 { liveness::liveness(&module)? } else { first };
    // What is live and cannot be fused is an error.
    refuse::refuse(&module, &marks)?;
    // Imports that the host cannot tell apart are one.
    unite::unite(&mut module, &mut marks)?;
    // Beyond this point nothing becomes live but what passes make themselves.
    liveness::init(&mut module, &mut marks);
    let init_from_outside = module.init_needs_instance()?;
    let functions = Functions::count(&module, &marks);
    // Equal functions are one.
    let folded = fold::fold(&mut module, &mut marks)?;
    // Not more than there may be.
    size::check(&module, &marks)?;
    // Guests get one stack. What is called is known now, and in whose stead: so is how deep a stack gets.
    stack::share(&mut module, &mut marks)?;
    // Windows get their places, which only live ones need.
    layout::place(&mut module, &marks)?;
    let gone = |(before, after): &(&bool, &bool)| **before && !**after;
    let report = GcReport {
        dropped_functions: functions.defined - functions.live - forwarded,
        folded_functions: forwarded + folded,
        devirtualized_tables: tables.iter().zip(&marks.tables).filter(gone).count(),
    };
    Ok(Live { module, marks, init_from_outside, report })
}

/// Runs the passes that add to a module what its functions mention.
///
/// # Errors
///
/// Something names what is not there: a bug in the merger.
pub fn complete(module: &mut MergedModule<'_>, memory: &MemoryPlan) -> Result<(), MergeError> {
    // Every memory becomes a window of one, where the plan has one.
    rebase::rebase(module, memory)?;
    // Segments and start functions, in the order of the input.
    start::order(module)
}

/// How many functions a module defines.
struct Functions {
    defined: usize,
    live: usize,
}

impl Functions {
    fn count(module: &MergedModule<'_>, marks: &Marks) -> Self {
        let defined = || module.funcs.iter().filter(|(_, func)| !matches!(func.def, FuncDef::Import(_)));
        Self { defined: defined().count(), live: defined().filter(|(id, _)| marks.funcs[id.index()]).count() }
    }
}

/// What is put into the body of a guest's function when it is written: checks of accesses and of the shared stack.
///
/// This is the one pass that is carried out body by body, on demand: all checks at once would take more memory than the module.
pub(crate) fn insertions(module: &MergedModule<'_>, func: FuncId) -> Result<Insertions, MergeError> {
    let mut insertions = match &module.stack {
        None => isolate::checks(module, func)?,
        Some(_) => stack::checks(module, func)?,
    };
    stack::ask_for_room(module, func, &mut insertions.entry)?;
    Ok(insertions)
}
