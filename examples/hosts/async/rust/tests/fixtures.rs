//! The asynchronous fixtures and the example as core modules, in an interpreter, under the host of this package.
//!
//! In: `tests/wit_bindgen/fixtures/async`, and `tests/wit_bindgen/not-core.txt`, which lists those that are no core module, or have no host here, with a
//! part of the reason. Out: all others run to their end, and leave nothing in the table; what is listed does not, for that reason. A guest traps where a
//! check fails.

use async_host::{Functions, Kit};
use meld_core::Fuser;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../..")
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text += &format!(": {error}");
        source = error.source();
    }
    text
}

/// Runs a fixture as a core module, or says why it is none.
fn run(input: &[u8]) -> Result<Result<(), String>, String> {
    let mut fuser = Fuser::new();
    let fused = fuser.input("fixture", input).fuse().map_err(|error| chain(&error))?;
    let run = || -> Result<(), async_host::Error> {
        let mut kit = Kit::new(&fused.core, &fused.description.to_json(), Functions::default())?;
        let task = kit.call("run", &[])?;
        kit.run()?;
        match (kit.result(task), kit.entries()) {
            (Some(_), 0) => Ok(()),
            (None, _) => Err(async_host::Error::new("`run` has not returned")),
            (_, left) => Err(async_host::Error::new(format!("{left} entries are left"))),
        }
    };
    Ok(run().map_err(|error| error.to_string()))
}

#[test]
fn all_that_are_core_modules_run() {
    let list = std::fs::read_to_string(root().join("tests/wit_bindgen/not-core.txt")).expect("the list is there");
    let listed: Vec<(&str, &str)> =
        list.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(' ')).collect();
    let folder = std::fs::read_dir(root().join("tests/wit_bindgen/fixtures/async")).expect("the fixtures are there");
    let (mut failures, mut ran, mut modules, mut found) = (Vec::new(), 0, 0, 0);
    for entry in folder {
        let file = entry.expect("a readable folder").path();
        let name = file.file_stem().expect("a file has a name").to_string_lossy().into_owned();
        let input = std::fs::read(&file).expect("a readable file");
        let why = listed.iter().find(|(listed, _)| *listed == name).map(|(_, why)| *why);
        let outcome = run(&input);
        modules += usize::from(outcome.is_ok());
        match (outcome, why) {
            (Ok(Ok(())), None) => ran += 1,
            (Ok(Err(reason)), Some(why)) if why.starts_with("the host has no") && reason.contains(why) => found += 1,
            (Err(reason), Some(why)) if reason.contains(why) => found += 1,
            (Ok(Ok(())), Some(_)) => failures.push(format!("{name} runs, and is listed")),
            (Ok(Err(reason)) | Err(reason), _) => failures.push(format!("{name}: {reason}")),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert_eq!(found, listed.len(), "a listed fixture is not there");
    assert!(ran * 10 >= (ran + found) * 9, "of {} only {ran} run, and {modules} are core modules", ran + found);
}

/// The example prints what the other hosts print.
#[test]
fn the_station_prints_what_is_expected() {
    prints(&["station"], "left: 0");
}

/// Two components that use tasks, which are in the module. It keeps a set of its own.
#[test]
fn who_watches_the_station_prints_the_same() {
    prints(&["watch", "station"], "left: 1");
}

fn prints(inputs: &[&str], left: &str) {
    let folder = root().join("examples/hosts/async");
    let read = |name: &&str| std::fs::read(folder.join(format!("{name}.wat"))).expect("the example is there");
    let texts: Vec<Vec<u8>> = inputs.iter().map(read).collect();
    let mut fuser = Fuser::new();
    for (name, text) in inputs.iter().zip(&texts) {
        fuser.input(*name, text);
    }
    let fused = fuser.fuse().expect("it is fused");
    let made = std::env::temp_dir().join(format!("async-host-{}-{}", inputs[0], std::process::id()));
    std::fs::create_dir_all(&made).expect("a folder for what is made");
    let [module, interface] = ["station.wasm", "station.json"].map(|name| made.join(name));
    std::fs::write(&module, &fused.core).expect("the folder is writable");
    std::fs::write(&interface, fused.description.to_json()).expect("the folder is writable");
    let out = Command::new(env!("CARGO_BIN_EXE_async-host")).args([&module, &interface]).output().expect("it runs");
    std::fs::remove_dir_all(&made).expect("the folder is there");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let expected = std::fs::read_to_string(folder.join("expected.txt")).expect("the expectation is there");
    assert_eq!(String::from_utf8_lossy(&out.stdout), expected.replace("left: 0", left));
}
