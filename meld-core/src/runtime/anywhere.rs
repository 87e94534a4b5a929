//! Functions of the runtime that work on addresses from anywhere.
//!
//! In: nothing. Out: for the transcoders, the functions that only read and write between addresses that they are given: they check no range,
//! and call no `realloc`. If all memories are windows of one, each does the same with addresses of the one memory, so that all windows
//! can have the same. A module exports them by name; what is not listed here knows its memory's size or base.

/// One of the two memories of a transcoder: it imports the source first, and then the destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TranscoderSide {
    Source,
    Destination,
}

impl TranscoderSide {
    /// The memory index in the module.
    pub(crate) fn memory(self) -> u32 {
        match self {
            TranscoderSide::Source => 0,
            TranscoderSide::Destination => 1,
        }
    }
}

/// A function, by the name of its export.
#[derive(Debug)]
pub(crate) struct FromAnywhere {
    pub(crate) name: &'static str,
    /// In which memory the address is that a parameter is; `None` for one that is none.
    pub(crate) params: &'static [Option<TranscoderSide>],
    /// The same of its first result.
    pub(crate) result: Option<TranscoderSide>,
}

const S: Option<TranscoderSide> = Some(TranscoderSide::Source);
const D: Option<TranscoderSide> = Some(TranscoderSide::Destination);

macro_rules! list {
    ($($name:literal: [$($param:expr),*] -> $result:expr;)*) => {
        &[$(FromAnywhere { name: $name, params: &[$($param),*], result: $result }),*]
    };
}

impl FromAnywhere {
    /// Those of all transcoders.
    pub(crate) const ALL: &'static [FromAnywhere] = list! {
        "copy_utf8": [S, D, None] -> None;
        "copy_short_utf8": [S, D, None] -> None;
        "copy_multibyte": [S, D, S, None] -> None;
        "copy_word": [S, D, None] -> None;
        "utf8_to_utf16": [S, S, D] -> D;
        "widen_ascii": [S, D, None] -> None;
        "decode_utf8": [S, S] -> None;
        "load_tail": [S, None] -> None;
        "convert_utf16": [S, S, D] -> D;
        "convert_latin1": [S, S, D] -> D;
        "narrow": [S, D, None, None] -> None;
        "copy_utf16": [S, D, None] -> None;
        "copy_short_utf16": [S, D, None] -> None;
        "copy_ascii": [S, D, None] -> None;
        "widen_latin1": [S, D, None] -> None;
        "inflate": [D, None] -> None;
        "deflate": [D, None] -> None;
    };
}
