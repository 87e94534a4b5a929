//! Stage 1: bytes to a static [`Component`].
//!
//! In: the bytes of one component. Out: its items in the order they stand, nested components in an
//! arena, and every core module in it as a [`CoreModule`], validated. Function bodies are walked once:
//! the same walk validates them and notes which instructions carry an index ([`Body::patches`]), so that
//! no later stage decodes guest code again except at those places.
//! Rejected: core modules, bytes the validator refuses, and component values and start functions.

mod module;

pub use module::{Body, CoreModule, ModuleExport};

use crate::error::ParseError;

/// A static component and everything nested in it.
pub struct Component<'a> {
    placeholder: std::marker::PhantomData<&'a [u8]>,
}

/// Parses and validates one component. `name` is used in messages.
pub fn parse<'a>(_name: &str, _bytes: &'a [u8]) -> Result<Component<'a>, ParseError> {
    Err(ParseError::Placeholder)
}
