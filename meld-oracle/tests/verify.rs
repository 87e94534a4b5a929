//! `verify` finds what a fuser does wrong, and finds nothing where it does it right.
//!
//! In: the committed compositions, fused as they should be, and fused by a fuser with a fault planted in it. Out: agreement, and a
//! difference. A fault is planted in every adapter between components.

use meld_core::unstable::adapter::Adapted;
use meld_core::unstable::dfg::ComponentDfg;
use meld_core::unstable::extension::Extension;
use meld_core::unstable::plan::FusionPlan;
use meld_core::unstable::synth::{AccessOp, Inst};
use meld_core::unstable::wasm_encoder::Instruction;
use meld_core::unstable::{merger, pipeline};
use meld_core::{Input, Options};
use meld_oracle::verify::{Calls, Incomparable, Verdict, verify};
use std::ops::ControlFlow;
use std::path::PathBuf;

fn fixture(name: &str) -> Vec<u8> {
    let path = format!("../tests/wit_bindgen/fixtures/{name}.wasm");
    std::fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// Changes each instruction of the adapters between components, and says how many it has changed.
struct Fault<'f> {
    change: &'f dyn Fn(&mut Inst) -> bool,
    changed: usize,
}

impl Extension for Fault<'_> {
    fn adapters(
        &mut self,
        _: &ComponentDfg<'_>,
        _: &FusionPlan,
        adapted: &mut Adapted,
    ) -> Result<(), meld_core::error::AdapterError> {
        for synth in adapted.synths.values_mut().filter(|synth| synth.name.starts_with("adapter ")) {
            for inst in &mut synth.body {
                self.changed += usize::from((self.change)(inst));
            }
        }
        Ok(())
    }
}

/// The fixture fused with a fault, and what `verify` says.
fn faulty(name: &str, change: &dyn Fn(&mut Inst) -> bool) -> Verdict {
    let original = fixture(name);
    let mut options = Options::default();
    options.component = true;
    let mut fault = Fault { change, changed: 0 };
    let inputs = [Input::new(name, &original)];
    let fused = pipeline::run_with(&inputs, &options, &mut [&mut fault], &mut |_| ControlFlow::Continue(()));
    let fused = fused.unwrap().expect("nothing breaks off").component.expect("a component was asked for");
    assert!(fault.changed > 0, "the fault is in {name}");
    verify(&original, &fused, &Calls::default()).unwrap()
}

fn is_store(op: AccessOp) -> bool {
    format!("{op:?}").contains("Store")
}
