//! Stack pointers that are kept in `context`.
//!
//! In: what is live. Out: an error, if a core instance keeps its stack pointer in a slot of `context` (`CanonicalABI.md`,
//! `canon context.get`, `canon context.set`), as the newest guests do, in place of a global. Each task has a slot, which is
//! 0 when the task begins; the guest itself allocates a stack and sets the pointer. No linker chose the address of that stack, so
//! nothing is known of it before the guest runs, and a proof has no place to begin. The slot is found as other stack pointers are: by
//! its use.

use crate::error::{MergeError, Remedy, WayOut};
use crate::ids::{FuncId, GlobalId, ScopeId};
use crate::module::MergedModule;
use crate::module::reach::Marks;
use crate::module::references::Use;
use crate::passes::stack::calls::Callees;
use crate::passes::stack::frames::usage;
use crate::passes::walk::guests;
use indexmap::IndexMap;

/// Refuses guests that keep their stack pointer in `context`.
pub(super) fn refuse(
    module: &MergedModule<'_>,
    marks: &Marks,
    callees: &mut Callees<'_, '_>,
) -> Result<(), MergeError> {
    for (slot, users) in users(module, marks, callees)? {
        let (mut makes_frame, mut accesses) = (false, false);
        for (&func, &scope) in &users {
            let Some((_, function, body)) = callees.guest(func) else { continue };
            let arity = callees.arity(scope);
            let usage = usage(body, function, &[], &arity, &mut callees.seen_from(scope, Some(slot)))?;
            makes_frame |= usage.makes_frame;
            accesses |= usage.accesses;
            if makes_frame && accesses {
                return Err(MergeError::Unsupported {
                    item: format!("core instance `{}`", module.scopes[scope].path),
                    reason: format!(
                        "it keeps its stack pointer in a slot of `context`, as `{}` shows, and makes its stack itself \
                         when a task begins: that cannot be made the stack of all",
                        module.func_name(func)
                    ),
                    way_out: WayOut::new(
                        "let each component have its own stack, or build it with its stack pointer in a global",
                        [Remedy::SeparateStacks],
                    ),
                });
            }
        }
    }
    Ok(())
}

/// Live functions that call what gets or sets a slot, by the slot.
fn users(
    module: &MergedModule<'_>,
    marks: &Marks,
    callees: &Callees<'_, '_>,
) -> Result<IndexMap<GlobalId, IndexMap<FuncId, ScopeId>>, MergeError> {
    let mut users: IndexMap<GlobalId, IndexMap<FuncId, ScopeId>> = IndexMap::new();
    for (func, scope, used) in guests::mentions(module, marks) {
        let Use::Func(index) = used else { continue };
        let callee = module.canonical(module.scopes[scope].func(index)?);
        if let Some((slot, _)) = callees.accessor(callee) {
            users.entry(slot).or_default().insert(func, scope);
        }
    }
    Ok(users)
}
