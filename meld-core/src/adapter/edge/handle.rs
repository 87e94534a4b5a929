//! One handle across the outer boundary.
//!
//! In: a resource, own or borrow, and where the handle stands. Out: instructions that end its life on one side
//! and begin it on the other. The outer table is that of the component around the module; what the inner table
//! holds for a resource of the host is the index in the outer one.
//!
//! | | inbound | outbound |
//! |---|---|---|
//! | own, defined inside | `resource.rep` and `resource.drop` outside without the destructor, new entry | taken out, `resource.new` outside |
//! | own, of the host | new entry | taken out |
//! | borrow, defined by this instance | is the representation already | cannot be: imports know no such type |
//! | borrow, defined by another | new entry in the call's scope | cannot be |
//! | borrow, of the host | new entry in the call's scope, which owns the outer handle | lent until the call returns |
//!
//! The component around the module counts as the one that implements what is defined inside: its canonical
//! ABI passes representations for borrows of those.

use super::{Conversion, Place, Way};
use crate::error::AdapterError;
use crate::handle_tables::Definer;
use crate::handle_tables::HandleTableInfo;
use crate::ids::ResourceId;
use crate::synth::{AccessOp, FuncRef, GlobalRef, Inst, OuterImport};
use wasm_encoder::ValType;

impl Conversion<'_, '_> {
    /// Converts an `own`.
    pub(super) fn own(&mut self, resource: ResourceId, place: Place<'_>) -> Result<(), AdapterError> {
        let HandleTableInfo { tag, definer, .. } = *self.adapters.route(self.inner.instance, resource)?;
        match (self.way, definer) {
            (Way::Inbound, Definer::Host) => {
                self.begin_write(place);
                self.body.i32(tag);
                self.read(place, AccessOp::I32Load)?;
                self.table("new_own");
            }
            (Way::Inbound, Definer::Instance { dtor, .. }) => {
                self.read(place, AccessOp::I32Load)?;
                let outer = self.body.pop(ValType::I32);
                self.begin_write(place);
                self.body.i32(tag);
                self.body.get(outer.index);
                self.body.call(FuncRef::Outer(OuterImport::ResourceRep(resource)));
                // The outer handle ends, the resource does not.
                if dtor.is_some() {
                    self.adapters.suppressed.insert(resource);
                    self.body.set_global(GlobalRef::SuppressDtor, 1);
                }
                self.body.get(outer.index);
                self.body.call(FuncRef::Outer(OuterImport::ResourceDrop(resource)));
                if dtor.is_some() {
                    self.body.set_global(GlobalRef::SuppressDtor, 0);
                }
                self.table("new_own");
                self.body.release(outer);
            }
            (Way::Outbound, definer) => {
                self.begin_write(place);
                self.body.i32(tag);
                self.read(place, AccessOp::I32Load)?;
                self.table("take_own");
                if let Definer::Instance { .. } = definer {
                    self.body.call(FuncRef::Outer(OuterImport::ResourceNew(resource)));
                }
            }
        }
        self.end_write(place)
    }

    /// Converts a `borrow`.
    pub(super) fn borrow(&mut self, resource: ResourceId, place: Place<'_>) -> Result<(), AdapterError> {
        let HandleTableInfo { tag, definer, .. } = *self.adapters.route(self.inner.instance, resource)?;
        match (self.way, definer) {
            (Way::Inbound, Definer::Instance { instance, .. }) if instance == self.inner.instance => return Ok(()),
            (Way::Inbound, definer) => {
                self.begin_write(place);
                self.body.i32(tag);
                self.read(place, AccessOp::I32Load)?;
                self.body.inst(Inst::GlobalGet(GlobalRef::BorrowScope));
                self.table(match definer {
                    Definer::Instance { .. } => "new_borrow",
                    Definer::Host => "new_borrow_owning",
                });
            }
            (Way::Outbound, Definer::Host) => {
                self.begin_write(place);
                self.body.i32(tag);
                self.read(place, AccessOp::I32Load)?;
                self.table("lend_push");
            }
            (Way::Outbound, Definer::Instance { .. }) => {
                return Err(AdapterError::Unsupported {
                    item: self.body.name().to_owned(),
                    reason: format!(
                        "the host cannot be lent `{}`, which is defined inside the composition",
                        self.adapters.resource_name(resource)
                    ),
                });
            }
        }
        self.end_write(place)
    }

    /// Calls a function of the inner side's table.
    pub(in crate::adapter) fn table(&mut self, func: &'static str) {
        let func = self.adapters.table_func(self.inner.instance, func);
        self.body.call(func);
    }
}
