//! Whether the result may import what it imports.
//!
//! In: the names that the root imports, the notes of linking, and what the user allows. Out: an error that lists every
//! import that is not allowed, each with what nearly satisfies it.

use super::LinkNote;
use crate::error::LinkError;
use crate::options::Options;

/// Refuses imports that [`Options::allowed_imports`] does not allow.
pub(crate) fn refuse<'n>(
    imports: impl Iterator<Item = &'n str>,
    notes: &[LinkNote],
    options: &Options,
) -> Result<(), LinkError> {
    let Some(allowed) = &options.allowed_imports else { return Ok(()) };
    let mut by_hand = Vec::new();
    let left: Vec<String> = imports
        .filter(|import| !allowed.iter().any(|pattern| matches(pattern, import)))
        .map(|import| {
            let near = notes.iter().find(|note| matches!(note, LinkNote::Open { import: open, .. } if open == import));
            by_hand.extend(near.and_then(LinkNote::by_hand));
            near.map_or_else(|| format!("`{import}`"), ToString::to_string)
        })
        .collect();
    if left.is_empty() { Ok(()) } else { Err(LinkError::ImportsLeft { imports: left, by_hand }) }
}

/// Whether `name` is what `pattern` says: the name itself, or its beginning in front of a `*`.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => name.starts_with(beginning),
        None => name == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, name, fits) in [
            ("wasi:*", "wasi:io/streams@0.2.6", true),
            ("wasi:io/streams@0.2.6", "wasi:io/streams@0.2.6", true),
            ("wasi:io/streams", "wasi:io/streams@0.2.6", false),
            ("*", "f", true),
            ("g*", "f", false),
        ] {
            assert_eq!(matches(pattern, name), fits, "{pattern} {name}");
        }
    }
}
