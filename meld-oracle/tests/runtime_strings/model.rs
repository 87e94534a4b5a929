//! `load_string_from_range` and `store_string_into_range` of the Canonical ABI, as a model to compare with:
//! one step after the other, whole strings, no thought of speed.

use meld_core::unstable::dfg::StringEncoding::{self, CompactUtf16, Utf8, Utf16};
use meld_core::unstable::synth::TrapClass;

/// The bit that says UTF-16 in a length of `latin1+utf16`.
pub(crate) const TAG: u32 = 0x8000_0000;

/// Contents and (tagged) length of a source string.
#[derive(Debug, Clone)]
pub(crate) struct SourceString {
    pub(crate) bytes: Vec<u8>,
    pub(crate) len: u32,
}

/// A destination: its realloc and its memory.
pub(crate) trait Destination {
    /// Calls realloc.
    fn realloc(&mut self, old: u32, old_bytes: u32, align: u32, bytes: u32) -> u32;
    /// The memory's size in bytes.
    fn size(&self) -> u64;
    /// Writes.
    fn write(&mut self, ptr: u32, bytes: &[u8]);
}

#[derive(Clone, Copy, PartialEq)]
enum Simple {
    Utf8,
    Utf16,
    Latin1,
}

/// `load_string_from_range` then `store_string_into_range`.
pub(crate) fn transcode(
    (src, memory): (StringEncoding, &[u8]),
    (ptr, tagged): (u32, u32),
    dst: StringEncoding,
    to: &mut dyn Destination,
) -> Result<(u32, u32), TrapClass> {
    let (simple, units, align) = match src {
        Utf8 => (Simple::Utf8, tagged, 1),
        Utf16 => (Simple::Utf16, tagged, 2),
        CompactUtf16 if tagged & TAG != 0 => (Simple::Utf16, tagged ^ TAG, 2),
        CompactUtf16 => (Simple::Latin1, tagged, 2),
    };
    let bytes = u64::from(units) * if simple == Simple::Utf16 { 2 } else { 1 };
    if bytes > (1 << 28) - 1 {
        return Err(TrapClass::StringTooLong);
    }
    if !ptr.is_multiple_of(align) {
        return Err(TrapClass::PointerUnaligned);
    }
    let range = u64::from(ptr)..u64::from(ptr) + bytes;
    if range.end > memory.len() as u64 {
        return Err(TrapClass::StringOutOfBounds);
    }
    let bytes = &memory[range.start as usize..range.end as usize];
    let text: String = match simple {
        Simple::Utf8 => std::str::from_utf8(bytes).map_err(|_| TrapClass::Utf8)?.to_owned(),
        Simple::Utf16 => {
            let units: Vec<u16> = bytes.chunks(2).map(|b| u16::from_le_bytes([b[0], b[1]])).collect();
            String::from_utf16(&units).map_err(|_| TrapClass::Utf16)?
        }
        Simple::Latin1 => bytes.iter().map(|&b| char::from(b)).collect(),
    };
    store(&text, simple, units, (src, dst), to)
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn latin1(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|c| u8::try_from(c as u32).ok()).collect()
}

fn store(
    text: &str,
    simple: Simple,
    units: u32,
    (src, dst): (StringEncoding, StringEncoding),
    to: &mut dyn Destination,
) -> Result<(u32, u32), TrapClass> {
    match (dst, simple) {
        (Utf8, Simple::Utf8) => copy(text.as_bytes(), 1, units, to),
        (Utf8, Simple::Utf16) => to_utf8(text, units, 3 * units, to),
        (Utf8, Simple::Latin1) => to_utf8(text, units, 2 * units, to),
        (Utf16, Simple::Utf8) => {
            let (worst, encoded) = (2 * units, utf16(text));
            let mut ptr = allocate(to, 0, 0, 2, worst)?;
            to.write(ptr, &encoded);
            if (encoded.len() as u32) < worst {
                ptr = allocate(to, ptr, worst, 2, encoded.len() as u32)?;
            }
            Ok((ptr, encoded.len() as u32 / 2))
        }
        (Utf16, Simple::Utf16 | Simple::Latin1) => copy(&utf16(text), 2, units, to),
        (CompactUtf16, Simple::Latin1) => copy(&latin1(text).expect("the source is Latin-1"), 2, units, to),
        (CompactUtf16, Simple::Utf16) if src == CompactUtf16 => probably_utf16(text, units, to),
        (CompactUtf16, Simple::Utf8 | Simple::Utf16) => latin1_or_utf16(text, units, to),
    }
}

/// `reallocate` and the checks that follow it everywhere.
fn allocate(to: &mut dyn Destination, old: u32, old_bytes: u32, align: u32, bytes: u32) -> Result<u32, TrapClass> {
    let ptr = to.realloc(old, old_bytes, align, bytes);
    if !ptr.is_multiple_of(align) {
        return Err(TrapClass::ReallocUnaligned);
    }
    if u64::from(ptr) + u64::from(bytes) > to.size() {
        return Err(TrapClass::ReallocOutOfBounds);
    }
    Ok(ptr)
}

/// `store_string_copy`
fn copy(encoded: &[u8], align: u32, units: u32, to: &mut dyn Destination) -> Result<(u32, u32), TrapClass> {
    let ptr = allocate(to, 0, 0, align, encoded.len() as u32)?;
    to.write(ptr, encoded);
    Ok((ptr, units))
}

/// `store_string_to_utf8`
fn to_utf8(text: &str, units: u32, worst: u32, to: &mut dyn Destination) -> Result<(u32, u32), TrapClass> {
    let mut ptr = allocate(to, 0, 0, 1, units)?;
    let Some(ascii) = text.bytes().position(|b| b >= 0x80) else {
        to.write(ptr, text.as_bytes());
        return Ok((ptr, units));
    };
    to.write(ptr, &text.as_bytes()[..ascii]);
    ptr = allocate(to, ptr, units, 1, worst)?;
    to.write(ptr + ascii as u32, &text.as_bytes()[ascii..]);
    if (text.len() as u32) < worst {
        ptr = allocate(to, ptr, worst, 1, text.len() as u32)?;
    }
    Ok((ptr, text.len() as u32))
}

/// `store_string_to_latin1_or_utf16`
fn latin1_or_utf16(text: &str, units: u32, to: &mut dyn Destination) -> Result<(u32, u32), TrapClass> {
    let mut ptr = allocate(to, 0, 0, 2, units)?;
    if let Some(bytes) = latin1(text) {
        to.write(ptr, &bytes);
        if (bytes.len() as u32) < units {
            ptr = allocate(to, ptr, units, 2, bytes.len() as u32)?;
        }
        return Ok((ptr, bytes.len() as u32));
    }
    let worst = 2 * units;
    ptr = allocate(to, ptr, units, 2, worst)?;
    let encoded = utf16(text);
    to.write(ptr, &encoded);
    if (encoded.len() as u32) < worst {
        ptr = allocate(to, ptr, worst, 2, encoded.len() as u32)?;
    }
    Ok((ptr, (encoded.len() as u32 / 2) | TAG))
}

/// `store_probably_utf16_to_latin1_or_utf16`
fn probably_utf16(text: &str, units: u32, to: &mut dyn Destination) -> Result<(u32, u32), TrapClass> {
    let mut ptr = allocate(to, 0, 0, 2, 2 * units)?;
    let Some(bytes) = latin1(text) else {
        to.write(ptr, &utf16(text));
        return Ok((ptr, units | TAG));
    };
    to.write(ptr, &bytes);
    // The specification says 1, and would then not lift what it has stored.
    ptr = allocate(to, ptr, 2 * units, 2, bytes.len() as u32)?;
    Ok((ptr, bytes.len() as u32))
}
