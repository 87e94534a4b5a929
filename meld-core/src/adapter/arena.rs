//! The arena's allocator, as a guest calls it.
//!
//! In: a lowered `cabi-arena-realloc` and the memory of its caller. Out: a function of the same type between the guest's
//! pointers, which count from the start of its window, and the allocator's: addresses for the embedder's, and for
//! the one inside, distances from the start of the arena. The arena is above all windows, so a guest's pointer to a
//! block in it is a number beyond its window, to which its rebased accesses reach.
//!
//! The contract is that of `realloc` in `CanonicalABI.md`, and no block has an address: `old` is converted unless it has
//! no bytes, and so is the result. What the embedder returns is checked: to be inside the arena, and, as the guest
//! counts, aligned. Both sides count from multiples of 16, so only a larger alignment can fail there.

use super::Adapters;
use super::body::BodyBuilder;
use crate::dfg::{CoreItem, Trampoline};
use crate::error::AdapterError;
use crate::ids::TrampolineId;
use crate::runtime::RuntimeInstance;
use crate::synth::{Address, FuncRef, HostImport, Inst, MemoryRef, SynthFunc, TrapClass};
use wasm_encoder::{BlockType, Instruction, ValType};

/// Parameters of the allocator.
const OLD: u32 = 0;
const OLD_BYTES: u32 = 1;
const ALIGN: u32 = 2;
const NEW_BYTES: u32 = 3;

impl Adapters<'_> {
    /// The allocator for a guest whose pointers are into `memory`.
    pub(super) fn arena(&mut self, id: TrampolineId, memory: CoreItem) -> Result<SynthFunc, AdapterError> {
        let arena = self.plan.passthrough.arena.as_ref();
        let reason = "only the arena's allocator is called as one";
        let arena = arena.ok_or_else(|| AdapterError::Misplanned { trampoline: id.to_string(), reason })?;
        let mut body = BodyBuilder::new(self.trampoline_name(id), vec![ValType::I32; 4], vec![ValType::I32]);
        let guest = MemoryRef::Core(memory);
        match arena.inside {
            Some(bytes) => {
                let runtime = self.runtime.intern(RuntimeInstance::arena(self.plan.memory.domain(memory), bytes));
                body.call_inside(guest, MemoryRef::Runtime(runtime), FuncRef::Runtime(runtime, "realloc"));
            }
            None => {
                if self.plan.memory.shared().is_some_and(|shared| shared.isolate) {
                    body.check_old_block(guest);
                }
                let Trampoline::Lower { options, .. } = self.dfg.trampolines[id] else {
                    return Err(AdapterError::Misplanned { trampoline: id.to_string(), reason });
                };
                body.call_embedder(guest, FuncRef::Host(HostImport::Lower(arena.import, options)));
            }
        }
        Ok(body.finish())
    }
}

impl BodyBuilder {
    /// A call of the allocator inside, which counts from the start of its own region.
    fn call_inside(&mut self, guest: MemoryRef, region: MemoryRef, allocator: FuncRef) {
        let bias = |body: &mut BodyBuilder| {
            body.inst(Inst::Address(Address::WindowBase(region)));
            body.inst(Inst::Address(Address::WindowBase(guest)));
            body.plain(Instruction::I32Sub);
        };
        self.get(OLD);
        bias(self);
        self.plain(Instruction::I32Sub);
        for param in [OLD_BYTES, ALIGN, NEW_BYTES] {
            self.get(param);
        }
        bias(self);
        self.call(allocator);
        bias(self);
        self.i32(0);
        self.get(NEW_BYTES);
        self.plain(Instruction::Select);
        self.plain(Instruction::I32Add);
    }

    /// A call of the embedder's allocator, which counts in addresses.
    fn call_embedder(&mut self, guest: MemoryRef, allocator: FuncRef) {
        self.get(OLD);
        self.cross_window(guest, OLD_BYTES, Instruction::I32Add);
        for param in [OLD_BYTES, ALIGN, NEW_BYTES] {
            self.get(param);
        }
        self.call(allocator);
        let new = self.pop(ValType::I32);
        self.get(NEW_BYTES);
        self.plain(Instruction::If(BlockType::Empty));
        self.check_in_arena(guest, (new.index, NEW_BYTES), TrapClass::ReallocOutOfBounds);
        self.get(new.index);
        self.enter_window(guest);
        self.set(new.index);
        self.check_block_alignment(new.index);
        self.plain(Instruction::End);
        self.get(new.index);
        self.release(new);
    }

    /// Traps unless all of the old block, if there is one, is inside the arena: the embedder reads it, and knows no windows.
    fn check_old_block(&mut self, guest: MemoryRef) {
        self.get(OLD_BYTES);
        self.plain(Instruction::If(BlockType::Empty));
        self.get(OLD);
        self.leave_window(guest);
        let old = self.pop(ValType::I32);
        self.check_in_arena(guest, (old.index, OLD_BYTES), TrapClass::PointerOutOfBounds);
        self.release(old);
        self.plain(Instruction::End);
    }

    /// Traps unless all of a block, at the address in one local with the length in the other, is inside the arena.
    fn check_in_arena(&mut self, guest: MemoryRef, (block, bytes): (u32, u32), class: TrapClass) {
        self.get(block);
        self.inst(Inst::Address(Address::ArenaBase(guest)));
        self.plain(Instruction::I32LtU);
        self.trap_if(class);
        self.get(block);
        self.plain(Instruction::I64ExtendI32U);
        self.get(bytes);
        self.plain(Instruction::I64ExtendI32U);
        self.plain(Instruction::I64Add);
        self.inst(Inst::Address(Address::ArenaEnd(guest)));
        self.plain(Instruction::I64ExtendI32U);
        self.plain(Instruction::I64GtU);
        self.trap_if(class);
    }
}
