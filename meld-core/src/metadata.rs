//! What a registry knows of a component: authors, licences, version and so on.
//!
//! In: the custom sections of all components and live core modules of the input, as `wasm-tools metadata` writes them (the names are
//! those of OCI annotations, the contents are text). Out: the sections of the result, and the names of those that are not in it. The result
//! is by all authors and under all licences. What can be said of one thing only, such as a version or a description, is what the root says;
//! if it says nothing, what all say that say anything, if that is the same. Lists of dependencies are one behind the other ([`dependencies`]).
//! Tools that made parts of the result are in its `producers` section ([`crate::custom`]).

mod dependencies;

use indexmap::IndexSet;

/// What can be said of several parts together.
const AUTHORS: &str = "authors";
const LICENSES: &str = "licenses";
/// What can be said of one thing only.
const SINGLE: [&str; 5] = ["description", "source", "homepage", "revision", "version"];
/// What a module is made of, as cargo-auditable writes it.
const DEPENDENCIES: &str = ".dep-v0";

/// Whether a custom section is one of these.
pub(crate) fn is_metadata(name: &str) -> bool {
    [AUTHORS, LICENSES, DEPENDENCIES].contains(&name) || SINGLE.contains(&name)
}

/// A custom section: its name and its contents.
type Custom<'a> = (&'a str, &'a [u8]);

/// What became of such sections.
#[derive(Debug, Default)]
pub(crate) struct MergedMetadata {
    /// The sections of the result, names and contents.
    pub(crate) sections: Vec<(String, Vec<u8>)>,
    /// Names of sections of which something is not in the result, and why.
    pub(crate) left_out: Vec<(&'static str, &'static str)>,
}

/// Puts sections together. `root` are those of the root, `parts` all others.
pub(crate) fn merged<'a>(root: &[Custom<'a>], parts: &[Custom<'a>]) -> MergedMetadata {
    let mut merged = MergedMetadata::default();
    let all = || root.iter().chain(parts);
    for (name, join) in [(AUTHORS, join_authors as fn(&[&str]) -> String), (LICENSES, join_licenses)] {
        let values: IndexSet<&[u8]> =
            all().filter(|(custom, _)| *custom == name).map(|(_, contents)| *contents).collect();
        let texts: Vec<&str> = values.iter().filter_map(|value| std::str::from_utf8(value).ok()).collect();
        if texts.len() < values.len() {
            merged.left_out.push((name, "it is no text"));
        }
        if !texts.is_empty() {
            merged.sections.push((name.to_owned(), join(&texts).into_bytes()));
        }
    }
    for name in SINGLE {
        let of = |customs: &[Custom<'a>]| -> IndexSet<&'a [u8]> {
            customs.iter().filter(|(custom, _)| *custom == name).map(|(_, contents)| *contents).collect()
        };
        let (own, parts) = (of(root), of(parts));
        let chosen = match (own.first(), parts.len()) {
            (Some(own), _) => Some(*own),
            (None, 1) => parts.first().copied(),
            (None, _) => None,
        };
        if own.iter().chain(&parts).any(|value| Some(*value) != chosen) {
            let reason = match own.first() {
                Some(_) => "what the root says is said of the result, and a part says something else",
                None => "parts say different things, and the root says nothing",
            };
            merged.left_out.push((name, reason));
        }
        merged.sections.extend(chosen.map(|data| (name.to_owned(), data.to_vec())));
    }
    let lists: IndexSet<&[u8]> =
        all().filter(|(custom, _)| *custom == DEPENDENCIES).map(|(_, contents)| *contents).collect();
    match lists.len() {
        0 => {}
        1 => merged.sections.push((DEPENDENCIES.to_owned(), lists[0].to_vec())),
        _ => match dependencies::joined(&lists) {
            Ok(list) => merged.sections.push((DEPENDENCIES.to_owned(), list)),
            Err(reason) => merged.left_out.push((DEPENDENCIES, reason)),
        },
    }
    merged
}

fn join_authors(authors: &[&str]) -> String {
    authors.join(", ")
}

/// An expression of SPDX.
fn join_licenses(licenses: &[&str]) -> String {
    let simple = |license: &&str| match licenses.len() > 1 && license.contains(' ') {
        true => format!("({license})"),
        false => (*license).to_owned(),
    };
    licenses.iter().map(simple).collect::<Vec<_>>().join(" AND ")
}

#[cfg(test)]
mod tests {
    use super::{MergedMetadata, merged};

    #[test]
    fn parts_are_put_together_or_left_out() {
        let root: [(&str, &[u8]); 2] = [("authors", b"Ada"), ("version", b"2.0.0")];
        let parts: [(&str, &[u8]); 9] = [
            ("licenses", b"MIT"),
            ("licenses", b"Apache-2.0 OR MIT"),
            ("authors", b"Bob"),
            ("authors", b"Ada"),
            ("version", b"1.0.0"),
            ("homepage", b"https://example.com"),
            ("description", b"one"),
            ("description", b"two"),
            ("unrelated", b"x"),
        ];
        let MergedMetadata { sections, left_out } = merged(&root, &parts);
        let sections: Vec<(&str, &str)> =
            sections.iter().map(|(name, data)| (&**name, std::str::from_utf8(data).unwrap())).collect();
        assert_eq!(
            sections,
            [
                ("authors", "Ada, Bob"),
                ("licenses", "MIT AND (Apache-2.0 OR MIT)"),
                ("homepage", "https://example.com"),
                ("version", "2.0.0"),
            ]
        );
        let left_out: Vec<&str> = left_out.iter().map(|(name, _)| *name).collect();
        assert_eq!(left_out, ["description", "version"]);
        assert!(merged(&[], &[]).sections.is_empty());
    }
}
