//! The modules of a composition: what they define, and random bodies.
//!
//! In: what a module has. Out: its text. An owner exports its memories (`m0`, ...), table `t`, globals `g`, `h`, `k` and
//! `budget`, tag `e`, and functions `f0`, ...; a user imports these and exports `e0`, ..., which fill the budget and call
//! functions of its own.

use super::{BUDGET, FUNC, Memory};
use crate::generate::Random;
use std::fmt::Write;

/// Functions that a user exports.
pub(super) const EXPORTED: usize = 3;

/// Functions that an owner exports.
const OWNED: usize = 2;

/// Data and element segments of each kind.
const SEGMENTS: usize = 2;

/// What code may name.
pub(super) struct Scope<'r> {
    random: &'r mut Random,
    tame: bool,
    memories: Vec<Memory>,
    slots: usize,
    /// Functions of the usual type.
    callable: Vec<String>,
    /// How many instructions a body may still have.
    left: usize,
}

impl<'r> Scope<'r> {
    pub(super) fn new(random: &'r mut Random, tame: bool, memories: Vec<Memory>, slots: usize) -> Self {
        Scope { random, tame, memories, slots, callable: Vec::new(), left: 0 }
    }

    /// The fields of an owner.
    pub(super) fn owner(&mut self) -> String {
        let mut text = String::new();
        for memory in &self.memories {
            writeln!(text, "(memory ${0} (export \"{0}\") {1})", memory.name, memory.ty).expect("a string");
        }
        let slots = self.slots;
        text += &format!(
            "(table $t (export \"t\") {slots} {} funcref)
             (global $budget (export \"budget\") (mut i32) (i32.const {BUDGET}))
             (global $g (export \"g\") (mut i32) (i32.const 3)) (global $h (export \"h\") (mut i32) (i32.const 0))
             (global $k (export \"k\") i32 (i32.const {})) (tag $e (export \"e\") (param i32))\n",
            slots + self.random.below(4),
            self.random.below(24)
        );
        self.callable = (0..OWNED).map(|f| format!("f{f}")).collect();
        self.fields(&mut text);
        text
    }

    /// The fields of a user that calls functions of other components, too.
    pub(super) fn user(&mut self, imported: &[String]) -> String {
        let mut text = String::new();
        for memory in self.memories.iter().filter(|memory| memory.name != "own") {
            writeln!(text, "(import \"owner\" \"{0}\" (memory ${0} {1}))", memory.name, memory.ty).expect("a string");
        }
        text += &format!("(import \"owner\" \"t\" (table $t {} funcref))", self.slots);
        for (name, ty) in [("budget", "(mut i32)"), ("g", "(mut i32)"), ("h", "(mut i32)"), ("k", "i32")] {
            text += &format!("(import \"owner\" \"{name}\" (global ${name} {ty}))");
        }
        text += "(import \"owner\" \"e\" (tag $e (param i32)))\n";
        for f in 0..OWNED {
            text += &format!("(import \"owner\" \"f{f}\" (func $o{f} {FUNC}))");
            self.callable.push(format!("o{f}"));
        }
        for name in imported {
            text += &format!("(import \"out\" \"{name}\" (func ${name} {FUNC}))");
            self.callable.push(name.clone());
        }
        if let Some(own) = self.memories.iter().find(|memory| memory.name == "own") {
            text += &format!("(memory $own {})\n", own.ty);
        }
        self.callable.extend((0..OWNED).map(|f| format!("f{f}")));
        self.fields(&mut text);
        for e in 0..EXPORTED {
            self.left = 20;
            let body = if e == 0 { "(call $f0 (local.get $a) (local.get $b))".to_owned() } else { self.value(3) };
            text += &format!(
                "(func (export \"e{e}\") (param $a i32) (param $b i32) (result i32) (local $x i32) (local $y i32)
                   (global.set $budget (i32.const {BUDGET})) {body})\n"
            );
        }
        text
    }

    /// Functions, segments, and perhaps a start function.
    fn fields(&mut self, text: &mut String) {
        *text += "(type $f (func (param i32 i32) (result i32))) (type $one (func (param i32) (result i32)))\n";
        *text += "(func $one (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3)))\n";
        let owns_exports = self.callable.iter().all(|name| name.starts_with('f'));
        for f in 0..OWNED {
            let export = if owns_exports { format!("(export \"f{f}\")") } else { String::new() };
            self.left = 25;
            let mut body = String::new();
            for _ in 0..2 + self.random.below(4) {
                body += &self.statement(3);
            }
            let value = self.value(3);
            *text += &format!(
                "(func $f{f} {export} (param $a i32) (param $b i32) (result i32) (local $x i32) (local $y i32)
                   {SPEND} {body} {value})\n"
            );
        }
        // Equal to one of another function, but for nothing.
        *text += "(func $twin (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3)))\n";
        let functions = [self.callable.clone(), vec!["one".to_owned(), "twin".to_owned()]].concat();
        for s in 0..SEGMENTS {
            let items: String =
                (0..self.random.below(4)).map(|_| format!(" ${}", self.random.pick(&functions))).collect();
            *text += &format!("(elem $es{s} func{items})\n");
            let bytes: String = (0..self.random.below(20)).map(|i| format!("\\{:02x}", i * 7 + s)).collect();
            *text += &format!("(data $ds{s} \"{bytes}\")\n");
        }
        for _ in 0..self.random.below(4) {
            let count = 1 + self.random.below(3);
            let items: String = (0..count).map(|_| format!(" ${}", self.random.pick(&functions))).collect();
            let room = self.slots - count;
            let offset = match self.random.below(12) {
                0 => room,
                1 if self.random.one_in(12) => room + 1,
                _ => self.random.below(room + 1),
            };
            *text += &format!("(elem (table $t) (i32.const {offset}) func{items})\n");
        }
        *text += &format!("(elem declare func {})\n", functions.iter().map(|f| format!(" ${f}")).collect::<String>());
        for _ in 0..self.random.below(5) {
            let memory = self.random.pick(&self.memories).clone();
            let len = 1 + self.random.below(30) as u32;
            let bytes: String = (0..len).map(|i| format!("\\{:02x}", (i * 31 + 5) & 255)).collect();
            let room = memory.bytes() - len;
            let offset = match self.random.below(10) {
                0 => format!("(i32.const {room})"),
                1 if self.random.one_in(16) => format!("(i32.const {})", room + 1),
                2 => "(global.get $k)".to_owned(),
                3 => "(i32.add (global.get $k) (i32.const 9))".to_owned(),
                _ => format!("(i32.const {})", self.random.below(room as usize + 1)),
            };
            *text += &format!("(data (memory ${}) (offset {offset}) \"{bytes}\")\n", memory.name);
        }
        if self.random.one_in(5) {
            let host = self.callable.iter().any(|name| name == "host");
            let call = if host && self.random.one_in(2) {
                "(global.set $h (call $host (global.get $g) (global.get $h)))".to_owned()
            } else if self.random.one_in(4) {
                "(drop (call $f0 (i32.const 1) (i32.const 2)))".to_owned()
            } else {
                format!(
                    "(global.set $h (i32.add (global.get $h) (i32.load8_u ${0} (i32.const 7))))
                     (i32.store8 ${0} (i32.const 9) (global.get $g))
                     (if (i32.eqz (ref.is_null (table.get $t (i32.const 1)))) (then (global.set $g (i32.const 77))))",
                    self.memories[0].name
                )
            };
            *text += &format!("(func $start {call}) (start $start)\n");
        }
    }

    fn memory(&mut self) -> Memory {
        self.random.pick(&self.memories).clone()
    }

    fn number(&mut self) -> String {
        let n = match self.random.below(6) {
            0 => 0,
            1 => u32::MAX,
            2 => 1 << self.random.below(32),
            3 => (1 << self.random.below(32)) - 1,
            4 => self.random.below(10) as u32,
            _ => self.random.bits() as u32,
        };
        format!("(i32.const {})", n.cast_signed())
    }

    fn local(&mut self) -> &'static str {
        self.random.pick::<&'static str>(&["$a", "$b", "$x", "$y"])
    }

    /// A number that is near the end of something of `size`, or of all numbers.
    fn edge(&mut self, size: u32) -> u32 {
        let back = *self.random.pick(&[0u32, 1, 2, 3, 4, 7, 8, 9, 15, 16, 17]);
        match self.random.below(5) {
            0 => 0u32.wrapping_sub(back),
            1 => size + back,
            _ => size.wrapping_sub(back),
        }
    }

    /// The address and the static offset of an access.
    fn address(&mut self, memory: &Memory, depth: usize) -> (String, u32) {
        let (mask, most) = if memory.log2 == 0 { (31, 16) } else { (0x7fff, 0x7ff0) };
        if self.tame || !self.random.one_in(24) {
            let offset = if self.random.one_in(2) { 0 } else { self.random.below(most) as u32 };
            let value = self.value(depth);
            let aligned = if self.random.one_in(2) { mask } else { mask & !7 };
            let text = format!("(i32.and {value} (i32.const {aligned}))");
            // The address in a local, for accesses to come.
            let text = if self.random.one_in(3) { format!("(local.tee {} {text})", self.local()) } else { text };
            return (text, offset);
        }
        let offset = match self.random.below(4) {
            0 => self.edge(memory.bytes()),
            1 => self.random.below(20) as u32,
            _ => 0,
        };
        let text = match self.random.below(4) {
            0 => {
                let back = self.random.below(18);
                let (name, log2) = (&memory.name, memory.log2);
                format!("(i32.sub (i32.shl (memory.size ${name}) (i32.const {log2})) (i32.const {back}))")
            }
            1 => format!("(local.get {})", self.local()),
            _ => format!("(i32.const {})", self.edge(memory.bytes()).cast_signed()),
        };
        (text, offset)
    }

    /// A start and a length that are near the end of something of `size` now and then.
    fn range(&mut self, size: u32) -> (String, String) {
        match self.random.below(40) {
            0 => (
                format!("(i32.const {})", self.edge(size).cast_signed()),
                format!("(i32.const {})", self.random.below(9)),
            ),
            1 => (format!("(i32.const {})", size.cast_signed()), "(i32.const 0)".to_owned()),
            2 => ("(i32.const 0)".to_owned(), format!("(i32.const {})", self.edge(size).cast_signed())),
            _ => (format!("(i32.const {})", self.random.below(40)), format!("(i32.const {})", self.random.below(12))),
        }
    }

    /// A value of type i32.
    fn value(&mut self, depth: usize) -> String {
        self.left = self.left.saturating_sub(1);
        if depth == 0 || self.left == 0 {
            return if self.random.one_in(2) { self.number() } else { format!("(local.get {})", self.local()) };
        }
        let depth = depth - 1;
        match self.random.below(20) {
            0 => self.number(),
            1 => format!("(local.get {})", self.local()),
            2..=4 => {
                let op = *self.random.pick(&["add", "sub", "and", "xor", "mul", "shl", "shr_u", "lt_u", "eq", "rotl"]);
                format!("(i32.{op} {} {})", self.value(depth), self.value(depth))
            }
            5..=8 => self.load(depth),
            9 => format!("(global.get ${})", self.random.pick(&["g", "h", "k"])),
            10 => format!("(memory.size ${})", self.memory().name),
            11 => format!("(memory.grow ${} (i32.const {}))", self.memory().name, self.random.below(3)),
            12 | 17 | 18 => {
                let callee = self.random.pick(&self.callable).clone();
                format!("(call ${callee} {} {})", self.value(depth), self.value(depth))
            }
            13 => {
                let slot = if self.random.one_in(3) { self.random.below(self.slots + 1) } else { self.random.below(3) };
                let slot = format!("(i32.const {slot})");
                let (ty, args) = match self.random.below(4) {
                    0 => ("$one", self.value(depth)),
                    _ => ("$f", format!("{} {}", self.value(depth), self.value(depth))),
                };
                // Most slots are looked at first: a wrong call ends everything.
                let call = format!("(call_indirect $t (type {ty}) {args} {slot})");
                if self.random.one_in(16) {
                    return call;
                }
                format!(
                    "(if (result i32) (i32.lt_u {slot} (table.size $t))
                       (then (if (result i32) (ref.test (ref {ty}) (table.get $t {slot})) (then {call}) (else (i32.const 5))))
                       (else (i32.const 6)))"
                )
            }
            14 => "(table.size $t)".to_owned(),
            15 => format!("(local.tee {} {})", self.local(), self.value(depth)),
            16 => format!(
                "(if (result i32) {} (then {}) (else {}))",
                self.value(depth),
                self.value(depth),
                self.value(depth)
            ),
            _ => format!(
                "(block $caught (result i32) (try_table (result i32) (catch $e $caught) {} {}))",
                self.statement(depth),
                if self.random.one_in(2) { format!("(throw $e {})", self.value(depth)) } else { self.value(depth) }
            ),
        }
    }

    fn load(&mut self, depth: usize) -> String {
        let memory = self.memory();
        let (address, offset) = self.address(&memory, depth);
        let at = format!("${} offset={offset}", memory.name);
        let (align, kind) = (self.random.below(3), self.random.below(15));
        let align = if align == 0 { " align=1" } else { "" };
        match kind {
            0..=2 => format!("(i32.load {at}{align} {address})"),
            3 => format!("(i32.load8_s {at} {address})"),
            4 => format!("(i32.load16_u {at}{align} {address})"),
            5 => format!("(i32.wrap_i64 (i64.load {at}{align} {address}))"),
            6 => format!("(i32.wrap_i64 (i64.load32_s {at}{align} {address}))"),
            7 => format!("(i32.eqz (f32.eq (f32.load {at}{align} {address}) (f32.const 1)))"),
            8 => format!("(i32.wrap_i64 (i64.shr_u (i64.reinterpret_f64 (f64.load {at} {address})) (i64.const 20)))"),
            9 => format!("(i8x16.bitmask (v128.load {at}{align} {address}))"),
            10 => {
                let op = *self.random.pick(&["load8x8_s", "load16x4_u", "load32_splat", "load64_zero", "load8_splat"]);
                format!("(i32x4.extract_lane {} (v128.{op} {at} {address}))", self.random.below(4))
            }
            11 => {
                let (op, lanes) = *self.random.pick(&[("8", 16), ("16", 8), ("32", 4), ("64", 2)]);
                let lane = self.random.below(lanes);
                format!("(i32x4.extract_lane 1 (v128.load{op}_lane {at} {lane} {address} (v128.const i32x4 1 2 3 4)))")
            }
            12 | 13 => {
                let (address, at) = self.atomic(&memory, &address, offset);
                if kind == 12 {
                    return format!("(i32.atomic.load {at} {address})");
                }
                let value = self.value(depth);
                match self.random.below(4) {
                    0 => format!("(i32.atomic.rmw.add {at} {address} {value})"),
                    1 => format!("(i32.atomic.rmw16.cmpxchg_u {at} {address} (i32.const 0) {value})"),
                    2 => format!("(i32.wrap_i64 (i64.atomic.rmw.xchg {at} {address} (i64.extend_i32_u {value})))"),
                    _ => format!("(memory.atomic.notify {at} {address} {value})"),
                }
            }
            _ => {
                // Several accesses from one local, which changes in between or does not.
                let local = self.local();
                let more =
                    if self.random.one_in(2) { offset.saturating_add(self.random.below(40) as u32) } else { offset };
                let more = if self.tame { offset } else { more };
                let change = if self.random.one_in(3) && !self.tame {
                    format!("(local.set {local} {})", self.number())
                } else {
                    String::new()
                };
                format!(
                    "(block (result i32) (local.set {local} {address}) (i32.load {at} (local.get {local})) {change}
                     (i32.load8_u ${} offset={more} (local.get {local})) i32.add)",
                    memory.name
                )
            }
        }
    }

    /// Something without a result.
    fn statement(&mut self, depth: usize) -> String {
        self.left = self.left.saturating_sub(1);
        if depth == 0 || self.left == 0 {
            return format!("(local.set {} {})\n", self.local(), self.number());
        }
        let depth = depth - 1;
        let segment = self.random.below(SEGMENTS);
        let text = match self.random.below(17) {
            0..=3 => self.store(depth),
            4 => format!("(local.set {} {})", self.local(), self.value(depth)),
            5 => format!("(global.set ${} {})", self.random.pick(&["g", "h"]), self.value(depth)),
            6 => {
                let memory = self.memory();
                let (at, len) = self.range(memory.bytes());
                format!("(memory.fill ${} {at} {} {len})", memory.name, self.value(depth))
            }
            7 => {
                let (to, from) = (self.memory(), self.memory());
                let (at, len) = self.range(to.bytes());
                let (source, _) = self.range(from.bytes());
                format!("(memory.copy ${} ${} {at} {source} {len})", to.name, from.name)
            }
            8 => {
                let memory = self.memory();
                let (at, _) = self.range(memory.bytes());
                let (from, len) = if self.random.one_in(3) {
                    self.range(10)
                } else {
                    ("(i32.const 0)".into(), "(i32.const 0)".into())
                };
                format!("(memory.init ${} $ds{segment} {at} {from} {len})", memory.name)
            }
            9 if self.random.one_in(4) => format!("(data.drop $ds{segment})"),
            9 if self.random.one_in(4) => format!("(elem.drop $es{segment})"),
            9 | 10 => {
                let (at, len) = self.range(self.slots as u32);
                let guard = "(i32.const 2)";
                match self.random.below(4) {
                    0 => format!("(table.set $t {guard} (ref.func ${}))", self.random.pick(&self.callable)),
                    1 => format!("(table.init $t $es{segment} {guard} (i32.const 0) (i32.const 0))"),
                    2 => format!(
                        "(table.copy $t $t (i32.const 0) (i32.const {}) (i32.const 1))",
                        self.random.below(self.slots)
                    ),
                    _ if self.random.one_in(4) => format!("(table.fill $t {at} (ref.null func) {len})"),
                    _ => {
                        format!("(drop (table.grow $t (ref.func ${}) (i32.const 1)))", self.random.pick(&self.callable))
                    }
                }
            }
            11 => {
                format!("(if {} (then {}) (else {}))", self.value(depth), self.statement(depth), self.statement(depth))
            }
            12 => format!("(block $out (br_if $out {}) {})", self.value(depth), self.statement(depth)),
            13 => format!(
                "(loop $again (if (global.get $budget) (then
                   (global.set $budget (i32.sub (global.get $budget) (i32.const 1))) {} (br_if $again {}))))",
                self.statement(depth),
                self.value(depth)
            ),
            14 => format!(
                "(drop (call_ref $f {} {} (ref.func ${})))",
                self.value(depth),
                self.value(depth),
                self.random.pick(&self.callable)
            ),
            15 => {
                let callee = self.random.pick(&self.callable).clone();
                let (one, other) = (self.value(depth), self.value(depth));
                format!("(if (i32.eqz (global.get $g)) (then (return_call ${callee} {one} {other})))")
            }
            _ => format!("(drop {})", self.value(depth)),
        };
        text + "\n"
    }

    fn store(&mut self, depth: usize) -> String {
        let memory = self.memory();
        let (address, offset) = self.address(&memory, depth);
        let at = format!("${} offset={offset}", memory.name);
        let value = self.value(depth);
        match self.random.below(9) {
            0..=2 => format!("(i32.store {at} {address} {value})"),
            3 => format!("(i32.store8 {at} {address} {value})"),
            4 => format!("(i64.store {at} align=1 {address} (i64.extend_i32_s {value}))"),
            5 => format!("(f64.store {at} {address} (f64.convert_i32_s {value}))"),
            6 => format!("(v128.store {at} {address} (i32x4.splat {value}))"),
            7 => {
                let (op, lanes) = *self.random.pick(&[("8", 16), ("16", 8), ("32", 4), ("64", 2)]);
                format!("(v128.store{op}_lane {at} {} {address} (i16x8.splat {value}))", self.random.below(lanes))
            }
            _ => {
                let (address, at) = self.atomic(&memory, &address, offset);
                format!("(i32.atomic.store16 {at} {address} {value})")
            }
        }
    }

    /// An address of an atomic access, which is aligned as a rule.
    fn atomic(&mut self, memory: &Memory, address: &str, offset: u32) -> (String, String) {
        if self.random.one_in(16) {
            return (address.to_owned(), format!("${} offset={offset}", memory.name));
        }
        (format!("(i32.and {address} (i32.const -8))"), format!("${} offset={}", memory.name, offset & !7))
    }
}

/// Every function begins with it.
const SPEND: &str = "(if (i32.eqz (global.get $budget)) (then (return (i32.const 1000))))
    (global.set $budget (i32.sub (global.get $budget) (i32.const 1)))";

/// The fields of a module whose functions call what a table has, and those of one that fills the table.
pub(super) fn late(functions: &[String]) -> (String, String) {
    let type_of = format!("(type $f (func {FUNC}))");
    let count = functions.len();
    let (mut stubs, mut fills) = (format!("{type_of} (table $t (export \"t\") {count} funcref)"), String::new());
    for (slot, name) in functions.iter().enumerate() {
        stubs += &format!(
            "(func (export \"{name}\") {FUNC}
               (call_indirect $t (type $f) (local.get 0) (local.get 1) (i32.const {slot})))"
        );
        fills += &format!("(import \"out\" \"{name}\" (func ${name} {FUNC}))");
    }
    let items: String = functions.iter().map(|name| format!(" ${name}")).collect();
    fills += &format!("(import \"stubs\" \"t\" (table {count} funcref)) (elem (i32.const 0) func{items})");
    (stubs, fills)
}

/// The fields of a module that sums up an owner's state.
pub(super) fn digest(memories: &[Memory], slots: usize) -> String {
    let mut text = String::new();
    let mut body = String::new();
    for Memory { name, ty, log2, .. } in memories {
        text += &format!("(import \"owner\" \"{name}\" (memory ${name} {ty}))");
        body += &format!(
            "(local.set $i (i32.const 0)) (local.set $end (i32.shl (memory.size ${name}) (i32.const {log2})))
             (loop $l (local.set $d (i32.add (i32.mul (local.get $d) (i32.const 16777619)) (i32.load8_u ${name} (local.get $i))))
               (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $end))))"
        );
    }
    text += &format!("(import \"owner\" \"t\" (table $t {slots} funcref))");
    text += "(import \"owner\" \"g\" (global $g (mut i32))) (import \"owner\" \"h\" (global $h (mut i32)))";
    format!(
        "{text} (func (export \"digest\") (result i32) (local $d i32) (local $i i32) (local $end i32) {body}
           (local.set $i (i32.const 0))
           (loop $l (local.set $d (i32.add (i32.mul (local.get $d) (i32.const 3)) (ref.is_null (table.get $t (local.get $i)))))
             (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (table.size $t))))
           (i32.add (local.get $d) (i32.xor (global.get $g) (i32.mul (global.get $h) (i32.const 31)))))"
    )
}
