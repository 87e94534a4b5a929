//! Functions that differ in little are one, with parameters for what differs.
//!
//! In: the live module, in which equal functions are one already. Out: the same, smaller. Where memories are windows of one, all
//! have [one transcoder](windows) of a kind; and functions that are [equal but for constants](constants) call one function that gets the
//! constants as parameters.
//!
//! A function whose code goes elsewhere stays, as one that passes its parameters on. So all that is known by it stays what it is: its type,
//! its name, its place in tables, its export, and references to it. Nothing is done unless the result becomes smaller by it: what goes is
//! counted as no larger than it can become, and what comes as no smaller ([`sizes`]).
//! Rejected: to change the callers instead, as these are bodies of guests, tables and the host.

mod constants;
mod decode;
mod sizes;
mod windows;

use crate::error::MergeError;
use crate::ids::{FuncId, Id};
use crate::module::reach::Marks;
use crate::module::{Code, FuncDef, MergedModule, Op, Synthesized};

/// Merges what is similar.
pub(super) fn merge(module: &mut MergedModule<'_>, marks: &mut Marks) -> Result<(), MergeError> {
    windows::share(module, marks)?;
    constants::merge(module, marks)
}

/// Functions that are called as themselves and are live.
fn live<'m>(module: &'m MergedModule<'_>, marks: &'m Marks) -> impl Iterator<Item = FuncId> + 'm {
    module.funcs.ids().filter(|id| marks.funcs[id.index()] && module.canonical(*id) == *id)
}

/// Gives a function other code, under its name.
fn replace(module: &mut MergedModule<'_>, func: FuncId, ops: Vec<Op>) {
    let name = module.func_name(func).to_string();
    let id = match &module.funcs[func].def {
        FuncDef::Synth(synth) => synth.id,
        _ => None,
    };
    if let Some(origin) = module.origin(func) {
        module.stands_for.insert(func, origin);
    }
    let code = Code { locals: Vec::new(), ops, steps: Vec::new() };
    module.funcs[func].def = FuncDef::Synth(Box::new(Synthesized { name, code, id }));
}
