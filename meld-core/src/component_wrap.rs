//! Stage 9: a component around the fused core module.
//!
//! In: the root's [`World`], its exports, the [`CoreInterface`] and the core module's bytes. Out: a component
//! with exactly the outer world of the input: every import, used or not, every export, same names, types
//! and annotations. Knows nothing of how the core module came about.

use crate::dfg::ComponentDfg;
use crate::emit::CoreInterface;
use crate::error::WrapError;

/// Wraps `core` into a component with the world of `dfg`. The result is validated.
pub fn wrap(_dfg: &ComponentDfg<'_>, _interface: &CoreInterface, _core: &[u8]) -> Result<Vec<u8>, WrapError> {
    Err(WrapError::Placeholder)
}
