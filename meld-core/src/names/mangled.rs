//! Mangled symbols.
//!
//! In: a name, and the path of the instance that it belongs to. Out: whether it is mangled, and the name with the path behind it. Demanglers
//! look at the beginning of a name, so a path in front of it would hide it from them. They take a suffix behind a dot: for Rust any
//! characters that are visible ASCII, in the Itanium ABI of C++ letters, digits and `_`. What else is in a path becomes `_`.
//! `wasm-tools demangle`, wasmtime and LLVM have been tried ([ADR 54](../../../docs/adr/0054-names-stay-demanglable.md)).

/// How a symbol is mangled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mangling {
    /// As Rust does, in either version.
    Rust,
    /// As C++ does.
    Itanium,
}

impl Mangling {
    /// How `name` is mangled, if it is.
    pub(super) fn of(name: &str) -> Option<Self> {
        let after = |prefix: &str| name.strip_prefix(prefix);
        if after("_R").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase() || c.is_ascii_digit())) {
            return Some(Mangling::Rust);
        }
        after("_Z")?;
        // The older version of Rust has the form of a nested name of C++ whose last part is a hash.
        let hash = name.rfind("17h").filter(|_| name.starts_with("_ZN")).and_then(|at| name.get(at + 3..at + 20));
        let is_hash = |hash: &str| hash.ends_with('E') && hash.bytes().take(16).all(|byte| byte.is_ascii_hexdigit());
        Some(if hash.is_some_and(is_hash) { Mangling::Rust } else { Mangling::Itanium })
    }

    /// Appends `name` with `path` behind it.
    pub(super) fn append(self, name: &str, path: &str, out: &mut String) {
        out.push_str(name);
        out.push('.');
        match self {
            Mangling::Rust => out.extend(path.chars().map(|c| if c.is_ascii_graphic() { c } else { '_' })),
            Mangling::Itanium => {
                // What begins with a digit would be a number.
                if path.starts_with(|c: char| c.is_ascii_digit()) {
                    out.push('_');
                }
                out.extend(path.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Mangling;

    const LEGACY: &str = "_ZN5shout4boom17he5e2a5b6c7d8e9f0E";
    const V0: &str = "_RNvCs1234_7mycrate3foo";
    const CPP: &str = "_ZN3foo3barERKS_";

    #[test]
    fn symbols_are_recognized() {
        for (name, mangling) in [
            (LEGACY, Some(Mangling::Rust)),
            ("_ZN5shout4boom17he5e2a5b6c7d8e9f0E.llvm.123", Some(Mangling::Rust)),
            (V0, Some(Mangling::Rust)),
            (CPP, Some(Mangling::Itanium)),
            ("_Z3fooi", Some(Mangling::Itanium)),
            ("_ZN3foo17hlaEv", Some(Mangling::Itanium)),
            ("malloc", None),
            ("_Reset", None),
            ("__wasm_call_ctors", None),
            ("", None),
        ] {
            assert_eq!(Mangling::of(name), mangling, "{name}");
        }
    }

    #[test]
    fn demanglers_still_read_them() {
        for path in ["shout/main", "a:b/c@1.0.0#2", "5/0", "größe/main"] {
            let with = |mangling: Mangling, name: &str| {
                let mut out = String::new();
                mangling.append(name, path, &mut out);
                out
            };
            for (name, demangled) in [(LEGACY, "shout::boom"), (V0, "mycrate::foo")] {
                let shown = format!("{:#}", rustc_demangle::try_demangle(&with(Mangling::Rust, name)).unwrap());
                assert!(shown.starts_with(demangled), "{shown}");
                assert!(shown.contains("main") || !path.contains("main"), "{shown}");
            }
            for (name, demangled) in [(CPP, "foo::bar(foo const&)"), ("_Z3fooi", "foo(int)")] {
                let symbol = cpp_demangle::Symbol::new(with(Mangling::Itanium, name)).unwrap();
                let shown = symbol.demangle().unwrap();
                assert!(shown.starts_with(demangled), "{shown}");
            }
        }
    }
}
