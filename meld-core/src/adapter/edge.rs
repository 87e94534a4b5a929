//! What is rewritten in values that cross the boundary between an instance and the host.
//!
//! In: a value, its place, and its direction. Out: instructions that replace the numbers in it that mean something else on the other
//! side. [`Edge`] says for each instance and memory which these are:
//!
//! - handles, where the instance has a table of its own ([`handle`]), and ends of streams and futures (`task::edge`);
//! - pointers, where its memory is a window of a larger one, whose addresses the host knows ([`mod@pointer`]).
//!
//! Parts of the value without such numbers stay as they are; the host lifts or lowers them by itself.
//! The code visits parts in the order in which they are lifted. Flat values are in locals, and it replaces them there.
//! In memory the method depends on the direction, and on what the host can read ([`Means`]):
//!
//! - Inbound, numbers are replaced in place: the host has just written this memory, and no code of
//!   the guest has seen it yet.
//! - Outbound from a window, the host gets copies of everything that has such numbers in it, in the
//!   [`Outbox`](crate::runtime::RuntimeKind::Outbox). The guest's memory stays as it is. So the host reads the guest's bytes even if
//!   values overlap, and nothing has to be put back. If pointers are the only such numbers, and the same on both sides, the value is
//!   scanned first, and copied only if one of them is wrong: then the host traps.
//! - Outbound from a memory of the guest's own, the host can read only this memory. So numbers are noted first. When all are known,
//!   the runtime module [`Rewrite`](crate::runtime::RuntimeKind::Rewrite) puts them in place until the host has read them. A place that
//!   two pointers reach is noted twice, with the same number. What the host may read after the call is noted elsewhere (`task::held`). If a list of numbers overlaps a list of handles, the host reads the numbers
//!   after the handles were put in place; a guest that follows the rules of ownership of its own memory cannot observe that.
//!
//! Everything that leads to an outbound number (pointers, lengths, discriminants) is the guest's. The code does not follow a wrong
//! pointer or length: the host lifts it after everything that precedes it, and traps then.
//! Rejected: copies in memory that the guest's `realloc` gives out, which the guest can observe.

mod handle;
mod list;
mod pointer;
mod realloc;

use super::Adapters;
use super::body::{BodyBuilder, Bytes, Local};
use super::outline::MAX_WEIGHT;
use super::place::{Memory, Slot, SlotPlace};
use crate::abi::Abi;
use crate::abi::handles::HandleTypes;
use crate::abi::shape::Shape;
use crate::abi::types::ValType as InterfaceType;
use crate::dfg::{ResourceDef, StringEncoding};
use crate::error::AdapterError;
use crate::ids::{ComponentInstanceId, RuntimeInstanceId, SynthId};
use crate::plan::{Edge, Pointers};
use crate::runtime::RuntimeInstance;
use crate::synth::{AccessOp, FuncRef, MemoryRef};
use indexmap::IndexMap;
use std::borrow::Cow;
use wasm_encoder::{BlockType, Instruction, ValType};

/// The direction in which a value goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Direction {
    /// From the host to the guest: parameters of exports, results of imports.
    Inbound,
    /// From the guest to the host: results of exports, parameters of imports.
    Outbound,
}

/// What becomes of the entries of handles and ends that go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Leaving {
    /// They are gone, and borrows are lent until the call is over, which has marked where those are noted.
    Now,
    /// They stay until the host has read them, which may be later. The runtime module of tasks notes what leaves then; borrows are lent as above.
    Later,
}

/// The inner side of the boundary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Inner {
    /// The instance.
    pub(super) instance: ComponentInstanceId,
    /// The memory of its canonical options.
    pub(super) memory: Option<Memory>,
    /// How strings are encoded in it.
    pub(super) encoding: StringEncoding,
    /// What is rewritten.
    pub(super) edge: Edge,
}

/// What the code does with numbers in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Means {
    /// They are replaced in the guest's memory.
    InPlace,
    /// They are noted, and replaced in the guest's memory later, until the host has read them.
    Notes,
    /// They are replaced in a copy.
    Copies,
    /// They stay; a pointer that leads out of its window is reported.
    Scan,
}

/// A function that converts what is at an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Converter {
    ty: InterfaceType,
    inner: Inner,
    way: Direction,
    scan: bool,
    leaving: Leaving,
    in_task: bool,
}

/// The place of a value, before and after.
#[derive(Debug, Clone, Copy)]
pub(super) enum ValuePlace<'p> {
    /// Flat, in locals. Under a variant their types are the joined ones.
    Flat(&'p [Slot]),
    /// In the inner side's memory, aligned and in bounds; or in a copy of a part of it.
    Memory {
        /// The local that holds the address.
        base: u32,
        /// Bytes from there to the value.
        offset: u64,
    },
}

impl ValuePlace<'_> {
    /// A part of the value: the flat values `from..from + count`, or what is `at` bytes into it.
    fn part(self, from: usize, count: usize, at: u64) -> Self {
        match self {
            ValuePlace::Flat(slots) => ValuePlace::Flat(&slots[from..from + count]),
            ValuePlace::Memory { base, offset } => ValuePlace::Memory { base, offset: offset + at },
        }
    }
}

/// A body that converts handles and pointers.
pub(super) struct Conversion<'w, 'a> {
    /// Everything that bodies have in common.
    pub(super) adapters: &'w mut Adapters<'a>,
    /// The facts of all types.
    pub(super) abi: &'a Abi<'a>,
    /// The body.
    pub(super) body: BodyBuilder,
    /// The inner side.
    pub(super) inner: Inner,
    /// The way of what is being converted.
    pub(super) way: Direction,
    /// Whether it is only read, and nothing replaced.
    pub(super) scan: bool,
    /// What becomes of entries that go out.
    pub(super) leaving: Leaving,
    /// Whether what comes in is lent to a call that has a task in the module: that counts its borrows.
    pub(super) in_task: bool,
    /// The type that the body is outlined for. It is not outlined again.
    pub(super) outlined: Option<InterfaceType>,
}

impl Adapters<'_> {
    /// Whether values of any of `types` contain numbers that are rewritten in this direction.
    pub(super) fn is_rewritten(&self, inner: Inner, way: Direction, types: &[InterfaceType]) -> bool {
        let pointers = match way {
            Direction::Inbound => inner.edge.pointers == Pointers::Moved,
            Direction::Outbound => inner.edge.windowed(),
        };
        if pointers && types.iter().any(|ty| self.abi.facts(*ty).has_pointers) {
            return true;
        }
        if !inner.edge.handles && !inner.edge.waitables {
            return false;
        }
        let handles = HandleTypes::of_values(self.abi.types(), types.iter().copied());
        if inner.edge.waitables && handles.waitables {
            return true;
        }
        !handles.owned.is_empty() || self.converted_borrows(inner.instance, way, &handles)
    }

    /// Whether outbound values of `types` contain no other numbers to rewrite than pointers that are the same on both sides.
    pub(super) fn is_only_checked(&self, inner: Inner, types: &[InterfaceType]) -> bool {
        let handles = Inner { edge: Edge { pointers: Pointers::Same, ..inner.edge }, ..inner };
        inner.edge.pointers == Pointers::Checked && !self.is_rewritten(handles, Direction::Outbound, types)
    }

    /// Whether there are borrows among `handles` that have other numbers on the other side. The instance that defines a
    /// resource gets representations, from every caller.
    pub(super) fn converted_borrows(
        &self,
        instance: ComponentInstanceId,
        way: Direction,
        handles: &HandleTypes,
    ) -> bool {
        handles.borrowed.iter().any(|&resource| match self.dfg.resources[resource].def {
            ResourceDef::Defined { instance: definer, .. } => way == Direction::Outbound || definer != instance,
            ResourceDef::Imported(_) => true,
        })
    }

    /// Writes all converters that are not written yet, and those that they call.
    pub(super) fn write_converters(&mut self) -> Result<(), AdapterError> {
        while let Some((id, Converter { ty, inner, way, scan, leaving, in_task })) = self.unwritten_converters.pop() {
            let to = match way {
                Direction::Inbound => "host->",
                Direction::Outbound => "->host ",
            };
            let what = if scan { "scan" } else { "edge" };
            let when = if leaving == Leaving::Later { "later " } else { "" };
            let name = format!("{when}{what} {} {to}{}", self.type_name(ty), self.instance_name(inner.instance));
            let body = BodyBuilder::new(name, vec![ValType::I32], Vec::new());
            let abi = self.abi;
            self.synths[id] = self.or_unsupported(body, |adapters, body| {
                let mut conversion =
                    Conversion { adapters, abi, body, inner, way, scan, leaving, in_task, outlined: Some(ty) };
                conversion.convert(ty, ValuePlace::Memory { base: 0, offset: 0 })?;
                Ok(conversion.body.finish())
            })?;
        }
        Ok(())
    }

    /// A function of the runtime module that rewrites a memory.
    pub(super) fn rewriter(&mut self, memory: Memory, func: &'static str) -> FuncRef {
        let room = self.room();
        FuncRef::Runtime(self.runtime.intern(RuntimeInstance::rewrite(memory.memory, room)), func)
    }

    /// The outbox of an instance: one in each memory of the result that has windows.
    fn outbox(&mut self, inner: Inner, item: &str) -> Result<RuntimeInstanceId, AdapterError> {
        let missing = || AdapterError::MissingOption { item: item.to_owned(), option: "memory" };
        let shared = self.plan.memory.shared().ok_or_else(missing)?;
        let Some(Memory { memory: MemoryRef::Core(memory), .. }) = inner.memory else { return Err(missing()) };
        Ok(self.runtime.intern(RuntimeInstance::outbox(shared.domains.of(memory), shared.handles)))
    }

    fn converter(&mut self, key: Converter) -> SynthId {
        if let Some(id) = self.converters.get(&key) {
            return *id;
        }
        let id = self.reserve();
        self.converters.insert(key, id);
        self.unwritten_converters.push((id, key));
        id
    }
}

impl Conversion<'_, '_> {
    /// What the code does with numbers in memory.
    pub(super) fn means(&self) -> Means {
        match self.way {
            Direction::Inbound => Means::InPlace,
            Direction::Outbound if self.scan => Means::Scan,
            Direction::Outbound if self.inner.edge.windowed() => Means::Copies,
            Direction::Outbound => Means::Notes,
        }
    }

    /// Converts the parts of a tuple, laid out one after another.
    pub(super) fn fields(&mut self, fields: &[InterfaceType], place: ValuePlace<'_>) -> Result<(), AdapterError> {
        let (offsets, _) = self.abi.fields(fields);
        let mut flat = 0;
        for (field, offset) in fields.iter().zip(offsets) {
            let count = self.flat_len(*field, place);
            self.convert(*field, place.part(flat, count, offset))?;
            flat += count;
        }
        Ok(())
    }

    /// Converts the numbers in a value that are to be rewritten.
    fn convert(&mut self, ty: InterfaceType, place: ValuePlace<'_>) -> Result<(), AdapterError> {
        if !self.adapters.is_rewritten(self.inner, self.way, &[ty]) {
            return Ok(());
        }
        if let ValuePlace::Memory { base, offset } = place
            && self.abi.facts(ty).weight > MAX_WEIGHT
            && self.outlined != Some(ty)
        {
            self.call_converter(ty, base, offset);
            return Ok(());
        }
        match self.abi.types().shape(ty) {
            Shape::Own(resource) => self.own(resource, place),
            Shape::Borrow(resource) => self.borrow(resource, place),
            Shape::Record(fields) => self.fields(&fields, place),
            Shape::FixedLengthList(element, length) => self.fixed_length_list(element, length, place),
            Shape::List(element) => self.list(&element, place),
            Shape::String => self.string(place),
            Shape::Variant(cases) => self.variant(&cases, place),
            Shape::Waitable(_) if self.inner.edge.waitables && ty != InterfaceType::ErrorContext => {
                self.readable_end(ty, place)
            }
            Shape::Waitable(name) => Err(AdapterError::Unsupported {
                item: self.body.name().to_owned(),
                reason: format!("a `{name}` of handles cannot leave or enter this component instance yet"),
            }),
            Shape::Scalar(_) | Shape::Flags(_) => unreachable!("no handle and no pointer is in a value without parts"),
        }
    }

    fn call_converter(&mut self, ty: InterfaceType, base: u32, offset: u64) {
        self.body.address(base, offset);
        let Self { inner, way, scan, leaving, in_task, .. } = *self;
        let id = self.adapters.converter(Converter { ty, inner, way, scan, leaving, in_task });
        self.body.call(FuncRef::Synth(id));
    }

    fn variant(&mut self, cases: &[Option<InterfaceType>], place: ValuePlace<'_>) -> Result<(), AdapterError> {
        let layout = self.abi.variant(cases);
        let load = match layout.discriminant {
            1 => AccessOp::I32Load8U,
            2 => AccessOp::I32Load16U,
            _ => AccessOp::I32Load,
        };
        self.read(place, load)?;
        let case = self.body.pop(ValType::I32);
        // Payloads with something to rewrite, each type once.
        let mut arms: IndexMap<InterfaceType, Vec<u32>> = IndexMap::new();
        for (number, payload) in (0..).zip(cases) {
            if let Some(ty) = *payload
                && self.adapters.is_rewritten(self.inner, self.way, &[ty])
            {
                arms.entry(ty).or_default().push(number);
            }
        }
        let payload = match place {
            ValuePlace::Flat(slots) => place.part(1, slots.len() - 1, 0),
            ValuePlace::Memory { .. } => place.part(0, 0, layout.payload),
        };
        let end = u32::try_from(arms.len()).expect("no more arms than cases");
        let mut labels = vec![end; cases.len()];
        for (label, numbers) in (0..).zip(arms.values()) {
            for number in numbers {
                labels[*number as usize] = label;
            }
        }
        for _ in 0..=end {
            self.body.plain(Instruction::Block(BlockType::Empty));
        }
        self.body.get(case.index);
        self.body.plain(Instruction::BrTable(Cow::Owned(labels), end));
        for (label, ty) in (0..).zip(arms.keys()) {
            self.body.plain(Instruction::End);
            let count = self.flat_len(*ty, payload);
            self.convert(*ty, payload.part(0, count, 0))?;
            if label + 1 < end {
                self.body.plain(Instruction::Br(end - label - 1));
            }
        }
        self.body.plain(Instruction::End);
        self.body.release(case);
        Ok(())
    }

    /// Pushes the i32 that is the first flat value, or what the load finds at the start.
    pub(super) fn read(&mut self, place: ValuePlace<'_>, load: AccessOp) -> Result<(), AdapterError> {
        match place {
            ValuePlace::Flat(slots) => {
                self.body.get(local_of(&slots[0]));
                self.body.cast(slots[0].ty, ValType::I32);
            }
            ValuePlace::Memory { base, offset } => {
                let memory = self.place_memory()?;
                self.body.get(base);
                self.body.access(load, memory, offset);
            }
        }
        Ok(())
    }

    /// Comes before the instructions that push the new number of what is at `place`.
    pub(super) fn begin_write(&mut self, place: ValuePlace<'_>) {
        match (place, self.means()) {
            (ValuePlace::Flat(_), _) => {}
            (ValuePlace::Memory { base, .. }, Means::InPlace | Means::Copies) => self.body.get(base),
            (ValuePlace::Memory { base, offset }, Means::Notes) => self.body.address(base, offset),
            (ValuePlace::Memory { .. }, Means::Scan) => unreachable!("what is only looked at is not written"),
        }
    }

    /// Comes after them.
    pub(super) fn end_write(&mut self, place: ValuePlace<'_>) -> Result<(), AdapterError> {
        match (place, self.means()) {
            (ValuePlace::Flat(slots), _) => {
                self.body.cast(ValType::I32, slots[0].ty);
                self.body.set(local_of(&slots[0]));
            }
            (ValuePlace::Memory { offset, .. }, Means::InPlace | Means::Copies) => {
                let memory = self.place_memory()?;
                self.body.access(AccessOp::I32Store, memory, offset);
            }
            (ValuePlace::Memory { .. }, Means::Notes) if self.leaving == Leaving::Later => self.note_later(),
            (ValuePlace::Memory { .. }, Means::Notes) => self.rewriter("push")?,
            (ValuePlace::Memory { .. }, Means::Scan) => unreachable!("what is only looked at is not written"),
        }
        Ok(())
    }

    /// Calls a function of the runtime module that rewrites the inner side's memory.
    pub(super) fn rewriter(&mut self, func: &'static str) -> Result<(), AdapterError> {
        let memory = self.memory()?;
        let func = self.adapters.rewriter(memory, func);
        self.body.call(func);
        Ok(())
    }

    /// Begins the outbox anew.
    pub(super) fn begin_outbox(&mut self) -> Result<(), AdapterError> {
        let outbox = self.adapters.outbox(self.inner, self.body.name())?;
        self.body.call(FuncRef::Runtime(outbox, "begin"));
        Ok(())
    }

    /// Copies `bytes` from the guest's pointer in local `from`, which has been checked, to the outbox. Returns the local that says where in
    /// the outbox they are.
    pub(super) fn copy_out(&mut self, from: u32, bytes: Bytes) -> Result<Local, AdapterError> {
        let memory = self.memory()?;
        let outbox = self.adapters.outbox(self.inner, self.body.name())?;
        self.body.push_bytes(bytes, memory.pointer);
        self.body.call(FuncRef::Runtime(outbox, "take"));
        let copy = self.body.pop(ValType::I32);
        self.body.get(copy.index);
        self.body.get(from);
        self.body.copy(Memory { memory: MemoryRef::Runtime(outbox), ..memory }, memory, bytes);
        Ok(copy)
    }

    /// Pushes the address of the copy in the outbox that `copy_out` made.
    pub(super) fn outbox_address(&mut self, copy: &Local) -> Result<(), AdapterError> {
        let outbox = self.adapters.outbox(self.inner, self.body.name())?;
        self.body.get(copy.index);
        self.body.leave_window(MemoryRef::Runtime(outbox));
        Ok(())
    }

    /// The memory in which a [`ValuePlace::Memory`] is.
    fn place_memory(&mut self) -> Result<MemoryRef, AdapterError> {
        match self.means() {
            Means::Copies => Ok(MemoryRef::Runtime(self.adapters.outbox(self.inner, self.body.name())?)),
            Means::InPlace | Means::Notes | Means::Scan => Ok(self.memory()?.memory),
        }
    }

    /// The memory of the inner side, whose canonical options must have one.
    pub(super) fn memory(&self) -> Result<Memory, AdapterError> {
        let missing = || AdapterError::MissingOption { item: self.body.name().to_owned(), option: "memory" };
        self.inner.memory.ok_or_else(missing)
    }

    fn flat_len(&self, ty: InterfaceType, place: ValuePlace<'_>) -> usize {
        match place {
            ValuePlace::Flat(_) => {
                self.abi.facts(ty).flat.as_ref().expect("a value in locals has a short flat form").len()
            }
            ValuePlace::Memory { .. } => 0,
        }
    }
}

/// The local of a flat value.
fn local_of(slot: &Slot) -> u32 {
    match slot.place {
        SlotPlace::Local(local) => local,
        SlotPlace::Top => unreachable!("what is converted is in locals"),
    }
}
