//! Which export satisfies which import.
//!
//! An import is satisfied by the export of another input with the same extern name. If there is none,
//! an export of a compatible version will do: the same name up to the version, which is not lower and is
//! in the same track, that is, agrees in the leftmost number that is not zero; build metadata does not count. Of several compatible
//! versions that one input exports, the highest is taken. An explicit link overrules all this.

use super::input::{Extern, Linkee};
use super::offers::{ExportOf, Offers};
use super::versions::versioned;
use crate::error::LinkError;
use crate::options::LinkOverride;
use indexmap::IndexMap;
use semver::Version;

/// An import of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct ImportOf {
    /// Which input.
    pub(super) input: usize,
    /// Which of its imports.
    pub(super) import: usize,
}

/// Satisfied imports, in order of inputs and imports.
pub(super) type Links = IndexMap<ImportOf, ExportOf>;

/// Finds a provider for every import that has one.
pub(super) fn links(inputs: &[Linkee<'_>], overrides: &[LinkOverride]) -> Result<Links, LinkError> {
    let overrides = resolve(inputs, overrides)?;
    let offers = Offers::new(inputs);
    let mut links = Links::new();
    for (input, linkee) in inputs.iter().enumerate() {
        for (import, item) in linkee.imports.iter().enumerate() {
            let chain = overrides.get(item.name.as_str()).map_or(&[][..], Vec::as_slice);
            // A component in the middle imports what it exports: its own import goes to the next.
            let next = chain.iter().position(|link| link.input == input).map_or(0, |own| own + 1);
            let provider = match chain.get(next) {
                Some(provider) => Some(*provider),
                None => provider(inputs, &offers, input, item, chain)?,
            };
            if let Some(provider) = provider {
                links.insert(ImportOf { input, import }, provider);
            }
        }
    }
    Ok(links)
}

/// The one input that exports what `item`, an import of `importer`, asks for. Not one of `before`: those
/// are explicitly linked to come before the importer.
fn provider(
    inputs: &[Linkee<'_>],
    offers: &Offers<'_>,
    importer: usize,
    item: &Extern,
    before: &[ExportOf],
) -> Result<Option<ExportOf>, LinkError> {
    let excluded = |input: usize| input == importer || before.iter().any(|link| link.input == input);
    let exact: Vec<ExportOf> =
        offers.exact(&item.name).iter().copied().filter(|found| !excluded(found.input)).collect();
    // Of each input, the highest version; of equal ones, the first.
    let mut best: IndexMap<usize, (&Version, ExportOf)> = IndexMap::new();
    let wanted = versioned(item).filter(|_| exact.is_empty());
    if let Some((name, required)) = &wanted {
        for (version, found) in offers.compatible(name, required).filter(|(_, found)| !excluded(found.input)) {
            let best = best.entry(found.input).or_insert((version, found));
            if best.0 < version {
                *best = (version, found);
            }
        }
    }
    let compatible: Vec<ExportOf> = best.into_values().map(|(_, found)| found).collect();
    let candidates = if exact.is_empty() { compatible } else { exact };
    match candidates[..] {
        [] => Ok(None),
        [found] => Ok(Some(found)),
        [first, second, ..] => Err(LinkError::Ambiguous {
            input: inputs[importer].shown.to_owned(),
            import: item.name.clone(),
            first: inputs[first.input].name.to_owned(),
            second: inputs[second.input].name.to_owned(),
        }),
    }
}

/// Explicit links, by import name. Several for one name are a chain: each is for the one before it.
fn resolve<'o>(
    inputs: &[Linkee<'_>],
    overrides: &'o [LinkOverride],
) -> Result<IndexMap<&'o str, Vec<ExportOf>>, LinkError> {
    let mut resolved: IndexMap<&str, Vec<ExportOf>> = IndexMap::new();
    for link in overrides {
        let Some(input) = inputs.iter().position(|input| input.name == link.input) else {
            let candidates = inputs.iter().map(|input| input.name.to_owned()).collect();
            return Err(LinkError::UnknownInput { link: shown(link), candidates });
        };
        let name = link.export.as_ref().unwrap_or(&link.import);
        let Some(export) = inputs[input].exports.iter().position(|export| export.name == *name) else {
            let candidates: Vec<String> = inputs[input].exports.iter().map(|export| export.name.clone()).collect();
            let nearest = nearest(name, &candidates);
            return Err(LinkError::UnknownExport { link: shown(link), name: name.clone(), nearest, candidates });
        };
        let others = inputs.iter().enumerate().filter(|(other, _)| *other != input);
        let mut imports = others.flat_map(|(_, linkee)| &linkee.imports);
        if !imports.any(|import| import.name == link.import) {
            let mut candidates: Vec<String> =
                inputs.iter().flat_map(|input| &input.imports).map(|import| import.name.clone()).collect();
            candidates.sort();
            candidates.dedup();
            let nearest = nearest(&link.import, &candidates);
            return Err(LinkError::UnknownImport { link: shown(link), nearest, candidates });
        }
        let chain = resolved.entry(link.import.as_str()).or_default();
        if chain.iter().any(|earlier| earlier.input == input) {
            return Err(LinkError::LinkedTwice { import: link.import.clone(), input: link.input.clone() });
        }
        chain.push(ExportOf { input, export });
    }
    Ok(resolved)
}

/// An explicit link as the command line has it.
fn shown(link: &LinkOverride) -> String {
    match &link.export {
        Some(export) => format!("{}={}#{export}", link.import, link.input),
        None => format!("{}={}", link.import, link.input),
    }
}

/// The candidate that is spelled most like `name`, if one is at all.
fn nearest(name: &str, candidates: &[String]) -> Option<String> {
    let best = candidates.iter().min_by_key(|candidate| distance(name, candidate))?;
    (distance(name, best) <= name.len().max(best.len()) / 2).then(|| best.clone())
}

/// How many characters to insert, delete or replace.
pub(super) fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, to) in b.chars().enumerate() {
            let replaced = diagonal + usize::from(from != to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[row.len() - 1]
}
