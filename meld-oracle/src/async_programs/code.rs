//! The core module of an instance.
//!
//! A task is a record in memory, whose address is in its context slot 0:
//!
//! | offset | |
//! |--:|---|
//! | 0 | the statement that is next |
//! | 4 | its waitable set |
//! | 8 | whether it was cancelled |
//! | 12 | what its context slot 1 must have |
//! | 16 | variables |
//! | 48 | the event of a wait |
//! | 56 | counters |
//! | 72 | ends: an index, and whether the other side is gone |
//! | 128 | slots, of 128 bytes |
//!
//! and a slot is: state (0 free, 1 to be begun or continued, 2 under way, 3 ended), index, operation ([`CALL`] or a number), elements that are left,
//! elements at once, elements done, fold of elements, seed of elements, offset of its end, status of the call, whether it is being cancelled,
//! whether it drops its end; at 48 the result of a call; at 64 the buffer. Numbers have four bytes each.

use super::{COUNTERS, Chan, ENDS, Elem, Form, Func, SLOTS, Sig, Stmt, VARS, World};
use std::collections::BTreeMap;
use std::fmt::Write;

const VAR: usize = 16;
const EVENT: usize = 48;
const COUNTER: usize = 56;
const END: usize = 72;
const SLOT: usize = 128;
const SLOT_SIZE: usize = 128;
const TASK_SIZE: usize = SLOT + SLOTS * SLOT_SIZE;

const _: () = assert!(VAR + 4 * VARS <= EVENT && COUNTER + 4 * COUNTERS <= END && END + 8 * ENDS <= SLOT);

/// The operation of a slot that is a call.
const CALL: i32 = -1;

/// The core module in the making.
pub(super) struct Code<'w> {
    world: &'w World,
    /// Imports: how the component defines each, and its core type.
    pub(super) imports: BTreeMap<String, (String, String)>,
    /// Streams and futures that are read or written.
    ops: Vec<(Chan, bool)>,
    pub(super) out: String,
}

/// The name of a stream or future in identifiers.
pub(super) fn chan_name(chan: Chan) -> String {
    let elem = match chan.elem {
        Elem::Unit => "unit",
        Elem::U8 => "u8",
        Elem::U32 => "u32",
        Elem::U64 => "u64",
        Elem::F64 => "f64",
    };
    format!("{}-{elem}", kind(chan))
}

fn kind(chan: Chan) -> &'static str {
    if chan.future { "future" } else { "stream" }
}

fn side(writes: bool) -> &'static str {
    if writes { "write" } else { "read" }
}

fn var(v: usize) -> String {
    field(VAR + 4 * v)
}

fn field(at: usize) -> String {
    format!("(i32.load offset={at} (local.get $t))")
}

fn set(at: usize, value: &str) -> String {
    format!("(i32.store offset={at} (local.get $t) {value})")
}

fn slot(s: usize, at: usize) -> usize {
    SLOT + SLOT_SIZE * s + at
}

/// `v` with `x` mixed in.
fn mixed(v: usize, x: &str) -> String {
    set(VAR + 4 * v, &format!("(i32.add (i32.mul {} (i32.const 31)) {x})", var(v)))
}

/// One statement of the machine.
enum Flat {
    Code(String),
    Await {
        slots: u32,
    },
    AwaitOrGiveUp {
        s: usize,
        e: usize,
    },
    Yield,
    /// Back to a statement while the counter is not 0.
    Again {
        counter: usize,
        to: usize,
    },
}

impl<'w> Code<'w> {
    pub(super) fn new(world: &'w World) -> Self {
        Code { world, imports: BTreeMap::new(), ops: Vec::new(), out: String::new() }
    }

    /// A core function that the component defines by `canon`; its name.
    fn need(&mut self, name: &str, canon: &str, ty: &str) -> String {
        self.imports.entry(name.to_owned()).or_insert_with(|| (canon.to_owned(), ty.to_owned()));
        format!("call ${name}")
    }

    fn builtin(&mut self, name: &str, ty: &str) -> String {
        self.need(name, name, ty)
    }

    fn wait(&mut self) -> String {
        self.need("waitable-set.wait", "waitable-set.wait (memory $mem)", "(param i32 i32) (result i32)")
    }

    fn on_chan(&mut self, chan: Chan, what: &str, options: &str, ty: &str) -> String {
        let name = format!("{}.{what}{}", chan_name(chan), if options.starts_with("async") { "-async" } else { "" });
        let options = if options.is_empty() { String::new() } else { format!(" {options}") };
        self.need(&name, &format!("{}.{what} ${}{options}", kind(chan), chan_name(chan)), ty)
    }

    /// The number of an operation.
    fn op(&mut self, chan: Chan, writes: bool) -> usize {
        let found = self.ops.iter().position(|op| *op == (chan, writes));
        found.unwrap_or_else(|| {
            self.ops.push((chan, writes));
            self.ops.len() - 1
        })
    }

    /// The functions of `instance`, and what they need.
    pub(super) fn instance(&mut self, funcs: &[Func]) {
        let waits = funcs.iter().any(|func| func.form != Form::Pure);
        for (n, func) in funcs.iter().enumerate() {
            match func.form {
                Form::Pure => self.pure(n, func),
                _ => self.waiting(n, func),
            }
        }
        self.out.push_str("(global $digest (mut i32) (i32.const 0))\n");
        self.out.push_str("(func (export \"digest\") (result i32) (global.get $digest))\n");
        if waits {
            self.runtime(funcs);
        }
    }

    /// The canonical options of a lower, and its core type.
    fn lower(&mut self, (k, n): super::Callee, is_async: bool) -> String {
        let func = self.world.func((k, n));
        let name = format!("i{k}-f{n}");
        match is_async {
            true => {
                let params = if matches!(func.sig, Sig::Produce(_)) { "i32" } else { "i32 i32" };
                let ty = format!("(param {params} i32) (result i32)");
                self.need(&format!("{name}-async"), &format!("lower (func ${name}) async (memory $mem)"), &ty)
            }
            false => self.need(&name, &format!("lower (func ${name})"), "(param i32 i32) (result i32)"),
        }
    }

    /// A function without a task record: variables are locals.
    fn pure(&mut self, n: usize, func: &Func) {
        let mut body = String::new();
        for stmt in &func.body {
            let line = match stmt {
                Stmt::Mix { v, k } => {
                    let k = *k as i32;
                    format!("(local.set {v} (i32.add (i32.mul (local.get {v}) (i32.const 31)) (i32.const {k})))")
                }
                Stmt::Join { v, w } => {
                    format!("(local.set {v} (i32.add (i32.mul (local.get {v}) (i32.const 31)) (local.get {w})))")
                }
                Stmt::Digest { v } => {
                    format!("(global.set $digest (i32.add (global.get $digest) (local.get {v})))")
                }
                Stmt::Blocking { callee, v } => {
                    let call = self.lower(*callee, false);
                    format!("(local.set {v} ({call} (local.get {v}) (local.get {})))", 1 - v.min(&1))
                }
                other => unreachable!("a function that never waits has no {other:?}"),
            };
            body.push_str(&line);
        }
        let _ = writeln!(
            self.out,
            "(func (export \"f{n}\") (param i32 i32) (result i32) (local i32 i32) {body} (local.get 0))"
        );
    }

    fn waiting(&mut self, n: usize, func: &Func) {
        let mut flat = Vec::new();
        self.flatten(&func.body, func, &mut flat);
        let last = flat.len();
        let mut machine = String::from("(block $p0 (br_table");
        for i in 0..=last {
            let _ = write!(machine, " $p{i}");
        }
        machine.push_str(" (i32.load (local.get $t))))\n");
        for (i, stmt) in flat.iter().enumerate() {
            let code = match stmt {
                Flat::Code(code) => code.clone(),
                Flat::Await { slots } => format!(
                    "(if (i32.eqz (call $ready (local.get $t) (i32.const {slots}))) (then {} (return (call $to-wait (local.get $t)))))",
                    set(0, &format!("(i32.const {i})"))
                ),
                Flat::AwaitOrGiveUp { s, e } => {
                    let cancel = self.builtin("task.cancel", "");
                    let gate = Chan { future: true, elem: Elem::Unit };
                    let stop = self.on_chan(gate, "cancel-read", "", "(param i32) (result i32)");
                    let drop = self.on_chan(gate, "drop-readable", "", "(param i32)");
                    let join = self.builtin("waitable.join", "(param i32 i32)");
                    format!(
                        "(if (i32.eqz (call $ready (local.get $t) (i32.const {}))) (then \
                           (if {} (then \
                             ({join} {end} (i32.const 0)) (if (i32.ne ({stop} {end}) (i32.const 2)) (then unreachable)) \
                             ({drop} {end}) {} ({cancel}) (return (i32.const 0)))) \
                           {} (return (call $to-wait (local.get $t)))))",
                        1 << s,
                        field(8),
                        set(slot(*s, 0), "(i32.const 0)"),
                        set(0, &format!("(i32.const {i})")),
                        end = field(END + 8 * e),
                    )
                }
                Flat::Yield => format!("{} (return (i32.const 1))", set(0, &format!("(i32.const {})", i + 1))),
                Flat::Again { counter, to } => {
                    let at = COUNTER + 4 * counter;
                    format!(
                        "{} (if {} (then {} (br $again)))",
                        set(at, &format!("(i32.sub {} (i32.const 1))", field(at))),
                        field(at),
                        set(0, &format!("(i32.const {to})"))
                    )
                }
            };
            machine = format!("(block $p{} {machine})\n", i + 1, machine = machine + &code);
        }
        // The first block is around nothing but the table; each is closed before its statement.
        let _ = writeln!(
            self.out,
            "(func $step{n} (param $t i32) (result i32) (local $x i64) (loop $again {machine}) (i32.const 0))"
        );
        self.entry(n, func);
    }

    /// How a function begins, and is called again.
    fn entry(&mut self, n: usize, func: &Func) {
        let context_set = self.need("context.set-0", "context.set i32 0", "(param i32)");
        let context_set1 = self.need("context.set-1", "context.set i32 1", "(param i32)");
        let params = if matches!(func.sig, Sig::Produce(_)) { "i32" } else { "i32 i32" };
        let first = match func.sig {
            Sig::Sync | Sig::Plain => set(VAR, "(local.get 0)") + &set(VAR + 4, "(local.get 1)"),
            Sig::Produce(_) => set(VAR, "(local.get 0)"),
            Sig::Consume(_) | Sig::Transform(..) | Sig::Gate(_) => {
                set(END, "(local.get 0)") + &set(VAR, "(local.get 1)")
            }
        };
        let begin = format!(
            "(local.set $t (call $alloc)) ({context_set} (local.get $t)) {first} ({context_set1} {})",
            field(12)
        );
        let _ = match func.form {
            Form::Callback => {
                let context_get = self.need("context.get-0", "context.get i32 0", "(result i32)");
                let context_get1 = self.need("context.get-1", "context.get i32 1", "(result i32)");
                writeln!(
                    self.out,
                    "(func (export \"f{n}\") (param {params}) (result i32) (local $t i32) {begin} \
                       (call $after (local.get $t) (call $step{n} (local.get $t)))) \
                     (func (export \"callback{n}\") (param i32 i32 i32) (result i32) (local $t i32) \
                       (local.set $t ({context_get})) \
                       (if (i32.ne ({context_get1}) {}) (then unreachable)) \
                       (call $deliver (local.get $t) (local.get 0) (local.get 1) (local.get 2)) \
                       (call $after (local.get $t) (call $step{n} (local.get $t))))",
                    field(12)
                )
            }
            Form::Stackful | Form::Sync => {
                let context_get1 = self.need("context.get-1", "context.get i32 1", "(result i32)");
                let yields = self.need("thread.yield", "thread.yield", "(result i32)");
                let wait = self.wait();
                let (result, last) = match func.form {
                    Form::Sync => ("(result i32)", "(local.get $r)"),
                    _ => ("", ""),
                };
                // What a function lifted without `async` returns, it has in its first variable in the end.
                let keep = match func.form {
                    Form::Sync => format!("(local.set $r {})", var(0)),
                    _ => String::new(),
                };
                writeln!(
                    self.out,
                    "(func (export \"f{n}\") (param {params}) {result} (local $t i32) (local $c i32) (local $r i32) {begin} \
                       (block $ended (loop $next \
                         (local.set $c (call $step{n} (local.get $t))) \
                         (if (i32.ne ({context_get1}) {}) (then unreachable)) \
                         (br_if $ended (i32.eqz (local.get $c))) \
                         (if (i32.eq (local.get $c) (i32.const 1)) \
                           (then (drop ({yields}))) \
                           (else (call $deliver (local.get $t) \
                             ({wait} (i32.shr_u (local.get $c) (i32.const 4)) (i32.add (local.get $t) (i32.const {EVENT}))) \
                             {} {}))) \
                         (br $next))) \
                       {keep} (drop (call $after (local.get $t) (i32.const 0))) {last})",
                    field(12),
                    field(EVENT),
                    field(EVENT + 4)
                )
            }
            Form::Pure => unreachable!("it has no task"),
        };
    }

    fn flatten(&mut self, body: &[Stmt], func: &Func, flat: &mut Vec<Flat>) {
        for stmt in body {
            let code = match stmt {
                Stmt::Mix { v, k } => mixed(*v, &format!("(i32.const {})", *k as i32)),
                Stmt::Join { v, w } => mixed(*v, &var(*w)),
                Stmt::Digest { v } => format!("(global.set $digest (i32.add (global.get $digest) {}))", var(*v)),
                Stmt::Yield { blocking: false } => {
                    flat.push(Flat::Yield);
                    continue;
                }
                Stmt::Yield { blocking: true } => {
                    let yields = self.need("thread.yield", "thread.yield", "(result i32)");
                    format!("(drop ({yields}))")
                }
                Stmt::Poll => {
                    let ty = "(param i32 i32) (result i32)";
                    let poll = self.need("waitable-set.poll", "waitable-set.poll (memory $mem)", ty);
                    format!(
                        "(call $deliver (local.get $t) ({poll} {} (i32.add (local.get $t) (i32.const {EVENT}))) {} {})",
                        field(4),
                        field(EVENT),
                        field(EVENT + 4)
                    )
                }
                Stmt::Call { s, callee, e, v } => self.call(*s, *callee, *e, *v),
                Stmt::Blocking { callee, v } => {
                    let call = self.lower(*callee, false);
                    mixed(*v, &format!("({call} {} {})", var(*v), var((*v + 1) % 4)))
                }
                Stmt::Open { chan, read, write } => {
                    let new = self.on_chan(*chan, "new", "", "(result i64)");
                    format!(
                        "(local.set $x ({new})) {} {} {} {}",
                        set(END + 8 * read, "(i32.wrap_i64 (local.get $x))"),
                        set(END + 8 * read + 4, "(i32.const 0)"),
                        set(END + 8 * write, "(i32.wrap_i64 (i64.shr_u (local.get $x) (i64.const 32)))"),
                        set(END + 8 * write + 4, "(i32.const 0)"),
                    )
                }
                Stmt::Start { s, chan, writes, e, n, chunk, v, drops } => {
                    let op = self.op(*chan, *writes);
                    let end = END + 8 * e;
                    let values = [
                        (4, field(end)),
                        (8, format!("(i32.const {op})")),
                        (12, format!("(i32.const {n})")),
                        (16, format!("(i32.const {chunk})")),
                        (20, "(i32.const 0)".to_owned()),
                        (24, "(i32.const 7)".to_owned()),
                        (28, var(*v)),
                        (32, format!("(i32.const {end})")),
                        (40, "(i32.const 0)".to_owned()),
                        (44, format!("(i32.const {})", u32::from(*drops))),
                        (0, "(i32.const 1)".to_owned()),
                    ];
                    let stores: String = values.iter().map(|(at, value)| set(slot(*s, *at), value)).collect();
                    format!(
                        "{stores} (call $issue (local.get $t) (i32.add (local.get $t) (i32.const {})))",
                        slot(*s, 0)
                    )
                }
                Stmt::Interrupt { s, is_async } => self.interrupt(*s, *is_async),
                Stmt::Cancel { s, is_async } => {
                    let ty = "(param i32) (result i32)";
                    let cancel = match is_async {
                        true => self.need("subtask.cancel-async", "subtask.cancel async", ty),
                        false => self.need("subtask.cancel", "subtask.cancel", ty),
                    };
                    let join = self.builtin("waitable.join", "(param i32 i32)");
                    let at = slot(*s, 0);
                    format!(
                        "(if (i32.ne {} (i32.const 2)) (then unreachable)) \
                         ({join} {} (i32.const 0)) \
                         (call $cancelled (local.get $t) (i32.add (local.get $t) (i32.const {at})) ({cancel} {}))",
                        field(at),
                        field(at + 4),
                        field(at + 4)
                    )
                }
                Stmt::Reclaim { s, e } => {
                    let gate = Chan { future: true, elem: Elem::Unit };
                    let drop = self.on_chan(gate, "drop-readable", "", "(param i32)");
                    let status = field(slot(*s, 36));
                    format!("(if (i32.eq {status} (i32.const 3)) (then ({drop} {})))", field(END + 8 * e))
                }
                Stmt::Await { slots, blocking: false } => {
                    flat.push(Flat::Await { slots: *slots });
                    continue;
                }
                Stmt::Await { slots, blocking: true } => {
                    let wait = self.wait();
                    format!(
                        "(loop $w (if (i32.eqz (call $ready (local.get $t) (i32.const {slots}))) (then \
                           (call $deliver (local.get $t) ({wait} {} (i32.add (local.get $t) (i32.const {EVENT}))) {} {}) (br $w))))",
                        field(4),
                        field(EVENT),
                        field(EVENT + 4)
                    )
                }
                Stmt::AwaitOrGiveUp { s, e } => {
                    flat.push(Flat::AwaitOrGiveUp { s: *s, e: *e });
                    continue;
                }
                Stmt::Take { s, v } => {
                    let at = slot(*s, 0);
                    mixed(*v, &format!("(call $outcome (i32.add (local.get $t) (i32.const {at})))"))
                        + &set(at, "(i32.const 0)")
                }
                Stmt::TakeEnd { s, e } => {
                    set(END + 8 * e, &field(slot(*s, 48)))
                        + &set(END + 8 * e + 4, "(i32.const 0)")
                        + &set(slot(*s, 0), "(i32.const 0)")
                }
                Stmt::TakeCancelled { s, v } => {
                    let status = field(slot(*s, 36));
                    mixed(*v, &format!("(i32.ge_u {status} (i32.const 3))")) + &set(slot(*s, 0), "(i32.const 0)")
                }
                Stmt::Free { s } => set(slot(*s, 0), "(i32.const 0)"),
                Stmt::DropEnd { chan, writes, e } => {
                    let drop = self.drop_end(*chan, *writes);
                    format!("({drop} {})", field(END + 8 * e))
                }
                Stmt::Return { v } if func.form == Form::Sync => {
                    // It is in the first variable at the end.
                    assert_eq!(*v, 0);
                    String::new()
                }
                Stmt::Return { v } => {
                    let returns = self.need("task.return", "task.return (result u32)", "(param i32)");
                    format!("({returns} {})", var(*v))
                }
                Stmt::ReturnEnd { chan, e } => {
                    let name = chan_name(*chan);
                    let canon = format!("task.return (result ${name})");
                    let returns = self.need(&format!("task.return-{name}"), &canon, "(param i32)");
                    format!("({returns} {})", field(END + 8 * e))
                }
                Stmt::Backpressure { on } => {
                    let name = if *on { "backpressure.inc" } else { "backpressure.dec" };
                    format!("({})", self.builtin(name, ""))
                }
                Stmt::Repeat { counter, times, body } => {
                    flat.push(Flat::Code(set(COUNTER + 4 * counter, &format!("(i32.const {times})"))));
                    let to = flat.len();
                    self.flatten(body, func, flat);
                    flat.push(Flat::Again { counter: *counter, to });
                    continue;
                }
                Stmt::Trap => "unreachable".to_owned(),
            };
            flat.push(Flat::Code(code));
        }
    }

    fn drop_end(&mut self, chan: Chan, writes: bool) -> String {
        self.on_chan(chan, if writes { "drop-writable" } else { "drop-readable" }, "", "(param i32)")
    }

    fn call(&mut self, s: usize, callee: super::Callee, e: Option<usize>, v: usize) -> String {
        let call = self.lower(callee, true);
        let at = slot(s, 0);
        let mut before = String::new();
        let args = match (self.world.func(callee).sig, e) {
            (Sig::Produce(_), None) => var(v),
            (Sig::Consume(chan), Some(e)) => {
                // An end whose other side is gone cannot be passed on; another one that is as empty can.
                if !chan.future {
                    let new = self.on_chan(chan, "new", "", "(result i64)");
                    let (drop_r, drop_w) = (self.drop_end(chan, false), self.drop_end(chan, true));
                    before = format!(
                        "(if {} (then ({drop_r} {}) (local.set $x ({new})) {} \
                           ({drop_w} (i32.wrap_i64 (i64.shr_u (local.get $x) (i64.const 32))))))",
                        field(END + 8 * e + 4),
                        field(END + 8 * e),
                        set(END + 8 * e, "(i32.wrap_i64 (local.get $x))"),
                    );
                }
                format!("{} {}", field(END + 8 * e), var(v))
            }
            (Sig::Transform(..) | Sig::Gate(_), Some(e)) => format!("{} {}", field(END + 8 * e), var(v)),
            _ => format!("{} {}", var(v), var((v + 1) % 4)),
        };
        format!(
            "{before} {} {} {} (call $begun (local.get $t) (i32.add (local.get $t) (i32.const {at})) \
               ({call} {args} (i32.add (local.get $t) (i32.const {}))))",
            set(at, "(i32.const 2)"),
            set(at + 8, &format!("(i32.const {CALL})")),
            set(at + 40, "(i32.const 0)"),
            at + 48
        )
    }

    fn interrupt(&mut self, s: usize, is_async: bool) -> String {
        let at = slot(s, 0);
        let name = if is_async { "$interrupt-async" } else { "$interrupt" };
        format!("(call {name} (local.get $t) (i32.add (local.get $t) (i32.const {at})))")
    }
}

/// Whether some statement is one of those that `is` tells.
fn any(body: &[Stmt], is: &impl Fn(&Stmt) -> bool) -> bool {
    body.iter().any(|stmt| {
        is(stmt)
            || match stmt {
                Stmt::Repeat { body, .. } => any(body, is),
                _ => false,
            }
    })
}

impl Code<'_> {
    /// What all functions of an instance call.
    fn runtime(&mut self, funcs: &[Func]) {
        let set_new = self.builtin("waitable-set.new", "(result i32)");
        let set_drop = self.builtin("waitable-set.drop", "(param i32)");
        let join = self.builtin("waitable.join", "(param i32 i32)");
        let subtask_drop = self.builtin("subtask.drop", "(param i32)");
        for is_async in [false, true] {
            let used = |stmt: &Stmt| matches!(stmt, Stmt::Interrupt { is_async: how, .. } if *how == is_async);
            if funcs.iter().any(|func| any(&func.body, &used)) {
                self.interrupts(is_async);
            }
        }
        let (mut issue, mut fill, mut fold, mut drop) = (String::new(), String::new(), String::new(), String::new());
        for (op, (chan, writes)) in self.ops.clone().into_iter().enumerate() {
            let mem = "async (memory $mem)";
            let ty = if chan.future { "(param i32 i32) (result i32)" } else { "(param i32 i32 i32) (result i32)" };
            let call = self.on_chan(chan, side(writes), mem, ty);
            let count = if chan.future { "" } else { "(local.get $n)" };
            let is = format!("(i32.eq (i32.load offset=8 (local.get $s)) (i32.const {op}))");
            let _ = writeln!(
                issue,
                "(if {is} (then (local.set $r ({call} (i32.load offset=4 (local.get $s)) \
                   (i32.add (local.get $s) (i32.const 64)) {count}))))"
            );
            let elem = chan.elem as u32;
            let _ = match writes {
                true => {
                    writeln!(fill, "(if {is} (then (call $fill (local.get $s) (local.get $n) (i32.const {elem}))))")
                }
                false => {
                    writeln!(fold, "(if {is} (then (call $fold (local.get $s) (local.get $n) (i32.const {elem}))))")
                }
            };
            // An operation on a future is over when it has been done; its one element is in no number.
            if chan.future {
                let _ = writeln!(fold, "(if {is} (then (local.set $future (i32.const 1))))");
            }
            let dropped = self.drop_end(chan, writes);
            let _ = writeln!(drop, "(if {is} (then ({dropped} (i32.load offset=4 (local.get $s)))))");
        }
        // `$future` is known before elements are folded.
        let (futures, folds): (Vec<&str>, Vec<&str>) = fold.lines().partition(|line| line.contains("$future"));
        let (futures, folds) = (futures.join("\n"), folds.join("\n"));
        let _ = write!(
            self.out,
            r#"
(global $free (mut i32) (i32.const 0))
(global $top (mut i32) (i32.const 1024))
(global $made (mut i32) (i32.const 12345))
(func $alloc (result i32) (local $t i32)
  (if (global.get $free)
    (then (local.set $t (global.get $free)) (global.set $free (i32.load (local.get $t))))
    (else (local.set $t (global.get $top)) (global.set $top (i32.add (global.get $top) (i32.const {TASK_SIZE})))))
  (memory.fill (local.get $t) (i32.const 0) (i32.const {TASK_SIZE}))
  (global.set $made (i32.mul (global.get $made) (i32.const 69069)))
  (i32.store offset=12 (local.get $t) (global.get $made))
  (i32.store offset=4 (local.get $t) ({set_new}))
  (local.get $t))
;; What a callback answers; a task that has ended is free.
(func $after (param $t i32) (param $c i32) (result i32)
  (if (i32.eqz (local.get $c)) (then
    ({set_drop} (i32.load offset=4 (local.get $t)))
    (i32.store (local.get $t) (global.get $free))
    (global.set $free (local.get $t))))
  (local.get $c))
(func $to-wait (param $t i32) (result i32)
  (i32.or (i32.const 2) (i32.shl (i32.load offset=4 (local.get $t)) (i32.const 4))))
(func $ready (param $t i32) (param $slots i32) (result i32) (local $s i32) (local $i i32)
  (loop $next
    (local.set $s (i32.add (local.get $t) (i32.add (i32.const {SLOT}) (i32.mul (local.get $i) (i32.const {SLOT_SIZE})))))
    (if (i32.eq (i32.load (local.get $s)) (i32.const 1)) (then (call $issue (local.get $t) (local.get $s))))
    (if (i32.and (i32.shr_u (local.get $slots) (local.get $i)) (i32.const 1)) (then
      (if (i32.eqz (i32.load (local.get $s))) (then unreachable))
      (if (i32.eq (i32.load (local.get $s)) (i32.const 3)) (then
        (local.set $slots (i32.and (local.get $slots) (i32.xor (i32.const -1) (i32.shl (i32.const 1) (local.get $i)))))))))
    (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const {SLOTS}))))
  (i32.eqz (local.get $slots)))
(func $deliver (param $t i32) (param $event i32) (param $index i32) (param $what i32) (local $s i32) (local $i i32)
  (if (i32.eqz (local.get $event)) (then (return)))
  (if (i32.eq (local.get $event) (i32.const 6)) (then (i32.store offset=8 (local.get $t) (i32.const 1)) (return)))
  (loop $next
    (local.set $s (i32.add (local.get $t) (i32.add (i32.const {SLOT}) (i32.mul (local.get $i) (i32.const {SLOT_SIZE})))))
    (if (i32.and (i32.eq (i32.load (local.get $s)) (i32.const 2))
                 (i32.eq (i32.load offset=4 (local.get $s)) (local.get $index))) (then
      (call $progress (local.get $t) (local.get $s) (local.get $what)) (return)))
    (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const {SLOTS}))))
  unreachable)
;; What a call has come to at once.
(func $begun (param $t i32) (param $s i32) (param $r i32)
  (if (i32.eq (i32.and (local.get $r) (i32.const 15)) (i32.const 2)) (then
    (i32.store offset=36 (local.get $s) (i32.const 2)) (i32.store (local.get $s) (i32.const 3)) (return)))
  (i32.store offset=4 (local.get $s) (i32.shr_u (local.get $r) (i32.const 4)))
  ({join} (i32.shr_u (local.get $r) (i32.const 4)) (i32.load offset=4 (local.get $t))))
(func $cancelled (param $t i32) (param $s i32) (param $r i32)
  (if (i32.ne (local.get $r) (i32.const -1))
    (then (call $progress (local.get $t) (local.get $s) (local.get $r)))
    (else ({join} (i32.load offset=4 (local.get $s)) (i32.load offset=4 (local.get $t))))))
(func $progress (param $t i32) (param $s i32) (param $r i32) (local $n i32) (local $future i32)
  (if (i32.eq (i32.load offset=8 (local.get $s)) (i32.const {CALL})) (then
    ;; STARTED, or STARTING
    (if (i32.lt_u (local.get $r) (i32.const 2)) (then (return)))
    (i32.store offset=36 (local.get $s) (local.get $r))
    (i32.store (local.get $s) (i32.const 3))
    ({join} (i32.load offset=4 (local.get $s)) (i32.const 0))
    ({subtask_drop} (i32.load offset=4 (local.get $s)))
    (return)))
  (if (i32.eq (i32.load (local.get $s)) (i32.const 2)) (then ({join} (i32.load offset=4 (local.get $s)) (i32.const 0))))
  (i32.store offset=40 (local.get $s) (i32.const 0))
  (local.set $n (i32.shr_u (local.get $r) (i32.const 4)))
  {futures}
  (if (local.get $future) (then (local.set $n (i32.eqz (local.get $r)))))
  {folds}
  (i32.store offset=20 (local.get $s) (i32.add (i32.load offset=20 (local.get $s)) (local.get $n)))
  (i32.store offset=12 (local.get $s) (i32.sub (i32.load offset=12 (local.get $s)) (local.get $n)))
  (if (i32.or (i32.eq (i32.and (local.get $r) (i32.const 15)) (i32.const 1)) (i32.and (local.get $future) (local.get $n))) (then
    (i32.store offset=4 (i32.add (local.get $t) (i32.load offset=32 (local.get $s))) (i32.const 1))))
  (i32.store (local.get $s) (i32.const 1))
  (call $issue-if (local.get $t) (local.get $s) (i32.const 0)))
;; Ends the operation, or begins the next part of it if `$go`.
(func $issue-if (param $t i32) (param $s i32) (param $go i32) (local $n i32) (local $r i32)
  (if (i32.or (i32.eqz (i32.load offset=12 (local.get $s)))
              (i32.load offset=4 (i32.add (local.get $t) (i32.load offset=32 (local.get $s))))) (then
    (i32.store (local.get $s) (i32.const 3))
    (if (i32.load offset=44 (local.get $s)) (then {drop}))
    (return)))
  (if (i32.eqz (local.get $go)) (then (return)))
  (local.set $n (select (i32.load offset=12 (local.get $s)) (i32.load offset=16 (local.get $s))
    (i32.lt_u (i32.load offset=12 (local.get $s)) (i32.load offset=16 (local.get $s)))))
  {fill}
  {issue}
  (if (i32.eq (local.get $r) (i32.const -1))
    (then
      (i32.store (local.get $s) (i32.const 2))
      ({join} (i32.load offset=4 (local.get $s)) (i32.load offset=4 (local.get $t))))
    (else (call $progress (local.get $t) (local.get $s) (local.get $r)))))
(func $issue (param $t i32) (param $s i32)
  (loop $more
    (call $issue-if (local.get $t) (local.get $s) (i32.const 1))
    (br_if $more (i32.eq (i32.load (local.get $s)) (i32.const 1)))))
(func $outcome (param $s i32) (result i32)
  (if (i32.eq (i32.load offset=8 (local.get $s)) (i32.const {CALL})) (then (return (i32.load offset=48 (local.get $s)))))
  (i32.add (i32.load offset=24 (local.get $s)) (i32.load offset=20 (local.get $s))))
(func $element (param $s i32) (param $i i32) (result i32) (local $x i32)
  (local.set $x (i32.mul
    (i32.add (i32.load offset=28 (local.get $s)) (i32.add (i32.load offset=20 (local.get $s)) (local.get $i)))
    (i32.const 0x9E3779B1)))
  (i32.xor (local.get $x) (i32.shr_u (local.get $x) (i32.const 15))))
(func $fill (param $s i32) (param $n i32) (param $elem i32) (local $i i32) (local $x i32) (local $at i32)
  (local.set $at (i32.add (local.get $s) (i32.const 64)))
  (loop $next (if (i32.lt_u (local.get $i) (local.get $n)) (then
    (local.set $x (call $element (local.get $s) (local.get $i)))
    (if (i32.eq (local.get $elem) (i32.const 1)) (then
      (i32.store8 (i32.add (local.get $at) (local.get $i)) (local.get $x))))
    (if (i32.eq (local.get $elem) (i32.const 2)) (then
      (i32.store (i32.add (local.get $at) (i32.shl (local.get $i) (i32.const 2))) (local.get $x))))
    (if (i32.eq (local.get $elem) (i32.const 3)) (then
      (i64.store (i32.add (local.get $at) (i32.shl (local.get $i) (i32.const 3)))
        (i64.mul (i64.extend_i32_u (local.get $x)) (i64.const 0x9E3779B97F4A7C15)))))
    (if (i32.eq (local.get $elem) (i32.const 4)) (then
      (f64.store (i32.add (local.get $at) (i32.shl (local.get $i) (i32.const 3))) (f64.convert_i32_s (local.get $x)))))
    (local.set $i (i32.add (local.get $i) (i32.const 1)))
    (br $next)))))
(func $fold (param $s i32) (param $n i32) (param $elem i32) (local $i i32) (local $x i32) (local $at i32) (local $y i64)
  (local.set $at (i32.add (local.get $s) (i32.const 64)))
  (loop $next (if (i32.lt_u (local.get $i) (local.get $n)) (then
    (local.set $x (i32.const 1))
    (if (i32.eq (local.get $elem) (i32.const 1)) (then
      (local.set $x (i32.load8_u (i32.add (local.get $at) (local.get $i))))))
    (if (i32.eq (local.get $elem) (i32.const 2)) (then
      (local.set $x (i32.load (i32.add (local.get $at) (i32.shl (local.get $i) (i32.const 2)))))))
    (if (i32.ge_u (local.get $elem) (i32.const 3)) (then
      (local.set $y (i64.load (i32.add (local.get $at) (i32.shl (local.get $i) (i32.const 3)))))
      (local.set $x (i32.xor (i32.wrap_i64 (local.get $y)) (i32.wrap_i64 (i64.shr_u (local.get $y) (i64.const 32)))))))
    (i32.store offset=24 (local.get $s)
      (i32.add (i32.mul (i32.load offset=24 (local.get $s)) (i32.const 31)) (local.get $x)))
    (local.set $i (i32.add (local.get $i) (i32.const 1)))
    (br $next)))))
"#
        );
    }

    fn interrupts(&mut self, is_async: bool) {
        let mut body = String::new();
        for (op, (chan, writes)) in self.ops.clone().into_iter().enumerate() {
            let what = format!("cancel-{}", side(writes));
            let options = if is_async { "async" } else { "" };
            let cancel = self.on_chan(chan, &what, options, "(param i32) (result i32)");
            let _ = writeln!(
                body,
                "(if (i32.eq (i32.load offset=8 (local.get $s)) (i32.const {op})) (then \
                   (local.set $r ({cancel} (i32.load offset=4 (local.get $s))))))"
            );
        }
        let join = self.builtin("waitable.join", "(param i32 i32)");
        let name = if is_async { "$interrupt-async" } else { "$interrupt" };
        // A second cancellation of one operation would trap.
        let _ = writeln!(
            self.out,
            "(func {name} (param $t i32) (param $s i32) (local $r i32) \
               (if (i32.or (i32.ne (i32.load (local.get $s)) (i32.const 2)) \
                           (i32.or (i32.eq (i32.load offset=8 (local.get $s)) (i32.const {CALL})) \
                                   (i32.load offset=40 (local.get $s)))) (then (return))) \
               (local.set $r (i32.const -1)) \
               ({join} (i32.load offset=4 (local.get $s)) (i32.const 0)) \
               {body} \
               (if (i32.eq (local.get $r) (i32.const -1)) \
                 (then \
                   ({join} (i32.load offset=4 (local.get $s)) (i32.load offset=4 (local.get $t))) \
                   (i32.store offset=40 (local.get $s) (i32.const 1))) \
                 (else (call $progress (local.get $t) (local.get $s) (local.get $r)))))"
        );
    }
}
