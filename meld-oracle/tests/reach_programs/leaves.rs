//! Compositions in which a function may be a leaf, and in which another instance may call the one that uses tasks.
//!
//! In: random numbers. Out: a composition and what it exports: functions of an `u32` with a result of that type. Each has some of what keeps a
//! function from being a leaf, or an instance from calling the principal, and not all of it. If the plan does not see it, a call returns
//! at once that would wait, waits that would not, or does something to another task.

use meld_oracle::generate::Random;
use std::fmt::Write;

/// What functions of the provider there are, for all of these compositions. `slow` waits for nothing, which does
/// not come. A function that yields may do so without waiting, so nothing would be known.
const PROVIDER: &str = r#"
  (component $Provider
    (core module $d (global $dropped (export "dropped") (mut i32) (i32.const 0))
      (func (export "dtor") (param i32) (global.set $dropped (i32.add (global.get $dropped) (local.get 0)))))
    (core instance $d (instantiate $d))
    (type $r' (resource (rep i32) (dtor (core func $d "dtor"))))
    (export $r "r" (type $r'))
    (core func $new (canon resource.new $r'))
    (core module $m
      (import "" "new" (func $new (param i32) (result i32)))
      (import "d" "dropped" (global $dropped (mut i32)))
      (func (export "p") (param i32) (result i32) (i32.add (local.get 0) (i32.mul (global.get $dropped) (i32.const 100))))
      (func (export "make") (param i32) (result i32) (call $new (local.get 0))))
    (core instance $i (instantiate $m (with "" (instance (export "new" (func $new)))) (with "d" (instance $d))))
    (func (export "p") (param "n" u32) (result u32) (canon lift (core func $i "p")))
    (func (export "make") (param "n" u32) (result (own $r)) (canon lift (core func $i "make"))))
  (component $Slow
    (core func $set-new (canon waitable-set.new))
    (core module $m
      (import "" "set-new" (func $set-new (result i32)))
      (func (export "slow") (param i32) (result i32) (i32.or (i32.shl (call $set-new) (i32.const 4)) (i32.const 2)))
      (func (export "callback") (param i32 i32 i32) (result i32) unreachable))
    (core instance $i (instantiate $m (with "" (instance (export "set-new" (func $set-new))))))
    (func (export "slow") async (param "n" u32) (result u32)
      (canon lift (core func $i "slow") async (callback (core func $i "callback")))))
"#;

/// A function of `async` type that may be a leaf, and a caller.
pub(crate) fn leaf(random: &mut Random) -> (String, String, Vec<&'static str>) {
    // Mostly one thing that keeps it from being a leaf.
    let obstacle = random.below(9);
    let body = if obstacle < 5 { *random.pick(&[0, 3, 5]) } else { random.below(6) };
    let (imports, code) = match body {
        0 => ("", "(i32.mul (local.get 0) (i32.const 3))"),
        1 => ("p", "(call $p (local.get 0))"),
        2 => ("drop", "(call $drop (call $make (local.get 0))) (i32.const 1)"),
        3 => ("context", "(call $set (local.get 0)) (i32.add (call $get) (i32.const 1))"),
        4 => ("slow", "(call $slow (local.get 0))"),
        _ => ("own", "(call $drop (call $new (local.get 0))) (global.get $seen)"),
    };
    let lifted_async = body == 0 && obstacle == 0;
    let (arms, sync) = (obstacle == 1, obstacle == 2);
    let of_host = obstacle == 3 || random.one_in(6);
    let holds = of_host || random.one_in(2);
    let mut out = format!("(component {PROVIDER} (instance $provider (instantiate $Provider))\n");
    let mut with = String::new();
    let mut subject = String::from("(component $Subject\n");
    let (mut core, mut given) = (String::new(), String::new());
    let mut give = |name: &str, ty: &str, canon: &str, subject: &mut String| {
        let _ = writeln!(subject, "(core func ${name} (canon {canon}))");
        let _ = write!(core, "(import \"\" \"{name}\" (func ${name} {ty}))");
        let _ = write!(given, "(export \"{name}\" (func ${name}))");
    };
    match imports {
        "p" => {
            subject.push_str("(import \"p\" (func $p (param \"n\" u32) (result u32)))\n");
            with.push_str("(with \"p\" (func $provider \"p\"))");
            give("p", "(param i32) (result i32)", "lower (func $p)", &mut subject);
        }
        "drop" => {
            subject.push_str(
                "(import \"provider\" (instance $provider (export \"r\" (type $r (sub resource))) (export \"make\" (func (param \"n\" u32) (result (own $r))))))\n\
                 (alias export $provider \"r\" (type $r))\n",
            );
            with.push_str("(with \"provider\" (instance $provider))");
            give("make", "(param i32) (result i32)", "lower (func $provider \"make\")", &mut subject);
            give("drop", "(param i32)", "resource.drop $r", &mut subject);
        }
        "context" => {
            give("get", "(result i32)", "context.get i32 0", &mut subject);
            give("set", "(param i32)", "context.set i32 0", &mut subject);
        }
        "slow" => {
            subject.push_str("(import \"slow\" (func $slow async (param \"n\" u32) (result u32)))\n");
            with.push_str("(with \"slow\" (func $slow \"slow\"))");
            out.push_str("(instance $slow (instantiate $Slow))\n");
            give("slow", "(param i32) (result i32)", "lower (func $slow)", &mut subject);
        }
        "own" => {
            subject.push_str(
                "(core module $d (global (export \"seen\") (mut i32) (i32.const 0)) (func (export \"dtor\") (param i32) (global.set 0 (local.get 0))))\n\
                 (core instance $d (instantiate $d)) (type $r (resource (rep i32) (dtor (core func $d \"dtor\"))))\n",
            );
            give("new", "(param i32) (result i32)", "resource.new $r", &mut subject);
            give("drop", "(param i32)", "resource.drop $r", &mut subject);
        }
        _ => {}
    }
    if lifted_async {
        give("return", "(param i32)", "task.return (result u32)", &mut subject);
    }
    if arms {
        give("inc", "", "backpressure.inc", &mut subject);
    }
    let (seen, with_seen) = match imports {
        "own" => ("(import \"d\" \"seen\" (global $seen (mut i32)))", "(with \"d\" (instance $d))"),
        _ => ("", ""),
    };
    let func = match lifted_async {
        true => format!(
            "(func (export \"f\") (param i32) (result i32) (call $return {code}) (i32.const 0)) \
             (func (export \"callback\") (param i32 i32 i32) (result i32) unreachable)"
        ),
        false => format!("(func (export \"f\") (param i32) (result i32) {code})"),
    };
    let arm = match arms {
        true => "(func (export \"arm\") (param i32) (result i32) (call $inc) (i32.const 8))",
        false => "",
    };
    let lift = match lifted_async {
        true => " async (callback (core func $i \"callback\"))",
        false => "",
    };
    let _ = writeln!(
        subject,
        "(core module $m {core} {seen} {func} {arm}) (core instance $i (instantiate $m (with \"\" (instance {given})) {with_seen}))\n\
         (func (export \"f\") async (param \"n\" u32) (result u32) (canon lift (core func $i \"f\"){lift}))"
    );
    if arms {
        subject
            .push_str("(func (export \"arm\") (param \"n\" u32) (result u32) (canon lift (core func $i \"arm\")))\n");
    }
    let _ = writeln!(out, "{subject}) (instance $subject (instantiate $Subject {with}))");
    // What a call returned at once, and what it wrote.
    let sync_lower = if sync { "(core func $g' (canon lower (func $f)))" } else { "" };
    let [mut more_imports, mut more_given, mut more, mut lifts] = [const { String::new() }; 4];
    if sync {
        more_imports.push_str("(import \"\" \"g\" (func $g (param i32) (result i32)))");
        more_given.push_str("(export \"g\" (func $g'))");
        more.push_str("(func (export \"wait\") (param i32) (result i32) (call $g (local.get 0)))");
        let kind = if random.one_in(2) { "async" } else { "" };
        let _ = writeln!(
            lifts,
            "(func (export \"wait\") {kind} (param \"n\" u32) (result u32) (canon lift (core func $i \"wait\")))"
        );
    }
    if holds {
        lifts
            .push_str("(func (export \"hold\") (param \"n\" u32) (result u32) (canon lift (core func $i \"hold\")))\n");
        more_imports
            .push_str("(import \"\" \"inc\" (func $inc)) (import \"\" \"set-new\" (func $set-new (result i32)))");
        more_given.push_str("(export \"inc\" (func $inc)) (export \"set-new\" (func $set-new))");
        more.push_str("(func (export \"hold\") (param i32) (result i32) (call $inc) (call $set-new))");
    }
    let kind = if random.one_in(2) { "async" } else { "" };
    let _ = writeln!(
        out,
        "(component $Caller (import \"f\" (func $f async (param \"n\" u32) (result u32)))\n\
           (core module $Mem (memory (export \"memory\") 1)) (core instance $mem (instantiate $Mem))\n\
           (core func $f' (canon lower (func $f) async (memory (core memory $mem \"memory\")))) {sync_lower}\n\
           (core func $inc (canon backpressure.inc)) (core func $set-new (canon waitable-set.new))\n\
           (core module $m (import \"mem\" \"memory\" (memory 1)) (import \"\" \"f\" (func $f (param i32 i32) (result i32))) {more_imports}\n\
             (func (export \"call\") (param i32) (result i32)\n\
               (i32.or (i32.shl (i32.and (call $f (local.get 0) (i32.const 16)) (i32.const 15)) (i32.const 16)) (i32.load (i32.const 16)))) {more})\n\
           (core instance $i (instantiate $m (with \"mem\" (instance $mem)) (with \"\" (instance (export \"f\" (func $f')) {more_given}))))\n\
           (func (export \"call\") {kind} (param \"n\" u32) (result u32) (canon lift (core func $i \"call\"))) {lifts})\n\
         (instance $caller (instantiate $Caller (with \"f\" (func $subject \"f\"))))\n\
         (export \"call\" (func $caller \"call\"))"
    );
    let mut exports = vec!["call"];
    for (name, is_there, instance) in
        [("wait", sync, "caller"), ("hold", holds, "caller"), ("arm", arms, "subject"), ("f", of_host, "subject")]
    {
        if is_there {
            let _ = writeln!(out, "(export \"{name}\" (func ${instance} \"{name}\"))");
            exports.push(name);
        }
    }
    out.push(')');
    (format!("a leaf that {}", if imports.is_empty() { "computes" } else { imports }), out, exports)
}

/// The one that uses tasks, and a child of it that calls it back, or another instance that calls it.
pub(crate) fn principal(random: &mut Random) -> (String, String, Vec<&'static str>) {
    let outside = random.one_in(2);
    let starts = outside && random.one_in(4);
    let holds = random.one_in(4);
    let deed = random.below(5);
    // What is done when it is called from inside. The index of the thread is another one where the task is taken for another one.
    let act = match deed {
        0 => "(return (call $index))",
        1 => "(drop (call $yield))",
        2 => "(drop (call $set-new))",
        3 => "(call $put (i32.add (call $get) (i32.const 3)))",
        _ => "(call $drop (call $new (i32.const 5))) (return (global.get $seen))",
    };
    // The destructor of a resource of its own, which does one of these things.
    let dtor =
        *random.pick(&["(global.set $seen (call $index))", "(global.set $seen (local.get 0))", "(drop (call $yield))"]);
    let member_state = random.one_in(2);
    let context = match member_state {
        true => "(call $put (i32.add (call $get) (local.get 0)))",
        false => "",
    };
    let state = match member_state {
        true => "(call $get)",
        false => "(i32.const 0)",
    };
    let builtins = "
      (core func $return (canon task.return (result u32))) (core func $yield (canon thread.yield)) (core func $set-new (canon waitable-set.new))
      (core func $get (canon context.get i32 0)) (core func $put (canon context.set i32 0)) (core func $index (canon thread.index))";
    let imports = r#"
      (import "" "return" (func $return (param i32))) (import "" "yield" (func $yield (result i32)))
      (import "" "set-new" (func $set-new (result i32))) (import "" "get" (func $get (result i32))) (import "" "put" (func $put (param i32)))
      (import "" "index" (func $index (result i32)))"#;
    let given = r#"(export "return" (func $return)) (export "yield" (func $yield)) (export "set-new" (func $set-new))
      (export "get" (func $get)) (export "put" (func $put)) (export "index" (func $index))"#;
    let start = match starts {
        true => "(func $start (drop (call $peek (i32.const 1)))) (start $start)",
        false => "",
    };
    let (held_import, held_lower, held_given, held_code, with_held, provider) = match holds {
        true => (
            "(import \"provider\" (instance $provider (export \"r\" (type $r (sub resource))) (export \"make\" (func (param \"n\" u32) (result (own $r))))))
             (alias export $provider \"r\" (type $r))",
            "(core func $make (canon lower (func $provider \"make\"))) (core func $toss (canon resource.drop $r))",
            "(export \"make\" (func $make)) (export \"toss\" (func $toss))",
            "(call $toss (call $make (local.get 0)))",
            "(with \"provider\" (instance $provider))",
            "(instance $provider (instantiate $Provider))",
        ),
        false => ("", "", "", "", "", ""),
    };
    let held_core = match holds {
        true => {
            "(import \"\" \"make\" (func $make (param i32) (result i32))) (import \"\" \"toss\" (func $toss (param i32)))"
        }
        false => "",
    };
    let member = format!(
        r#"(component $Member {held_import} {held_lower}
          (import "peek" (func $peek (param "n" u32) (result u32)))
          (core func $peek (canon lower (func $peek)))
          (core func $get (canon context.get i32 0)) (core func $put (canon context.set i32 0))
          (core module $m {held_core} (import "" "peek" (func $peek (param i32) (result i32)))
            (import "" "get" (func $get (result i32))) (import "" "put" (func $put (param i32)))
            (func (export "middle") (param i32) (result i32) {context} {held_code}
              (i32.add (i32.mul (call $peek (local.get 0)) (i32.const 2)) {state})) {start})
          (core instance $i (instantiate $m (with "" (instance (export "peek" (func $peek)) (export "get" (func $get)) (export "put" (func $put)) {held_given}))))
          (func (export "middle") (param "n" u32) (result u32) (canon lift (core func $i "middle"))))"#
    );
    // The function that is called back is of a module before the one that calls the child.
    let peek = format!(
        r#"{builtins}
      (core module $d {imports} (global $seen (export "seen") (mut i32) (i32.const 0)) (func (export "dtor") (param i32) {dtor}))
      (core instance $d (instantiate $d (with "" (instance {given}))))
      (type $own (resource (rep i32) (dtor (core func $d "dtor"))))
      (core func $new (canon resource.new $own)) (core func $drop (canon resource.drop $own))
      (core module $a {imports} (import "" "new" (func $new (param i32) (result i32))) (import "" "drop" (func $drop (param i32)))
        (import "d" "seen" (global $seen (mut i32)))
        (func (export "peek") (param i32) (result i32)
          (if (i32.and (local.get 0) (i32.const 1)) (then {act}))
          (i32.add (local.get 0) (i32.const 2))))
      (core instance $a (instantiate $a (with "" (instance {given} (export "new" (func $new)) (export "drop" (func $drop)))) (with "d" (instance $d))))
      (func $peek (param "n" u32) (result u32) (canon lift (core func $a "peek")))"#
    );
    let run = format!(
        r#"(core module $b {imports} {held_core} (import "" "middle" (func $middle (param i32) (result i32)))
        (func (export "run") (param i32) (result i32)
          (call $put (i32.const 9)) {held_code}
          (call $return (i32.add (i32.mul (call $middle (local.get 0)) (i32.const 10)) (call $get)))
          (i32.const 0))
        (func (export "callback") (param i32 i32 i32) (result i32) unreachable))"#
    );
    let text = match outside {
        false => format!(
            r#"(component {PROVIDER} {provider} (component $Principal {held_import} {held_lower} {peek} {member}
              (instance $child (instantiate $Member (with "peek" (func $peek)) {with_held})) (core func $middle (canon lower (func $child "middle"))) {run}
              (core instance $b (instantiate $b (with "" (instance {given} (export "middle" (func $middle)) {held_given}))))
              (func (export "run") async (param "n" u32) (result u32) (canon lift (core func $b "run") async (callback (core func $b "callback"))))
              (export "peek" (func $peek)))
            (instance $principal (instantiate $Principal {with_held}))
            (export "run" (func $principal "run")) (export "peek" (func $principal "peek")))"#
        ),
        true => format!(
            r#"(component {PROVIDER} {provider} (component $Principal {held_import} {held_lower} {peek}
              (core module $h {held_core} (func (export "run") (param i32) (result i32) {held_code} (i32.const 4)))
              (core instance $h (instantiate $h (with "" (instance {held_given}))))
              (func (export "run") (param "n" u32) (result u32) (canon lift (core func $h "run")))
              (export "peek" (func $peek)))
            (instance $principal (instantiate $Principal {with_held})) {member}
            (instance $member (instantiate $Member (with "peek" (func $principal "peek")) {with_held}))
            (export "run" (func $member "middle")) (export "peek" (func $principal "peek")) (export "toss" (func $principal "run")))"#
        ),
    };
    let names = if outside { vec!["run", "peek", "toss"] } else { vec!["run", "peek"] };
    (format!("deed {deed}, from {}", if outside { "beside" } else { "inside" }), text, names)
}
