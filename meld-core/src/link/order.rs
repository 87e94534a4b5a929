//! Providers before those who import from them.

use super::input::Linkee;
use super::matching::Links;
use crate::error::LinkError;

/// Positions of the inputs, every provider before its importers, in the order of the inputs otherwise.
pub(super) fn order(inputs: &[Linkee<'_>], links: &Links) -> Result<Vec<usize>, LinkError> {
    let mut order = Vec::with_capacity(inputs.len());
    let mut path = Vec::new();
    for input in 0..inputs.len() {
        visit(input, inputs, links, &mut path, &mut order)?;
    }
    Ok(order)
}

/// Visits the providers of `input`, then `input`. `path` leads here: importer, name of the import.
fn visit<'i>(
    input: usize,
    inputs: &'i [Linkee<'_>],
    links: &Links,
    path: &mut Vec<(usize, &'i str)>,
    order: &mut Vec<usize>,
) -> Result<(), LinkError> {
    if order.contains(&input) {
        return Ok(());
    }
    if let Some(start) = path.iter().position(|(importer, _)| *importer == input) {
        let steps =
            path[start..].iter().map(|(importer, import)| (inputs[*importer].shown.to_owned(), (*import).to_owned()));
        return Err(LinkError::Cycle { steps: steps.collect() });
    }
    for (import, export) in links.iter().filter(|(import, _)| import.input == input) {
        path.push((input, &inputs[input].imports[import.import].name));
        visit(export.input, inputs, links, path, order)?;
        path.pop();
    }
    order.push(input);
    Ok(())
}
