//! One core module by itself.
//!
//! In: the bytes of a core module. Out: the same [`CoreModule`] that one inside a component gives. Tests of the later
//! stages come this way, and the runtime's own modules: these are known to be valid, and are not validated whenever
//! somebody fuses. What is merged of them is validated with everything else, when it has been written.

use super::body::BodyWalker;
use super::builder::ModuleBuilder;
use super::guard::Guard;
use crate::error::{ParseError, ValidationError};
use crate::input::{CoreModule, features};
use wasmparser::{BinaryReaderError, Parser, Payload, ValidPayload, Validator};

/// Parses and validates one core module. `name` is used in messages, and for a module without a name.
pub fn parse_module<'a>(name: &str, bytes: &'a [u8]) -> Result<CoreModule<'a>, ParseError> {
    let (input, at) = (|| name.to_string(), || "the core module".to_string());
    let module = walk(bytes).map_err(|error| match error {
        ValidationError::Invalid(source) => ParseError::Invalid { input: input(), at: at(), source },
        ValidationError::Unsupported { offset, what } => {
            ParseError::Unsupported { input: input(), at: at(), offset, what }
        }
    })?;
    Ok(named(name, module))
}

/// Parses a core module that is known to be valid.
pub(crate) fn parse_valid_module<'a>(name: &str, bytes: &'a [u8]) -> Result<CoreModule<'a>, BinaryReaderError> {
    let mut builder = ModuleBuilder::new(bytes, 0);
    let mut bodies = BodyWalker::default();
    let mut parser = Parser::new(0);
    parser.set_features(features());
    for payload in parser.parse_all(bytes) {
        match payload? {
            Payload::CodeSectionEntry(body) => {
                let body = bodies.walk_valid(&body, builder.noted())?;
                builder.body(body);
            }
            payload => builder.section(payload)?,
        }
    }
    Ok(named(name, builder.finish()))
}

fn named<'a>(name: &str, mut module: CoreModule<'a>) -> CoreModule<'a> {
    if module.name.is_empty() {
        module.name = name.to_string();
    }
    module
}

fn walk(bytes: &[u8]) -> Result<CoreModule<'_>, ValidationError> {
    let mut builder = ModuleBuilder::new(bytes, 0);
    let mut bodies = BodyWalker::default();
    let (mut guard, mut validator) = (Guard::default(), Validator::new_with_features(features()));
    let mut parser = Parser::new(0);
    parser.set_features(features());
    for payload in parser.parse_all(bytes) {
        let payload = payload?;
        match guard.validate(&mut validator, &payload, bytes)? {
            ValidPayload::Func(func, body) => {
                let body = bodies.walk(func, &body, 0, builder.noted())?;
                builder.body(body);
            }
            ValidPayload::Ok | ValidPayload::Parser(_) | ValidPayload::End(_) => builder.section(payload)?,
        }
    }
    Ok(builder.finish())
}

#[cfg(test)]
mod tests {
    use super::{parse_module, parse_valid_module};

    /// What is taken to be valid is, and is parsed as if it had been validated.
    #[test]
    fn modules_of_the_runtime_are_valid() {
        let mut parsed = 0;
        for entry in std::fs::read_dir(env!("OUT_DIR")).unwrap() {
            let file = entry.unwrap().path();
            if file.extension().is_some_and(|extension| extension == "wasm") {
                let wasm = std::fs::read(&file).unwrap();
                let validated = parse_module("runtime", &wasm).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
                let module = parse_valid_module("runtime", &wasm).unwrap();
                assert_eq!(module.noted, validated.noted, "{}", file.display());
                parsed += 1;
            }
        }
        assert!(parsed > 20, "{parsed}");
    }
}
