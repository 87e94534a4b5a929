//! The code section.
//!
//! In: live functions and final indices. Out: the section, appended to the module, and where each guest body
//! went. Bodies are most of a module, so they are written once, at the place where they stay. What precedes
//! them and depends on them, their number of bytes and the branch hints, is put in front when they are there.
//! Rejected: a section that is built on its own, and is there twice when it is added to the module.

use super::indices::Indices;
use super::scoped::Scoped;
use super::{limits, ops};
use crate::dwarf::{TracedAdapter, TracedBody};
use crate::error::MergeError;
use crate::ids::{DataId, ElemId, FuncId, Id};
use crate::maps::Map;
use crate::module::segments::element_count;
use crate::module::splice::{self, Moved};
use crate::module::{Code, FuncDef, InitStep, MergedModule, ModuleKey, Op, Scope, consts};
use crate::passes::Inserter;
use crate::synth::Step;
use std::ops::Range;
use wasm_encoder::{BranchHints, Encode, Instruction, Section, SectionId, ValType};

/// What is known about the code that was written.
#[derive(Default)]
pub(crate) struct EmittedCode {
    /// Where guest bodies went.
    pub(crate) moved: Vec<MovedBody>,
    /// Sizes of synthesized bodies in bytes.
    pub(crate) synth_sizes: Map<FuncId, usize>,
    /// Where instructions went, of the modules for which that was asked.
    pub(crate) traced: Vec<TracedBody>,
    /// Where adapters are, if that was asked of any module.
    pub(crate) adapters: Vec<TracedAdapter>,
    /// Where the contents of the section are in the output.
    pub(crate) contents: Range<usize>,
}

/// Where a body of the input is in the output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovedBody {
    /// Where it is in the output, without its size.
    pub output: Range<usize>,
    /// The module that it comes from.
    pub module: ModuleKey,
    /// Where it is in that module.
    pub input: Range<usize>,
}

/// Appends the code section with the bodies of `funcs`, of which there are `count`, to `out`, and in front of it the
/// section of branch hints, if there are any. `trace` says of which modules it is asked where each instruction went.
pub(crate) fn code(
    module: &MergedModule<'_>,
    indices: &Indices,
    funcs: impl Iterator<Item = FuncId> + Clone,
    count: u32,
    trace: impl Fn(ModuleKey) -> bool,
    out: &mut Vec<u8>,
) -> Result<EmittedCode, MergeError> {
    let start = out.len();
    // Room for what comes in front: guessed, and nothing has to be moved where that was right.
    let guessed = front(count, guess(module, funcs.clone()));
    out.extend_from_slice(&guessed);
    let bodies = out.len();
    let mut emitted = EmittedCode::default();
    let mut hinted = BranchHints::new();
    let mut inserter = Inserter::new(module);
    let traces: Vec<bool> = module.scopes.values().map(|scope| trace(scope.module)).collect();
    let traces_any = traces.contains(&true);
    for func in funcs {
        let def = &module.funcs[func].def;
        // A body is written where it stays, behind its size. Few have a size of another length than they had.
        let expected = match def {
            FuncDef::Guest { origin, .. } => module.module_of(origin.scope).bodies[origin.index as usize].bytes.len(),
            _ => 0,
        };
        let before = out.len();
        out.resize(before + leb_len(expected), 0);
        let begin = out.len();
        match def {
            FuncDef::Import(_) => {
                out.truncate(before);
                continue;
            }
            FuncDef::Guest { origin, calls } => {
                let mut scoped = Scoped::new(module, indices, origin.scope);
                let parsed = module.module_of(origin.scope);
                let input = &parsed.bodies[origin.index as usize];
                let insertions = inserter.insertions(func)?;
                let hints = parsed.branch_hints.get(&(parsed.imported.funcs + origin.index));
                let traced = traces[origin.scope.index()];
                let mut moved = (hints.is_some() || traced).then(Moved::default);
                splice::splice(parsed, input, calls, &insertions, &mut scoped, out, moved.as_mut())?;
                if let Some((hints, moved)) = hints.zip(moved.as_ref()) {
                    hinted.function_hints(indices.funcs.get(func)?, moved_hints(hints, moved));
                }
                if let Some(Moved(moved)) = moved.filter(|_| traced) {
                    // Where it is, is said below.
                    emitted.traced.push(TracedBody { func, output: 0..0, moved });
                }
            }
            FuncDef::Synth(synthesized) => {
                let mut rows = Vec::new();
                let changed = inserter.changed(func, &synthesized.code)?;
                let code = changed.as_ref().unwrap_or(&synthesized.code);
                synth(module, &inserter.insertions(func)?.entry, code, indices, &mut rows, out)?;
                if traces_any && synthesized.id.is_some() {
                    let rows = rows.into_iter().map(|(at, step)| ((at - begin) as u64, step)).collect();
                    emitted.adapters.push(TracedAdapter { func, output: 0..0, rows });
                }
            }
            FuncDef::Trap(_) => {
                no_locals(out);
                Instruction::Unreachable.encode(out);
                Instruction::End.encode(out);
            }
            FuncDef::Init => init(module, indices, out)?,
        }
        limits::check_body(module, func, &out[begin..])?;
        let size = out.len() - begin;
        put_size(size, before..begin, out);
        // In the contents of the section, the number of bodies comes first.
        let end = (out.len() - bodies + leb_len(count as usize)) as u64;
        let address = end - size as u64..end;
        match def {
            FuncDef::Guest { origin, .. } => {
                let Scope { module: key, .. } = module.scopes[origin.scope];
                let input = module.module(key).bodies[origin.index as usize].range();
                emitted.moved.push(MovedBody { output: out.len() - size..out.len(), module: key, input });
                if let Some(traced) = emitted.traced.last_mut().filter(|traced| traced.func == func) {
                    traced.output = address;
                }
            }
            FuncDef::Synth(_) => {
                emitted.synth_sizes.insert(func, size);
                if let Some(traced) = emitted.adapters.last_mut().filter(|traced| traced.func == func) {
                    traced.output = address;
                }
            }
            FuncDef::Import(_) | FuncDef::Trap(_) | FuncDef::Init => {}
        }
    }
    let mut before = Vec::new();
    if !hinted.is_empty() {
        hinted.append_to(&mut before);
    }
    before.extend(front(count, out.len() - bodies));
    if before.len() != guessed.len() {
        let moved = |at: usize| at - guessed.len() + before.len();
        for body in &mut emitted.moved {
            body.output = moved(body.output.start)..moved(body.output.end);
        }
    }
    let contents = start + before.len() - leb_len(count as usize);
    out.splice(start..bodies, before);
    emitted.contents = contents..out.len();
    Ok(emitted)
}

/// Writes `size` to `place`, which becomes as long as that takes; what is behind it moves.
fn put_size(size: usize, place: Range<usize>, out: &mut Vec<u8>) {
    let len = leb_len(size);
    let byte = |i: usize| (size >> (7 * i)) as u8 & 0x7f | if i + 1 < len { 0x80 } else { 0 };
    if len == place.len() {
        for (i, at) in place.enumerate() {
            out[at] = byte(i);
        }
    } else {
        out.splice(place, (0..len).map(byte));
    }
}

/// What precedes the `size` bytes of `count` bodies: the section's id, its size, and the count.
fn front(count: u32, size: usize) -> Vec<u8> {
    let mut front = vec![SectionId::Code.into()];
    (leb_len(count as usize) + size).encode(&mut front);
    count.encode(&mut front);
    front
}

/// About as many bytes as there will be: bodies grow by the bytes that longer indices take.
pub(super) fn guess(module: &MergedModule<'_>, funcs: impl Iterator<Item = FuncId>) -> usize {
    let input = |func: FuncId| match &module.funcs[func].def {
        FuncDef::Guest { origin, .. } => module.module_of(origin.scope).bodies[origin.index as usize].bytes.len(),
        _ => 0,
    };
    funcs.map(input).map(|bytes| bytes + bytes / 16).sum()
}

fn moved_hints(hints: &[wasmparser::BranchHint], moved: &Moved) -> Vec<wasm_encoder::BranchHint> {
    let hint = |hint: &wasmparser::BranchHint| wasm_encoder::BranchHint {
        branch_func_offset: moved.place(hint.func_offset),
        branch_hint_value: u32::from(hint.taken),
    };
    hints.iter().map(hint).collect()
}

fn no_locals(body: &mut Vec<u8>) {
    0u32.encode(body);
}

fn leb_len(value: usize) -> usize {
    (value.max(1).ilog2() / 7 + 1) as usize
}

fn synth(
    module: &MergedModule<'_>,
    inserted: &[Op],
    code: &Code,
    indices: &Indices,
    rows: &mut Vec<(usize, Step)>,
    body: &mut Vec<u8>,
) -> Result<(), MergeError> {
    let mut runs: Vec<(u32, ValType)> = Vec::new();
    for &local in &code.locals {
        match runs.last_mut() {
            Some((count, ty)) if *ty == local => *count += 1,
            _ => runs.push((1, local)),
        }
    }
    runs.len().encode(body);
    for (count, ty) in runs {
        count.encode(body);
        ty.encode(body);
    }
    for op in inserted {
        ops::op(module, indices, op, body)?;
    }
    let mut steps = code.steps.iter().peekable();
    for (position, op) in code.ops.iter().enumerate() {
        while let Some((_, step)) = steps.next_if(|(at, _)| *at <= position) {
            rows.push((body.len(), *step));
        }
        ops::op(module, indices, op, body)?;
    }
    Instruction::End.encode(body);
    Ok(())
}

/// The init function: what instantiation does after the active segments, step by step.
fn init(module: &MergedModule<'_>, indices: &Indices, body: &mut Vec<u8>) -> Result<(), MergeError> {
    no_locals(body);
    for step in &module.init {
        match *step {
            InitStep::Call(func) => Instruction::Call(indices.funcs.get(func)?).encode(body),
            InitStep::Elem(id) => init_elem(module, indices, id, body)?,
            InitStep::Data(id) => init_data(module, indices, id, body)?,
        }
    }
    Instruction::End.encode(body);
    Ok(())
}

fn init_elem(module: &MergedModule<'_>, indices: &Indices, id: ElemId, body: &mut Vec<u8>) -> Result<(), MergeError> {
    let Some((table, offset)) = module.elem_target(id)? else { return Ok(()) };
    let scope = module.elems[id].origin.scope;
    body.extend(consts::encode(module, scope, offset, &mut Scoped::new(module, indices, scope))?);
    let elem_index = indices.elems.get(id)?;
    let len = element_count(&module.elem(id).items);
    Instruction::I32Const(0).encode(body);
    Instruction::I32Const(len as i32).encode(body);
    Instruction::TableInit { elem_index, table: indices.tables.get(table)? }.encode(body);
    Instruction::ElemDrop(elem_index).encode(body);
    Ok(())
}

fn init_data(module: &MergedModule<'_>, indices: &Indices, id: DataId, body: &mut Vec<u8>) -> Result<(), MergeError> {
    let Some((memory, offset)) = module.data_target(id)? else { return Ok(()) };
    let scope = module.datas[id].origin.scope;
    body.extend(consts::encode(module, scope, offset, &mut Scoped::new(module, indices, scope))?);
    let (mem, data_index) = (indices.memories.get(memory)?, indices.datas.get(id)?);
    let len = u32::try_from(module.data(id).data.len()).map_err(|_| MergeError::Reencode {
        item: format!("data segment {}", id.index()),
        reason: "it is longer than 2^32 bytes".to_string(),
    })?;
    let len = Instruction::I32Const(len.cast_signed());
    if let Some(windows) = &module.windows {
        len.encode(body);
        Instruction::Call(indices.funcs.get(windows.place(memory)?)?).encode(body);
    }
    Instruction::I32Const(0).encode(body);
    len.encode(body);
    Instruction::MemoryInit { mem, data_index }.encode(body);
    Instruction::DataDrop(data_index).encode(body);
    Ok(())
}
