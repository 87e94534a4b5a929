//! A script, run unfused and fused.
//!
//! In: the text of a script and a [`Fuser`]. Out: its [`Report`]. A component that fails to be fused or
//! instantiated leaves no current instance behind, so the calls that follow it fail with it: they must not be
//! answered by the instance before it.

use super::class::Class;
use super::directive::{Directive, Subject};
use super::forms::forms;
use super::report::{Entry, Kind, Report, Status};
use crate::decoy::with_decoy;
use crate::differential::{Fusion, shared, without_panic};
use crate::engine;
use crate::trap;
use std::borrow::Cow;
use std::collections::HashMap;
use wasmtime_wast::{Async, SpectestConfig, WastContext};

/// Something done to the bytes of a component.
type OnBytes<'f, T> = &'f dyn Fn(&[u8]) -> Result<T, String>;

/// What is judged.
#[derive(Clone, Copy)]
pub struct Fuser<'f> {
    /// Turns the bytes of a component into those of a component that must behave the same.
    pub fuse: OnBytes<'f, Vec<u8>>,
    /// Compares all forms of a component; whether there was anything to compare.
    pub in_all_forms: Option<OnBytes<'f, bool>>,
}

/// The fuser under test.
pub const MELD: Fuser<'static> = Fuser { fuse: &fuse_with_meld, in_all_forms: Some(&compare_forms) };

/// The fuser under test, where what cannot be fused is kept as it is.
pub const MELD_ACCEPTED: Fuser<'static> = Fuser { fuse: &accept_with_meld, in_all_forms: None };

/// The fuser under test, with every memory in a window of one.
pub const MELD_SHARED: Fuser<'static> = Fuser {
    fuse: &|bytes| component_of(Fusion::with(bytes, &isolated())?),
    in_all_forms: Some(&|bytes| Fusion::with(bytes, &isolated())?.compare(1, 3)),
};

/// The same, beside a neighbour at address 0, so that no window of a script begins there.
pub const MELD_MOVED: Fuser<'static> = Fuser {
    fuse: &|bytes| component_of(Fusion::with(&with_decoy(bytes)?, &isolated())?),
    in_all_forms: Some(&|bytes| Fusion::with(&with_decoy(bytes)?, &isolated())?.compare(1, 3)),
};

/// Scripts are about traps, and so every window keeps its own.
fn isolated() -> meld_core::Options {
    let mut options = shared(SHARED_HEAP);
    options.shared().protection = meld_core::options::Protection::Isolated;
    options
}

/// The same, without checks of accesses: what goes out of bounds may reach a neighbour.
pub const MELD_SHARED_UNCHECKED: Fuser<'static> =
    Fuser { fuse: &|bytes| component_of(Fusion::with(bytes, &shared(SHARED_HEAP))?), in_all_forms: None };

/// Bytes by which memories may grow there: scripts grow by a page or two.
const SHARED_HEAP: u64 = 1 << 20;

/// A fuser that gives every component back as it is.
pub const IDENTITY: Fuser<'static> = Fuser { fuse: &|bytes| Ok(bytes.to_vec()), in_all_forms: None };

/// An expected text that no trap contains: the error then tells the trap's own text.
const NO_TRAP_SAYS: &str = "<no trap says this>";

/// `--component` output of meld.
fn fuse_with_meld(bytes: &[u8]) -> Result<Vec<u8>, String> {
    component_of(Fusion::new(bytes)?)
}

/// The same, and what cannot be fused is kept.
fn accept_with_meld(bytes: &[u8]) -> Result<Vec<u8>, String> {
    without_panic(|| {
        let mut fuser = meld_core::Fuser::new();
        fuser.input("component", bytes);
        fuser.fuse_component().map(|made| made.bytes).map_err(|error| crate::error_chain(&error))
    })
}

fn component_of(fusion: Fusion) -> Result<Vec<u8>, String> {
    fusion.fused().component.clone().ok_or_else(|| "no component in the result".to_owned())
}

fn compare_forms(bytes: &[u8]) -> Result<bool, String> {
    Fusion::new(bytes)?.compare(1, 3)
}

/// Runs the script `text`, which reports name `file`.
pub fn run_script(file: &str, text: &str, fuser: Fuser<'_>) -> Report {
    let forms = match forms(text) {
        Ok(forms) => forms,
        Err(e) => {
            let entry = Entry { line: 1, kind: Kind::Other, class: None, status: Status::Baseline(e.message()) };
            return Report { file: file.to_owned(), entries: vec![entry] };
        }
    };
    let mut baseline = Side::new(None);
    let mut fused = Side::new(Some(fuser));
    let mut entries = Vec::new();
    let mut classes = Classes::default();
    for form in forms {
        let directive = Directive::parse(form.text);
        let kind = kind(&directive);
        let class = classes.of(&directive);
        let status = match baseline.run(form.text, &directive) {
            Err(why) => {
                // Keep both sides in step: what comes after may depend on it.
                let _ = fused.run(form.text, &directive);
                Status::Baseline(why)
            }
            Ok(trap) => match fused.run(form.text, &directive).and_then(|found| agree(&directive, &trap, &found)) {
                Ok(()) => Status::Passed,
                Err(why) => Status::Failed(why),
            },
        };
        let fits = status == Status::Passed;
        entries.push(Entry { line: form.line, kind, class, status });
        if fits && let Directive::Component { subject: Subject::Define { .. }, bytes } = &directive {
            entries.extend(in_all_forms(bytes, fuser).map(|status| Entry {
                line: form.line,
                kind: Kind::Forms,
                class,
                status,
            }));
        }
    }
    Report { file: file.to_owned(), entries }
}

/// Whether the trap of the fused run is the one that the suite names or, where suite and wasmtime differ in
/// wording, the one that the unfused run found.
fn agree(directive: &Directive, unfused: &Option<String>, fused: &Option<String>) -> Result<(), String> {
    let (Some(unfused), Some(fused)) = (unfused, fused) else { return Ok(()) };
    let (Directive::TrapOnCall { text: expected, .. }
    | Directive::Component { subject: Subject::AssertTrap(expected), .. }) = directive
    else {
        return Ok(());
    };
    if trap::same_trap(expected, fused) || trap::same_trap(trap::cause(unfused), fused) {
        Ok(())
    } else {
        Err(format!("expected trap `{expected}`, got: {}", fused.trim()))
    }
}

/// Calls the component's exports in all forms, with values of any kind, and compares what comes of it. `None`
/// where there is nothing to compare: no form of it but the input, or a host that it does not run under.
fn in_all_forms(component: &[u8], fuser: Fuser<'_>) -> Option<Status> {
    let fuser = fuser.in_all_forms?;
    match fuser(component) {
        Ok(true) => Some(Status::Passed),
        Ok(false) => None,
        Err(why) => Some(Status::Failed(why)),
    }
}

fn kind(directive: &Directive) -> Kind {
    match directive {
        Directive::Component { subject: Subject::Define { .. }, .. } | Directive::Instantiate { .. } => {
            Kind::Instantiate
        }
        Directive::Component { subject: Subject::AssertTrap(_), .. } => Kind::TrapAtStart,
        Directive::Component { subject: Subject::AssertUnlinkable(_), .. } => Kind::Unlinkable,
        Directive::Component { subject: Subject::AssertRejected, .. } => Kind::Rejected,
        Directive::TrapOnCall { .. } => Kind::Trap,
        Directive::Call { .. } => Kind::Return,
        Directive::Other | Directive::Unknown(_) => Kind::Other,
    }
}

/// The classes of the components of a script.
#[derive(Default)]
struct Classes {
    /// By name: definitions and instances.
    named: HashMap<String, Option<Class>>,
    /// The last definition's, and the current instance's.
    defined: Option<Class>,
    current: Option<Class>,
}

impl Classes {
    /// The class of what a directive is about.
    fn of(&mut self, directive: &Directive) -> Option<Class> {
        match directive {
            Directive::Component { subject: Subject::Define { definition, name }, bytes } => {
                let class = Class::of(bytes);
                if let Some(name) = name {
                    self.named.insert(name.clone(), class);
                }
                self.defined = class;
                if !definition {
                    self.current = class;
                }
                class
            }
            Directive::Component { bytes, .. } => Class::of(bytes),
            Directive::Instantiate { name, of } => {
                let class = self.named(of, self.defined);
                if let Some(name) = name {
                    self.named.insert(name.clone(), class);
                }
                self.current = class;
                class
            }
            Directive::Call { on } | Directive::TrapOnCall { on, .. } => self.named(on, self.current),
            Directive::Other | Directive::Unknown(_) => None,
        }
    }

    fn named(&self, name: &Option<String>, otherwise: Option<Class>) -> Option<Class> {
        match name {
            Some(name) => self.named.get(name).copied().flatten(),
            None => otherwise,
        }
    }
}

/// One of the two runs.
struct Side<'f> {
    wast: WastContext,
    /// `None`: the script as it is.
    fuser: Option<Fuser<'f>>,
    /// Why there is no current instance.
    broken: Option<String>,
}

impl<'f> Side<'f> {
    fn new(fuser: Option<Fuser<'f>>) -> Self {
        let mut wast = WastContext::new(engine::concurrent_engine(), Async::Yes, engine::limit);
        wast.ignore_error_messages(true);
        wast.register_spectest(&SpectestConfig { use_shared_memory: true, suppress_prints: true })
            .and_then(|()| wast.register_wasmtime())
            .expect("host instances are defined once per script, under names of their own");
        Side { wast, fuser, broken: None }
    }

    /// Runs a directive; where it asserts a trap, returns that trap's text.
    fn run(&mut self, text: &str, directive: &Directive) -> Result<Option<String>, String> {
        match directive {
            Directive::Component { subject: subject @ Subject::Define { .. }, bytes } => {
                let result = self.component(text, subject, bytes);
                self.broken = result.as_ref().err().cloned();
                result
            }
            Directive::Component { subject, bytes } => self.component(text, subject, bytes),
            Directive::Instantiate { .. } => {
                let result = self.wast(text);
                self.broken = result.as_ref().err().cloned();
                result.map(|()| None)
            }
            Directive::Call { .. } => self.unless_broken()?.wast(text).map(|()| None),
            Directive::TrapOnCall { .. } => {
                let end = last_string(text).ok_or("an assertion ends in a string")?;
                let probe = format!("{}\"{NO_TRAP_SAYS}\")", &text[..end]);
                self.unless_broken()?.find_trap(&probe).map(Some)
            }
            Directive::Other => self.wast(text).map(|()| None),
            Directive::Unknown(why) => Err(why.clone()),
        }
    }

    fn component(&mut self, text: &str, subject: &Subject, bytes: &[u8]) -> Result<Option<String>, String> {
        let bytes = match (self.fuser, subject) {
            (None, Subject::AssertTrap(_)) => bytes.into(),
            (None, _) => return self.wast(text).map(|()| None),
            (Some(fuser), Subject::AssertRejected) => {
                return match (fuser.fuse)(bytes) {
                    // Wasmtime refuses some valid components, such as those that import a component.
                    Ok(_) if valid(bytes) => Ok(None),
                    Ok(_) => Err("fused, though it is not valid".to_owned()),
                    Err(why) if why.starts_with("PANIC") => Err(why),
                    Err(_) => Ok(None),
                };
            }
            (Some(fuser), _) => Cow::Owned((fuser.fuse)(bytes)?),
        };
        match subject {
            Subject::AssertTrap(_) => {
                let probe = Subject::AssertTrap(NO_TRAP_SAYS.to_owned()).render(&bytes);
                self.find_trap(&probe).map(Some)
            }
            _ => self.wast(&subject.render(&bytes)).map(|()| None),
        }
    }

    /// Runs `probe`, an `assert_trap` for [`NO_TRAP_SAYS`]: the text of the trap that it finds.
    fn find_trap(&mut self, probe: &str) -> Result<String, String> {
        let Err(error) = self.wast(probe) else { return Err("the trap's text cannot be seen".to_owned()) };
        match error.split_once(&format!("expected '{NO_TRAP_SAYS}', got '")) {
            Some((_, text)) => Ok(text.to_owned()),
            None => Err(error),
        }
    }

    fn unless_broken(&mut self) -> Result<&mut Self, String> {
        match &self.broken {
            None => Ok(self),
            Some(why) => Err(format!("no instance: {why}")),
        }
    }

    fn wast(&mut self, text: &str) -> Result<(), String> {
        // `names.wast`: the one file name for which confusing characters are allowed.
        self.wast.run_wast("names.wast", text.as_bytes()).map_err(|e| format!("{e:?}"))
    }
}

/// Whether `component` is valid with every proposal there is.
fn valid(component: &[u8]) -> bool {
    wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all()).validate_all(component).is_ok()
}

/// Where the last string literal of `text` starts.
fn last_string(text: &str) -> Option<usize> {
    let mut lexer = wast::lexer::Lexer::new(text);
    lexer.allow_confusing_unicode(true);
    let tokens = lexer.iter(0).filter_map(Result::ok);
    tokens.filter(|token| token.kind == wast::lexer::TokenKind::String).last().map(|token| token.offset)
}
