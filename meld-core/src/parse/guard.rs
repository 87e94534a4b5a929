//! Before the validator.
//!
//! In: a payload that the validator has not seen. Out: what the validator says of it, or a refusal where it would say
//! nothing but panic or exhaust the stack ([`super::depth`], [`named`](fn@super::named)). Code that validates bytes of an
//! input that may be a component does it here.

use super::depth::too_deep;
use super::named::named_twice;
use crate::error::ValidationError;
use crate::input::features;
use crate::maps::Set;
#[cfg(feature = "wit")]
use wasmparser::Parser;
use wasmparser::component_types::ComponentTypeId;
use wasmparser::{BinaryReader, Payload, ValidPayload, Validator};

/// What has been looked at in the inputs of a validator.
#[derive(Default)]
pub(crate) struct Guard {
    /// Components that may be instantiated.
    once: Set<ComponentTypeId>,
}

impl Guard {
    /// Validates a payload of `input`. Function bodies are handed out, not validated.
    pub(crate) fn validate<'a>(
        &mut self,
        validator: &mut Validator,
        payload: &Payload<'a>,
        input: &[u8],
    ) -> Result<ValidPayload<'a>, ValidationError> {
        if let Payload::ComponentTypeSection(section) = payload {
            let range = section.range();
            let bytes = &input[range.start as usize..range.end as usize];
            let reader = BinaryReader::new_features(bytes, range.start, features());
            if let Some(offset) = too_deep(reader) {
                return Err(ValidationError::Unsupported { offset, what: "types nested more than 100 deep" });
            }
        }
        if let (Payload::ComponentInstanceSection(section), Some(types)) = (payload, validator.types(0))
            && let Some(offset) = named_twice(types, section, &mut self.once)
        {
            let what = "instantiations of a component that imports one type under two names";
            return Err(ValidationError::Unsupported { offset, what });
        }
        Ok(validator.payload(payload)?)
    }
}

/// Validates all of `input` but function bodies. After that, any validator may see it.
#[cfg(feature = "wit")]
pub(crate) fn validate_types(input: &[u8]) -> Result<(), ValidationError> {
    let (mut guard, mut validator) = (Guard::default(), Validator::new_with_features(features()));
    for payload in Parser::new(0).parse_all(input) {
        guard.validate(&mut validator, &payload?, input)?;
    }
    Ok(())
}
