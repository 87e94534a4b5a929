//! The tasks of `meld-core/runtime` alone, against a model written from the specification.
//!
//! In: random programs. Each task calls others, makes and drops sets, streams and futures, joins and polls, copies, cancels, lends and borrows, and then
//! yields, waits or ends; the host calls several at a time, and cancels some. Out: every result, every trap, which task goes on next, what
//! is copied and what is given back, and the number of records in use after each call of the host. What blocks on its stack is not here, but in `--test tasks`
//! and the scripts in `wast/async`. What the host has the other side of is in [`outer`].
//!
//! The model is shown to see faults: each of these six in the text of the runtime turns the run red.
//!
//! 1. a task that ends while it is in the ready queue is freed at once (`$end_of`);
//! 2. a member that gets an event does not make ready what waits for its set (`$link`);
//! 3. `task.return` after `task.return` does not trap (`returning`);
//! 4. a partial copy begins at the start of the other side's elements (`$here`);
//! 5. a freed record is lost (`$release`);
//! 6. a task enters though others wait to enter its instance (`gate`).
//!
//! `MELD_WORLDS=1000` makes as many programs; a few without it.

#[path = "runtime_tasks/calls.rs"]
mod calls;
#[path = "runtime_tasks/model.rs"]
mod model;
#[path = "runtime_tasks/outer.rs"]
mod outer;

use calls::{Judged, call, get, run, traps};
use meld_core::unstable::ids::{Id, SynthId};
use meld_core::unstable::runtime::{Room, RuntimeInstance, TaskCallbacks};
use meld_core::unstable::synth::{FuncRef, TrapClass};
use meld_oracle::generate::Random;
use model::{
    CopyPhase, EndModel, InstanceModel, Model, Phase, Place, Run, SetModel, SharedModel, TaskModel, WaitableModel,
};
use std::panic::AssertUnwindSafe;
use wasmtime::{AsContextMut, Caller, Engine, Extern, Func, Global, GlobalType, Instance, Module, Mutability, Store};
use wasmtime::{Val, ValType};

/// Component instances; each calls those with greater numbers.
const INSTANCES: u32 = 3;

/// Tasks on top of each other.
const DEPTH: u32 = 5;

/// To join it is to leave the set, by the specification.
const NO_SET: Place = 0;

struct World {
    model: Model,
    random: Random,
    instance: Option<Instance>,
    trap: Option<TrapClass>,
    depth: u32,
    /// Indices are never used twice.
    index: u32,
    /// Places that tasks, sets and ends have had, and the most records in use at a time.
    places: std::collections::BTreeSet<Place>,
    most: usize,
    seen: std::collections::BTreeSet<TrapClass>,
}

type Context<'c, 's> = calls::Context<'c, 's, World>;

impl Judged for World {
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

fn below(ctx: Context<'_, '_>, bound: usize) -> usize {
    ctx.data_mut().random.below(bound)
}

fn pick<T: Copy>(ctx: Context<'_, '_>, from: &[T]) -> Option<T> {
    if from.is_empty() { None } else { Some(from[below(ctx, from.len())]) }
}

fn index(ctx: Context<'_, '_>) -> u32 {
    ctx.data_mut().index += 1;
    ctx.data().index
}

/// A record has been made, at a place that was never used or is free again.
fn made(ctx: Context<'_, '_>, place: Place) {
    let world = ctx.data_mut();
    world.places.insert(place);
    world.most = world.most.max(world.model.live());
}

fn new_task(ctx: Context<'_, '_>, caller: u32, instance: u32) -> Place {
    let name = if caller == 0 { "root_new" } else { "task_new" };
    let task = get(ctx, name, &[7, instance]);
    let new = TaskModel {
        instance,
        run: Run::Running,
        phase: Phase::Initial,
        cancels: false,
        root: caller == 0,
        parked: false,
        lends: Vec::new(),
        borrows: 0,
        delivered: false,
        requested: false,
        callee_done: false,
        caller_done: false,
        state: 0,
        caller,
    };
    assert!(ctx.data_mut().model.tasks.insert(task, new).is_none(), "{task} is in use");
    ctx.data_mut().model.waitables.insert(task, WaitableModel::default());
    made(ctx, task);
    task
}

/// The code of a task begins.
fn start(ctx: Context<'_, '_>, task: Place) {
    let previous = get(ctx, "task_start", &[task]);
    let model = &mut ctx.data_mut().model;
    model.task(task).phase = Phase::Started;
    let instance = model.task(task).instance;
    model.instances.get_mut(&instance).expect("an instance").lock = true;
    model.progress(task, 1);
    if !model.task(task).root {
        let count = [0, 0, 1, 3, 61][below(ctx, 5)];
        for _ in 0..count {
            let lent = index(ctx);
            run(ctx, "lend", &[lent]);
            ctx.data_mut().model.task(task).lends.push(lent);
        }
        made(ctx, task);
        for _ in 0..[0, 0, 0, 1, 2][below(ctx, 5)] {
            assert_eq!(get(ctx, "borrow", &[]), task | 1 << 31);
            ctx.data_mut().model.task(task).borrows += 1;
        }
    }
    body(ctx, task, previous);
}

/// The callback of a task is called.
fn resume(ctx: Context<'_, '_>, task: Place) {
    let model = &mut ctx.data_mut().model;
    let found = model.task(task).clone();
    model.instances.get_mut(&found.instance).expect("an instance").lock = true;
    if let Run::Waiting(set) = found.run {
        model.sets.get_mut(&set).expect("a set").waiters.retain(|waiter| *waiter != task);
    }
    model.task(task).run = Run::Running;
    let expected = if found.cancels {
        model.task(task).cancels = false;
        [6, 0, 0]
    } else if let Run::Waiting(set) = found.run {
        model.poll(set)
    } else {
        [0, 0, 0]
    };
    let got = call(ctx, "task_resume", &[task]).expect("no trap");
    assert_eq!(got[1..], expected, "the event of {task}");
    given_back(ctx);
    body(ctx, task, got[0]);
}

/// What was lent has been given back by now.
fn given_back(ctx: Context<'_, '_>) {
    assert!(ctx.data().model.unlent.is_empty(), "not given back: {:?}", ctx.data().model.unlent);
    assert!(ctx.data().model.copied.is_empty(), "not copied: {:?}", ctx.data().model.copied);
}

/// Some operations, and then the code that it returns.
fn body(ctx: Context<'_, '_>, task: Place, previous: Place) {
    ctx.data_mut().depth += 1;
    for _ in 0..below(ctx, 7) {
        operation(ctx, task);
    }
    ctx.data_mut().depth -= 1;
    let found = ctx.data_mut().model.task(task).clone();
    if found.phase != Phase::Resolved && below(ctx, 3) == 0 {
        resolve(ctx, task);
    }
    let resolved = ctx.data_mut().model.task(task).phase == Phase::Resolved;
    let sets: Vec<Place> = sets(ctx, found.instance);
    let (code, set) = match below(ctx, 4) {
        0 => (1, 0),
        1 | 2 if !resolved => match pick(ctx, &sets) {
            Some(set) => (2, set),
            None => (1, 0),
        },
        _ if resolved => (0, 0),
        _ => (1, 0),
    };
    let model = &mut ctx.data_mut().model;
    model.instances.get_mut(&found.instance).expect("an instance").lock = false;
    if code == 0 {
        model.task(task).run = Run::Ended;
        model.task(task).callee_done = true;
        model.end_of(task);
    } else {
        if model.task(task).phase == Phase::PendingCancel {
            model.task(task).phase = Phase::CancelDelivered;
            model.task(task).cancels = true;
        }
        model.task(task).run = if code == 1 { Run::Yielded } else { Run::Waiting(set) };
        if code == 2 {
            model.sets.get_mut(&set).expect("a set").waiters.push(task);
        }
        if model.may_run(task) {
            model.push(task);
        }
    }
    run(ctx, "task_end", &[task, previous, code, set]);
}

/// Returns, or gives up.
fn resolve(ctx: Context<'_, '_>, task: Place) {
    let borrows = ctx.data_mut().model.task(task).borrows;
    let gives_up = ctx.data_mut().model.task(task).phase == Phase::CancelDelivered && below(ctx, 2) == 0;
    if borrows > 0 && gives_up {
        traps(ctx, "task_cancel", &[], TrapClass::BorrowLeak);
    }
    for _ in 0..borrows {
        run(ctx, "unborrow", &[task]);
    }
    ctx.data_mut().model.task(task).borrows = 0;
    if gives_up {
        assert_eq!(get(ctx, "task_cancel", &[]), task);
        ctx.data_mut().model.task(task).phase = Phase::Resolved;
        ctx.data_mut().model.progress(task, 4);
        return;
    }
    assert_eq!(get(ctx, "returning", &[]), task);
    run(ctx, "resolve", &[task]);
    ctx.data_mut().model.task(task).phase = Phase::Resolved;
    ctx.data_mut().model.progress(task, 2);
}

fn sets(ctx: Context<'_, '_>, instance: u32) -> Vec<Place> {
    ctx.data().model.sets.iter().filter(|(_, set)| set.instance == instance).map(|(place, _)| *place).collect()
}

/// The ends and the subtasks that an instance has.
fn waitables(ctx: Context<'_, '_>, instance: u32) -> Vec<Place> {
    let model = &ctx.data().model;
    let tasks = model.tasks.iter().filter(|(place, task)| task.caller == instance && model.waitables[place].index != 0);
    let ends = model.ends.iter().filter(|(_, end)| end.instance == instance);
    tasks.map(|(place, _)| *place).chain(ends.map(|(place, _)| *place)).collect()
}

fn operation(ctx: Context<'_, '_>, task: Place) {
    let instance = ctx.data_mut().model.task(task).instance;
    let (sets, waitables) = (sets(ctx, instance), waitables(ctx, instance));
    let tasks: Vec<Place> = waitables.iter().copied().filter(|at| ctx.data().model.tasks.contains_key(at)).collect();
    let ends: Vec<Place> = waitables.iter().copied().filter(|at| ctx.data().model.ends.contains_key(at)).collect();
    match below(ctx, 12) {
        0 if sets.len() < 3 => {
            let set = get(ctx, "set_new", &[]);
            let new = SetModel { instance, ..SetModel::default() };
            assert!(ctx.data_mut().model.sets.insert(set, new).is_none(), "{set} is in use");
            made(ctx, set);
        }
        1 => {
            let Some(set) = pick(ctx, &sets) else { return };
            let found = &ctx.data().model.sets[&set];
            if found.members > 0 || !found.waiters.is_empty() {
                return traps(ctx, "set_drop", &[set], TrapClass::Waitable);
            }
            run(ctx, "set_drop", &[set]);
            ctx.data_mut().model.sets.remove(&set);
        }
        2 | 3 => {
            let Some(waitable) = pick(ctx, &waitables) else { return };
            let set = if below(ctx, 4) == 0 { NO_SET } else { pick(ctx, &sets).unwrap_or(NO_SET) };
            ctx.data_mut().model.join(waitable, set);
            run(ctx, "join", &[waitable, set]);
        }
        4 => {
            let Some(set) = pick(ctx, &sets) else { return };
            let expected = ctx.data_mut().model.poll(set);
            assert_eq!(call(ctx, "poll", &[set]).expect("no trap"), expected, "poll of {set}");
            given_back(ctx);
        }
        5 | 6 => call_another(ctx, instance),
        7 => {
            let Some(subtask) = pick(ctx, &tasks) else { return };
            if !ctx.data_mut().model.task(subtask).delivered {
                return traps(ctx, "subtask_drop", &[subtask], TrapClass::TaskState);
            }
            let model = &mut ctx.data_mut().model;
            model.join(subtask, 0);
            model.waitables.get_mut(&subtask).expect("a waitable").index = 0;
            model.task(subtask).caller_done = true;
            model.end_of(subtask);
            run(ctx, "subtask_drop", &[subtask]);
        }
        8 => {
            let Some(subtask) = pick(ctx, &tasks) else { return };
            cancel(ctx, subtask);
        }
        9 if ends.len() < 6 => {
            let is_future = below(ctx, 3) == 0;
            let pair = call(ctx, "pair_new", &[is_future.into(), 1]).expect("no trap");
            // The place of what both have in common is not told: any number of its own will do.
            let key = index(ctx);
            let of = SharedModel { is_future, dropped: false, pending: None, ends: 2 };
            ctx.data_mut().model.shared.insert(key, of);
            let another = instance + below(ctx, (INSTANCES - instance + 1) as usize) as u32;
            for (end, writes) in [(pair[0], false), (pair[1], true)] {
                // The readable one may be passed on at once.
                let instance = if writes { instance } else { another };
                if !writes && another != instance {
                    assert_eq!(get(ctx, "end_lift", &[end]), end);
                }
                let number = index(ctx);
                assert_eq!(get(ctx, "end_at", &[end, number]), number);
                let new = EndModel {
                    shared: key,
                    writes,
                    state: CopyPhase::Idle,
                    result: 0,
                    op: 0,
                    pointer: 0,
                    length: 0,
                    progress: 0,
                    size: 0,
                    instance,
                };
                ctx.data_mut().model.ends.insert(end, new);
                let waitable = WaitableModel { index: number, ..WaitableModel::default() };
                assert!(ctx.data_mut().model.waitables.insert(end, waitable).is_none(), "{end} is in use");
                made(ctx, end);
            }
        }
        10 => copy(ctx, instance, &ends),
        11 => {
            if ctx.data_mut().model.task(task).phase == Phase::Resolved {
                return traps(ctx, "returning", &[], TrapClass::TaskState);
            }
            if ctx.data_mut().model.task(task).phase != Phase::CancelDelivered {
                return traps(ctx, "task_cancel", &[], TrapClass::TaskState);
            }
            resolve(ctx, task);
        }
        _ => {}
    }
}

fn copy(ctx: Context<'_, '_>, instance: u32, ends: &[Place]) {
    let Some(end) = pick(ctx, ends) else { return };
    let found = ctx.data().model.ends[&end];
    let is_future = ctx.data().model.shared[&found.shared].is_future;
    match below(ctx, 5) {
        0 if found.state == CopyPhase::Copying => {
            let expected = ctx.data_mut().model.cancel_copy(end);
            assert_eq!(get(ctx, "end_cancel", &[end, 1]), expected, "cancellation of {end}");
        }
        0 => traps(ctx, "end_cancel", &[end, 1], TrapClass::CopyState),
        1 if ctx.data().model.may_drop(end) => {
            ctx.data_mut().model.drop_end(end);
            run(ctx, "end_drop", &[end]);
        }
        1 => traps(ctx, "end_drop", &[end], TrapClass::CopyState),
        _ => {
            let (op, pointer) = (below(ctx, 1000) as u32, below(ctx, 1 << 16) as u32);
            let length = if is_future { 1 } else { [0, 1, 2, 5, 100][below(ctx, 5)] };
            let args = [end, op, pointer, length, 4, instance, 1];
            if found.state != CopyPhase::Idle {
                return traps(ctx, "end_copy", &args, TrapClass::CopyState);
            }
            let expected = ctx.data_mut().model.copy(end, op, pointer, length, 4, instance);
            assert_eq!(get(ctx, "end_copy", &args), expected, "copy of {end}");
            given_back(ctx);
        }
    }
}

/// `canon lower` with `async`.
fn call_another(ctx: Context<'_, '_>, caller: u32) {
    let callees: Vec<u32> = (caller + 1..=INSTANCES).collect();
    let Some(instance) = pick(ctx, &callees) else { return };
    if ctx.data().depth >= DEPTH || ctx.data().model.tasks.len() > 60 {
        return;
    }
    let task = new_task(ctx, caller, instance);
    let open = !ctx.data().model.closed(instance) && ctx.data().model.instances[&instance].entering.is_empty();
    assert_eq!(get(ctx, "gate", &[task]), u32::from(open), "the gate of {instance}");
    if open {
        start(ctx, task);
    } else {
        run(ctx, "queue", &[task]);
        ctx.data_mut().model.task(task).run = Run::Entering;
        ctx.data_mut().model.instances.get_mut(&instance).expect("an instance").entering.push_back(task);
    }
    let state = ctx.data_mut().model.task(task).state;
    let expected = ctx.data_mut().model.returned(task);
    assert_eq!(get(ctx, "returned", &[task]), expected, "the state of {task}");
    given_back(ctx);
    if expected == 0 {
        let number = index(ctx);
        assert_eq!(get(ctx, "subtask_at", &[task, number]), state | number << 4);
        ctx.data_mut().model.waitables.get_mut(&task).expect("a waitable").index = number;
    }
}

/// `subtask.cancel` with `async`.
fn cancel(ctx: Context<'_, '_>, subtask: Place) {
    let model = &mut ctx.data_mut().model;
    let found = model.task(subtask).clone();
    if found.delivered || found.requested {
        return traps(ctx, "subtask_cancel", &[subtask, 1], TrapClass::TaskState);
    }
    if found.state < 2 {
        model.task(subtask).requested = true;
        if found.run == Run::Entering {
            model.instances.get_mut(&found.instance).expect("one").entering.retain(|task| *task != subtask);
            let task = model.task(subtask);
            (task.run, task.phase, task.callee_done) = (Run::Ended, Phase::Resolved, true);
            model.progress(subtask, 3);
        } else if found.run == Run::Running || model.instances[&found.instance].lock {
            model.task(subtask).phase = Phase::PendingCancel;
        } else {
            // It is called on the spot.
            model.task(subtask).phase = Phase::CancelDelivered;
            model.task(subtask).cancels = true;
            model.own_resume(subtask);
        }
    }
    let got = get(ctx, "subtask_cancel", &[subtask, 1]);
    // The callee may have answered by now: what is delivered is what the model finds then, and `unlend` was called on the way.
    let expected = ctx.data_mut().model.cancelled_after(subtask);
    assert_eq!(got, expected, "cancellation of {subtask}");
    given_back(ctx);
}

/// A call of the host, or another turn of one.
fn of_host(ctx: Context<'_, '_>) {
    let parked: Vec<Place> =
        ctx.data().model.tasks.iter().filter(|(_, task)| task.root && !task.caller_done).map(|(at, _)| *at).collect();
    let task = match pick(ctx, &parked) {
        Some(task) if below(ctx, 3) > 0 || parked.len() > 3 => {
            let found = ctx.data_mut().model.task(task).clone();
            let cancels = found.phase == Phase::Started && below(ctx, 6) == 0;
            let model = &mut ctx.data_mut().model;
            model.task(task).parked = false;
            if cancels {
                model.task(task).phase = Phase::CancelDelivered;
                model.task(task).cancels = true;
            }
            if model.may_run(task) {
                model.push(task);
            }
            // The read of its stream is over, or was cancelled.
            run(ctx, "set_reading", &[task, 0]);
            run(ctx, "host_event", &[task, if cancels { 6 } else { 2 }]);
            task
        }
        _ => {
            let instance = 1 + below(ctx, INSTANCES as usize) as u32;
            if below(ctx, 5) == 0 {
                let more = if ctx.data().model.instances[&instance].backpressure > 0 { u32::MAX } else { 1 };
                run(ctx, "backpressure", &[instance, more]);
                let of = ctx.data_mut().model.instances.get_mut(&instance).expect("an instance");
                of.backpressure = of.backpressure.wrapping_add(more);
                return;
            }
            let task = new_task(ctx, 0, instance);
            start(ctx, task);
            task
        }
    };
    ctx.data_mut().model.own = Some(task);
    let code = get(ctx, "drive", &[task]);
    let model = &mut ctx.data_mut().model;
    if code != 1 {
        for of in model.instances.values() {
            let may_enter = !of.lock && of.backpressure == 0 && !of.entering.is_empty();
            assert!(!may_enter, "a task could enter");
        }
        model.pass_over(None);
    }
    model.own = None;
    let ended = model.task(task).run == Run::Ended;
    match code {
        0 => {
            assert!(ended, "{task} has not ended");
            model.task(task).caller_done = true;
            model.end_of(task);
            run(ctx, "root_end", &[task]);
        }
        1 => {}
        _ => {
            assert!(!ended, "{task} has ended");
            model.task(task).parked = true;
        }
    }
    given_back(ctx);
    let live = ctx.data().model.live();
    assert_eq!(get(ctx, "live", &[]) as usize, live, "records in use");
    let (places, most) = (ctx.data().places.len(), ctx.data().most);
    assert!(places <= most, "{places} places were used for {most} records at most");
}

/// The runtime with callbacks of the test.
fn world(module: &Module, seed: u64) -> Store<World> {
    let data = World {
        model: Model::default(),
        random: Random::new(seed),
        instance: None,
        trap: None,
        depth: 0,
        index: 0,
        places: Default::default(),
        most: 0,
        seen: Default::default(),
    };
    let mut store = Store::new(module.engine(), data);
    for instance in 1..=INSTANCES {
        store.data_mut().model.instances.insert(instance, InstanceModel::default());
    }
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
            Func::new(&mut store, ty, move |mut caller: Caller<'_, World>, params, _| {
                let ctx = &mut caller.as_context_mut();
                if is_trap {
                    let class = TrapClass::ALL.into_iter().find(|class| class.name() == name).expect("a known class");
                    ctx.data_mut().trap = Some(class);
                    return Err(wasmtime::Error::msg(class.name()));
                }
                let params: Vec<u32> = params.iter().map(|param| param.unwrap_i32().cast_unsigned()).collect();
                called_back(ctx, &name, &params);
                Ok(())
            })
            .into()
        })
        .collect();
    let instance = Instance::new(&mut store, module, &imports).expect("instantiation");
    store.data_mut().instance = Some(instance);
    store
}

fn called_back(ctx: Context<'_, '_>, name: &str, params: &[u32]) {
    match name {
        "start" => {
            let task = params[0];
            let model = &mut ctx.data_mut().model;
            let instance = model.task(task).instance;
            assert!(!model.closed(instance), "{task} enters an instance that is closed");
            let of = model.instances.get_mut(&instance).expect("an instance");
            assert_eq!(of.entering.pop_front(), Some(task), "who waits longest enters first");
            model.task(task).run = Run::Running;
            start(ctx, task);
        }
        "resume" => {
            let task = params[0];
            if !ctx.data_mut().model.is_resumed_now(task) {
                for of in ctx.data().model.instances.values() {
                    assert!(of.lock || of.backpressure > 0 || of.entering.is_empty(), "a task could enter");
                }
                ctx.data_mut().model.pass_over(Some(task));
            }
            resume(ctx, task);
        }
        "wake" => {
            let model = &mut ctx.data_mut().model;
            let task = model.task(params[0]);
            assert!(task.root && task.parked, "{} needs no waking", params[0]);
            task.parked = false;
            assert!(model.may_run(params[0]) && model.own != Some(params[0]), "{} has nothing to do", params[0]);
        }
        "copy" => {
            let expected = ctx.data_mut().model.copied.pop_front();
            assert_eq!(expected.map(|copied| copied.to_vec()), Some(params.to_vec()), "what is copied");
        }
        "unlend" => {
            let model = &mut ctx.data_mut().model;
            model.give_back_one(params[0], params[1]);
        }
        _ => panic!("a callback `{name}`"),
    }
}

fn module(wasm: &[u8]) -> Module {
    Module::new(&Engine::default(), wasm).expect("a runtime module is valid")
}

fn tasks(room: Room) -> Vec<u8> {
    let callbacks = TaskCallbacks::of(|| FuncRef::Synth(SynthId::new(0)));
    RuntimeInstance::tasks(INSTANCES, callbacks, room).module().wasm.to_vec()
}

/// Random programs; the traps that they met.
fn programs(module: &Module, worlds: u64) -> std::collections::BTreeSet<TrapClass> {
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..worlds {
        let mut store = world(module, 0x9e37_79b9_7f4a_7c15 ^ seed);
        for _ in 0..200 {
            of_host(&mut store.as_context_mut());
        }
        seen.extend(std::mem::take(&mut store.data_mut().seen));
    }
    seen
}

fn worlds() -> u64 {
    std::env::var("MELD_WORLDS").ok().map_or(40, |text| text.parse().expect("a number"))
}

#[test]
fn random_programs() {
    for room in [Room::Memory, Room::Gc] {
        let seen = programs(&module(&tasks(room)), worlds());
        let all = [TrapClass::TaskState, TrapClass::Waitable, TrapClass::CopyState, TrapClass::BorrowLeak];
        assert_eq!(seen, all.into_iter().collect(), "{room:?}");
    }
}

/// A function of the text, and what is put in the place of its first part that is like this.
const FAULTS: [(&str, &str, &str); 6] = [
    ("$end_of", "i32.const 49", "i32.const 48"),
    ("$link", "call $push", "drop"),
    ("returning", "i32.const 5", "i32.const 99"),
    ("$here", "i32.mul", "i32.sub"),
    ("$release", "global.set $free", "drop"),
    ("gate", "i32.or", "i32.and"),
];

/// Each fault is seen.
#[test]
fn faults() {
    let text = wasmprinter::print_bytes(tasks(Room::Memory)).expect("a module has a text");
    // Without a fault, the text is as good as the module.
    programs(&module(&wat::parse_str(&text).expect("the text is a module")), 40);
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

/// How the text of a function begins: by its name, or by the name of its export.
fn head(text: &str, func: &str) -> String {
    if func.starts_with('$') {
        return format!("(func {func} ");
    }
    let export = format!("(export \"{func}\" (func ");
    let at = text.find(&export).unwrap_or_else(|| panic!("no export {func}")) + export.len();
    let number: String = text[at..].chars().take_while(|c| *c != ')').collect();
    if number.starts_with('$') { format!("(func {number} ") } else { format!("(func (;{number};) ") }
}

fn spoil(text: &str, head: &str, from: &str, to: &str) -> String {
    let at = text.find(head).unwrap_or_else(|| panic!("no {head}"));
    let place = text[at..].find(from).unwrap_or_else(|| panic!("no {from} in {head}")) + at;
    format!("{}{to}{}", &text[..place], &text[place + from.len()..])
}
