//! The code of a shared stack.
//!
//! In: a module whose windows have their places. Out: checks that trap, in front of a `global.set` or an access that might go too far. A
//! number that wraps around is as far off as one that is too low, so one comparison finds both.

use crate::error::MergeError;
use crate::ids::{FuncId, GlobalId, MemoryId};
use crate::module::insertions::Insertions;
use crate::module::stack::{Bound, Lowered, Operand, SharedStack, Unproved};
use crate::module::windows::Size;
use crate::module::{MergedModule, Op};
use crate::passes::walk::access::operands;
use crate::passes::walk::guests::GuestBody;
use crate::synth::Address;
use wasm_encoder::{BlockType, Instruction, ValType};

/// Appends the first instructions of a function that the host may call while another call runs: they trap unless there is room.
pub(in crate::passes) fn ask_for_room(
    module: &MergedModule<'_>,
    func: FuncId,
    out: &mut Vec<Op>,
) -> Result<(), MergeError> {
    let Some(stack) = &module.stack else { return Ok(()) };
    let Some(room) = stack.rooms.get(&func) else { return Ok(()) };
    let lowest = module.stack_top()? - stack.bytes as u32;
    out.push(Op::GlobalGet(stack.pointer));
    // At most the size of the stack, which is in the memory.
    out.push(Op::Plain(Instruction::I32Const((lowest + *room as u32).cast_signed())));
    out.push(Op::Plain(Instruction::I32LtU));
    trap_if(stack.overflow, out);
    Ok(())
}

fn trap_if(overflow: FuncId, out: &mut Vec<Op>) {
    out.push(Op::Plain(Instruction::If(BlockType::Empty)));
    out.push(Op::Call(overflow));
    out.push(Op::Plain(Instruction::Unreachable));
    out.push(Op::Plain(Instruction::End));
}

/// The checks of a function.
pub(in crate::passes) fn checks(module: &MergedModule<'_>, func: FuncId) -> Result<Insertions, MergeError> {
    let Some(stack) = &module.stack else { return Ok(Insertions::default()) };
    let Some(checked) = stack.checked.get(&func) else { return Ok(Insertions::default()) };
    let Some(GuestBody { declared, .. }) = GuestBody::of(module, func)? else { return Ok(Insertions::default()) };
    let base = module.base(checked.memory)?;
    // The layout has refused a stack that does not fit.
    let lowest = module.address(Address::StackTop(checked.memory))? - stack.bytes as u32 - base;
    let mut code = StackCheck {
        lowest,
        bottom: lowest - stack.below as u32,
        bytes: stack.bytes as u32,
        overflow: stack.overflow,
        other: other_places(module, stack, checked.memory)?,
        declared,
        insertions: Insertions::default(),
    };
    let entry = code.local(ValType::I32, &mut Vec::new());
    let asked = checked.lowered.iter().any(|lowered| lowered.by.is_none())
        || checked.unproved.iter().any(|unproved| unproved.bound == Bound::Frame);
    if asked {
        code.insertions.entry.extend(stack.get(base));
        code.insertions.entry.push(Op::Plain(Instruction::LocalSet(entry)));
    }
    for lowered in &checked.lowered {
        code.lowered(lowered, entry);
    }
    // One instruction may access two ranges.
    for unproved in checked.unproved.chunk_by(|one, other| one.at == other.at) {
        code.access(unproved, entry)?;
    }
    code.insertions.before.sort_by_key(|(at, _)| *at);
    Ok(code.insertions)
}

/// Where an address may be that is not in the stack: in the rest of the guest's window, or in the arena.
fn other_places(module: &MergedModule<'_>, stack: &SharedStack, memory: MemoryId) -> Result<Vec<Span>, MergeError> {
    let Some(windows) = &module.windows else { return Ok(Vec::new()) };
    let window = windows.window(memory)?;
    let freed = stack.freed.get(&memory).map_or(0, |freed| *freed as u32);
    let bytes = match window.size() {
        // The stack began inside the memory, and the whole memory is smaller than 2^32 bytes.
        Size::Pages(_) => SpanBytes::Const(window.initial as u32 - freed),
        Size::Global(pages) => SpanBytes::Pages { pages, log2: window.page_size_log2, freed },
    };
    let mut places = vec![Span { start: freed, bytes }];
    let (start, end) = (module.address(Address::ArenaBase(memory))?, module.address(Address::ArenaEnd(memory))?);
    if start < end {
        places.push(Span { start: start - module.base(memory)?, bytes: SpanBytes::Const(end - start) });
    }
    Ok(places)
}

/// Bytes from an address on, as the guest sees it.
struct Span {
    start: u32,
    bytes: SpanBytes,
}

/// How many.
enum SpanBytes {
    Const(u32),
    /// The bytes of so many pages, less those that are not there.
    Pages {
        pages: GlobalId,
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

/// Addresses are the guest's own.
struct StackCheck {
    /// The pointer is not set below this.
    lowest: u32,
    /// The stack has nothing below this.
    bottom: u32,
    /// Bytes from `lowest` on.
    bytes: u32,
    overflow: FuncId,
    other: Vec<Span>,
    /// The first index at which the body has no local.
    declared: u32,
    insertions: Insertions,
}

impl StackCheck {
    /// A check in front of a `global.set`.
    fn lowered(&mut self, lowered: &Lowered, entry: u32) {
        let value = self.local(ValType::I32, &mut vec![entry]);
        let mut code = Instructions::default();
        code.push(Instruction::LocalTee(value));
        code.push(Instruction::LocalGet(value));
        code.constant(self.lowest);
        code.push(Instruction::I32Sub);
        match lowered.by {
            // At least it is below the top, because it is lower than it was.
            Some(_) => code.constant(self.bytes),
            // It is not known whether it is lower, nor how much.
            None => {
                code.push(Instruction::LocalGet(entry));
                code.constant(self.lowest.wrapping_sub(lowered.ceiling.cast_unsigned()));
                code.push(Instruction::I32Sub);
            }
        }
        code.push(Instruction::I32GtU);
        self.trap_if(&mut code);
        self.insertions.before.push((lowered.at, code.0));
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
                // A range of no bytes may be anywhere.
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
        self.insertions.before.push((unproved[0].at, code.0));
        Ok(())
    }

    /// Traps unless an access is in an allowed place. `address`: a local, and what is added to it.
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
                SpanBytes::Const(bytes) => code.constant(bytes),
                SpanBytes::Pages { pages, log2, freed } => {
                    code.0.push(Op::GlobalGet(pages));
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
        let found = (self.declared..)
            .zip(&self.insertions.locals)
            .find(|(local, known)| **known == ty && !taken.contains(local));
        let local = match found {
            Some((local, _)) => local,
            None => {
                self.insertions.locals.push(ty);
                self.declared + self.insertions.locals.len() as u32 - 1
            }
        };
        taken.push(local);
        local
    }
}

/// Pushes whether a part of an access is outside of the bytes from `start` on. `address`: a local, and what is added to it. A sum that
/// wraps is out of bounds of the whole memory, whatever the pushed answer is.
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
    // If the distance is too large, the difference does not matter.
    bytes(code);
    code.push(Instruction::LocalGet(distance));
    code.push(Instruction::I32Sub);
    code.push(Instruction::I32GtU);
    code.push(Instruction::I32Or);
}

#[derive(Default)]
struct Instructions(Vec<Op>);

impl Instructions {
    fn push(&mut self, instruction: Instruction<'static>) {
        self.0.push(Op::Plain(instruction));
    }

    fn constant(&mut self, value: u32) {
        self.push(Instruction::I32Const(value.cast_signed()));
    }
}
