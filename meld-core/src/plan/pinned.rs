//! Pointers that the host keeps, where several instances that use tasks have windows of one memory.
//!
//! In: the dfg, what of it is live, and what has its other side in the host. Out: the memory whose window must begin at address 0, so that its pointers are the
//! host's, if there is one; or why there cannot be.
//!
//! The host reads the parameters of an asynchronous call when it begins, and the elements that are written to a stream or a future when there is a reader. Both
//! may be after the guest's code has gone on, so copies with other pointers in them, as other calls have (`docs/adr/0035-outbox.md`), would not
//! live long enough; and the guest may read its own memory meanwhile, so that the pointers cannot be replaced there. What is in the parameters
//! themselves is no such pointer: that is passed as a number, to which the window's base is added. Elements that the host has written have pointers to what
//! `realloc` returned, and would have to be converted one by one, as many as the host says; they count as well.

use super::outer::{Outer, element};
use super::reach::LiveCalls;
use crate::abi::signature::CanonSide;
use crate::abi::types::ValType;
use crate::abi::{Abi, Pointer};
use crate::dfg::{ComponentDfg, ComponentFunc, CoreItem, HostBuiltin, Trampoline};
use crate::ids::{OptionsId, TrampolineId};

/// The memory whose pointers the host keeps.
///
/// # Errors
///
/// Two memories have such pointers.
pub(super) fn pinned(dfg: &ComponentDfg<'_>, live: &LiveCalls, outer: &Outer) -> Result<Option<CoreItem>, String> {
    let abi = Abi::new(&dfg.types, Pointer::W32);
    let mut found: Option<CoreItem> = None;
    for &id in &live.trampolines {
        let Some(options) = keeps(dfg, &abi, outer, id) else { continue };
        let options = &dfg.options[options];
        match (found, options.memory) {
            (Some(one), Some(other)) if one != other => {
                let [one, other] = [one, other].map(|item| dfg.core_instances[item.instance].path.clone());
                return Err(format!(
                    "the host keeps pointers into the memories of `{one}` and `{other}`, to lists with pointers in them or parameters in memory, and only one \
                     of the two could begin at address 0 of the one memory"
                ));
            }
            (None, Some(memory)) => found = Some(memory),
            _ => {}
        }
    }
    Ok(found)
}

/// The options of a call or a built-in, if the host keeps pointers to pointers that are passed by it.
fn keeps(dfg: &ComponentDfg<'_>, abi: &Abi<'_>, outer: &Outer, id: TrampolineId) -> Option<OptionsId> {
    match dfg.trampolines[id] {
        Trampoline::Lower { func: ComponentFunc::Import(func), options } if outer.calls.contains(&id) => {
            let ty = &dfg.types[dfg.import_funcs[func].ty];
            let params: Vec<ValType> = ty.params.iter().map(|(_, ty)| *ty).collect();
            let in_memory = abi.async_signature(ty, CanonSide::Lower, false).params_in_memory.is_some();
            let points = |ty: &ValType| match in_memory {
                true => abi.facts(*ty).has_pointers,
                false => abi.facts(*ty).has_nested_pointers,
            };
            params.iter().any(points).then_some(options)
        }
        Trampoline::Host(HostBuiltin { kind, ty: Some(ValType::Def(ty)), options: Some(options), .. })
            if kind.is_copy() && outer.types.contains(&ty) =>
        {
            let points = element(&dfg.types, ty).is_some_and(|element| abi.facts(element).has_pointers);
            points.then_some(options)
        }
        _ => None,
    }
}
