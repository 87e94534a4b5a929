//! An input in the binary format.
//!
//! In: bytes. Out: the same bytes, or the assembled text.

use crate::error::{Cause, InputError};
use crate::recognize;
use std::borrow::Cow;

/// `bytes` in the binary format: as they are, or assembled from text.
pub(crate) fn binary<'b>(name: &str, bytes: &'b [u8]) -> Result<Cow<'b, [u8]>, InputError> {
    match wat::Detect::from_bytes(bytes) {
        wat::Detect::WasmBinary => Ok(Cow::Borrowed(bytes)),
        wat::Detect::WasmText => match wat::parse_bytes(bytes) {
            Ok(binary) => Ok(binary),
            Err(mut source) => {
                source.set_path(name);
                Err(InputError::Text { input: name.to_string(), source: Cause::new(source) })
            }
        },
        wat::Detect::Unknown => Err(match recognize::unlike_wasm(bytes) {
            Some(what) => InputError::Foreign { input: name.to_string(), what },
            None => InputError::Unknown { input: name.to_string() },
        }),
    }
}
