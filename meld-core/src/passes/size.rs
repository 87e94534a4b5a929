//! How large the result will be.
//!
//! In: a merged module and what of it is live. Out: nothing, or an error if there are more bytes of code, data and names
//! than there may be ([`Limit::Bytes`]). They are counted before the first is written: a module that is instantiated some
//! thousand times is in the result as often.

use crate::error::MergeError;
use crate::ids::Id;
use crate::limits::Limit;
use crate::module::reach::Marks;
use crate::module::segments::element_count;
use crate::module::{FuncDef, MergedModule};

/// Bytes of an element, about.
const ELEMENT: u64 = 3;

/// Refuses a result that would be too large.
pub(super) fn check(module: &MergedModule<'_>, marks: &Marks) -> Result<(), MergeError> {
    let limits = &module.dfg.limits;
    let mut bytes: u64 = 0;
    // Names are there once for each instance.
    let mut named = vec![false; module.scopes.len()];
    for (id, func) in module.funcs.iter().filter(|(id, _)| marks.funcs[id.index()]) {
        bytes += match &func.def {
            FuncDef::Guest { origin, .. } => {
                let parsed = module.module_of(origin.scope);
                let name = match std::mem::replace(&mut named[origin.scope.index()], true) {
                    true => 0,
                    false => parsed.name_bytes,
                };
                let body = parsed.bodies[origin.index as usize].bytes.len();
                (body + name + module.scopes[origin.scope].path.len()) as u64
            }
            FuncDef::Synth(synth) => (synth.code.ops.len() + synth.name.len()) as u64,
            FuncDef::Import(_) | FuncDef::Trap(_) | FuncDef::Init => 0,
        };
        limits.check(Limit::Bytes, bytes, || format!("`{}`", module.func_name(id)))?;
    }
    let of_segment = |scope| format!("a segment of core instance `{}`", module.scopes[scope].path);
    for (id, segment) in module.datas.iter().filter(|(id, _)| marks.datas[id.index()]) {
        bytes += module.data(id).data.len() as u64;
        limits.check(Limit::Bytes, bytes, || of_segment(segment.origin.scope))?;
    }
    for (id, segment) in module.elems.iter().filter(|(id, _)| marks.elems[id.index()]) {
        bytes += ELEMENT * u64::from(element_count(&module.elem(id).items));
        limits.check(Limit::Bytes, bytes, || of_segment(segment.origin.scope))?;
    }
    Ok(())
}
