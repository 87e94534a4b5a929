//! Adds a pass: a budget for the calls of adapters.
//!
//!     cargo run -p meld-core --example own_pass -- COMPONENT -o OUT
//!
//! In: a composition. Out: its core module, which exports the mutable global `budget`. Every adapter takes 1 of it when it is called,
//! and traps if nothing is left. The host sets the budget before it calls. The pass runs in front of the passes that find out what is
//! live, so that what it adds is optimized and checked like everything else.

use meld_core::error::MergeError;
use meld_core::unstable::extension::Extension;
use meld_core::unstable::module::{ExportItem, FuncDef, GlobalDef, MergedExport, MergedModule, Op};
use meld_core::unstable::passes::PassPoint;
use meld_core::unstable::pipeline;
use meld_core::unstable::synth::GlobalRef;
use meld_core::unstable::wasm_encoder::{BlockType, Instruction};
use meld_core::{Error, Input, Options};
use std::ops::ControlFlow;

struct Budget;

impl Extension for Budget {
    fn pass(&mut self, point: PassPoint, module: &mut MergedModule<'_>) -> Result<(), MergeError> {
        if point != PassPoint::Start {
            return Ok(());
        }
        let budget = module.globals.push(GlobalDef::Flag(GlobalRef::Extension(0), 0));
        module.exports.insert("budget".to_string(), MergedExport { item: ExportItem::Global(budget), always: true });
        let adapters: Vec<_> = module
            .funcs
            .iter()
            .filter(|(_, func)| matches!(&func.def, FuncDef::Synth(synth) if synth.name.starts_with("adapter ")))
            .map(|(id, _)| id)
            .collect();
        for adapter in adapters {
            let FuncDef::Synth(synth) = &mut module.funcs[adapter].def else { continue };
            let take = [
                Op::GlobalGet(budget),
                Op::Plain(Instruction::I32Eqz),
                Op::Plain(Instruction::If(BlockType::Empty)),
                Op::Plain(Instruction::Unreachable),
                Op::Plain(Instruction::End),
                Op::GlobalGet(budget),
                Op::Plain(Instruction::I32Const(1)),
                Op::Plain(Instruction::I32Sub),
                Op::GlobalSet(budget),
            ];
            synth.code.ops.splice(0..0, take);
        }
        Ok(())
    }
}

pub(crate) fn fuse(name: &str, bytes: Vec<u8>) -> Result<Vec<u8>, Error> {
    let inputs = [Input::new(name, bytes)];
    let observe = &mut |_: pipeline::Made<'_, '_>| ControlFlow::Continue(());
    let fused = pipeline::run_with(&inputs, &Options::default(), &mut [&mut Budget], observe)?;
    Ok(fused.expect("nothing breaks off").core)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [input, option, output] = &arguments[..] else { return Err("usage: own_pass COMPONENT -o OUT".into()) };
    if option != "-o" {
        return Err("usage: own_pass COMPONENT -o OUT".into());
    }
    std::fs::write(output, fuse(input, std::fs::read(input)?)?)?;
    Ok(())
}
