//! Buffers of operations that the host carries out, where memories are windows of one.
//!
//! In: a read or a write whose range has been checked, and the locals with its pointer and its count. Out: these, as the host is to be called with them
//! (`CanonicalABI.md`, `stream_copy`, `future_copy`). The host keeps the pointer until the operation is over; the window's base stays what it is. Elements with pointers
//! in them are in the window at address 0 (`plan::pinned`), and are checked when they are given away.

use super::super::Adapters;
use super::super::body::{BodyBuilder, Bytes};
use crate::abi::types::FuncType;
use crate::dfg::{HostBuiltin, HostBuiltinKind as Kind};
use crate::error::AdapterError;
use crate::plan::{Edge, Pointers};
use crate::synth::{FuncRef, TrapClass};
use wasm_encoder::{Instruction, ValType};

/// Parameters of the functions that check a buffer.
const POINTER: u32 = 0;
const COUNT: u32 = 1;

impl Adapters<'_> {
    /// Pushes the pointer in local `pointer`, and the count in local `count` if there is one.
    pub(super) fn outer_buffer(
        &mut self,
        body: &mut BodyBuilder,
        builtin: &HostBuiltin,
        pointer: u32,
        count: Option<u32>,
    ) -> Result<(), AdapterError> {
        if let Some(check) = self.buffer_check(builtin, body.name())? {
            body.get(pointer);
            match count {
                Some(count) => body.get(count),
                None => body.i32(1),
            }
            body.call(check);
        }
        body.get(pointer);
        let options = builtin.options.map(|options| &self.dfg.options[options]);
        if let Some(options) = options.filter(|_| self.element(builtin).is_some())
            && let Some(memory) = self.canon_memory(options)
            && self.plan.edge(options).pointers == Pointers::Moved
        {
            match count {
                // A pointer to nothing means nothing.
                Some(count) => body.cross_window(memory.memory, count, Instruction::I32Add),
                None => body.leave_window(memory.memory),
            }
        }
        if let Some(count) = count {
            body.get(count);
        }
        Ok(())
    }

    /// What traps if the host must not be given a buffer: `(pointer, count)`. `None` if nothing could be wrong with it.
    fn buffer_check(&mut self, builtin: &HostBuiltin, item: &str) -> Result<Option<FuncRef>, AdapterError> {
        let (Some(element), Some(options)) = (self.element(builtin), builtin.options) else { return Ok(None) };
        let options = &self.dfg.options[options];
        let inner = self.inner(options, item)?;
        let writes = matches!(builtin.kind, Kind::StreamWrite | Kind::FutureWrite);
        let scans = writes && inner.edge.windowed() && self.abi.facts(element).has_pointers;
        // To other instances, the memory of a guest that reaches beyond its window ends further up.
        let reach = inner.memory.filter(|memory| memory.reach.is_some());
        if !scans && reach.is_none() {
            return Ok(None);
        }
        let name = format!("buffer ->host {}", self.instance_name(builtin.instance));
        let mut body = BodyBuilder::new(name, vec![ValType::I32; 2], Vec::new());
        if let Some(memory) = reach {
            body.get(COUNT);
            body.plain(Instruction::I64ExtendI32U);
            body.i64(self.abi.facts(element).layout.size);
            body.plain(Instruction::I64Mul);
            let bytes = body.pop(ValType::I64);
            body.check_in_bounds(memory, POINTER, Bytes::Local(bytes.index), TrapClass::PointerOutOfBounds);
            body.release(bytes);
        }
        let func = self.or_unsupported(body, |adapters, body| {
            if !scans {
                return Ok(body.finish());
            }
            let ty = FuncType { is_async: false, params: vec![(String::new(), element)], result: None };
            let mut conversion = adapters.adapter(body, &ty, options)?;
            // Handles beside them are exchanged apart from this.
            conversion.inner.edge = Edge { pointers: inner.edge.pointers, ..Edge::default() };
            conversion.scan_elements(element, POINTER, Some(COUNT))?;
            Ok(conversion.body.finish())
        })?;
        Ok(Some(FuncRef::Synth(self.synths.push(func))))
    }
}
