//! A composition, taken apart and linked again.

use meld_core::Input;
use meld_core::error::LinkError;
use meld_core::options::LinkOverride;
use std::borrow::Cow;
use wasmparser::{Parser, Payload};

/// The inputs, linked. Where several export what one imports, they are a chain, the last one first: in a
/// composition, providers come before their importers.
pub(crate) fn linked<'i>(inputs: &'i [Input<'_>]) -> Result<Cow<'i, [u8]>, LinkError> {
    let mut links = Vec::new();
    loop {
        match meld_core::unstable::link::link(inputs, &links).map(|linked| linked.root) {
            Err(LinkError::Ambiguous { import, .. }) => {
                let exporters = inputs.iter().rev().filter(|input| exports(&input.bytes).contains(&import.as_str()));
                let link = |input: &Input<'_>| LinkOverride::new(import.as_str(), input.name.as_str());
                links.extend(exporters.map(link));
            }
            done => return done,
        }
    }
}

/// Names of a component's exports.
fn exports(component: &[u8]) -> Vec<&str> {
    let (mut names, mut depth) = (Vec::new(), 0);
    for payload in Parser::new(0).parse_all(component) {
        match payload.unwrap() {
            Payload::ComponentSection { .. } | Payload::ModuleSection { .. } => depth += 1,
            Payload::End(_) if depth > 0 => depth -= 1,
            Payload::ComponentExportSection(section) if depth == 0 => {
                names.extend(section.into_iter().map(|export| export.unwrap().name.name));
            }
            _ => {}
        }
    }
    names
}

/// The components that stand in a component, without those inside them.
pub(crate) fn parts(component: &[u8]) -> Vec<&[u8]> {
    let (mut parts, mut depth) = (Vec::new(), 0);
    for payload in Parser::new(0).parse_all(component) {
        match payload.unwrap() {
            Payload::ComponentSection { unchecked_range, .. } => {
                if depth == 0 {
                    parts.push(&component[unchecked_range.start as usize..unchecked_range.end as usize]);
                }
                depth += 1;
            }
            Payload::ModuleSection { .. } => depth += 1,
            Payload::End(_) if depth > 0 => depth -= 1,
            _ => {}
        }
    }
    parts
}
