//! What guests do with whole memories and with globals.
//!
//! In: a merged module and what of it is live. Out: the mentions of every live function of the input, in the indices of
//! its module. Runtime modules are not guests: what they do is known.

use crate::error::MergeError;
use crate::ids::{FuncId, Id, ScopeId};
use crate::input::{Body, RawUse};
use crate::module::reach::Marks;
use crate::module::{FuncDef, MergedModule, ModuleKey};

/// Every mention in a live function of the input: the function, its scope, and what it mentions.
pub(in crate::passes) fn mentions<'m>(
    module: &'m MergedModule<'_>,
    marks: &'m Marks,
) -> impl Iterator<Item = (FuncId, ScopeId, RawUse)> + 'm {
    mentions_of(module, |func| marks.funcs[func.index()])
}

/// Every mention in a function of the input that is one of `chosen`.
pub(in crate::passes) fn mentions_of<'m>(
    module: &'m MergedModule<'_>,
    chosen: impl Fn(FuncId) -> bool + 'm,
) -> impl Iterator<Item = (FuncId, ScopeId, RawUse)> + 'm {
    let chosen = module.funcs.iter().filter(move |(func, _)| chosen(*func));
    let guests = chosen.filter_map(|(func, definition)| match definition.def {
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

/// The body of a function of the input.
pub(in crate::passes) struct GuestBody<'m, 'd> {
    /// Whose indices are in it.
    pub(in crate::passes) scope: ScopeId,
    /// The body.
    pub(in crate::passes) body: &'m Body<'d>,
    /// How many parameters and locals it has.
    pub(in crate::passes) declared: u32,
}

impl<'m, 'd> GuestBody<'m, 'd> {
    /// The body of a function, if the function is one of the input.
    pub(in crate::passes) fn of(module: &'m MergedModule<'d>, func: FuncId) -> Result<Option<Self>, MergeError> {
        let FuncDef::Guest { origin, .. } = module.funcs[func].def else { return Ok(None) };
        if !matches!(module.scopes[origin.scope].module, ModuleKey::Input(_)) {
            return Ok(None);
        }
        let Some(params) = module.types.params(module.funcs[func].ty) else { return Ok(None) };
        let body = &module.module_of(origin.scope).bodies[origin.index as usize];
        let moved = module.in_globals.get(&func).map_or(0, |moved| moved.params.len());
        Ok(Some(Self { scope: origin.scope, body, declared: (params + moved) as u32 + body.local_count()? }))
    }
}
