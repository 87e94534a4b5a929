//! A live function that is not supported is refused.

use crate::error::{MergeError, Remedy, WayOut};
use crate::ids::Id;
use crate::module::reach::Marks;
use crate::module::{FuncDef, MergedModule};

/// Refuses live functions that adapters could not make.
pub(super) fn refuse(module: &MergedModule<'_>, marks: &Marks) -> Result<(), MergeError> {
    for (&func, reason) in &module.unsupported {
        if marks.funcs[func.index()]
            && let FuncDef::Synth(synth) = &module.funcs[func].def
        {
            return Err(MergeError::Unsupported {
                item: synth.name.clone(),
                reason: reason.clone(),
                way_out: WayOut::new(
                    "take a component, in which it is kept as it is, or leave the component that calls it out of the fusion",
                    [Remedy::Component],
                ),
            });
        }
    }
    Ok(())
}
