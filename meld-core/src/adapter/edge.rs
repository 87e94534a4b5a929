//! What is rewritten in values that cross the boundary between an instance and the outer world.
//!
//! In: a value, where it stands, and which way it goes. Out: instructions that replace in it whatever the two
//! sides call by different numbers. What that is, [`Edge`] says for each instance and memory:
//!
//! - handles, where the instance has a table of its own ([`handle`]);
//! - pointers, where its memory is a window of a larger one, whose addresses the outer world knows ([`mod@pointer`]).
//!
//! Parts of the value without such numbers are left alone; the outer world lifts or lowers them by itself.
//! Everything is visited once, in the order in which it is lifted. Flat values stand in locals and are
//! replaced there. In memory, the guest's own numbers must come back when the outer world has read its own, so
//! that outbound numbers are only noted, and put in place by the runtime module
//! [`Rewrite`](crate::runtime::RuntimeKind::Rewrite) when all are known: what is reached on two ways is noted twice,
//! with the same number. Inbound, the memory has just been filled by the outer world, and no code of the guest has
//! seen it yet.
//!
//! Whatever leads to an outbound number (pointers, lengths, discriminants) is the guest's. What is wrong is not
//! followed: the outer world lifts it after all that precedes it, and traps then. A list of numbers that overlaps a list of handles in memory is read after the handles
//! were put in place; nothing that follows the rules of ownership of its own memory can tell.
//! Rejected: copies of the values that are passed on in memory, which would need a `realloc` that the
//! guest can observe.

mod handle;
mod list;
mod pointer;
mod realloc;

use super::Adapters;
use super::body::Body;
use super::outline::MAX_WEIGHT;
use super::place::{Memory, Slot, SlotPlace};
use crate::abi::Abi;
use crate::abi::handles::Handles;
use crate::abi::shape::Shape;
use crate::abi::types::ValType as InterfaceType;
use crate::dfg::{ResourceDef, StringEncoding};
use crate::error::AdapterError;
use crate::ids::{ComponentInstanceId, SynthId};
use crate::plan::Edge;
use crate::runtime::RuntimeInstance;
use crate::synth::{AccessOp, FuncRef};
use indexmap::IndexMap;
use std::borrow::Cow;
use wasm_encoder::{BlockType, Instruction, ValType};

/// Which way a value goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Way {
    /// From the outer world to the guest: parameters of exports, results of imports.
    Inbound,
    /// From the guest to the outer world: results of exports, parameters of imports.
    Outbound,
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

/// A function that converts what is at an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Converter {
    ty: InterfaceType,
    inner: Inner,
    way: Way,
}

/// Where a value stands, before and after.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place<'p> {
    /// Flat, in locals. Under a variant their types are the joined ones.
    Flat(&'p [Slot]),
    /// In the inner side's memory, aligned and in bounds.
    Memory {
        /// The local that holds the address.
        base: u32,
        /// Bytes from there to the value.
        offset: u64,
    },
}

impl Place<'_> {
    /// A part of the value: the flat values `from..from + count`, or what is `at` bytes into it.
    fn part(self, from: usize, count: usize, at: u64) -> Self {
        match self {
            Place::Flat(slots) => Place::Flat(&slots[from..from + count]),
            Place::Memory { base, offset } => Place::Memory { base, offset: offset + at },
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
    pub(super) body: Body,
    /// The inner side.
    pub(super) inner: Inner,
    /// The way of what is being converted.
    pub(super) way: Way,
    /// The type that the body was outlined for, which is not to be outlined again.
    pub(super) outlined: Option<InterfaceType>,
}

impl Adapters<'_> {
    /// Whether values of any of `types` have something in them that is rewritten on their way.
    pub(super) fn is_rewritten(&self, inner: Inner, way: Way, types: &[InterfaceType]) -> bool {
        if inner.edge.pointers && types.iter().any(|ty| self.abi.facts(*ty).has_pointers) {
            return true;
        }
        if !inner.edge.handles {
            return false;
        }
        let handles = Handles::of_values(self.abi.types(), types.iter().copied());
        !handles.owned.is_empty() || self.converted_borrows(inner.instance, way, &handles)
    }

    /// Whether there are borrows among `handles` that are called differently. The instance that defines a
    /// resource gets representations, from everyone.
    pub(super) fn converted_borrows(&self, instance: ComponentInstanceId, way: Way, handles: &Handles) -> bool {
        handles.borrowed.iter().any(|&resource| match self.dfg.resources[resource].def {
            ResourceDef::Defined { instance: definer, .. } => way == Way::Outbound || definer != instance,
            ResourceDef::Imported(_) => true,
        })
    }

    /// Writes all converters that are not written yet, and those that they call.
    pub(super) fn write_converters(&mut self) -> Result<(), AdapterError> {
        while let Some((id, Converter { ty, inner, way })) = self.unwritten_converters.pop() {
            let to = match way {
                Way::Inbound => "host->",
                Way::Outbound => "->host ",
            };
            let name = format!("edge {} {to}{}", self.type_name(ty), self.instance_name(inner.instance));
            let body = Body::new(name, vec![ValType::I32], Vec::new());
            let abi = self.abi;
            self.synths[id] = self.or_unsupported(body, |adapters, body| {
                let mut conversion = Conversion { adapters, abi, body, inner, way, outlined: Some(ty) };
                conversion.convert(ty, Place::Memory { base: 0, offset: 0 })?;
                Ok(conversion.body.finish())
            })?;
        }
        Ok(())
    }

    /// A function of what rewrites a memory.
    pub(super) fn rewriter(&mut self, memory: Memory, func: &'static str) -> FuncRef {
        let capacity = self.plan.memory.shared().map(|shared| shared.handles);
        FuncRef::Runtime(self.runtime.intern(RuntimeInstance::rewrite(memory.memory, capacity)), func)
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
    /// Converts the parts of a tuple, laid out one after another.
    pub(super) fn fields(&mut self, fields: &[InterfaceType], place: Place<'_>) -> Result<(), AdapterError> {
        let (offsets, _) = self.abi.fields(fields);
        let mut flat = 0;
        for (field, offset) in fields.iter().zip(offsets) {
            let count = self.flat_len(*field, place);
            self.convert(*field, place.part(flat, count, offset))?;
            flat += count;
        }
        Ok(())
    }

    /// Converts what is to be rewritten in a value.
    fn convert(&mut self, ty: InterfaceType, place: Place<'_>) -> Result<(), AdapterError> {
        if !self.adapters.is_rewritten(self.inner, self.way, &[ty]) {
            return Ok(());
        }
        if let Place::Memory { base, offset } = place
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
            Shape::Waitable(name) => Err(AdapterError::Unsupported {
                item: self.body.name().to_owned(),
                reason: format!("a `{name}` of handles cannot leave or enter this component instance yet"),
            }),
            Shape::Scalar(_) | Shape::Flags(_) => unreachable!("no handle and no pointer is in a value without parts"),
        }
    }

    fn call_converter(&mut self, ty: InterfaceType, base: u32, offset: u64) {
        self.body.address(base, offset);
        let id = self.adapters.converter(Converter { ty, inner: self.inner, way: self.way });
        self.body.call(FuncRef::Synth(id));
    }

    fn variant(&mut self, cases: &[Option<InterfaceType>], place: Place<'_>) -> Result<(), AdapterError> {
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
            Place::Flat(slots) => place.part(1, slots.len() - 1, 0),
            Place::Memory { .. } => place.part(0, 0, layout.payload),
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
    fn read(&mut self, place: Place<'_>, load: AccessOp) -> Result<(), AdapterError> {
        match place {
            Place::Flat(slots) => {
                self.body.get(local_of(&slots[0]));
                self.body.cast(slots[0].ty, ValType::I32);
            }
            Place::Memory { base, offset } => {
                let memory = self.memory()?;
                self.body.get(base);
                self.body.access(load, memory.memory, offset);
            }
        }
        Ok(())
    }

    /// Comes before the instructions that push the new number of what is at `place`.
    fn begin_write(&mut self, place: Place<'_>) {
        match (place, self.way) {
            (Place::Flat(_), _) => {}
            (Place::Memory { base, .. }, Way::Inbound) => self.body.get(base),
            (Place::Memory { base, offset }, Way::Outbound) => self.body.address(base, offset),
        }
    }

    /// Comes after them.
    fn end_write(&mut self, place: Place<'_>) -> Result<(), AdapterError> {
        match (place, self.way) {
            (Place::Flat(slots), _) => {
                self.body.cast(ValType::I32, slots[0].ty);
                self.body.set(local_of(&slots[0]));
            }
            (Place::Memory { offset, .. }, Way::Inbound) => {
                let memory = self.memory()?;
                self.body.access(AccessOp::I32Store, memory.memory, offset);
            }
            (Place::Memory { .. }, Way::Outbound) => self.rewriter("push")?,
        }
        Ok(())
    }

    /// Calls a function of what rewrites the inner side's memory.
    pub(super) fn rewriter(&mut self, func: &'static str) -> Result<(), AdapterError> {
        let memory = self.memory()?;
        let func = self.adapters.rewriter(memory, func);
        self.body.call(func);
        Ok(())
    }

    /// The memory of the inner side, whose canonical options must have one.
    pub(super) fn memory(&self) -> Result<Memory, AdapterError> {
        let missing = || AdapterError::MissingOption { item: self.body.name().to_owned(), option: "memory" };
        self.inner.memory.ok_or_else(missing)
    }

    fn flat_len(&self, ty: InterfaceType, place: Place<'_>) -> usize {
        match place {
            Place::Flat(_) => {
                self.abi.facts(ty).flat.as_ref().expect("what stands in locals has a short flat form").len()
            }
            Place::Memory { .. } => 0,
        }
    }
}

/// The local of a flat value.
fn local_of(slot: &Slot) -> u32 {
    match slot.place {
        SlotPlace::Local(local) => local,
        SlotPlace::Top => unreachable!("what is converted stands in locals"),
    }
}
