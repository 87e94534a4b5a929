//! Numbers in as few bytes as they need.
//!
//! In: a number below 2^32. Out: its LEB128, and back. What the walk notes of bodies is written so ([`super::relocations`],
//! [`super::references`]): nearly all of it is small, there is as much of it as there is code, and it lives until the
//! output is written.
//! Rejected: the readers of wasmparser, which expect that bytes may be wrong. These are our own.

/// Appends a number.
#[inline]
pub(super) fn put(mut value: u32, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Reads a number that [`put`] has written. `None` at the end.
#[inline]
pub(super) fn take(bytes: &mut std::slice::Iter<'_, u8>) -> Option<u32> {
    let mut byte = *bytes.next()?;
    let mut value = u32::from(byte & 0x7f);
    let mut shift = 7;
    while byte & 0x80 != 0 {
        byte = *bytes.next().expect("a number is written as a whole");
        value |= u32::from(byte & 0x7f) << shift;
        shift += 7;
    }
    Some(value)
}
