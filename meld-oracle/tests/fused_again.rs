//! A fused component, fused again: nothing that can be seen is other, and nothing has grown.
//!
//! In: the fixtures of the regression run. Out: for memories apart and for one memory, that the component of the second fusion is no larger
//! than that of the first, that the third has the very bytes of the second, and that the second does what the first does, trap for
//! trap and call for call of the host, in both of its forms. Between the first and the second, definitions of the component around the module
//! may change places, and a section there may begin anew: some bytes, which do not come again.

use meld_core::{Input, Options};
use meld_oracle::differential::{Form, Fusion, shared};
use meld_oracle::host::ExportFunc;

/// How many fixtures there are. It only grows.
const FIXTURES: usize = 78;

/// Bytes of a section that begins anew.
const FEW: usize = 3;

/// Any seed will do: no fixture depends on what the host answers.
const SEED: u64 = 74;

fn fused(input: &[u8], options: &Options) -> Result<Vec<u8>, String> {
    let mut options = options.clone();
    options.component = true;
    let inputs = [Input::new("input", input)];
    let fused = meld_core::fuse(&inputs, &options).map_err(|error| format!("{error:?}"))?;
    fused.component.ok_or_else(|| "no component in the result".to_owned())
}

/// Whether there was something to run.
fn again(input: &[u8], options: &Options) -> Result<bool, String> {
    let first = fused(input, options)?;
    let fusion = Fusion::with(&first, options)?;
    let second = fusion.fused().component.clone().ok_or("no component in the result")?;
    let third = fused(&second, options)?;
    if second.len() > first.len() + FEW {
        return Err(format!("{} bytes, fused again {}", first.len(), second.len()));
    }
    if third != second {
        return Err(format!("{} bytes, fused a third time others, {}", second.len(), third.len()));
    }
    // By themselves, as the regression run calls them; and with any values.
    if let Ok(guest) = fusion.start(Form::Input, SEED) {
        let runs = |export: &ExportFunc| export.path == ["run"] && export.ty.params.is_empty();
        if guest.exports().iter().any(runs) {
            for form in [Form::Component, Form::Core] {
                let mut guest = fusion.start(form, SEED).map_err(|e| format!("{form:?} does not start: {e:?}"))?;
                guest.call(&["run".to_owned()], &[]).map_err(|e| format!("{form:?}: {}", e.0))?;
            }
        }
    }
    fusion.compare(SEED, 2)
}

fn every_fixture(options: &Options) {
    let paths = meld_oracle::fixtures::synchronous();
    assert!(paths.len() >= FIXTURES, "there were {FIXTURES} fixtures, now there are {}", paths.len());
    let (mut ran, mut failures) = (0, Vec::new());
    for path in &paths {
        let name = path.file_stem().expect("a file has a name").to_string_lossy();
        match again(&std::fs::read(path).expect("the fixture can be read"), options) {
            Ok(compared) => ran += usize::from(compared),
            Err(error) => failures.push(format!("{name}: {error}")),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    // The host of this test has no WASI.
    assert!(ran >= paths.len() - 2, "only {ran} of {} were run", paths.len());
}

#[test]
fn memories_apart() {
    every_fixture(&Options::default());
}

#[test]
fn in_one_memory() {
    every_fixture(&shared(1 << 20));
}
