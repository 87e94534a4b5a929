//! One handle across the boundary to the host.
//!
//! In: a resource, own or borrow, and the place of the handle. Out: instructions that end its life on one side
//! and begin it on the other. The table of the host is that of the component around the module; what the inner table
//! holds for a resource of the host is the index in the host's.
//!
//! | | inbound | outbound |
//! |---|---|---|
//! | own, defined inside | `resource.rep` and `resource.drop` outside without the destructor, new entry | taken out, `resource.new` outside |
//! | own, of the host | new entry | taken out |
//! | borrow, defined by this instance | is the representation already | cannot be: imports know no such type |
//! | borrow, defined by another | new entry in the scope of the call or its task | cannot be |
//! | borrow, of the host | the same, which owns the host's handle | lent until the call returns |
//!
//! A call of the host with the option `async` lifts its parameters when it begins, which may be after it has come back, and what is written to a stream is lifted when
//! somebody reads it. Until then the entries stay ([`Leaving`]).
//!
//! The component around the module counts as the one that implements what is defined inside: its canonical
//! ABI passes representations for borrows of those.

use super::{Conversion, Direction, Leaving, ValuePlace};
use crate::error::AdapterError;
use crate::handle_tables::Definer;
use crate::handle_tables::HandleTableInfo;
use crate::ids::ResourceId;
use crate::synth::{AccessOp, FuncRef, GlobalRef, HostImport, Inst};
use wasm_encoder::ValType;

impl Conversion<'_, '_> {
    /// Converts an `own`.
    pub(super) fn own(&mut self, resource: ResourceId, place: ValuePlace<'_>) -> Result<(), AdapterError> {
        let HandleTableInfo { tag, definer, .. } = *self.adapters.route(self.inner.instance, resource)?;
        match (self.way, definer) {
            (Direction::Inbound, Definer::Host) => {
                self.begin_write(place);
                self.body.i32(tag);
                self.read(place, AccessOp::I32Load)?;
                self.table("new_own");
            }
            (Direction::Inbound, Definer::Instance { dtor, .. }) => {
                self.read(place, AccessOp::I32Load)?;
                let received = self.body.pop(ValType::I32);
                self.begin_write(place);
                self.body.i32(tag);
                self.body.get(received.index);
                self.body.call(FuncRef::Host(HostImport::ResourceRep(resource)));
                // The host's handle ends, the resource does not.
                if dtor.is_some() {
                    self.adapters.suppressed.insert(resource);
                    self.body.set_global(GlobalRef::SuppressDtor, 1);
                }
                self.body.get(received.index);
                self.body.call(FuncRef::Host(HostImport::ResourceDrop(resource)));
                if dtor.is_some() {
                    self.body.set_global(GlobalRef::SuppressDtor, 0);
                }
                self.table("new_own");
                self.body.release(received);
            }
            (Direction::Outbound, Definer::Host) if self.leaving == Leaving::Later => {
                // Lent until then, so that it stays.
                self.leaves(tag, place)?;
                self.begin_write(place);
                self.body.i32(tag);
                self.read(place, AccessOp::I32Load)?;
                self.table("lend");
            }
            (Direction::Outbound, Definer::Instance { .. }) if self.leaving == Leaving::Later => {
                return Err(AdapterError::Unsupported {
                    item: self.body.name().to_owned(),
                    reason: format!(
                        "the host cannot be given `{}`, which is defined inside the composition, before it begins",
                        self.adapters.resource_name(resource)
                    ),
                });
            }
            (Direction::Outbound, definer) => {
                self.begin_write(place);
                self.body.i32(tag);
                self.read(place, AccessOp::I32Load)?;
                self.table("take_own");
                if let Definer::Instance { .. } = definer {
                    self.body.call(FuncRef::Host(HostImport::ResourceNew(resource)));
                }
            }
        }
        self.end_write(place)
    }

    /// Converts a `borrow`.
    pub(super) fn borrow(&mut self, resource: ResourceId, place: ValuePlace<'_>) -> Result<(), AdapterError> {
        let HandleTableInfo { tag, definer, .. } = *self.adapters.route(self.inner.instance, resource)?;
        match (self.way, definer) {
            (Direction::Inbound, Definer::Instance { instance, .. }) if instance == self.inner.instance => {
                return Ok(());
            }
            (Direction::Inbound, definer) => {
                self.begin_write(place);
                self.body.i32(tag);
                self.read(place, AccessOp::I32Load)?;
                if self.in_task {
                    self.adapters.call_tasks(&mut self.body, "borrow");
                } else {
                    self.body.inst(Inst::GlobalGet(GlobalRef::BorrowScope));
                }
                self.table(match (definer, self.in_task) {
                    (Definer::Instance { .. }, false) => "new_borrow",
                    (Definer::Instance { .. }, true) => "new_borrow_of_task",
                    (Definer::Host, false) => "new_borrow_owning",
                    (Definer::Host, true) => "new_borrow_of_task_owning",
                });
            }
            (Direction::Outbound, Definer::Host) => {
                self.begin_write(place);
                self.body.i32(tag);
                self.read(place, AccessOp::I32Load)?;
                self.table("lend_push");
            }
            (Direction::Outbound, Definer::Instance { .. }) => {
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
