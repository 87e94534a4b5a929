//! Core imports that pass through a component.
//!
//! A core module may import a function by two names that no world declares, `env` and `__cabi_arena_realloc` say. A
//! component has no such imports. It can have a function import at its root, though, whose name is made from the core
//! one; and a core module made of the component can have the core names again. Here is how the names correspond, and
//! nothing else: `crate::componentize` goes the one way, the fuser the other.

use std::fmt;
use std::str::FromStr;

/// A core import by its two names, written `module::field`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CoreName {
    /// The first name, of the module.
    pub module: String,
    /// The second name, of the field.
    pub field: String,
}

/// Why a text is not a [`CoreName`], or a field has no name in a component.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CoreNameError {
    /// There is no `::`.
    #[error("expected MODULE::FIELD")]
    NoSeparator,
    /// What is left of the field is no name of the component model.
    #[error(
        "`{field}` has no counterpart among the names of components, which are words of letters and digits that begin \
         with a letter"
    )]
    NoWords {
        /// The field.
        field: String,
    },
}

/// The name of the embedder's allocator, `env::__cabi_arena_realloc`, as an import at the root of a component.
pub(crate) const ARENA_IMPORT: &str = "cabi-arena-realloc";

impl CoreName {
    /// The embedder's allocator.
    pub(crate) fn arena() -> Self {
        CoreName { module: "env".to_owned(), field: "__cabi_arena_realloc".to_owned() }
    }

    /// The name of the function at the root of a component: the field in kebab case, without leading underscores.
    ///
    /// # Errors
    ///
    /// [`CoreNameError::NoWords`], if nothing is left that a component could use as a name.
    ///
    /// ```
    /// # use meld_core::CoreName;
    /// let core: CoreName = "env::__cabi_arena_realloc".parse()?;
    /// assert_eq!(core.import_name()?, "cabi-arena-realloc");
    /// # Ok::<(), meld_core::CoreNameError>(())
    /// ```
    pub fn import_name(&self) -> Result<String, CoreNameError> {
        let no_words = || CoreNameError::NoWords { field: self.field.clone() };
        let mut name = String::new();
        let mut after_lower = false;
        for c in self.field.trim_start_matches('_').chars() {
            match c {
                '_' | '-' => {
                    name.push('-');
                    after_lower = false;
                    continue;
                }
                'A'..='Z' if after_lower => name.push('-'),
                'A'..='Z' | 'a'..='z' | '0'..='9' => {}
                _ => return Err(no_words()),
            }
            name.push(c.to_ascii_lowercase());
            after_lower = !c.is_ascii_uppercase();
        }
        if name.split('-').all(|word| word.starts_with(|c: char| c.is_ascii_lowercase())) {
            Ok(name)
        } else {
            Err(no_words())
        }
    }
}

impl FromStr for CoreName {
    type Err = CoreNameError;

    /// Reads `module::field`. A field has no `::` in it, a module may have.
    fn from_str(text: &str) -> Result<Self, CoreNameError> {
        let (module, field) = text.rsplit_once("::").ok_or(CoreNameError::NoSeparator)?;
        Ok(Self { module: module.to_string(), field: field.to_string() })
    }
}

impl fmt::Display for CoreName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::{}", self.module, self.field)
    }
}

#[cfg(test)]
mod tests {
    use super::CoreName;

    #[test]
    fn fields_in_kebab_case() {
        let name = |field: &str| CoreName { module: "env".into(), field: field.into() }.import_name().ok();
        for (field, expected) in [
            ("__cabi_arena_realloc", super::ARENA_IMPORT),
            ("now", "now"),
            ("_log_u8", "log-u8"),
            ("gpioSetPin3", "gpio-set-pin3"),
            ("HTTPGet", "httpget"),
            ("already-kebab", "already-kebab"),
        ] {
            assert_eq!(name(field).as_deref(), Some(expected), "{field}");
        }
        for wrong in ["", "___", "a__b", "trailing_", "3d", "crc_32", "naïve", "a b", "[method]r.f"] {
            assert_eq!(name(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn text_and_back() {
        for text in ["env::f", "a::b::f", "::f", "wasi:io/poll@0.2.0::poll"] {
            assert_eq!(text.parse::<CoreName>().unwrap().to_string(), text);
        }
        assert!("f".parse::<CoreName>().is_err());
    }
}
