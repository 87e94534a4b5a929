//! What functions do: phrases, each a list of statements that belong together, mixed with each other.
//!
//! In: the type and form of a function, and the instances that it may call. Out: a [`Func`]. A phrase ends what it began. Several are under way at
//! once; whoever waits for one goes on with the reads and writes of all.

use super::{COUNTERS, Callee, Chan, ENDS, Elem, Form, Func, Kinds, SLOTS, Sig, Stmt, VARS, chan};
use crate::generate::Random;

/// What is to go wrong in a function.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Spoiled {
    /// It waits for itself.
    pub(super) deadlock: bool,
    /// It traps.
    pub(super) trap: bool,
}

/// The instances that a function may call.
#[derive(Clone, Copy)]
pub(super) struct Before<'a> {
    pub(super) instances: &'a [Vec<Func>],
    /// Which instances are in the chain ([`Kinds::chain`]).
    pub(super) chain: &'a [bool],
    /// Whether the function's own one is.
    pub(super) in_chain: bool,
    /// Whether it yields in the middle of a call.
    pub(super) yields: bool,
}

/// Calls that one call of a function may make in all.
const MOST_CALLS: usize = 120;

/// The future that gates wait for.
const GATE: Chan = Chan { future: true, elem: Elem::Unit };

/// A function of that type and form.
pub(super) fn func(
    random: &mut Random,
    kinds: &Kinds,
    before: Before<'_>,
    sig: Sig,
    form: Form,
    spoiled: Spoiled,
) -> Func {
    // Who has an end of its caller's waits without the lock.
    let may_block = kinds.blocking
        && (!kinds.chain || before.in_chain)
        && matches!(sig, Sig::Plain)
        && form == Form::Callback
        && random.one_in(3);
    let mut body = Body {
        random,
        kinds,
        before,
        may_block,
        waits_with_lock: form == Form::Sync,
        cost: 1,
        ends: (0..ENDS).rev().collect(),
        slots: (0..SLOTS).rev().collect(),
        out: Vec::new(),
    };
    match form {
        Form::Pure => body.pure(sig),
        _ => body.waiting(sig, spoiled),
    }
    let Body { out, cost, .. } = body;
    Func { sig, form, body: out, cost }
}

/// A phrase that has been begun: what is left of it, in reverse.
struct Phrase {
    rest: Vec<Stmt>,
    ends: Vec<usize>,
    slots: Vec<usize>,
}

struct Body<'a> {
    random: &'a mut Random,
    kinds: &'a Kinds,
    before: Before<'a>,
    /// Whether it sometimes waits in the middle of what it does.
    may_block: bool,
    /// Whether it always does.
    waits_with_lock: bool,
    cost: usize,
    /// Free ends.
    ends: Vec<usize>,
    /// Free slots.
    slots: Vec<usize>,
    out: Vec<Stmt>,
}

impl Body<'_> {
    fn pure(&mut self, sig: Sig) {
        for _ in 0..1 + self.random.below(4) {
            match self.callee_for(true, |sig| sig == Sig::Sync) {
                Some(callee) if sig == Sig::Sync && self.random.one_in(2) => {
                    let v = self.random.below(2);
                    self.out.push(Stmt::Blocking { callee, v });
                }
                _ => {
                    let stmt = self.mix();
                    self.out.push(stmt);
                }
            }
        }
        self.out.push(Stmt::Join { v: 0, w: 1 });
        if self.random.one_in(2) {
            self.out.push(Stmt::Digest { v: 0 });
        }
    }

    fn waiting(&mut self, sig: Sig, spoiled: Spoiled) {
        let mut open: Vec<Phrase> = Vec::new();
        // What it does with its caller's ends.
        match sig {
            Sig::Consume(chan) => {
                let phrase = self.consume(chan);
                open.push(phrase);
            }
            Sig::Produce(chan) => {
                let phrase = self.produce(chan);
                open.push(phrase);
            }
            Sig::Transform(from, to) => {
                let phrase = self.transform(from, to);
                open.push(phrase);
            }
            Sig::Gate(polite) => {
                let (e, s) = (self.end(), self.slot());
                let (wait, start) = match polite {
                    true => (Stmt::AwaitOrGiveUp { s, e }, self.start(s, GATE, false, e, 1)),
                    false => (self.wait(1 << s), self.start(s, GATE, false, e, 1)),
                };
                self.out.extend([start, wait, Stmt::Take { s, v: 0 }, Stmt::DropEnd { chan: GATE, writes: false, e }]);
                self.ends.push(e);
                self.slots.push(s);
            }
            Sig::Sync | Sig::Plain => {}
        }
        let returns_end = matches!(sig, Sig::Produce(_) | Sig::Transform(..));
        let gate = matches!(sig, Sig::Gate(_));
        let mut returned = returns_end;
        let mut left = 2 + self.random.below(5);
        let spoil = spoiled.trap || spoiled.deadlock;
        let mut spoil_at = spoil.then(|| self.random.below(left));
        while left > 0 || !open.is_empty() {
            if spoil_at == Some(left) {
                spoil_at = None;
                self.spoil(spoiled);
            }
            match self.random.below(8) {
                0..=2 if left > 0 => {
                    left -= 1;
                    if gate {
                        // It has nothing but its number: it is not told whether it is cancelled before it begins.
                        let stmt = self.mix();
                        self.out.push(stmt);
                    } else if let Some(phrase) = self.phrase() {
                        open.push(phrase);
                    }
                }
                3 => {
                    let stmt = self.mix();
                    self.out.push(stmt);
                }
                4 => {
                    let stmt = match self.random.below(3) {
                        0 if !gate => Stmt::Digest { v: self.random.below(VARS) },
                        1 => Stmt::Poll,
                        _ => Stmt::Yield { blocking: (self.may_block || self.before.yields) && self.random.one_in(2) },
                    };
                    self.out.push(stmt);
                }
                5 if self.kinds.cancel && !gate => {
                    // Whatever is under way: the statement looks.
                    let is_async = self.random.one_in(2);
                    if let Some(s) = self.under_way(&open) {
                        self.out.push(Stmt::Interrupt { s, is_async });
                    }
                }
                6 if !returned && !self.waits_with_lock && self.random.one_in(3) => {
                    returned = true;
                    self.out.push(Stmt::Return { v: 0 });
                }
                _ if !open.is_empty() => {
                    let which = self.random.below(open.len());
                    self.advance(&mut open, which);
                }
                _ => {}
            }
        }
        if spoil_at.is_some() {
            self.spoil(spoiled);
        }
        let of_end = returned;
        if !returned {
            for w in 1..4 {
                self.out.push(Stmt::Join { v: 0, w });
            }
            self.out.push(Stmt::Return { v: 0 });
        }
        if of_end && !gate {
            self.out.push(Stmt::Digest { v: self.random.below(VARS) });
        }
    }

    fn spoil(&mut self, spoiled: Spoiled) {
        if spoiled.trap {
            self.out.push(Stmt::Trap);
        } else if let [.., read, write] = self.ends[..]
            && let Some(&s) = self.slots.last()
        {
            // Nobody writes.
            let chan = Chan { future: false, elem: Elem::U32 };
            let start = self.start(s, chan, false, read, 1);
            let wait = self.wait(1 << s);
            self.out.extend([Stmt::Open { chan, read, write }, start, wait]);
        }
    }

    /// A slot that some phrase may have under way.
    fn under_way(&mut self, open: &[Phrase]) -> Option<usize> {
        let slots: Vec<usize> = open.iter().flat_map(|phrase| phrase.slots.iter().copied()).collect();
        if slots.is_empty() { None } else { Some(*self.random.pick(&slots)) }
    }

    fn advance(&mut self, open: &mut Vec<Phrase>, which: usize) {
        let stmt = open[which].rest.pop();
        self.out.extend(stmt);
        if open[which].rest.is_empty() {
            let phrase = open.swap_remove(which);
            self.ends.extend(phrase.ends);
            self.slots.extend(phrase.slots);
        }
    }

    fn mix(&mut self) -> Stmt {
        let k = self.random.bits() as u32;
        match self.random.one_in(2) {
            true => Stmt::Mix { v: self.random.below(4), k },
            false => Stmt::Join { v: self.random.below(4), w: self.random.below(4) },
        }
    }

    fn end(&mut self) -> usize {
        self.ends.pop().expect("a phrase looks before it takes one")
    }

    fn slot(&mut self) -> usize {
        self.slots.pop().expect("a phrase looks before it takes one")
    }

    fn wait(&mut self, slots: u32) -> Stmt {
        Stmt::Await { slots, blocking: self.may_block && self.random.one_in(2) }
    }

    fn start(&mut self, s: usize, chan: Chan, writes: bool, e: usize, n: usize) -> Stmt {
        let n = if chan.future { 1 } else { n };
        let (chunk, v) = (1 + self.random.below(8), self.random.below(4));
        Stmt::Start { s, chan, writes, e, n, chunk, v, drops: false }
    }

    /// How many elements somebody wants.
    fn number(&mut self) -> usize {
        *self.random.pick(&[0, 1, 1, 2, 3, 5, 8, 13, 20])
    }

    fn callee(&mut self, fits: impl Fn(Sig) -> bool) -> Option<Callee> {
        self.callee_for(false, fits)
    }

    /// The same; `waits` if the caller waits in the middle of what it does.
    fn callee_for(&mut self, waits: bool, fits: impl Fn(Sig) -> bool) -> Option<Callee> {
        let mut all = Vec::new();
        for (k, funcs) in self.before.instances.iter().enumerate() {
            if self.before.chain[k] && !(self.before.in_chain && waits) {
                continue;
            }
            for (n, func) in funcs.iter().enumerate() {
                if fits(func.sig) && self.cost + func.cost <= MOST_CALLS {
                    all.push((k, n));
                }
            }
        }
        if all.is_empty() {
            return None;
        }
        let callee = *self.random.pick(&all);
        self.cost += self.before.instances[callee.0][callee.1].cost;
        Some(callee)
    }

    fn sig_of(&self, (k, n): Callee) -> Sig {
        self.before.instances[k][n].sig
    }

    /// A phrase, if there is room for it and somebody to call.
    fn phrase(&mut self) -> Option<Phrase> {
        if self.ends.len() < 3 || self.slots.len() < 2 {
            return None;
        }
        let v = self.random.below(4);
        let into = self.random.below(4);
        let channels = self.kinds.channels;
        match self.random.below(12) {
            0 => {
                let callee = self.callee_for(true, |sig| sig == Sig::Sync)?;
                Some(done(vec![Stmt::Blocking { callee, v }]))
            }
            1 if !self.kinds.principal && (self.may_block || self.waits_with_lock) => {
                let callee = self.callee_for(true, |sig| sig == Sig::Plain)?;
                Some(done(vec![Stmt::Blocking { callee, v }]))
            }
            2 if self.kinds.backpressure => {
                let mut rest = vec![Stmt::Backpressure { on: true }];
                if let Some(callee) = self.callee(|sig| sig == Sig::Plain) {
                    let s = self.slots[self.slots.len() - 1];
                    let wait = self.wait(1 << s);
                    rest.extend([Stmt::Call { s, callee, e: None, v }, wait, Stmt::Take { s, v: into }]);
                } else {
                    rest.push(Stmt::Yield { blocking: false });
                }
                rest.push(Stmt::Backpressure { on: false });
                // In one piece: nothing else is waited for meanwhile.
                self.out.extend(rest);
                None
            }
            3 => {
                let callee = self.callee(|sig| sig == Sig::Plain)?;
                let counter = self.random.below(COUNTERS);
                let times = 2 + self.random.below(3);
                let cost = self.before.instances[callee.0][callee.1].cost;
                if self.cost + cost * times > MOST_CALLS {
                    return None;
                }
                self.cost += cost * times;
                let s = self.slots[self.slots.len() - 1];
                let wait = self.wait(1 << s);
                let body = vec![
                    Stmt::Call { s, callee, e: None, v },
                    wait,
                    Stmt::Take { s, v: into },
                    Stmt::Yield { blocking: false },
                ];
                self.out.push(Stmt::Repeat { counter, times, body });
                None
            }
            4 if channels => {
                // A stream or future to itself.
                let chan = chan(self.random);
                let (read, write, a, b) = (self.end(), self.end(), self.slot(), self.slot());
                let n = self.number();
                let more = if chan.future { 0 } else { self.random.below(3) };
                let mut both = [self.start(a, chan, false, read, n), self.start(b, chan, true, write, n + more)];
                if self.random.one_in(2) {
                    both.reverse();
                }
                let [first, second] = both;
                let wait = self.wait(1 << a);
                let last = self.wait(1 << b);
                Some(phrase(
                    vec![
                        Stmt::Open { chan, read, write },
                        first,
                        second,
                        wait,
                        Stmt::Take { s: a, v: into },
                        Stmt::DropEnd { chan, writes: false, e: read },
                        last,
                        Stmt::Take { s: b, v },
                        Stmt::DropEnd { chan, writes: true, e: write },
                    ],
                    vec![read, write],
                    vec![a, b],
                ))
            }
            5 | 6 if channels => self.feed(v, into),
            7 | 8 if channels => self.drain(v, into),
            9 if channels => self.through(v, into),
            10 if channels => self.gate(v, into),
            _ => {
                let callee = self.callee(|sig| sig == Sig::Plain)?;
                let s = self.slot();
                let wait = self.wait(1 << s);
                Some(phrase(
                    vec![Stmt::Call { s, callee, e: None, v }, wait, Stmt::Take { s, v: into }],
                    vec![],
                    vec![s],
                ))
            }
        }
    }

    /// Writes to somebody.
    fn feed(&mut self, v: usize, into: usize) -> Option<Phrase> {
        let callee = self.callee(|sig| matches!(sig, Sig::Consume(_)))?;
        let Sig::Consume(chan) = self.sig_of(callee) else { return None };
        let (read, write, call, data) = (self.end(), self.end(), self.slot(), self.slot());
        let n = self.number();
        let start = self.start(data, chan, true, write, n);
        let (wait, last) = (self.wait(1 << data), self.wait(1 << call));
        let mut rest = vec![Stmt::Open { chan, read, write }, Stmt::Call { s: call, callee, e: Some(read), v }];
        match self.random.one_in(2) {
            true => rest.extend([
                start,
                wait,
                Stmt::Take { s: data, v: into },
                Stmt::DropEnd { chan, writes: true, e: write },
            ]),
            false => rest.extend([dropping(start), wait, Stmt::Take { s: data, v: into }]),
        }
        rest.extend([last, Stmt::Take { s: call, v: into }]);
        Some(phrase(rest, vec![read, write], vec![call, data]))
    }

    /// Reads from somebody.
    fn drain(&mut self, v: usize, into: usize) -> Option<Phrase> {
        let callee = self.callee(|sig| matches!(sig, Sig::Produce(_)))?;
        let Sig::Produce(chan) = self.sig_of(callee) else { return None };
        let (read, call) = (self.end(), self.slot());
        let n = self.number();
        let start = self.start(call, chan, false, read, n);
        let (first, wait) = (self.wait(1 << call), self.wait(1 << call));
        let mut rest = vec![Stmt::Call { s: call, callee, e: None, v }, first, Stmt::TakeEnd { s: call, e: read }];
        // A future that nobody reads is dropped.
        if !chan.future || !self.random.one_in(4) {
            rest.extend([start, wait, Stmt::Take { s: call, v: into }]);
        }
        rest.push(Stmt::DropEnd { chan, writes: false, e: read });
        Some(phrase(rest, vec![read], vec![call]))
    }

    /// Writes to somebody, and reads what comes of it.
    fn through(&mut self, v: usize, into: usize) -> Option<Phrase> {
        let callee = self.callee(|sig| matches!(sig, Sig::Transform(..)))?;
        let Sig::Transform(from, to) = self.sig_of(callee) else { return None };
        let (read, write, call, data) = (self.end(), self.end(), self.slot(), self.slot());
        let back = self.end();
        let (n, m) = (self.number(), self.number());
        // Each side ends as soon as it has what it wants: the other one may wait for that.
        let start = dropping(self.start(data, from, true, write, n));
        let reads = dropping(self.start(call, to, false, back, m));
        let (first, second, third) = (self.wait(1 << call), self.wait(1 << call), self.wait(1 << data));
        let mut rest = vec![
            Stmt::Open { chan: from, read, write },
            Stmt::Call { s: call, callee, e: Some(read), v },
            start,
            first,
            Stmt::TakeEnd { s: call, e: back },
            reads,
        ];
        let mut both = [[second, Stmt::Take { s: call, v: into }], [third, Stmt::Take { s: data, v }]];
        if self.random.one_in(2) {
            both.reverse();
        }
        rest.extend(both.into_iter().flatten());
        Some(phrase(rest, vec![read, write, back], vec![call, data]))
    }

    /// Calls somebody who waits until it is told, or cancelled.
    fn gate(&mut self, v: usize, into: usize) -> Option<Phrase> {
        let callee = self.callee(|sig| matches!(sig, Sig::Gate(_)))?;
        let Sig::Gate(polite) = self.sig_of(callee) else { return None };
        let (read, write, call, data) = (self.end(), self.end(), self.slot(), self.slot());
        let open = [Stmt::Open { chan: GATE, read, write }, Stmt::Call { s: call, callee, e: Some(read), v }];
        let start = self.start(data, GATE, true, write, 1);
        let (wait, last) = (self.wait(1 << call), self.wait(1 << data));
        let drop = Stmt::DropEnd { chan: GATE, writes: true, e: write };
        let mut rest = Vec::from(open);
        if self.kinds.cancel && self.random.one_in(2) {
            let is_async = !polite || self.random.one_in(2) || !(self.may_block || self.waits_with_lock);
            rest.push(Stmt::Cancel { s: call, is_async });
            if polite {
                let reclaim = Stmt::Reclaim { s: call, e: read };
                rest.extend([wait, reclaim, Stmt::TakeCancelled { s: call, v: into }, start, last]);
            } else {
                let reclaim = Stmt::Reclaim { s: call, e: read };
                rest.extend([start, wait, reclaim, Stmt::Free { s: call }, last]);
            }
            rest.extend([Stmt::Free { s: data }, drop]);
        } else {
            rest.extend([start, wait, Stmt::Take { s: call, v: into }, last, Stmt::Free { s: data }, drop]);
        }
        Some(phrase(rest, vec![read, write], vec![call, data]))
    }

    /// Reads what its caller writes, or lets somebody else do it.
    fn consume(&mut self, chan: Chan) -> Phrase {
        let (e, s) = (self.end(), self.slot());
        let n = self.number();
        let (start, first) = (self.start(s, chan, false, e, n), self.wait(1 << s));
        let passed_on = self.callee(|sig| sig == Sig::Consume(chan));
        let mut rest = Vec::new();
        // A future is read once.
        let reads = !chan.future || passed_on.is_none();
        if reads {
            rest.extend([start, first, Stmt::Take { s, v: 1 }]);
        }
        match passed_on {
            Some(callee) if chan.future || self.random.one_in(2) => {
                let wait = self.wait(1 << s);
                rest.extend([Stmt::Call { s, callee, e: Some(e), v: 0 }, wait, Stmt::Take { s, v: 0 }]);
            }
            _ => rest.push(Stmt::DropEnd { chan, writes: false, e }),
        }
        phrase(rest, vec![e], vec![s])
    }

    /// Returns an end, and writes then.
    fn produce(&mut self, chan: Chan) -> Phrase {
        let (read, write, s) = (self.end(), self.end(), self.slot());
        let n = self.number();
        let (start, wait) = (self.start(s, chan, true, write, n), self.wait(1 << s));
        let mut rest = vec![Stmt::Open { chan, read, write }, Stmt::ReturnEnd { chan, e: read }];
        if self.random.one_in(2) {
            rest.push(Stmt::Yield { blocking: self.before.yields });
        }
        rest.extend([start, wait, Stmt::Take { s, v: 1 }, Stmt::DropEnd { chan, writes: true, e: write }]);
        phrase(rest, vec![read, write], vec![s])
    }

    /// Returns an end, and writes what it makes of what it reads.
    fn transform(&mut self, from: Chan, to: Chan) -> Phrase {
        let (e, read, write) = (self.end(), self.end(), self.end());
        let (a, b) = (self.slot(), self.slot());
        let (n, m) = (1 + self.random.below(3), 1 + self.random.below(3));
        let (reads, writes) = (self.start(a, from, false, e, n), self.start(b, to, true, write, m));
        let (first, second) = (self.wait(1 << a), self.wait(1 << b));
        let mut body = vec![reads, first, Stmt::Take { s: a, v: 0 }, writes, second, Stmt::Take { s: b, v: 1 }];
        if self.random.one_in(3) {
            body.push(Stmt::Yield { blocking: self.before.yields });
        }
        let times = 1 + self.random.below(4);
        phrase(
            vec![
                Stmt::Open { chan: to, read, write },
                Stmt::ReturnEnd { chan: to, e: read },
                Stmt::Repeat { counter: COUNTERS - 1, times, body },
                Stmt::DropEnd { chan: from, writes: false, e },
                Stmt::DropEnd { chan: to, writes: true, e: write },
            ],
            vec![e, read, write],
            vec![a, b],
        )
    }
}

fn phrase(mut rest: Vec<Stmt>, ends: Vec<usize>, slots: Vec<usize>) -> Phrase {
    rest.reverse();
    Phrase { rest, ends, slots }
}

fn done(rest: Vec<Stmt>) -> Phrase {
    phrase(rest, Vec::new(), Vec::new())
}

/// A start after whose end its stream or future is dropped.
fn dropping(mut start: Stmt) -> Stmt {
    if let Stmt::Start { drops, .. } = &mut start {
        *drops = true;
    }
    start
}
