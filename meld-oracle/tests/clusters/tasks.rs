//! Random compositions in which several instances use tasks, beside synchronous ones.
//!
//! In: a seed. Out: a composition as text, and what its functions return. Each instance has a function of a number, which is a sum over the
//! functions of instances before it. A synchronous one calls synchronous ones. One with tasks calls all kinds, one after the other: with the option
//! `async`, and waits for the subtask if it has not returned; or without, and blocks. Before it returns it yields a few times. Some have a start
//! function, which tells a synchronous instance its turn. Whatever the scheduler does, the results are the same.

use meld_oracle::generate::Random;
use std::fmt::Write;

/// What an instance does to call another one.
struct Call {
    /// The instance that is called.
    callee: usize,
    /// What is added to the argument.
    plus: u32,
    /// What the result is multiplied with.
    times: u32,
    /// Whether the call has the option `async`.
    is_async: bool,
}

struct Instance {
    tasks: bool,
    start: bool,
    constant: u32,
    yields: u32,
    /// Whether it might block, as far as its code says. No two such instances are one module.
    blocks: bool,
    calls: Vec<Call>,
}

/// A composition.
pub(crate) struct Composition(Vec<Instance>);

impl Composition {
    pub(crate) fn random(random: &mut Random) -> Composition {
        let count = 3 + random.below(5);
        let mut instances: Vec<Instance> = Vec::new();
        for k in 0..count {
            // Two have tasks, at least: the last, and one before it.
            let tasks = k + 1 == count || random.one_in(2) || (k + 2 == count && instances.iter().all(|i| !i.tasks));
            let mut calls = Vec::new();
            for (j, other) in instances.iter().enumerate() {
                if (tasks || !other.tasks) && (j + 1 == k || random.one_in(2)) {
                    for _ in 0..1 + random.below(2) {
                        let is_async = other.tasks && !random.one_in(4);
                        let (plus, times) = (random.below(9) as u32, 1 + random.below(5) as u32);
                        calls.push(Call { callee: j, plus, times, is_async });
                    }
                }
            }
            let (start, yields, blocks) = (random.one_in(3), random.below(3) as u32, random.one_in(2));
            instances.push(Instance { tasks, start, constant: random.below(100) as u32, yields, blocks, calls });
        }
        Composition(instances)
    }

    /// How many instances use tasks.
    pub(crate) fn with_tasks(&self) -> usize {
        self.0.iter().filter(|instance| instance.tasks).count()
    }

    /// How many instances with code there are.
    pub(crate) fn count(&self) -> usize {
        self.0.len() + 1
    }

    /// What instance `k` returns.
    fn result(&self, k: usize, n: u32) -> u32 {
        let instance = &self.0[k];
        let sum = |sum: u32, call: &Call| {
            sum.wrapping_add(self.result(call.callee, n.wrapping_add(call.plus)).wrapping_mul(call.times))
        };
        instance.calls.iter().fold(n.wrapping_add(instance.constant), sum)
    }

    /// The composition, and what must hold of it.
    pub(crate) fn script(&self) -> String {
        let mut text = self.text();
        let last = self.0.len() - 1;
        for n in [1, 2] {
            writeln!(text, "(assert_return (invoke \"f\" (u32.const {n})) (u32.const {}))", self.result(last, n))
                .expect("a string takes everything");
        }
        let started = self.0.iter().enumerate().filter(|(_, instance)| instance.start);
        let seen = started.fold(0u32, |seen, (k, _)| seen.wrapping_mul(10).wrapping_add(k as u32 + 1));
        writeln!(text, "(assert_return (invoke \"seen\") (u32.const {seen}))").expect("a string takes everything");
        text
    }

    fn text(&self) -> String {
        let mut text = String::from(LOG);
        for (k, instance) in self.0.iter().enumerate() {
            self.component(k, instance, &mut text).expect("a string takes everything");
        }
        let last = self.0.len() - 1;
        write!(text, "(export \"f\" (func $c{last} \"f\"))\n(export \"seen\" (func $log \"seen\")))\n")
            .expect("a string takes everything");
        text
    }

    fn component(&self, k: usize, instance: &Instance, text: &mut String) -> std::fmt::Result {
        let mut callees: Vec<usize> = instance.calls.iter().map(|call| call.callee).collect();
        callees.sort();
        callees.dedup();
        writeln!(text, "(component $C{k}")?;
        if instance.start {
            writeln!(
                text,
                "(import \"note\" (func $note (param \"n\" u32))) (core func $note (canon lower (func $note)))"
            )?;
        }
        for &j in &callees {
            let kind = if self.0[j].tasks { "async " } else { "" };
            writeln!(text, "(import \"f{j}\" (func $f{j} {kind}(param \"n\" u32) (result u32)))")?;
        }
        text.push_str(
            "(core module $Libc (memory (export \"memory\") 1)) (core instance $libc (instantiate $Libc))
             (alias core export $libc \"memory\" (core memory $memory))
             (core func $return (canon task.return (result u32)))
             (core func $new (canon waitable-set.new)) (core func $join (canon waitable.join))
             (core func $drop (canon subtask.drop))
             (core func $wait (canon waitable-set.wait (memory $memory)))\n",
        );
        for (i, call) in instance.calls.iter().enumerate() {
            let options = if call.is_async { " async (memory $memory)" } else { "" };
            writeln!(text, "(core func $call{i} (canon lower (func $f{}){options}))", call.callee)?;
        }
        text.push_str("(core module $M\n");
        for (i, call) in instance.calls.iter().enumerate() {
            let params = if call.is_async { "i32 i32" } else { "i32" };
            writeln!(text, "(import \"\" \"call{i}\" (func $call{i} (param {params}) (result i32)))")?;
        }
        if instance.start {
            writeln!(text, "(import \"\" \"note\" (func $note (param i32)))")?;
        }
        if instance.tasks {
            self.task(instance, text)?;
        } else {
            writeln!(
                text,
                "(func (export \"f\") (param $n i32) (result i32) (i32.add (local.get $n) (i32.const {}))",
                instance.constant
            )?;
            for (i, Call { plus, times, .. }) in instance.calls.iter().enumerate() {
                writeln!(
                    text,
                    "(i32.add (i32.mul (call $call{i} (i32.add (local.get $n) (i32.const {plus}))) (i32.const {times})))"
                )?;
            }
            text.push_str(")\n");
        }
        if instance.start {
            writeln!(text, "(func $start (call $note (i32.const {}))) (start $start)", k + 1)?;
        }
        text.push_str(")\n(core instance $m (instantiate $M (with \"\" (instance\n");
        for i in 0..instance.calls.len() {
            writeln!(text, "(export \"call{i}\" (func $call{i}))")?;
        }
        if instance.start {
            text.push_str("(export \"note\" (func $note))\n");
        }
        if instance.tasks {
            text.push_str(
                "(export \"return\" (func $return)) (export \"new\" (func $new)) (export \"join\" (func $join))
                 (export \"drop\" (func $drop)) (export \"wait\" (func $wait)) (export \"memory\" (memory $memory))))))
                 (func (export \"f\") async (param \"n\" u32) (result u32)
                   (canon lift (core func $m \"f\") async (callback (core func $m \"callback\")))))\n",
            );
        } else {
            text.push_str(
                "))))\n(func (export \"f\") (param \"n\" u32) (result u32) (canon lift (core func $m \"f\"))))\n",
            );
        }
        write!(text, "(instance $c{k} (instantiate $C{k}")?;
        if instance.start {
            text.push_str(" (with \"note\" (func $log \"note\"))");
        }
        for j in callees {
            write!(text, " (with \"f{j}\" (func $c{j} \"f\"))")?;
        }
        text.push_str("))\n");
        Ok(())
    }

    /// The functions of an instance with tasks. There is one task at a time, because all calls are one after the other.
    fn task(&self, instance: &Instance, text: &mut String) -> std::fmt::Result {
        text.push_str(
            r#"(import "" "return" (func $return (param i32)))
            (import "" "new" (func $new (result i32)))
            (import "" "join" (func $join (param i32 i32)))
            (import "" "drop" (func $drop (param i32)))
            (import "" "wait" (func $wait (param i32 i32) (result i32)))
            (import "" "memory" (memory 1))
            (global $n (mut i32) (i32.const 0))
            (global $sum (mut i32) (i32.const 0))
            (global $step (mut i32) (i32.const 0))
            (global $times (mut i32) (i32.const 0))
            (global $yields (mut i32) (i32.const 0))
            (global $set (mut i32) (i32.const 0))
            (func $add (param $result i32)
              (global.set $sum (i32.add (global.get $sum) (i32.mul (local.get $result) (global.get $times)))))
            (func $go (result i32)
              (local $status i32)
"#,
        );
        for (i, Call { plus, times, is_async, .. }) in instance.calls.iter().enumerate() {
            writeln!(
                text,
                "(if (i32.eq (global.get $step) (i32.const {i})) (then
                   (global.set $step (i32.const {}))
                   (global.set $times (i32.const {times}))",
                i + 1
            )?;
            let arg = format!("(i32.add (global.get $n) (i32.const {plus}))");
            match is_async {
                false => writeln!(text, "(call $add (call $call{i} {arg}))))")?,
                // RETURNED, or wait for the subtask.
                true => writeln!(
                    text,
                    "(local.set $status (call $call{i} {arg} (i32.const 16)))
                     (if (i32.eq (local.get $status) (i32.const 2))
                       (then (call $add (i32.load (i32.const 16))))
                       (else
                         (call $join (i32.shr_u (local.get $status) (i32.const 4)) (global.get $set))
                         (return (i32.or (i32.const 2) (i32.shl (global.get $set) (i32.const 4))))))))"
                )?,
            }
        }
        write!(
            text,
            r#"(if (global.get $yields) (then
                (global.set $yields (i32.sub (global.get $yields) (i32.const 1)))
                (return (i32.const 1))))
              (call $return (global.get $sum))
              (i32.const 0))
            (func (export "f") (param $n i32) (result i32)
              (if (i32.eqz (global.get $set)) (then (global.set $set (call $new))))
              (global.set $n (local.get $n))
              (global.set $sum (i32.add (local.get $n) (i32.const {})))
              (global.set $step (i32.const 0))
              (global.set $yields (i32.const {}))
              (call $go))
            (func (export "callback") (param $event i32) (param $subtask i32) (param $state i32) (result i32)
              {}
              (if (i32.eq (local.get $event) (i32.const 1)) (then
                ;; Not yet RETURNED.
                (if (i32.ne (local.get $state) (i32.const 2))
                  (then (return (i32.or (i32.const 2) (i32.shl (global.get $set) (i32.const 4))))))
                (call $join (local.get $subtask) (i32.const 0))
                (call $drop (local.get $subtask))
                (call $add (i32.load (i32.const 16)))))
              (call $go))
"#,
            instance.constant,
            instance.yields,
            // There is no such event.
            match instance.blocks {
                true =>
                    "(if (i32.eq (local.get $event) (i32.const 77)) (then (drop (call $wait (i32.const 0) (i32.const 0)))))",
                false => "",
            }
        )
    }
}

const LOG: &str = r#"(component
(component $Log
  (core module $m
    (global $seen (mut i32) (i32.const 0))
    (func (export "note") (param i32)
      (global.set $seen (i32.add (i32.mul (global.get $seen) (i32.const 10)) (local.get 0))))
    (func (export "seen") (result i32) (global.get $seen)))
  (core instance $m (instantiate $m))
  (func (export "note") (param "n" u32) (canon lift (core func $m "note")))
  (func (export "seen") (result u32) (canon lift (core func $m "seen"))))
(instance $log (instantiate $Log))
"#;
