//! Handles between two component instances.
//!
//! In: a resource, and where its handle is and where it goes. Out: calls of the two handle tables, routed by
//! [`HandleTables`](crate::handle_tables::HandleTables) and nothing else (`CanonicalABI.md`, `lift_own`, `lift_borrow`,
//! `lower_own`, `lower_borrow`).
//!
//! - An own is taken out of the caller's table, which traps while it is lent, and gets a new entry in the
//!   callee's.
//! - A borrow is lent by the caller until the callee has returned. The instance that defines the resource
//!   gets the representation; any other gets an entry that must be gone when it returns ([`BorrowFrames`]).

use super::Adapters;
use super::place::{Destination, Source};
use super::value::ValueWalk;
use crate::abi::handles::HandleTypes;
use crate::abi::shape::Shape;
use crate::abi::types::FuncType;
use crate::error::AdapterError;
use crate::handle_tables::Definer;
use crate::handle_tables::HandleTableInfo;
use crate::ids::{ComponentInstanceId, ResourceId};
use crate::plan::WordStorage;
use crate::runtime::{Room, RuntimeInstance};
use crate::synth::{AccessOp, FuncRef, GlobalRef, Inst};
use wasm_encoder::ValType;

/// What a call with borrows in its parameters keeps until the callee has returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BorrowFrames {
    lender: Lender,
    /// Whether some borrow gets an entry in the callee's table.
    scope: bool,
}

/// How the lent entries of a call are remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lender {
    /// Nothing is lent.
    Nobody,
    /// One entry, whose index is a flat parameter.
    Parameter(u32),
    /// Any number of them, on the stack of the caller's table.
    Stack,
}

impl Adapters<'_> {
    /// The routing of `resource` in `instance`.
    pub(super) fn route(
        &self,
        instance: ComponentInstanceId,
        resource: ResourceId,
    ) -> Result<&HandleTableInfo, AdapterError> {
        self.plan.handles.route(instance, resource).ok_or_else(|| AdapterError::NoRoute {
            instance: self.instance_name(instance).to_string(),
            resource: self.resource_name(resource).to_string(),
        })
    }

    /// A function of the handle table of `instance`.
    pub(super) fn table_func(&mut self, instance: ComponentInstanceId, name: &'static str) -> FuncRef {
        let room = self.room();
        FuncRef::Runtime(self.runtime.intern(RuntimeInstance::handles(instance, room)), name)
    }

    /// Where runtime modules have their words.
    pub(super) fn room(&mut self) -> Room {
        match (self.plan.storage.storage, self.plan.memory.shared()) {
            (WordStorage::Memory, None) => Room::Memory,
            (WordStorage::Memory, Some(shared)) => Room::Records(shared.handles),
            (WordStorage::Table, _) => Room::Table(self.runtime.intern(RuntimeInstance::words())),
            (WordStorage::Gc, _) => Room::Gc,
        }
    }

    /// What a call of `ty` into `callee` keeps. `flat` says whether the caller's parameters are flat.
    pub(super) fn frames(
        &self,
        ty: &FuncType,
        callee: ComponentInstanceId,
        flat: bool,
    ) -> Result<BorrowFrames, AdapterError> {
        let types = self.abi.types();
        let borrowed = HandleTypes::of_values(types, ty.params.iter().map(|(_, ty)| *ty)).borrowed;
        let mut scope = false;
        for &resource in &borrowed {
            scope |= !self.route(callee, resource)?.is_defined_by(callee);
        }
        let mut lender = if borrowed.is_empty() { Lender::Nobody } else { Lender::Stack };
        let mut at = Some(0);
        let mut direct = Vec::new();
        for (_, param) in &ty.params {
            match types.shape(*param) {
                Shape::Borrow(_) => direct.push(at),
                // Any other way in which a borrow could be there, so that one direct borrow is not the only one.
                _ if !HandleTypes::of_values(types, [*param]).borrowed.is_empty() => direct.extend([None, None]),
                _ => {}
            }
            at = at
                .zip(self.abi.facts(*param).flat.as_ref())
                .and_then(|(at, own)| u32::try_from(own.len()).ok()?.checked_add(at));
        }
        if let ([Some(index)], true) = (&direct[..], flat) {
            lender = Lender::Parameter(*index);
        }
        Ok(BorrowFrames { lender, scope })
    }
}

impl HandleTableInfo {
    /// Whether `instance` is the one that defines the resource.
    pub(super) fn is_defined_by(&self, instance: ComponentInstanceId) -> bool {
        matches!(self.definer, Definer::Instance { instance: definer, .. } if definer == instance)
    }
}

impl ValueWalk<'_, '_> {
    /// Comes before the parameters are lifted. Returns the locals to give to [`ValueWalk::leave_frames`].
    pub(super) fn enter_frames(
        &mut self,
        frames: BorrowFrames,
        caller: ComponentInstanceId,
        callee: ComponentInstanceId,
    ) -> EnteredFrames {
        let enter = |this: &mut Self, instance, name| {
            let func = this.adapters.table_func(instance, name);
            this.body.call(func);
            this.body.pop(ValType::I32)
        };
        let mark = (frames.lender == Lender::Stack).then(|| enter(self, caller, "lend_mark"));
        let scope = frames.scope.then(|| enter(self, callee, "scope_enter"));
        if let Some(scope) = &scope {
            // Pieces of the walk may be in functions of their own, which find the scope here. Nothing else
            // can run between this and the call of the callee.
            self.body.get(scope.index);
            self.body.inst(Inst::GlobalSet(GlobalRef::BorrowScope));
        }
        self.lend_one = matches!(frames.lender, Lender::Parameter(_));
        EnteredFrames { frames, mark, scope }
    }

    /// Comes when the callee has returned, before post-return: traps if it still holds a borrow, and ends the
    /// caller's lending.
    pub(super) fn leave_frames(
        &mut self,
        entered: EnteredFrames,
        caller: ComponentInstanceId,
        callee: ComponentInstanceId,
    ) {
        let EnteredFrames { frames, mark, scope } = entered;
        if let Some(scope) = scope {
            let leave = self.adapters.table_func(callee, "scope_leave");
            self.body.get(scope.index);
            self.body.call(leave);
            self.body.release(scope);
        }
        if let Lender::Parameter(index) = frames.lender {
            let unlend = self.adapters.table_func(caller, "unlend");
            self.body.get(index);
            self.body.call(unlend);
        }
        if let Some(mark) = mark {
            let release = self.adapters.table_func(caller, "lend_release");
            self.body.get(mark.index);
            self.body.call(release);
            self.body.release(mark);
        }
    }

    /// Moves an own.
    pub(super) fn own(
        &mut self,
        resource: ResourceId,
        src: Source<'_>,
        dst: Destination<'_>,
    ) -> Result<(), AdapterError> {
        let (from, to) = (src.side().instance, dst.side().instance);
        let from_tag = self.adapters.route(from, resource)?.tag;
        let to_tag = self.adapters.route(to, resource)?.tag;
        let (take, new) = (self.adapters.table_func(from, "take_own"), self.adapters.table_func(to, "new_own"));
        let index = self.hold(src, ValType::I32, AccessOp::I32Load)?;
        self.begin_write(dst);
        self.body.i32(to_tag);
        self.body.i32(from_tag);
        self.body.get(index.local());
        self.body.call(take);
        self.body.call(new);
        self.end_write(dst, ValType::I32, AccessOp::I32Store)?;
        self.release(index);
        Ok(())
    }

    /// Moves a borrow, which only parameters contain.
    pub(super) fn borrow(
        &mut self,
        resource: ResourceId,
        src: Source<'_>,
        dst: Destination<'_>,
    ) -> Result<(), AdapterError> {
        let (from, to) = (src.side().instance, dst.side().instance);
        let from_tag = self.adapters.route(from, resource)?.tag;
        let route = self.adapters.route(to, resource)?;
        let (to_tag, owner) = (route.tag, route.is_defined_by(to));
        let in_task = src.side().in_task;
        let lend = self.adapters.table_func(from, if self.lend_one || in_task { "lend" } else { "lend_push" });
        let index = self.hold(src, ValType::I32, AccessOp::I32Load)?;
        self.begin_write(dst);
        if !owner {
            self.body.i32(to_tag);
        }
        self.body.i32(from_tag);
        self.body.get(index.local());
        self.body.call(lend);
        if in_task {
            self.body.get(index.local());
            self.adapters.call_tasks(&mut self.body, "lend");
        }
        if !owner {
            let new = self.adapters.table_func(to, if in_task { "new_borrow_of_task" } else { "new_borrow" });
            match in_task {
                true => self.adapters.call_tasks(&mut self.body, "borrow"),
                false => self.body.inst(Inst::GlobalGet(GlobalRef::BorrowScope)),
            }
            self.body.call(new);
        }
        self.end_write(dst, ValType::I32, AccessOp::I32Store)?;
        self.release(index);
        Ok(())
    }
}

/// Frames that were entered.
#[derive(Debug)]
pub(super) struct EnteredFrames {
    frames: BorrowFrames,
    mark: Option<super::body::Local>,
    scope: Option<super::body::Local>,
}
