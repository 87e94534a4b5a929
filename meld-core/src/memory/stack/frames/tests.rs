//! Bodies as compilers make them, and as they do not.

use super::*;

/// What function 0 of a module does with its global 0.
fn of(body: &str) -> Result<Frame, &'static str> {
    let text = format!(
        "(module
            (type $f (func)) (import \"\" \"call\" (func $call (param i32)))
            (tag $e) (global $sp (mut i32) (i32.const 1024)) (memory 1)
            (func (export \"f\") (param $n i32) (result i32) (local $fp i32) (local $saved i32)
                {body}))"
    );
    let bytes = wat::parse_str(&text).unwrap_or_else(|why| panic!("{why}"));
    let module = crate::parse::parse_module("test", &bytes).expect("a valid module");
    usage(&module.bodies[0], 0, &Arity::new(&module)).expect("a valid body").frame
}

fn lowers(body: &str) -> (u64, Vec<Option<u64>>) {
    let frame = of(body).unwrap_or_else(|what| panic!("{what}: {body}"));
    (frame.depth, frame.lowered.iter().map(|lowered| lowered.by).collect())
}

const PROLOGUE: &str = "global.get $sp i32.const 32 i32.sub local.tee $fp global.set $sp";
const EPILOGUE: &str = "local.get $fp i32.const 32 i32.add global.set $sp";

#[test]
fn a_frame_has_a_size() {
    let body = format!("{PROLOGUE} local.get $fp call $call {EPILOGUE} i32.const 7");
    assert_eq!(lowers(&body), (32, vec![Some(32)]));
}

#[test]
fn a_leaf_may_use_what_is_below_without_saying_so() {
    let body = "global.get $sp i32.const 48 i32.sub local.tee $fp local.get $n i32.store local.get $fp i32.load";
    assert_eq!(lowers(body), (48, vec![]));
    assert_eq!(lowers("global.get $sp i32.load offset=12"), (0, vec![]));
}

#[test]
fn what_is_used_below_the_pointer_counts_from_where_it_stands() {
    let below = |body: &str| of(body).unwrap_or_else(|what| panic!("{what}: {body}")).below;
    let leaf = "(i32.store offset=8 (local.tee $fp (i32.sub (global.get $sp) (i32.const 48))) (local.get $n))";
    assert_eq!(below(&format!("{leaf} i32.const 0")), 48);
    // In a frame, nothing is, wherever in it the address points and by whatever way it goes.
    let inside = format!(
        "{PROLOGUE} (i32.store (i32.add (local.get $fp) (i32.const 12)) (local.get $n))
         (i32.store (i32.add (local.get $fp) (local.get $n)) (i32.const 1)) (call $call (local.get $fp))
         (loop $again (call $call (local.get $fp)) (br_if $again (local.get $n)))
         {EPILOGUE} i32.const 7"
    );
    assert_eq!(below(&inside), 0);
    // A frame on one way is no frame on the other.
    let either = format!("(if (local.get $n) (then {PROLOGUE} {EPILOGUE}) (else {leaf})) i32.const 0");
    assert_eq!(below(&either), 48);
    let indexed =
        "(i32.store8 (i32.add (i32.sub (global.get $sp) (i32.const 32)) (local.get $n)) (i32.const 1)) i32.const 0";
    assert_eq!(below(indexed), 32);
    let kept = "(call $call (i32.sub (global.get $sp) (i32.const 16))) i32.const 0";
    assert_eq!(below(kept), 16);
}

#[test]
fn every_way_out_counts() {
    let early = format!("{PROLOGUE} (if (local.get $n) (then {EPILOGUE} i32.const 1 return)) {EPILOGUE} i32.const 2");
    assert_eq!(lowers(&early), (32, vec![Some(32)]));
    let forgotten = format!("{PROLOGUE} (if (local.get $n) (then i32.const 1 return)) {EPILOGUE} i32.const 2");
    assert_eq!(of(&forgotten), Err(NOT_BACK));
    let fallen = format!("{PROLOGUE} (block (br_if 0 (local.get $n)) {EPILOGUE}) i32.const 2");
    assert_eq!(of(&fallen), Err(NOT_BACK));
    let table =
        format!("{PROLOGUE} (block (block (br_table 0 1 (local.get $n))) {EPILOGUE} i32.const 1 return) i32.const 2");
    assert_eq!(of(&table), Err(NOT_BACK));
    let traps = format!("{PROLOGUE} (if (local.get $n) (then unreachable)) {EPILOGUE} i32.const 2");
    assert_eq!(lowers(&traps), (32, vec![Some(32)]));
}

#[test]
fn loops_keep_what_they_do_not_write() {
    let body = format!(
        "{PROLOGUE}
         (loop $again
            (if (i32.eqz (local.get $n)) (then {EPILOGUE} i32.const 1 return))
            (call $call (local.get $fp))
            (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
         {EPILOGUE} i32.const 2"
    );
    assert_eq!(lowers(&body), (32, vec![Some(32)]));
    let lost = format!(
        "{PROLOGUE} (loop $again (local.set $fp (i32.add (local.get $fp) (i32.const 4))) (br_if $again (local.get $n)))
         {EPILOGUE} i32.const 2"
    );
    assert_eq!(of(&lost), Err(UNKNOWN));
}

#[test]
fn what_does_not_come_round_does_not_count() {
    // The local is something else on the way to a trap, in the loop.
    let body = format!(
        "{PROLOGUE}
         (loop $again
            (if (local.get $n) (then (local.set $fp (i32.const 4)) (call $call (local.get $fp)) unreachable))
            (call $call (local.get $fp))
            (br_if $again (local.get $n)))
         {EPILOGUE} i32.const 2"
    );
    assert_eq!(lowers(&body), (32, vec![Some(32)]));
    // It comes round by way of another loop.
    let inner = format!(
        "{PROLOGUE}
         (loop $outer
            (call $call (local.get $fp))
            (loop $inner
                (br_if $inner (local.tee $n (i32.sub (local.get $n) (i32.const 1))))
                (local.set $fp (i32.const 0))
                (br_if $outer (local.get $n)))
            unreachable)
         {EPILOGUE} i32.const 2"
    );
    // What follows the loop is never reached.
    assert_eq!(lowers(&inner), (32, vec![Some(32)]));
    let leaves = inner.replace("unreachable)", ")");
    assert_eq!(of(&leaves), Err(UNKNOWN));
}

#[test]
fn passes_come_to_an_end() {
    // Each loop loses one more of the locals, from the innermost outwards.
    let depth = 40;
    let locals: String = (0..depth).map(|i| format!("(local $l{i} i32)")).collect();
    let mut inside = format!("(local.set $l{} (local.get $n))", depth - 1);
    for i in (0..depth).rev() {
        let next = if i == 0 { String::new() } else { format!("(local.set $l{} (local.get $l{i}))", i - 1) };
        inside = format!("(loop $b{i} {next} {inside} (br_if $b{i} (local.get $n)))");
    }
    let first: String = (0..depth).map(|i| format!("(local.set $l{i} (global.get $sp))")).collect();
    let body = format!("{first} {inside} (global.set $sp (local.get $l{})) i32.const 0", depth / 2);
    let text =
        format!("(module (global $sp (mut i32) (i32.const 1024)) (func (param $n i32) (result i32) {locals} {body}))");
    let bytes = wat::parse_str(&text).expect("valid text");
    let module = crate::parse::parse_module("test", &bytes).expect("a valid module");
    let usage = usage(&module.bodies[0], 0, &Arity::new(&module)).expect("a valid body");
    assert_eq!(usage.frame, Err(UNKNOWN));
}

#[test]
fn a_local_may_hold_something_else_before_and_after() {
    let body = format!(
        "(local.set $fp (i32.const 5)) (call $call (local.get $fp)) {PROLOGUE} {EPILOGUE}
         (local.set $fp (local.get $n)) (local.get $fp)"
    );
    assert_eq!(lowers(&body), (32, vec![Some(32)]));
    let one_way =
        format!("(if (local.get $n) (then {PROLOGUE}) (else (local.set $fp (i32.const 0)))) {EPILOGUE} i32.const 2");
    assert_eq!(of(&one_way), Err(UNKNOWN));
    let both_ways = format!("(if (local.get $n) (then {PROLOGUE}) (else {PROLOGUE})) {EPILOGUE} i32.const 2");
    assert_eq!(lowers(&both_ways), (32, vec![Some(32), Some(32)]));
}

#[test]
fn room_that_is_asked_for_when_it_runs_has_no_size() {
    let body = format!(
        "{PROLOGUE}
         (global.set $sp (local.tee $saved
            (i32.sub (global.get $sp) (i32.and (i32.add (local.get $n) (i32.const 15)) (i32.const -16)))))
         (call $call (local.get $saved))
         {EPILOGUE} i32.const 7"
    );
    assert_eq!(lowers(&body), (32, vec![Some(32), None]));
    // The same, and given back before the end, as for an array of a block.
    let given_back = format!(
        "{PROLOGUE}
         (local.set $saved (global.get $sp))
         (global.set $sp (i32.sub (global.get $sp) (local.get $n)))
         (global.set $sp (local.get $saved))
         {EPILOGUE} i32.const 7"
    );
    assert_eq!(lowers(&given_back), (32, vec![Some(32), None, Some(32)]));
}

#[test]
fn alignment_takes_room() {
    let body = "(local.set $saved (global.get $sp))
        (global.set $sp (local.tee $fp (i32.and (i32.sub (global.get $sp) (i32.const 64)) (i32.const -64))))
        (call $call (local.get $fp))
        (global.set $sp (local.get $saved)) i32.const 7";
    assert_eq!(lowers(body), (127, vec![Some(127)]));
}

#[test]
fn what_is_no_stack_is_found_out() {
    assert_eq!(of("(global.set $sp (local.get $n)) i32.const 0"), Err(UNKNOWN));
    assert_eq!(of("(global.set $sp (i32.add (global.get $sp) (i32.const 16))) i32.const 0"), Err(RAISED));
    assert_eq!(of("(global.set $sp (i32.sub (global.get $sp) (i32.const 16))) i32.const 0"), Err(NOT_BACK));
    assert_eq!(of("(global.set $sp (i32.const 512)) i32.const 0"), Err(UNKNOWN));
    // A constant that is subtracted may be negative.
    assert_eq!(of("(global.set $sp (i32.sub (global.get $sp) (i32.const -16))) i32.const 0"), Err(RAISED));
}

#[test]
fn whoever_catches_sets_the_pointer() {
    let body = |set: &str| {
        format!(
            "{PROLOGUE}
             (block $caught
                (try_table (catch_all $caught) (call $call (local.get $fp)))
                {EPILOGUE} i32.const 1 return)
             {set}
             i32.const 2"
        )
    };
    assert_eq!(lowers(&body(EPILOGUE)), (32, vec![Some(32)]));
    assert_eq!(of(&body("")), Err(NOT_BACK));
    let legacy =
        |set: &str| format!("{PROLOGUE} try (call $call (local.get $fp)) catch_all {set} end {EPILOGUE} i32.const 2");
    assert_eq!(lowers(&legacy("(global.set $sp (local.get $fp))")), (32, vec![Some(32), Some(32)]));
    let rethrown = format!("{PROLOGUE} try throw $e catch_all rethrow 0 end {EPILOGUE} i32.const 2");
    assert_eq!(lowers(&rethrown), (32, vec![Some(32)]));
    // In the handler, nothing is kept of a local that the block writes.
    let written = format!(
        "{PROLOGUE}
         (block $caught
            (try_table (catch_all $caught) (local.set $fp (i32.const 0)) (call $call (local.get $n)))
            unreachable)
         {EPILOGUE} i32.const 2"
    );
    assert_eq!(of(&written), Err(UNKNOWN));
}
