//! Providers before those who import from them.

use super::input::Linkee;
use super::matching::Links;
use crate::error::LinkError;

/// Positions of the inputs, every provider before its importers, in the order of the inputs otherwise.
pub(super) fn order(inputs: &[Linkee<'_>], links: &Links) -> Result<Vec<usize>, LinkError> {
    let mut providers: Vec<Vec<(usize, &str)>> = vec![Vec::new(); inputs.len()];
    for (import, export) in links {
        let name = &inputs[import.input].imports[import.import].name;
        providers[import.input].push((export.input, name));
    }
    let mut visit = Visit { inputs, providers, state: vec![VisitState::New; inputs.len()], order: Vec::new() };
    for input in 0..inputs.len() {
        visit.from(input)?;
    }
    Ok(visit.order)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum VisitState {
    New,
    OnTheWay,
    Done,
}

struct Visit<'i> {
    inputs: &'i [Linkee<'i>],
    /// By input: its providers, and for which import.
    providers: Vec<Vec<(usize, &'i str)>>,
    state: Vec<VisitState>,
    order: Vec<usize>,
}

impl Visit<'_> {
    /// Visits the providers of `input`, then `input`. A list of what is on the way, not recursion: chains are as long as
    /// there are inputs.
    fn from(&mut self, input: usize) -> Result<(), LinkError> {
        // Inputs on the way, and how many of their providers have been visited.
        let mut path: Vec<(usize, usize)> = Vec::new();
        let mut next = Some(input);
        loop {
            if let Some(input) = next.take() {
                match self.state[input] {
                    VisitState::Done => {}
                    VisitState::New => {
                        self.state[input] = VisitState::OnTheWay;
                        path.push((input, 0));
                    }
                    VisitState::OnTheWay => return Err(self.cycle(&path, input)),
                }
            }
            let Some((input, visited)) = path.last_mut() else { return Ok(()) };
            if let Some((provider, _)) = self.providers[*input].get(*visited) {
                *visited += 1;
                next = Some(*provider);
            } else {
                self.state[*input] = VisitState::Done;
                self.order.push(*input);
                path.pop();
            }
        }
    }

    /// The error for a way that comes back to `again`.
    fn cycle(&self, path: &[(usize, usize)], again: usize) -> LinkError {
        let steps = path.iter().skip_while(|(input, _)| *input != again).map(|&(input, visited)| {
            let (_, import) = self.providers[input][visited - 1];
            (self.inputs[input].shown.to_owned(), import.to_owned())
        });
        LinkError::Cycle { steps: steps.collect() }
    }
}
