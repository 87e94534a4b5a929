//! One core module that stands alone.
//!
//! In: the bytes of a core module. Out: the same [`CoreModule`] that one inside a component gives. The
//! runtime's own modules come this way, and tests of the later stages.

use super::body::BodyWalker;
use super::builder::ModuleBuilder;
use super::{CoreModule, features, guard};
use crate::error::{ParseError, ValidationError};
use wasmparser::{Parser, ValidPayload, Validator};

/// Parses and validates one core module. `name` is used in messages, and for a module without a name.
pub fn parse_module<'a>(name: &str, bytes: &'a [u8]) -> Result<CoreModule<'a>, ParseError> {
    let (input, at) = (|| name.to_string(), || "the core module".to_string());
    let mut module = walk(bytes).map_err(|error| match error {
        ValidationError::Invalid(source) => ParseError::Invalid { input: input(), at: at(), source },
        ValidationError::Unsupported { offset, what } => {
            ParseError::Unsupported { input: input(), at: at(), offset, what }
        }
    })?;
    if module.name.is_empty() {
        module.name = name.to_string();
    }
    Ok(module)
}

fn walk(bytes: &[u8]) -> Result<CoreModule<'_>, ValidationError> {
    let mut builder = ModuleBuilder::new(bytes, 0);
    let mut bodies = BodyWalker::default();
    let mut validator = Validator::new_with_features(features());
    let mut parser = Parser::new(0);
    parser.set_features(features());
    for payload in parser.parse_all(bytes) {
        let payload = payload?;
        match guard::validate(&mut validator, &payload, bytes)? {
            ValidPayload::Func(func, body) => {
                let body = bodies.walk(func, &body, 0, builder.noted())?;
                builder.body(body);
            }
            ValidPayload::Ok | ValidPayload::Parser(_) | ValidPayload::End(_) => builder.section(payload)?,
        }
    }
    Ok(builder.finish())
}
