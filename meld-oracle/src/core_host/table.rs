//! The handle table of the component that a core module would be wrapped in (`CanonicalABI.md`, "Resource
//! State"): what the built-ins of the host of a fused core module work on.

use super::guest::State;
use super::memory::Cx;
use crate::ty::Ty;
use std::collections::BTreeMap;
use wasmtime::{Result, bail, ensure, format_err};

/// One handle.
#[derive(Debug, Clone, Copy)]
struct Entry {
    resource: u32,
    /// What the handle is of: the guest's representation where the guest defines the resource, else the
    /// host's number.
    rep: u32,
    own: bool,
    lends: u32,
    scope: Option<usize>,
}

/// The table.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// The first index, where that is not 1.
    pub(super) first: u32,
    /// Every index that was given out or asked for.
    pub(super) seen: Vec<u32>,
    entries: Vec<Option<Entry>>,
    free: Vec<u32>,
    /// Per borrow scope, innermost last: how many borrow handles are alive.
    scopes: Vec<u32>,
    /// Handles lent to the host call in progress.
    lent: Vec<u32>,
    /// What the host owns of the guest's resources: its number, the representation.
    pub(super) reps: BTreeMap<u32, u32>,
}

impl Table {
    /// `resource.new`, and what lowers handles.
    fn add(&mut self, entry: Entry) -> u32 {
        let index = self.add_unseen(entry);
        self.seen.push(index);
        index
    }

    fn add_unseen(&mut self, entry: Entry) -> u32 {
        match self.free.pop() {
            Some(index) => {
                self.entries[index as usize] = Some(entry);
                index
            }
            None => {
                // Index 0 is never a handle.
                if self.entries.is_empty() {
                    self.entries.resize(self.first.max(1) as usize, None);
                }
                self.entries.push(Some(entry));
                u32::try_from(self.entries.len() - 1).expect("tests have few handles")
            }
        }
    }

    fn get(&mut self, handle: u32, resource: u32) -> Result<&mut Entry> {
        self.seen.push(handle);
        let entry = self.entries.get_mut(handle as usize).and_then(Option::as_mut);
        let entry = entry.ok_or_else(|| format_err!("host: unknown handle index {handle}"))?;
        ensure!(entry.resource == resource, "host: handle index {handle} used with the wrong type");
        Ok(entry)
    }

    fn remove(&mut self, handle: u32, resource: u32) -> Result<Entry> {
        let entry = *self.get(handle, resource)?;
        ensure!(entry.lends == 0, "host: cannot remove owned resource while borrowed");
        self.entries[handle as usize] = None;
        self.free.push(handle);
        Ok(entry)
    }

    /// `resource.new`.
    pub(super) fn new_handle(&mut self, resource: u32, rep: u32) -> u32 {
        self.add(Entry { resource, rep, own: true, lends: 0, scope: None })
    }

    /// `resource.rep`.
    pub(super) fn rep(&mut self, resource: u32, handle: u32) -> Result<u32> {
        Ok(self.get(handle, resource)?.rep)
    }

    /// `resource.drop`: the representation whose destructor is to run, if any.
    pub(super) fn drop(&mut self, resource: u32, handle: u32) -> Result<Option<u32>> {
        let entry = self.remove(handle, resource)?;
        if let Some(scope) = entry.scope {
            self.scopes[scope] -= 1;
        }
        Ok(entry.own.then_some(entry.rep))
    }

    /// Opens a borrow scope for a call of the guest.
    pub(super) fn enter(&mut self) -> usize {
        self.scopes.push(0);
        self.scopes.len() - 1
    }

    /// Closes it: no borrow may be left.
    pub(super) fn leave(&mut self) -> Result<()> {
        match self.scopes.pop() {
            Some(0) => Ok(()),
            _ => bail!("host: borrow handles still remain at the end of the call"),
        }
    }

    /// Ends the lending of a call of the host.
    pub(super) fn return_lent(&mut self) {
        for handle in std::mem::take(&mut self.lent) {
            if let Some(Some(entry)) = self.entries.get_mut(handle as usize) {
                entry.lends -= 1;
            }
        }
    }
}

/// Lifts a handle that the guest passes out: the host's number.
pub(super) fn lift(cx: &mut Cx<'_>, handle: u32, resource: u32, own: bool) -> Result<u32> {
    let State { table, recorder, interface, .. } = cx.store.data_mut();
    let rep = if own {
        let entry = table.remove(handle, resource)?;
        ensure!(entry.own, "host: cannot lift own resource from a borrow");
        entry.rep
    } else {
        let entry = table.get(handle, resource)?;
        entry.lends += 1;
        let rep = entry.rep;
        table.lent.push(handle);
        rep
    };
    if interface.defined_inside(resource) {
        let id = recorder.fresh();
        table.reps.insert(id, rep);
        recorder.owned.push((resource, id));
        return Ok(id);
    }
    Ok(rep)
}

/// Lowers the host's `id`: what the guest sees.
pub(super) fn lower(cx: &mut Cx<'_>, id: u32, ty: &Ty) -> Result<u32> {
    let scope = cx.scope;
    let State { table, recorder, interface, .. } = cx.store.data_mut();
    let (resource, own) = match ty {
        Ty::Own(resource) => (*resource, true),
        Ty::Borrow(resource) => (*resource, false),
        _ => panic!("a handle is not of type {ty:?}"),
    };
    let inside = interface.defined_inside(resource);
    let rep = if inside { *table.reps.get(&id).ok_or_else(|| format_err!("the host does not own {id}"))? } else { id };
    if own {
        if inside {
            table.reps.remove(&id);
            recorder.owned.retain(|owned| owned.1 != id);
        }
        return Ok(table.add(Entry { resource, rep, own, lends: 0, scope: None }));
    }
    // A borrow of its own resource reaches the guest as the representation.
    if inside {
        return Ok(rep);
    }
    let scope = scope.ok_or_else(|| format_err!("host: a borrow outside of a call"))?;
    table.scopes[scope] += 1;
    Ok(table.add(Entry { resource, rep, own, lends: 0, scope: Some(scope) }))
}
