//! Where a guest points that has pointers beyond its window.
//!
//! In: the memories whose guests use an arena or a stack that all share ([`reaches_beyond`](crate::plan::SharedMemory::reaches_beyond)). Out: for each a
//! function `(pointer: i32, bytes: i32) -> i32` that is not 0 where the guest may not have the host read or write there.
//!
//! Such a guest's memory is, to the host: its window, without what was its own stack in front; the arena, if it uses one;
//! the shared stack, if there is one. A range lies in one of them. Between them are windows of others, tables of handles and
//! what no guest has. A range of no bytes shows nothing, and may be where the stack was as well: guests take any number for its address.
//!
//! The host always asks it. Adapters between components ask it if accesses are checked.
//! Rejected: to ask it between components where accesses are not checked. It costs in every string and list, and shows a component what it could read by an
//! access of its own (`docs/adr/0018-arenas-above-windows.md`); the host has no other way to see it.

use super::Adapters;
use super::body::{BodyBuilder, Local};
use super::place::Memory;
use crate::abi::Pointer;
use crate::dfg::CoreItem;
use crate::synth::{Address, Inst, MemoryRef};
use indexmap::IndexSet;
use wasm_encoder::{Instruction, ValType};

/// Parameters of the function.
const POINTER: u32 = 0;
const BYTES: u32 = 1;

impl Adapters<'_> {
    /// Writes the functions of all memories at the boundary to the host that need one. Liveness leaves out those that are not called.
    pub(super) fn write_reaches(&mut self) {
        let Some(shared) = self.plan.memory.shared() else { return };
        let memories: IndexSet<CoreItem> = self.dfg.options.iter().filter_map(|(_, options)| options.memory).collect();
        for item in memories.into_iter().filter(|item| shared.reaches_beyond(*item)) {
            let core = &self.dfg.core_instances[item.instance];
            let ty = self.dfg.modules[core.module].memories[item.index as usize];
            if ty.memory64 {
                continue;
            }
            let memory = Memory {
                memory: MemoryRef::Core(item),
                page_size_log2: self.plan.memory.page_size_log2(&ty),
                pointer: Pointer::W32,
                reach: None,
            };
            let mut body = BodyBuilder::new(format!("reach {}", core.path), vec![ValType::I32; 2], vec![ValType::I32]);
            body.reach(memory, shared.arena_users.contains(&item), shared.share_stack.is_some());
            let id = self.synths.push(body.finish());
            self.reaches.insert(item, id);
        }
    }
}

impl BodyBuilder {
    fn reach(&mut self, memory: Memory, arena: bool, stack: bool) {
        // Addresses, which do not wrap in 64 bits.
        self.get(POINTER);
        self.plain(Instruction::I64ExtendI32U);
        self.address_of(Address::WindowBase(memory.memory));
        self.plain(Instruction::I64Add);
        let start = self.pop(ValType::I64);
        self.get(start.index);
        self.get(BYTES);
        self.plain(Instruction::I64ExtendI32U);
        self.plain(Instruction::I64Add);
        let end = self.pop(ValType::I64);
        let window = |body: &mut Self| {
            body.address_of(Address::WindowStart(memory.memory));
            body.i64(0);
            body.get(BYTES);
            body.plain(Instruction::Select);
        };
        self.outside(&start, &end, window, |body| {
            body.inst(Inst::OwnSize(memory.memory));
            body.plain(Instruction::I64ExtendI32U);
            if memory.page_size_log2 > 0 {
                body.i64(memory.page_size_log2.into());
                body.plain(Instruction::I64Shl);
            }
            body.address_of(Address::WindowBase(memory.memory));
            body.plain(Instruction::I64Add);
        });
        if arena {
            let from = |body: &mut Self| body.address_of(Address::ArenaBase(memory.memory));
            self.outside(&start, &end, from, |body| body.address_of(Address::ArenaEnd(memory.memory)));
            self.plain(Instruction::I32And);
        }
        if stack {
            let from = |body: &mut Self| body.address_of(Address::StackLimit(memory.memory));
            self.outside(&start, &end, from, |body| body.address_of(Address::StackTop(memory.memory)));
            self.plain(Instruction::I32And);
        }
        self.release(start);
        self.release(end);
    }

    /// Pushes whether the range is not all in the part that begins at `from` and ends where `to` says.
    fn outside(&mut self, start: &Local, end: &Local, from: impl FnOnce(&mut Self), to: impl FnOnce(&mut Self)) {
        self.get(start.index);
        from(self);
        self.plain(Instruction::I64LtU);
        self.get(end.index);
        to(self);
        self.plain(Instruction::I64GtU);
        self.plain(Instruction::I32Or);
    }

    /// Pushes an address as i64.
    fn address_of(&mut self, address: Address) {
        self.inst(Inst::Address(address));
        self.plain(Instruction::I64ExtendI32U);
    }
}
