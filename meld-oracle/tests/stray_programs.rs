//! Random programs over one memory, in a window with neighbours: whatever they compute, they compute the same there.
//!
//! In: a seed. Out: a component with a small core module of random loads, stores, ranges, growth, branches and loops,
//! between two neighbours whose memories are full of other bytes. Addresses are mostly masked, and sometimes not, so
//! about half of the programs go out of bounds sooner or later. With `--isolate` the fused forms must do what the input does,
//! the trap included; without, they must do it up to there. What is read back in the end is the whole memory.

use meld_oracle::differential::{Form, Fusion, Steps, shared};
use meld_oracle::generate::Random;
use std::fmt::Write;

/// Programs.
const SEEDS: u64 = 80;
/// The memory has one page and may grow to three.
const PAGES: u64 = 3;

/// Loads of an i32: instruction, bytes.
const LOADS: [&str; 5] = ["i32.load", "i32.load8_u", "i32.load8_s", "i32.load16_u", "i32.load16_s"];
/// Stores of an i32.
const STORES: [&str; 3] = ["i32.store", "i32.store8", "i32.store16"];
/// Numbers around the edges.
const EDGES: [u32; 12] =
    [0, 1, 8, 0xfff8, 0xfffc, 0xffff, 0x1_0000, 0x1_fff8, 0x2_0000, 0x2_fffc, 0xffff_fff8, 0xffff_ffff];
/// Parameters, which hold addresses.
const POINTERS: usize = 3;
/// These, and locals that hold numbers.
const LOCALS: usize = 6;

/// A program in the making.
struct Program<'r> {
    random: &'r mut Random,
    /// Counters of loops, which come after the locals.
    counters: usize,
}

impl Program<'_> {
    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.random.below(from.len())]
    }

    /// A local that holds any number.
    fn local(&mut self) -> usize {
        POINTERS + self.random.below(LOCALS - POINTERS)
    }

    /// Whether to do something that may go out of bounds.
    fn stray(&mut self) -> bool {
        self.random.one_in(150)
    }

    fn offset(&mut self) -> u32 {
        match self.stray() {
            true => EDGES[self.random.below(EDGES.len())],
            false => self.random.below(64) as u32,
        }
    }

    /// A local that holds an address: those are masked whenever they are written.
    fn pointer(&mut self) -> usize {
        self.random.below(POINTERS)
    }

    /// An address, usually one that is there.
    fn address(&mut self, depth: usize) -> String {
        if self.stray() {
            return self.number(depth);
        }
        match self.random.below(16) {
            0..=6 => format!("(local.get {})", self.pointer()),
            7 => format!("(i32.const {})", self.random.below(0xff00)),
            8 | 9 => format!("(local.tee {} (i32.and {} (i32.const 0xfe7f)))", self.pointer(), self.number(depth)),
            _ => format!("(i32.and {} (i32.const 0xfeff))", self.number(depth)),
        }
    }

    fn number(&mut self, depth: usize) -> String {
        if depth == 0 {
            return match self.random.below(3) {
                0 => format!("(i32.const {})", EDGES[self.random.below(EDGES.len())]),
                _ => format!("(local.get {})", self.local()),
            };
        }
        let depth = depth - 1;
        match self.random.below(12) {
            0..=3 => {
                let load = self.pick(&LOADS);
                format!("({load} offset={} align=1 {})", self.offset(), self.address(depth))
            }
            4 => format!("(i32.wrap_i64 (i64.load offset={} align=1 {}))", self.offset(), self.address(depth)),
            5 => {
                let lane = self.random.below(4);
                let load = format!("(v128.load offset={} align=1 {})", self.offset(), self.address(depth));
                format!("(i32x4.extract_lane {lane} {load})")
            }
            6 => "(memory.size)".to_owned(),
            7 if self.random.one_in(4) => format!("(memory.grow (i32.and {} (i32.const 1)))", self.number(depth)),
            8 => format!("(local.tee {} {})", self.local(), self.number(depth)),
            9 => format!(
                "(i32.atomic.rmw.add (i32.and {} (i32.const 0xfffc)) {})",
                self.number(depth),
                self.number(depth)
            ),
            _ => {
                let op = self.pick(&["i32.add", "i32.sub", "i32.xor", "i32.and", "i32.mul", "i32.shr_u"]);
                format!("({op} {} {})", self.number(depth), self.number(depth))
            }
        }
    }

    fn statement(&mut self, depth: usize) -> String {
        match self.random.below(if depth == 0 { 8 } else { 12 }) {
            0 | 1 => format!("(local.set {} {})", self.local(), self.number(2)),
            2 => {
                // Sometimes one that is there only if the memory has grown.
                let mask = if self.random.one_in(20) { 0x1_feff } else { 0xfeff };
                format!("(local.set {} (i32.and {} (i32.const {mask})))", self.pointer(), self.number(2))
            }
            3 | 4 => {
                let store = self.pick(&STORES);
                format!("({store} offset={} align=1 {} {})", self.offset(), self.address(1), self.number(2))
            }
            5 => format!(
                "(f64.store offset={} align=1 {} (f64.convert_i32_s {}))",
                self.offset(),
                self.address(1),
                self.number(1)
            ),
            6 => format!(
                "(v128.store8_lane offset={} 3 {} (i32x4.splat {}))",
                self.offset(),
                self.address(1),
                self.number(1)
            ),
            7 => {
                let (to, from) = (self.address(1), self.address(1));
                let n = self.random.below(300);
                match self.random.below(3) {
                    0 => format!("(memory.fill {to} {from} (i32.const {n}))"),
                    1 => format!("(memory.init 0 {to} (i32.const 0) (i32.const {}))", n % 9),
                    _ => format!("(memory.copy {to} {from} (i32.const {n}))"),
                }
            }
            8 => format!(
                "(if {} (then {}) (else {}))",
                self.number(1),
                self.statements(depth - 1),
                self.statements(depth - 1)
            ),
            9 => format!(
                "(block {} (br_if 0 {}) {})",
                self.statements(depth - 1),
                self.number(1),
                self.statements(depth - 1)
            ),
            _ => {
                let counter = LOCALS + self.counters;
                self.counters += 1;
                let body = self.statements(depth - 1);
                let step = format!("(local.tee {counter} (i32.add (local.get {counter}) (i32.const 1)))");
                format!("(loop {body} (br_if 0 (i32.lt_u {step} (i32.const 3))))")
            }
        }
    }

    fn statements(&mut self, depth: usize) -> String {
        (0..1 + self.random.below(4)).map(|_| self.statement(depth)).collect()
    }
}

/// The text of a component.
fn component(seed: u64) -> String {
    let random = &mut Random::named(seed, "stray", 0);
    let mut functions = String::new();
    let mut lifts = String::new();
    for f in 0..4 {
        let mut program = Program { random, counters: 0 };
        // The locals begin as addresses that are there.
        let masked: String =
            (0..POINTERS).map(|i| format!("(local.set {i} (i32.and (local.get {i}) (i32.const 0xfeff)))")).collect();
        let body: String = (0..4).map(|_| program.statements(2)).collect();
        let result = program.number(2);
        let counters = "i32 ".repeat(LOCALS - POINTERS + program.counters);
        let _ = writeln!(
            functions,
            r#"(func (export "f{f}") (param i32 i32 i32) (result i32) (local {counters}) {masked} {body} {result})"#
        );
        let _ = writeln!(
            lifts,
            r#"(func (export "f{f}") (param "a" u32) (param "b" u32) (param "c" u32) (result u32)
                 (canon lift (core func $m "f{f}")))"#
        );
    }
    let full = r"\ee\dd\cc\bb\aa\99\88\77".repeat(64);
    format!(
        r#"(component
          (core module $Neighbour
            (memory 1)
            (data (i32.const 0) "{full}")
            (data (i32.const 65024) "{full}")
            (func (export "sum") (result i64) (local $at i32) (local $sum i64)
              (loop $next
                (local.set $sum (i64.add (i64.mul (local.get $sum) (i64.const 31)) (i64.load (local.get $at))))
                (local.set $at (i32.add (local.get $at) (i32.const 8)))
                (br_if $next (i32.lt_u (local.get $at) (i32.const 65536))))
              (local.get $sum)))
          (core instance $before (instantiate $Neighbour))
          (core module $M
            (memory 1 {PAGES})
            (data "segments")
            (data (i32.const 64) "0123456789abcdef")
            {functions}
            (func (export "sum") (result i64) (local $at i32) (local $sum i64)
              (loop $next
                (local.set $sum (i64.add (i64.mul (local.get $sum) (i64.const 31)) (i64.load (local.get $at))))
                (local.set $at (i32.add (local.get $at) (i32.const 8)))
                (br_if $next (i32.lt_u (local.get $at) (i32.shl (memory.size) (i32.const 16)))))
              (local.get $sum)))
          (core instance $m (instantiate $M))
          (core instance $after (instantiate $Neighbour))
          (func (export "before") (result u64) (canon lift (core func $before "sum")))
          {lifts}
          (func (export "sum") (result u64) (canon lift (core func $m "sum")))
          (func (export "after") (result u64) (canon lift (core func $after "sum"))))"#
    )
}

#[test]
fn programs_do_the_same_in_a_window() {
    let (mut all, mut trapped) = (0, 0);
    for seed in 0..SEEDS {
        let bytes = wat::parse_str(component(seed)).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
        let plain = shared((PAGES - 1) << 16);
        let mut isolated = plain.clone();
        isolated.shared().protection = meld_core::options::Protection::Isolated;
        let plain = Fusion::with(&bytes, &plain).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
        let isolated = Fusion::with(&bytes, &isolated).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
        let started = |fusion: &Fusion, form| fusion.start(form, seed).unwrap_or_else(|e| panic!("seed {seed}: {e:?}"));
        // A few runs with values of their own, because one that traps is over.
        for run in 0..3 {
            let steps = Steps::random(&mut *started(&plain, Form::Input), seed * 10 + run, 2);
            for form in [Form::Core, Form::Component] {
                let replayed = steps.replay(&mut *started(&isolated, form));
                replayed.unwrap_or_else(|e| panic!("seed {seed}, run {run}, isolated {form:?}: {e}"));
            }
            let count = steps.count();
            let steps = steps.until_trap();
            let replayed = steps.replay(&mut *started(&plain, Form::Core));
            replayed.unwrap_or_else(|e| panic!("seed {seed}, run {run}: {e}"));
            all += 1;
            trapped += usize::from(steps.count() < count);
        }
    }
    println!("{trapped} of {all} runs trap");
    assert!(trapped > all / 5 && trapped < all * 4 / 5, "{trapped} of {all} runs trap: too few of one kind");
}
