//! Adds a runtime module: counts of calls in a memory of its own.
//!
//!     cargo run -p meld-core --example own_runtime -- COMPONENT -o OUT
//!
//! In: a composition. Out: its core module, which exports `calls: (boundary: i32) -> i64`: how often a boundary between two components was
//! called. The module that counts is written by hand, as those of the fuser are. Every trampoline of a call gets a function in front that
//! calls it. No guest can reach the memory of the counts.

#[path = "count_calls.rs"]
#[allow(dead_code, reason = "this example uses what finds boundaries")]
pub(crate) mod count_calls;

use count_calls::{boundary, core_type};
use meld_core::error::{AdapterError, MergeError};
use meld_core::unstable::adapter::Adapted;
use meld_core::unstable::dfg::ComponentDfg;
use meld_core::unstable::extension::Extension;
use meld_core::unstable::ids::{RuntimeInstanceId, TrampolineId};
use meld_core::unstable::module::{ExportItem, MergedExport, MergedModule};
use meld_core::unstable::passes::PassPoint;
use meld_core::unstable::pipeline;
use meld_core::unstable::plan::FusionPlan;
use meld_core::unstable::runtime::{Binding, OwnModule, RuntimeInstance};
use meld_core::unstable::synth::{FuncRef, Inst, SynthFunc};
use meld_core::unstable::wasm_encoder::Instruction;
use meld_core::{Error, Input, Options};
use std::ops::ControlFlow;

/// One memory page has room for the counts of 8192 boundaries.
const COUNTS: &str = r#"(module $counts
  (import "counts" "boundaries" (global $boundaries i32))
  (memory 1)
  (func $address (param $boundary i32) (result i32)
    (if (i32.ge_u (local.get $boundary) (global.get $boundaries)) (then unreachable))
    (i32.shl (local.get $boundary) (i32.const 3)))
  (func (export "count") (param $boundary i32) (local $at i32)
    (local.set $at (call $address (local.get $boundary)))
    (i64.store (local.get $at) (i64.add (i64.load (local.get $at)) (i64.const 1))))
  (func (export "calls") (param $boundary i32) (result i64)
    (i64.load (call $address (local.get $boundary)))))"#;

/// The extension. The module is one for all fusions, so it may live as long as the program.
pub(crate) struct Counts {
    module: OwnModule,
    instance: Option<RuntimeInstanceId>,
}

impl Counts {
    pub(crate) fn new() -> Result<Self, Box<dyn std::error::Error>> {
        let wasm = wat::parse_str(COUNTS)?.leak();
        Ok(Self { module: OwnModule::new("counts", wasm)?, instance: None })
    }
}

impl Extension for Counts {
    fn adapters(&mut self, dfg: &ComponentDfg<'_>, _: &FusionPlan, adapted: &mut Adapted) -> Result<(), AdapterError> {
        let trampolines: Vec<TrampolineId> = adapted.trampolines.keys().copied().collect();
        let boundaries: Vec<_> = trampolines.iter().filter_map(|&id| Some((id, boundary(dfg, id)?))).collect();
        let bound = vec![("counts", "boundaries", Binding::I32(boundaries.len() as i32))];
        let counts = adapted.runtime.intern(RuntimeInstance::own(self.module, bound));
        for (number, (id, boundary)) in boundaries.into_iter().enumerate() {
            let (params, results) = core_type(dfg, id);
            let count = FuncRef::Runtime(counts, "count");
            let mut body = vec![Inst::Plain(Instruction::I32Const(number as i32)), Inst::Call(count)];
            body.extend((0..params.len() as u32).map(|param| Inst::Plain(Instruction::LocalGet(param))));
            body.push(Inst::Call(adapted.trampolines[&id]));
            let name = format!("count {boundary}");
            let counted =
                SynthFunc { name, params, results, locals: Vec::new(), body, steps: Vec::new(), unsupported: None };
            let counted = adapted.synths.push(counted);
            adapted.trampolines.insert(id, FuncRef::Synth(counted));
        }
        self.instance = Some(counts);
        Ok(())
    }

    fn pass(&mut self, point: PassPoint, module: &mut MergedModule<'_>) -> Result<(), MergeError> {
        if let (PassPoint::Merged, Some(counts)) = (point, self.instance) {
            let item = ExportItem::Func(module.runtime_func(counts, "calls")?);
            module.exports.insert("calls".to_owned(), MergedExport { item, always: true });
        }
        Ok(())
    }
}

pub(crate) fn fuse(name: &str, bytes: Vec<u8>, options: &Options) -> Result<Vec<u8>, Error> {
    let inputs = [Input::new(name, bytes)];
    let mut counts = Counts::new().expect("the text of the module is valid");
    let fused = pipeline::run_with(&inputs, options, &mut [&mut counts], &mut |_| ControlFlow::Continue(()))?;
    Ok(fused.expect("nothing breaks off").core)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [input, option, output] = &arguments[..] else { return Err("usage: own_runtime COMPONENT -o OUT".into()) };
    if option != "-o" {
        return Err("usage: own_runtime COMPONENT -o OUT".into());
    }
    std::fs::write(output, fuse(input, std::fs::read(input)?, &Options::default())?)?;
    Ok(())
}
