//! Bodies as compilers make them, and as they do not.

use crate::passes::stack::frames::walk::{ABOVE, BELOW, DEAD_FRAME, LOST, NO_FRAME, NOT_BACK, RAISED, UNKNOWN};
use crate::passes::stack::frames::{Bound, CalleeFacts, Operand, PointerAccess, StackFrame, usage};
use crate::passes::walk::arity::Arity;

/// Function 0 is `$call`, of which nothing is known; function 1 returns its parameter.
struct Known;

impl CalleeFacts for Known {
    fn returns(&mut self, function: u32) -> Option<(u32, i32)> {
        (function == 1).then_some((0, 0))
    }

    fn pointer(&mut self, _: u32) -> Option<PointerAccess> {
        None
    }
}

/// What a function does with global 0.
fn of(body: &str) -> Result<StackFrame, &'static str> {
    let text = format!(
        "(module
            (type $f (func)) (import \"\" \"call\" (func $call (param i32)))
            (import \"\" \"same\" (func $same (param i32) (result i32)))
            (tag $e) (global $sp (mut i32) (i32.const 1024)) (global $other (mut i32) (i32.const 0)) (memory 1)
            (func (export \"f\") (param $n i32) (result i32) (local $fp i32) (local $saved i32)
                {body}))"
    );
    let bytes = wat::parse_str(&text).unwrap_or_else(|why| panic!("{why}"));
    let module = crate::parse::parse_module("test", &bytes).expect("a valid module");
    usage(&module.bodies[0], 2, &[0], &Arity::new(&module), &mut Known).expect("a valid body").frame
}

fn frame(body: &str) -> StackFrame {
    of(body).unwrap_or_else(|what| panic!("{what}: {body}"))
}

/// Where accesses that are not proved may be, in order; and whether an address was moved down by what is not known.
fn unproved(body: &str) -> (Vec<Bound>, bool) {
    let frame = frame(body);
    (frame.unproved.iter().map(|unproved| unproved.bound).collect(), frame.unbounded)
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
    let looped = "(local.set $fp (i32.sub (global.get $sp) (i32.const 112)))
         (loop $again (i32.store8 (local.get $fp) (i32.const 1))
            (local.set $fp (i32.add (local.get $fp) (i32.const 1)))
            (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
         i32.const 0";
    assert_eq!(below(looped), 112);
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
    assert_eq!(of(&lost), Err(LOST));
}

#[test]
fn a_number_that_a_loop_changes_moves_an_address() {
    // The index is 0 at first only.
    let body = "(local.set $saved (i32.const 0))
         (loop $again
            (i32.store8 (i32.add (i32.sub (global.get $sp) (i32.const 16)) (local.get $saved)) (i32.const 1))
            (local.set $saved (i32.add (local.get $saved) (i32.const 1)))
            (br_if $again (local.get $n)))
         i32.const 2";
    assert_eq!(unproved(body), (vec![Bound::Frame], false));
}

#[test]
fn the_longest_of_lengths_counts() {
    let fill = |longer: i32| {
        format!(
            "(memory.fill (i32.sub (global.get $sp) (i32.const 32)) (i32.const 0)
                (select (i32.const 16) (i32.const {longer}) (local.get $n)))
             i32.const 2"
        )
    };
    assert_eq!(unproved(&fill(32)), (vec![], false));
    assert_eq!(unproved(&fill(64)), (vec![Bound::Frame], false));
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
fn a_local_may_hold_something_else_before_and_after() {
    let body = format!(
        "(local.set $fp (i32.const 5)) (call $call (local.get $fp)) {PROLOGUE} {EPILOGUE}
         (local.set $fp (local.get $n)) (local.get $fp)"
    );
    assert_eq!(lowers(&body), (32, vec![Some(32)]));
    let one_way =
        format!("(if (local.get $n) (then {PROLOGUE}) (else (local.set $fp (i32.const 0)))) {EPILOGUE} i32.const 2");
    assert_eq!(of(&one_way), Err(LOST));
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
    assert_eq!(of("(global.set $sp (local.get $n)) i32.const 0"), Err(LOST));
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
    assert_eq!(of(&body("")), Err(LOST));
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

#[test]
fn an_access_is_below_entry_and_in_the_room_or_it_is_noted() {
    let inside = format!("{PROLOGUE} (i32.store offset=28 (local.get $fp) (local.get $n)) {EPILOGUE} i32.const 0");
    assert_eq!(unproved(&inside), (vec![], false));
    // Its last byte is not.
    let over = inside.replace("offset=28", "offset=29");
    assert_eq!(unproved(&over), (vec![Bound::Frame], false));
    assert_eq!(of(&inside.replace("offset=28", "offset=32")), Err(ABOVE));
    assert_eq!(of("global.get $sp i32.load offset=12"), Err(ABOVE));
    let or =
        format!("{PROLOGUE} (i32.store (i32.or (local.get $fp) (i32.const 12)) (local.get $n)) {EPILOGUE} i32.const 0");
    assert_eq!(unproved(&or), (vec![], false));
    let fill = |length: &str| {
        format!("{PROLOGUE} (memory.fill (local.get $fp) (i32.const 1) {length}) {EPILOGUE} i32.const 0")
    };
    assert_eq!(unproved(&fill("(i32.const 32)")), (vec![], false));
    assert_eq!(unproved(&fill("(i32.const 33)")), (vec![Bound::Frame], false));
    assert_eq!(unproved(&fill("(local.get $n)")), (vec![Bound::Frame], false));
    let copy = format!("{PROLOGUE} (memory.copy (local.get $n) (local.get $fp) (local.get $n)) {EPILOGUE} i32.const 0");
    let [one] = frame(&copy).unproved[..] else { panic!("one range is of the pointer") };
    assert_eq!((one.operand, one.bound), (Operand::From, Bound::Frame));
}

#[test]
fn what_is_not_known_is_noted() {
    let leaf = |address: &str| format!("(i32.store8 {address} (i32.const 1)) i32.const 0");
    // An array whose length is known when it runs, as clang makes it in a function that makes no calls.
    assert_eq!(unproved(&leaf("(i32.sub (global.get $sp) (local.get $n))")), (vec![Bound::Frame], true));
    assert_eq!(
        unproved(&leaf("(i32.add (global.get $sp) (i32.sub (i32.const 0) (local.get $n)))")),
        (vec![Bound::Frame], false)
    );
    for operator in ["mul", "xor", "shl", "shr_u", "shr_s", "rotl", "rotr", "div_u", "rem_s", "and", "or"] {
        let address = format!("(i32.{operator} (global.get $sp) (local.get $n))");
        assert_eq!(unproved(&leaf(&address)), (vec![Bound::Anywhere], true), "{operator}");
    }
    let wide = "(i32.wrap_i64 (i64.sub (i64.extend_i32_u (global.get $sp)) (i64.const 8000)))";
    assert_eq!(unproved(&leaf(wide)), (vec![Bound::Anywhere], true));
    let either = "(select (i32.sub (global.get $sp) (i32.const 8)) (local.get $n) (local.get $n))";
    assert_eq!(unproved(&leaf(either)), (vec![Bound::Anywhere], false));
    let value =
        "(if (result i32) (local.get $n) (then (i32.sub (global.get $sp) (i32.const 8))) (else (local.get $n)))";
    assert_eq!(unproved(&leaf(value)), (vec![Bound::Anywhere], false));
    // Sums that wrap are what they are modulo 2^32.
    let round =
        "(i32.sub (i32.add (i32.add (global.get $sp) (i32.const 0x7fffffff)) (i32.const 0x7fffffff)) (i32.const 6))";
    assert_eq!(unproved(&leaf(round)), (vec![], false));
    assert_eq!(frame(&leaf(round)).depth, 8);
    let beyond =
        "(i32.sub (i32.add (i32.add (global.get $sp) (i32.const 0x7fffffff)) (i32.const 0x7fffffff)) (i32.const -2))";
    assert_eq!(of(&leaf(beyond)), Err(ABOVE));
    assert_eq!(
        frame(&leaf("(i32.sub (i32.sub (global.get $sp) (i32.const 0x7fffff00)) (i32.const 0x100))")).depth,
        0x8000_0000
    );
    assert_eq!(frame(&leaf("(i32.sub (global.get $sp) (i32.const 8000))")).depth, 8000);
}

#[test]
fn loops_move_pointers() {
    let walk = |from: &str, step: &str| {
        format!(
            "(local.set $fp {from})
             (loop $again
                (i32.store8 (local.get $fp) (i32.const 1))
                (local.set $fp (i32.add (local.get $fp) (i32.const {step})))
                (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
             i32.const 0"
        )
    };
    assert_eq!(unproved(&walk("(i32.sub (global.get $sp) (i32.const 112))", "1")), (vec![Bound::Frame], false));
    assert_eq!(unproved(&walk("(i32.sub (global.get $sp) (i32.const 16))", "-4")), (vec![Bound::Frame], true));
    // It is another address in the first round.
    assert_eq!(unproved(&walk("(local.get $n)", "1")), (vec![], false));
    let swapped = "(loop $again
            (i32.store8 (local.get $fp) (i32.const 1))
            (local.set $fp (i32.sub (global.get $sp) (i32.const 8000)))
            (br_if $again (local.get $n))) i32.const 0";
    assert_eq!(unproved(swapped), (vec![Bound::Anywhere], false));
}

#[test]
fn what_goes_through_memory_comes_back() {
    // A function without a frame keeps the pointer in memory.
    let kept = "(i32.store (i32.sub (global.get $sp) (i32.const 8)) (global.get $sp))
         (i32.store (i32.sub (i32.load (i32.sub (global.get $sp) (i32.const 8))) (local.get $n)) (i32.const 1)) i32.const 0";
    assert_eq!(unproved(kept), (vec![Bound::Anywhere], true));
    // At every place: control may come there afterwards.
    let before = "(i32.store (i32.load (i32.const 2048)) (i32.const 1))
         (i32.store (i32.const 2048) (i32.sub (global.get $sp) (local.get $n))) i32.const 0";
    assert_eq!(unproved(before), (vec![Bound::Anywhere], true));
    // Addresses in a frame are what a frame is for, however they are stored.
    let frame = |store: &str| {
        format!("{PROLOGUE} {store} (i32.store (i32.load (local.get $fp)) (i32.const 1)) {EPILOGUE} i32.const 0")
    };
    assert_eq!(
        unproved(&frame("(i32.store (local.get $fp) (i32.add (local.get $fp) (i32.const 8)))")),
        (vec![], false)
    );
    let pair = "(i64.store (local.get $fp) (i64.or (i64.extend_i32_u (i32.add (local.get $fp) (i32.const 8)))
         (i64.shl (i64.extend_i32_u (local.get $n)) (i64.const 32))))";
    assert_eq!(unproved(&frame(pair)), (vec![], false));
    let below = "(i32.store (local.get $fp) (i32.sub (local.get $fp) (local.get $n)))";
    assert_eq!(unproved(&frame(below)), (vec![Bound::Anywhere], true));
    let wide_below = "(i64.store (local.get $fp) (i64.extend_i32_u (i32.sub (local.get $fp) (local.get $n))))";
    assert_eq!(unproved(&frame(wide_below)), (vec![Bound::Anywhere], true));
    let global = format!(
        "{PROLOGUE} (global.set $other (i32.sub (local.get $fp) (local.get $n)))
         (i32.store (global.get $other) (i32.const 1)) {EPILOGUE} i32.const 0"
    );
    assert_eq!(unproved(&global), (vec![Bound::Anywhere], true));
}

#[test]
fn who_has_no_frame_hands_nothing_on() {
    assert_eq!(of("(call $call (i32.sub (global.get $sp) (i32.const 16))) i32.const 0"), Err(NO_FRAME));
    assert_eq!(of("(call $call (i32.sub (global.get $sp) (local.get $n))) i32.const 0"), Err(NO_FRAME));
    assert_eq!(of("(global.set $other (global.get $sp)) i32.const 0"), Err(NO_FRAME));
    assert_eq!(of("global.get $sp"), Err(DEAD_FRAME));
    assert_eq!(of("(i32.sub (global.get $sp) (local.get $n))"), Err(DEAD_FRAME));
    assert_eq!(of("(i32.xor (global.get $sp) (i32.const -1))"), Err(DEAD_FRAME));
    assert_eq!(
        of(&format!("{PROLOGUE} (call $call (i32.sub (local.get $fp) (i32.const 16))) {EPILOGUE} i32.const 0")),
        Err(BELOW)
    );
    assert_eq!(of(&format!("{PROLOGUE} {EPILOGUE} (call $call (local.get $fp)) i32.const 0")), Err(NO_FRAME));
    // How long it is, is not of the pointer.
    let length = format!(
        "{PROLOGUE} (local.set $saved (i32.sub (i32.add (local.get $fp) (local.get $n)) (local.get $fp))) {EPILOGUE} local.get $saved"
    );
    assert_eq!(unproved(&length), (vec![], false));
}

#[test]
fn what_a_function_returns_is_its_argument() {
    // As for `memset`, whose result is the address of the frame from then on.
    let body = "(global.set $sp (local.tee $fp (i32.sub (global.get $sp) (i32.const 64))))
         (local.set $fp (call $same (local.get $fp)))
         (i32.store offset=60 (local.get $fp) (local.get $n))
         (global.set $sp (i32.add (local.get $fp) (i32.const 64))) i32.const 7";
    assert_eq!(lowers(body), (64, vec![Some(64)]));
    assert_eq!(unproved(body), (vec![], false));
}

#[test]
fn what_another_one_returns_in_its_place_is_no_argument() {
    let returned = |body: &str| {
        let text = format!(
            "(module (import \"\" \"call\" (func $call (param i32) (result i32)))
                (import \"\" \"same\" (func $same (param i32) (result i32)))
                (func (param $n i32) (param $m i32) (result i32) {body}))"
        );
        let bytes = wat::parse_str(&text).unwrap_or_else(|why| panic!("{why}"));
        let module = crate::parse::parse_module("test", &bytes).expect("a valid module");
        crate::passes::stack::frames::returned(&module.bodies[0], 2, &Arity::new(&module), &mut Known)
            .expect("a valid body")
    };
    assert_eq!(returned("local.get $m"), Some((1, 0)));
    assert_eq!(returned("(call $same (i32.sub (i32.add (local.get $n) (i32.const 24)) (i32.const 8)))"), Some((0, 16)));
    assert_eq!(returned("(if (local.get $n) (then (return (local.get $m)))) local.get $m"), Some((1, 0)));
    assert_eq!(returned("(if (local.get $n) (then (return (local.get $n)))) local.get $m"), None);
    assert_eq!(returned("(if (local.get $n) (then (return_call $call (local.get $n)))) local.get $m"), None);
    assert_eq!(returned("(if (local.get $n) (then (local.set $m (i32.const 1)))) local.get $m"), None);
    assert_eq!(returned("(i32.add (local.get $n) (local.get $m))"), None);
    assert_eq!(returned("(call $call (local.get $n))"), None);
    assert_eq!(returned("unreachable"), None);
}

#[test]
fn a_pointer_that_was_saved_is_checked() {
    // As without optimizations, for an array whose length is known when it runs.
    let body = format!(
        "{PROLOGUE}
         (i32.store offset=24 (local.get $fp) (global.get $sp))
         (global.set $sp (i32.sub (global.get $sp) (i32.and (i32.add (local.get $n) (i32.const 15)) (i32.const -16))))
         (call $call (global.get $sp))
         (global.set $sp (i32.load offset=24 (local.get $fp)))
         {EPILOGUE} i32.const 7"
    );
    assert_eq!(lowers(&body), (32, vec![Some(32), None, None]));
    assert_eq!(frame(&body).lowered[2].ceiling, -32);
    // From then on, it is no sum: what is between it and an address in the frame is of the pointer.
    let between = format!(
        "{PROLOGUE} (global.set $sp (local.get $n))
         (i32.store (i32.sub (global.get $sp) (local.get $fp)) (i32.const 1)) {EPILOGUE} i32.const 7"
    );
    assert_eq!(unproved(&between), (vec![Bound::Anywhere], true));
    // Not for good: then it would have to be where it was.
    assert_eq!(
        of(&format!("(global.set $sp (i32.load (i32.const 2048))) {PROLOGUE} {EPILOGUE} i32.const 7")),
        Err(LOST)
    );
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
    let usage = usage(&module.bodies[0], 0, &[0], &Arity::new(&module), &mut Known).expect("a valid body");
    assert_eq!(usage.frame, Err(LOST));
}

#[test]
fn what_nests_deeply_takes_no_more_than_it_is_long() {
    // Each `if` has a state of its own, with one local more.
    let depth = 20_000;
    let body = format!(
        "{} {} (global.set $sp (global.get $sp)) i32.const 0",
        (0..depth).map(|i| format!("(local.set $l{i} (global.get $sp)) local.get $n if ")).collect::<String>(),
        "end ".repeat(depth)
    );
    let locals: String = (0..depth).map(|i| format!("(local $l{i} i32)")).collect();
    let text =
        format!("(module (global $sp (mut i32) (i32.const 1024)) (func (param $n i32) (result i32) {locals} {body}))");
    let bytes = wat::parse_str(&text).expect("valid text");
    let module = crate::parse::parse_module("test", &bytes).expect("a valid module");
    let begun = std::time::Instant::now();
    let usage = usage(&module.bodies[0], 0, &[0], &Arity::new(&module), &mut Known).expect("a valid body");
    assert!(usage.frame.is_ok());
    // It takes a second without optimizations; to look at all locals for each block would take minutes.
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
}
