//! What the inputs export, by name and by version.
//!
//! In: the exports of all inputs. Out: [`Offers`], in which the providers of an import are found without looking at every
//! export of every input.

use super::input::Linkee;
use super::versions::{satisfies, track, versioned};
use semver::Version;
use std::collections::HashMap;

/// An export of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct ExportOf {
    /// Which input.
    pub(super) input: usize,
    /// Which of its exports.
    pub(super) export: usize,
}

/// Exports of all inputs.
pub(super) struct Offers<'i> {
    exact: HashMap<&'i str, Vec<ExportOf>>,
    /// Exports with a version, by the name up to the version, and the track.
    versions: HashMap<(&'i str, Track), Vec<(Version, ExportOf)>>,
}

/// See [`track`].
type Track = (u64, u64, u64);

impl<'i> Offers<'i> {
    pub(super) fn new(inputs: &'i [Linkee<'_>]) -> Self {
        let mut offers = Offers { exact: HashMap::new(), versions: HashMap::new() };
        for (input, linkee) in inputs.iter().enumerate() {
            for (export, item) in linkee.exports.iter().enumerate() {
                let found = ExportOf { input, export };
                offers.exact.entry(&item.name).or_default().push(found);
                if let Some((name, version)) = versioned(item) {
                    offers.versions.entry((name, track(&version))).or_default().push((version, found));
                }
            }
        }
        offers
    }

    /// Exports of that name, in the order of the inputs.
    pub(super) fn exact(&self, name: &str) -> &[ExportOf] {
        self.exact.get(name).map_or(&[], Vec::as_slice)
    }

    /// Exports of a name before the version, in a version that will do for `required`, in the order of the inputs.
    pub(super) fn compatible<'o>(
        &'o self,
        name: &'o str,
        required: &'o Version,
    ) -> impl Iterator<Item = (&'o Version, ExportOf)> + 'o {
        // Whatever satisfies a version is in its track.
        let offered = self.versions.get(&(name, track(required))).into_iter().flatten();
        offered.filter(move |(version, _)| satisfies(version, required)).map(|(version, found)| (version, *found))
    }
}
