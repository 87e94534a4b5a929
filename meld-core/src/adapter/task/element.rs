//! Handles in the elements of futures whose other end is the host's.
//!
//! In: a read or a write, and the pointer to its element. Out: instructions that exchange the numbers of handles in memory (`CanonicalABI.md`, `future_copy`). The
//! host reads what is written when it has a reader, which may be later. Until then it finds its own numbers there, and the record of the end keeps the
//! guest's; the entries stay. When the operation is over, the guest's numbers are there again, and the entries are gone if the host has read
//! them. Handles in what the host has written become entries then. A guest does not look at the memory of an operation while that goes on.
//! Only handles of the host are admitted, in places that are known: not in lists (`plan::outer`).

use super::super::Adapters;
use super::super::body::BodyBuilder;
use crate::abi::handles::HandleTypes;
use crate::abi::shape::Shape;
use crate::abi::types::ValType as InterfaceType;
use crate::dfg::{HostBuiltin, HostBuiltinKind as Kind};
use crate::error::AdapterError;
use crate::ids::ComponentInstanceId;
use crate::synth::{AccessOp, MemoryRef, SynthFunc};
use wasm_encoder::{BlockType, Instruction, ValType};

/// What is done with a handle in an element in memory. Numbers are those of locals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exchange {
    /// The host may read it: it finds its own number, and the end keeps the guest's.
    Lend { end: u32 },
    /// The host has read it, if the result is `COMPLETED`: the guest has it no longer. Its number is there again.
    Settle { end: u32, result: u32 },
    /// The host has written it.
    Receive,
}

/// Where an element is.
struct ElementPlace {
    instance: ComponentInstanceId,
    memory: MemoryRef,
    pointer: u32,
    exchange: Exchange,
}

impl Adapters<'_> {
    /// What there is to do for an operation that is over: `(built-in, end, pointer, result)`.
    pub(super) fn settle_outside(&mut self) -> Result<SynthFunc, AdapterError> {
        let mut body = BodyBuilder::new("end of an operation outside".to_owned(), vec![ValType::I32; 4], Vec::new());
        let mut copies = self.outer_copies();
        copies.retain(|(_, (_, builtin))| self.has_handles(builtin));
        if copies.is_empty() {
            return Ok(body.finish());
        }
        let mut failed = None;
        // Most operations have none.
        let number = copies.iter().map(|(number, _)| number + 1).max().unwrap_or_default();
        let all: Vec<(u32, Option<HostBuiltin>)> = (0..number)
            .map(|number| (number, copies.iter().find(|(of, _)| *of == number).map(|(_, (_, builtin))| *builtin)))
            .collect();
        body.get(0);
        body.i32(number);
        body.plain(Instruction::I32GeU);
        body.plain(Instruction::If(BlockType::Empty));
        body.plain(Instruction::Return);
        body.plain(Instruction::End);
        self.numbered(&mut body, 0, &all, |adapters, body, _, builtin| {
            let Some(builtin) = builtin else { return };
            let exchange = match builtin.kind {
                Kind::FutureWrite => Exchange::Settle { end: 1, result: 3 },
                _ => Exchange::Receive,
            };
            if exchange == Exchange::Receive {
                body.get(3);
                body.plain(Instruction::I32Eqz);
                body.plain(Instruction::If(BlockType::Empty));
            }
            if let Err(error) = adapters.element_handles(body, &builtin, 2, exchange) {
                failed = Some(error);
            }
            if exchange == Exchange::Receive {
                body.plain(Instruction::End);
            }
        });
        failed.map_or(Ok(body.finish()), Err)
    }

    /// Whether elements have handles in them. The planner admits these for futures only.
    fn has_handles(&self, builtin: &HostBuiltin) -> bool {
        let element = self.element(builtin);
        element.is_some_and(|element| !HandleTypes::of_values(self.abi.types(), [element]).is_empty())
    }

    /// Exchanges the handles in the element at the pointer in local `pointer`.
    pub(super) fn element_handles(
        &mut self,
        body: &mut BodyBuilder,
        builtin: &HostBuiltin,
        pointer: u32,
        exchange: Exchange,
    ) -> Result<(), AdapterError> {
        let Some(element) = self.element(builtin).filter(|_| self.has_handles(builtin)) else { return Ok(()) };
        let options = builtin.options.map(|options| &self.dfg.options[options]);
        let memory = options
            .and_then(|options| self.canon_memory(options))
            .ok_or_else(|| AdapterError::MissingOption { item: body.name().to_owned(), option: "memory" })?;
        let at = ElementPlace { instance: builtin.instance, memory: memory.memory, pointer, exchange };
        self.exchange(body, element, 0, &at, &mut 0)
    }

    /// The same for a part of it that is `offset` bytes behind. `slot` is the number of the next handle.
    fn exchange(
        &mut self,
        body: &mut BodyBuilder,
        ty: InterfaceType,
        offset: u64,
        at: &ElementPlace,
        slot: &mut u32,
    ) -> Result<(), AdapterError> {
        if HandleTypes::of_values(self.abi.types(), [ty]).is_empty() {
            return Ok(());
        }
        match self.abi.types().shape(ty) {
            Shape::Own(resource) => {
                let tag = self.route(at.instance, resource)?.tag;
                self.exchange_own(body, tag, offset, at, *slot);
                *slot += 1;
            }
            Shape::Record(fields) => {
                let (offsets, _) = self.abi.fields(&fields);
                for (field, of) in fields.iter().zip(offsets) {
                    self.exchange(body, *field, offset + of, at, slot)?;
                }
            }
            Shape::Variant(cases) => {
                let layout = self.abi.variant(&cases);
                let load = match layout.discriminant {
                    1 => AccessOp::I32Load8U,
                    2 => AccessOp::I32Load16U,
                    _ => AccessOp::I32Load,
                };
                for (number, payload) in (0..).zip(&cases) {
                    let Some(payload) = *payload else { continue };
                    if HandleTypes::of_values(self.abi.types(), [payload]).is_empty() {
                        continue;
                    }
                    body.get(at.pointer);
                    body.access(load, at.memory, offset);
                    body.i32(number);
                    body.plain(Instruction::I32Eq);
                    body.plain(Instruction::If(BlockType::Empty));
                    self.exchange(body, payload, offset + layout.payload, at, slot)?;
                    body.plain(Instruction::End);
                }
            }
            _ => {
                let reason = "the planner admits no handles in lists".to_owned();
                return Err(AdapterError::Unsupported { item: body.name().to_owned(), reason });
            }
        }
        Ok(())
    }

    fn exchange_own(&mut self, body: &mut BodyBuilder, tag: u32, offset: u64, at: &ElementPlace, slot: u32) {
        match at.exchange {
            Exchange::Lend { end } => {
                let rep = self.table_func(at.instance, "rep");
                body.get(end);
                body.i32(slot);
                body.get(at.pointer);
                body.access(AccessOp::I32Load, at.memory, offset);
                self.call_tasks(body, "save");
                body.get(at.pointer);
                body.i32(tag);
                body.get(at.pointer);
                body.access(AccessOp::I32Load, at.memory, offset);
                body.call(rep);
                body.access(AccessOp::I32Store, at.memory, offset);
            }
            Exchange::Settle { end, result } => {
                let take = self.table_func(at.instance, "take_own");
                body.get(at.pointer);
                body.get(end);
                body.i32(slot);
                self.call_tasks(body, "saved");
                body.access(AccessOp::I32Store, at.memory, offset);
                body.get(result);
                body.plain(Instruction::I32Eqz);
                body.plain(Instruction::If(BlockType::Empty));
                body.i32(tag);
                body.get(at.pointer);
                body.access(AccessOp::I32Load, at.memory, offset);
                body.call(take);
                body.plain(Instruction::Drop);
                body.plain(Instruction::End);
            }
            Exchange::Receive => {
                let add = self.table_func(at.instance, "new_own");
                body.get(at.pointer);
                body.i32(tag);
                body.get(at.pointer);
                body.access(AccessOp::I32Load, at.memory, offset);
                body.call(add);
                body.access(AccessOp::I32Store, at.memory, offset);
            }
        }
    }
}
