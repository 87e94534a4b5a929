//! Tasks, subtasks, waitables, sets, streams and futures as the specification has them (`CanonicalABI.md`, "Task State", "Waitable State",
//! "Subtask State", "Stream State", "Future State"), with the order that `docs/adr/0052-tasks-in-the-module.md` decides. By places: those of the
//! runtime's records.

use std::collections::{BTreeMap, VecDeque};

pub(crate) type Place = u32;

/// Where the code of a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Run {
    Running,
    Entering,
    Yielded,
    Waiting(Place),
    Ended,
}

/// `Task.State`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Initial,
    Started,
    PendingCancel,
    CancelDelivered,
    Resolved,
}

#[derive(Debug, Clone)]
pub(crate) struct TaskModel {
    pub(crate) instance: u32,
    pub(crate) run: Run,
    pub(crate) phase: Phase,
    /// The next event is that it is cancelled.
    pub(crate) cancels: bool,
    pub(crate) root: bool,
    pub(crate) parked: bool,
    /// What the caller lends.
    pub(crate) lends: Vec<u32>,
    pub(crate) borrows: u32,
    /// `Subtask.resolve_delivered`, `cancellation_requested`
    pub(crate) delivered: bool,
    pub(crate) requested: bool,
    pub(crate) callee_done: bool,
    pub(crate) caller_done: bool,
    /// `Subtask.State`
    pub(crate) state: u32,
    /// The caller's instance, or 0.
    pub(crate) caller: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CopyPhase {
    Idle,
    Copying,
    Done,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct EndModel {
    pub(crate) shared: Place,
    pub(crate) writes: bool,
    pub(crate) state: CopyPhase,
    pub(crate) result: u32,
    pub(crate) op: u32,
    pub(crate) pointer: u32,
    pub(crate) length: u32,
    pub(crate) progress: u32,
    pub(crate) size: u32,
    pub(crate) instance: u32,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct SharedModel {
    pub(crate) is_future: bool,
    pub(crate) dropped: bool,
    pub(crate) pending: Option<Place>,
    pub(crate) ends: u32,
}

/// What a task or an end has as a waitable.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct WaitableModel {
    pub(crate) event: u32,
    pub(crate) index: u32,
    pub(crate) set: Place,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct SetModel {
    pub(crate) instance: u32,
    pub(crate) members: u32,
    /// Members with an event, oldest first.
    pub(crate) pending: Vec<Place>,
    /// Tasks that wait, newest last.
    pub(crate) waiters: Vec<Place>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct InstanceModel {
    pub(crate) lock: bool,
    pub(crate) backpressure: u32,
    pub(crate) entering: VecDeque<Place>,
}

/// A copy of elements: the numbers of the write and the read, where from and to, and how many.
pub(crate) type Copied = [u32; 5];

#[derive(Debug, Default)]
pub(crate) struct Model {
    pub(crate) instances: BTreeMap<u32, InstanceModel>,
    pub(crate) tasks: BTreeMap<Place, TaskModel>,
    pub(crate) waitables: BTreeMap<Place, WaitableModel>,
    pub(crate) sets: BTreeMap<Place, SetModel>,
    pub(crate) ends: BTreeMap<Place, EndModel>,
    pub(crate) shared: BTreeMap<Place, SharedModel>,
    pub(crate) ready: VecDeque<Place>,
    pub(crate) own: Option<Place>,
    /// What the callbacks should be asked for, in order.
    pub(crate) copied: VecDeque<Copied>,
    pub(crate) unlent: Vec<(Place, u32)>,
    /// Given back inside of `subtask.cancel`, of which the model hears afterwards.
    given_early: Vec<(Place, u32)>,
    resumed_now: Option<Place>,
}

impl Model {
    /// Records in use.
    pub(crate) fn live(&self) -> usize {
        let lends: usize = self.tasks.values().map(|task| task.lends.len().div_ceil(30)).sum();
        self.tasks.len() + self.sets.len() + self.ends.len() + self.shared.len() + lends
    }

    pub(crate) fn task(&mut self, task: Place) -> &mut TaskModel {
        self.tasks.get_mut(&task).unwrap_or_else(|| panic!("{task} is no task"))
    }

    pub(crate) fn closed(&self, instance: u32) -> bool {
        self.instances[&instance].lock || self.instances[&instance].backpressure > 0
    }

    pub(crate) fn push(&mut self, task: Place) {
        if !self.ready.contains(&task) {
            self.ready.push_back(task);
        }
    }

    pub(crate) fn may_run(&self, task: Place) -> bool {
        match self.tasks[&task].run {
            Run::Yielded => true,
            Run::Waiting(set) => self.tasks[&task].cancels || !self.sets[&set].pending.is_empty(),
            _ => false,
        }
    }

    pub(crate) fn end_of(&mut self, task: Place) {
        let found = &self.tasks[&task];
        if found.callee_done && found.caller_done && !self.ready.contains(&task) {
            self.tasks.remove(&task);
            self.waitables.remove(&task);
        }
    }

    pub(crate) fn set_event(&mut self, waitable: Place, code: u32) {
        let found = self.waitables.get_mut(&waitable).expect("a waitable");
        let (old, set) = (found.event, found.set);
        found.event = code;
        if old == 0 && set != 0 {
            self.link(waitable, set);
        }
    }

    fn link(&mut self, waitable: Place, set: Place) {
        let found = self.sets.get_mut(&set).expect("a set");
        found.pending.push(waitable);
        for task in found.waiters.clone().into_iter().rev() {
            self.push(task);
        }
    }

    fn clear_event(&mut self, waitable: Place) {
        let found = self.waitables.get_mut(&waitable).expect("a waitable");
        found.event = 0;
        if found.set != 0 {
            let set = found.set;
            self.sets.get_mut(&set).expect("a set").pending.retain(|member| *member != waitable);
        }
    }

    pub(crate) fn join(&mut self, waitable: Place, set: Place) {
        let found = self.waitables.get_mut(&waitable).expect("a waitable");
        let (old, event) = (found.set, found.event);
        found.set = set;
        if old != 0 {
            let old = self.sets.get_mut(&old).expect("a set");
            old.members -= 1;
            old.pending.retain(|member| *member != waitable);
        }
        if set != 0 {
            self.sets.get_mut(&set).expect("a set").members += 1;
            if event != 0 {
                self.link(waitable, set);
            }
        }
    }

    /// `on_progress`
    pub(crate) fn progress(&mut self, task: Place, state: u32) {
        self.task(task).state = state;
        if self.waitables[&task].index != 0 {
            self.set_event(task, 1);
        }
    }

    fn give_back(&mut self, task: Place) {
        let lends = std::mem::take(&mut self.task(task).lends);
        self.unlent.extend(lends.into_iter().rev().map(|index| (task, index)));
    }

    pub(crate) fn deliver_subtask(&mut self, task: Place) -> u32 {
        let state = self.task(task).state;
        if state >= 2 {
            self.task(task).delivered = true;
            self.give_back(task);
        }
        state
    }

    /// What `returned` does.
    pub(crate) fn returned(&mut self, task: Place) -> u32 {
        if self.task(task).state < 2 {
            return 0;
        }
        self.give_back(task);
        self.task(task).caller_done = true;
        self.end_of(task);
        2
    }

    /// `WaitableSet.poll`
    pub(crate) fn poll(&mut self, set: Place) -> [u32; 3] {
        let Some(&waitable) = self.sets[&set].pending.first() else { return [0; 3] };
        let WaitableModel { event, index, .. } = self.waitables[&waitable];
        self.clear_event(waitable);
        let payload = if event == 1 { self.deliver_subtask(waitable) } else { self.deliver_copy(waitable) };
        [event, index, payload]
    }

    /// `subtask.cancel`, when the callee has answered or cannot yet.
    pub(crate) fn cancelled(&mut self, task: Place) -> u32 {
        if self.task(task).state < 2 {
            return u32::MAX;
        }
        self.clear_event(task);
        self.deliver_subtask(task)
    }

    fn notify(&mut self, end: Place, result: u32) {
        let found = self.ends.get_mut(&end).expect("an end");
        found.result = result;
        let (writes, shared) = (found.writes, found.shared);
        let code = 2 + 2 * u32::from(self.shared[&shared].is_future) + u32::from(writes);
        self.set_event(end, code);
    }

    fn transfer(&mut self, end: Place, other: Place, count: u32) {
        let (writing, reading) = if self.ends[&end].writes { (end, other) } else { (other, end) };
        let place = |end: &EndModel| end.pointer + end.progress * end.size;
        let (from, to) = (self.ends[&writing], self.ends[&reading]);
        self.copied.push_back([from.op, to.op, place(&from), place(&to), count]);
        for end in [writing, reading] {
            self.ends.get_mut(&end).expect("an end").progress += count;
        }
    }

    /// `stream.read` and the others, with `async`.
    pub(crate) fn copy(&mut self, end: Place, op: u32, pointer: u32, length: u32, size: u32, instance: u32) -> u32 {
        let found = self.ends.get_mut(&end).expect("an end");
        *found = EndModel { state: CopyPhase::Copying, progress: 0, op, pointer, length, size, instance, ..*found };
        let (writes, shared) = (found.writes, found.shared);
        let of = self.shared[&shared];
        match of.pending {
            _ if of.dropped => self.notify(end, 1),
            None => self.shared.get_mut(&shared).expect("a stream").pending = Some(end),
            Some(other) if of.is_future => {
                self.transfer(end, other, 1);
                self.shared.get_mut(&shared).expect("a future").pending = None;
                self.notify(other, 0);
                self.notify(end, 0);
            }
            Some(other) => {
                let left = self.ends[&other].length - self.ends[&other].progress;
                if left > 0 {
                    if length > 0 {
                        self.transfer(end, other, left.min(length));
                        self.notify(other, 0);
                    }
                    self.notify(end, 0);
                } else if writes && length == 0 && self.ends[&other].length == 0 {
                    self.notify(end, 0);
                } else {
                    self.notify(other, 0);
                    self.shared.get_mut(&shared).expect("a stream").pending = Some(end);
                }
            }
        }
        if self.waitables[&end].event == 0 { u32::MAX } else { self.take_result(end) }
    }

    fn take_result(&mut self, end: Place) -> u32 {
        self.clear_event(end);
        self.deliver_copy(end)
    }

    fn deliver_copy(&mut self, end: Place) -> u32 {
        let EndModel { shared, result, progress, .. } = self.ends[&end];
        let of = self.shared.get_mut(&shared).expect("a stream");
        of.pending.take_if(|pending| *pending == end);
        let is_future = of.is_future;
        let done = if is_future { result != 2 } else { result == 1 };
        self.ends.get_mut(&end).expect("an end").state = if done { CopyPhase::Done } else { CopyPhase::Idle };
        if is_future { result } else { result | progress << 4 }
    }

    pub(crate) fn cancel_copy(&mut self, end: Place) -> u32 {
        let shared = self.ends[&end].shared;
        if self.waitables[&end].event == 0 {
            self.shared.get_mut(&shared).expect("a stream").pending = None;
            self.notify(end, 2);
        }
        if !self.shared[&shared].is_future && self.ends[&end].result == 0 {
            self.ends.get_mut(&end).expect("an end").result = 2;
        }
        self.take_result(end)
    }

    pub(crate) fn may_drop(&self, end: Place) -> bool {
        let found = self.ends[&end];
        let future_writer = self.shared[&found.shared].is_future && found.writes;
        found.state != CopyPhase::Copying && (!future_writer || found.state == CopyPhase::Done)
    }

    pub(crate) fn drop_end(&mut self, end: Place) {
        let shared = self.ends[&end].shared;
        let of = self.shared.get_mut(&shared).expect("a stream");
        of.dropped = true;
        of.ends -= 1;
        let (pending, left) = (of.pending.take(), of.ends);
        if let Some(other) = pending {
            self.notify(other, 1);
        }
        self.join(end, 0);
        self.ends.remove(&end);
        self.waitables.remove(&end);
        if left == 0 {
            self.shared.remove(&shared);
        }
    }

    /// The tasks of the ready queue that are passed over before `task` is called, or that are left when nothing is: they leave the queue, or go
    /// behind all if their instance is locked.
    pub(crate) fn pass_over(&mut self, until: Option<Place>) {
        for _ in 0..self.ready.len() {
            let Some(task) = self.ready.pop_front() else { return };
            if self.tasks[&task].callee_done {
                self.end_of(task);
                continue;
            }
            if !self.may_run(task) {
                assert!(until != Some(task), "{task} is called and has nothing to do");
                continue;
            }
            if self.tasks[&task].root && self.own != Some(task) {
                assert!(until != Some(task), "{task} is of another call of the host");
                // It is woken, if it is parked.
                continue;
            }
            if self.instances[&self.tasks[&task].instance].lock {
                assert!(until != Some(task), "{task} is called while its instance is locked");
                self.ready.push_back(task);
                continue;
            }
            assert_eq!(until, Some(task), "{task} could go on, and another one does or none");
            return;
        }
        assert_eq!(until, None, "a task is called that is not in the queue");
    }
}

/// What happens inside of a call of the runtime, before it returns.
impl Model {
    /// The next callback resumes this task, from inside of `subtask.cancel`.
    pub(crate) fn own_resume(&mut self, task: Place) {
        self.resumed_now = Some(task);
    }

    pub(crate) fn is_resumed_now(&mut self, task: Place) -> bool {
        self.resumed_now.take_if(|expected| *expected == task).is_some()
    }

    /// `subtask.cancel` has returned.
    pub(crate) fn cancelled_after(&mut self, task: Place) -> u32 {
        assert_eq!(self.resumed_now, None, "the callee was not called");
        let code = self.cancelled(task);
        // What was given back on the way is not owed any more.
        for given in std::mem::take(&mut self.given_early) {
            let at = self.unlent.iter().position(|owed| *owed == given);
            self.unlent.remove(at.unwrap_or_else(|| panic!("{given:?} is given back and was not lent")));
        }
        code
    }

    /// The caller of a task gets a handle back.
    pub(crate) fn give_back_one(&mut self, task: Place, index: u32) {
        match self.unlent.iter().position(|owed| *owed == (task, index)) {
            Some(at) => drop(self.unlent.remove(at)),
            None => self.given_early.push((task, index)),
        }
    }
}
