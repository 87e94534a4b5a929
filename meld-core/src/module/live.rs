//! A module, and what of it is live.

use super::reach::Marks;
use super::{MergedModule, ModuleKey};
use crate::ids::{Id, ScopeId};
use crate::options::Strip;

/// A merged module and what of it is live.
pub struct Live<'d> {
    /// The module.
    pub module: MergedModule<'d>,
    pub(crate) marks: Marks,
    /// Whether init must be called from outside, because it could reach an import whose host needs the instance.
    pub(crate) init_from_outside: bool,
    /// What was left out.
    pub report: GcReport,
    /// Which custom sections are left out when it is written.
    pub strip: Strip,
}

/// What liveness left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GcReport {
    /// Functions that nothing reaches.
    pub dropped_functions: usize,
    /// Functions in whose stead an equal one, or the one that they only forward to, is called.
    pub folded_functions: usize,
    /// Tables that are gone because every call through them became direct.
    pub devirtualized_tables: usize,
}

impl Live<'_> {
    /// How many memories of the input are live.
    pub(crate) fn guest_memories(&self) -> usize {
        let live = self.module.memories.iter().filter(|(id, _)| self.marks.memories[id.index()]);
        live.filter(|(_, origin)| matches!(self.module.scopes[origin.scope].module, ModuleKey::Input(_))).count()
    }

    /// Whether a runtime module with words of its own is live.
    pub(crate) fn has_words(&self) -> bool {
        let live = |&scope: &ScopeId| {
            let imported = self.module.module_of(scope).imported.funcs as usize;
            self.module.scopes[scope].funcs[imported..].iter().any(|func| self.marks.funcs[func.index()])
        };
        self.module.with_words.iter().any(live)
    }
}
