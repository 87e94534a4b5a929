//! The runtime's instances in a module.
//!
//! In: ids of runtime instances. Out: their scopes, and what they export.

use super::{MergedModule, ModuleKey, missing};
use crate::dfg::CoreKind;
use crate::error::MergeError;
use crate::ids::{FuncId, GlobalId, Id, RuntimeInstanceId, ScopeId};
use crate::runtime::RuntimeInstance;

impl MergedModule<'_> {
    /// The runtime instance of a scope, if it is one's.
    pub(crate) fn runtime_instance(&self, scope: ScopeId) -> Option<&RuntimeInstance> {
        (scope.index() < self.runtime.len()).then(|| &self.runtime[RuntimeInstanceId::new(scope.index())])
    }

    /// The function that a runtime module exports.
    ///
    /// # Errors
    ///
    /// [`MergeError::Missing`] if there is no such instance, or no function of that name among its exports.
    pub fn runtime_func(&self, id: RuntimeInstanceId, name: &str) -> Result<FuncId, MergeError> {
        let (scope, index) = self.runtime_export(id, name, CoreKind::Func)?;
        self.scopes[scope].func(index)
    }

    /// The global that a runtime module exports.
    pub(crate) fn runtime_global(&self, id: RuntimeInstanceId, name: &str) -> Result<GlobalId, MergeError> {
        let (scope, index) = self.runtime_export(id, name, CoreKind::Global)?;
        self.scopes[scope].global(index)
    }

    fn runtime_export(&self, id: RuntimeInstanceId, name: &str, kind: CoreKind) -> Result<(ScopeId, u32), MergeError> {
        // Their scopes come first, in their order.
        let scope = ScopeId::new(id.index());
        let known = (id.index() < self.runtime.len()).then(|| self.scopes[scope].module);
        let Some(ModuleKey::Runtime(key)) = known else { return Err(missing("the runtime", id.to_string())) };
        let module = &self.runtime_modules[key];
        match module.exports.get(name) {
            Some(export) if export.kind == kind => Ok((scope, export.index)),
            _ => Err(missing(&format!("runtime module `{}`", module.name), format!("{kind:?} `{name}`"))),
        }
    }
}
