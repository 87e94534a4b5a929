//! One composition in its three forms, called the same way.
//!
//! In: the bytes of a component. Out: agreement, or the first difference. The forms are the input itself, the
//! fused component, and the fused core module in [`crate::core_host`]. Calls are made up for the input's own
//! exports; what counts is results, whether a call traps and of which kind, and everything the host saw.

use crate::core_host::CoreCode;
use crate::generate::{Random, value};
use crate::host::{ComponentCode, Event, ExportFunc, Guest, NoStart, Trap};
use crate::trap;
use crate::value::Value;
use meld_core::Report;
use meld_core::error::ClusterError;
use meld_core::options::Domain;
use meld_core::unstable::keep::in_clusters;
use std::cell::{Cell, OnceCell};
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use wasmparser::{Parser, Payload};

/// Options for one memory in which every memory of the input is a window, and may grow by `heap` bytes.
pub fn shared(heap: u64) -> meld_core::Options {
    let mut options = meld_core::Options::default();
    options.shared().rebase = true;
    options.shared().heap().every = Some(heap);
    options
}

/// The same with the instances of `input` in two domains or in none, as `random` says.
///
/// # Errors
///
/// `input` cannot be fused.
pub fn in_domains(
    input: &[u8],
    options: &meld_core::Options,
    random: &mut Random,
) -> Result<meld_core::Options, String> {
    let inputs = [meld_core::Input::new("input", input)];
    let fused = meld_core::fuse(&inputs, &meld_core::Options::default()).map_err(|e| crate::error_chain(&e))?;
    let paths = fused.report.modules.iter().filter_map(|module| match module.component.as_deref()? {
        // The root has no name, but its core instances have.
        "" => Some(module.instance.as_str()),
        path => Some(path),
    });
    let mut domains = [("one", Vec::new()), ("two", Vec::new())];
    for path in paths.collect::<BTreeSet<_>>() {
        if let Some((_, instances)) = domains.get_mut(random.below(3)) {
            instances.push(path);
        }
    }
    let mut options = options.clone();
    options.shared().domains.extend(domains.map(|(name, instances)| Domain::new(name, instances)));
    Ok(options)
}

/// A form of a composition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The input, unfused.
    Input,
    /// `--component` output.
    Component,
    /// The fused core module.
    Core,
}

/// A fused composition.
pub struct Fusion {
    input: Vec<u8>,
    import_names: Vec<String>,
    fused: meld_core::Fused,
    /// Compiled when first started.
    code: [OnceCell<Result<Code, NoStart>>; 3],
}

enum Code {
    Component(ComponentCode),
    Core(CoreCode),
}

/// Runs `fuse`. A panic is an error like any other: the text starts with `PANIC`.
pub fn without_panic<T>(fuse: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(fuse)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without text");
        Err(format!("PANIC: {text}"))
    })
}

impl Fusion {
    /// Fuses `input`. A panic is an error like any other: the text starts with `PANIC`.
    pub fn new(input: &[u8]) -> Result<Fusion, String> {
        Self::with(input, &meld_core::Options::default())
    }

    /// The same, with these options; a component is always asked for.
    pub fn with(input: &[u8], options: &meld_core::Options) -> Result<Fusion, String> {
        let mut options = options.clone();
        options.component = true;
        let inputs = [meld_core::Input::new("input", input)];
        let fused = without_panic(|| meld_core::fuse(&inputs, &options).map_err(|e| crate::error_chain(&e)))?;
        Ok(Fusion { input: input.to_vec(), import_names: import_names(input)?, fused, code: Default::default() })
    }

    /// Clusters of the input, as `of` asks for them, and the report on them. `None` if these need each other in a circle, or if there are fewer than
    /// two. See [`meld_core::unstable::keep::in_clusters`].
    pub fn clusters(&self, of: &dyn Fn(usize) -> Vec<usize>) -> Result<Option<(Vec<u8>, Report)>, String> {
        let inputs = [meld_core::Input::new("input", &self.input[..])];
        let made = Cell::new(0);
        let counted = |units: usize| {
            let of = of(units);
            made.set(of.iter().collect::<BTreeSet<_>>().len());
            // One cluster is what the fusion has anyway.
            if made.get() > 1 { of } else { Vec::new() }
        };
        let clusters = without_panic(|| match in_clusters(&inputs, &meld_core::Options::default(), &counted) {
            Ok(clusters) => Ok(Some(clusters)),
            Err(meld_core::Error::Cluster(ClusterError::Inexpressible { .. })) => Ok(None),
            Err(error) => Err(crate::error_chain(&error)),
        })?;
        Ok(clusters.map(|clusters| (clusters.bytes, clusters.report)))
    }

    /// The same with another component.
    pub fn with_component(mut self, component: Vec<u8>) -> Fusion {
        self.fused.component = Some(component);
        self.code = Default::default();
        self
    }

    /// The fused artifacts.
    pub fn fused(&self) -> &meld_core::Fused {
        &self.fused
    }

    /// Instantiates one form under a host with this seed.
    pub fn start(&self, form: Form, seed: u64) -> Result<Box<dyn Guest>, NoStart> {
        let code = self.code[form as usize].get_or_init(|| self.compile(form));
        Ok(match code.as_ref().map_err(NoStart::clone)? {
            Code::Component(code) => Box::new(code.start(seed)?),
            Code::Core(code) => Box::new(code.start(seed)?),
        })
    }

    fn compile(&self, form: Form) -> Result<Code, NoStart> {
        Ok(match form {
            Form::Input => Code::Component(ComponentCode::new(&self.input)?),
            Form::Component => {
                let bytes = self.fused.component.as_deref();
                let bytes = bytes.ok_or_else(|| NoStart::Unfit("no component in the result".to_owned()))?;
                Code::Component(ComponentCode::new(bytes)?)
            }
            Form::Core => Code::Core(CoreCode::new(&self.fused.core, &self.fused.interface, &self.import_names)?),
        })
    }

    /// Calls every export of all three forms `rounds` times with the same values. Whether there was anything
    /// to compare: not every component runs under this host.
    pub fn compare(&self, seed: u64, rounds: usize) -> Result<bool, String> {
        let steps = match self.start(Form::Input, seed) {
            Ok(mut input) => Steps::random(&mut *input, seed, rounds),
            Err(NoStart::Unfit(_)) => return Ok(false),
            Err(NoStart::Trap(trap)) => {
                // What traps at start must do so when fused.
                for form in [Form::Component, Form::Core] {
                    match self.start(form, seed) {
                        Ok(_) => return Err(format!("{form:?} starts, the input traps at start: {}", trap.0)),
                        Err(NoStart::Trap(other)) => {
                            same_trap(&trap, &other).map_err(|e| format!("{form:?} at start: {e}"))?;
                        }
                        Err(NoStart::Unfit(why)) => return Err(format!("{form:?} cannot be instantiated: {why}")),
                    }
                }
                return Ok(true);
            }
        };
        for form in [Form::Component, Form::Core] {
            let mut guest = self.start(form, seed).map_err(|why| format!("{form:?} does not start: {why:?}"))?;
            steps.replay(&mut *guest).map_err(|e| format!("{form:?}: {e}"))?;
        }
        Ok(true)
    }
}

/// The names of a component's imports, in order.
pub fn import_names(component: &[u8]) -> Result<Vec<String>, String> {
    let mut names = Vec::new();
    each_at_root(component, |payload| {
        if let Payload::ComponentImportSection(section) = payload {
            for import in section {
                names.push(import?.name.name.to_owned());
            }
        }
        Ok(())
    })?;
    Ok(names)
}

/// The names of a component's exports, in order.
pub fn export_names(component: &[u8]) -> Result<Vec<String>, String> {
    let mut names = Vec::new();
    each_at_root(component, |payload| {
        if let Payload::ComponentExportSection(section) = payload {
            for export in section {
                names.push(export?.name.name.to_owned());
            }
        }
        Ok(())
    })?;
    Ok(names)
}

/// Visits what is in the root component, and not in what is inside of it.
fn each_at_root(component: &[u8], mut visit: impl FnMut(Payload<'_>) -> wasmparser::Result<()>) -> Result<(), String> {
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(component) {
        match payload.map_err(|e| e.to_string())? {
            Payload::ComponentSection { .. } | Payload::ModuleSection { .. } => depth += 1,
            Payload::End(_) if depth > 0 => depth -= 1,
            payload if depth == 0 => visit(payload).map_err(|e| e.to_string())?,
            _ => {}
        }
    }
    Ok(())
}

/// Something that the host did, and all that came of it.
pub(crate) struct Step {
    /// What the host did.
    pub(crate) action: Action,
    /// The host's next number before it.
    next_id: u32,
    /// The result, or the trap.
    pub(crate) outcome: Result<Option<Value>, Trap>,
    /// What the host saw of it.
    pub(crate) seen: Vec<Event>,
}

impl Step {
    /// Does the same with another guest.
    pub(crate) fn again(&self, guest: &mut dyn Guest) -> Step {
        step(guest, self.action.clone(), Some(self.next_id))
    }
}

/// What a host can do with a guest.
#[derive(Debug, Clone)]
pub(crate) enum Action {
    /// Call an export.
    Call { path: Vec<String>, args: Vec<Value> },
    /// Drop a handle.
    Drop(u32),
}

impl Action {
    fn run(&self, guest: &mut dyn Guest) -> Result<Option<Value>, Trap> {
        match self {
            Action::Call { path, args } => guest.call(path, args),
            Action::Drop(id) => guest.drop_handle(*id).map(|()| None),
        }
    }
}

/// What the host did with a guest, to be done again with another.
pub struct Steps(Vec<Step>);

impl Steps {
    /// Calls every export `rounds` times with values made up on the way, and drops what the host owns now and
    /// then. Ends soon after a trap.
    pub fn random(guest: &mut dyn Guest, seed: u64, rounds: usize) -> Steps {
        Steps(run_random(guest, seed, rounds))
    }

    /// Does what is given, and ends after a trap.
    pub(crate) fn given(guest: &mut dyn Guest, actions: impl Iterator<Item = Action>) -> Steps {
        let mut steps = Vec::new();
        for action in actions {
            steps.push(step(guest, action, None));
            if steps.last().is_some_and(|step: &Step| step.outcome.is_err()) {
                break;
            }
        }
        Steps(steps)
    }

    /// What was done, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Step> {
        self.0.iter()
    }

    /// Those before a trap.
    pub fn until_trap(mut self) -> Steps {
        let trap = self.0.iter().position(|step| step.outcome.is_err());
        self.0.truncate(trap.unwrap_or(self.0.len()));
        self
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Does the same again and compares.
    pub fn replay(&self, guest: &mut dyn Guest) -> Result<(), String> {
        for (number, expected) in self.0.iter().enumerate() {
            let Step { action, outcome, seen, .. } = expected;
            let at = || format!("step {number}, {action:?}");
            let found = expected.again(guest);
            match (outcome, &found.outcome) {
                (Ok(expected), Ok(found)) if expected == found => {}
                (Err(expected), Err(found)) => same_trap(expected, found).map_err(|e| format!("{}: {e}", at()))?,
                (expected, found) => return Err(format!("{}: expected {expected:?}, found {found:?}", at())),
            }
            if *seen != found.seen {
                return Err(format!("{}: the host should have seen {seen:?}, and saw {:?}", at(), found.seen));
            }
        }
        Ok(())
    }
}

fn run_random(guest: &mut dyn Guest, seed: u64, rounds: usize) -> Vec<Step> {
    let mut random = Random::named(seed, "calls", 0);
    let exports = guest.exports().to_vec();
    let mut steps = Vec::new();
    for _ in 0..rounds {
        for export in &exports {
            let mut taken = Vec::new();
            let args = {
                let recorder = guest.recorder();
                let mut args = Some(Vec::new());
                for ty in &export.ty.params {
                    let arg = value(ty, &mut random, &mut |resource, own| {
                        if resource < crate::host::GUEST_RESOURCES {
                            return Some(recorder.fresh());
                        }
                        // One call uses a handle once, or it could not own it.
                        let mut owned = recorder.owned.iter().filter(|o| o.0 == resource && !taken.contains(&o.1));
                        let id = owned.next()?.1;
                        let _ = own;
                        taken.push(id);
                        Some(id)
                    });
                    args = args.zip(arg).map(|(mut args, arg)| {
                        args.push(arg);
                        args
                    });
                }
                args
            };
            let Some(args) = args else { continue };
            let mut action = Action::Call { path: export.path.clone(), args };
            loop {
                let step = step(guest, action, None);
                if too_much(&step) {
                    return steps;
                }
                let (trapped, dropped) = (step.outcome.is_err(), matches!(step.action, Action::Drop(_)));
                steps.push(step);
                if trapped {
                    steps.extend(once_more(guest, &exports));
                    return steps;
                }
                match guest.recorder().owned.first() {
                    Some(owned) if !dropped && random.one_in(4) => action = Action::Drop(owned.1),
                    _ => break,
                }
            }
        }
    }
    steps
}

/// Nothing can be entered after a trap: a call of any export without parameters, if there is one.
fn once_more(guest: &mut dyn Guest, exports: &[ExportFunc]) -> Option<Step> {
    let export = exports.iter().find(|export| export.ty.params.is_empty())?;
    Some(step(guest, Action::Call { path: export.path.clone(), args: Vec::new() }, None))
}

/// Whether a call ran into the deadline of its store or a limit of wasmtime: what it would have done is not known.
pub(crate) fn too_much(step: &Step) -> bool {
    const LIMITS: [&str; 2] = ["wasm trap: interrupt", "store handle limit exceeded"];
    matches!(&step.outcome, Err(Trap(text)) if LIMITS.iter().any(|limit| trap::cause(text).contains(limit)))
}

/// Carries an action out. `next_id` is the host's next number, if it is not to go on counting: arguments may
/// have been made up, and numbers used for that, by another host.
fn step(guest: &mut dyn Guest, action: Action, next_id: Option<u32>) -> Step {
    let next_id = next_id.unwrap_or(guest.recorder().next_id);
    guest.recorder().next_id = next_id;
    let before = guest.recorder().trace.len();
    let outcome = action.run(guest);
    Step { action, next_id, outcome, seen: guest.recorder().trace[before..].to_vec() }
}

/// How a call of a fused form differs from the same call of the input: in its outcome, or in what the host saw.
pub fn difference(
    (expected, expected_trace): (&Result<Option<Value>, Trap>, &[Event]),
    (found, found_trace): (&Result<Option<Value>, Trap>, &[Event]),
) -> Option<String> {
    let same_outcome = match (expected, found) {
        (Ok(expected), Ok(found)) => expected == found,
        (Err(expected), Err(found)) => expected.is_same(found),
        _ => false,
    };
    if !same_outcome {
        return Some(format!("expected {expected:?}, found {found:?}"));
    }
    (expected_trace != found_trace).then(|| format!("the host should see {expected_trace:?}, and sees {found_trace:?}"))
}

fn same_trap(expected: &Trap, found: &Trap) -> Result<(), String> {
    if expected.is_same(found) {
        return Ok(());
    }
    Err(format!("expected the trap `{}`, found: {}", trap::cause(&expected.0), found.0))
}
