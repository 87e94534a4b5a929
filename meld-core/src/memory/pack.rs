//! `--pack`: a window ends where what the program uses ends.
//!
//! In: a memory of the merged module. Out: the bytes of it that its module uses: up to `__heap_base`, which linkers put after
//! data, bss and stack. That is an agreement between linker and program and not a rule of WebAssembly, so it is believed
//! only where it is written down (an exported global of that name, or one that the name section calls so), where
//! every active segment ends before it, and where nothing live could learn of memory beyond it: no `memory.size`, no
//! `memory.grow`, no `__heap_end`. Everything else is an error that says what is missing.
//!
//! A packed memory's size is no whole number of pages, so adapters and checks count its bytes: what is given to
//! them beyond its end is out of bounds.

use super::growth::chain;
use super::guests;
use crate::dfg::CoreKind;
use crate::error::MergeError;
use crate::ids::{GlobalId, Id, MemoryId};
use crate::merger::MergedModule;
use crate::merger::consts::ConstValue;
use crate::merger::reach::Marks;
use crate::merger::uses::{Use, Whole};

const HEAP_BASE: &str = "__heap_base";
const HEAP_END: &str = "__heap_end";

/// How many bytes of a memory its module uses, or why that is not known.
pub(super) fn extent(module: &MergedModule<'_>, id: MemoryId, initial: u64) -> Result<u64, String> {
    let scope = module.memories[id].scope;
    let global = global(module, scope, HEAP_BASE)
        .ok_or_else(|| format!("its module has no global `{HEAP_BASE}` that is exported or in the name section"))?;
    let value = module.global_values.get(global.index()).copied().flatten();
    let Some(ConstValue::I32(extent)) = value else {
        return Err(format!("the value of `{HEAP_BASE}` is not known"));
    };
    let extent = u64::from(extent.cast_unsigned());
    if extent > initial {
        return Err(format!("`{HEAP_BASE}` is {extent}, beyond its initial size of {initial} bytes"));
    }
    for data in module.datas.ids() {
        let unknown = |_| "a data segment cannot be read".to_string();
        let Some((memory, offset)) = module.data_target(data).map_err(unknown)? else { continue };
        if memory != id {
            continue;
        }
        let offset = module.constant_offset(module.datas[data].origin.scope, offset).map_err(unknown)?;
        let end = offset.and_then(|offset| offset.checked_add(module.data(data).data.len() as u64));
        if end.is_none_or(|end| end > extent) {
            return Err(format!("a data segment ends beyond `{HEAP_BASE}`, or where is not known"));
        }
    }
    Ok(extent)
}

/// A global that a module calls by this name: an export, or an entry of the name section.
pub(super) fn global(module: &MergedModule<'_>, scope: crate::ids::ScopeId, name: &str) -> Option<GlobalId> {
    let parsed = module.module_of(scope);
    let exported = parsed.exports.get(name).filter(|export| export.kind == CoreKind::Global);
    let named = || parsed.global_names.iter().find(|(_, known)| **known == name).map(|(index, _)| *index);
    module.scopes[scope].global(exported.map(|export| export.index).or_else(named)?).ok()
}

/// Refuses live code that could learn of memory beyond the end of a packed window, and windows that cannot be packed.
pub(crate) fn refuse_unprovable(module: &MergedModule<'_>, marks: &Marks) -> Result<(), MergeError> {
    let Some(windows) = module.windows.as_ref().filter(|windows| windows.pack) else { return Ok(()) };
    let refuse = |memory: MemoryId, reason: String| MergeError::Unsupported {
        item: module.memory_name(memory),
        reason: format!("`--pack` cannot prove where what is used of it ends: {reason}"),
        way_out: format!(
            "link it so that `{HEAP_BASE}` is exported (`--export=__heap_base`), with an allocator that neither asks for \
             nor changes the size of the memory (`meld-guest`), or leave `--pack` out"
        ),
    };
    for memory in module.memories.ids().filter(|memory| marks.memories[memory.index()]) {
        if let Some(reason) = &windows.window(memory)?.unpacked {
            return Err(refuse(memory, reason.clone()));
        }
        let scope = module.memories[memory].scope;
        if global(module, scope, HEAP_END).is_some_and(|global| marks.globals[global.index()]) {
            return Err(refuse(memory, format!("`{HEAP_END}` is live")));
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
