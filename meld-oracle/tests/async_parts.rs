//! The asynchronous fixtures through the standard tools, and their guests, each fused by itself. A guest is one instance that uses tasks, made by
//! standard tools.
//!
//! In: the composed fixtures. Out: the same compositions, with each guest in its place fused: by `--component`, with its memory as a window of one, or
//! into a core module of which standard tools make a component. The composition must run as before, under a time limit. A guest that is not fused is a failure.
//! Also the compositions as a whole, several instances that use tasks in one core module, of which standard tools make a component.

#[path = "async_fixtures/hosted.rs"]
mod hosted;

use meld_core::options::Protection;
use meld_core::{Fuser, Input, fuse};
use meld_oracle::concurrent::run;
use meld_oracle::differential::shared;
use meld_oracle::error_chain;
use std::path::{Path, PathBuf};
use wasm_encoder::{Component, RawSection};
use wasmparser::{Parser, Payload};
use wit_component::ComponentEncoder;

/// Seconds that the code of one fixture may run.
const LIMIT_SECONDS: u64 = 60;

/// Bytes by which a memory may grow.
const HEAP: u64 = 1 << 22;

/// How many guests there are. It only grows.
const GUESTS: usize = 50;

type Fuse = fn(&[u8]) -> Result<Vec<u8>, String>;

fn fixtures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/wit_bindgen/fixtures/async");
    let entries = std::fs::read_dir(folder).expect("the fixtures are in the repository");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "wasm"));
    files.sort();
    files
}

/// A composition whose components are replaced by what `fuse` makes of them, and how many these are.
fn with_parts(composition: &[u8], fuse: Fuse) -> Result<(Vec<u8>, usize), String> {
    let (mut made, mut parts, mut depth) = (Component::new(), 0, 0);
    for payload in Parser::new(0).parse_all(composition) {
        let payload = payload.map_err(|e| e.to_string())?;
        if depth == 0
            && let Some((id, range)) = payload.as_section()
        {
            let range = range.start as usize..range.end as usize;
            let mut data = composition[range].to_vec();
            if let Payload::ComponentSection { .. } = payload
                && has_code(&data)
            {
                data = fuse(&data)?;
                parts += 1;
            }
            made.section(&RawSection { id, data: &data });
        }
        match payload {
            Payload::ComponentSection { .. } | Payload::ModuleSection { .. } => depth += 1,
            Payload::End(_) if depth > 0 => depth -= 1,
            _ => {}
        }
    }
    Ok((made.finish(), parts))
}

/// Whether a component is more than types and other names for things.
fn has_code(component: &[u8]) -> bool {
    Parser::new(0).parse_all(component).any(|payload| matches!(payload, Ok(Payload::ModuleSection { .. })))
}

/// Runs all fixtures with their guests replaced.
fn check(fuse: Fuse) {
    let (mut failures, mut guests) = (Vec::new(), 0);
    for file in fixtures() {
        let name = file.file_stem().expect("a file has a name").to_string_lossy().into_owned();
        let input = std::fs::read(&file).expect("a readable file");
        let outcome = with_parts(&input, fuse).and_then(|(made, parts)| {
            guests += parts;
            let hosted = hosted::run(&name, &made, LIMIT_SECONDS);
            hosted.unwrap_or_else(|| run(&made, LIMIT_SECONDS).map_err(|fault| fault.to_string()))
        });
        if let Err(why) = outcome {
            failures.push(format!("{name}: {why}"));
        }
    }
    println!("{guests} guests");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(guests >= GUESTS, "only {guests}");
}

#[test]
fn fused_into_a_component() {
    check(|guest| {
        let mut fuser = Fuser::new();
        let fused = fuser.input("guest", guest).component(true).fuse().map_err(|e| error_chain(&e))?;
        fused.component.ok_or_else(|| "no component in the result".to_owned())
    });
}

/// One memory, in which the guest's window is checked.
#[test]
fn fused_into_one_memory() {
    check(|guest| {
        let mut options = shared(HEAP);
        options.shared().protection = Protection::Isolated;
        options.component = true;
        let fused = fuse(&[Input::new("guest", guest)], &options).map_err(|e| error_chain(&e))?;
        fused.component.ok_or_else(|| "no component in the result".to_owned())
    });
}

/// Fuses into a core module, of which standard tools make a component.
fn by_tools(input: &[u8]) -> Result<Vec<u8>, String> {
    let mut fuser = Fuser::new();
    let fused = fuser.input("input", input).fuse().map_err(|e| error_chain(&e))?;
    if let Some(why) = fused.no_component_type {
        return Err(why.to_string());
    }
    let mut encoder = ComponentEncoder::default();
    let encoder = encoder.validate(true).module(&fused.core).map_err(|e| format!("{e:#}"))?;
    encoder.encode().map_err(|e| format!("{e:#}"))
}

#[test]
fn fused_into_a_core_module() {
    check(by_tools);
}

/// Compositions that are no core module, with a part of the reason, and those that need a host, "the host has no".
fn not_core() -> Vec<(String, String)> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/wit_bindgen/not-core.txt");
    let list = std::fs::read_to_string(file).expect("the list is in the repository");
    let lines = list.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once(' ')).map(|(name, why)| (name.to_owned(), why.to_owned())).collect()
}

/// Each composition as one core module.
#[test]
fn compositions_fused_into_a_core_module() {
    let (mut failures, list) = (Vec::new(), not_core());
    for file in fixtures() {
        let name = file.file_stem().expect("a file has a name").to_string_lossy().into_owned();
        let input = std::fs::read(&file).expect("a readable file");
        let refused = list.iter().find(|(refused, _)| *refused == name).map(|(_, why)| why.as_str());
        // That is a core module whose events are in a memory of its own, and the tools know one memory.
        let refused =
            refused.map(|why| if why.starts_with("the host has no") { "use different memories" } else { why });
        let outcome = match (by_tools(&input), refused) {
            (Ok(component), None) => run(&component, LIMIT_SECONDS).map_err(|fault| fault.to_string()),
            (Ok(_), Some(_)) => Err("is fused, and listed as one that is not".to_owned()),
            (Err(why), Some(listed)) if why.contains(listed) => Ok(()),
            (Err(why), _) => Err(why),
        };
        if let Err(why) = outcome {
            failures.push(format!("{name}: {why}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
