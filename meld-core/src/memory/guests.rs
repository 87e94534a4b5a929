//! What guests do with whole memories and with globals.
//!
//! In: a merged module and what of it is live. Out: the mentions of every live function of the input, in the indices of
//! its module. Runtime modules are not guests: what they do is known.

use crate::ids::{FuncId, Id, ScopeId};
use crate::merger::reach::Marks;
use crate::merger::{FuncDef, MergedModule, ModuleKey};
use crate::parse::RawUse;

/// Every mention in a live function of the input: the function, its scope, and what it mentions.
pub(super) fn mentions<'m>(
    module: &'m MergedModule<'_>,
    marks: &'m Marks,
) -> impl Iterator<Item = (FuncId, ScopeId, RawUse)> + 'm {
    let live = module.funcs.iter().filter(|(func, _)| marks.funcs[func.index()]);
    let guests = live.filter_map(|(func, definition)| match definition.def {
        FuncDef::Guest { origin, .. } if matches!(module.scopes[origin.scope].module, ModuleKey::Input(_)) => {
            Some((func, origin))
        }
        _ => None,
    });
    guests.flat_map(|(func, origin)| {
        let parsed = module.module_of(origin.scope);
        parsed.mentions(&parsed.bodies[origin.index as usize]).map(move |used| (func, origin.scope, used))
    })
}
