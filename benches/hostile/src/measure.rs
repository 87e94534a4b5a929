//! Measuring one input.
//!
//! In: files and a mode. Out: CPU time and peak memory of a process that fuses them, and of one that only validates them.
//! Each is a process of its own with limits of its own: an input that would take all memory, or forever, is a
//! failure and not the end of the machine.

use crate::process::{cpu_time, peak_memory};
use anyhow::{Context, Result, bail};
use meld_core::error::Remedy;
use meld_core::options::{Protection, StackSize};
use meld_core::{Error, Fuser, Pass, Stage};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};
use wasmparser::{Validator, WasmFeatures};

/// Seconds of CPU time after which a process is killed.
const SECONDS: u64 = 120;
/// Bytes of address space that a process can have.
const ADDRESS_SPACE: u64 = 6 << 30;

/// What is done with an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Fused into a core module.
    Core,
    /// Fused into a component.
    Component,
    /// Fused into one memory.
    Shared,
    /// Fused into one memory with checks.
    Isolate,
    /// Fused into one memory with one stack.
    ShareStack,
    /// Every stage printed.
    Inspect,
    /// Fused into a core module that says how it is called, and the world in WIT, if it has a form there.
    Described,
}

impl Mode {
    /// All of them.
    pub const ALL: [Mode; 7] =
        [Mode::Core, Mode::Component, Mode::Shared, Mode::Isolate, Mode::ShareStack, Mode::Inspect, Mode::Described];

    /// Its name in tables and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Mode::Core => "core",
            Mode::Component => "component",
            Mode::Shared => "shared",
            Mode::Isolate => "isolate",
            Mode::ShareStack => "share-stack",
            Mode::Inspect => "inspect",
            Mode::Described => "described",
        }
    }

    /// The mode of that name.
    pub fn named(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|mode| mode.name() == name).with_context(|| format!("there is no mode {name}"))
    }
}

/// What came of a fusion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A result of so many bytes, which the validator accepts.
    Made(usize),
    /// An error that names a limit.
    Limit(String),
    /// Another error.
    Refused(String),
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Outcome::Made(bytes) => write!(f, "{bytes} bytes"),
            Outcome::Limit(name) => write!(f, "limit `{name}`"),
            Outcome::Refused(error) => write!(f, "refused: {error}"),
        }
    }
}

/// What an input costs.
#[derive(Debug, Clone)]
pub struct Cost {
    /// Bytes of all inputs.
    pub input: usize,
    /// Seconds of CPU time to fuse.
    pub fuse: f64,
    /// Bytes of memory to fuse.
    pub fuse_memory: u64,
    /// Seconds of CPU time to validate.
    pub validate: f64,
    /// Bytes of memory to validate.
    pub validate_memory: u64,
    /// What came of it.
    pub outcome: Outcome,
}

/// What a fusion may cost.
#[derive(Debug, Clone, Copy)]
pub struct Allowed {
    /// So many times what a validation takes,
    pub factor: f64,
    /// and so many seconds,
    pub seconds: f64,
    /// or bytes.
    pub bytes: u64,
}

impl Allowed {
    /// Where meld is built with optimization.
    pub const RELEASE: Self = Self { factor: 24.0, seconds: 0.6, bytes: 160 << 20 };
    /// Where it is not: it takes some ten times as long, and the validator two or three times.
    pub const DEBUG: Self = Self { factor: 100.0, seconds: 20.0, bytes: 160 << 20 };

    /// Why `cost` is too much, if it is.
    pub fn objection(&self, cost: &Cost) -> Option<String> {
        let seconds = self.factor * cost.validate + self.seconds;
        let bytes = self.factor * cost.validate_memory as f64 + self.factor * cost.input as f64 + self.bytes as f64;
        if cost.fuse > seconds {
            return Some(format!("{:.2} s, and {seconds:.2} s are allowed", cost.fuse));
        }
        let mib = |bytes: f64| bytes / f64::from(1 << 20);
        if cost.fuse_memory as f64 > bytes {
            return Some(format!("{:.0} MiB, and {:.0} MiB are allowed", mib(cost.fuse_memory as f64), mib(bytes)));
        }
        None
    }
}

/// Measures `inputs`, by processes of `program`, which is this crate's.
pub fn measure(program: &Path, inputs: &[Vec<u8>], mode: Mode) -> Result<Cost> {
    let folder = tempfile::tempdir()?;
    let mut paths = Vec::new();
    for (position, bytes) in inputs.iter().enumerate() {
        let path = folder.path().join(format!("i{position}"));
        fs::write(&path, bytes)?;
        paths.push(path);
    }
    let (validate, _) = in_process(program, &["validate"], &paths)?;
    let (fuse, text) = in_process(program, &["fuse", mode.name()], &paths)?;
    let outcome = match text.split_once(' ') {
        Some(("made", bytes)) => Outcome::Made(bytes.parse()?),
        Some(("limit", name)) => Outcome::Limit(name.to_string()),
        Some(("refused", error)) => Outcome::Refused(error.to_string()),
        _ => bail!("no outcome in `{text}`"),
    };
    Ok(Cost {
        input: inputs.iter().map(Vec::len).sum(),
        fuse: fuse.0,
        fuse_memory: fuse.1,
        validate: validate.0,
        validate_memory: validate.1,
        outcome,
    })
}

/// Seconds and bytes that a process took, and what it says.
fn in_process(program: &Path, command: &[&str], paths: &[PathBuf]) -> Result<((f64, u64), String)> {
    let output = Command::new(program).args(command).args(paths).env("RUST_BACKTRACE", "0").output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let parsed = || {
        let (seconds, rest) = text.trim_end().split_once(' ')?;
        let (bytes, rest) = rest.split_once(' ')?;
        Some(((seconds.parse().ok()?, bytes.parse().ok()?), rest.to_string()))
    };
    parsed().filter(|_| output.status.success()).with_context(|| {
        let error = String::from_utf8_lossy(&output.stderr);
        format!("{}: {}", output.status, error.trim_end().chars().take(2000).collect::<String>())
    })
}

/// What a process of [`measure`] does: `validate FILE…` or `fuse MODE FILE…`.
pub fn child(args: &[String]) -> Result<()> {
    // What is not bounded by the limits of a fusion is bounded here.
    limit(Resource::Cpu, SECONDS)?;
    limit(Resource::As, ADDRESS_SPACE)?;
    let (command, rest) = args.split_first().context("a command")?;
    let (mode, paths) = match command.as_str() {
        "fuse" => {
            let (mode, paths) = rest.split_first().context("a mode")?;
            (Some(Mode::named(mode)?), paths)
        }
        _ => (None, rest),
    };
    let inputs: Vec<Vec<u8>> = paths.iter().map(fs::read).collect::<Result<_, _>>()?;
    let (time, memory) = (cpu_time(), peak_memory()?);
    let outcome = match mode {
        None => {
            for input in &inputs {
                Validator::new_with_features(WasmFeatures::all()).validate_all(input)?;
            }
            Outcome::Made(0)
        }
        Some(mode) => fuse(&inputs, mode)?,
    };
    let (time, memory) = (cpu_time() - time, peak_memory()? - memory);
    match outcome {
        Outcome::Made(bytes) => println!("{time} {memory} made {bytes}"),
        Outcome::Limit(name) => println!("{time} {memory} limit {name}"),
        Outcome::Refused(error) => println!("{time} {memory} refused {}", error.replace('\n', " ")),
    }
    Ok(())
}

fn fuse(inputs: &[Vec<u8>], mode: Mode) -> Result<Outcome> {
    let mut fuser = Fuser::new();
    for (position, bytes) in inputs.iter().enumerate() {
        fuser.input(format!("i{position}"), bytes.as_slice());
    }
    match mode {
        Mode::Core | Mode::Inspect => {}
        Mode::Described => _ = fuser.embed_interface(true),
        Mode::Component => _ = fuser.component(true),
        Mode::Shared => fuser.options_mut().shared().rebase = true,
        Mode::Isolate => fuser.options_mut().shared().protection = Protection::Isolated,
        Mode::ShareStack => fuser.options_mut().shared().common().stack = Some(StackSize::Bytes(65536)),
    }
    if mode == Mode::Inspect {
        let mut bytes = 0;
        // Of the passes one: each runs all stages before it again.
        let passes = |stage: &Stage| matches!(stage, Stage::After(pass) if *pass != Pass::Start);
        for stage in Stage::all().filter(|stage| !passes(stage)) {
            match fuser.inspect(stage) {
                Ok(text) => bytes += text.to_string().len(),
                Err(error) => return Ok(failed(&error)),
            }
        }
        return Ok(Outcome::Made(bytes));
    }
    match fuser.fuse() {
        Ok(fused) => {
            let report = fused.report.to_json().len() + fused.report.to_string().len();
            let bytes = fused.component.as_ref().unwrap_or(&fused.core);
            anyhow::ensure!(report > 0 && !bytes.is_empty(), "a fusion makes something");
            if mode == Mode::Described {
                let inputs = inputs.iter().filter_map(|input| meld_core::world_of(input).ok());
                anyhow::ensure!(inputs.map(|wit| wit.len()).min() != Some(0), "a world in WIT says something");
            }
            Ok(Outcome::Made(bytes.len()))
        }
        Err(error) => Ok(failed(&error)),
    }
}

fn failed(error: &Error) -> Outcome {
    let mut text = error.to_string();
    let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    let limit = error.remedies().into_iter().find_map(|remedy| match remedy {
        Remedy::RaiseLimit(limit) => Some(limit),
        _ => None,
    });
    match limit {
        Some(limit) => Outcome::Limit(limit.name().to_string()),
        None => Outcome::Refused(text),
    }
}

fn limit(resource: Resource, most: u64) -> Result<()> {
    let Rlimit { maximum, .. } = getrlimit(resource);
    setrlimit(resource, Rlimit { current: Some(most), maximum })?;
    Ok(())
}

/// The program that is running.
pub fn this_program() -> Result<PathBuf> {
    Ok(env::current_exe()?)
}
