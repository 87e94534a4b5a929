//! Random functions: what the analysis says of them holds wherever they are run.

use crate::passes::stack::frames::tests::machine::{End, Machine};
use crate::passes::stack::frames::tests::program::{self, FUNCTIONS, MORE, OTHER, PLUS, Program, SAME, TAKE, THROW};
use crate::passes::stack::frames::{CalleeFacts, PointerAccess, StackFrame, usage};
use crate::passes::walk::arity::Arity;
use std::collections::BTreeMap;
use wasm_encoder::{
    CodeSection, ConstExpr, EntityType, ExportSection, Function, FunctionSection, GlobalSection, GlobalType,
    ImportSection, Instruction, MemorySection, MemoryType, Module, TypeSection, ValType,
};
use wasmparser::Operator;

#[path = "../../../../../tests/support/numbers.rs"]
mod numbers;
use numbers::Random;

/// What is known of the functions that programs call.
struct Known;

impl CalleeFacts for Known {
    fn returns(&mut self, function: u32) -> Option<(u32, i32)> {
        match function {
            SAME => Some((0, 0)),
            PLUS => Some((0, MORE)),
            _ => None,
        }
    }

    fn pointer(&mut self, _: u32) -> Option<PointerAccess> {
        None
    }
}

/// A module with one body.
fn module(code: &[Instruction<'static>]) -> Vec<u8> {
    let mut types = TypeSection::new();
    types.ty().function([ValType::I32], [ValType::I32]);
    types.ty().function([ValType::I32], []);
    let mut imports = ImportSection::new();
    for index in 0..FUNCTIONS {
        let ty = u32::from(index == TAKE || index == THROW);
        imports.import("", &index.to_string(), EntityType::Function(ty));
    }
    let mut functions = FunctionSection::new();
    functions.function(0);
    let mut memories = MemorySection::new();
    memories.memory(MemoryType { minimum: 1, maximum: None, memory64: false, shared: false, page_size_log2: None });
    let mut globals = GlobalSection::new();
    let ty = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
    for _ in 0..=OTHER {
        globals.global(ty, &ConstExpr::i32_const(1024));
    }
    let mut exports = ExportSection::new();
    exports.export("f", wasm_encoder::ExportKind::Func, FUNCTIONS);
    let mut body = Function::new(program::locals());
    for instruction in code {
        body.instruction(instruction);
    }
    body.instruction(&Instruction::End);
    let mut codes = CodeSection::new();
    codes.function(&body);
    let mut module = Module::new();
    module.section(&types).section(&imports).section(&functions).section(&memories).section(&globals);
    module.section(&exports).section(&codes);
    module.finish()
}

/// What is counted.
#[derive(Debug, Default)]
struct Seen {
    refused: BTreeMap<&'static str, u64>,
    proved: u64,
    returned: u64,
    checked: u64,
    trapped: u64,
}

fn run(random: &mut Random, seen: &mut Seen) -> Result<(), String> {
    let mut below = |n: usize| random.below(n);
    let code = Program::new(&mut below).code;
    let bytes = module(&code);
    let parsed =
        crate::parse::parse_module("test", &bytes).map_err(|why| format!("it is not valid: {why}: {code:?}"))?;
    let body = &parsed.bodies[0];
    let analysed = usage(body, FUNCTIONS, &[program::POINTER], &Arity::new(&parsed), &mut Known);
    let frame = match analysed.map_err(|why| why.to_string())?.frame {
        Ok(frame) => frame,
        Err(why) => {
            *seen.refused.entry(why).or_default() += 1;
            return Ok(());
        }
    };
    seen.proved += u64::from(frame.unproved.is_empty() && frame.lowered.iter().all(|lowered| lowered.by.is_some()));
    let mut reader = body.operators();
    let mut operators: Vec<(u32, Operator<'_>)> = Vec::new();
    while !reader.eof() {
        let at = reader.original_position() as u32;
        operators.push((at, reader.read().map_err(|why| why.to_string())?));
    }
    if frame.depth.max(frame.below) > 60_000 {
        // No stack has so much room.
        *seen.refused.entry("too deep").or_default() += 1;
        return Ok(());
    }
    for _ in 0..4 {
        let (entry, bottom, param) = place(random, &frame);
        let mut machine = Machine::new(&operators, &frame, entry, bottom, param);
        match machine.run().map_err(|what| format!("entered at {entry:#x}: {what}\n{frame:?}\n{code:#?}"))? {
            End::Returned => seen.returned += 1,
            End::Checked => seen.checked += 1,
            End::Trapped => seen.trapped += 1,
            End::Threw | End::Stopped => {}
        }
    }
    Ok(())
}

/// Where the pointer is at entry, with the room that was asked for below, the bottom of it, and a parameter.
fn place(random: &mut Random, frame: &StackFrame) -> (u32, u32, u32) {
    let room = (frame.depth.max(frame.below) as u32).next_multiple_of(16);
    let bottom = 16 * random.below(100) as u32;
    let entry = (bottom + room + 16 * random.below(200) as u32).min(65_536 - 16);
    let param = match random.below(4) {
        0 => random.below(1 << 32) as u32,
        1 => random.below(100) as u32,
        2 => (random.below(100) as u32).wrapping_neg(),
        // As if it had been told where the stack is.
        _ => entry - (random.below(64) as u32).min(entry),
    };
    (entry, bottom, param)
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

/// `MELD_RANDOM_RUNS` says how many functions there are, `MELD_RANDOM_SEED` which, `MELD_RANDOM_FIRST` where to begin.
#[test]
fn what_is_said_of_random_functions_holds() {
    let (runs, seed) = (number("MELD_RANDOM_RUNS", 3000), number("MELD_RANDOM_SEED", 1));
    let mut seen = Seen::default();
    let first = number("MELD_RANDOM_FIRST", 0);
    for index in first..runs {
        let mut random = Random((seed << 32 | index).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        if let Err(what) = run(&mut random, &mut seen) {
            panic!("function {index} of seed {seed}: {what}");
        }
    }
    let runs = runs.saturating_sub(first);
    println!("{runs} functions: {seen:?}");
    if runs >= 1000 {
        // They are neither all refused, nor all of one kind.
        assert!(seen.refused.values().sum::<u64>() < runs / 2, "{seen:?}");
        assert!(seen.proved > runs / 20, "{seen:?}");
        assert!(seen.returned > runs / 4 && seen.checked > runs / 20 && seen.trapped > 0, "{seen:?}");
    }
}
