//! What the host says and hears.

use crate::generate::{Random, value};
use crate::ty::Ty;
use crate::value::Value;

/// Something that the guest did and the host saw.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A call of an imported function.
    Call {
        /// Import name and names inside, joined with `#`.
        function: String,
        /// Arguments.
        args: Vec<Value>,
        /// The answer.
        result: Option<Value>,
    },
    /// The last of a resource of the host.
    Drop(u32),
}

/// The host's memory of one run.
#[derive(Debug, Clone)]
pub struct Recorder {
    seed: u64,
    asked: u64,
    /// The number for the next resource that the host has not seen before.
    pub next_id: u32,
    /// Everything, in order.
    pub trace: Vec<Event>,
    /// Values to answer with before any is made up: for tests that know what they want to hear.
    pub answers: std::collections::VecDeque<Value>,
    /// Handles of the guest's resources that the host owns: resource, number.
    pub owned: Vec<(u32, u32)>,
}

impl Recorder {
    /// A host that answers by `seed`.
    pub fn new(seed: u64) -> Recorder {
        Recorder { seed, asked: 0, next_id: 1, trace: Vec::new(), answers: Default::default(), owned: Vec::new() }
    }

    /// The answer to a call of `function`.
    pub fn answer(&mut self, function: &str, args: Vec<Value>, result: Option<&Ty>) -> Option<Value> {
        self.asked += 1;
        let result = result.map(|ty| match self.answers.pop_front() {
            Some(answer) => answer,
            None => {
                let mut random = Random::named(self.seed, function, self.asked);
                // What a host returns is its own to make: results hold no borrows.
                value(ty, &mut random, &mut |_, _| Some(self.fresh())).expect("the host never runs out of resources")
            }
        });
        self.trace.push(Event::Call { function: function.to_owned(), args, result: result.clone() });
        result
    }

    /// A number for a resource that the host has not seen before.
    pub fn fresh(&mut self) -> u32 {
        self.next_id += 1;
        self.next_id - 1
    }
}
