//! A live `memory.grow` without a bound is refused.
//!
//! In: a merged module with windows and what of it is live. Out: nothing, or an error that lists every instance with such an
//! instruction: the functions that have it, how each is reached from an export or from what runs at start, and what the
//! user can do about it. Only live code counts: an allocator that is not called any more is no obstacle.

use crate::error::MergeError;
use crate::ids::{FuncId, Id, ScopeId};
use crate::module::reach::Marks;
use crate::module::references::{Use, Whole};
use crate::module::windows::Growth;
use crate::module::{ExportItem, InitStep, MergedModule};
use crate::passes::walk::guests;
use indexmap::IndexMap;

/// Functions listed for one instance; the others are counted.
const LISTED: usize = 4;

/// Refuses live growth without a bound.
pub(super) fn refuse(module: &MergedModule<'_>, marks: &Marks) -> Result<(), MergeError> {
    let Some(windows) = &module.windows else { return Ok(()) };
    let mut found: IndexMap<ScopeId, Vec<FuncId>> = IndexMap::new();
    for (func, scope, used) in guests::mentions(module, marks) {
        if let Use::Whole(Whole::Grow(index)) = used {
            let memory = module.scopes[scope].memory(index)?;
            if windows.window(memory)?.growth == Growth::Unbounded {
                found.entry(module.memories[memory].scope).or_default().push(func);
            }
        }
    }
    if found.is_empty() {
        return Ok(());
    }
    let mut text = String::new();
    for (scope, funcs) in found {
        text.push_str(&format!("\n  instance `{}`:", module.scopes[scope].path));
        for &func in funcs.iter().take(LISTED) {
            text.push_str(&format!("\n    `{}`", module.func_name(func)));
            text.push_str(&format!("\n      reached by {}", chain(module, marks, func)));
        }
        if funcs.len() > LISTED {
            text.push_str(&format!("\n    and {} more functions", funcs.len() - LISTED));
        }
    }
    Err(MergeError::UnboundedGrowth { instances: text })
}

/// How a function is reached: what begins the chain, then every function on the way.
pub(super) fn chain(module: &MergedModule<'_>, marks: &Marks, func: FuncId) -> String {
    let mut way = vec![func];
    let mut current = func;
    let reached_from = |func: FuncId| marks.reached_from.as_ref().and_then(|from| from[func.index()]);
    while let Some(caller) = reached_from(current) {
        current = caller;
        way.push(caller);
    }
    let mut text = root(module, current);
    for func in way.into_iter().rev() {
        text.push_str(&format!(" -> `{}`", module.func_name(func)));
    }
    text
}

/// Why a function is live that no other one reaches.
fn root(module: &MergedModule<'_>, func: FuncId) -> String {
    for (name, export) in &module.exports {
        if export.item == ExportItem::Func(func)
            || matches!(export.item, ExportItem::Func(exported) if module.canonical(exported) == func)
        {
            return format!("export `{name}`");
        }
    }
    let starts = |step: &InitStep| matches!(*step, InitStep::Call(start) if module.canonical(start) == func);
    if module.init.iter().any(starts) { "the start function".to_string() } else { "a segment".to_string() }
}
