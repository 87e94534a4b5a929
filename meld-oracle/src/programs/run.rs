//! A [`Program`] in all forms of a [`World`], and the least of it that shows a difference.

use super::program::{Arg, Decode, Writer};
use super::{Program, Step, World};
use crate::differential::{Form, Fusion};
use crate::generate::Random;
use crate::host::{Event, Guest, Trap};
use crate::value::Value;
use std::collections::BTreeMap;

/// What came of a step.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) outcome: Result<Option<Value>, Trap>,
    /// The indices in the result.
    pub(super) indices: Vec<u32>,
    /// What the host saw meanwhile.
    pub(super) seen: Vec<Event>,
}

/// A guest, and the indices that the handles of a program have in it.
pub(super) struct Machine<'g> {
    guest: &'g mut dyn Guest,
    indices: BTreeMap<usize, u32>,
}

impl<'g> Machine<'g> {
    pub(super) fn new(guest: &'g mut dyn Guest) -> Self {
        Machine { guest, indices: BTreeMap::new() }
    }

    pub(super) fn next_id(&mut self) -> u32 {
        self.guest.recorder().next_id
    }

    pub(super) fn fresh(&mut self) -> u32 {
        self.guest.recorder().fresh()
    }

    /// Runs a step; `None` if it names a handle that no step has made.
    pub(super) fn run(&mut self, step: &Step) -> Option<Ran> {
        let mut args = Vec::new();
        for arg in &step.args {
            args.push(match arg {
                Arg::Value(value) => value.clone(),
                Arg::Index(handle) => Value::U32(*self.indices.get(handle)?),
            });
        }
        let before = self.guest.recorder().trace.len();
        let outcome = match (&step.path[..], &args[..]) {
            ([], [Value::Handle(id)]) => self.guest.drop_handle(*id).map(|()| None),
            (path, args) => self.guest.call(path, args),
        };
        let seen = self.guest.recorder().trace[before..].to_vec();
        let indices = match &outcome {
            Ok(value) => decode(step.decode, value.as_ref()),
            Err(_) => Vec::new(),
        };
        Some(Ran { outcome, indices, seen })
    }

    /// Remembers which index is which handle.
    pub(super) fn bind(&mut self, step: &Step, ran: &Ran) {
        self.indices.extend(step.made.iter().copied().zip(ran.indices.iter().copied()));
    }

    /// Runs a program from the start; `None` if it is not one.
    fn run_all(guest: &'g mut dyn Guest, program: &Program) -> Option<Vec<Ran>> {
        let mut machine = Machine::new(guest);
        let mut all_ran = Vec::new();
        for step in &program.steps {
            machine.guest.recorder().next_id = step.next_id;
            let ran = machine.run(step)?;
            machine.bind(step, &ran);
            let trapped = ran.outcome.is_err();
            all_ran.push(ran);
            if trapped {
                break;
            }
        }
        Some(all_ran)
    }
}

fn decode(decode: Decode, value: Option<&Value>) -> Vec<u32> {
    match (decode, value) {
        (Decode::Index, Some(Value::U32(index))) => vec![*index],
        (Decode::Low, Some(Value::U32(both))) => vec![both & 0xfff],
        (Decode::Packed, Some(Value::U64(packed))) => {
            (0..packed & 3).map(|i| (packed >> (2 + 20 * i)) as u32 & 0xf_ffff).collect()
        }
        (Decode::Nothing, _) => Vec::new(),
        (decode, value) => panic!("{decode:?} is not in {value:?}"),
    }
}

/// The first step in which a form differs from the input.
#[derive(Debug)]
pub struct Difference {
    /// The form.
    pub form: Form,
    /// The position of the step.
    pub step: usize,
    /// In what.
    pub why: String,
}

/// Writes a program for `world` while it runs in the input, and runs it in the other forms. Returns it with the trap in
/// which it ended, if it did, and the first difference.
pub fn differ(world: &World, fusion: &Fusion, random: &mut Random) -> (Program, Option<String>, Option<Difference>) {
    let exact = (0..world.instances.len()).map(|k| world.exact(&fusion.fused().report, k)).collect();
    differ_with(world, exact, fusion, random)
}

/// The same, where `exact` says which instances see the indices that they see in the input.
pub fn differ_with(
    world: &World,
    exact: Vec<bool>,
    fusion: &Fusion,
    random: &mut Random,
) -> (Program, Option<String>, Option<Difference>) {
    let mut input = fusion.start(Form::Input, 1).unwrap_or_else(|why| panic!("the input does not start: {why:?}"));
    let (program, expected) = Writer::new(world, exact).write(&mut *input, random);
    let trap = match expected.last() {
        Some(Ran { outcome: Err(Trap(text)), .. }) => Some(text.clone()),
        _ => None,
    };
    let difference = compare(fusion, &program, &expected);
    (program, trap, difference)
}

fn compare(fusion: &Fusion, program: &Program, expected: &[Ran]) -> Option<Difference> {
    for form in [Form::Component, Form::Core] {
        let mut guest = fusion.start(form, 1).unwrap_or_else(|why| panic!("{form:?} does not start: {why:?}"));
        let found = Machine::run_all(&mut *guest, program);
        let Some(found) = found else {
            return Some(Difference { form, step: expected.len(), why: "fewer handles came back".to_owned() });
        };
        for (step, (expected, found)) in expected.iter().zip(&found).enumerate() {
            if let Some(why) = difference(&program.steps[step], expected, found) {
                return Some(Difference { form, step, why });
            }
        }
    }
    None
}

fn difference(step: &Step, expected: &Ran, found: &Ran) -> Option<String> {
    match (&expected.outcome, &found.outcome) {
        (Ok(expected), Ok(found)) if step.exact && expected != found => {
            return Some(format!("returns {found:?}, not {expected:?}"));
        }
        (Ok(_), Ok(_)) if expected.indices.len() != found.indices.len() => {
            return Some(format!("{} handles, not {}", found.indices.len(), expected.indices.len()));
        }
        (Ok(_), Ok(_)) => {}
        (Err(expected), Err(found)) if expected.is_same(found) => {}
        (expected, found) => return Some(format!("expected {expected:?}, found {found:?}")),
    }
    (expected.seen != found.seen).then(|| format!("the host saw {:?}, not {:?}", found.seen, expected.seen))
}

/// `program` without the steps that it does not need to show a difference, and the difference that is left.
pub fn shrunk(fusion: &Fusion, mut program: Program, mut difference: Difference) -> (Program, Difference) {
    program.steps.truncate(difference.step + 1);
    let mut at = program.steps.len();
    while at > 0 {
        at -= 1;
        let mut fewer = program.clone();
        fewer.steps.remove(at);
        let mut input = fusion.start(Form::Input, 1).expect("it has started before");
        let Some(expected) = Machine::run_all(&mut *input, &fewer) else { continue };
        if expected.len() < fewer.steps.len() {
            continue;
        }
        if let Some(found) = compare(fusion, &fewer, &expected) {
            (program, difference) = (fewer, found);
        }
    }
    (program, difference)
}
