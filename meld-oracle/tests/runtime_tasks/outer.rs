//! The outer half of the runtime (`tasks_outer.wat`) against a model of the host, and of the subtasks and ends that it has the other side of.
//!
//! In: random programs, which call functions of the host, read, write, cancel and drop, while several calls of the host are there, park, and end. Out: every
//! result and every trap; what is begun, finished, settled, and given back; and the number of records in use. After each step:
//!
//! - every waitable that the host may have an answer for is in the outer set, and nothing else is;
//! - a task that the host has chosen for an event finds one when it has its turn, which is what wasmtime needs;
//! - nobody writes to a stream to which somebody has written already;
//! - if an answer is to come, somebody is there to receive it.

#[path = "outer_model.rs"]
mod outer_model;

use super::calls::{self, Judged, call, get, run, traps};
use super::{INSTANCES, NO_SET, head, spoil, tasks};
use meld_core::unstable::runtime::Room;
use meld_core::unstable::synth::TrapClass;
use meld_oracle::generate::Random;
use outer_model::{Call, Copying, End, Outside, Place, Root, STREAM_READ, SUBTASK};
use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use wasmtime::{
    AsContextMut, Caller, Config, Engine, Extern, Func, Global, GlobalType, Instance, Module, Mutability, Store, Val,
    ValType,
};

type Context<'c, 's> = calls::Context<'c, 's, Outside>;

const BLOCKED: u32 = u32::MAX;

/// Instructions that a step may take: a fault may be a loop without an end.
const STEP: u64 = 3_000_000;

impl Judged for Outside {
    fn instance(&self) -> Instance {
        self.instance.expect("the module is instantiated")
    }

    fn trap(&mut self) -> &mut Option<TrapClass> {
        &mut self.trap
    }

    fn seen(&mut self) -> &mut std::collections::BTreeSet<TrapClass> {
        &mut self.seen
    }
}

/// An event of a waitable is delivered: `got` is what the runtime says of it.
fn delivered(ctx: Context<'_, '_>, got: &[u32], at: Place) {
    let data = ctx.data_mut();
    let code = data.events[&at];
    let (payload, expected) = if code == SUBTASK {
        data.untell(at);
        let state = data.calls[&at].state;
        (state, if state >= 2 { data.unlent(at) } else { Vec::new() })
    } else {
        (data.delivered(at), Vec::new())
    };
    assert_eq!([got[0], got[2]], [code, payload], "the event of {at}");
    called(ctx, &expected);
}

/// What the module has called is just that.
fn called(ctx: Context<'_, '_>, expected: &[(String, Vec<u32>)]) {
    let called = std::mem::take(&mut ctx.data_mut().called);
    assert_eq!(called, expected, "what the module called");
}

fn called_back(ctx: Context<'_, '_>, name: &str, params: &[u32]) -> u32 {
    match name {
        "join" if params[1] == 0 => {
            assert!(ctx.data_mut().members.remove(&params[0]).is_some(), "{} leaves no set", params[0]);
        }
        "join" => {
            if get(ctx, "outer_set", &[]) == 0 {
                let set = ctx.data_mut().number();
                run(ctx, "set_outer_set", &[set]);
            }
            let set = get(ctx, "outer_set", &[]);
            ctx.data_mut().members.insert(params[0], set);
            ctx.data_mut().choose(params[0]);
        }
        "wake" => {
            let data = ctx.data_mut();
            let root = data.roots.get_mut(&params[0]).expect("a call of the host");
            assert!(root.waits.is_some() && !root.written, "{} cannot be woken: {root:?}", params[0]);
            root.written = true;
            let reader = root.reader;
            data.happens(reader, STREAM_READ, 1 << 4);
        }
        "receive" => {
            let set = get(ctx, "outer_set", &[]);
            let waiting = ctx.data().roots.values().any(|root| root.waits == Some(set));
            assert!(!waiting, "somebody else waits for the outer set");
            if params[0] == 1 && !ctx.data().pending.keys().any(|index| ctx.data().members.get(index) == Some(&set)) {
                answer(ctx);
            }
            if set != 0
                && let Some((code, index, payload)) = ctx.data_mut().event(set)
            {
                receive(ctx, code, index, payload);
            }
        }
        "begin" | "finish" => {
            // The lists are given back as they were made.
            for (list, is_leaves) in [("leaves", true), ("notes", false)] {
                let mut head = get(ctx, list, &[params[0]]);
                let made = ctx.data_mut().calls.get_mut(&params[0]).expect("a call");
                let mut made = std::mem::take(if is_leaves { &mut made.leaves } else { &mut made.notes });
                while let Some(pair) = made.pop() {
                    let found = call(ctx, "unpair", &[head]).expect("no trap");
                    assert_eq!(found[1..], pair, "{list} of {}", params[0]);
                    head = found[0];
                }
                assert_eq!(head, 0, "{list} of {}", params[0]);
            }
            ctx.data_mut().called.push((name.to_owned(), params.to_vec()));
        }
        "resume" => resume(ctx, params[0]),
        "write" => {
            // The host answers at once, or later.
            let answers = ctx.data_mut().below(2) == 0;
            ctx.data_mut().called.push((name.to_owned(), params.to_vec()));
            return if answers { params[4] << 4 } else { BLOCKED };
        }
        "settle" | "unlend" => ctx.data_mut().called.push((name.to_owned(), params.to_vec())),
        _ => panic!("a callback `{name}`"),
    }
    0
}

/// The host answers something that is in the outer set.
fn answer(ctx: Context<'_, '_>) {
    let data = ctx.data_mut();
    let calls: Vec<Place> = data.unresolved().filter(|at| data.members.contains_key(&data.calls[at].outer)).collect();
    let ends: Vec<Place> = data.copying().filter(|at| data.members.contains_key(&data.ends[at].outer)).collect();
    let all: Vec<Place> = calls.iter().chain(&ends).copied().collect();
    let Some(at) = data.pick(&all) else { return };
    if let Some(call) = data.calls.get(&at).cloned() {
        let seen = data.pending.get(&call.outer).map_or(call.state, |(_, state)| *state);
        let next: &[u32] = match (seen, call.requested) {
            (0, false) => &[1, 2],
            (0, true) => &[1, 2, 3],
            (1, false) => &[2],
            (1, true) => &[2, 4],
            _ => return,
        };
        let state = data.pick(next).expect("some");
        // `STARTED` may be overtaken.
        data.happens(call.outer, SUBTASK, state);
        return;
    }
    let end = data.ends[&at].clone();
    if !data.pending.contains_key(&end.outer) {
        let payload = result(data, &end);
        data.happens(end.outer, end.code, payload);
    }
}

fn result(data: &mut Outside, end: &End) -> u32 {
    let (result, count) = (data.below(2) as u32, data.below(9) as u32);
    let result = if end.state == Copying::Cancelled && data.below(2) == 0 { 2 } else { result };
    if end.code >= 4 { result } else { result | count << 4 }
}

/// The module hears of an event of the host.
fn receive(ctx: Context<'_, '_>, code: u32, index: u32, payload: u32) {
    let data = ctx.data_mut();
    let mut expected = Vec::new();
    if let Some((at, _)) = data.calls.iter().find(|(_, call)| call.outer == index && code == SUBTASK) {
        let at = *at;
        expected = data.proceeds(at, payload);
        data.tell(at, SUBTASK);
    } else if let Some((at, end)) = data.ends.iter().find(|(_, end)| end.outer == index) {
        let (at, state) = (*at, end.state);
        // An end without an operation may hear that the other one is gone.
        if matches!(state, Copying::Under | Copying::Cancelled) && !data.events.contains_key(&at) {
            data.answered(at);
            expected = vec![data.settled(at, payload)];
            data.tell(at, code);
        }
    } else if let Some(root) = data.roots.values_mut().find(|root| root.reader == index) {
        root.written = false;
    } else {
        panic!("an event of {index}, which nobody has");
    }
    let before = std::mem::take(&mut ctx.data_mut().called);
    run(ctx, "outer_event", &[code, index, payload]);
    called(ctx, &expected);
    ctx.data_mut().called = before;
}

/// The callback of a task that is cancelled: it ends.
fn resume(ctx: Context<'_, '_>, task: Place) {
    let got = call(ctx, "task_resume", &[task]).expect("no trap");
    assert_eq!(got[1..], [6, 0, 0]);
    assert_eq!(get(ctx, "task_cancel", &[]), task);
    ctx.data_mut().roots.get_mut(&task).expect("a call of the host").ended = true;
    run(ctx, "task_end", &[task, got[0], 0, 0]);
}

/// One thing that code does in a call of the host.
fn operation(ctx: Context<'_, '_>, root: Place) {
    let calls: Vec<Place> = ctx.data().calls.keys().copied().collect();
    let ends: Vec<Place> = ctx.data().ends.keys().copied().collect();
    let waitables: Vec<Place> = calls.iter().chain(&ends).copied().collect();
    match ctx.data_mut().below(11) {
        0 | 1 if calls.len() < 8 => {
            let (outer, index) = (ctx.data_mut().number(), ctx.data_mut().number());
            let state = ctx.data_mut().below(2) as u32;
            let at = get(ctx, "outer_call", &[7, 1, outer, state]);
            let mut new = Call { outer, state, ..Call::default() };
            for _ in 0..[0, 0, 1, 2, 31][ctx.data_mut().below(5)] {
                let lent = ctx.data_mut().number();
                run(ctx, "lend_to", &[at, lent]);
                new.lends.push(lent);
            }
            if state == 0 {
                for (name, list) in [("leave", &mut new.leaves), ("note", &mut new.notes)] {
                    for _ in 0..[0, 1, 16][ctx.data_mut().below(3)] {
                        let pair = [ctx.data_mut().number(), ctx.data_mut().number()];
                        run(ctx, name, &pair);
                        list.push(pair);
                    }
                }
                let lists = [get(ctx, "leaving", &[]), get(ctx, "noting", &[])];
                run(ctx, "hold", &[at, lists[0], lists[1]]);
            }
            assert_eq!(get(ctx, "subtask_at", &[at, index]), state | index << 4);
            ctx.data_mut().calls.insert(at, new);
        }
        2 if ends.len() < 8 => {
            let outer = ctx.data_mut().number();
            let code = [2, 4][ctx.data_mut().below(2)];
            let at = get(ctx, "outer_end", &[outer, code]);
            let index = ctx.data_mut().number();
            run(ctx, "end_at", &[at, index]);
            let new = End { outer, code, state: Copying::Idle, result: 0, op: 0, pointer: 0, begun_by: 0 };
            ctx.data_mut().ends.insert(at, new);
        }
        3 if ends.len() < 8 => gives_away(ctx, root),
        4 => {
            let Some(at) = ctx.data_mut().pick(&waitables) else { return };
            let sets: Vec<Place> = ctx.data().sets.keys().copied().collect();
            let set = if ctx.data_mut().below(3) == 0 { NO_SET } else { ctx.data_mut().pick(&sets).unwrap_or(NO_SET) };
            let data = ctx.data_mut();
            let event = data.events.get(&at).copied();
            data.untell(at);
            data.member_of.remove(&at);
            if set != NO_SET {
                data.member_of.insert(at, set);
            }
            if let Some(code) = event {
                data.tell(at, code);
            }
            run(ctx, "join", &[at, set]);
        }
        5 => {
            let sets: Vec<Place> = ctx.data().sets.keys().copied().collect();
            let Some(set) = ctx.data_mut().pick(&sets) else { return };
            let got = call(ctx, "poll", &[set]).expect("no trap");
            let Some(at) = ctx.data().sets[&set].front().copied() else {
                assert_eq!(got, [0, 0, 0]);
                return;
            };
            delivered(ctx, &got, at);
        }
        6 => {
            let Some(at) = ctx.data_mut().pick(&calls) else { return };
            cancels(ctx, at);
        }
        7 => {
            let Some(at) = ctx.data_mut().pick(&calls) else { return };
            if !ctx.data().calls[&at].delivered {
                return traps(ctx, "subtask_drop", &[at], TrapClass::TaskState);
            }
            run(ctx, "subtask_drop", &[at]);
            let data = ctx.data_mut();
            data.untell(at);
            data.member_of.remove(&at);
            data.calls.remove(&at);
        }
        8 => {
            let Some(at) = ctx.data_mut().pick(&ends) else { return };
            copies(ctx, root, at);
        }
        9 => {
            let Some(at) = ctx.data_mut().pick(&ends) else { return };
            let end = ctx.data().ends[&at].clone();
            if matches!(end.state, Copying::Under | Copying::Cancelled) || end.code == 5 && end.state != Copying::Done {
                return traps(ctx, "end_drop", &[at], TrapClass::CopyState);
            }
            run(ctx, "end_drop", &[at]);
            let data = ctx.data_mut();
            data.untell(at);
            data.member_of.remove(&at);
            data.pending.remove(&end.outer);
            data.ends.remove(&at);
        }
        _ => {
            // An end without an operation hears that the other one is gone.
            let data = ctx.data_mut();
            let idle =
                |at: &Place| data.ends[at].state == Copying::Idle && data.members.contains_key(&data.ends[at].outer);
            let idle: Vec<Place> = ends.iter().copied().filter(idle).collect();
            if let Some(at) = data.pick(&idle) {
                let end = data.ends[&at].clone();
                data.happens(end.outer, end.code, 1);
            }
        }
    }
}

/// A pair that is made inside, and its readable end goes to the host, perhaps while somebody writes.
fn gives_away(ctx: Context<'_, '_>, root: Place) {
    let is_future = ctx.data_mut().below(3) == 0;
    let pair = call(ctx, "pair_new", &[is_future.into(), 1]).expect("no trap");
    let (reader, writer) = (pair[0], pair[1]);
    let [readable, outer, index, op] = [(); 4].map(|()| ctx.data_mut().number());
    run(ctx, "end_at", &[writer, index]);
    let code = if is_future { 5 } else { 3 };
    let mut new = End { outer, code, state: Copying::Idle, result: 0, op, pointer: 64, begun_by: root };
    let length = if is_future { 1 } else { 3 };
    let mut expected = Vec::new();
    let writes = ctx.data_mut().below(2) == 0;
    if writes {
        assert_eq!(get(ctx, "end_copy", &[writer, op, 64, length, 4, 1, 1]), BLOCKED);
        new.state = Copying::Under;
        expected.push(("write".to_owned(), vec![op, writer, outer, 64, length]));
    }
    run(ctx, "outer_lend", &[reader]);
    traps(ctx, "end_drop", &[reader], TrapClass::CopyState);
    assert_eq!(get(ctx, "outer_pair", &[reader, readable, outer]), 0);
    ctx.data_mut().ends.insert(writer, new);
    if writes {
        if ctx.data().members.contains_key(&outer) {
            ctx.data_mut().roots.get_mut(&root).expect("it runs").copies += 1;
        } else {
            let result = if is_future { length << 4 & 15 } else { length << 4 };
            expected.push(ctx.data_mut().settled(writer, result));
            if is_future {
                expected[1].1[3] = 1;
            }
            ctx.data_mut().tell(writer, code);
        }
    }
    called(ctx, &expected);
    run(ctx, "outer_unlend", &[reader]);
    assert_eq!(get(ctx, "end_lift", &[reader]), reader);
    run(ctx, "outer_leave", &[reader]);
}

/// `subtask.cancel` with `async`.
fn cancels(ctx: Context<'_, '_>, at: Place) {
    let found = ctx.data().calls[&at].clone();
    if found.delivered || found.requested {
        return traps(ctx, "outer_cancel", &[at, 1], TrapClass::TaskState);
    }
    if found.state >= 2 {
        // The module has the answer.
        let expected = ctx.data_mut().unlent(at);
        ctx.data_mut().untell(at);
        ctx.data_mut().calls.get_mut(&at).expect("a call").requested = true;
        assert_eq!(get(ctx, "subtask_cancel", &[at, 1]), found.state);
        ctx.data_mut().calls.get_mut(&at).expect("a call").requested = false;
        return called(ctx, &expected);
    }
    run(ctx, "outer_cancel", &[at, 1]);
    let data = ctx.data_mut();
    data.calls.get_mut(&at).expect("a call").requested = true;
    assert!(!data.members.contains_key(&found.outer), "wasmtime traps if it is in a set");
    let told = data.pending.remove(&found.outer).map_or(found.state, |(_, state)| state);
    let state = match told {
        2.. => told,
        _ if data.below(2) == 0 => BLOCKED,
        0 => data.pick(&[2, 3]).expect("some"),
        _ => data.pick(&[2, 4]).expect("some"),
    };
    if state == BLOCKED {
        if told != found.state {
            data.pending.insert(found.outer, (SUBTASK, told));
        }
        assert_eq!(get(ctx, "outer_cancelled", &[at, BLOCKED]), BLOCKED);
        return;
    }
    let mut expected = data.proceeds(at, state);
    expected.extend(data.unlent(at));
    data.untell(at);
    assert_eq!(get(ctx, "outer_cancelled", &[at, state]), state);
    called(ctx, &expected);
}

/// A read or a write, or its cancellation.
fn copies(ctx: Context<'_, '_>, root: Place, at: Place) {
    let end = ctx.data().ends[&at].clone();
    let [op, pointer] = [ctx.data_mut().number(), ctx.data_mut().number()];
    match end.state {
        Copying::Idle => {
            run(ctx, "outer_copy", &[at, 1, op, pointer]);
            let data = ctx.data_mut();
            let of = data.ends.get_mut(&at).expect("an end");
            (of.state, of.op, of.pointer, of.begun_by) = (Copying::Under, op, pointer, root);
            // The host has told it already that the other end is gone, or it answers later, or at once.
            let is_gone = data.pending.contains_key(&end.outer);
            if !is_gone && data.below(3) > 0 {
                data.roots.get_mut(&root).expect("it runs").copies += 1;
                assert_eq!(get(ctx, "outer_copied", &[at, 1, BLOCKED]), BLOCKED);
                return;
            }
            let said = if is_gone { 1 } else { result(data, &end) };
            let expected = data.settled(at, said);
            let payload = data.delivered(at);
            assert_eq!(get(ctx, "outer_copied", &[at, 1, said]), payload);
            called(ctx, &[expected]);
        }
        Copying::Done => traps(ctx, "outer_copy", &[at, 1, op, pointer], TrapClass::CopyState),
        Copying::Under | Copying::Cancelled if ctx.data().events.contains_key(&at) => {
            if end.state == Copying::Cancelled {
                return traps(ctx, "outer_copy", &[at, 1, op, pointer], TrapClass::CopyState);
            }
            assert_eq!(get(ctx, "outer_stop", &[at, 1]), 0);
            let data = ctx.data_mut();
            let of = data.ends.get_mut(&at).expect("an end");
            if of.code < 4 && of.result & 15 == 0 {
                of.result |= 2;
            }
            let payload = data.delivered(at);
            assert_eq!(get(ctx, "end_cancel", &[at, 1]), payload);
        }
        Copying::Cancelled => traps(ctx, "outer_stop", &[at, 1], TrapClass::CopyState),
        Copying::Under => {
            assert_eq!(get(ctx, "outer_stop", &[at, 1]), 1);
            let data = ctx.data_mut();
            data.ends.get_mut(&at).expect("an end").state = Copying::Cancelled;
            let said = match data.pending.remove(&end.outer) {
                Some((_, payload)) => payload,
                None if data.below(2) == 0 => {
                    assert_eq!(get(ctx, "outer_stopped", &[at, BLOCKED]), BLOCKED);
                    return;
                }
                None => result(data, &End { state: Copying::Cancelled, ..end }),
            };
            data.answered(at);
            let expected = data.settled(at, said);
            let payload = data.delivered(at);
            assert_eq!(get(ctx, "outer_stopped", &[at, said]), payload);
            called(ctx, &[expected]);
        }
    }
}

/// The host begins a call, or calls one again that it has chosen; or it answers something.
fn step(ctx: Context<'_, '_>) {
    let chosen: Vec<Place> = ctx.data().roots.iter().filter(|(_, root)| root.chosen).map(|(at, _)| *at).collect();
    let parked: Vec<Place> =
        ctx.data().roots.iter().filter(|(_, root)| root.waits.is_some()).map(|(at, _)| *at).collect();
    let root = match ctx.data_mut().below(6) {
        0 | 1 if parked.len() < 5 => {
            let root = get(ctx, "root_new", &[7, 1]);
            ctx.data_mut().roots.insert(root, Root::default());
            let previous = get(ctx, "task_start", &[root]);
            for _ in 0..ctx.data_mut().below(5) {
                operation(ctx, root);
            }
            if ctx.data_mut().below(3) == 0 {
                blocks(ctx);
            }
            if ctx.data_mut().below(2) == 0 {
                run(ctx, "resolve", &[root]);
                ctx.data_mut().roots.get_mut(&root).expect("it runs").ended = true;
                run(ctx, "task_end", &[root, previous, 0, 0]);
            } else {
                // It waits for a set that nothing is in, until it is cancelled.
                let never = get(ctx, "set_new", &[]);
                ctx.data_mut().nevers += 1;
                run(ctx, "task_end", &[root, previous, 2, never]);
            }
            root
        }
        2 => {
            // A task inside, of another instance.
            let inner = ctx.data().inner.clone();
            if ctx.data_mut().below(2) == 0 || inner.is_empty() {
                let task = get(ctx, "task_new", &[7, 2]);
                ctx.data_mut().inner.push(task);
                return;
            }
            if !ctx.data().roots.is_empty() {
                return;
            }
            let task = ctx.data_mut().inner.pop().expect("there is one");
            let previous = get(ctx, "task_start", &[task]);
            run(ctx, "resolve", &[task]);
            run(ctx, "task_end", &[task, previous, 0, 0]);
            run(ctx, "forget", &[task]);
            return;
        }
        3 => return answer(ctx),
        n => {
            let Some(root) = ctx.data_mut().pick(if n == 4 && !parked.is_empty() { &parked } else { &chosen }) else {
                return;
            };
            enters(ctx, root, n == 4);
            root
        }
    };
    drive(ctx, root);
}

/// Code that stays on its stack waits until a waitable has an event.
fn blocks(ctx: Context<'_, '_>) {
    let sets: Vec<Place> = ctx.data().sets.keys().copied().collect();
    let data = ctx.data_mut();
    let comes = |set: &Place| {
        let of = |at: &Place| data.member_of.get(at) == Some(set);
        data.unresolved().any(|at| of(&at)) || data.copying().any(|at| of(&at)) || !data.sets[set].is_empty()
    };
    let sets: Vec<Place> = sets.into_iter().filter(comes).collect();
    let Some(set) = data.pick(&sets) else { return };
    let got = call(ctx, "wait", &[set]).expect("no trap");
    let at = ctx.data().sets[&set].front().copied();
    let at = at.unwrap_or_else(|| panic!("{got:?}, which is not there: {:?}", ctx.data()));
    delivered(ctx, &got, at);
}

/// The host calls a task again: with an event of its set, or because it is cancelled.
fn enters(ctx: Context<'_, '_>, root: Place, cancels: bool) {
    let found = ctx.data().roots[&root].clone();
    let set = found.waits.expect("it waits");
    let event = if cancels && !found.ended {
        None
    } else {
        if !found.chosen {
            return;
        }
        Some(ctx.data_mut().event(set).unwrap_or_else(|| panic!("{root} was chosen for an event that is gone")))
    };
    let of = ctx.data_mut().roots.get_mut(&root).expect("it waits");
    (of.waits, of.chosen) = (None, false);
    run(ctx, "host_enters", &[root]);
    match event {
        Some((code, index, _)) if code == STREAM_READ && index == found.reader => {
            ctx.data_mut().roots.get_mut(&root).expect("it runs").written = false;
            run(ctx, "set_reading", &[root, 0]);
        }
        Some((code, index, payload)) => receive(ctx, code, index, payload),
        None => {
            // Its read is cancelled.
            let data = ctx.data_mut();
            data.pending.remove(&found.reader);
            data.roots.get_mut(&root).expect("it runs").written = false;
            run(ctx, "set_reading", &[root, 0]);
        }
    }
    for _ in 0..ctx.data_mut().below(4) {
        operation(ctx, root);
    }
    run(ctx, "host_event", &[root, event.map_or(6, |(code, ..)| code)]);
}

/// The loop runs for a call of the host, which parks or ends.
fn drive(ctx: Context<'_, '_>, root: Place) {
    if ctx.data().roots[&root].waits.is_some() {
        // It was not its turn.
        return;
    }
    let code = get(ctx, "drive", &[root]);
    called(ctx, &[]);
    let data = ctx.data();
    let (found, outstanding) = (data.roots[&root].clone(), data.unresolved().count() + data.copying().count());
    let others = data.roots.iter().filter(|(at, root)| !root.gone && **at != 0).count() > 1;
    let unended = data.inner.len() + data.roots.values().filter(|root| !root.ended).count();
    let stays = outstanding > 0 && unended > 0 && (found.copies > 0 || !others);
    assert_eq!(code, if found.ended && !stays { 0 } else { 2 }, "{root}: {found:?}");
    if code == 0 {
        ctx.data_mut().members.remove(&found.reader);
        ctx.data_mut().pending.remove(&found.reader);
        let of = ctx.data_mut().roots.get_mut(&root).expect("it runs");
        (of.gone, of.reader) = (true, 0);
        let copies = of.copies;
        run(ctx, "root_end", &[root]);
        if copies == 0 {
            ctx.data_mut().roots.remove(&root);
        }
        return;
    }
    if get(ctx, "host_set", &[root]) == 0 {
        let [set, reader, writer] = [(); 3].map(|()| ctx.data_mut().number());
        run(ctx, "set_host", &[root, set, reader, writer]);
        ctx.data_mut().roots.get_mut(&root).expect("it runs").reader = reader;
    }
    let set = if get(ctx, "carries", &[root]) == 1 {
        if get(ctx, "outer_set", &[]) == 0 {
            let set = ctx.data_mut().number();
            run(ctx, "set_outer_set", &[set]);
        }
        get(ctx, "outer_set", &[])
    } else {
        get(ctx, "host_set", &[root])
    };
    let reader = ctx.data().roots[&root].reader;
    run(ctx, "set_reading", &[root, 1]);
    let data = ctx.data_mut();
    data.members.insert(reader, set);
    data.roots.get_mut(&root).expect("it runs").waits = Some(set);
    // There may be something already.
    let ready: Vec<u32> = data.members.iter().filter(|(_, of)| **of == set).map(|(index, _)| *index).collect();
    for index in ready {
        data.choose(index);
    }
}

/// What holds between two steps.
fn check(ctx: Context<'_, '_>) {
    let live = get(ctx, "live", &[]) as usize;
    let set = get(ctx, "outer_set", &[]);
    let data = ctx.data();
    assert_eq!(live, data.records(), "records in use");
    for at in data.unresolved() {
        assert_eq!(data.members.get(&data.calls[&at].outer), Some(&set), "the outer set has the call {at}");
    }
    for at in data.copying() {
        assert_eq!(data.members.get(&data.ends[&at].outer), Some(&set), "the outer set has the end {at}");
    }
    for index in data.members.keys() {
        let known = data.calls.values().any(|call| call.outer == *index && call.state < 2)
            || data.ends.values().any(|end| end.outer == *index)
            || data.roots.values().any(|root| root.reader == *index);
        assert!(known, "{index} is in a set, and nobody has it");
    }
    let outstanding = data.unresolved().count() + data.copying().count();
    let there = data.roots.values().any(|root| root.waits == Some(set) || root.waits.is_some() && root.written);
    let parked = data.roots.values().any(|root| root.waits.is_some());
    assert!(outstanding == 0 || !parked || there, "nobody is there to receive an answer");
}

fn world(module: &Module, seed: u64) -> Store<Outside> {
    let mut store = Store::new(module.engine(), Outside::default());
    store.data_mut().random = Some(Random::new(seed));
    store.set_fuel(STEP).expect("the engine has fuel");
    let imports: Vec<Extern> = module
        .imports()
        .map(|import| {
            let name = import.name().to_owned();
            if import.module() == "tasks" {
                let ty = GlobalType::new(ValType::I32, Mutability::Const);
                return Global::new(&mut store, ty, Val::I32(INSTANCES as i32)).expect("a global").into();
            }
            let is_trap = import.module() == "trap";
            let ty = import.ty().unwrap_func().clone();
            Func::new(&mut store, ty, move |mut caller: Caller<'_, Outside>, params, results| {
                let ctx = &mut caller.as_context_mut();
                if is_trap {
                    let class = TrapClass::ALL.into_iter().find(|class| class.name() == name).expect("a known class");
                    ctx.data_mut().trap = Some(class);
                    return Err(wasmtime::Error::msg(class.name()));
                }
                let params: Vec<u32> = params.iter().map(|param| param.unwrap_i32().cast_unsigned()).collect();
                let result = called_back(ctx, &name, &params);
                results.fill(Val::I32(result.cast_signed()));
                Ok(())
            })
            .into()
        })
        .collect();
    let instance = Instance::new(&mut store, module, &imports).expect("instantiation");
    store.data_mut().instance = Some(instance);
    for _ in 0..2 {
        let set = get(&mut store.as_context_mut(), "set_new", &[]);
        store.data_mut().sets.insert(set, VecDeque::new());
    }
    store
}

fn module(wasm: &[u8]) -> Module {
    let engine = Engine::new(Config::new().consume_fuel(true)).expect("an engine");
    Module::new(&engine, wasm).expect("a runtime module is valid")
}

fn programs(module: &Module, worlds: u64) -> std::collections::BTreeSet<TrapClass> {
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..worlds {
        let mut store = world(module, 0x51ed_270b_97c3_4d1f ^ seed);
        for _ in 0..200 {
            store.set_fuel(STEP).expect("the engine has fuel");
            step(&mut store.as_context_mut());
            check(&mut store.as_context_mut());
        }
        seen.extend(std::mem::take(&mut store.data_mut().seen));
    }
    seen
}

#[test]
fn outer_programs() {
    for room in [Room::Memory, Room::Gc] {
        let seen = programs(&module(&tasks(room)), super::worlds());
        assert_eq!(seen, [TrapClass::TaskState, TrapClass::CopyState].into_iter().collect(), "{room:?}");
    }
}

/// As [`FAULTS`](super::FAULTS).
const FAULTS: [(&str, &str, &str); 8] = [
    // Whoever takes something out of the set does not wake the carrier.
    ("$taken", "global.get $attends", "i32.const 0"),
    // It is woken twice.
    ("$wake", "i32.const 512", "i32.const 0"),
    // Members stay in the set of the call that was relieved.
    ("$relieve", "global.get $outers", "i32.const 0"),
    // A call that is over stays in the set.
    ("$outer_state", "call $delist", "drop"),
    // An end without an operation hears of one.
    ("outer_event", "i32.gt_u", "i32.lt_u"),
    // Nobody takes over from a call that ends.
    ("root_end", "call $wake", "drop"),
    // A call does not stay for what it has begun.
    ("$copy_pends", "i32.const 1", "i32.const 0"),
    // The words of a list come back in the wrong order.
    ("$take_pair", "i32.const 2", "i32.const 1"),
];

/// Each fault is seen.
#[test]
fn outer_faults() {
    let text = wasmprinter::print_bytes(tasks(Room::Memory)).expect("a module has a text");
    let mut unseen = Vec::new();
    for (func, from, to) in FAULTS {
        let spoiled = spoil(&text, &head(&text, func), from, to);
        let wasm = wat::parse_str(&spoiled).unwrap_or_else(|error| panic!("{func}: {error}"));
        let module = module(&wasm);
        match std::panic::catch_unwind(AssertUnwindSafe(|| programs(&module, 40))) {
            Ok(_) => unseen.push(func),
            Err(why) => println!("{func}: {}", why.downcast_ref::<String>().map_or("", String::as_str)),
        }
    }
    assert!(unseen.is_empty(), "nothing was seen of the fault in {unseen:?}");
}
