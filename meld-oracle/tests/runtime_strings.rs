//! The string transcoders of `meld-core/runtime` against a model written from the specification.
//!
//! Each transcoder is instantiated alone, in both of its forms, with a realloc and traps of our own. Compared
//! are the result, the bytes, the sequence of calls of realloc and, where it traps, the class of the trap.
//! A trap may come before or after a call of realloc: the specification cannot tell, and the order is free.

#[path = "runtime_strings/machine.rs"]
mod machine;
#[path = "runtime_strings/model.rs"]
mod model;

use machine::{Machine, NARROW, Placement, encodings, widths};
use meld_core::unstable::abi::Pointer;
use meld_core::unstable::dfg::StringEncoding::{self, CompactUtf16, Utf8, Utf16};
use meld_core::unstable::synth::TrapClass;
use meld_oracle::generate::Random;
use model::{SourceString, TAG};

/// Every pair of encodings in both forms, and of every width of addresses that there is.
fn every_machine(mut test: impl FnMut(&mut Machine)) {
    for simd in [true, false] {
        for src in encodings() {
            for dst in encodings() {
                for pointers in widths(src, dst) {
                    test(&mut Machine::new(src, dst, pointers, simd));
                }
            }
        }
    }
}

/// The well-formed encodings of `text` as sources: both kinds where the encoding is `latin1+utf16`.
fn sources(encoding: StringEncoding, text: &str) -> Vec<SourceString> {
    let utf16 = || text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let units = text.encode_utf16().count() as u32;
    match encoding {
        Utf8 => vec![SourceString { bytes: text.as_bytes().to_vec(), len: text.len() as u32 }],
        Utf16 => vec![SourceString { bytes: utf16(), len: units }],
        CompactUtf16 => {
            let mut all = vec![SourceString { bytes: utf16(), len: units | TAG }];
            if let Ok(latin1) = text.chars().map(|c| u8::try_from(c as u32)).collect::<Result<Vec<u8>, _>>() {
                all.push(SourceString { len: latin1.len() as u32, bytes: latin1 });
            }
            all
        }
    }
}

/// One character of each length and on each side of each border.
const CHARS: &[char] = &[
    '\0',
    'a',
    '\x7f',
    '\u{80}',
    '\u{e9}',
    '\u{ff}',
    '\u{100}',
    '\u{7ff}',
    '\u{800}',
    '\u{d7ff}',
    '\u{e000}',
    '\u{ffff}',
    '\u{10000}',
    '\u{1f600}',
    '\u{10ffff}',
];

#[test]
fn uniform_text_of_every_length() {
    every_machine(|m| {
        for &c in CHARS {
            for n in (0..100).chain([127, 128, 129, 1000]) {
                let text: String = std::iter::repeat_n(c, n).collect();
                for s in sources(m.src, &text) {
                    m.check(&s, Placement::Middle);
                }
            }
        }
    });
}

#[test]
fn one_odd_character_at_every_position() {
    every_machine(|m| {
        for filler in ['x', '\u{e9}', '\u{20ac}', '\u{1f600}'] {
            for n in [1, 2, 7, 8, 9, 15, 16, 17, 33, 64, 81] {
                for at in 0..n {
                    for odd in ['y', '\u{ff}', '\u{100}', '\u{ffff}', '\u{10000}'] {
                        let text: String = (0..n).map(|i| if i == at { odd } else { filler }).collect();
                        for s in sources(m.src, &text) {
                            m.check(&s, Placement::Middle);
                        }
                    }
                }
            }
        }
    });
}

#[test]
fn random_text_at_the_end_of_memory() {
    let mut random = Random::new(0x9e37_79b9_7f4a_7c15);
    every_machine(|m| {
        for round in 0..1500 {
            // Some texts keep to the first characters of the list, so that Latin-1 is common.
            let alphabet = &CHARS[..[2, 3, 6, 9, CHARS.len()][round % 5]];
            let n = random.below(90);
            let text: String = (0..n).map(|_| alphabet[random.below(alphabet.len())]).collect();
            for s in sources(m.src, &text) {
                m.check(&s, [Placement::End, Placement::Middle, Placement::Grow][round % 3]);
            }
        }
    });
}

/// Runs random code units, most of which are malformed somewhere.
#[test]
fn random_units() {
    let mut random = Random::new(7);
    every_machine(|m| {
        for _ in 0..1500 {
            let n = random.below(40);
            let common = [0x61, 0xd8, 0xdc, 0xc3, 0xe2, 0xf0, 0x80, 0x00];
            let bytes: Vec<u8> = (0..2 * n)
                .map(|_| if random.below(3) == 0 { random.bits() as u8 } else { common[random.below(8)] })
                .collect();
            let len = match m.src {
                Utf8 => bytes.len() as u32,
                Utf16 => n as u32,
                CompactUtf16 if random.below(2) == 0 => n as u32 | TAG,
                CompactUtf16 => bytes.len() as u32,
            };
            m.check(&SourceString { bytes, len }, Placement::Middle);
        }
    });
}

/// Bytes on both sides of every border of "Well-Formed UTF-8 Byte Sequences".
const BORDERS: &[u8] = &[
    0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xef, 0xf0, 0xf1, 0xf4,
    0xf5, 0xff,
];

/// All sequences of four border bytes, somewhere in a text, and cut off at its end.
#[test]
fn utf8_borders() {
    for simd in [true, false] {
        for dst in encodings() {
            let mut m = Machine::new(Utf8, dst, NARROW, simd);
            let mut case = 0;
            for &a in BORDERS {
                for &b in BORDERS {
                    for &c in BORDERS {
                        for &d in BORDERS {
                            case += 1;
                            // The UTF-8 destination has its own validator; for the others a sample will do.
                            if dst != Utf8 && case % 7 != 0 {
                                continue;
                            }
                            let before = case % 35;
                            let after = case % 3 * (case % 19);
                            let mut bytes = vec![b'x'; before];
                            bytes.extend([a, b, c, d]);
                            bytes.resize(before + 4 + after, b'y');
                            m.check(&SourceString { len: bytes.len() as u32, bytes }, Placement::Middle);
                        }
                    }
                }
            }
        }
    }
}

/// Every class of malformed UTF-8 at every position, in ASCII and in multi-byte text.
#[test]
fn malformed_utf8_everywhere() {
    let malformed: &[&[u8]] = &[
        &[0x80],
        &[0xbf],
        &[0xc0, 0x80],
        &[0xc1, 0xbf],
        &[0xc2],
        &[0xc2, 0x80, 0x80],
        &[0xdf, 0xc2],
        &[0xe0, 0x80, 0x80],
        &[0xe0, 0x9f, 0xbf],
        &[0xe1, 0x80],
        &[0xe1],
        &[0xed, 0xa0, 0x80],
        &[0xed, 0xbf, 0xbf],
        &[0xef, 0xbf],
        &[0xf0, 0x80, 0x80, 0x80],
        &[0xf0, 0x8f, 0xbf, 0xbf],
        &[0xf0, 0x90, 0x80],
        &[0xf1, 0x80],
        &[0xf4],
        &[0xf4, 0x90, 0x80, 0x80],
        &[0xf5, 0x80, 0x80, 0x80],
        &[0xf8, 0x88, 0x80, 0x80, 0x80],
        &[0xfe],
        &[0xff],
    ];
    for simd in [true, false] {
        for dst in encodings() {
            let mut m = Machine::new(Utf8, dst, NARROW, simd);
            for bad in malformed {
                for filler in ["x", "\u{e9}", "\u{20ac}", "\u{1f600}"] {
                    for total in [0, 1, 7, 16, 33, 70] {
                        let count = total / filler.len();
                        for at in 0..=count {
                            let mut bytes = filler.repeat(at).into_bytes();
                            bytes.extend_from_slice(bad);
                            bytes.extend_from_slice(filler.repeat(count - at).as_bytes());
                            assert!(std::str::from_utf8(&bytes).is_err());
                            m.check(&SourceString { len: bytes.len() as u32, bytes }, Placement::End);
                        }
                    }
                }
            }
        }
    }
}

/// Every kind of unpaired surrogate at every position.
#[test]
fn malformed_utf16_everywhere() {
    let malformed: &[&[u16]] =
        &[&[0xd800], &[0xdbff], &[0xdc00], &[0xdfff], &[0xdc00, 0xd800], &[0xd800, 0xd800, 0xdc00]];
    for simd in [true, false] {
        for (src, tag) in [(Utf16, 0), (CompactUtf16, TAG)] {
            for dst in encodings() {
                let mut m = Machine::new(src, dst, NARROW, simd);
                for bad in malformed {
                    for filler in ["x", "\u{e9}", "\u{20ac}", "\u{1f600}"] {
                        for count in [0, 1, 3, 8, 17, 40] {
                            for at in 0..=count {
                                let mut units: Vec<u16> = filler.repeat(at).encode_utf16().collect();
                                units.extend_from_slice(bad);
                                units.extend(filler.repeat(count - at).encode_utf16());
                                let bytes = units.iter().flat_map(|u| u.to_le_bytes()).collect();
                                m.check(&SourceString { bytes, len: units.len() as u32 | tag }, Placement::End);
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Lengths, alignments and ranges of the source, in the order of the specification's checks.
#[test]
fn source_ranges() {
    every_machine(|m| {
        let size = m.src_size();
        let tags: &[u32] = if m.src == CompactUtf16 { &[0, TAG] } else { &[0] };
        for ptr in [0, 1, 2, size - 2, size - 1, size, size + 1, size + 2, u32::MAX - 1, u32::MAX] {
            for &tag in tags {
                for len in
                    [0, 1, 2, 3, size, 0x07ff_ffff, 0x0800_0000, 0x0fff_ffff, 0x1000_0000, 0x4000_0000, 0x7fff_ffff]
                {
                    m.check_range(ptr, len | tag);
                }
                if m.src != CompactUtf16 {
                    m.check_range(ptr, 0x8000_0000);
                    m.check_range(ptr, u32::MAX);
                }
            }
        }
    });
}

/// Pointers and lengths beyond 32 bits, whose low halves would do.
#[test]
fn source_ranges_beyond_32_bits() {
    for simd in [true, false] {
        for src in [Utf8, Utf16] {
            for dst in [Utf8, Utf16] {
                for to in [Pointer::W32, Pointer::W64] {
                    let mut m = Machine::new(src, dst, (Pointer::W64, to), simd);
                    for ptr in [1 << 32, (1 << 32) + 8, 1 << 63, u64::MAX - 7, u64::MAX - 1] {
                        for len in [0, 2, 8] {
                            assert_eq!(m.trap_of_range(ptr, len), Some(TrapClass::StringOutOfBounds));
                        }
                    }
                    for len in [1 << 32, (1 << 32) + 2, 1 << 63, u64::MAX] {
                        assert_eq!(m.trap_of_range(0, len), Some(TrapClass::StringTooLong));
                    }
                }
            }
        }
    }
}

/// What realloc returns is checked after each call, against the memory's size at that time.
#[test]
fn hostile_realloc() {
    every_machine(|m| {
        for text in ["", "a", "abc", "\u{e9}", "a\u{e9}", "a\u{20ac}", "a\u{20ac}b\u{1f600}"] {
            for s in sources(m.src, text) {
                for call in 0..3 {
                    m.check(&s, Placement::Unaligned(call));
                    m.check(&s, Placement::OutOfBounds(call));
                    m.check(&s, Placement::FarOutOfBounds(call));
                }
            }
        }
    });
}

/// `page_log2` gives the unit of the memory's size: here memories with pages of one byte.
#[test]
fn pages_of_one_byte() {
    for simd in [true, false] {
        for src in encodings() {
            for dst in encodings() {
                let mut m = Machine::with_byte_pages(src, dst, NARROW, simd);
                for text in
                    ["", "ab", "plain text of thirty-two bytes..", "d\u{e9}j\u{e0} vu", "\u{20ac}\u{1f600} and more"]
                {
                    for s in sources(src, text) {
                        m.check(&s, Placement::End);
                        m.check(&s, Placement::OutOfBounds(0));
                    }
                }
                let size = m.src_size();
                for ptr in [size - 2, size, size + 2] {
                    m.check_range(ptr, 0);
                    m.check_range(ptr, 2);
                }
            }
        }
    }
}
