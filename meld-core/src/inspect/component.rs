//! The component around the core module in print.
//!
//! In: the bytes of the component. Out: its own sections, and its items as the print of [`crate::parse`] has them: types, imports,
//! core modules and instances, canonical definitions with their options, and exports.

use super::parse;
use super::sections::{SectionSize, sections};
use crate::Error;
use crate::error::{MergeError, ParseError};
use serde_json::{Value, json};
use std::fmt::Write;

/// The text and the JSON: the fields of the stage `parse`, and `sections`.
pub(super) fn print(component: &[u8]) -> Result<(String, Value), Error> {
    let sections = sections(component).map_err(|error| MergeError::Invalid(error.into()))?;
    let mut text = format!("component: {} bytes\n", component.len());
    for section in &sections {
        text += &format!("{section}\n");
    }
    let mut made = match crate::parse::parse("fused", component) {
        Ok(parsed) => {
            text += &crate::parse::print_component(&parsed);
            parse::json(&parsed)
        }
        // The component is valid, and its world is that of the input; but not all that is written can be read.
        Err(error @ ParseError::Unsupported { .. }) => {
            let _ = writeln!(text, "items are not printed: {error}");
            json!({ "bytes": component.len(), "not_printed": error.to_string() })
        }
        Err(error) => return Err(error.into()),
    };
    made["sections"] = sections.iter().map(SectionSize::json).collect();
    Ok((text, made))
}
