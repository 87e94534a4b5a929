//! Counts the calls at each boundary between two components.
//!
//!     cargo run -p meld-core --example count_calls -- COMPONENT -o OUT
//!
//! In: a composition. Out: its core module, which exports a counter for each boundary: the global `calls:CALLER->CALLEE FUNCTION`.
//! Every trampoline of a call gets a function in front that counts and then does what was done before, whether that is an adapter
//! or the callee itself.

use meld_core::unstable::abi::signature::CanonSide;
use meld_core::unstable::abi::{Abi, Pointer};
use meld_core::unstable::adapter::Adapted;
use meld_core::unstable::dfg::{ComponentDfg, ComponentFunc, Trampoline};
use meld_core::unstable::extension::Extension;
use meld_core::unstable::ids::TrampolineId;
use meld_core::unstable::module::{ExportItem, GlobalDef, MergedExport, MergedModule};
use meld_core::unstable::passes::PassPoint;
use meld_core::unstable::pipeline;
use meld_core::unstable::plan::FusionPlan;
use meld_core::unstable::synth::{FuncRef, GlobalRef, Inst, SynthFunc};
use meld_core::unstable::wasm_encoder::Instruction;
use meld_core::{Error, Input, Options};
use std::ops::ControlFlow;

/// The extension. It remembers which counter is whose, from one stage to the next.
#[derive(Default)]
struct CountCalls {
    boundaries: Vec<String>,
}

impl Extension for CountCalls {
    fn adapters(
        &mut self,
        dfg: &ComponentDfg<'_>,
        _: &FusionPlan,
        adapted: &mut Adapted,
    ) -> Result<(), meld_core::error::AdapterError> {
        self.boundaries.clear();
        let trampolines: Vec<TrampolineId> = adapted.trampolines.keys().copied().collect();
        for id in trampolines {
            let Some(boundary) = boundary(dfg, id) else { continue };
            let counter = GlobalRef::Extension(self.boundaries.len() as u32);
            let (params, results) = core_type(dfg, id);
            let mut body = vec![
                Inst::GlobalGet(counter),
                Inst::Plain(Instruction::I32Const(1)),
                Inst::Plain(Instruction::I32Add),
                Inst::GlobalSet(counter),
            ];
            body.extend((0..params.len() as u32).map(|param| Inst::Plain(Instruction::LocalGet(param))));
            body.push(Inst::Call(adapted.trampolines[&id]));
            let name = format!("count {boundary}");
            let counted =
                SynthFunc { name, params, results, locals: Vec::new(), body, steps: Vec::new(), unsupported: None };
            let counted = adapted.synths.push(counted);
            adapted.trampolines.insert(id, FuncRef::Synth(counted));
            self.boundaries.push(boundary);
        }
        Ok(())
    }

    fn pass(&mut self, point: PassPoint, module: &mut MergedModule<'_>) -> Result<(), meld_core::error::MergeError> {
        // Once is enough: the counters exist as soon as the module does.
        if point == PassPoint::Merged {
            for (id, global) in module.globals.iter() {
                if let GlobalDef::Flag(GlobalRef::Extension(number), _) = global {
                    let name = format!("calls:{}", self.boundaries[*number as usize]);
                    module.exports.insert(name, MergedExport { item: ExportItem::Global(id), always: true });
                }
            }
        }
        Ok(())
    }
}

/// The boundary that a trampoline is a call across; `None` if it is another built-in, or a call to the host.
pub(crate) fn boundary(dfg: &ComponentDfg<'_>, id: TrampolineId) -> Option<String> {
    let Trampoline::Lower { func, options } = &dfg.trampolines[id] else { return None };
    let ComponentFunc::Lift(lift) = func else { return None };
    let path = |instance| match dfg.component_instances[instance].path.as_str() {
        "" => "root",
        path => path,
    };
    let caller = path(dfg.options[*options].instance);
    let callee = path(dfg.options[dfg.lifts[*lift].options].instance);
    Some(format!("{caller}->{callee} {}", dfg.func_name(func)))
}

pub(crate) type ValTypes = Vec<meld_core::unstable::wasm_encoder::ValType>;

/// The core type of a lowered function.
pub(crate) fn core_type(dfg: &ComponentDfg<'_>, id: TrampolineId) -> (ValTypes, ValTypes) {
    let Trampoline::Lower { func: ComponentFunc::Lift(lift), options } = dfg.trampolines[id] else {
        unreachable!("`boundary` has seen that it is one")
    };
    let pointer = if dfg.options[options].memory64 { Pointer::W64 } else { Pointer::W32 };
    let abi = Abi::new(&dfg.types, pointer);
    let signature = abi.signature(&dfg.types[dfg.lifts[lift].ty], CanonSide::Lower);
    (signature.params, signature.results)
}

pub(crate) fn fuse(name: &str, bytes: Vec<u8>) -> Result<Vec<u8>, Error> {
    let inputs = [Input::new(name, bytes)];
    let mut count = CountCalls::default();
    let fused =
        pipeline::run_with(&inputs, &Options::default(), &mut [&mut count], &mut |_| ControlFlow::Continue(()))?;
    Ok(fused.expect("nothing breaks off").core)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [input, option, output] = &arguments[..] else { return Err("usage: count_calls COMPONENT -o OUT".into()) };
    if option != "-o" {
        return Err("usage: count_calls COMPONENT -o OUT".into());
    }
    std::fs::write(output, fuse(input, std::fs::read(input)?)?)?;
    Ok(())
}
