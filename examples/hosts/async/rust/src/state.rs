//! What the host keeps for the module: the table, tasks and timers (`CanonicalABI.md`, "Table State", "Task State", "Waitable State").

use crate::copies::{End, Shared};
use crate::fault;
use crate::host::{Action, Function};
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};
use wasmi::{Error, Func, Memory, Val};

/// Event codes.
pub(crate) const SUBTASK: u32 = 1;
pub(crate) const TASK_CANCELLED: u32 = 6;

/// States of a subtask.
pub(crate) const STARTED: u32 = 1;
pub(crate) const RETURNED: u32 = 2;
pub(crate) const CANCELLED: u32 = 4;

/// What every waitable has.
#[derive(Default)]
pub(crate) struct Waitable {
    /// The set that it is a member of, or 0.
    pub(crate) set: u32,
    /// The code of its event, and when it came.
    pub(crate) event: Option<(u32, u64)>,
}

/// A call of an asynchronous function of the host that has not returned at once.
pub(crate) struct Subtask {
    pub(crate) waitable: Waitable,
    pub(crate) state: u32,
    /// Whether the module has been told of its end.
    pub(crate) delivered: bool,
    /// The timer that ends it.
    pub(crate) timer: (Duration, u64),
}

/// A waitable set.
#[derive(Default)]
pub(crate) struct Set {
    pub(crate) members: Vec<u32>,
    /// How many tasks wait for it.
    pub(crate) waiting: u32,
}

/// An entry of the table.
pub(crate) enum Entry {
    Set(Set),
    Subtask(Subtask),
    End(End),
}

/// Where the code of a task is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    /// It has not begun.
    Entering,
    /// It runs.
    Running,
    /// It has yielded.
    Yielded,
    /// It waits for a set.
    For(u32),
    /// It has ended.
    Ended,
}

/// What became of a task.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Nothing yet.
    Started,
    /// The host wants it to give up, and it has not been told.
    Cancelling,
    /// It has been told.
    CancelDelivered,
    /// It has returned, or given up.
    Resolved,
}

/// A call of an exported function.
pub(crate) struct TaskState {
    pub(crate) start: Option<(Func, Vec<Val>)>,
    pub(crate) callback: Option<Func>,
    pub(crate) context: [Val; 2],
    pub(crate) wait: Wait,
    pub(crate) phase: Phase,
    pub(crate) result: Option<Vec<Val>>,
}

/// Everything.
pub(crate) struct State {
    /// By index; there is nothing at 0.
    entries: Vec<Option<Entry>>,
    free: Vec<u32>,
    pub(crate) shared: BTreeMap<u64, Shared>,
    pub(crate) tasks: Vec<TaskState>,
    /// The task whose code runs.
    pub(crate) current: Option<usize>,
    /// Tasks that may have something to do, in order.
    pub(crate) ready: VecDeque<usize>,
    /// Tasks that wait to enter.
    pub(crate) entering: VecDeque<usize>,
    pub(crate) backpressure: u32,
    /// What happens when, in order.
    pub(crate) timers: BTreeMap<(Duration, u64), Action>,
    began: Instant,
    order: u64,
    pub(crate) memories: BTreeMap<String, Memory>,
    pub(crate) functions: Vec<Option<Function>>,
}

impl State {
    pub(crate) fn new() -> State {
        State {
            entries: vec![None],
            free: Vec::new(),
            shared: BTreeMap::new(),
            tasks: Vec::new(),
            current: None,
            ready: VecDeque::new(),
            entering: VecDeque::new(),
            backpressure: 0,
            timers: BTreeMap::new(),
            began: Instant::now(),
            order: 0,
            memories: BTreeMap::new(),
            functions: Vec::new(),
        }
    }

    /// Time since the beginning.
    pub(crate) fn now(&self) -> Duration {
        self.began.elapsed()
    }

    /// A number that is larger than all before.
    pub(crate) fn next(&mut self) -> u64 {
        self.order += 1;
        self.order
    }

    pub(crate) fn add(&mut self, entry: Entry) -> u32 {
        match self.free.pop() {
            Some(index) => {
                self.entries[index as usize] = Some(entry);
                index
            }
            None => {
                self.entries.push(Some(entry));
                u32::try_from(self.entries.len() - 1).expect("a table has fewer than 2^28 entries")
            }
        }
    }

    /// How many entries there are.
    pub(crate) fn count(&self) -> usize {
        self.entries.iter().flatten().count()
    }

    pub(crate) fn entry(&mut self, index: u32) -> Result<&mut Entry, Error> {
        match self.entries.get_mut(index as usize).and_then(Option::as_mut) {
            Some(entry) => Ok(entry),
            None => fault(format!("there is no entry {index}")),
        }
    }

    pub(crate) fn remove(&mut self, index: u32) -> Result<Entry, Error> {
        match self.entries.get_mut(index as usize).and_then(Option::take) {
            Some(entry) => {
                self.free.push(index);
                Ok(entry)
            }
            None => fault(format!("there is no entry {index}")),
        }
    }

    pub(crate) fn set(&mut self, index: u32) -> Result<&mut Set, Error> {
        match self.entry(index)? {
            Entry::Set(set) => Ok(set),
            _ => fault(format!("{index} is no waitable set")),
        }
    }

    pub(crate) fn subtask(&mut self, index: u32) -> Result<&mut Subtask, Error> {
        match self.entry(index)? {
            Entry::Subtask(subtask) => Ok(subtask),
            _ => fault(format!("{index} is no subtask")),
        }
    }

    pub(crate) fn end(&mut self, index: u32) -> Result<&mut End, Error> {
        match self.entry(index)? {
            Entry::End(end) => Ok(end),
            _ => fault(format!("{index} is no end of a stream or a future")),
        }
    }

    pub(crate) fn waitable(&mut self, index: u32) -> Result<&mut Waitable, Error> {
        match self.entry(index)? {
            Entry::Subtask(subtask) => Ok(&mut subtask.waitable),
            Entry::End(end) => Ok(&mut end.waitable),
            Entry::Set(_) => fault(format!("{index} is no waitable")),
        }
    }

    /// A waitable has an event. The tasks that wait for its set may go on.
    pub(crate) fn set_event(&mut self, index: u32, code: u32) -> Result<(), Error> {
        let order = self.next();
        let waitable = self.waitable(index)?;
        waitable.event = Some((code, order));
        let set = waitable.set;
        self.wake(set);
        Ok(())
    }

    fn wake(&mut self, set: u32) {
        let waiting = |(_, task): &(usize, &TaskState)| set != 0 && task.wait == Wait::For(set);
        let found: Vec<usize> = self.tasks.iter().enumerate().filter(waiting).map(|(at, _)| at).collect();
        self.ready.extend(found);
    }

    /// `waitable.join`
    pub(crate) fn join(&mut self, index: u32, set: u32) -> Result<(), Error> {
        let old = self.waitable(index)?.set;
        if old != 0 {
            self.set(old)?.members.retain(|member| *member != index);
        }
        if set != 0 {
            self.set(set)?.members.push(index);
        }
        let waitable = self.waitable(index)?;
        waitable.set = set;
        if waitable.event.is_some() {
            self.wake(set);
        }
        Ok(())
    }

    /// The oldest event of a set: its code, and two payloads.
    pub(crate) fn poll(&mut self, set: u32) -> Result<Option<[u32; 3]>, Error> {
        let members = self.set(set)?.members.clone();
        let mut oldest = None;
        for index in members {
            if let Some((_, order)) = self.waitable(index)?.event
                && oldest.is_none_or(|(least, _)| order < least)
            {
                oldest = Some((order, index));
            }
        }
        oldest.map(|(_, index)| self.deliver(index)).transpose()
    }

    /// The event of a waitable, which has one.
    pub(crate) fn deliver(&mut self, index: u32) -> Result<[u32; 3], Error> {
        let Some((code, _)) = self.waitable(index)?.event.take() else { return fault("there is no event") };
        let payload = match self.entry(index)? {
            Entry::Subtask(subtask) => {
                subtask.delivered = subtask.state >= RETURNED;
                subtask.state
            }
            Entry::End(_) => self.deliver_copy(index)?,
            Entry::Set(_) => return fault("a set has no event"),
        };
        Ok([code, index, payload])
    }
}
