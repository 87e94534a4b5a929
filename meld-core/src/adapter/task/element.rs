//! Handles and ends in elements of streams and futures whose other end is the host's.
//!
//! In: a read or a write. Out: functions that exchange the numbers in memory (`CanonicalABI.md`, `stream_copy`, `future_copy`, `BufferGuestImpl`). The
//! host reads what is written when it has a reader, which may be later. Until then it finds its own numbers there, and the entries stay ([`held`](super::held)). When the operation is
//! over, the guest's numbers are there again, and the entries of the elements that the host has read are gone. Handles and ends in what the host has written become entries
//! then.

use super::super::Adapters;
use super::super::body::{BodyBuilder, Local};
use super::super::edge::{Conversion, Direction, Leaving, ValuePlace};
use super::held::{begin_loop, end_loop};
use super::outer::apart;
use crate::abi::handles::HandleTypes;
use crate::abi::types::{FuncType, ValType as InterfaceType};
use crate::dfg::{CanonOptions, HostBuiltin, HostBuiltinKind as Kind};
use crate::error::AdapterError;
use crate::ids::TrampolineId;
use crate::synth::{FuncRef, SynthFunc};
use wasm_encoder::{BlockType, Instruction, ValType};

impl<'a> Adapters<'a> {
    /// What there is to do for an operation that is over: `(built-in, end, pointer, elements)`.
    pub(super) fn settle_outside(&mut self) -> Result<SynthFunc, AdapterError> {
        let mut body = BodyBuilder::new("end of an operation outside".to_owned(), vec![ValType::I32; 4], Vec::new());
        let mut copies = self.outer_copies();
        copies.retain(|(_, (_, builtin))| self.with_handles(builtin).is_some());
        if copies.is_empty() {
            return Ok(body.finish());
        }
        let mut failed = None;
        // Most operations have none.
        let number = copies.iter().map(|(number, _)| number + 1).max().unwrap_or_default();
        let all: Vec<(u32, Option<(TrampolineId, HostBuiltin)>)> = (0..number)
            .map(|number| (number, copies.iter().find(|(of, _)| *of == number).map(|(_, copy)| *copy)))
            .collect();
        body.get(0);
        body.i32(number);
        body.plain(Instruction::I32GeU);
        body.plain(Instruction::If(BlockType::Empty));
        body.plain(Instruction::Return);
        body.plain(Instruction::End);
        self.numbered(&mut body, 0, &all, |adapters, body, _, copy| {
            let Some((id, builtin)) = copy else { return };
            let settled = match builtin.kind {
                Kind::StreamWrite | Kind::FutureWrite => adapters.elements_read(body, &builtin),
                _ => adapters.elements_written(body, id, &builtin),
            };
            failed = failed.take().or(settled.err());
        });
        failed.map_or(Ok(body.finish()), Err)
    }

    /// The element and the options of a read or a write, if there are handles or ends in elements.
    fn with_handles(&self, builtin: &HostBuiltin) -> Option<(InterfaceType, &'a CanonOptions)> {
        let element = self.element(builtin)?;
        let handles = HandleTypes::of_values(self.abi.types(), [element]);
        let options = builtin.options.map(|options| &self.dfg.options[options])?;
        (handles.waitables || !handles.is_empty()).then_some((element, options))
    }

    /// The host has read the first elements: `(built-in, end, pointer, elements)`.
    fn elements_read(&mut self, body: &mut BodyBuilder, builtin: &HostBuiltin) -> Result<(), AdapterError> {
        let Some((_, options)) = self.with_handles(builtin) else { return Ok(()) };
        let missing = || AdapterError::MissingOption { item: body.name().to_owned(), option: "memory" };
        let memory = self.canon_memory(options).ok_or_else(missing)?;
        let put_back = self.put_back_notes(builtin.instance, memory);
        body.get(1);
        self.call_tasks(body, "notes");
        body.i32(0);
        body.i32(0);
        body.call(put_back);
        let leave = self.leave_table(builtin.instance);
        body.get(1);
        self.call_tasks(body, "leaves");
        body.get(3);
        body.call(leave);
        Ok(())
    }

    /// The host has written the first elements: `(built-in, end, pointer, elements)`.
    fn elements_written(
        &mut self,
        body: &mut BodyBuilder,
        id: TrampolineId,
        builtin: &HostBuiltin,
    ) -> Result<(), AdapterError> {
        let Some((element, options)) = self.with_handles(builtin) else { return Ok(()) };
        let name = format!("elements written for {}", self.trampoline_name(id));
        let func = self.element_func(name, vec![ValType::I32; 2], (element, options), |conversion| {
            conversion.way = Direction::Inbound;
            conversion.each_element(element, 0, 1, |_, _| ())
        })?;
        body.get(2);
        body.get(3);
        body.call(func);
        Ok(())
    }

    /// The host may read elements of a write: `end`, `pointer` and `length` are locals.
    pub(super) fn lend_elements(
        &mut self,
        body: &mut BodyBuilder,
        id: TrampolineId,
        builtin: &HostBuiltin,
        [end, pointer]: [u32; 2],
        length: Option<u32>,
    ) -> Result<(), AdapterError> {
        let Some((element, options)) = self.with_handles(builtin) else { return Ok(()) };
        let func = match self.task_funcs().lent_elements.get(&id) {
            Some(func) => *func,
            None => {
                let name = format!("elements lent by {}", self.trampoline_name(id));
                let func = self.element_func(name, vec![ValType::I32; 3], (element, options), |conversion| {
                    conversion.lend_elements(element, options)
                })?;
                if let Some(tasks) = &mut self.tasks {
                    tasks.lent_elements.insert(id, func);
                }
                func
            }
        };
        body.get(end);
        body.get(pointer);
        match length {
            Some(length) => body.get(length),
            None => body.i32(1),
        }
        body.call(func);
        Ok(())
    }

    fn element_func(
        &mut self,
        name: String,
        params: Vec<ValType>,
        (element, options): (InterfaceType, &CanonOptions),
        write: impl FnOnce(&mut Conversion<'_, 'a>) -> Result<(), AdapterError>,
    ) -> Result<FuncRef, AdapterError> {
        let ty = FuncType { is_async: false, params: vec![(String::new(), element)], result: None };
        let body = BodyBuilder::new(name, params, Vec::new());
        let func = self.or_unsupported(body, |adapters, body| {
            let mut conversion = adapters.adapter(body, &ty, options)?;
            // Pointers beside them are those of a window at address 0 (`plan::pinned`), and are checked apart from this.
            conversion.inner = apart(conversion.inner).0;
            write(&mut conversion)?;
            Ok(conversion.body.finish())
        })?;
        Ok(FuncRef::Synth(self.synths.push(func)))
    }
}

impl Conversion<'_, '_> {
    /// `(end, pointer, length)`
    fn lend_elements(&mut self, element: InterfaceType, options: &CanonOptions) -> Result<(), AdapterError> {
        self.way = Direction::Outbound;
        self.leaving = Leaving::Later;
        self.each_element(element, 1, 2, |conversion, number| {
            conversion.body.i32(0);
            conversion.body.get(number.index);
            conversion.adapters.call_tasks(&mut conversion.body, "leave");
        })?;
        let lists = self.held_lists(options.instance, true, true)?;
        self.body.get(0);
        for list in lists.iter().flatten() {
            self.body.get(list.index);
        }
        self.adapters.call_tasks(&mut self.body, "hold");
        Ok(())
    }

    /// Converts elements from the pointer in local `pointer` on, as many as local `count` says. `behind` is called with the number of each.
    fn each_element(
        &mut self,
        element: InterfaceType,
        pointer: u32,
        count: u32,
        mut behind: impl FnMut(&mut Self, &Local),
    ) -> Result<(), AdapterError> {
        let size = self.abi.facts(element).layout.size;
        let number = self.body.local(ValType::I32);
        let now = self.body.local(ValType::I32);
        self.body.i32(0);
        self.body.set(number.index);
        self.body.get(pointer);
        self.body.set(now.index);
        begin_loop(&mut self.body);
        self.body.get(number.index);
        self.body.get(count);
        self.body.plain(Instruction::I32Eq);
        self.body.plain(Instruction::BrIf(1));
        self.fields(&[element], ValuePlace::Memory { base: now.index, offset: 0 })?;
        behind(self, &number);
        self.body.address(now.index, size);
        self.body.set(now.index);
        self.body.get(number.index);
        self.body.i32(1);
        self.body.plain(Instruction::I32Add);
        self.body.set(number.index);
        end_loop(&mut self.body);
        Ok(())
    }
}
