//! Numbers of bytes, as people write them.
//!
//! In: the text of an option. Out: how many bytes. Units are those of memories: each is 1024 of the one before, however it is
//! spelled.

/// What a size may look like, for help and messages.
pub(crate) const EXAMPLES: &str = "4096, 64K, 64KiB, 2M or 0x10000";

/// Log2 of the factor of a unit.
const UNITS: [(&str, u32); 11] = [
    ("", 0),
    ("B", 0),
    ("K", 10),
    ("KB", 10),
    ("KIB", 10),
    ("M", 20),
    ("MB", 20),
    ("MIB", 20),
    ("G", 30),
    ("GB", 30),
    ("GIB", 30),
];

/// Parses a number of bytes: digits, with `_` between them where one likes, and perhaps a unit; or `0x` and hexadecimal
/// digits, without one.
pub(crate) fn parse_size(text: &str) -> Result<u64, String> {
    let unknown = || format!("`{text}` is not a size such as {EXAMPLES}");
    let (digits, radix, log2) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => (digits, 16, 0),
        None => {
            let end = text.find(|c: char| c != '_' && !c.is_ascii_digit()).unwrap_or(text.len());
            // There may be a space in front of a unit.
            let rest = &text[end..];
            let unit = rest.strip_prefix(' ').filter(|unit| !unit.is_empty()).unwrap_or(rest).to_ascii_uppercase();
            let known = UNITS.iter().find(|(known, _)| *known == unit);
            (&text[..end], 10, known.ok_or_else(unknown)?.1)
        }
    };
    let grouped = digits.split('_').all(|group| !group.is_empty() && group.chars().all(|c| c.is_digit(radix)));
    if !grouped {
        return Err(unknown());
    }
    let number = u64::from_str_radix(&digits.replace('_', ""), radix).ok();
    number.and_then(|number| number.checked_mul(1 << log2)).ok_or_else(|| format!("`{text}` is too large"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for text in [
            "65536", "64k", "64K", "64kb", "64KB", "64KiB", "64kib", "64 KiB", "65_536", "65536B", "0x10000",
            "0x1_0000",
        ] {
            assert_eq!(parse_size(text), Ok(65536), "{text}");
        }
        for text in ["1M", "1m", "1MB", "1MiB", "1024K", "0X100000", "1_024KiB"] {
            assert_eq!(parse_size(text), Ok(1 << 20), "{text}");
        }
        assert_eq!((parse_size("3GiB"), parse_size("0"), parse_size("0x1b")), (Ok(3 << 30), Ok(0), Ok(27)));
        for wrong in
            ["", "K", "-1", "1.5M", "64KX", "64 K B", "0x", "0xg", "0x10K", "_1", "1_", "1__0", " 1", "1 ", "1Ki", "1T"]
        {
            assert!(parse_size(wrong).is_err_and(|why| why.contains("not a size")), "{wrong}");
        }
        for large in ["99999999999GiB", "18446744073709551616", "0x1_0000_0000_0000_0000"] {
            assert!(parse_size(large).is_err_and(|why| why.contains("too large")), "{large}");
        }
    }
}
