//! The component around the core module in print.
//!
//! In: the bytes of the component. Out: its own sections, and its items as the print of [`crate::parse`] has them: types, imports,
//! core modules and instances, canonical definitions with their options, and exports.

use super::parse;
use super::sections::{SectionSize, sections};
use crate::Error;
use crate::error::MergeError;
use serde_json::Value;

/// The text and the JSON: the fields of the stage `parse`, and `sections`.
pub(super) fn print(component: &[u8]) -> Result<(String, Value), Error> {
    let parsed = crate::parse::parse("fused", component)?;
    let sections = sections(component).map_err(|error| MergeError::Invalid(error.into()))?;
    let mut text = format!("component: {} bytes\n", component.len());
    for section in &sections {
        text += &format!("{section}\n");
    }
    text += &crate::parse::print_component(&parsed);
    let mut made = parse::json(&parsed);
    made["sections"] = sections.iter().map(SectionSize::json).collect();
    Ok((text, made))
}
