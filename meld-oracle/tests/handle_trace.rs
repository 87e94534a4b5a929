//! Every handle that the host sees, and every handle that each guest sees, in the three-component chains: no number of
//! a guest's table goes out, none of the host's comes in.
//!
//! The guests are those of the fixtures, made by wit-bindgen, with wrappers that note handles ([`instrument`]); the
//! chains run closed, with the host in the place of the runner, and with the host at both ends of two middles. The
//! host of the core module counts its handles from a number that no guest comes to. What guests see must be what
//! they see in the original, one by one, in both outputs.

#[path = "handle_trace/instrument.rs"]
mod instrument;

use instrument::{FIRST_WORD, Instrumented, instrument};
use meld_core::Input;
use meld_core::error::LinkError;
use meld_core::options::{HandleStorage, LinkOverride};
use meld_core::unstable::link;
use meld_oracle::core_host::CoreCode;
use meld_oracle::differential::{Form, Fusion, Steps, import_names};
use meld_oracle::host::Guest;
use meld_oracle::value::Value;
use std::path::Path;
use wasmparser::{Parser, Payload};

/// Where the host's handles start.
const OUTER: u32 = 1 << 20;

/// The components of a fixture: leaf, middle, runner.
fn parts(fixture: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/wit_bindgen/fixtures");
    let root = std::fs::read(folder.join(format!("{fixture}.wasm"))).expect("the fixture is there");
    let (mut depth, mut parts) = (0, Vec::new());
    for payload in Parser::new(0).parse_all(&root) {
        match payload.expect("fixtures are well-formed") {
            Payload::ComponentSection { unchecked_range, .. } => {
                if depth == 0 {
                    parts.push(root[unchecked_range.start as usize..unchecked_range.end as usize].to_vec());
                }
                depth += 1;
            }
            Payload::ModuleSection { .. } => depth += 1,
            Payload::End(_) if depth > 0 => depth -= 1,
            _ => {}
        }
    }
    parts
}

/// What one guest has noted: what was called, the handle.
type Notes = Vec<(String, u32)>;

/// The notes of guest `part`.
fn notes(guest: &mut dyn Guest, part: usize, names: &[String]) -> Notes {
    let mut word = |at: u32| match guest.call(&[format!("notes{part}")], &[Value::U32(at)]) {
        Ok(Some(Value::U32(word))) => word,
        other => panic!("word {at} of the notes of {part}: {other:?}"),
    };
    let pairs = word(0) / 8;
    let pair = |i| (names[word(FIRST_WORD + 2 * i) as usize].clone(), word(FIRST_WORD + 2 * i + 1));
    (0..pairs).map(pair).collect()
}

/// Links the parts; where several export what one imports, they are a chain, the last one first.
fn linked(parts: &[Instrumented], middles: bool) -> Vec<u8> {
    let input = |(n, part): (usize, &Instrumented)| Input::new(format!("part{n}"), part.component.clone());
    let inputs: Vec<Input<'_>> = parts.iter().enumerate().map(input).collect();
    // Of two middles, the first one is called otherwise, and is what the second one imports.
    let renamed = |import: String| LinkOverride::new(import.as_str(), "part0").with_export(other_name(&import));
    let mut links = Vec::new();
    if middles {
        links.extend(import_names(&parts[1].component).expect("a component").into_iter().map(renamed));
    }
    loop {
        match link::link(&inputs, &links).map(|linked| linked.root) {
            Ok(root) => return root.into_owned(),
            Err(LinkError::Ambiguous { import, .. }) => {
                let before = (0..parts.len() - 1).rev().map(|n| format!("part{n}"));
                links.extend(before.map(|input| LinkOverride::new(import.as_str(), input)));
            }
            Err(why) => panic!("{why}"),
        }
    }
}

/// The name of an import or export with another last letter.
fn other_name(name: &str) -> String {
    format!("{}2", &name[..name.len() - 1])
}

/// A middle with other names for what it imports and exports: two of them can be linked then.
fn renamed(middle: &[u8]) -> Vec<u8> {
    let mut renamed = middle.to_vec();
    for name in ["/floats", "/buffers", "/values", "toplevel-add"] {
        for at in 0..middle.len() - name.len() {
            if middle[at..].starts_with(name.as_bytes()) {
                renamed[at..at + name.len()].copy_from_slice(other_name(name).as_bytes());
            }
        }
    }
    renamed
}

/// Runs the parts of `fixture` that `which` says, in all forms, with handle tables in each storage; returns how many handles the
/// host has seen.
fn trace(fixture: &str, which: &[usize]) -> usize {
    let seen = [HandleStorage::Memory, HandleStorage::Table, HandleStorage::Gc].map(|storage| {
        let mut options = meld_core::Options::default();
        options.handle_storage = storage;
        trace_with(fixture, which, &options)
    });
    assert!(seen.iter().all(|count| *count == seen[0]), "{fixture} {which:?}: {seen:?}");
    seen[0]
}

fn trace_with(fixture: &str, which: &[usize], options: &meld_core::Options) -> usize {
    let all = parts(fixture);
    let number = |(n, part): (usize, &usize)| match which {
        [1, 1] if n == 0 => instrument(&renamed(&all[1]), "notes0"),
        _ => instrument(&all[*part], &format!("notes{n}")),
    };
    let parts: Vec<Instrumented> = which.iter().enumerate().map(number).collect();
    let root = linked(&parts, which == [1, 1]);
    let fusion = Fusion::with(&root, options).unwrap_or_else(|e| panic!("{fixture} {which:?}: {e}"));
    let fused = fusion.fused();
    let names = import_names(&root).expect("a component");
    let core = CoreCode::new(&fused.core, &fused.interface, &names).unwrap_or_else(|why| panic!("{why:?}"));
    let (mut guest_handles, mut host_handles) = (vec![0; parts.len()], 0);
    for seed in 0..6 {
        let start = |form| fusion.start(form, seed).unwrap_or_else(|why| panic!("{fixture} {form:?}: {why:?}"));
        // After a trap nothing can be read.
        let steps = Steps::random(&mut *start(Form::Input), seed, 3).until_trap();
        let mut expected: Option<Vec<Notes>> = None;
        for form in [Form::Input, Form::Component, Form::Core] {
            let at = || format!("{fixture} {which:?}, seed {seed}, {form:?}");
            let mut core_guest = core.start_with_handles_from(OUTER, seed).unwrap_or_else(|why| panic!("{why:?}"));
            let mut other = start(form);
            let guest: &mut dyn Guest = if form == Form::Core { &mut core_guest } else { &mut *other };
            steps.replay(guest).unwrap_or_else(|why| panic!("{}: {why}", at()));
            let found: Vec<Notes> = parts.iter().enumerate().map(|(n, part)| notes(guest, n, &part.names)).collect();
            for (count, notes) in guest_handles.iter_mut().zip(&found) {
                *count += notes.len();
                for (name, handle) in notes {
                    assert!((1..OUTER).contains(handle), "{}: {name} sees {handle}, a number of the host", at());
                }
            }
            let expected = expected.get_or_insert_with(|| found.clone());
            assert_eq!(*expected, found, "{}: what guests see", at());
            if form == Form::Core {
                host_handles += core_guest.handles_seen().len();
                for handle in core_guest.handles_seen() {
                    assert!(*handle >= OUTER, "{}: the host sees {handle}, a number of a guest", at());
                }
            }
        }
        assert!(steps.count() > 0 || seed > 0, "nothing ran");
    }
    assert!(guest_handles.iter().all(|count| *count > 20), "{fixture} {which:?}: guests see {guest_handles:?} handles");
    println!("{fixture} {which:?}: guests see {guest_handles:?} handles in all forms, the host {host_handles}");
    host_handles
}

const CHAINS: [&str; 3] = ["resource_floats", "resource_with_lists", "resource-import-and-export"];

#[test]
fn closed() {
    for chain in CHAINS {
        assert_eq!(trace(chain, &[0, 1, 2]), 0, "{chain} is closed: the host sees nothing");
    }
}

#[test]
fn the_host_is_the_runner() {
    for chain in CHAINS {
        assert!(trace(chain, &[0, 1]) > 20, "{chain}");
    }
}

#[test]
fn the_host_is_at_both_ends() {
    for chain in CHAINS {
        assert!(trace(chain, &[1, 1]) > 20, "{chain}");
    }
}
