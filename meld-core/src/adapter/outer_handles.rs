//! Handles that cross the boundary between an instance with a table of its own and the outer world.
//!
//! In: a value, where it stands, and which way it goes. Out: instructions that replace every handle in it by
//! what the other side calls it: an index of the instance's table, an index of the outer table, or a
//! representation (`CanonicalABI.md`, `lift_own`, `lift_borrow`, `lower_own`, `lower_borrow`). Parts of the
//! value without such handles are left alone; the outer world lifts or lowers them by itself.
//!
//! Handles are visited in the order in which they are lifted. Flat values stand in locals and are
//! replaced there. In memory, the guest's own numbers must come back when the outer world has read its own, so
//! that outbound handles are only noted, and put in place by the runtime module
//! [`Rewrite`](crate::runtime::RuntimeKind::Rewrite) when all are known. Inbound, the memory has just been
//! filled by the outer world, and no code of the guest has seen it yet.
//!
//! Whatever leads to an outbound handle (pointers, lengths, discriminants) is the guest's, and is checked here as
//! lifting checks it. A list of numbers that overlaps a list of handles in memory is read after the handles
//! were put in place; nothing that follows the rules of ownership of its own memory can tell.
//! Rejected: copies of the values that are passed on in memory, which would need a `realloc` that the
//! guest can observe.

mod handle;

use super::Adapters;
use super::body::{Body, Bytes};
use super::outline::MAX_WEIGHT;
use super::place::{Memory, Slot, SlotPlace};
use crate::abi::Abi;
use crate::abi::handles::Handles;
use crate::abi::shape::Shape;
use crate::abi::types::ValType as InterfaceType;
use crate::dfg::ResourceDef;
use crate::error::AdapterError;
use crate::ids::{ComponentInstanceId, SynthId};
use crate::synth::{AccessOp, FuncRef, TrapClass};
use indexmap::IndexMap;
use std::borrow::Cow;
use wasm_encoder::{BlockType, Instruction, ValType};

/// `MAX_LIST_BYTE_LENGTH`
const MAX_LIST_BYTES: u64 = (1 << 28) - 1;

/// Up to this many elements of a fixed-length list are converted without a loop.
const UNROLLED: u32 = 4;

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
    /// The instance, which has a table of its own.
    pub(super) instance: ComponentInstanceId,
    /// The memory of its canonical options.
    pub(super) memory: Option<Memory>,
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

/// A body that converts handles.
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
    /// Whether values of any of `types` have handles in them that are called differently on the other side.
    pub(super) fn is_converted(
        &self,
        instance: ComponentInstanceId,
        way: Way,
        types: impl IntoIterator<Item = InterfaceType>,
    ) -> bool {
        let handles = Handles::of_values(self.abi.types(), types);
        !handles.owned.is_empty() || self.converted_borrows(instance, way, &handles)
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
            let name = format!("handles {} {to}{}", self.type_name(ty), self.instance_name(inner.instance));
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

    /// Converts the handles in a value.
    fn convert(&mut self, ty: InterfaceType, place: Place<'_>) -> Result<(), AdapterError> {
        if !self.adapters.is_converted(self.inner.instance, self.way, [ty]) {
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
            Shape::Variant(cases) => self.variant(&cases, place),
            Shape::Waitable(name) => Err(AdapterError::Unsupported {
                item: self.body.name().to_owned(),
                reason: format!("a `{name}` of handles cannot leave or enter this component instance yet"),
            }),
            Shape::Scalar(_) | Shape::String | Shape::Flags(_) => {
                unreachable!("no handles are in a value without parts")
            }
        }
    }

    fn call_converter(&mut self, ty: InterfaceType, base: u32, offset: u64) {
        self.body.address(base, offset);
        let id = self.adapters.converter(Converter { ty, inner: self.inner, way: self.way });
        self.body.call(FuncRef::Synth(id));
    }

    fn fixed_length_list(&mut self, element: InterfaceType, length: u32, place: Place<'_>) -> Result<(), AdapterError> {
        let size = self.abi.facts(element).layout.size;
        match place {
            Place::Memory { base, offset } if length > UNROLLED => {
                self.body.address(base, offset);
                let first = self.body.pop(ValType::I32);
                self.elements(&[element], first.index, Bytes::Const(size * u64::from(length)))?;
                self.body.release(first);
            }
            _ => {
                let count = self.flat_len(element, place);
                for i in 0..length as usize {
                    self.convert(element, place.part(i * count, count, size * i as u64))?;
                }
            }
        }
        Ok(())
    }

    fn list(&mut self, element: &[InterfaceType], place: Place<'_>) -> Result<(), AdapterError> {
        let (_, layout) = self.abi.fields(element);
        let one = usize::from(matches!(place, Place::Flat(_)));
        self.read(place.part(0, one, 0), AccessOp::I32Load)?;
        let first = self.body.pop(ValType::I32);
        self.read(place.part(one, one, u64::from(self.abi.pointer().bytes())), AccessOp::I32Load)?;
        // A length below 2^32 times a size below 2^32 is exact in 64 bits.
        self.body.plain(Instruction::I64ExtendI32U);
        self.body.i64(layout.size);
        self.body.plain(Instruction::I64Mul);
        let bytes = self.body.pop(ValType::I64);
        if self.way == Way::Outbound {
            let memory = self.memory()?;
            self.body.get(bytes.index);
            self.body.i64(MAX_LIST_BYTES);
            self.body.plain(Instruction::I64GtU);
            self.body.trap_if(TrapClass::ListTooLong);
            self.body.check_aligned(first.index, layout.align, TrapClass::PointerUnaligned);
            self.body.check_in_bounds(memory, first.index, Bytes::Local(bytes.index), TrapClass::ListOutOfBounds);
        }
        self.elements(element, first.index, Bytes::Local(bytes.index))?;
        self.body.release(bytes);
        self.body.release(first);
        Ok(())
    }

    /// Converts `bytes` of elements that stand one after another from the address in local `first` on.
    fn elements(&mut self, element: &[InterfaceType], first: u32, bytes: Bytes) -> Result<(), AdapterError> {
        let (_, layout) = self.abi.fields(element);
        self.body.get(first);
        let now = self.body.pop(ValType::I32);
        // The end may be 2^32, that is, 0 here; it is only ever compared for equality.
        self.body.get(first);
        match bytes {
            Bytes::Const(bytes) => self.body.i32(bytes as u32),
            Bytes::Local(local) => {
                self.body.get(local);
                self.body.plain(Instruction::I32WrapI64);
            }
        }
        self.body.plain(Instruction::I32Add);
        let end = self.body.pop(ValType::I32);
        self.body.plain(Instruction::Block(BlockType::Empty));
        self.body.plain(Instruction::Loop(BlockType::Empty));
        self.body.get(now.index);
        self.body.get(end.index);
        self.body.plain(Instruction::I32Eq);
        self.body.plain(Instruction::BrIf(1));
        self.fields(element, Place::Memory { base: now.index, offset: 0 })?;
        self.body.address(now.index, layout.size);
        self.body.set(now.index);
        self.body.plain(Instruction::Br(0));
        self.body.plain(Instruction::End);
        self.body.plain(Instruction::End);
        self.body.release(now);
        self.body.release(end);
        Ok(())
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
        if self.way == Way::Outbound {
            self.body.get(case.index);
            self.body.i32(u32::try_from(cases.len()).expect("the binary format counts cases in 32 bits"));
            self.body.plain(Instruction::I32GeU);
            self.body.trap_if(TrapClass::Discriminant);
        }
        // Payloads with handles, each type once.
        let mut arms: IndexMap<InterfaceType, Vec<u32>> = IndexMap::new();
        for (number, payload) in (0..).zip(cases) {
            if let Some(ty) = *payload
                && self.adapters.is_converted(self.inner.instance, self.way, [ty])
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
        SlotPlace::Top => unreachable!("values whose handles are converted stand in locals"),
    }
}
