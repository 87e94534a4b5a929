//! Random compositions in which everybody may call everybody: a root, children and children of children, and a host that comes back.
//!
//! Every function is `f(n, s)`: it hashes `s`, and calls what it knows with `n - 1` while `n` is not 0. Whoever is called from
//! below is reached through the root, which forwards to any instance by a table. Each guest has a frame in memory at a place that a
//! context slot keeps, and looks, whenever a call has come back, whether slot and frame are as it left them; so do its `realloc`
//! and its post-return. Some guests' `realloc` calls out one day, and traps.
//!
//! `MELD_DONUTS=1000` runs so many; `MELD_SEED=<seed>` one of them.

use super::{MEMORIES, wrapped};
use meld_oracle::engine::{concurrent_engine as engine, limit};
use meld_oracle::generate::Random;
use meld_oracle::trap;
use std::fmt::Write;
use wasmtime::component::{Component, Instance, Linker, Val};
use wasmtime::{Store, StoreContextMut};

/// A guest: where it is, and whom it calls.
struct Plan {
    /// The guest of which it is a child; the root's, if `None`.
    parent: Option<usize>,
    /// Numbers of guests; the number of all guests means the host.
    calls: Vec<usize>,
    wide_chars: bool,
    post_return: bool,
    slots: bool,
    /// How many bytes its `realloc` gives out before it calls out.
    patience: u32,
}

fn plan(random: &mut Random) -> Vec<Plan> {
    let count = 2 + random.below(3);
    (0..count)
        .map(|index| Plan {
            parent: (index > 0 && random.one_in(3)).then(|| random.below(index)),
            calls: (0..1 + random.below(2)).map(|_| random.below(count + 1)).collect(),
            wide_chars: random.one_in(2),
            post_return: random.one_in(2),
            slots: !random.one_in(4),
            patience: if random.one_in(4) { 1 + random.below(150) as u32 } else { u32::MAX },
        })
        .collect()
}

const TYPE: &str = "(param \"n\" u32) (param \"s\" string) (result u32)";

/// The core module of a guest, or of the root, which only forwards.
fn module(index: usize, plan: &Plan) -> String {
    let imports: String = (0..plan.calls.len())
        .map(|i| format!("(import \"\" \"g{i}\" (func $g{i} (param i32 i32 i32) (result i32)))"))
        .collect();
    let (get, set) = match plan.slots {
        true => (
            "(import \"\" \"get\" (func $get (result i32))) (import \"\" \"get1\" (func $get1 (result i32)))",
            "(import \"\" \"set\" (func $set (param i32))) (import \"\" \"set1\" (func $set1 (param i32)))",
        ),
        false => ("", ""),
    };
    // Without slots, none of this is there.
    let with = |code: &'static str| if plan.slots { code } else { "" };
    let fresh = with("(if (i32.or (call $get) (call $get1)) (then unreachable))");
    let (load, step) = if plan.wide_chars { ("i32.load16_u", 2) } else { ("i32.load8_u", 1) };
    let calls: String = (0..plan.calls.len())
        .map(|i| {
            format!(
                "(local.set $h (i32.add (i32.mul (local.get $h) (i32.const 33))
                   (call $g{i} (i32.sub (local.get $n) (i32.const 1)) (local.get $s)
                     (i32.sub (local.get $len) (i32.and (i32.ne (local.get $len) (i32.const 0)) (i32.const {}))))))
                 (call $look (local.get $frame) (local.get $n))",
                (index + i) % 2
            )
        })
        .collect();
    let look = with(
        "(if (i32.ne (call $get) (local.get $frame)) (then unreachable))
         (if (i32.ne (call $get1) (i32.add (local.get $n) (i32.const 1))) (then unreachable))",
    );
    format!(
        r#"(module
  {imports} {get} {set}
  (memory (export "m") 1)
  (global $next (mut i32) (i32.const 8192))
  (global $frames (mut i32) (i32.const 8192))
  (func (export "realloc") (param $old i32) (param $from i32) (param $align i32) (param $to i32) (result i32)
    (local $at i32)
    {fresh} {realloc_slots}
    (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
    (global.set $next (i32.add (local.get $at) (local.get $to)))
    (if (i32.gt_u (i32.sub (global.get $next) (i32.const 8192)) (i32.const {patience}))
      (then (drop (call $g0 (i32.const 0) (i32.const 0) (i32.const 0)))))
    (if (local.get $from) (then (memory.copy (local.get $at) (local.get $old) (local.get $from))))
    (local.get $at))
  (func $look (param $frame i32) (param $n i32)
    (if (i32.ne (i32.load (local.get $frame)) (i32.xor (local.get $n) (i32.const 0x5a5a5a5a))) (then unreachable))
    {look})
  (func (export "f") (param $n i32) (param $s i32) (param $len i32) (result i32)
    (local $frame i32) (local $h i32) (local $i i32)
    {fresh}
    ;; Down from 8192, and back up when it returns.
    (local.set $frame (i32.sub (global.get $frames) (i32.const 16)))
    (global.set $frames (local.get $frame))
    (i32.store (local.get $frame) (i32.xor (local.get $n) (i32.const 0x5a5a5a5a)))
    {enter}
    (local.set $h (i32.add (local.get $n) (i32.const {salt})))
    (block $done (loop $chars
      (br_if $done (i32.eq (local.get $i) (local.get $len)))
      (local.set $h (i32.xor (i32.rotl (local.get $h) (i32.const 5))
        ({load} (i32.add (local.get $s) (i32.mul (local.get $i) (i32.const {step}))))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $chars)))
    (if (local.get $n) (then {calls}))
    (call $look (local.get $frame) (local.get $n))
    {leave}
    (global.set $frames (i32.add (local.get $frame) (i32.const 16)))
    (local.get $h))
  (func (export "post") (param $h i32) {post}))"#,
        realloc_slots = with("(call $set (i32.const 77)) (call $set1 (i32.const 78))"),
        patience = plan.patience.cast_signed(),
        salt = index * 7919 + 13,
        enter = with("(call $set (local.get $frame)) (call $set1 (i32.add (local.get $n) (i32.const 1)))"),
        leave = with("(call $set (local.get $h)) (call $set1 (i32.const 3))"),
        post = with(
            "(if (i32.ne (call $get) (local.get $h)) (then unreachable))
             (if (i32.ne (call $get1) (i32.const 3)) (then unreachable))
             (call $set (i32.const 99))"
        ),
    )
}

/// The component of guest `index`, with its children, whose exports it passes on.
fn guest(index: usize, plans: &[Plan]) -> String {
    let plan = &plans[index];
    let mut text = format!("(component $C{index}\n");
    for target in 0..=plans.len() {
        let _ = writeln!(text, "(import \"to{target}\" (func $to{target} {TYPE}))");
    }
    if plan.slots {
        for slot in ["", "1"] {
            let number = if slot.is_empty() { 0 } else { 1 };
            let _ = writeln!(text, "(core func $get{slot} (canon context.get i32 {number}))");
            let _ = writeln!(text, "(core func $set{slot} (canon context.set i32 {number}))");
        }
    }
    let encoding = if plan.wide_chars { "string-encoding=utf16" } else { "string-encoding=utf8" };
    // What is called is lowered with the guest's memory, which is there only when the guest is: hence a table between.
    let forward = |i: usize| {
        format!(
            "(func (export \"g{i}\") (param i32 i32 i32) (result i32)
               (call_indirect (param i32 i32 i32) (result i32) (local.get 0) (local.get 1) (local.get 2) (i32.const {i})))"
        )
    };
    let forwards: String = (0..plan.calls.len()).map(forward).collect();
    let _ = writeln!(text, "(core module $Late (table (export \"t\") {} funcref) {forwards})", plan.calls.len());
    let _ = writeln!(text, "(core instance $late (instantiate $Late))");
    let _ = writeln!(text, "(core module $M {}", module(index, plan).trim_start_matches("(module"));
    let _ = write!(text, "(core instance $i (instantiate $M (with \"\" (instance");
    for i in 0..plan.calls.len() {
        let _ = write!(text, " (export \"g{i}\" (func $late \"g{i}\"))");
    }
    if plan.slots {
        text.push_str(" (export \"get\" (func $get)) (export \"get1\" (func $get1)) (export \"set\" (func $set)) (export \"set1\" (func $set1))");
    }
    text.push_str("))))\n");
    let options = format!("{encoding} (memory (core memory $i \"m\")) (realloc (core func $i \"realloc\"))");
    let (mut imports, mut exports) = (String::new(), String::new());
    for (i, target) in plan.calls.iter().enumerate() {
        let _ = writeln!(
            text,
            "(core func $g{i} (canon lower (func $to{target}) {encoding} (memory (core memory $i \"m\"))))"
        );
        let _ = write!(imports, "(import \"\" \"g{i}\" (func $g{i} (param i32 i32 i32) (result i32)))");
        let _ = write!(exports, "(export \"g{i}\" (func $g{i}))");
    }
    let elements: String = (0..plan.calls.len()).map(|i| format!(" $g{i}")).collect();
    let _ = writeln!(
        text,
        "(core module $Link (import \"\" \"t\" (table {} funcref)) {imports} (elem (i32.const 0) func{elements}))
         (core instance (instantiate $Link (with \"\" (instance (export \"t\" (table $late \"t\")) {exports}))))",
        plan.calls.len()
    );
    let post = if plan.post_return { "(post-return (core func $i \"post\"))" } else { "" };
    let _ = writeln!(text, "(func (export \"f{index}\") {TYPE} (canon lift (core func $i \"f\") {options} {post}))");
    children(Some(index), plans, &mut text);
    text.push_str(")\n");
    text
}

/// The children of a guest, or of the root, and aliases of all that they export.
fn children(parent: Option<usize>, plans: &[Plan], text: &mut String) {
    for child in (0..plans.len()).filter(|child| plans[*child].parent == parent) {
        text.push_str(&guest(child, plans));
        let _ = write!(text, "(instance $c{child} (instantiate $C{child}");
        for target in 0..=plans.len() {
            let _ = write!(text, " (with \"to{target}\" (func $to{target}))");
        }
        text.push_str("))\n");
        for inner in (0..plans.len()).filter(|inner| is_inside(*inner, child, plans)) {
            match parent {
                Some(_) => {
                    let _ = writeln!(text, "(export \"f{inner}\" (func $c{child} \"f{inner}\"))");
                }
                None => {
                    let _ = writeln!(text, "(alias export $c{child} \"f{inner}\" (func $f{inner}))");
                }
            }
        }
    }
}

/// Whether `inner` is `outer`, or in it at any depth.
fn is_inside(inner: usize, outer: usize, plans: &[Plan]) -> bool {
    inner == outer || plans[inner].parent.is_some_and(|parent| is_inside(parent, outer, plans))
}

/// The whole composition: the root's forwarding functions, the guests, and the table that leads to them.
fn composition(plans: &[Plan]) -> String {
    let count = plans.len();
    let mut text = format!(
        r#"(component
  (import "host" (func $to{count} {TYPE}))
  (core module $Root
    (memory (export "m") 1)
    (table (export "t") {count} funcref)
    (global $next (mut i32) (i32.const 64))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (global.set $next (i32.add (global.get $next) (local.get 3)))
      (i32.sub (global.get $next) (local.get 3)))"#
    );
    for target in 0..count {
        let _ = writeln!(
            text,
            "(func (export \"to{target}\") (param i32 i32 i32) (result i32)
               (call_indirect (param i32 i32 i32) (result i32) (local.get 0) (local.get 1) (local.get 2) (i32.const {target})))"
        );
    }
    text.push_str(")\n(core instance $root (instantiate $Root))\n");
    let memory = "(memory (core memory $root \"m\"))";
    for target in 0..count {
        let _ = writeln!(
            text,
            "(func $to{target} {TYPE} (canon lift (core func $root \"to{target}\") {memory} (realloc (core func $root \"realloc\"))))"
        );
    }
    children(None, plans, &mut text);
    let (mut imports, mut exports, mut elements) = (String::new(), String::new(), String::new());
    for target in 0..count {
        let _ = writeln!(text, "(core func $l{target} (canon lower (func $f{target}) {memory}))");
        let _ = write!(imports, "(import \"\" \"f{target}\" (func $f{target} (param i32 i32 i32) (result i32)))");
        let _ = write!(exports, "(export \"f{target}\" (func $l{target}))");
        let _ = write!(elements, " $f{target}");
    }
    let _ = writeln!(
        text,
        "(core module $Link (import \"\" \"t\" (table {count} funcref)) {imports} (elem (i32.const 0) func{elements}))
         (core instance (instantiate $Link (with \"\" (instance (export \"t\" (table $root \"t\")) {exports}))))"
    );
    for target in 0..count {
        let _ = writeln!(text, "(export \"f{target}\" (func $f{target}))");
    }
    text.push(')');
    text
}

#[derive(Default)]
struct Host {
    instance: Option<Instance>,
    count: usize,
    /// What it was called with.
    seen: Vec<(u32, String)>,
}

type Outcome = (Result<u32, String>, Vec<(u32, String)>);

/// The host is called with `(n, s)` and calls one of the exports with `n - 1`, unless `n` is 0.
fn back(mut store: StoreContextMut<'_, Host>, (n, s): (u32, String)) -> wasmtime::Result<(u32,)> {
    let host = store.data_mut();
    host.seen.push((n, s.clone()));
    let (instance, count) = (host.instance.expect("the instance is there before anything is called"), host.count);
    if n == 0 {
        return Ok((s.len() as u32,));
    }
    let name = format!("f{}", (n as usize + s.len()) % count);
    let func = instance.get_typed_func::<(u32, String), (u32,)>(&mut store, &name)?;
    let (result,) = func.call(&mut store, (n - 1, format!("{s}~")))?;
    Ok((result ^ n,))
}

fn run(bytes: &[u8], count: usize, calls: &[(usize, u32, &str)]) -> wasmtime::Result<Vec<Outcome>> {
    let mut linker: Linker<Host> = Linker::new(engine());
    linker.root().func_wrap("host", back)?;
    let mut store = Store::new(engine(), Host { count, ..Host::default() });
    limit(&mut store);
    let instance = linker.instantiate(&mut store, &Component::new(engine(), bytes)?)?;
    store.data_mut().instance = Some(instance);
    let mut outcomes = Vec::new();
    for (target, n, s) in calls {
        let func = instance.get_func(&mut store, format!("f{target}")).expect("it is exported");
        let mut result = [Val::Bool(false)];
        let found = func.call(&mut store, &[Val::U32(*n), Val::String((*s).to_owned())], &mut result);
        let trapped = found.is_err();
        let result = match (found, &result[0]) {
            (Ok(()), Val::U32(result)) => Ok(*result),
            (Ok(()), other) => panic!("not a number: {other:?}"),
            (Err(error), _) => Err(format!("{error:?}")),
        };
        outcomes.push((result, std::mem::take(&mut store.data_mut().seen)));
        if trapped {
            break;
        }
    }
    Ok(outcomes)
}

fn check(seed: u64, trapped: &mut usize) -> Result<(), String> {
    let mut random = Random::new(seed);
    let plans = plan(&mut random);
    let text = composition(&plans);
    let input = wat::parse_str(&text).map_err(|error| format!("{error}\n{text}"))?;
    let texts = ["", "a", "donut", "with a hole"];
    let calls: Vec<(usize, u32, &str)> =
        (0..6).map(|_| (random.below(plans.len()), random.below(5) as u32, *random.pick(&texts))).collect();
    let expected = run(&input, plans.len(), &calls).map_err(|error| format!("unfused: {error:?}\n{text}"))?;
    *trapped += usize::from(expected.iter().any(|(result, _)| result.is_err()));
    for (name, change) in MEMORIES {
        let found = run(&wrapped(&input, change), plans.len(), &calls).map_err(|error| format!("{name}: {error:?}"))?;
        let same = expected.len() == found.len()
            && expected.iter().zip(&found).all(|((expected, seen), (found, also_seen))| {
                seen == also_seen
                    && match (expected, found) {
                        (Ok(expected), Ok(found)) => expected == found,
                        (Err(expected), Err(found)) => trap::same_trap(trap::cause(expected), found),
                        _ => false,
                    }
            });
        if !same {
            return Err(format!("{name}: {calls:?}\n{expected:?}\n{found:?}\n{text}"));
        }
    }
    Ok(())
}

#[test]
fn random_compositions() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
    let seeds = match number("MELD_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("MELD_DONUTS").unwrap_or(24),
    };
    let (mut trapped, mut runs) = (0, 0);
    for seed in seeds {
        runs += 1;
        if let Err(why) = check(seed, &mut trapped) {
            panic!("seed {seed}: {why}");
        }
    }
    // A generator that only traps, or never, tests half of it.
    assert!(runs < 24 || trapped > 0 && trapped < runs, "{trapped} of {runs} trap");
}
