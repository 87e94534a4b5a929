//! Imports that the host cannot tell apart are one.
//!
//! In: a merged module and what of it is live. Out: of imports with the same names, one stays and the others are its
//! aliases. The interface has given them the same names because they are the same function, lowered with options that come
//! to the same; until here they are several, because each keeps alive the memory of its callers, which may be another
//! window of the one memory. So a window stays only where a live call passes pointers into it.
//! Rejected: one import from the start, which would keep the windows of all callers or of the first one.

use crate::error::MergeError;
use crate::ids::{FuncId, Id};
use crate::module::MergedModule;
use crate::module::reach::Marks;
use indexmap::IndexMap;

/// Makes imports with the same names one.
pub(super) fn unite(module: &mut MergedModule<'_>, marks: &mut Marks) -> Result<(), MergeError> {
    let mut first: IndexMap<(&str, &str), FuncId> = IndexMap::new();
    let mut same = Vec::new();
    for (import, &func) in module.host_imports.iter().filter(|(_, func)| marks.funcs[func.index()]) {
        let interface = module.interface.imports.get(import).ok_or_else(|| MergeError::Missing {
            item: "the imports".to_string(),
            missing: format!("the names of {import:?}"),
        })?;
        let kept = *first.entry((&interface.module, &interface.field)).or_insert(func);
        if kept != func {
            same.push((func, kept));
        }
    }
    for (func, kept) in same {
        module.aliases[func.index()] = kept;
        marks.funcs[func.index()] = false;
        if std::mem::take(&mut marks.referenced[func.index()]) {
            marks.referenced[kept.index()] = true;
        }
    }
    Ok(())
}
