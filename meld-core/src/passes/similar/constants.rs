//! Functions that are equal but for constants call one, with the constants as parameters.
//!
//! In: live functions. Out: of functions with the same type, the same locals and the same instructions, of which some put different constants
//! onto the stack, each passes its parameters and its constants to one new function. A constant is a number, or what is one when
//! windows have their places: the base of a window, or its size if it never changes.
//!
//! Functions of the input are left alone if their accesses are checked, or their stacks are shared: these analyses read the bodies.

use super::{decode, live, replace, sizes};
use crate::error::MergeError;
use crate::ids::{CoreTypeId, DomainId, FuncId, Id, MemoryId};
use crate::maps::Map;
use crate::module::reach::Marks;
use crate::module::windows::Size;
use crate::module::{Code, Func, FuncDef, MergedModule, ModuleKey, Op, Synthesized};
use crate::synth::Address;
use indexmap::IndexMap;
use std::fmt::Write;
use wasm_encoder::{Instruction, ValType};

/// Functions with fewer instructions are not looked at: to pass parameters on takes as many.
const FEWEST: usize = 6;

/// A parameter is a constant: the function has no more of them than this.
const MOST_PARAMETERS: usize = 16;

/// A function that others may be similar to.
struct Mergeable {
    func: FuncId,
    code: Code,
}

/// Merges functions that are equal but for constants, where that makes the result smaller.
pub(super) fn merge(module: &mut MergedModule<'_>, marks: &mut Marks) -> Result<(), MergeError> {
    for class in classes(module, marks)? {
        merge_class(module, marks, &class)?;
    }
    Ok(())
}

/// Classes of two functions or more that differ in constants alone.
fn classes(module: &MergedModule<'_>, marks: &Marks) -> Result<Vec<Vec<Mergeable>>, MergeError> {
    let mut classes: IndexMap<(CoreTypeId, String), Vec<Mergeable>> = IndexMap::new();
    let observed = module.windows.as_ref().is_some_and(|windows| windows.isolate || windows.stack.is_some());
    for func in live(module, marks) {
        let Some(numbers) = module.types.numbers(module.funcs[func].ty) else { continue };
        if numbers.results().len() > 1 {
            continue;
        }
        let code = match &module.funcs[func].def {
            FuncDef::Synth(synth) => {
                Code { locals: synth.code.locals.clone(), ops: synth.code.ops.clone(), steps: Vec::new() }
            }
            FuncDef::Guest { origin, .. } => {
                let is_guest = matches!(module.scopes[origin.scope].module, ModuleKey::Input(_));
                if is_guest && (observed || module.types.has_supertype(module.funcs[func].ty)) {
                    continue;
                }
                let Some(code) = decode::code(module, func)? else { continue };
                code
            }
            FuncDef::Import(_) | FuncDef::Trap(_) | FuncDef::Init => continue,
        };
        if code.ops.len() < FEWEST {
            continue;
        }
        let key = (module.funcs[func].ty, shape(module, &code)?);
        classes.entry(key).or_default().push(Mergeable { func, code });
    }
    Ok(classes.into_values().filter(|class| class.len() > 1).collect())
}

/// The code without its constants, as text: the same for functions that are equal but for them.
fn shape(module: &MergedModule<'_>, code: &Code) -> Result<String, MergeError> {
    let mut shape = format!("{:?}", code.locals);
    for op in &code.ops {
        let written = match (constant(module, op)?, op) {
            (Some(ty), _) => write!(shape, ";{ty:?}"),
            (None, Op::Call(callee)) => write!(shape, ";call {}", module.canonical(*callee)),
            (None, Op::Access { op, memory, offset, align }) => {
                let named = Some(*memory).filter(|_| !is_out_of_bounds(module, *offset));
                write!(shape, ";{op:?} {named:?} {:?} {offset} {align}", domain(module, *memory)?)
            }
            // Addresses are those of the one memory, or of that of a domain.
            (None, Op::MemoryCopy { dst, src }) if module.windows.is_some() => {
                write!(shape, ";copy {:?} {:?}", domain(module, *dst)?, domain(module, *src)?)
            }
            (None, Op::MemoryFill(memory)) if module.windows.is_some() => {
                write!(shape, ";fill {:?}", domain(module, *memory)?)
            }
            (None, op) => write!(shape, ";{op:?}"),
        };
        written.expect("a string takes whatever is written to it");
    }
    Ok(shape)
}

/// In which memory of the result a memory is a window, if it is one.
fn domain(module: &MergedModule<'_>, memory: MemoryId) -> Result<Option<DomainId>, MergeError> {
    module.windows.as_ref().map(|windows| Ok(windows.window(memory)?.domain)).transpose()
}

/// Whether an access with this offset is out of bounds of the one memory, wherever its window is.
fn is_out_of_bounds(module: &MergedModule<'_>, offset: u64) -> bool {
    module.windows.is_some() && offset == u64::from(u32::MAX)
}

/// The type of the constant that an instruction puts onto the stack, if it does nothing else.
fn constant(module: &MergedModule<'_>, op: &Op) -> Result<Option<ValType>, MergeError> {
    let never_changes = |memory: &MemoryId| -> Result<bool, MergeError> {
        let Some(windows) = &module.windows else { return Ok(false) };
        let window = windows.window(*memory)?;
        Ok(matches!(window.size(), Size::Pages(_)))
    };
    Ok(match op {
        Op::Plain(Instruction::I32Const(_)) | Op::Address(_) => Some(ValType::I32),
        Op::Plain(Instruction::I64Const(_)) => Some(ValType::I64),
        Op::Plain(Instruction::F32Const(_)) => Some(ValType::F32),
        Op::Plain(Instruction::F64Const(_)) => Some(ValType::F64),
        Op::MemorySize(memory) | Op::OwnSize(memory) if never_changes(memory)? => Some(ValType::I32),
        _ => None,
    })
}

/// What differs between functions of a class: for each of their constants, in order, which parameter it is, if it is one.
struct Varying {
    /// By the position of the instruction.
    at: Map<usize, usize>,
    /// For each parameter its type, and its value in each function.
    params: Vec<(ValType, Vec<Op>)>,
}

fn difference(module: &MergedModule<'_>, class: &[Mergeable]) -> Result<Varying, MergeError> {
    let mut columns: IndexMap<Vec<String>, (ValType, Vec<Op>)> = IndexMap::new();
    let mut at = Map::default();
    for (position, op) in class[0].code.ops.iter().enumerate() {
        let Some(ty) = constant(module, op)? else { continue };
        let values: Vec<Op> = class.iter().map(|candidate| candidate.code.ops[position].clone()).collect();
        let key = values.iter().map(|op| value(module, op)).collect::<Result<Vec<String>, _>>()?;
        if key.iter().any(|value| *value != key[0]) {
            let entry = columns.entry(key);
            at.insert(position, entry.index());
            entry.or_insert((ty, values));
        }
    }
    Ok(Varying { at, params: columns.into_values().collect() })
}

/// What a constant is, as text: the same for constants that have one value wherever windows are.
fn value(module: &MergedModule<'_>, op: &Op) -> Result<String, MergeError> {
    let named = match op {
        Op::Address(Address::ArenaBase(memory)) => ("arena base", memory),
        Op::Address(Address::ArenaEnd(memory)) => ("arena end", memory),
        Op::Address(Address::StackLimit(memory)) => ("stack limit", memory),
        Op::Address(Address::StackTop(memory)) => ("stack top", memory),
        _ => return Ok(format!("{op:?}")),
    };
    Ok(format!("{} {:?}", named.0, domain(module, *named.1)?))
}

fn merge_class(module: &mut MergedModule<'_>, marks: &mut Marks, class: &[Mergeable]) -> Result<(), MergeError> {
    let Varying { at, params } = difference(module, class)?;
    let Some(ty) = module.types.numbers(module.funcs[class[0].func].ty).cloned() else { return Ok(()) };
    let name = format!("like {}", module.func_name(class[0].func));
    let all: Vec<ValType> = ty.params().iter().copied().chain(params.iter().map(|(ty, _)| *ty)).collect();
    let in_globals = module.needs.argument_words.map_or(0, |words| in_globals(&all, words as usize));
    if params.len() > MOST_PARAMETERS || !is_worth_it(class, &at, &params, (ty.params().len(), in_globals), &name) {
        return Ok(());
    }
    let own = ty.params().len() as u32;
    let added = params.len() as u32;
    let ops = class[0].code.ops.iter().enumerate().map(|(position, op)| match (at.get(&position), op) {
        (Some(param), _) => Op::Plain(Instruction::LocalGet(own + *param as u32)),
        (None, Op::Plain(Instruction::LocalGet(local))) => Op::Plain(Instruction::LocalGet(moved(*local, own, added))),
        (None, Op::Plain(Instruction::LocalSet(local))) => Op::Plain(Instruction::LocalSet(moved(*local, own, added))),
        (None, Op::Plain(Instruction::LocalTee(local))) => Op::Plain(Instruction::LocalTee(moved(*local, own, added))),
        (None, op) => op.clone(),
    });
    let code = Code { locals: class[0].code.locals.clone(), ops: ops.collect(), steps: Vec::new() };
    let merged_ty = module.types.func(&all, ty.results());
    marks.groups.resize(module.types.group_count(), false);
    marks.groups[module.types.group_of(merged_ty).index()] = true;
    let synthesized = Synthesized { name, code, id: None };
    let merged = module.add_func(Func { ty: merged_ty, def: FuncDef::Synth(Box::new(synthesized)) });
    marks.added();
    for (position, candidate) in class.iter().enumerate() {
        let mut ops: Vec<Op> = (0..own).map(|param| Op::Plain(Instruction::LocalGet(param))).collect();
        ops.extend(params.iter().map(|(_, values)| values[position].clone()));
        ops.push(Op::Call(merged));
        replace(module, candidate.func, ops);
    }
    Ok(())
}

/// How many parameters are in globals, if no more than `words` are passed, and none of 64 bits.
fn in_globals(params: &[ValType], words: usize) -> usize {
    let wide = params.iter().position(|ty| matches!(ty, ValType::I64 | ValType::F64));
    params.len() - wide.unwrap_or(params.len()).min(words)
}

/// A local behind `own` parameters, behind which there are so many more.
fn moved(local: u32, own: u32, added: u32) -> u32 {
    if local < own { local } else { local + added }
}

/// Whether the result is smaller: what goes is counted as small as it can be, and what comes as large.
fn is_worth_it(
    class: &[Mergeable],
    at: &Map<usize, usize>,
    params: &[(ValType, Vec<Op>)],
    (own, in_globals): (usize, usize),
    name: &str,
) -> bool {
    let leb = |index: usize| if index < 128 { 1 } else { 2 };
    let all = own + params.len();
    let code = &class[0].code;
    // What all have in common is there once, and not once for each.
    let common = code.ops.iter().enumerate().filter(|(position, _)| !at.contains_key(position));
    let common: usize = common.map(|(_, op)| sizes::op(op)).sum();
    let differing = class.iter().flat_map(|candidate| at.keys().map(|position| &candidate.code.ops[*position]));
    let gone = common * (class.len() - 1) + differing.map(sizes::op).sum::<usize>();
    let locals = code.locals.len();
    // In the new function, locals have larger numbers, and parameters take the places of constants. It has a type and a name.
    let moved = code.ops.iter().filter(|op| matches!(op, Op::Plain(Instruction::LocalGet(local) | Instruction::LocalSet(local) | Instruction::LocalTee(local)) if *local as usize >= own && (*local as usize) < 128 && *local as usize + params.len() >= 128));
    let mut come = moved.count() + at.len() * (1 + leb(all + locals)) + sizes::ADDED + name.len() + 4 + all;
    // What is in globals is set, read, and a local; and the global itself may be one more, with 16 bytes at most.
    let set = in_globals * (sizes::INDEX + 1);
    come += in_globals * (sizes::INDEX + 1 + 3 + 2 + 16);
    for position in 0..class.len() {
        let constants: usize = params.iter().map(|(_, values)| sizes::constant(&values[position])).sum();
        come += 3 + own * (1 + leb(own)) + constants + 1 + sizes::INDEX + set;
    }
    gone > come
}
