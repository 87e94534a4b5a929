//! CNames in C.
//!
//! In: names of WIT and of core modules, which may have any characters. Out: identifiers of C, all different; and the names that wasm2c gives
//! to what it translates.

use std::collections::BTreeSet;
use std::fmt::Write;

/// Identifiers that are taken.
#[derive(Default)]
pub(super) struct CNames {
    taken: BTreeSet<String>,
}

impl CNames {
    /// Takes `wanted`, or, if it is taken, `longer`, or that with a number.
    pub(super) fn claim_or(&mut self, wanted: String, longer: &str) -> String {
        if self.taken.insert(wanted.clone()) {
            return wanted;
        }
        let numbered = (2..).map(|number| format!("{longer}_{number}"));
        let free = std::iter::once(longer.to_owned()).chain(numbered).find(|name| !self.taken.contains(name));
        let free = free.expect("there are more numbers than names");
        self.taken.insert(free.clone());
        free
    }

    /// Takes `wanted`, or that with a number.
    pub(super) fn claim(&mut self, wanted: String) -> String {
        let longer = wanted.clone();
        self.claim_or(wanted, &longer)
    }
}

/// Letters, digits, and one `_` for what is between them: `ns:pkg/iface` is `ns_pkg_iface`.
pub(super) fn identifier(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("_")
}

/// The identifier of names on a way, without versions: `ns:pkg/iface@1.0.0` and `f` are `ns_pkg_iface_f`.
pub(super) fn path(names: &[String]) -> String {
    let parts = names.iter().map(|name| identifier(name.split('@').next().unwrap_or(name)));
    parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("_")
}

/// For a constant: `memory$1` is `MEMORY_1`.
pub(super) fn constant(name: &str) -> String {
    identifier(name).to_ascii_uppercase()
}

/// A name inside of a struct, which is no keyword.
pub(super) fn field(name: &str) -> String {
    const KEYWORDS: &[&str] = &[
        "asm", "auto", "bool", "break", "case", "char", "const", "continue", "default", "do", "double", "else", "enum",
        "extern", "false", "float", "for", "goto", "if", "inline", "int", "long", "register", "restrict", "return",
        "short", "signed", "sizeof", "static", "struct", "switch", "true", "typedef", "typeof", "union", "unsigned",
        "void", "volatile", "while", "linux", "unix", "arm",
    ];
    let name = identifier(name);
    match KEYWORDS.contains(&&*name) || name.starts_with(|c: char| c.is_ascii_digit()) {
        true => format!("{name}_").trim_start_matches(|c: char| c.is_ascii_digit()).to_owned(),
        false => name,
    }
}

/// How wasm2c 1.0.42 writes a name: letters and digits stay, and so does a `_` between them; any other byte is `0x` and its two digits. So is a
/// digit that would be read as one of these. In the name of a module a `_` is two.
pub(super) fn mangled(name: &str, is_module: bool) -> String {
    let mut out = String::new();
    let bytes = name.as_bytes();
    // How much of `0x` the last bytes are, and whether a `_` was written last.
    let (mut hex, mut underscore) = (0, false);
    for (at, &byte) in bytes.iter().enumerate() {
        let digit = hex == 2 && (byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte));
        hex = match (hex, byte) {
            (0, b'0') => 1,
            (1, b'x') => 2,
            _ => 0,
        };
        let stays = match byte {
            b'_' => at > 0 && at + 1 < bytes.len() && !underscore,
            _ => byte.is_ascii_alphanumeric() && !digit,
        };
        underscore = stays && byte == b'_';
        match stays {
            true if underscore && is_module => out.push_str("__"),
            true => out.push(char::from(byte)),
            false => {
                let _ = write!(out, "0x{byte:02X}");
            }
        }
    }
    out
}

/// Text in a comment of one line.
pub(super) fn comment(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || c == '\\' { '?' } else { c }).collect()
}

/// A string literal, or a part of one.
pub(super) fn string(text: &str) -> String {
    let mut out = String::new();
    for &byte in text.as_bytes() {
        match byte {
            b'"' | b'\\' | b'?' | 0..0x20 | 0x7f.. => {
                let _ = write!(out, "\\{byte:03o}");
            }
            _ => out.push(char::from(byte)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `wasm2c` 1.0.42 has written them.
    #[test]
    fn names_of_wasm2c() {
        for (name, expected) in [
            ("a_b", "a_b"),
            ("__x", "0x5F_x"),
            ("x__", "x_0x5F"),
            ("a__b", "a_0x5Fb"),
            ("a___b", "a_0x5F_b"),
            ("ns:p/i@1.0.0#f", "ns0x3Ap0x2Fi0x4010x2E00x2E00x23f"),
            ("xZGxa_1-A", "xZGxa_10x2DA"),
            ("__1_::", "0x5F_1_0x3A0x3A"),
            ("$root", "0x24root"),
            ("0x41", "0x0x341"),
        ] {
            assert_eq!(mangled(name, false), expected, "{name}");
        }
        assert_eq!(mangled("__1_::", true), "0x5F__1__0x3A0x3A");
        assert_eq!(mangled("a_b", true), "a__b");
    }

    #[test]
    fn identifiers_differ() {
        let mut names = CNames::default();
        assert_eq!(names.claim_or("a".into(), "a_1"), "a");
        assert_eq!(names.claim_or("a".into(), "a_1"), "a_1");
        assert_eq!(names.claim_or("a".into(), "a_1"), "a_1_2");
        assert_eq!(path(&["ns:pkg/iface@1.0.0".into(), "do-it".into()]), "ns_pkg_iface_do_it");
        assert_eq!(field("int"), "int_");
        assert_eq!(string("a\"\u{fc}"), "a\\042\\303\\274");
    }
}
