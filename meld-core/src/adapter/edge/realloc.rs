//! The `realloc` that the host is given, where the guest's memory is a window of a larger one.
//!
//! In: a guest's `realloc`. Out: a function of the same type that takes and returns addresses. The host checks
//! the result against the memory only, so this function checks it against the window, also if that is at address 0
//! (`CanonicalABI.md`, `LiftLowerOptions.realloc` and its callers).
//!
//! If the guest's memory is its own, the adapter of an import may have put handles into parameters that are in it. The host asks for
//! memory for results when it has lifted the parameters. This function then puts the guest's words back, and does not wait until the
//! import has returned: the guest may read them, and may return the same memory again, where words that
//! were put back later would overwrite a result.
//!
//! A block of no bytes has no address and stays as it is, the old block and the new one. The rule for
//! [pointers](super::pointer) is the same, so the guest gets such a block back as it gave it.

use crate::adapter::Adapters;
use crate::adapter::body::{BodyBuilder, Bytes};
use crate::adapter::place::Memory;
use crate::dfg::CanonOptions;
use crate::error::AdapterError;
use crate::ids::ComponentInstanceId;
use crate::plan::Pointers;
use crate::synth::{FuncRef, TrapClass};
use wasm_encoder::{Instruction, ValType};

/// Parameters of a `realloc`.
const OLD: u32 = 0;
const OLD_BYTES: u32 = 1;
const ALIGN: u32 = 2;
const NEW_BYTES: u32 = 3;

impl Adapters<'_> {
    /// `realloc`, for the host, if it knows other addresses than the guest, or if it `restores`: the host calls
    /// it while words in the guest's memory are rewritten for a function that it was called for.
    pub(in crate::adapter) fn edge_realloc(
        &mut self,
        realloc: FuncRef,
        options: &CanonOptions,
        restores: bool,
        item: &str,
    ) -> Result<FuncRef, AdapterError> {
        let edge = self.plan.edge(options);
        let moved = edge.pointers == Pointers::Moved;
        let memory = match self.host_memory(options, item)? {
            Some(memory) if edge.windowed() || restores => memory,
            _ => return Ok(realloc),
        };
        if let Some(known) = self.edge_reallocs.get(&(realloc, memory.memory, restores)) {
            return Ok(*known);
        }
        let name = format!("edge cabi_realloc host->{}", self.instance_name(options.instance));
        let mut body = BodyBuilder::new(name, vec![ValType::I32; 4], vec![ValType::I32]);
        if restores {
            // All words that are noted: no other import runs while the host carries out this one.
            for _ in 0..3 {
                body.i32(0);
            }
            body.call(self.rewriter(memory, "restore"));
        }
        if !edge.windowed() {
            for param in [OLD, OLD_BYTES, ALIGN, NEW_BYTES] {
                body.get(param);
            }
            body.call(realloc);
            let wrapped = FuncRef::Synth(self.synths.push(body.finish()));
            self.edge_reallocs.insert((realloc, memory.memory, restores), wrapped);
            return Ok(wrapped);
        }
        body.get(OLD);
        if moved {
            body.cross_window(memory.memory, OLD_BYTES, Instruction::I32Sub);
        }
        body.get(OLD_BYTES);
        body.get(ALIGN);
        body.get(NEW_BYTES);
        body.call(realloc);
        let new = body.checked_block(memory);
        body.get(new);
        if moved {
            body.cross_window(memory.memory, NEW_BYTES, Instruction::I32Add);
        }
        let wrapped = FuncRef::Synth(self.synths.push(body.finish()));
        self.edge_reallocs.insert((realloc, memory.memory, restores), wrapped);
        Ok(wrapped)
    }

    /// `realloc`, for a transcoder, if the guest reaches less than what is below the end of `memory`: the result is checked here.
    pub(in crate::adapter) fn checked_realloc(
        &mut self,
        realloc: FuncRef,
        memory: Memory,
        instance: ComponentInstanceId,
    ) -> FuncRef {
        if let Some(known) = self.checked_reallocs.get(&(realloc, memory.memory)) {
            return *known;
        }
        let name = format!("reach realloc {}", self.instance_name(instance));
        let mut body = BodyBuilder::new(name, vec![ValType::I32; 4], vec![ValType::I32]);
        for param in [OLD, OLD_BYTES, ALIGN, NEW_BYTES] {
            body.get(param);
        }
        body.call(realloc);
        let new = body.checked_block(memory);
        body.get(new);
        let wrapped = FuncRef::Synth(self.synths.push(body.finish()));
        self.checked_reallocs.insert((realloc, memory.memory), wrapped);
        wrapped
    }
}

impl BodyBuilder {
    /// Traps unless the block that a `realloc` has returned, in the local `block`, is aligned. An alignment is a power of two.
    pub(in crate::adapter) fn check_block_alignment(&mut self, block: u32) {
        self.get(block);
        self.get(ALIGN);
        self.i32(1);
        self.plain(Instruction::I32Sub);
        self.plain(Instruction::I32And);
        self.trap_if(TrapClass::ReallocUnaligned);
    }

    /// Checks the block that a `realloc` has returned, and returns the local that has it. In the order of the specification: alignment, then
    /// bounds.
    fn checked_block(&mut self, memory: Memory) -> u32 {
        let new = self.pop(ValType::I32);
        self.check_block_alignment(new.index);
        self.get(NEW_BYTES);
        self.plain(Instruction::I64ExtendI32U);
        let bytes = self.pop(ValType::I64);
        self.check_in_bounds(memory, new.index, Bytes::Local(bytes.index), TrapClass::ReallocOutOfBounds);
        new.index
    }
}
