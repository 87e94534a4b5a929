//! Imports that stay open though an export is nearly what they ask for.
//!
//! In: the inputs and the links between them. Out: a [`LinkNote`] for each import that no input satisfies and that an
//! export of another input resembles: the same name in a version that does not satisfy it, the same interface in
//! another package, the import's functions outside of an instance or inside of one, or nearly the same letters. A note
//! decides nothing. It says both sides and the option that links them.

use super::input::{Extern, Linkee};
use super::matching::{ImportOf, Links, distance};
use super::offers::ExportOf;
use super::versions::versioned;
use crate::options::LinkOverride;
use std::collections::HashSet;
use std::fmt;
use wasmparser::component_types::ComponentEntityType;
use wasmparser::types::TypesRef;

/// Something about the links that a user may not have meant.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LinkNote {
    /// No import of any input is satisfied by another input, and nothing nearly satisfies one.
    Nothing,
    /// An import stays open, and an export of another input is nearly what it asks for.
    Open {
        /// Who imports, as messages show it.
        input: String,
        /// The extern name of the import.
        import: String,
        /// Who nearly satisfies it, as messages show it.
        provider: String,
        /// Its name in an explicit link.
        provider_name: String,
        /// The extern name of the export.
        export: String,
        /// What is different.
        near: Near,
    },
}

/// What is different about an export that nearly satisfies an import.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Near {
    /// The version is lower than the one that is asked for.
    Older,
    /// The version is of another compatibility track, or one of the two is a pre-release.
    OtherTrack,
    /// The interface has the same name in another package.
    OtherPackage,
    /// The import is an instance, and the export is a function of its name and type outside of any instance.
    Outside,
    /// The import is a function, and the export is an instance that has one of that name.
    Inside,
    /// The names differ in one or two letters.
    Spelling,
}

impl LinkNote {
    /// The link that would satisfy the import by hand.
    pub fn by_hand(&self) -> Option<LinkOverride> {
        let Self::Open { import, provider_name, export, near, .. } = self else { return None };
        match near {
            Near::Older | Near::OtherTrack | Near::OtherPackage | Near::Spelling => {
                let (import, input, export) = (import.clone(), provider_name.clone(), Some(export.clone()));
                Some(LinkOverride { import, input, export })
            }
            Near::Outside | Near::Inside => None,
        }
    }
}

impl fmt::Display for LinkNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Open { input, import, provider, export, near, .. } = self else {
            return f.write_str(
                "no import of an input is satisfied by an export of another one, so the result only has all of them \
                 side by side",
            );
        };
        write!(
            f,
            "`{import}`, which `{input}` imports, stays an import of the result. `{provider}` exports `{export}`, "
        )?;
        match near {
            Near::Older => {
                write!(f, "which is an older version; build `{provider}` against the newer one, or link them by hand")
            }
            Near::OtherTrack => write!(
                f,
                "which is a version that is not compatible; build both against one version, or link them by hand if \
                 their types agree"
            ),
            Near::OtherPackage => {
                write!(f, "an interface of the same name in another package; if it is meant, link them by hand")
            }
            Near::Outside => write!(
                f,
                "a function that the import has inside of an instance; export it in an interface `{import}`, as the \
                 importer asks for it"
            ),
            Near::Inside => write!(
                f,
                "an instance that has a function of this name inside; import it as a part of `{export}`, or export it by \
                 itself"
            ),
            Near::Spelling => {
                write!(f, "which is spelled nearly the same; if it is meant, link them by hand")
            }
        }
    }
}

/// Pairs of an open import and an export that are compared.
const MAX_PAIRS: usize = 1 << 16;

/// What is to be noted of `links`.
pub(super) fn notes(inputs: &[Linkee<'_>], links: &Links, types: TypesRef<'_>) -> Vec<LinkNote> {
    let mut notes = Vec::new();
    // Each open import is compared with each export: where there are more than anybody reads about, with none.
    let open = inputs.iter().map(|linkee| linkee.imports.len()).sum::<usize>().saturating_sub(links.len());
    let exports: usize = inputs.iter().map(|linkee| linkee.exports.len()).sum();
    if open.saturating_mul(exports) > MAX_PAIRS {
        return notes;
    }
    let consumed: HashSet<ExportOf> = links.values().copied().collect();
    for (input, linkee) in inputs.iter().enumerate() {
        for (import, item) in linkee.imports.iter().enumerate() {
            if links.contains_key(&ImportOf { input, import }) {
                continue;
            }
            let Some((found, near)) = nearest(inputs, input, item, &consumed, types) else { continue };
            let provider = &inputs[found.input];
            notes.push(LinkNote::Open {
                input: linkee.shown.to_owned(),
                import: item.name.clone(),
                provider: provider.shown.to_owned(),
                provider_name: provider.name.to_owned(),
                export: provider.exports[found.export].name.clone(),
                near,
            });
        }
    }
    if links.is_empty() && notes.is_empty() {
        notes.push(LinkNote::Nothing);
    }
    notes
}

/// The export that is nearest to `item`, an import of `importer`; the first one of those that are as near.
fn nearest(
    inputs: &[Linkee<'_>],
    importer: usize,
    item: &Extern,
    consumed: &HashSet<ExportOf>,
    types: TypesRef<'_>,
) -> Option<(ExportOf, Near)> {
    let mut best: Option<(u8, ExportOf, Near)> = None;
    for (input, linkee) in inputs.iter().enumerate().filter(|(input, _)| *input != importer) {
        for (export, candidate) in linkee.exports.iter().enumerate() {
            let found = ExportOf { input, export };
            let Some(near) = compare(item, candidate, types) else { continue };
            let rank = match near {
                Near::Older | Near::OtherTrack => 0,
                // An export that another input takes is what that one asked for.
                _ if consumed.contains(&found) => continue,
                Near::OtherPackage => 1,
                Near::Outside | Near::Inside => 2,
                Near::Spelling => 3,
            };
            if best.as_ref().is_none_or(|(before, ..)| rank < *before) {
                best = Some((rank, found, near));
            }
        }
    }
    best.map(|(_, found, near)| (found, near))
}

fn compare(wanted: &Extern, given: &Extern, types: TypesRef<'_>) -> Option<Near> {
    use ComponentEntityType::{Func, Instance};
    match (wanted.ty(), given.ty()) {
        (Instance(instance), Func(_)) => {
            let inside = types[*instance].exports.get(&given.name);
            return inside.is_some_and(|item| matches!(item.ty, Func(_))).then_some(Near::Outside);
        }
        (Func(_), Instance(instance)) => {
            let inside = types[*instance].exports.get(&wanted.name);
            return inside.is_some_and(|item| matches!(item.ty, Func(_))).then_some(Near::Inside);
        }
        (a, b) if std::mem::discriminant(a) != std::mem::discriminant(b) => return None,
        _ => {}
    }
    let unversioned = |item: &Extern| item.name.split('@').next().unwrap_or(&item.name).to_owned();
    let (a, b) = (unversioned(wanted), unversioned(given));
    if a == b {
        return match (versioned(wanted), versioned(given)) {
            (Some((_, wanted)), Some((_, given)))
                if given.cmp_precedence(&wanted).is_lt() && same_track(&given, &wanted) =>
            {
                Some(Near::Older)
            }
            _ => Some(Near::OtherTrack),
        };
    }
    let interface = |name: &str| name.split_once('/').map(|(_, interface)| interface.to_owned());
    if let (Some(wanted), Some(given)) = (interface(&a), interface(&b))
        && wanted == given
    {
        return Some(Near::OtherPackage);
    }
    /// Shorter names differ in one letter too easily.
    const SHORTEST: usize = 8;
    /// Longer ones take long to compare.
    const LONGEST: usize = 128;
    let lengths = SHORTEST..=LONGEST;
    let comparable = lengths.contains(&a.len()) && lengths.contains(&b.len()) && a.len().abs_diff(b.len()) <= 8;
    (comparable && distance(&a, &b) <= 2).then_some(Near::Spelling)
}

fn same_track(a: &semver::Version, b: &semver::Version) -> bool {
    a.pre.is_empty() && b.pre.is_empty() && a.major == b.major && (a.major != 0 || a.minor == b.minor && a.minor != 0)
}
