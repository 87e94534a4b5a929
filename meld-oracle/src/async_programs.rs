//! Random asynchronous programs: compositions of two to five instances that call each other, wait, yield, cancel, and pass streams and
//! futures, whose result does not depend on who runs first.
//!
//! In: a seed, and [`Kinds`]: what programs may do. Out: a [`World`], as text, and what a run of it gave ([`run()`]): a number for each
//! root function that the host calls, and a digest for each instance, or a fault. [`World::jittered`] is the same world with other schedules.
//!
//! A program is *confluent*, so that its result can be compared exactly with that of another form of it, whatever the order in which
//! tasks run. What makes it so:
//! - A task has variables of its own. What tasks of one instance share is a digest, to which they add, and memory that they allocate.
//! - A stream or a future has one writer and one reader, and how many elements are copied at once shows nowhere: both sides go on until they
//!   have what they want, or the other side is gone. An operation that is cancelled is begun again.
//! - A call is cancelled only while its callee waits for a future that the caller has not written. Whether it had begun by then is not looked at.
//! - Nothing looks at which of several events comes first.
//!
//! And no program waits for ever, unless it is meant to ([`Kinds::deadlocks`]): an instance calls only those before it; who waits with the lock of its
//! instance, or with backpressure on, waits for nothing but calls of those before it; and who takes a stream or a future from its caller, or gives one,
//! waits without the lock.
//!
//! A function is a list of statements ([`Stmt`]), compiled to a state machine, which is the same whether the host calls it again
//! (a callback), or a loop does (a function lifted without one, or without `async`).
//! Rejected: programs that are not confluent. They need a model of the specification that enumerates its traces.

mod bodies;
mod code;
mod run;
mod text;

pub use run::{Compared, Outcome, compare, run};

use crate::generate::Random;

/// What programs may do.
#[derive(Debug, Clone, Copy)]
pub struct Kinds {
    /// Only the last instance uses tasks; the others have synchronous functions, and functions of `async` type that cannot block.
    pub principal: bool,
    /// Functions lifted with `async` and without a callback.
    pub stackful: bool,
    /// Functions that wait with the lock of their instance: lifted without `async`, or with calls that block.
    pub blocking: bool,
    /// Functions of the last instance, and of the others in the chain, yield in the middle of a call.
    pub yields: bool,
    /// Only the last instance and some others wait with the lock, and these are called by each other alone, and so that the caller waits.
    pub chain: bool,
    /// Streams and futures.
    pub channels: bool,
    /// Cancelled calls, reads and writes.
    pub cancel: bool,
    /// Times in which no new call begins.
    pub backpressure: bool,
    /// Programs that wait for ever, in one of eight worlds.
    pub deadlocks: bool,
    /// Programs that trap, in one of eight worlds.
    pub traps: bool,
}

impl Kinds {
    /// All of them, with several instances that use tasks.
    pub const ALL: Kinds = Kinds {
        principal: false,
        stackful: true,
        blocking: true,
        yields: false,
        chain: false,
        channels: true,
        cancel: true,
        backpressure: true,
        deadlocks: true,
        traps: true,
    };
    /// All of them, with one instance that uses tasks.
    pub const PRINCIPAL: Kinds = Kinds { principal: true, ..Kinds::ALL };
    /// Every function has a callback, and nothing blocks in the middle of a call.
    pub const CALLBACKS: Kinds = Kinds { stackful: false, blocking: false, ..Kinds::ALL };
    /// The same without backpressure, which would keep half of the worlds from being fused; code yields in the middle of a call.
    pub const YIELDS: Kinds = Kinds { yields: true, backpressure: false, ..Kinds::CALLBACKS };
    /// Stacks of several instances wait, for others that have callbacks.
    pub const CHAIN: Kinds = Kinds { stackful: false, yields: true, chain: true, backpressure: false, ..Kinds::ALL };
}

/// The type of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Elem {
    /// None: something that is only counted.
    Unit,
    /// `u8`.
    U8,
    /// `u32`.
    U32,
    /// `u64`.
    U64,
    /// `f64`.
    F64,
}

/// The type of a stream or of a future.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Chan {
    /// Whether it is a future.
    pub future: bool,
    /// What it carries.
    pub elem: Elem,
}

/// The type of a function, and how it behaves towards its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sig {
    /// Two numbers to a number, not of `async` type.
    Sync,
    /// Two numbers to a number.
    Plain,
    /// A readable end and a number to a number.
    Consume(Chan),
    /// A number to a readable end.
    Produce(Chan),
    /// A readable end and a number to another one.
    Transform(Chan, Chan),
    /// A future without a value, and a number, to a number: it waits for the future before anything else. Whether it gives up if it is cancelled
    /// meanwhile.
    Gate(bool),
}

/// How a function is lifted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// With `async` and a callback.
    Callback,
    /// With `async` alone.
    Stackful,
    /// Without `async`.
    Sync,
    /// The same, and it never waits, and has no task of its own to keep.
    Pure,
}

/// A function.
#[derive(Debug, Clone)]
pub struct Func {
    /// Its type.
    pub sig: Sig,
    /// How it is lifted.
    pub form: Form,
    /// What it does.
    pub(crate) body: Vec<Stmt>,
    /// Calls that a call of it makes, and one.
    pub cost: usize,
}

/// A function of the world: instance and position.
pub type Callee = (usize, usize);

/// A statement. A task has variables (`v`), ends of streams and futures (`e`), and slots (`s`) for what it has begun; all are numbers.
#[derive(Debug, Clone)]
pub(crate) enum Stmt {
    /// Mixes a constant into a variable.
    Mix { v: usize, k: u32 },
    /// Mixes a variable into a variable.
    Join { v: usize, w: usize },
    /// Adds a variable to the digest of the instance.
    Digest { v: usize },
    /// Lets others run; with `blocking` by a built-in, in the middle of what it does.
    Yield { blocking: bool },
    /// Takes an event from the task's set, if there is one.
    Poll,
    /// Begins a call.
    Call { s: usize, callee: Callee, e: Option<usize>, v: usize },
    /// Calls, and waits for the result in the middle of what it does; mixes the result into `v`.
    Blocking { callee: Callee, v: usize },
    /// Makes a stream or a future.
    Open { chan: Chan, read: usize, write: usize },
    /// Begins to read or write `n` elements, at most `chunk` at once; drops the end when that has ended, if `drops`.
    Start { s: usize, chan: Chan, writes: bool, e: usize, n: usize, chunk: usize, v: usize, drops: bool },
    /// Cancels the read or write under way, if it is; it begins again by itself.
    Interrupt { s: usize, is_async: bool },
    /// Cancels a call of a [`Sig::Gate`].
    Cancel { s: usize, is_async: bool },
    /// Drops the readable end, if the call was cancelled before it began, and so has not taken it.
    Reclaim { s: usize, e: usize },
    /// Waits until all slots of `slots`, a set of bits, have ended; with `blocking` in the middle of what it does.
    Await { slots: u32, blocking: bool },
    /// Waits for a slot that reads a future, and gives up if the task is cancelled meanwhile.
    AwaitOrGiveUp { s: usize, e: usize },
    /// Mixes into `v` what came of a slot, which is free then: a result, a fold of elements, or how many were written.
    Take { s: usize, v: usize },
    /// The end that a call has returned.
    TakeEnd { s: usize, e: usize },
    /// Whether a call was cancelled, before it began or later, mixed into `v`.
    TakeCancelled { s: usize, v: usize },
    /// Frees a slot.
    Free { s: usize },
    /// Drops an end.
    DropEnd { chan: Chan, writes: bool, e: usize },
    /// Returns a variable.
    Return { v: usize },
    /// Returns a readable end.
    ReturnEnd { chan: Chan, e: usize },
    /// Turns backpressure on or off.
    Backpressure { on: bool },
    /// Does it several times; `counter` is the counter.
    Repeat { counter: usize, times: usize, body: Vec<Stmt> },
    /// Traps.
    Trap,
}

/// Variables of a task.
pub(crate) const VARS: usize = 8;
/// Ends of a task.
pub(crate) const ENDS: usize = 6;
/// Slots of a task.
pub(crate) const SLOTS: usize = 6;
/// Counters of a task.
pub(crate) const COUNTERS: usize = 4;

/// A composition, and the calls of the host.
#[derive(Debug, Clone)]
pub struct World {
    /// The functions of each instance; those of one call those of instances before it.
    pub instances: Vec<Vec<Func>>,
    /// The functions that the host calls, with their arguments.
    pub roots: Vec<(Callee, [u32; 2])>,
    /// Whether it calls them at once, and not one after the other.
    pub at_once: bool,
    /// A function of the last instance that only yields. The host calls it in the end, where a function that waited with its stack may have left tasks
    /// that are ready: in one module they run in the next call of the host (`docs/adr/0052-tasks-in-the-module.md`).
    pub settles: Option<Callee>,
}

impl World {
    /// The world of a seed.
    pub fn random(random: &mut Random, kinds: &Kinds) -> World {
        let count = 2 + random.below(4);
        let spoiled =
            bodies::Spoiled { deadlock: kinds.deadlocks && random.one_in(8), trap: kinds.traps && random.one_in(8) };
        // Who waits for several calls at once could wait for the host, too: so no engine calls that a deadlock.
        let at_once = random.one_in(2) && !spoiled.deadlock;
        let mut world = World { instances: Vec::new(), roots: Vec::new(), at_once, settles: None };
        let chain: Vec<bool> =
            (0..count).map(|k| kinds.chain && (k + 1 == count || k > 0 && !random.one_in(3))).collect();
        for k in 0..count {
            let last = k + 1 == count;
            let mut funcs = Vec::new();
            // An instance that calls nothing may have leaves.
            let calls_nothing = kinds.principal && !last && random.one_in(2);
            for n in 0..2 + random.below(3) {
                // The first one can be called by anybody; the last instance is there for its roots.
                let sig = if chain[k] && !last {
                    if random.one_in(5) { Sig::Sync } else { Sig::Plain }
                } else if kinds.principal && !last {
                    if calls_nothing && random.one_in(2) { Sig::Plain } else { Sig::Sync }
                } else if n == 0 || last {
                    Sig::Plain
                } else {
                    sig(random, kinds)
                };
                let form = match sig {
                    Sig::Plain if chain[k] && (!last || random.one_in(2)) => Form::Sync,
                    // Nobody else waits with the lock.
                    _ if kinds.chain => form(random, &Kinds { blocking: false, ..*kinds }, sig, last),
                    _ => form(random, kinds, sig, last),
                };
                let spoiled = if last && n == 0 { spoiled } else { bodies::Spoiled::default() };
                let before = if calls_nothing { &[][..] } else { &world.instances[..] };
                let yields = kinds.yields && (last || chain[k]);
                let before = bodies::Before { instances: before, chain: &chain, in_chain: chain[k], yields };
                funcs.push(bodies::func(random, kinds, before, sig, form, spoiled));
            }
            world.instances.push(funcs);
        }
        for n in 0..world.instances[count - 1].len() {
            if n == 0 || random.one_in(2) {
                world.roots.push(((count - 1, n), [random.bits() as u32, random.bits() as u32]));
            }
        }
        if kinds.chain {
            let body = vec![Stmt::Yield { blocking: false }, Stmt::Yield { blocking: false }, Stmt::Return { v: 0 }];
            world.settles = Some((count - 1, world.instances[count - 1].len()));
            world.instances[count - 1].push(Func { sig: Sig::Plain, form: Form::Callback, body, cost: 1 });
        }
        for k in 0..if kinds.principal || kinds.chain { 0 } else { count - 1 } {
            if random.one_in(4) {
                world.roots.push(((k, 0), [random.bits() as u32, random.bits() as u32]));
            }
        }
        world
    }

    /// The same world, whose tasks let others run more often, and read and write in other portions: its outcome is the same.
    pub fn jittered(&self, random: &mut Random) -> World {
        let mut world = self.clone();
        for func in world.instances.iter_mut().flatten().filter(|func| func.form != Form::Pure) {
            func.body = jittered(&func.body, random);
        }
        world
    }

    /// The function of a callee.
    pub(crate) fn func(&self, (k, n): Callee) -> &Func {
        &self.instances[k][n]
    }
}

fn jittered(body: &[Stmt], random: &mut Random) -> Vec<Stmt> {
    let mut out = Vec::new();
    for stmt in body {
        match random.below(4) {
            0 => out.push(Stmt::Yield { blocking: false }),
            1 => out.push(Stmt::Poll),
            _ => {}
        }
        let mut stmt = stmt.clone();
        match &mut stmt {
            Stmt::Repeat { body, .. } => *body = jittered(body, random),
            Stmt::Start { chunk, .. } => *chunk = 1 + random.below(8),
            _ => {}
        }
        out.push(stmt);
    }
    out
}

fn chan(random: &mut Random) -> Chan {
    let elem = *random.pick(&[Elem::Unit, Elem::U8, Elem::U32, Elem::U64, Elem::F64]);
    Chan { future: random.one_in(3), elem }
}

fn sig(random: &mut Random, kinds: &Kinds) -> Sig {
    match random.below(if kinds.channels { 10 } else { 3 }) {
        0 => Sig::Sync,
        1 | 2 => Sig::Plain,
        3 | 4 => Sig::Consume(chan(random)),
        5 | 6 => Sig::Produce(chan(random)),
        7 | 8 => Sig::Transform(Chan { future: false, ..chan(random) }, Chan { future: false, ..chan(random) }),
        _ => Sig::Gate(random.one_in(2)),
    }
}

fn form(random: &mut Random, kinds: &Kinds, sig: Sig, last: bool) -> Form {
    match sig {
        Sig::Sync => Form::Pure,
        Sig::Plain if kinds.principal && !last => Form::Pure,
        Sig::Gate(_) => Form::Callback,
        Sig::Plain if !last && random.one_in(5) => Form::Pure,
        Sig::Plain if kinds.blocking && random.one_in(4) => Form::Sync,
        _ if kinds.stackful && random.one_in(4) => Form::Stackful,
        _ => Form::Callback,
    }
}
