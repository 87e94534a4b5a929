//! The code of a shared stack.
//!
//! In: final indices and places. Out: what stands for `global.get` and `global.set` of a guest's stack pointer, which is
//! the shared pointer less the base of the guest's window; and checks that trap: in front of a `global.set` that might go
//! too far, and in front of an access that might. A number that wraps around is as far off as one that is too low: one comparison
//! sees both.

use super::SharedStack;
use super::frames::{Bound, Lowered, Operand, Unproved};
use crate::emit::indices::Indices;
use crate::error::MergeError;
use crate::ids::{FuncId, MemoryId};
use crate::memory::isolate::{Checks, operands};
use crate::memory::{Place, Size};
use crate::merger::MergedModule;
use crate::parse::Body;
use wasm_encoder::{BlockType, Encode, Instruction, ValType};

/// Appends what stands for `global.get` of the stack pointer of `memory`.
pub(crate) fn get(
    stack: &SharedStack,
    indices: &Indices,
    memory: MemoryId,
    out: &mut Vec<u8>,
) -> Result<(), MergeError> {
    Instruction::GlobalGet(indices.globals.get(stack.pointer)?).encode(out);
    if let base @ 1.. = indices.base(memory)? {
        Instruction::I32Const(base.cast_signed()).encode(out);
        Instruction::I32Sub.encode(out);
    }
    Ok(())
}

/// Appends what stands for `global.set` of the stack pointer of `memory`.
pub(crate) fn set(
    stack: &SharedStack,
    indices: &Indices,
    memory: MemoryId,
    out: &mut Vec<u8>,
) -> Result<(), MergeError> {
    if let base @ 1.. = indices.base(memory)? {
        Instruction::I32Const(base.cast_signed()).encode(out);
        Instruction::I32Add.encode(out);
    }
    Instruction::GlobalSet(indices.globals.get(stack.pointer)?).encode(out);
    Ok(())
}

/// Appends what a function does first that the host may call while another call is under way: it traps unless there is room.
pub(crate) fn ask_for_room(
    module: &MergedModule<'_>,
    indices: &Indices,
    func: FuncId,
    out: &mut Vec<u8>,
) -> Result<(), MergeError> {
    let Some(stack) = &module.stack else { return Ok(()) };
    let Some(room) = stack.rooms.get(&func) else { return Ok(()) };
    let lowest = indices.address(Place::StackTop)? - stack.bytes as u32;
    Instruction::GlobalGet(indices.globals.get(stack.pointer)?).encode(out);
    // At most the size of the stack, which is in the memory.
    Instruction::I32Const((lowest + *room as u32).cast_signed()).encode(out);
    Instruction::I32LtU.encode(out);
    trap_if(indices.funcs.get(stack.overflow)?, out);
    Ok(())
}

fn trap_if(overflow: u32, out: &mut Vec<u8>) {
    Instruction::If(BlockType::Empty).encode(out);
    Instruction::Call(overflow).encode(out);
    Instruction::Unreachable.encode(out);
    Instruction::End.encode(out);
}

/// The checks of a function with that body. `params`: how many parameters it has.
pub(crate) fn checks(
    module: &MergedModule<'_>,
    indices: &Indices,
    func: FuncId,
    params: usize,
    body: &Body<'_>,
) -> Result<Checks, MergeError> {
    let Some(stack) = &module.stack else { return Ok(Checks::default()) };
    let Some(checked) = stack.checked.get(&func) else { return Ok(Checks::default()) };
    let base = indices.base(checked.memory)?;
    // The layout has refused a stack that does not fit.
    let lowest = indices.address(Place::StackTop)? - stack.bytes as u32 - base;
    let mut code = Code {
        lowest,
        bottom: lowest - stack.below as u32,
        bytes: stack.bytes as u32,
        overflow: indices.funcs.get(stack.overflow)?,
        other: other_places(module, stack, indices, checked.memory)?,
        // The first index at which the body has no local.
        declared: params as u32 + body.local_count()?,
        checks: Checks::default(),
    };
    let entry = code.local(ValType::I32, &mut Vec::new());
    let asked = checked.lowered.iter().any(|lowered| lowered.by.is_none())
        || checked.unproved.iter().any(|unproved| unproved.bound == Bound::Frame);
    if asked {
        get(stack, indices, checked.memory, &mut code.checks.entry)?;
        Instruction::LocalSet(entry).encode(&mut code.checks.entry);
    }
    for lowered in &checked.lowered {
        code.lowered(lowered, entry);
    }
    // One instruction may access two ranges.
    for unproved in checked.unproved.chunk_by(|one, other| one.at == other.at) {
        code.access(unproved, entry)?;
    }
    code.checks.before.sort_by_key(|(at, _)| *at);
    Ok(code.checks)
}

/// Where an address may be that is not in the stack: in what is left of the guest's window, or in the arena.
fn other_places(
    module: &MergedModule<'_>,
    stack: &SharedStack,
    indices: &Indices,
    memory: MemoryId,
) -> Result<Vec<Span>, MergeError> {
    let Some(windows) = &module.windows else { return Ok(Vec::new()) };
    let window = windows.window(memory)?;
    let freed = stack.freed.get(&memory).map_or(0, |freed| *freed as u32);
    let bytes = match window.size() {
        // Where the stack began, the memory had not ended, and the whole memory is smaller than 2^32 bytes.
        Size::Pages(_) => Bytes::Const(window.initial as u32 - freed),
        Size::Global(pages) => Bytes::Pages { pages: indices.globals.get(pages)?, log2: window.page_size_log2, freed },
    };
    let mut places = vec![Span { start: freed, bytes }];
    let (start, end) = (indices.address(Place::ArenaBase)?, indices.address(Place::ArenaEnd)?);
    if start < end {
        places.push(Span { start: start - indices.base(memory)?, bytes: Bytes::Const(end - start) });
    }
    Ok(places)
}

/// Bytes from an address on, as the guest sees it.
struct Span {
    start: u32,
    bytes: Bytes,
}

/// How many.
enum Bytes {
    Const(u32),
    /// As many as so many pages have, without those that are not there.
    Pages {
        pages: u32,
        log2: u32,
        freed: u32,
    },
}

/// How long an access is.
#[derive(Clone, Copy)]
enum Length {
    Const(u32),
    Local(u32),
}

/// Addresses are those that the guest sees.
struct Code {
    /// Below that, the pointer is not set.
    lowest: u32,
    /// Below that, there is no stack.
    bottom: u32,
    /// Bytes from `lowest` on.
    bytes: u32,
    overflow: u32,
    other: Vec<Span>,
    declared: u32,
    checks: Checks,
}

impl Code {
    /// A check in front of a `global.set`.
    fn lowered(&mut self, lowered: &Lowered, entry: u32) {
        let value = self.local(ValType::I32, &mut vec![entry]);
        let mut code = Instructions::default();
        code.push(Instruction::LocalTee(value));
        code.push(Instruction::LocalGet(value));
        code.constant(self.lowest);
        code.push(Instruction::I32Sub);
        match lowered.by {
            // Below the top at least: it is lower than where it was.
            Some(_) => code.constant(self.bytes),
            // How much lower is not known, nor whether it is.
            None => {
                code.push(Instruction::LocalGet(entry));
                code.constant(self.lowest.wrapping_sub(lowered.ceiling.cast_unsigned()));
                code.push(Instruction::I32Sub);
            }
        }
        code.push(Instruction::I32GtU);
        self.trap_if(&mut code);
        self.checks.before.push((lowered.at, code.0));
    }

    /// A check in front of an access.
    fn access(&mut self, unproved: &[Unproved], entry: u32) -> Result<(), MergeError> {
        let mut taken = vec![entry];
        let mut code = Instructions::default();
        match unproved[0].operand {
            Operand::Address { offset, size, above: (name, above) } => {
                let address = self.local(ValType::I32, &mut taken);
                let above: Vec<u32> = operands(name, above)?.into_iter().map(|ty| self.local(ty, &mut taken)).collect();
                for &operand in above.iter().rev() {
                    code.push(Instruction::LocalSet(operand));
                }
                code.push(Instruction::LocalTee(address));
                // An offset has 32 bits, as the memory has addresses of 32 bits.
                self.check(&mut code, (address, offset as u32), Length::Const(size), unproved[0].bound, entry, &taken);
                for &operand in &above {
                    code.push(Instruction::LocalGet(operand));
                }
            }
            Operand::To | Operand::From => {
                let [to, from, length] = [(); 3].map(|()| self.local(ValType::I32, &mut taken));
                code.push(Instruction::LocalSet(length));
                code.push(Instruction::LocalSet(from));
                code.push(Instruction::LocalSet(to));
                // A range without bytes may be anywhere.
                code.push(Instruction::LocalGet(length));
                code.push(Instruction::If(BlockType::Empty));
                for unproved in unproved {
                    let address = if unproved.operand == Operand::From { from } else { to };
                    self.check(&mut code, (address, 0), Length::Local(length), unproved.bound, entry, &taken);
                }
                code.push(Instruction::End);
                for operand in [to, from, length] {
                    code.push(Instruction::LocalGet(operand));
                }
            }
        }
        self.checks.before.push((unproved[0].at, code.0));
        Ok(())
    }

    /// Traps unless an access is where it may be. `address`: a local, and what is added to it.
    fn check(
        &mut self,
        code: &mut Instructions,
        address: (u32, u32),
        length: Length,
        bound: Bound,
        entry: u32,
        taken: &[u32],
    ) {
        let distance = self.local(ValType::I32, &mut taken.to_vec());
        // From the bottom of the stack to the pointer at entry, or to the top.
        outside(code, address, self.bottom, length, distance, |code| match bound {
            Bound::Frame => {
                code.push(Instruction::LocalGet(entry));
                code.constant(self.bottom);
                code.push(Instruction::I32Sub);
            }
            Bound::Anywhere => code.constant(self.lowest - self.bottom + self.bytes),
        });
        let places = if bound == Bound::Frame { &[][..] } else { &self.other };
        for place in places {
            code.push(Instruction::If(BlockType::Empty));
            outside(code, address, place.start, length, distance, |code| match place.bytes {
                Bytes::Const(bytes) => code.constant(bytes),
                Bytes::Pages { pages, log2, freed } => {
                    code.push(Instruction::GlobalGet(pages));
                    code.constant(log2);
                    code.push(Instruction::I32Shl);
                    code.constant(freed);
                    code.push(Instruction::I32Sub);
                }
            });
        }
        self.trap_if(code);
        for _ in places {
            code.push(Instruction::End);
        }
    }

    fn trap_if(&self, code: &mut Instructions) {
        trap_if(self.overflow, &mut code.0);
    }

    /// A local of the body's own that is not among `taken`, which it joins.
    fn local(&mut self, ty: ValType, taken: &mut Vec<u32>) -> u32 {
        let found =
            (self.declared..).zip(&self.checks.locals).find(|(local, known)| **known == ty && !taken.contains(local));
        let local = match found {
            Some((local, _)) => local,
            None => {
                self.checks.locals.push(ty);
                self.declared + self.checks.locals.len() as u32 - 1
            }
        };
        taken.push(local);
        local
    }
}

/// Pushes whether an access is not all inside of the bytes from `start` on. `address`: a local, and what is added to it; a sum that
/// wraps is out of bounds of the whole memory, wherever this says that it is.
fn outside(
    code: &mut Instructions,
    (address, offset): (u32, u32),
    start: u32,
    length: Length,
    distance: u32,
    bytes: impl Fn(&mut Instructions),
) {
    code.push(Instruction::LocalGet(address));
    code.constant(start.wrapping_sub(offset));
    code.push(Instruction::I32Sub);
    code.push(Instruction::LocalTee(distance));
    bytes(code);
    code.push(Instruction::I32GtU);
    match length {
        Length::Const(length) => code.constant(length),
        Length::Local(length) => code.push(Instruction::LocalGet(length)),
    }
    // Where the distance is too large, the difference is not asked for.
    bytes(code);
    code.push(Instruction::LocalGet(distance));
    code.push(Instruction::I32Sub);
    code.push(Instruction::I32GtU);
    code.push(Instruction::I32Or);
}

#[derive(Default)]
struct Instructions(Vec<u8>);

impl Instructions {
    fn push(&mut self, instruction: Instruction<'_>) {
        instruction.encode(&mut self.0);
    }

    fn constant(&mut self, value: u32) {
        self.push(Instruction::I32Const(value.cast_signed()));
    }
}
