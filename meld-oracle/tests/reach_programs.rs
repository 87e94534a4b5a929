//! Random attacks on what the plan proves about code before there is a fused module: that a call or a built-in is dead, that a call is one of a
//! leaf, that code which runs while a component may not be left does not leave it, and that an indirect call finds only functions of its own type.
//!
//! In: a seed. Out: a composition in which every way to a function is used: direct calls, tables that segments fill, also those of another module;
//! `table.set`, `table.copy`, `table.init`, `table.fill`, `table.get`, initializers of tables and globals, `ref.func` and `call_ref`, tail calls,
//! subtypes, start functions, `realloc` and post-returns. At the ends of such ways are a function of another component and
//! asynchronous built-ins, which answer with indices. If the plan takes one for dead and it is called, the fused form traps; if it takes a way out for
//! impossible and it is taken, the fused form does not trap. Each world runs unfused and fused, with the same calls until the first trap.
//!
//! Such worlds are dense, and hide a way that is not seen behind others. So there are two directed kinds beside them: [`ways`], with one way to one
//! function, and [`leaves`], with one thing that keeps a function from being a leaf or another instance from calling the principal.
//!
//! Faults planted in `plan/reach` and `plan/principal` turn the default run red. Each made the plan overlook one of these: `call_ref`; built-ins in tables; start functions, destructors,
//! callbacks, `realloc`s, post-returns, threads, functions behind a lower, and functions of exported instances as beginnings; references in
//! globals, in initializers of tables, in passive segments, in segments of expressions, and in code; tail calls through tables; a table of another module;
//! code that moves references; types that differ in references; a flag that others write, another flag, a flag that is set, a second
//! call beside a flag; a leaf that the host calls or that has backpressure; calls of the principal that tell tasks apart, also by a destructor; a
//! resource that both hold.
//!
//! What no test from outside can see:
//! - Leaves that block below a function that is not asynchronous: such a function cannot block, save where its instance has threads.
//! - That a leaf's calls lead back to it: what calls it is asynchronous, which is seen anyway.
//! - That a function lifted with `async` is no leaf, and that the principal is not among its callers: other checks say the same.
//! - Instances with handles or context slots that call a principal which waits: it takes two calls of the host at a time.
//! - Start functions that call the principal: wasmtime has a task then.
//!
//! A failure prints its seed and the composition; `MELD_SEED=<seed> MELD_WORLDS=1` runs it alone, and a larger `MELD_WORLDS` is a longer run.

#[path = "reach_programs/leaves.rs"]
mod leaves;
#[path = "reach_programs/ways.rs"]
mod ways;

use meld_oracle::concurrent::Fault;
use meld_oracle::engine::{concurrent_engine, limit_random};
use meld_oracle::generate::Random;
use meld_oracle::trap::same_trap;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use wasmtime::Store;
use wasmtime::component::{Component, Linker, TypedFunc};

/// Core types of functions: parameters, results.
const TYPES: [(&str, &str); 5] = [("", "i32"), ("i32", "i32"), ("", ""), ("", "i64"), ("i32", "")];

/// What the subject imports: the name, how its component defines it, its type.
const OUTER: [(&str, &str, usize); 8] = [
    ("p", "lower (func $p)", 1),
    ("set-new", "waitable-set.new", 0),
    ("set-drop", "waitable-set.drop", 4),
    ("inc", "backpressure.inc", 2),
    ("dec", "backpressure.dec", 2),
    ("stream-new", "stream.new $s", 3),
    ("get", "context.get i32 0", 0),
    ("put", "context.set i32 0", 4),
];

/// Slots of a table.
const SLOTS: usize = 8;

/// Calls of the host.
const CALLS: usize = 6;

/// One core module in the making.
struct Module<'r> {
    random: &'r mut Random,
    /// Names and types of all functions that it may call.
    funcs: Vec<(String, usize)>,
    /// Tables that it has.
    tables: Vec<&'static str>,
    /// Whether code may move references.
    moves: bool,
    /// Functions that `ref.func` is used on, which have to be declared.
    declared: BTreeSet<String>,
    /// Passive segments.
    passive: usize,
    /// The way on which functions of other components and built-ins are reached. There is but one in a world, so that it is missed if it is not seen.
    way: Way,
    /// Slots that segments fill, with the types of what is in them.
    filled: Vec<(&'static str, usize, usize)>,
}

/// How a function is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Call,
    CodeToGlobal,
    Global,
    TableInitializer,
    Active,
    Passive,
    CodeToTable,
    OtherModule,
}

/// All ways; those at the end need code that moves references.
const WAYS: [Way; 8] = [
    Way::Call,
    Way::CodeToGlobal,
    Way::Global,
    Way::TableInitializer,
    Way::Active,
    Way::OtherModule,
    Way::Passive,
    Way::CodeToTable,
];

impl Module<'_> {
    /// A function to be reached that way: one of the guest's own, or, if it is the way of the world, mostly another.
    fn pick(&mut self, way: Way) -> (String, usize) {
        let is_own = |name: &str| name.starts_with('g');
        let outer = self.way == way && !self.random.one_in(4);
        let fitting: Vec<_> = self.funcs.iter().filter(|(name, _)| is_own(name) != outer).cloned().collect();
        let own: Vec<_> = self.funcs.iter().filter(|(name, _)| is_own(name)).cloned().collect();
        self.random.pick(if fitting.is_empty() { &own } else { &fitting }).clone()
    }

    /// One of that type.
    fn of_type(&mut self, ty: usize, way: Way) -> Option<String> {
        let fits = |name: &str| name.starts_with('g') || self.way == way;
        let fitting: Vec<String> =
            self.funcs.iter().filter(|(name, of)| *of == ty && fits(name)).map(|(name, _)| name.clone()).collect();
        if fitting.is_empty() { None } else { Some(self.random.pick(&fitting).clone()) }
    }

    /// A function, whose reference is taken in code.
    fn reference(&mut self) -> String {
        let (name, _) = self.pick(Way::CodeToTable);
        self.declared.insert(name.clone());
        name
    }

    fn slot(&mut self) -> String {
        match self.random.one_in(4) {
            true => format!("(i32.and (local.get $a) (i32.const {}))", SLOTS - 1),
            false => format!("(i32.const {})", self.random.below(SLOTS)),
        }
    }

    fn table(&mut self) -> &'static str {
        let at = self.random.below(self.tables.len());
        self.tables[at]
    }

    /// `call`, which takes what a function of that type does, with its result folded.
    fn folded(&mut self, call: &str, ty: usize, operand: &str) -> String {
        let argument = if TYPES[ty].0.is_empty() { "" } else { "(local.get $a)" };
        let call = format!("({call} {argument} {operand})");
        let fold = |value: &str| format!("(local.set $a (i32.add (i32.mul (local.get $a) (i32.const 31)) {value}))");
        match TYPES[ty].1 {
            "" => call,
            "i64" => fold(&format!("(i32.wrap_i64 {call})")),
            _ => fold(&call),
        }
    }

    fn statement(&mut self) -> String {
        let ty = self.random.below(TYPES.len());
        let (table, slot) = (self.table(), self.slot());
        match self.random.below(if self.moves { 12 } else { 6 }) {
            0 => format!("(local.set $a (i32.add (local.get $a) (i32.const {})))", self.random.below(1000)),
            1 => match self.of_type(ty, Way::Call) {
                Some(name) => self.folded(&format!("call ${name}"), ty, ""),
                None => String::new(),
            },
            2 => {
                // A typed reference in a global.
                match self.of_type(ty, Way::CodeToGlobal) {
                    Some(name) if self.random.one_in(2) => {
                        self.declared.insert(name.clone());
                        format!("(global.set $r{ty} (ref.func ${name}))")
                    }
                    _ => {
                        let call = self.folded(&format!("call_ref $t{ty}"), ty, &format!("(global.get $r{ty})"));
                        format!("(if (ref.is_null (global.get $r{ty})) (then) (else {call}))")
                    }
                }
            }
            3..=5 => {
                let known = self.random.pick(&self.filled).to_owned();
                let (table, slot, ty) = match self.moves || self.random.one_in(8) {
                    true => (table, slot, ty),
                    false => (known.0, format!("(i32.const {})", known.1), known.2),
                };
                let call = self.folded(&format!("call_indirect {table} (type $t{ty})"), ty, &slot);
                // Mostly one that is there and of that type; where nothing moves references, nothing can look.
                let guard = match self.moves {
                    true => format!("(ref.test (ref $t{ty}) (table.get {table} {slot}))"),
                    false => format!("(i32.eqz (i32.and (local.get $a) (i32.const {})))", 1 + self.random.below(3)),
                };
                format!("(if {guard} (then {call}))")
            }
            6 => format!("(table.set {table} {slot} (ref.func ${}))", self.reference()),
            7 => format!("(table.copy {} {table} {} {slot} (i32.const 1))", self.table(), self.slot()),
            8 if self.passive > 0 => format!(
                "(table.init {table} $passive{} {slot} (i32.const 0) (i32.const 1))",
                self.random.below(self.passive)
            ),
            9 => format!("(table.fill {table} {slot} (ref.func ${}) (i32.const 1))", self.reference()),
            _ => format!("(table.set {table} {slot} (table.get {} {}))", self.table(), self.slot()),
        }
    }

    /// A function of that type.
    fn func(&mut self, name: &str, ty: usize, export: bool) -> String {
        let (params, results) = TYPES[ty];
        let mut body = String::new();
        for _ in 0..1 + self.random.below(4) {
            body.push_str(&self.statement());
        }
        // What it ends with: sometimes a tail call.
        let (table, slot) = (self.table(), self.slot());
        let fitting: Vec<usize> = (0..TYPES.len()).filter(|other| TYPES[*other].1 == results).collect();
        let other = *self.random.pick(&fitting);
        let argument = if TYPES[other].0.is_empty() { "" } else { "(local.get $a)" };
        if self.random.one_in(3) {
            let tail = match self.random.below(3) {
                0 => match self.of_type(other, Way::Call) {
                    Some(callee) => format!("(return_call ${callee} {argument})"),
                    None => String::new(),
                },
                1 => format!("(return_call_indirect {table} (type $t{other}) {argument} {slot})"),
                _ => format!(
                    "(if (ref.is_null (global.get $r{other})) (then) (else (return_call_ref $t{other} {argument} (global.get $r{other}))))"
                ),
            };
            let _ = write!(body, "(if (i32.and (local.get $a) (i32.const 1)) (then {tail}))");
        }
        let last = match results {
            "" => "",
            "i64" => "(i64.extend_i32_u (local.get $a))",
            _ => "(local.get $a)",
        };
        let zero = match results {
            "" => "",
            "i64" => "(i64.const 0)",
            _ => "(i32.const 0)",
        };
        let (head, local) = match params {
            "" => (String::new(), "(local $a i32)"),
            _ => ("(param $a i32)".to_owned(), ""),
        };
        let result = if results.is_empty() { String::new() } else { format!("(result {results})") };
        let fuel = match export {
            true => "(global.set $fuel (i32.const 40))".to_owned(),
            false => format!(
                "(if (i32.eqz (global.get $fuel)) (then (return {zero}))) (global.set $fuel (i32.sub (global.get $fuel) (i32.const 1)))"
            ),
        };
        // Some are of a subtype, and can be called as functions of the type above it.
        let of = match export {
            // What is lifted has a final type.
            true => format!("$f{ty}"),
            false if ty < 2 && self.random.one_in(4) => format!("$sub{ty}"),
            false => format!("$t{ty}"),
        };
        format!("(func ${name} (export \"{name}\") (type {of}) {head} {result} {local} {fuel} {body} {last})\n")
    }
}

/// The types of all modules.
fn types() -> String {
    let mut out = String::new();
    for (ty, (params, results)) in TYPES.iter().enumerate() {
        let params = if params.is_empty() { String::new() } else { format!("(param {params})") };
        let results = if results.is_empty() { String::new() } else { format!("(result {results})") };
        // The first two have subtypes. Canonical functions are of final types.
        let (open, close) = if ty < 2 { ("(sub ", ")") } else { ("", "") };
        let _ = writeln!(out, "(type $f{ty} (func {params} {results}))");
        match ty < 2 {
            true => {
                let _ = writeln!(out, "(type $t{ty} {open}(func {params} {results}){close})");
                let _ = writeln!(out, "(type $sub{ty} (sub $t{ty} (func {params} {results})))");
            }
            false => {
                let _ = writeln!(out, "(type $t{ty} (func {params} {results}))");
            }
        }
    }
    out
}

/// A component whose functions `e0`, … may do anything. `outer`: which of [`OUTER`] it imports; `asynchronous`: whether its functions are of
/// `async` type.
fn subject(random: &mut Random, name: &str, outer: &[usize], asynchronous: bool) -> (String, Vec<String>) {
    let moves = random.one_in(2);
    let mut out =
        format!("(component ${name}\n(import \"p\" (func $p (param \"n\" u32) (result u32)))\n(type $s (stream u8))\n");
    out.push_str("(import \"name\" (func $name (param \"n\" u32) (result string)))\n");
    let mut given = String::new();
    for (outer, canon, _) in outer.iter().map(|i| OUTER[*i]) {
        let _ = writeln!(out, "(core func ${outer} (canon {canon}))");
        let _ = write!(given, "(export \"{outer}\" (func ${outer}))");
    }
    let types = types();
    let modules = 1 + random.below(2);
    let way = WAYS[random.below(if moves { 8 } else { 6 })];
    // What tools call fixups: a module of its own that fills a table of another, in its first slot.
    let filler = (way == Way::OtherModule && !outer.is_empty()).then(|| OUTER[*random.pick(outer)]);
    let fill = filler.map(|(_, _, ty)| ("$shared", 0, ty));
    let mut exports = Vec::new();
    for m in 0..modules {
        let mut module = Module {
            random: &mut *random,
            funcs: Vec::new(),
            tables: vec!["$shared", "$own"],
            moves,
            declared: BTreeSet::new(),
            passive: 0,
            way,
            filled: fill.iter().copied().collect(),
        };
        let mut imports = String::new();
        for (outer, _, ty) in outer.iter().map(|i| OUTER[*i]) {
            if module.random.one_in(2) {
                // Of a final type, as canonical functions are; code of the guest has no other type for it, save where both are equal.
                let _ = writeln!(imports, "(import \"outer\" \"{outer}\" (func ${outer} (type $f{ty})))");
                if ty >= 2 {
                    module.funcs.push((outer.to_owned(), ty));
                } else {
                    module.funcs.push((format!("{outer}-of"), ty));
                }
            }
        }
        let table = match m {
            0 => format!("(table $shared (export \"shared\") {SLOTS} funcref)"),
            _ => format!("(import \"0\" \"shared\" (table $shared {SLOTS} funcref))"),
        };
        let mut code = String::new();
        // Wrappers of what is of another type than the guest's own.
        for (outer, _, ty) in outer.iter().map(|i| OUTER[*i]) {
            if ty < 2 && imports.contains(&format!("\"{outer}\"")) {
                let argument = if TYPES[ty].0.is_empty() { "" } else { "(local.get 0)" };
                let _ = writeln!(code, "(func ${outer}-of (type $t{ty}) (call ${outer} {argument}))");
            }
        }
        let own: Vec<(String, usize)> =
            (0..3 + module.random.below(4)).map(|g| (format!("g{m}-{g}"), module.random.below(TYPES.len()))).collect();
        module.funcs.extend(own.iter().cloned());
        module.passive = if moves { module.random.below(3) } else { 0 };
        let mut segments = String::new();
        for table in ["$shared", "$own"] {
            for _ in 0..1 + module.random.below(3) {
                let (func, ty) = module.pick(Way::Active);
                // The first slot is left to the module that fills, and half of the others to each module.
                let at = 1 + module.random.below(SLOTS / 2 - 1) + if m == 0 { 0 } else { SLOTS / 2 - 1 };
                module.filled.retain(|(of, slot, _)| (*of, *slot) != (table, at));
                module.filled.push((table, at, ty));
                let _ = match module.random.one_in(2) {
                    true => writeln!(segments, "(elem (table {table}) (i32.const {at}) func ${func})"),
                    false => writeln!(segments, "(elem (table {table}) (i32.const {at}) funcref (ref.func ${func}))"),
                };
            }
        }
        for (name, ty) in &own {
            let func = module.func(name, *ty, false);
            code.push_str(&func);
        }
        for e in 0..2 {
            let name = format!("e{m}-{e}");
            let func = module.func(&name, 1, true);
            code.push_str(&func);
            exports.push(name);
        }
        let name = format!("post{m}");
        code.push_str(&module.func(&name, 4, false));
        for passive in 0..module.passive {
            let (func, _) = module.pick(Way::Passive);
            let _ = writeln!(segments, "(elem $passive{passive} func ${func})");
        }
        let mut globals = String::new();
        for ty in 0..TYPES.len() {
            let first = match module.of_type(ty, Way::Global) {
                Some(name) if module.random.one_in(2) => format!("(ref.func ${name})"),
                _ => format!("(ref.null $t{ty})"),
            };
            let _ = writeln!(globals, "(global $r{ty} (mut (ref null $t{ty})) {first})");
        }
        let own_table = match module.random.one_in(4) {
            true => {
                let (func, _) = module.pick(Way::TableInitializer);
                format!("(table $own {SLOTS} funcref (ref.func ${func}))")
            }
            false => format!("(table $own {SLOTS} funcref)"),
        };
        let start = match own.iter().find(|(_, ty)| *ty == 2) {
            Some((name, _)) if module.random.one_in(3) => format!("(start ${name})"),
            _ => String::new(),
        };
        let declared: String = module.declared.iter().map(|name| format!(" ${name}")).collect();
        let declare = if declared.is_empty() { String::new() } else { format!("(elem declare func{declared})") };
        // A function that `realloc` is: it may do what others do.
        let call = module.folded("call_indirect $shared (type $t2)", 2, "(i32.const 0)");
        let realloc = match module.random.one_in(3) {
            true => format!("(if (i32.eqz (i32.and (local.get 3) (i32.const 3))) (then {call}))"),
            false => String::new(),
        };
        let name = match module.random.one_in(2) {
            true => {
                "(func (export \"spell\") (param i32) (result i32) (call $name (local.get 0) (i32.const 16)) (i32.load (i32.const 20)))"
            }
            false => "(func (export \"spell\") (param i32) (result i32) (local.get 0))",
        };
        let _ = writeln!(
            out,
            "(core module $M{m} {types} {imports} {} {} {table} {own_table} \
             (global $fuel (mut i32) (i32.const 40)) {globals} {segments} {declare} {code} {start} {})",
            if m == 0 { "" } else { "(import \"0\" \"memory\" (memory 1))" },
            if m == 0 { "" } else { "(import \"name\" \"name\" (func $name (param i32 i32)))" },
            match m {
                0 => format!(
                    "(memory (export \"memory\") 1) (func (export \"realloc\") (param i32 i32 i32 i32) (result i32) {realloc} (i32.const 1024))"
                ),
                _ => name.to_owned(),
            },
        );
        match m {
            0 => {
                let _ = writeln!(out, "(core instance $m0 (instantiate $M0 (with \"outer\" (instance {given}))))");
                out.push_str("(alias core export $m0 \"memory\" (core memory $mem)) (alias core export $m0 \"realloc\" (core func $realloc))\n");
                out.push_str("(core func $name (canon lower (func $name) (memory $mem) (realloc $realloc)))\n");
            }
            _ => {
                let _ = writeln!(
                    out,
                    "(core instance $m{m} (instantiate $M{m} (with \"0\" (instance $m0)) (with \"outer\" (instance {given})) \
                     (with \"name\" (instance (export \"name\" (func $name))))))"
                );
            }
        }
    }
    if let Some((name, _, ty)) = filler {
        let _ = writeln!(
            out,
            "(core module $Fill {types} (import \"0\" \"shared\" (table {SLOTS} funcref)) (import \"outer\" \"{name}\" (func $f (type $f{ty}))) \
               (func $of (type $t{ty}) (return_call $f {})) (elem (i32.const 0) func {})) \
             (core instance (instantiate $Fill (with \"0\" (instance $m0)) (with \"outer\" (instance {given}))))",
            if TYPES[ty].0.is_empty() { "" } else { "(local.get 0)" },
            if ty < 2 { "$of" } else { "$f" },
        );
    }
    let spells = modules == 2;
    let kind = if asynchronous { "async " } else { "" };
    for (n, export) in exports.iter().enumerate() {
        let m = export[1..].split('-').next().expect("a number");
        let post = match random.one_in(3) {
            true => format!(" (post-return (core func $m{m} \"post{m}\"))"),
            false => String::new(),
        };
        let _ = writeln!(
            out,
            "(func (export \"e{n}\") {kind}(param \"n\" u32) (result u32) (canon lift (core func $m{m} \"{export}\"){post}))"
        );
    }
    let mut names: Vec<String> = (0..exports.len()).map(|n| format!("e{n}")).collect();
    if spells {
        let _ = writeln!(
            out,
            "(func (export \"spell\") {kind}(param \"n\" u32) (result u32) (canon lift (core func $m1 \"spell\")))"
        );
        names.push("spell".to_owned());
    }
    out.push_str(")\n");
    (out, names)
}

/// The text of a world, and the functions that it exports.
fn world(random: &mut Random) -> (String, Vec<String>) {
    let mut out = String::from(
        r#"(component
          (component $Provider
            (core module $m
              (memory (export "memory") 1)
              (data (i32.const 64) "some text")
              (global $calls (mut i32) (i32.const 0))
              (func (export "p") (param i32) (result i32)
                (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
                (i32.add (local.get 0) (i32.mul (global.get $calls) (i32.const 1000))))
              (func (export "name") (param i32) (result i32)
                (i32.store (i32.const 0) (i32.const 64))
                (i32.store (i32.const 4) (i32.and (local.get 0) (i32.const 7)))
                (i32.const 0)))
            (core instance $i (instantiate $m))
            (func (export "p") (param "n" u32) (result u32) (canon lift (core func $i "p")))
            (func (export "name") (param "n" u32) (result string)
              (canon lift (core func $i "name") (memory (core memory $i "memory")))))
          (instance $provider (instantiate $Provider))
        "#,
    );
    let outer = |random: &mut Random, all: std::ops::Range<usize>| all.filter(|_| random.one_in(2)).collect::<Vec<_>>();
    let leaf = random.one_in(2);
    let with = "(with \"p\" (func $provider \"p\")) (with \"name\" (func $provider \"name\"))";
    let mut exports = Vec::new();
    // One that uses tasks if what it might do is live; beside a leaf, nothing else may.
    let first = if leaf { outer(random, 0..1) } else { outer(random, 0..OUTER.len()) };
    let (text, names) = subject(random, "Subject", &first, leaf);
    let _ = writeln!(out, "{text} (instance $subject (instantiate $Subject {with}))");
    if leaf {
        // Calls the other one with the option `async`, which returns at once: it cannot wait.
        out.push_str("(component $Caller\n");
        let [mut lowers, mut imports, mut given, mut code, mut lifts, mut with] = [const { String::new() }; 6];
        let write = |to: &mut String, text: String| to.push_str(&text);
        for name in &names {
            write(&mut lifts, format!("(import \"{name}\" (func ${name} async (param \"n\" u32) (result u32)))\n"));
            write(&mut lowers, format!("(core func ${name}' (canon lower (func ${name}) async (memory $mem)))\n"));
            write(&mut imports, format!("(import \"\" \"{name}\" (func ${name} (param i32 i32) (result i32)))\n"));
            write(&mut given, format!("(export \"{name}\" (func ${name}'))"));
            write(
                &mut code,
                format!(
                    "(func (export \"{name}\") (param i32) (result i32) \
                       (if (i32.ne (call ${name} (local.get 0) (i32.const 8)) (i32.const 2)) (then unreachable)) \
                       (i32.load (i32.const 8)))\n"
                ),
            );
            write(&mut with, format!("(with \"{name}\" (func $subject \"{name}\"))"));
        }
        let _ = writeln!(
            out,
            "{lifts} (core module $Mem (memory (export \"memory\") 1)) (core instance $memory (instantiate $Mem)) \
             (alias core export $memory \"memory\" (core memory $mem)) {lowers} \
             (core module $M (import \"memory\" \"memory\" (memory 1)) {imports} {code}) \
             (core instance $m (instantiate $M (with \"memory\" (instance $memory)) (with \"\" (instance {given}))))"
        );
        for name in &names {
            let _ = writeln!(
                out,
                "(func (export \"{name}\") (param \"n\" u32) (result u32) (canon lift (core func $m \"{name}\")))"
            );
        }
        let _ = writeln!(out, ") (instance $caller (instantiate $Caller {with}))");
    }
    let instance = if leaf { "$caller" } else { "$subject" };
    for name in names {
        let _ = writeln!(out, "(export \"{name}\" (func {instance} \"{name}\"))");
        exports.push(name);
    }
    out.push(')');
    (out, exports)
}

/// Results of the calls up to the first trap, and its text.
fn run(component: &[u8], calls: &[(String, u32)]) -> Result<(Vec<u32>, Option<String>), Fault> {
    let engine = concurrent_engine();
    let component = Component::new(engine, component).map_err(|e| Fault::Unfit(format!("{e:?}")))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut store = Store::new(engine, ());
        limit_random(&mut store);
        let instance = match Linker::new(engine).instantiate_async(&mut store, &component).await {
            Ok(instance) => instance,
            Err(error) => return Ok((Vec::new(), Some(format!("{error:?}")))),
        };
        let mut results = Vec::new();
        for (name, argument) in calls {
            // A function in an instance is at a path.
            let mut at = None;
            for part in name.split('/') {
                let index = instance.get_export_index(&mut store, at.as_ref(), part);
                at = Some(index.ok_or_else(|| Fault::Unfit(format!("no export `{name}`")))?);
            }
            let at = at.expect("a name has a part");
            let func: TypedFunc<(u32,), (u32,)> =
                instance.get_typed_func(&mut store, at).map_err(|e| Fault::Unfit(format!("{e:?}")))?;
            match func.call_async(&mut store, (*argument,)).await {
                Ok((result,)) => results.push(result),
                Err(error) => return Ok((results, Some(format!("{error:?}")))),
            }
        }
        Ok((results, None))
    })
}

#[test]
fn what_is_proved_holds() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
    let first = number("MELD_SEED").unwrap_or(1);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for seed in first..first + number("MELD_WORLDS").unwrap_or(80) {
        let random = &mut Random::named(seed, "reach", 0);
        let (text, exports) = world(random);
        let input = wat::parse_str(&text).unwrap_or_else(|e| panic!("seed {seed}: {e}\n{text}"));
        let mut fuser = meld_core::Fuser::new();
        fuser.input("world", &input);
        let fused = fuser.fuse_component();
        let fused = fused.unwrap_or_else(|e| panic!("seed {seed}: {}\n{text}", meld_oracle::error_chain(&e)));
        let mut count = |what| *counts.entry(what).or_default() += 1;
        count(if fused.report.fusion.kept_crossings == Some(0) { "fused" } else { "kept" });
        // Several runs, because one that traps is over.
        for _ in 0..3 {
            let calls: Vec<(String, u32)> =
                (0..CALLS).map(|_| (random.pick(&exports).clone(), random.below(64) as u32)).collect();
            let unfused = run(&input, &calls).unwrap_or_else(|e| panic!("seed {seed}: {e}\n{text}"));
            let found = run(&fused.bytes, &calls).unwrap_or_else(|e| panic!("seed {seed}, fused: {e}\n{text}"));
            let same = match (&unfused.1, &found.1) {
                (None, None) => true,
                (Some(unfused), Some(found)) => same_trap(meld_oracle::trap::cause(unfused), found),
                _ => false,
            };
            assert!(
                same && unfused.0 == found.0,
                "seed {seed}, {calls:?}\nunfused: {unfused:?}\nfused: {found:?}\n{text}"
            );
            count(if unfused.1.is_some() { "trap" } else { "end" });
        }
    }
    println!("{counts:?}");
    if number("MELD_WORLDS").is_none() && number("MELD_SEED").is_none() {
        for (what, least) in [("fused", 40), ("end", 40), ("trap", 20)] {
            assert!(counts.get(what).is_some_and(|n| *n >= least), "{what}: {counts:?}");
        }
    }
}

/// Runs worlds unfused and fused, with the same calls until the first trap. A world is what it is about, its text, and the functions to call.
fn compare(kind: &str, worlds: u64, world: impl Fn(u64, &mut Random) -> (String, String, Vec<&'static str>)) {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
    let first = number("MELD_SEED").unwrap_or(1);
    let worlds = number("MELD_WORLDS").unwrap_or(worlds);
    let (mut kept, mut traps, mut failed) = (0, 0, Vec::new());
    for seed in first..first + worlds {
        let random = &mut Random::named(seed, kind, 0);
        let (what, text, exports) = world(seed, random);
        let input = wat::parse_str(&text).unwrap_or_else(|e| panic!("seed {seed}, {what}: {e}\n{text}"));
        let mut fuser = meld_core::Fuser::new();
        fuser.input("world", &input);
        let fused = fuser.fuse_component();
        let fused = fused.unwrap_or_else(|e| panic!("seed {seed}, {what}: {}\n{text}", meld_oracle::error_chain(&e)));
        kept += u64::from(fused.report.fusion.kept_crossings != Some(0));
        for _ in 0..exports.len().min(3) {
            let calls: Vec<(String, u32)> =
                (0..5).map(|_| ((*random.pick(&exports)).to_owned(), random.below(8) as u32)).collect();
            let unfused = run(&input, &calls).unwrap_or_else(|e| panic!("seed {seed}, {what}: {e}\n{text}"));
            let found = run(&fused.bytes, &calls).unwrap_or_else(|e| panic!("seed {seed}, {what}, fused: {e}\n{text}"));
            let same = match (&unfused.1, &found.1) {
                (None, None) => true,
                (Some(unfused), Some(found)) => same_trap(meld_oracle::trap::cause(unfused), found),
                _ => false,
            };
            traps += u64::from(unfused.1.is_some());
            if !same || unfused.0 != found.0 {
                failed.push(format!("seed {seed}, {what}: {calls:?} {unfused:?} and, fused, {found:?}\n{text}"));
                break;
            }
        }
    }
    println!("{worlds} worlds, {kept} kept, {traps} runs trap");
    let names: Vec<&str> = failed.iter().map(|of| of.split(": ").next().unwrap_or(of)).collect();
    assert!(failed.is_empty(), "{} differ: {names:#?}\n{}", failed.len(), failed[0]);
    if number("MELD_WORLDS").is_none() && number("MELD_SEED").is_none() {
        assert!(kept < worlds * 4 / 5, "{kept} of {worlds} are kept");
    }
}

/// Compositions with one way to one function, which must be seen.
#[test]
fn one_way_is_seen() {
    compare("ways", 2 * ways::ALL, |seed, random| {
        let (what, text, path) = ways::world(seed, random);
        (what, text, vec![path])
    });
}

/// A call of a leaf has returned when it comes back, and nothing else is a leaf.
#[test]
fn leaves_return_at_once() {
    compare("leaf", 90, |_, random| leaves::leaf(random));
}

/// A call of the principal by another instance has its task's rights, and no other's.
#[test]
fn calls_of_the_principal_are_its_own() {
    compare("principal", 90, |_, random| leaves::principal(random));
}
