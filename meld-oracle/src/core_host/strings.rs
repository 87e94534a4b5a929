//! Strings in the three encodings (`CanonicalABI.md`, "Loading" and "Storing").

use super::memory::Cx;
use meld_core::unstable::dfg::StringEncoding;
use wasmtime::{Result, bail, ensure};

/// The bit of a length that says UTF-16 in `latin1+utf16`.
const UTF16_TAG: u32 = 1 << 31;
/// Most bytes of a string.
const MAX_BYTES: u64 = (1 << 28) - 1;

/// The string at `ptr`, with `len` code units, tagged where the encoding has tags.
pub(super) fn load(cx: &mut Cx<'_>, ptr: u32, len: u32) -> Result<String> {
    let encoding = cx.encoding;
    let (wide, units) = match cx.encoding {
        StringEncoding::Utf8 => (false, len),
        StringEncoding::Utf16 => (true, len),
        StringEncoding::CompactUtf16 => (len & UTF16_TAG != 0, len & !UTF16_TAG),
    };
    let bytes = u64::from(units) * if wide { 2 } else { 1 };
    ensure!(bytes <= MAX_BYTES, "host: string too long");
    let align = if cx.encoding == StringEncoding::Utf8 { 1 } else { 2 };
    ensure!(ptr.is_multiple_of(align), "host: string pointer not aligned to {align}");
    let Some(content) = cx.contents(ptr, bytes)? else { bail!("host: string pointer/length out of bounds of memory") };
    if wide {
        let units: Vec<u16> = content.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
        return String::from_utf16(&units).map_err(|_| wasmtime::Error::msg("host: invalid utf-16"));
    }
    match encoding {
        StringEncoding::Utf8 => {
            Ok(std::str::from_utf8(&content).map_err(|_| wasmtime::Error::msg("host: invalid utf-8"))?.to_owned())
        }
        _ => Ok(content.iter().map(|byte| char::from(*byte)).collect()),
    }
}

/// Puts `text` into the guest: pointer and length.
pub(super) fn store(cx: &mut Cx<'_>, text: &str) -> Result<(u32, u32)> {
    let wide = || text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let latin1 = || text.chars().map(|c| u8::try_from(c).ok()).collect::<Option<Vec<u8>>>();
    let (bytes, align, unit, tag) = match cx.encoding {
        StringEncoding::Utf8 => (text.as_bytes().to_vec(), 1, 1, 0),
        StringEncoding::Utf16 => (wide(), 2, 2, 0),
        StringEncoding::CompactUtf16 => match latin1() {
            Some(bytes) => (bytes, 2, 1, 0),
            None => (wide(), 2, 2, UTF16_TAG),
        },
    };
    let ptr = cx.realloc(align, bytes.len())?;
    cx.write(ptr, &bytes)?;
    let units = u32::try_from(bytes.len() / unit).expect("test strings are short");
    Ok((ptr, units | tag))
}
