//! `--pack=assume-heap-base`: a window ends at `__heap_base`.
//!
//! In: a memory of the merged module. Out: where its window ends: at `__heap_base`, which linkers put behind data, bss and
//! stack.
//!
//! That nothing beyond it is accessed is assumed, and not proved. Nothing in a module could prove it: an address is a
//! number like any other, which comes out of memory, out of a parameter or out of arithmetic, and a program may as well
//! begin a heap at `__heap_base` and end it where it knows that its memory ends. So there is no packing without the assumption, which has a
//! name of its own and a warning in the report. What contradicts it is refused: an active segment that does not end before `__heap_base`,
//! and live code that asks where its heap begins or how far its memory goes: `memory.size`, `memory.grow`, the globals `__heap_base` and
//! `__heap_end`. `__heap_base` counts only where it is written down, as an exported global of that name, or one that the
//! name section calls so. Everything else is an error that says what is missing.
//!
//! A packed memory's size is no whole number of pages, so adapters and checks count its bytes: what is given to
//! them beyond its end is out of bounds. With `--isolate` an access beyond it traps: where the assumption is wrong, it is then a trap
//! that the input has not, and never an access to a neighbour.
//!
//! Rejected: an analysis that bounds all addresses. It holds for constant and masked addresses, and fails at the first pointer that
//! comes out of memory, which every guest of a toolchain has.

use crate::ids::{Id, MemoryId};
use crate::module::MergedModule;
use crate::module::consts::ConstValue;
use crate::module::windows::HEAP_BASE;

/// How many bytes of a memory its module uses if the assumption holds, or why that is not known.
pub(super) fn extent(module: &MergedModule<'_>, id: MemoryId, initial: u64) -> Result<u64, String> {
    let scope = module.memories[id].scope;
    let global = module
        .named_global(scope, HEAP_BASE)
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
