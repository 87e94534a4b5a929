//! Versions in extern names, and which of them will do for which.

use super::input::Extern;
use semver::Version;

/// An extern name without its version, and the version, in full if it has a `version-suffix`.
pub(super) fn versioned(item: &Extern) -> Option<(&str, Version)> {
    let (name, version) = item.name.split_once('@')?;
    let version = match &item.item.version_suffix {
        Some(suffix) => Version::parse(&format!("{version}{suffix}")),
        None => Version::parse(version),
    };
    Some((name, version.ok()?))
}

/// Build metadata does not count (Semantic Versioning 2.0.0, item 10): versions that differ in nothing else are equal.
pub(super) fn satisfies(version: &Version, required: &Version) -> bool {
    let order = version.cmp_precedence(required);
    // A pre-release is compatible with itself only.
    if !version.pre.is_empty() || !required.pre.is_empty() {
        return order.is_eq();
    }
    track(version) == track(required) && order.is_ge()
}

/// Up to the leftmost number that is not zero: versions of one track are compatible.
pub(super) fn track(version: &Version) -> (u64, u64, u64) {
    match (version.major, version.minor, version.patch) {
        (0, 0, patch) => (0, 0, patch),
        (0, minor, _) => (0, minor, 0),
        (major, _, _) => (major, 0, 0),
    }
}
