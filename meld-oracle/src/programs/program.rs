//! What is done in a [`World`], made up step by step.
//!
//! In: a running input. Out: a [`Program`]. What exists is known from the results of the steps before: every index that
//! came back is a *handle*, numbered through the program, in the table of one instance; the host's own are its numbers.

use super::World;
use super::run::{Machine, Ran};
use crate::generate::Random;
use crate::host::Guest;
use crate::value::Value;

/// Steps of a program that does not trap before.
const LENGTH: usize = 60;

/// Representations are below this.
const REPS: usize = 900;

/// A program: it traps in its last step or not at all.
#[derive(Debug, Clone, Default)]
pub struct Program {
    /// The steps in order.
    pub steps: Vec<Step>,
}

/// A step.
#[derive(Debug, Clone)]
pub struct Step {
    /// The export that is called; empty where the host drops the one argument.
    pub path: Vec<String>,
    /// The arguments.
    pub args: Vec<Arg>,
    /// How the handles are told from the result.
    pub(super) decode: Decode,
    /// The handles in the result, in order.
    pub(super) made: Vec<usize>,
    /// Whether the result must be the same number in all forms.
    pub(super) exact: bool,
    /// The host's next number.
    pub(super) next_id: u32,
    /// What it is an example of.
    pub what: What,
}

/// An argument.
#[derive(Debug, Clone)]
pub enum Arg {
    /// A value as it is.
    Value(Value),
    /// The index of a handle, by its number in the program.
    Index(usize),
}

/// How handles stand in a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decode {
    /// There are none, or they are the host's.
    Nothing,
    /// The number is an index.
    Index,
    /// The number is an index in its lowest 12 bits.
    Low,
    /// There are as many as the lowest two bits say, of 20 bits each.
    Packed,
}

/// What a function does; those with a callee are called by another instance or by the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "each is the function of that name in the world's text")]
pub enum What {
    New,
    Rep,
    Drop,
    HostDrop,
    HostMake,
    HostTake,
    HostSee,
    HostList,
    Take,
    Give,
    See,
    Pass,
    Both,
    List,
    Maybe,
    Relay(usize),
}

/// A function that the host can call.
#[derive(Debug, Clone)]
struct Function {
    path: [String; 2],
    what: What,
    q: usize,
    /// Whose handles are passed; `None` for the host's own.
    caller: Option<usize>,
    /// Who gets them, where that is an instance.
    callee: Option<usize>,
}

/// A program on its way.
pub(super) struct Writer<'w> {
    world: &'w World,
    functions: Vec<Function>,
    /// Which instances see the indices of the input in all forms.
    exact: Vec<bool>,
    /// The handles of each instance: number, resource.
    tables: Vec<Vec<(usize, usize)>>,
    /// What the host owns of resources of the guests: number, resource.
    owned: Vec<(u32, usize)>,
    handles: usize,
}

impl World {
    fn functions(&self) -> Vec<Function> {
        let mut functions = Vec::new();
        for (k, instance) in self.instances.iter().enumerate() {
            let mut add = |name: String, what, q, caller, callee| {
                functions.push(Function { path: [format!("i{k}"), name], what, q, caller, callee });
            };
            for &q in &instance.knows {
                add(format!("drop{q}"), What::Drop, q, Some(k), None);
                if self.is_defined(k, q) {
                    add(format!("new{q}"), What::New, q, Some(k), None);
                    add(format!("rep{q}"), What::Rep, q, Some(k), None);
                } else if self.resources[q].owner.is_none() {
                    for (name, what) in [
                        ("make", What::HostMake),
                        ("take", What::HostTake),
                        ("see", What::HostSee),
                        ("list", What::HostList),
                    ] {
                        add(format!("raw-host-{name}{q}"), what, q, Some(k), None);
                    }
                }
            }
            let called = instance.providers.iter().map(|j| (format!("raw-p{j}-"), Some(k), *j));
            let open = instance.open.then(|| (String::new(), None, k));
            for (prefix, caller, callee) in called.chain(open) {
                for &q in &self.instances[callee].knows {
                    for (name, what) in [
                        ("take", What::Take),
                        ("give", What::Give),
                        ("see", What::See),
                        ("pass", What::Pass),
                        ("both", What::Both),
                        ("list", What::List),
                        ("maybe", What::Maybe),
                    ] {
                        add(format!("{prefix}{name}{q}"), what, q, caller, Some(callee));
                    }
                    for i in self.relays(callee, q) {
                        add(format!("{prefix}relay{q}-i{i}"), What::Relay(i), q, caller, Some(callee));
                    }
                }
            }
        }
        functions
    }
}

impl<'w> Writer<'w> {
    pub(super) fn new(world: &'w World, exact: Vec<bool>) -> Self {
        let tables = vec![Vec::new(); world.instances.len()];
        Writer { world, functions: world.functions(), exact, tables, owned: Vec::new(), handles: 0 }
    }

    /// Writes and runs a program in `guest`, a fresh input.
    pub(super) fn write(mut self, guest: &mut dyn Guest, random: &mut Random) -> (Program, Vec<Ran>) {
        let (mut program, mut all_ran) = (Program::default(), Vec::new());
        let mut machine = Machine::new(guest);
        // Not every function has something to be called with.
        for _ in 0..LENGTH * 8 {
            if program.steps.len() == LENGTH {
                break;
            }
            let function = random.pick(&self.functions).clone();
            let Some((mut step, taken)) = self.step(&function, &mut machine, random) else { continue };
            let ran = machine.run(&step).expect("a step of handles that exist");
            let trapped = ran.outcome.is_err();
            if !trapped {
                self.done(&function, &mut step, &ran, taken);
                machine.bind(&step, &ran);
            }
            program.steps.push(step);
            all_ran.push(ran);
            if trapped {
                break;
            }
        }
        (program, all_ran)
    }

    /// A call of `function`, with the handles that go over; `None` if there is nothing to call it with.
    fn step(
        &mut self,
        function: &Function,
        machine: &mut Machine<'_>,
        random: &mut Random,
    ) -> Option<(Step, Vec<Passed>)> {
        let Function { path, what, q, caller, callee } = function.clone();
        let mut path = path.to_vec();
        let next_id = machine.next_id();
        let mut passed = Vec::new();
        let mut args = Vec::new();
        let own = |this: &Self, passed: &mut Vec<Passed>, machine: &mut Machine<'_>, random: &mut Random| {
            let one = this.pick(caller, q, passed, machine, random)?;
            passed.push(one);
            Some(this.arg(one, random))
        };
        let plain = |n: usize| Arg::Value(Value::U32(u32::try_from(n).expect("small")));
        match what {
            What::New => args.push(plain(1 + random.below(REPS))),
            What::HostMake => {}
            What::Rep | What::HostSee => {
                let one = self.pick(caller, q, &[], machine, random)?;
                args.push(self.arg(one, random));
            }
            What::See | What::Relay(_) => {
                let one = self.pick(caller, q, &[], machine, random)?;
                args.push(self.arg(one, random));
                if what == What::See {
                    args.push(Arg::Value(Value::Bool(random.one_in(40))));
                }
            }
            What::Drop if random.one_in(3) && !self.owned.is_empty() => {
                // The host drops something of its own instead.
                let position = random.below(self.owned.len());
                let (id, _) = self.owned.remove(position);
                path.clear();
                args.push(Arg::Value(Value::Handle(id)));
                let step = Step {
                    path,
                    args,
                    decode: Decode::Nothing,
                    made: vec![],
                    exact: true,
                    next_id,
                    what: What::HostDrop,
                };
                return Some((step, passed));
            }
            What::Drop | What::HostTake | What::Take | What::Pass => {
                args.push(own(self, &mut passed, machine, random)?);
            }
            What::Give => {
                let table = &self.tables[callee.expect("an instance gives")];
                let fitting: Vec<usize> = table.iter().filter(|handle| handle.1 == q).map(|handle| handle.0).collect();
                if fitting.is_empty() {
                    return None;
                }
                let handle = *random.pick(&fitting);
                passed.push(Passed::Inner(handle));
                args.push(Arg::Index(handle));
            }
            What::Both => {
                let owned = self.pick(caller, q, &[], machine, random)?;
                passed.push(owned);
                let lent = match self.pick(caller, q, &passed, machine, random) {
                    Some(lent) if !random.one_in(30) => lent,
                    // A host that does so is wrong by itself.
                    _ if caller.is_some() && random.one_in(4) => owned,
                    _ => return None,
                };
                args.push(self.arg(lent, random));
                args.push(self.arg(owned, random));
            }
            What::List | What::HostList | What::Maybe => {
                let most = if what == What::Maybe { 1 } else { 3 };
                let mut items = Vec::new();
                for _ in 0..random.below(most + 1) {
                    items.extend(own(self, &mut passed, machine, random));
                }
                if items.is_empty() && !random.one_in(6) {
                    return None;
                }
                if caller.is_some() {
                    args.push(plain(items.len()));
                    items.resize_with(most, || plain(0));
                    args.extend(items);
                } else {
                    let mut values = items.into_iter().map(|item| match item {
                        Arg::Value(value) => value,
                        Arg::Index(_) => unreachable!("the host has numbers of its own"),
                    });
                    args.push(Arg::Value(match what {
                        What::Maybe => match values.next() {
                            Some(value) => Value::Variant(1, Some(Box::new(value))),
                            None => Value::Variant(0, None),
                        },
                        _ => Value::List(values.collect()),
                    }));
                }
            }
            What::HostDrop => unreachable!("no function"),
        }
        let decode = match what {
            What::New | What::HostMake | What::Take => Decode::Index,
            What::Both => Decode::Low,
            What::Give | What::Pass if caller.is_some() => Decode::Index,
            What::List | What::HostList | What::Maybe if caller.is_some() => Decode::Packed,
            _ => Decode::Nothing,
        };
        let tells_of = match what {
            What::See if self.world.is_defined(callee?, q) => None,
            What::Relay(i) if self.world.is_defined(i, q) => None,
            What::Relay(i) => Some(i),
            What::Take | What::See | What::Both => callee,
            What::Rep | What::Drop | What::HostTake | What::HostSee | What::HostDrop => None,
            _ => caller,
        };
        let exact = tells_of.is_none_or(|k| self.exact[k]);
        Some((Step { path, args, decode, made: Vec::new(), exact, next_id, what }, passed))
    }

    /// A handle of `q` that `caller` has and that is not among `but`; made up where it is one of the host's resources.
    fn pick(
        &self,
        caller: Option<usize>,
        q: usize,
        but: &[Passed],
        machine: &mut Machine<'_>,
        random: &mut Random,
    ) -> Option<Passed> {
        let have: Vec<Passed> = match caller {
            Some(k) => self.tables[k].iter().filter(|h| h.1 == q).map(|h| Passed::Inner(h.0)).collect(),
            None if self.world.resources[q].owner.is_none() => vec![Passed::Host(machine.fresh())],
            None => self.owned.iter().filter(|o| o.1 == q).map(|o| Passed::Host(o.0)).collect(),
        };
        let have: Vec<Passed> = have.into_iter().filter(|one| !but.contains(one)).collect();
        if !have.is_empty() {
            return Some(*random.pick(&have));
        }
        // Something that is not there: never among numbers that may differ.
        (caller.is_some() && random.one_in(200) && self.exact.iter().all(|exact| *exact)).then_some(Passed::Wrong)
    }

    fn arg(&self, one: Passed, random: &mut Random) -> Arg {
        match one {
            Passed::Inner(handle) if random.one_in(250) && self.exact.iter().all(|exact| *exact) && handle > 0 => {
                // Another one's, or one that is gone.
                Arg::Index(random.below(handle))
            }
            Passed::Inner(handle) => Arg::Index(handle),
            Passed::Host(id) => Arg::Value(Value::Handle(id)),
            Passed::Wrong => Arg::Value(Value::U32(*random.pick(&[0, 1, 2, 3, 5, 9, 1 << 20, u32::MAX]))),
        }
    }

    /// Keeps account of what a step that did not trap has done.
    fn done(&mut self, function: &Function, step: &mut Step, ran: &Ran, passed: Vec<Passed>) {
        if step.what == What::HostDrop {
            return;
        }
        let Function { what, q, caller, callee, .. } = *function;
        for one in passed {
            match one {
                Passed::Inner(handle) => self.tables.iter_mut().for_each(|table| table.retain(|h| h.0 != handle)),
                Passed::Host(id) => self.owned.retain(|owned| owned.0 != id),
                Passed::Wrong => {}
            }
        }
        let holder = match what {
            What::Take | What::Both => callee,
            _ => caller,
        };
        for _ in &ran.indices {
            step.made.push(self.handles);
            self.tables[holder.expect("indices are an instance's")].push((self.handles, q));
            self.handles += 1;
        }
        if caller.is_none() && self.world.resources[q].owner.is_some() {
            let mut ids = Vec::new();
            if let Ok(Some(value)) = &ran.outcome {
                handles_in(value, &mut ids);
            }
            self.owned.extend(ids.into_iter().map(|id| (id, q)));
        }
    }
}

/// A handle that goes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Passed {
    /// An instance's.
    Inner(usize),
    /// The host's.
    Host(u32),
    /// Of no instance.
    Wrong,
}

fn handles_in(value: &Value, ids: &mut Vec<u32>) {
    match value {
        Value::Handle(id) => ids.push(*id),
        Value::List(items) => items.iter().for_each(|item| handles_in(item, ids)),
        Value::Variant(_, Some(payload)) => handles_in(payload, ids),
        _ => {}
    }
}
