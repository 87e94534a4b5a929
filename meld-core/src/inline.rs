//! Stage 3: all instantiation carried out statically.
//!
//! In: the static [`Component`]s of [`crate::parse`]. Out: one [`ComponentDfg`]. An abstract interpreter:
//! a component is a linear program whose index spaces hold *definitions*; instantiating one pushes a
//! frame with the arguments, and its end turns exports into an instance. Type definitions are
//! evaluated like any other item, in the frame, so a resource type is fresh each time its component is
//! instantiated, and an alias, `use`, re-export or `(eq)` bound is the same definition under another
//! name. Frames live on the heap: nesting depth is bounded by the input, not by our stack.
//! Rejected: asking the validator for resource identity (its ids are per static component, not per
//! instantiation), and anything decided by a name.

use crate::dfg::ComponentDfg;
use crate::error::InlineError;
use crate::parse::Component;

/// Carries out the instantiation of `root`.
pub fn inline(_root: Component<'_>) -> Result<ComponentDfg<'_>, InlineError> {
    Err(InlineError::Placeholder)
}
