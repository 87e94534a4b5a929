//! Conformance scripts, unfused and fused: `tests/wast/` of this crate always, and the directories that
//! `MELD_WAST_DIRS` names, separated like `PATH`. `tests/nyi.txt` lists what does not pass yet. Each script is a test of its own
//! in each mode: `--test conformance one-memory/wast/lists` runs some. The tables come at the end.

use libtest_mimic::{Arguments, Failed, Trial};
use meld_oracle::error_chain;
use meld_oracle::wast::{
    Entry, Fuser, IDENTITY, Kind, MELD, MELD_ACCEPTED, MELD_MOVED, MELD_SHARED, MELD_SHARED_UNCHECKED, Nyi, Report,
    Status, run_script, table,
};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use wit_component::ComponentEncoder;

/// A way to run scripts, and what may fail in it.
struct Mode {
    name: &'static str,
    fuser: fn() -> Fuser<'static>,
    /// Only scripts of the repository.
    own_only: bool,
    /// What is in the names of its scripts.
    scripts: &'static str,
    /// Lists of what does not pass yet, in `tests/`. `conformance-accepted` has none: nothing may fail.
    lists: &'static [&'static str],
    /// Without `--isolate`, an access out of bounds may not trap; but everything that returns must be right.
    traps: bool,
}

const MODES: &[Mode] = &[
    Mode {
        name: "conformance",
        fuser: || MELD,
        own_only: false,
        scripts: "",
        lists: &["nyi.txt", "nyi-async.txt"],
        traps: true,
    },
    // A component takes everything that is valid: what cannot be fused is kept, and behaves as it did.
    Mode {
        name: "conformance-accepted",
        fuser: || MELD_ACCEPTED,
        own_only: false,
        scripts: "",
        lists: &[],
        traps: true,
    },
    Mode {
        name: "one-memory",
        fuser: || MELD_SHARED,
        own_only: false,
        scripts: "",
        lists: &["nyi.txt", "nyi-async.txt", "nyi-one-memory.txt"],
        traps: true,
    },
    Mode {
        name: "one-memory-beside-another",
        fuser: || MELD_MOVED,
        own_only: true,
        scripts: "",
        lists: &["nyi-async.txt", "nyi-one-memory.txt", "nyi-beside-another.txt"],
        traps: true,
    },
    Mode {
        name: "one-memory-without-checks",
        fuser: || MELD_SHARED_UNCHECKED,
        own_only: true,
        scripts: "",
        lists: &["nyi-async.txt", "nyi-one-memory.txt"],
        traps: false,
    },
    // Core output, of which the standard tools make a component.
    Mode {
        name: "core-by-tools",
        fuser: || Fuser { fuse: &by_tools, in_all_forms: None },
        own_only: false,
        scripts: "/async/",
        lists: &["nyi.txt", "nyi-async.txt", "nyi-by-tools.txt"],
        traps: true,
    },
];

/// Fuses into a core module, and has the standard tools make a component of it.
fn by_tools(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut fuser = meld_core::Fuser::new();
    let fused = fuser.input("component", bytes).fuse().map_err(|error| error_chain(&error))?;
    if let Some(why) = fused.no_component_type {
        return Err(why.to_string());
    }
    let mut encoder = ComponentEncoder::default();
    let encoder = encoder.validate(true).module(&fused.core).map_err(|error| format!("{error:#}"))?;
    encoder.encode().map_err(|error| format!("{error:#}"))
}

/// Reports of the scripts that have run, by mode and script.
type Reports = Arc<Mutex<BTreeMap<(&'static str, String), Report>>>;

fn main() -> ExitCode {
    let (own, all) = (own(), all());
    let reports = Reports::default();
    let mut trials = Vec::new();
    for (name, path) in &own {
        let (script, path) = (name.clone(), path.clone());
        trials.push(Trial::test(format!("unfused/{name}"), move || holds_unfused(&script, &path)));
    }
    for mode in MODES {
        for (name, path) in if mode.own_only { &own } else { &all } {
            if !name.contains(mode.scripts) {
                continue;
            }
            let (script, path, reports) = (name.clone(), path.clone(), reports.clone());
            trials.push(Trial::test(format!("{}/{name}", mode.name), move || mode.check(&script, &path, &reports)));
        }
    }
    let conclusion = libtest_mimic::run(&Arguments::from_args(), trials);
    let reports = std::mem::take(&mut *reports.lock().expect("no thread panicked with it"));
    for mode in MODES {
        let of_mode: Vec<Report> =
            reports.iter().filter(|((name, _), _)| *name == mode.name).map(|(_, report)| report.clone()).collect();
        // A filter leaves nothing of a mode, or some of it.
        if !of_mode.is_empty() {
            println!("{}\n{}", mode.name, table(&of_mode));
        }
    }
    conclusion.exit_code()
}

/// Scripts of the repository must pass before fusing.
fn holds_unfused(name: &str, path: &Path) -> Result<(), Failed> {
    let report = run_script(name, &std::fs::read_to_string(path)?, IDENTITY);
    // What is not valid is judged where there is a fuser: this one refuses nothing.
    let is_unfit = |entry: &&Entry| entry.status != Status::Passed && entry.kind != Kind::Rejected;
    let unfit: Vec<String> =
        report.entries.iter().filter(is_unfit).map(|entry| format!("{}: {:?}", entry.line, entry.status)).collect();
    if unfit.is_empty() { Ok(()) } else { Err(unfit.join("\n").into()) }
}

impl Mode {
    /// Runs one script; what its lists say of it must be true.
    fn check(&self, name: &str, path: &Path, reports: &Reports) -> Result<(), Failed> {
        let read = |list: &&str| std::fs::read_to_string(here().join(list));
        let list: String = self.lists.iter().map(read).collect::<Result<_, _>>()?;
        let list = Nyi::parse(&list).map_err(|error| format!("{:?}: {error}", self.lists))?;
        let mut report = run_script(name, &std::fs::read_to_string(path)?, (self.fuser)());
        if !self.traps {
            report.entries.retain(|entry| entry.kind != Kind::Trap);
        }
        let complaints = list.complaints(std::slice::from_ref(&report));
        reports.lock().map_err(|error| error.to_string())?.insert((self.name, name.to_owned()), report);
        if complaints.is_empty() { Ok(()) } else { Err(complaints.join("\n").into()) }
    }
}

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

/// The repository's own scripts, and those of the environment.
fn all() -> Vec<(String, PathBuf)> {
    let mut scripts = own();
    let roots = std::env::var_os("MELD_WAST_DIRS").unwrap_or_default();
    for root in std::env::split_paths(&roots).filter(|root| !root.as_os_str().is_empty()) {
        scripts.extend(scripts_in(&root));
    }
    scripts
}

fn own() -> Vec<(String, PathBuf)> {
    let mut scripts = scripts_in(&here().join("wast"));
    scripts.extend(scripts_in(&here().join("shapes")));
    assert!(!scripts.is_empty(), "the repository's own scripts are there");
    scripts
}

/// All scripts below `root`, in order, with their names in reports: the root's own name, then the path.
fn scripts_in(root: &Path) -> Vec<(String, PathBuf)> {
    let name = root.file_name().unwrap_or_else(|| panic!("{} has a name", root.display())).to_string_lossy();
    let mut scripts = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
            let path = entry.unwrap_or_else(|e| panic!("{}: {e}", folder.display())).path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "wast") {
                let relative = path.strip_prefix(root).expect("it was found below the root");
                scripts.push((format!("{name}/{}", relative.display()), path));
            }
        }
    }
    scripts.sort();
    scripts
}
