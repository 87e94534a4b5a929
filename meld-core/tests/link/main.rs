//! Linking, case by case.
//!
//! A case is a folder in `cases`: an input per `.wat` file, called by its file stem, in alphabetical order;
//! explicit links, one a line, in `links.txt`, if there are any; and what is expected: the root in text
//! in `root.expected`, after the notes, or the error and what caused it in `error.expected`. `BLESS=1` rewrites these two.
//! Each case is a test of its own: `cargo test -p meld-core --test link cases/chosen` runs one.

#[path = "../support/composed.rs"]
mod composed;

use composed::{linked, parts};
use libtest_mimic::{Arguments, Trial};
use meld_core::Input;
use meld_core::options::LinkOverride;
use meld_core::unstable::link::{Form, Linked};
use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use wasmparser::component_types::SubtypeCx;

fn main() -> ExitCode {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/link/cases");
    let cases = entries(&folder);
    assert!(!cases.is_empty(), "no cases in {}", folder.display());
    let mut trials = vec![Trial::test("fixtures_come_apart_and_together", || {
        fixtures_come_apart_and_together();
        Ok(())
    })];
    for case in cases {
        let name = format!("cases/{}", case.file_name().expect("a case has a name").to_string_lossy());
        trials.push(Trial::test(name, move || match run(&case) {
            None => Ok(()),
            Some(failure) => Err(format!("{failure}\n(BLESS=1 rewrites expectations)").into()),
        }));
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// What went wrong, if anything.
fn run(case: &Path) -> Option<String> {
    let files = entries(case);
    let inputs: Vec<Input<'_>> = files
        .iter()
        .filter(|file| file.extension().is_some_and(|e| e == "wat"))
        .map(|file| {
            let bytes = wat::parse_file(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
            Input::new(file.file_stem().unwrap().to_string_lossy().into_owned(), Cow::Owned(bytes))
        })
        .collect();
    let links = fs::read_to_string(case.join("links.txt")).unwrap_or_default();
    let links: Vec<LinkOverride> = links.lines().map(link).collect();

    let (expected, other, found) = match meld_core::unstable::link::link(&inputs, &links) {
        Ok(Linked { root, notes, .. }) => {
            if let Some(difference) = apart(&inputs, &links, &root) {
                return Some(format!("{}: {difference}", case.display()));
            }
            let mut validator = wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all());
            if let Err(error) = validator.validate_all(&root) {
                return Some(format!("{}: the root is not valid: {error}", case.display()));
            }
            let notes: String = notes.iter().map(|note| format!(";; note: {note}\n")).collect();
            ("root.expected", "error.expected", notes + &wasmprinter::print_bytes(&root).unwrap())
        }
        Err(error) => ("error.expected", "root.expected", chain(&error)),
    };
    if std::env::var_os("BLESS").is_some() {
        fs::write(case.join(expected), &found).unwrap();
        let _ = fs::remove_file(case.join(other));
        return None;
    }
    let wanted = fs::read_to_string(case.join(expected)).unwrap_or_default();
    (wanted != found).then(|| format!("{}: {expected} is not\n{found}", case.display()))
}

/// What is other where the root imports its inputs instead of having them nested in it.
fn apart(inputs: &[Input<'_>], links: &[LinkOverride], nested: &[u8]) -> Option<String> {
    let apart = match meld_core::unstable::link::link_as(inputs, links, Some(Form::Apart)) {
        Ok(apart) => apart,
        Err(error) => return Some(format!("cannot be linked apart: {}", chain(&error))),
    };
    assert_eq!(apart.apart.len(), inputs.len());
    let printed = |component: Result<_, meld_core::error::ParseError>| {
        let dfg = component
            .map_err(|e| chain(&e))
            .and_then(|c| meld_core::unstable::inline::inline(c).map_err(|e| chain(&e)));
        dfg.map_or_else(|error| error, |dfg| meld_core::unstable::inline::print_dfg(&dfg))
    };
    let wanted = printed(meld_core::unstable::parse::parse("root", nested));
    let found = printed(meld_core::unstable::parse::parse_linked("root", &apart.root, &apart.apart));
    // Instances are named by their positions in the root, or by names that only a nested component has there.
    (wanted != found).then(|| format!("apart, it is\n{found}\nand nested,\n{wanted}"))
}

/// The components of each composed fixture, linked, make a component of the same type as the composition.
fn fixtures_come_apart_and_together() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/wit_bindgen/fixtures");
    let mut count = 0;
    for file in entries(&folder).into_iter().filter(|file| file.extension().is_some_and(|e| e == "wasm")) {
        let composition = fs::read(&file).unwrap();
        let parts = parts(&composition);
        if parts.len() < 2 {
            continue;
        }
        let input = |(index, bytes)| Input::new(format!("part-{index}"), Cow::Borrowed(bytes));
        let inputs: Vec<Input<'_>> = parts.into_iter().enumerate().map(input).collect();
        let root = linked(&inputs).unwrap_or_else(|e| panic!("{}: {}", file.display(), chain(&e)));
        let mut outer = wasm_encoder::ComponentBuilder::default();
        outer.component_raw(None, &root);
        outer.component_raw(None, &composition);
        let mut validator = wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all());
        let types = validator.validate_all(&outer.finish()).unwrap();
        let types = types.as_ref();
        let [root, composition] = [types.component_at(0), types.component_at(1)];
        for (from, to) in [(root, composition), (composition, root)] {
            let same = SubtypeCx::new_with_refs(types, types).component_type(from, to, 0);
            same.unwrap_or_else(|e| panic!("{}: {e:#}", file.display()));
        }
        count += 1;
    }
    assert!(count > 0, "no composed fixture in {}", folder.display());
}

fn link(line: &str) -> LinkOverride {
    let (import, provider) = line.split_once('=').expect("a link is `import=input` or `import=input#export`");
    match provider.split_once('#') {
        Some((input, export)) => LinkOverride::new(import, input).with_export(export),
        None => LinkOverride::new(import, provider),
    }
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    entries
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = format!("{error}\n");
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(&format!("{error}\n"));
        source = error.source();
    }
    text
}
