//! `cargo run -p meld-oracle --example optimized -- COMMAND… [-- FIXTURE…]`: whether an optimizer takes what meld makes, and keeps it.
//!
//! In: the command that runs Binaryen's `wasm-opt` again and again, `node .ci/wasm-opt.cjs PATH-OF-WASM-OPT`, and the
//! fixtures of the regression run. Each is fused into core modules: with several memories, with one, with one and `--isolate`, and with one
//! and `--share-stack`. Out: a failure unless `wasm-opt -O3`, without a word about features, accepts every module, and the
//! optimized module does the same as the unfused input, call for call of the host. So `target_features` has everything
//! that is in the module. That nothing is in it which is not is a test of the library.

use anyhow::{Context, Result, bail, ensure, format_err};
use meld_core::core_interface::CoreInterface;
use meld_core::options::{Protection, StackSize};
use meld_core::{Input, Options};
use meld_oracle::core_host::CoreCode;
use meld_oracle::differential::{Steps, import_names, shared};
use meld_oracle::host::{ComponentCode, Guest, NoStart};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;
use wasmparser::{Parser, Payload};

/// How many fixtures there are. It only grows.
const FIXTURES: usize = 78;

/// Bytes by which each memory may grow: more than any fixture asks for.
const HEAP: u64 = 1 << 20;

const SEED: u64 = 73;

/// Bytes of the one stack of all guests.
const STACK: u64 = 64 << 10;

/// With this environment variable, every fixture that can have one stack runs with one; without, a third of them.
const ALL: &str = "MELD_OPTIMIZED_ALL";

/// The modes, with a name. `one_stack`: with the one in which all guests have one stack, too.
fn modes(one_stack: bool) -> Vec<(&'static str, Options)> {
    let mut isolated = shared(HEAP);
    isolated.shared().protection = Protection::Isolated;
    let mut modes = vec![
        ("several memories", Options::default()),
        ("one memory", shared(HEAP)),
        ("one memory, --isolate", isolated),
    ];
    if one_stack {
        let mut stack = shared(HEAP);
        stack.shared().common().stack = Some(StackSize::Bytes(STACK));
        modes.push(("one memory, --share-stack", stack));
    }
    modes
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (command, wanted) = match arguments.iter().position(|argument| argument == "--") {
        Some(end) => (&arguments[..end], &arguments[end + 1..]),
        None => (&arguments[..], &[][..]),
    };
    ensure!(!command.is_empty(), "say how `wasm-opt` is run: node .ci/wasm-opt.cjs PATH-OF-WASM-OPT");
    let mut fixtures = fixtures()?;
    ensure!(fixtures.len() >= FIXTURES, "there were {FIXTURES} fixtures, now there are {}", fixtures.len());
    if !wanted.is_empty() {
        fixtures
            .retain(|file| file.file_stem().is_some_and(|name| wanted.iter().any(|wanted| name == wanted.as_str())));
        ensure!(fixtures.len() == wanted.len(), "not all of {wanted:?} are fixtures");
    }
    let folder = tempfile::tempdir()?;
    let work = Mutex::new(fixtures.iter().enumerate());
    let failures = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism()?.get();
    let optimizers = (0..threads).map(|thread| Optimizer::start(command, folder.path().join(thread.to_string())));
    let optimizers: Vec<Optimizer> = optimizers.collect::<Result<_>>()?;
    let all_stacks = !wanted.is_empty() || std::env::var_os(ALL).is_some();
    std::thread::scope(|scope| {
        for mut optimizer in optimizers {
            let (work, failures) = (&work, &failures);
            scope.spawn(move || {
                while let Some((number, file)) = { work.lock().expect("no thread panics").next() } {
                    // One stack takes as long as each of the other modes: by default, for some.
                    let one_stack = all_stacks || number % 3 == 0;
                    if let Err(error) = fixture(file, one_stack, &mut optimizer) {
                        let failure = format!("{}: {error:#}", file.display());
                        failures.lock().expect("no thread panics").push(failure);
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().expect("no thread panics");
    println!("{} passed, {} failed", fixtures.len() - failures.len(), failures.len());
    if !failures.is_empty() {
        bail!("{}", failures.join("\n"));
    }
    Ok(())
}

fn fixtures() -> Result<Vec<PathBuf>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/wit_bindgen/fixtures");
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        files.push(entry?.path());
    }
    files.retain(|file| file.extension().is_some_and(|e| e == "wasm"));
    files.sort();
    Ok(files)
}

/// Fuses a fixture in every mode, and optimizes and runs what comes out.
fn fixture(file: &Path, one_stack: bool, optimizer: &mut Optimizer) -> Result<()> {
    let bytes = std::fs::read(file)?;
    let names = import_names(&bytes).map_err(anyhow::Error::msg)?;
    let mut input = ComponentCode::new(&bytes).and_then(|code| code.start(SEED)).map_err(why)?;
    // Every export is called; the one that checks everything, where there is one, is among them.
    let steps = Steps::random(&mut input, SEED, 1);
    // A host that makes up its answers lets guests of WASI write below their own stack, which traps on one stack (ADR 31). The others
    // have a function `run` that needs no host.
    let one_stack = one_stack && input.exports().iter().any(|export| export.path == ["run"]);
    for (mode, options) in modes(one_stack) {
        let input = Input::new("input", bytes.as_slice());
        let fused = meld_core::fuse(&[input], &options)?;
        let optimized = optimizer.optimize(&fused.core).context(mode)?;
        let code = CoreCode::new(&optimized, &without_unused(fused.interface, &optimized)?, &names);
        let mut guest = code.and_then(|code| code.start(SEED)).map_err(why).context(mode)?;
        steps.replay(&mut guest).map_err(|difference| format_err!("{mode}: {difference}"))?;
    }
    Ok(())
}

/// The interface without the imports that an optimizer has found to be unused.
fn without_unused(mut interface: CoreInterface, module: &[u8]) -> Result<CoreInterface> {
    let mut left = BTreeSet::new();
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::ImportSection(imports) = payload? {
            for import in imports.into_imports() {
                let import = import?;
                left.insert((import.module.to_owned(), import.name.to_owned()));
            }
        }
    }
    interface.imports.retain(|_, import| left.contains(&(import.module.clone(), import.field.clone())));
    Ok(interface)
}

fn why(no_start: NoStart) -> anyhow::Error {
    match no_start {
        NoStart::Unfit(why) => format_err!("it cannot be instantiated: {why}"),
        NoStart::Trap(trap) => format_err!("it traps at start: {}", trap.0),
    }
}

/// A running optimizer.
struct Optimizer {
    process: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
    input: PathBuf,
    output: PathBuf,
}

impl Optimizer {
    /// Starts one that has the folder `place` for its files.
    fn start(command: &[String], place: PathBuf) -> Result<Optimizer> {
        std::fs::create_dir_all(&place)?;
        let mut process = Command::new(&command[0])
            .args(&command[1..])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("`{}` cannot be run", command.join(" ")))?;
        let (requests, answers) = (process.stdin.take(), process.stdout.take());
        let requests = requests.context("the optimizer has no stdin")?;
        let answers = BufReader::new(answers.context("the optimizer has no stdout")?);
        Ok(Optimizer { process, requests, answers, input: place.join("input.wasm"), output: place.join("output.wasm") })
    }

    /// What `wasm-opt -O3` makes of a module.
    fn optimize(&mut self, module: &[u8]) -> Result<Vec<u8>> {
        std::fs::write(&self.input, module)?;
        // What is read afterwards is new.
        match std::fs::remove_file(&self.output) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        let arguments = [Path::new("-O3"), &self.input, Path::new("-o"), &self.output];
        writeln!(self.requests, "{}", serde_json::to_string(&arguments)?)?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        ensure!(!answer.is_empty(), "the optimizer has ended");
        ensure!(answer.trim() == "0", "the optimizer refuses the module, with exit code {}", answer.trim());
        Ok(std::fs::read(&self.output)?)
    }
}

impl Drop for Optimizer {
    fn drop(&mut self) {
        // Errors here have been errors before.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
