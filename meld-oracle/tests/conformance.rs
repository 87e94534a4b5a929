//! Conformance scripts, unfused and fused: `tests/wast/` of this crate always, and the directories that
//! `MELD_WAST_DIRS` names, separated like `PATH`. What is not passing yet stands in `tests/nyi.txt`.

use meld_oracle::wast::{
    Fuser, IDENTITY, Kind, MELD, MELD_ACCEPTED, MELD_MOVED, MELD_SHARED, MELD_SHARED_UNCHECKED, Nyi, Report, Status,
    run_script, table,
};
use std::path::{Path, PathBuf};

#[test]
fn own_scripts_hold_unfused() {
    let reports = run(&own(), IDENTITY);
    let mut unfit = Vec::new();
    for report in &reports {
        for entry in &report.entries {
            // What is not valid is judged where there is a fuser: this one refuses nothing.
            if entry.status != Status::Passed && entry.kind != Kind::Rejected {
                unfit.push(format!("{}:{}: {:?}", report.file, entry.line, entry.status));
            }
        }
    }
    assert!(unfit.is_empty(), "scripts of our own must pass before fusing:\n{}", unfit.join("\n"));
}

#[test]
fn conformance() {
    let reports = run(&all(), MELD);
    println!("{}", table(&reports));
    let list = std::fs::read_to_string(here().join("nyi.txt")).expect("tests/nyi.txt is there");
    let list = Nyi::parse(&list).unwrap_or_else(|e| panic!("nyi.txt: {e}"));
    let complaints = list.complaints(&reports);
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}

/// A component takes everything that is valid: what cannot be fused is kept, and behaves as it did.
#[test]
fn conformance_accepted() {
    let reports = run(&all(), MELD_ACCEPTED);
    println!("{}", table(&reports));
    // There is no list: nothing may fail.
    let complaints = Nyi::default().complaints(&reports);
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}

#[test]
fn conformance_in_one_memory() {
    in_one_memory(&run(&all(), MELD_SHARED), &["nyi.txt", "nyi-one-memory.txt"]);
}

#[test]
fn conformance_in_one_memory_beside_another() {
    in_one_memory(&run(&own(), MELD_MOVED), &["nyi-one-memory.txt", "nyi-beside-another.txt"]);
}

/// Without `--isolate`, an access out of bounds may not trap; but everything that returns must be right.
#[test]
fn conformance_in_one_memory_without_checks() {
    let mut reports = run(&own(), MELD_SHARED_UNCHECKED);
    for report in &mut reports {
        report.entries.retain(|entry| entry.kind != Kind::Trap);
    }
    in_one_memory(&reports, &["nyi-one-memory.txt"]);
}

fn in_one_memory(reports: &[Report], lists: &[&str]) {
    println!("{}", table(reports));
    let read = |name: &&str| std::fs::read_to_string(here().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
    let list: String = lists.iter().map(read).collect();
    let list = Nyi::parse(&list).unwrap_or_else(|e| panic!("{lists:?}: {e}"));
    let complaints = list.complaints(reports);
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
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

fn run(scripts: &[(String, PathBuf)], fuser: Fuser<'_>) -> Vec<Report> {
    let mut reports = Vec::new();
    for (name, path) in scripts {
        let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        reports.push(run_script(name, &text, fuser));
    }
    reports
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
