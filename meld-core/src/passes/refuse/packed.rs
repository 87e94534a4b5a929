//! What contradicts the assumption behind a packed window is refused.
//!
//! In: a module with packed windows ([`crate::passes::rebase::pack`]) and what of it is live. Out: nothing, or an error that names a memory that
//! could not be packed, or live code that asks for memory beyond the end of its window.

use super::growth::chain;
use crate::error::{MergeError, Remedy, WayOut};
use crate::ids::{Id, MemoryId};
use crate::module::MergedModule;
use crate::module::reach::Marks;
use crate::module::references::{Use, Whole};
use crate::module::windows::HEAP_BASE;
use crate::passes::walk::guests;

const HEAP_END: &str = "__heap_end";

/// Refuses live code that asks for memory beyond the end of a packed window, and windows that cannot be packed.
pub(super) fn refuse(module: &MergedModule<'_>, marks: &Marks) -> Result<(), MergeError> {
    let Some(windows) = module.windows.as_ref().filter(|windows| windows.pack) else { return Ok(()) };
    let refuse = |memory: MemoryId, reason: String| MergeError::Unsupported {
        item: module.memory_name(memory),
        reason: format!("it cannot be assumed that only what is below `{HEAP_BASE}` is used: {reason}"),
        way_out: WayOut::new(
            format!(
                "link it so that `{HEAP_BASE}` is exported (`--export=__heap_base`), with an allocator that neither asks for \
                 nor changes the size of the memory (`meld-guest`), or do not pack windows"
            ),
            [Remedy::WholeWindows],
        ),
    };
    for memory in module.memories.ids().filter(|memory| marks.memories[memory.index()]) {
        if let Some(reason) = &windows.window(memory)?.unpacked {
            return Err(refuse(memory, reason.clone()));
        }
        let scope = module.memories[memory].scope;
        for name in [HEAP_BASE, HEAP_END] {
            if module.named_global(scope, name).is_some_and(|global| marks.globals[global.index()]) {
                return Err(refuse(memory, format!("the global `{name}` is live")));
            }
        }
    }
    for (func, scope, used) in guests::mentions(module, marks) {
        let (index, what) = match used {
            Use::Whole(Whole::Size(index)) => (index, "memory.size"),
            Use::Whole(Whole::Grow(index)) => (index, "memory.grow"),
            _ => continue,
        };
        let memory = module.scopes[scope].memory(index)?;
        let how = chain(module, marks, func);
        return Err(refuse(memory, format!("`{}` has a live `{what}`, reached by {how}", module.func_name(func))));
    }
    Ok(())
}
