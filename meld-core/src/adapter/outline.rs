//! Pieces of adapters in functions of their own.
//!
//! In: a type that takes much code to move. Out: a call of a function that moves it, written once for each
//! type, kind of places, and pair of sides. Without this, the size of a body would be that of the type's
//! *tree*, which may be exponential in the size of its definition; with it, a body is at most
//! [`MAX_WEIGHT`] times as large as the definition of one type. The functions are written from a queue, so
//! that the depth of a type is never the depth of our own stack.

use super::Adapters;
use super::body::BodyBuilder;
use super::place::{Destination, Side, Slot, SlotPlace, Source};
use super::value::ValueWalk;
use crate::abi::types::ValType as InterfaceType;
use crate::error::AdapterError;
use crate::ids::SynthId;
use crate::synth::FuncRef;
use wasm_encoder::ValType;

/// Types with more nodes than this are moved by a function of their own.
pub(super) const MAX_WEIGHT: u32 = 48;

/// What an outlined function does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Outlined {
    ty: InterfaceType,
    from: OutlinedForm,
    to: OutlinedForm,
    src: Side,
    dst: Side,
}

/// How an outlined function is given a value, or gives it: as its own flat form, or by address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum OutlinedForm {
    Stack,
    Memory,
}

impl ValueWalk<'_, '_> {
    /// Whether `ty` is moved by a function of its own.
    pub(super) fn is_outlined(&self, ty: InterfaceType) -> bool {
        self.adapters.abi.facts(ty).weight > MAX_WEIGHT && self.outlined != Some(ty)
    }

    /// Calls the function that moves `ty`.
    pub(super) fn call_outlined(
        &mut self,
        ty: InterfaceType,
        src: Source<'_>,
        dst: Destination<'_>,
    ) -> Result<(), AdapterError> {
        let from = match src {
            Source::Stack { slots, .. } => {
                for (slot, want) in slots.iter().zip(self.adapters.own_flat(ty, src.side())) {
                    if let SlotPlace::Local(local) = slot.place {
                        self.body.get(local);
                    }
                    self.body.cast(slot.ty, want);
                }
                OutlinedForm::Stack
            }
            Source::Memory { base, offset, .. } => {
                self.body.address(base, offset);
                OutlinedForm::Memory
            }
        };
        let to = match dst {
            Destination::Stack { .. } => OutlinedForm::Stack,
            Destination::Memory { base, offset, .. } => {
                self.body.address(base, offset);
                OutlinedForm::Memory
            }
        };
        let key = Outlined { ty, from, to, src: *src.side(), dst: *dst.side() };
        let id = self.adapters.outline(key);
        self.body.call(FuncRef::Synth(id));
        if let Destination::Stack { types, .. } = dst {
            let own = self.adapters.own_flat(ty, dst.side());
            self.body.cast_all(&own, types);
        }
        Ok(())
    }
}

impl Adapters<'_> {
    /// The flat form of a type whose values are on the stack of that side.
    fn own_flat(&self, ty: InterfaceType, side: &Side) -> Vec<ValType> {
        let flat = &self.abi_of(side.pointer()).facts(ty).flat;
        flat.as_ref().expect("a value on the stack has a short flat form").to_vec()
    }

    /// The function for `key`, which will be written.
    fn outline(&mut self, key: Outlined) -> SynthId {
        if let Some(id) = self.outlined.get(&key) {
            return *id;
        }
        let id = self.reserve();
        self.outlined.insert(key, id);
        self.queue.push((id, key));
        id
    }

    /// Writes all outlined functions that are not written yet, and those that they call.
    pub(super) fn write_outlined(&mut self) -> Result<(), AdapterError> {
        while let Some((id, key)) = self.queue.pop() {
            let name = format!(
                "move {} {}->{}",
                self.type_name(key.ty),
                self.instance_name(key.src.instance),
                self.instance_name(key.dst.instance)
            );
            let form = |side: &Side, place: OutlinedForm| -> Vec<ValType> {
                match place {
                    OutlinedForm::Stack => self.own_flat(key.ty, side),
                    OutlinedForm::Memory => vec![side.pointer().core_type()],
                }
            };
            let (from, to) = (form(&key.src, key.from), form(&key.dst, key.to));
            let (to, results) = if key.to == OutlinedForm::Stack { (&[][..], &to[..]) } else { (&to[..], &[][..]) };
            let body = BodyBuilder::new(name, [&from[..], to].concat(), results.to_vec());
            let slots: Vec<Slot> =
                (0..).zip(&from).map(|(i, ty)| Slot { place: SlotPlace::Local(i), ty: *ty }).collect();
            let src = match key.from {
                OutlinedForm::Stack => Source::Stack { slots: &slots, side: &key.src },
                OutlinedForm::Memory => Source::Memory { base: 0, offset: 0, side: &key.src },
            };
            let dst = match key.to {
                OutlinedForm::Stack => Destination::Stack { types: results, side: &key.dst },
                OutlinedForm::Memory => {
                    let base = u32::try_from(from.len()).expect("at most 16 flat values");
                    Destination::Memory { base, offset: 0, side: &key.dst }
                }
            };
            self.synths[id] = self.or_unsupported(body, |adapters, body| {
                let mut walk = ValueWalk { adapters, body, outlined: Some(key.ty), lend_one: false };
                walk.translate(key.ty, src, dst)?;
                Ok(walk.body.finish())
            })?;
        }
        Ok(())
    }
}
