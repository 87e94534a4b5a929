//! An input in the binary format.
//!
//! In: bytes. Out: the same bytes, or the assembled text.

#[cfg(feature = "text")]
use crate::error::Cause;
use crate::error::InputError;
use crate::recognize;
use std::borrow::Cow;

/// `bytes` in the binary format: as they are, or assembled from text.
pub(crate) fn binary<'b>(name: &str, bytes: &'b [u8]) -> Result<Cow<'b, [u8]>, InputError> {
    if bytes.starts_with(b"\0asm") {
        return Ok(Cow::Borrowed(bytes));
    }
    if let Some(binary) = assembled(name, bytes)? {
        return Ok(Cow::Owned(binary));
    }
    Err(match recognize::unlike_wasm(bytes) {
        Some(what) => InputError::Foreign { input: name.to_string(), what },
        None => InputError::Unknown { input: name.to_string() },
    })
}

/// What text is in the binary format. `None` if it is no text.
#[cfg(feature = "text")]
fn assembled(name: &str, bytes: &[u8]) -> Result<Option<Vec<u8>>, InputError> {
    if !matches!(wat::Detect::from_bytes(bytes), wat::Detect::WasmText) {
        return Ok(None);
    }
    match wat::parse_bytes(bytes) {
        Ok(binary) => Ok(Some(binary.into_owned())),
        Err(mut source) => {
            source.set_path(name);
            Err(InputError::Text { input: name.to_string(), source: Cause::new(source) })
        }
    }
}

/// An error if the bytes are text.
#[cfg(not(feature = "text"))]
fn assembled(name: &str, bytes: &[u8]) -> Result<Option<Vec<u8>>, InputError> {
    let text = bytes.trim_ascii_start();
    if text.starts_with(b"(") || text.starts_with(b";;") {
        return Err(InputError::NoText { input: name.to_string() });
    }
    Ok(None)
}
