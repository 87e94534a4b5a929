//! The host, and the subtasks and ends that it has the other side of, as the module should see them.

use meld_core::unstable::synth::TrapClass;
use meld_oracle::generate::Random;
use std::collections::{BTreeMap, VecDeque};
use wasmtime::Instance;

pub(super) type Place = u32;

/// The code of a subtask's event, and that of a read of a stream.
pub(super) const SUBTASK: u32 = 1;
pub(super) const STREAM_READ: u32 = 2;

/// A call of a function of the host.
#[derive(Debug, Clone, Default)]
pub(super) struct Call {
    pub(super) outer: u32,
    pub(super) state: u32,
    pub(super) delivered: bool,
    pub(super) requested: bool,
    pub(super) lends: Vec<u32>,
    pub(super) leaves: Vec<[u32; 2]>,
    pub(super) notes: Vec<[u32; 2]>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Copying {
    Idle,
    Under,
    Cancelled,
    Done,
}

/// An end whose other end is the host's.
#[derive(Debug, Clone)]
pub(super) struct End {
    pub(super) outer: u32,
    pub(super) code: u32,
    pub(super) state: Copying,
    /// Of an event that waits in the module.
    pub(super) result: u32,
    pub(super) op: u32,
    pub(super) pointer: u32,
    pub(super) begun_by: Place,
}

/// A call of the host.
#[derive(Debug, Clone, Default)]
pub(super) struct Root {
    pub(super) ended: bool,
    /// The set that it waits for, in the host.
    pub(super) waits: Option<u32>,
    pub(super) chosen: bool,
    pub(super) written: bool,
    pub(super) reader: u32,
    pub(super) copies: usize,
    /// The host has its end, but answers are for what it has begun.
    pub(super) gone: bool,
}

#[derive(Debug, Default)]
pub(super) struct Outside {
    pub(super) random: Option<Random>,
    pub(super) instance: Option<Instance>,
    pub(super) trap: Option<TrapClass>,
    pub(super) calls: BTreeMap<Place, Call>,
    pub(super) ends: BTreeMap<Place, End>,
    /// What waits in the module to be delivered, oldest first, by set; and where a waitable is.
    pub(super) sets: BTreeMap<Place, VecDeque<Place>>,
    pub(super) member_of: BTreeMap<Place, Place>,
    pub(super) events: BTreeMap<Place, u32>,
    pub(super) roots: BTreeMap<Place, Root>,
    /// Tasks inside that have not ended.
    pub(super) inner: Vec<Place>,
    pub(super) nevers: usize,
    pub(super) next: u32,
    /// In the host: by outer index, the set, and an event that nobody has received.
    pub(super) members: BTreeMap<u32, u32>,
    pub(super) pending: BTreeMap<u32, (u32, u32)>,
    /// What the module called, but for `join` and `wake`.
    pub(super) called: Vec<(String, Vec<u32>)>,
    pub(super) seen: std::collections::BTreeSet<TrapClass>,
}

impl Outside {
    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.random.as_mut().expect("it is there from the start").below(bound)
    }

    pub(super) fn number(&mut self) -> u32 {
        self.next += 1;
        self.next
    }

    pub(super) fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        if from.is_empty() { None } else { Some(from[self.below(from.len())]) }
    }

    /// An event of a member makes the first task that waits for the set ready, if it has not been chosen.
    pub(super) fn choose(&mut self, index: u32) {
        let (Some(set), true) = (self.members.get(&index).copied(), self.pending.contains_key(&index)) else { return };
        if let Some(root) = self.roots.values_mut().find(|root| root.waits == Some(set) && !root.chosen) {
            root.chosen = true;
        }
    }

    pub(super) fn happens(&mut self, index: u32, code: u32, payload: u32) {
        self.pending.insert(index, (code, payload));
        self.choose(index);
    }

    /// What the host has to say of a set.
    pub(super) fn event(&mut self, set: u32) -> Option<(u32, u32, u32)> {
        let ready: Vec<u32> =
            self.pending.keys().copied().filter(|index| self.members.get(index) == Some(&set)).collect();
        let index = self.pick(&ready)?;
        let (code, payload) = self.pending.remove(&index).expect("it is ready");
        Some((code, index, payload))
    }

    /// A waitable has an event in the module.
    pub(super) fn tell(&mut self, at: Place, code: u32) {
        if self.events.insert(at, code).is_none()
            && let Some(set) = self.member_of.get(&at)
        {
            self.sets.get_mut(set).expect("a set").push_back(at);
        }
    }

    pub(super) fn untell(&mut self, at: Place) {
        self.events.remove(&at);
        for waiting in self.sets.values_mut() {
            waiting.retain(|other| *other != at);
        }
    }

    /// The result of an operation that is over.
    pub(super) fn settled(&mut self, at: Place, result: u32) -> (String, Vec<u32>) {
        let end = self.ends.get_mut(&at).expect("an end");
        end.result = result;
        let count = if end.code >= 4 { u32::from(result & 15 == 0) } else { result >> 4 };
        ("settle".to_owned(), vec![end.op, at, end.pointer, count])
    }

    pub(super) fn answered(&mut self, at: Place) {
        let begun_by = self.ends[&at].begun_by;
        let root = self.roots.get_mut(&begun_by).expect("it stays while answers are for what it has begun");
        root.copies -= 1;
        if root.copies == 0 && root.gone {
            self.roots.remove(&begun_by);
        }
    }

    /// The payload of an end's event, which is delivered.
    pub(super) fn delivered(&mut self, at: Place) -> u32 {
        self.untell(at);
        let end = self.ends.get_mut(&at).expect("an end");
        let result = end.result & 15;
        let goes_on = if end.code >= 4 { result == 2 } else { result != 1 };
        end.state = if goes_on { Copying::Idle } else { Copying::Done };
        if end.code >= 4 { result } else { end.result }
    }

    /// A call gets to a state; what the module has to do.
    pub(super) fn proceeds(&mut self, at: Place, state: u32) -> Vec<(String, Vec<u32>)> {
        let call = self.calls.get_mut(&at).expect("a call");
        let mut expected = Vec::new();
        if call.state == 0 && state != 3 {
            expected.push(("begin".to_owned(), vec![at, state]));
        }
        call.state = state;
        if state >= 2 {
            expected.push(("finish".to_owned(), vec![at, call.outer, state]));
            call.outer = 0;
        }
        expected
    }

    pub(super) fn unlent(&mut self, at: Place) -> Vec<(String, Vec<u32>)> {
        let call = self.calls.get_mut(&at).expect("a call");
        call.delivered = true;
        std::mem::take(&mut call.lends).into_iter().rev().map(|index| ("unlend".to_owned(), vec![at, index])).collect()
    }

    pub(super) fn unresolved(&self) -> impl Iterator<Item = Place> {
        self.calls.iter().filter(|(_, call)| call.state < 2).map(|(at, _)| *at)
    }

    /// Operations that the host has not answered, in the module's view.
    pub(super) fn copying(&self) -> impl Iterator<Item = Place> {
        let under = |(at, end): &(&Place, &End)| {
            matches!(end.state, Copying::Under | Copying::Cancelled) && !self.events.contains_key(at)
        };
        self.ends.iter().filter(under).map(|(at, _)| *at)
    }

    pub(super) fn records(&self) -> usize {
        let lists = |call: &Call| {
            call.lends.len().div_ceil(30) + call.leaves.len().div_ceil(15) + call.notes.len().div_ceil(15)
        };
        let lists: usize = self.calls.values().map(lists).sum();
        lists + self.calls.len() + self.ends.len() + self.sets.len() + self.nevers + self.roots.len() + self.inner.len()
    }
}
