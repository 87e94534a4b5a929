//! `--share-stack`: no way to compute an address leads out of the stack.
//!
//! In: functions that call no other, with an array below the stack pointer whose length is known when they run. Each
//! computes the address of the array in its own way (sums, other operators, 64 bits, vectors, loops, ways that meet, memory, globals),
//! with and without a frame, and fills the array in its own way. The component that calls them has a frame, and a memory right
//! above theirs. Out: for each, with what there is room for, what the input does; with more than that, a trap, and never a
//! byte of the other component that is another one afterwards. With a proved size, a function is refused, or the same is true.

use meld_core::options::{StackSize, WindowSize};
use meld_core::{Fused, Options};
use meld_oracle::core_host::CoreCode;
use meld_oracle::differential::{Form, Fusion, shared};
use meld_oracle::host::Guest;
use meld_oracle::value::Value;

/// Bytes of the shared stack.
const STACK: u64 = 1024;

/// Where the array of `$n` bytes begins, from the pointer `B` and the length `N` on: a name, what is done before, and the address.
const WAYS: &[(&str, &str, &str)] = &[
    ("sub", "", "(i32.sub B N)"),
    ("add", "", "(i32.add B (i32.sub (i32.const 0) N))"),
    ("mul", "", "(i32.add B (i32.mul N (i32.const -1)))"),
    ("xor", "", "(i32.xor (i32.xor (i32.sub B N) (i32.const 0x12345)) (i32.const 0x12345))"),
    ("not", "", "(i32.xor (i32.add (i32.xor B (i32.const -1)) N) (i32.const -1))"),
    ("or", "", "(i32.or (i32.sub B N) (i32.const 0))"),
    ("shift", "", "(i32.sub (i32.shr_u (i32.shl B (i32.const 4)) (i32.const 4)) N)"),
    ("rotate", "", "(i32.rotr (i32.rotl (i32.sub B N) (i32.const 7)) (i32.const 7))"),
    ("align", "", "(i32.and (i32.sub B N) (i32.const -16))"),
    (
        "wrap",
        "",
        "(i32.sub (i32.add (i32.add (i32.add B (i32.const 0x7fffffff)) (i32.const 0x7fffffff)) (i32.const 2)) N)",
    ),
    ("wide", "", "(i32.wrap_i64 (i64.sub (i64.extend_i32_u B) (i64.extend_i32_u N)))"),
    (
        "upper half",
        "",
        "(i32.wrap_i64 (i64.shr_u (i64.shl (i64.extend_i32_u (i32.sub B N)) (i64.const 32)) (i64.const 32)))",
    ),
    ("lane", "", "(i32x4.extract_lane 2 (i32x4.splat (i32.sub B N)))"),
    ("float", "", "(i32.reinterpret_f32 (f32.reinterpret_i32 (i32.sub B N)))"),
    ("select", "", "(select (i32.sub B N) (i32.sub B N) (local.get $n))"),
    ("either", "", "(select (i32.sub B N) (i32.const 40000) (i32.const 1))"),
    ("if", "", "(if (result i32) (local.get $n) (then (i32.sub B N)) (else B))"),
    ("branch", "", "(block $b (result i32) (drop (br_if $b (i32.sub B N) (i32.const 1))) (i32.const 40000))"),
    ("memory", "(i32.store (i32.const 40000) (i32.sub B N))", "(i32.load (i32.const 40000))"),
    ("wide memory", "(i64.store (i32.const 40000) (i64.extend_i32_u (i32.sub B N)))", "(i32.load (i32.const 40000))"),
    (
        "bytes",
        "(i32.store16 (i32.const 40000) (i32.sub B N)) \
         (i32.store16 (i32.const 40002) (i32.shr_u (i32.sub B N) (i32.const 16)))",
        "(i32.load (i32.const 40000))",
    ),
    (
        "down",
        "(local.set $p B) (local.set $i N)
         (loop $l (if (local.get $i) (then (local.set $p (i32.sub (local.get $p) (i32.const 16)))
             (local.set $i (i32.sub (local.get $i) (i32.const 16))) (br $l))))",
        "(local.get $p)",
    ),
    (
        "swapped",
        "(local.set $p (i32.const 40000)) (local.set $i (i32.const 2))
         (loop $l (drop (i32.load8_u (local.get $p))) (local.set $p (i32.sub B N))
             (br_if $l (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))",
        "(local.get $p)",
    ),
];

/// How `$n` bytes from `$p` on are written.
const FILLS: &[(&str, &str)] = &[
    (
        "store8",
        "(local.set $i (i32.const 0))
         (loop $f (if (i32.lt_u (local.get $i) (local.get $n)) (then
             (i32.store8 (i32.add (local.get $p) (local.get $i)) (i32.const 0xaa))
             (local.set $i (i32.add (local.get $i) (i32.const 1))) (br $f))))",
    ),
    (
        "store up",
        "(local.set $i (local.get $p)) (local.set $e (i32.add (local.get $p) N))
         (loop $f (if (i32.ne (local.get $i) (local.get $e)) (then
             (i32.store (local.get $i) (i32.const 0xaaaaaaaa))
             (local.set $i (i32.add (local.get $i) (i32.const 4))) (br $f))))",
    ),
    (
        "store64 down",
        "(local.set $i N)
         (loop $f (if (local.get $i) (then
             (local.set $i (i32.sub (local.get $i) (i32.const 8)))
             (i64.store (i32.add (local.get $p) (local.get $i)) (i64.const 0xaaaaaaaaaaaaaaaa)) (br $f))))",
    ),
    (
        "vector",
        "(local.set $i (i32.const 0))
         (loop $f (if (i32.lt_u (local.get $i) (local.get $n)) (then
             (v128.store (i32.add (local.get $p) (local.get $i)) (i8x16.splat (i32.const 0xaa)))
             (local.set $i (i32.add (local.get $i) (i32.const 16))) (br $f))))",
    ),
    ("fill", "(memory.fill (local.get $p) (i32.const 0xaa) (local.get $n))"),
    ("copy", "(memory.copy (local.get $p) (i32.const 40016) (local.get $n))"),
    ("first", "(if (local.get $n) (then (i32.store16 (local.get $p) (i32.const 0xaaaa))))"),
    (
        "offset",
        "(local.set $i (i32.const 0))
         (loop $f (if (i32.lt_u (local.get $i) (local.get $n)) (then
             (i32.store8 offset=300 (i32.sub (i32.add (local.get $p) (local.get $i)) (i32.const 300)) (i32.const 0xaa))
             (local.set $i (i32.add (local.get $i) (i32.const 1))) (br $f))))",
    ),
];

/// A function that calls no other. Its frame is below the entry, and the array below the frame.
fn leaf(name: &str, frame: u32, (_, before, address): (&str, &str, &str), fill: &str) -> String {
    let body = format!(
        "{before} (local.set $p {address}) {fill}
         (local.set $n (i32.load8_u (i32.add (local.get $p) (i32.shr_u (local.get $n) (i32.const 1)))))"
    );
    let body = body.replace('N', "(local.get $len)").replace('B', "(global.get $sp)");
    let (enter, leave) = match frame {
        0 => (String::new(), String::new()),
        _ => (
            format!("(global.set $sp (local.tee $fp (i32.sub (global.get $sp) (i32.const {frame}))))"),
            format!("(global.set $sp (i32.add (local.get $fp) (i32.const {frame})))"),
        ),
    };
    format!(
        "(func {name} (type $leaf) (param $n i32) (result i32) (local $fp i32) (local $p i32) (local $i i32) (local $e i32) (local $len i32)
           {enter}
           (local.set $len (i32.and (i32.add (local.get $n) (i32.const 15)) (i32.const -16)))
           {body}
           {leave} (local.get $n))"
    )
}

/// One component that calls `leaves` by their number, and one that calls that one, with a frame of its own.
fn composition(leaves: &[String]) -> Vec<u8> {
    let names: String = (0..leaves.len()).map(|i| format!(" $leaf{i}")).collect();
    let text = format!(
        r#"(component
          (component $callee
            (core module $m
              (type $leaf (func (param $n i32) (result i32)))
              (memory 1)
              (global $sp (mut i32) (i32.const 32768))
              (data (i32.const 32768) "data")
              (data (i32.const 40016) "\aa\aa\aa\aa\aa\aa\aa\aa")
              (table funcref (elem{names}))
              {}
              (func (export "f") (param $leaf i32) (param $n i32) (result i32) (local $fp i32)
                (global.set $sp (local.tee $fp (i32.sub (global.get $sp) (i32.const 16))))
                (i32.store (local.get $fp) (local.get $leaf))
                (i32.store offset=4 (local.get $fp)
                  (call_indirect (type $leaf) (local.get $n) (local.get $leaf)))
                (local.set $n
                  (select (i32.load offset=4 (local.get $fp)) (i32.const 1000)
                    (i32.eq (i32.load (local.get $fp)) (local.get $leaf))))
                (global.set $sp (i32.add (local.get $fp) (i32.const 16)))
                (local.get $n)))
            (core instance $m (instantiate $m))
            (func (export "f") (param "leaf" u32) (param "n" u32) (result u32) (canon lift (core func $m "f"))))
          (component $caller
            (import "f" (func $f (param "leaf" u32) (param "n" u32) (result u32)))
            (core func $f (canon lower (func $f)))
            (core module $m
              (import "" "f" (func $f (param i32 i32) (result i32)))
              (memory 2)
              (global $sp (mut i32) (i32.const 16))
              (data (i32.const 16) "data")
              ;; Whether each byte of a range is `byte`.
              (func $all (param $at i32) (param $n i32) (param $byte i32) (result i32)
                (loop $each
                  (if (i32.eqz (local.get $n)) (then (return (i32.const 1))))
                  (if (i32.ne (i32.load8_u (local.get $at)) (local.get $byte)) (then (return (i32.const 0))))
                  (local.set $at (i32.add (local.get $at) (i32.const 1)))
                  (local.set $n (i32.sub (local.get $n) (i32.const 1)))
                  (br $each))
                (unreachable))
              (func (export "f") (param $leaf i32) (param $n i32) (result i32) (local $fp i32)
                (global.set $sp (local.tee $fp (i32.sub (global.get $sp) (i32.const 16))))
                (memory.fill (local.get $fp) (i32.const 0x55) (i32.const 16))
                (local.set $n (call $f (local.get $leaf) (local.get $n)))
                (if (i32.eqz (call $all (local.get $fp) (i32.const 16) (i32.const 0x55)))
                  (then (local.set $n (i32.const 2000))))
                (if (i32.eqz (call $all (i32.const 32) (i32.const 131040) (i32.const 0)))
                  (then (local.set $n (i32.const 3000))))
                (global.set $sp (i32.add (local.get $fp) (i32.const 16)))
                (local.get $n)))
            (core instance $m (instantiate $m (with "" (instance (export "f" (func $f))))))
            (func (export "f") (param "leaf" u32) (param "n" u32) (result u32) (canon lift (core func $m "f"))))
          (instance $a (instantiate $callee))
          (instance $b (instantiate $caller (with "f" (func $a "f"))))
          (export "f" (func $b "f")))"#,
        leaves.concat()
    );
    wat::parse_str(&text).unwrap_or_else(|why| panic!("{why}"))
}

fn options(size: StackSize) -> Options {
    let mut options = shared(1 << 16);
    options.shared().size = WindowSize::default();
    options.shared().common().stack = Some(size);
    options
}

/// Every leaf: what it is, and its code.
fn leaves() -> Vec<(String, String)> {
    let mut leaves = Vec::new();
    for &way in WAYS {
        for &(fill, code) in FILLS {
            for frame in [0, 16, 256] {
                let name = format!("{}, {fill}, with a frame of {frame}", way.0);
                leaves.push((name, leaf(&format!("$leaf{}", leaves.len()), frame, way, code)));
            }
        }
    }
    leaves
}

/// Calls `f`.
fn call(guest: &mut dyn Guest, args: [u32; 2]) -> Result<u32, String> {
    match guest.call(&["f".to_owned()], &args.map(Value::U32)) {
        Ok(result) => match result {
            Some(Value::U32(result)) => Ok(result),
            other => panic!("{other:?}"),
        },
        Err(trap) => Err(trap.0),
    }
}

fn code(fused: &Fused) -> CoreCode {
    CoreCode::new(&fused.core, &fused.interface, &[]).expect("it compiles")
}

#[test]
fn every_way_stays_in_the_stack_or_traps() {
    let leaves = leaves();
    let bodies: Vec<String> = leaves.iter().map(|(_, code)| code.clone()).collect();
    let input = composition(&bodies);
    let fusion = Fusion::with(&input, &options(StackSize::Bytes(STACK))).expect("it fuses");
    let core = code(fusion.fused());
    let (mut same, mut trapped) = (0, 0);
    for (i, (name, _)) in leaves.iter().enumerate() {
        let i = i as u32;
        // Each has its own: a guest may run for so long altogether.
        let mut input = fusion.start(Form::Input, 1).expect("the input starts");
        let mut fused = core.start(1).expect("it starts");
        for n in [1, 16, 100, 640] {
            let right = call(&mut *input, [i, n]).unwrap_or_else(|why| panic!("{name}, {n}: {why}"));
            assert!(right < 1000, "{name}, {n}: {right}, and the input is right");
            assert_eq!(call(&mut fused, [i, n]), Ok(right), "{name}, {n}");
            same += 1;
        }
        // All of it is too much, and so is what wraps around.
        for n in [1024, 8000, 24_000] {
            let right = call(&mut *input, [i, n]).unwrap_or_else(|why| panic!("{name}, {n}: {why}"));
            assert!(right < 1000, "{name}, {n}: {right}, and the input is right");
            let why = call(&mut core.start(1).expect("it starts"), [i, n]).expect_err(name);
            assert!(why.contains("cabi-trap:stack-overflow"), "{name}, {n}: {why}");
            trapped += 1;
        }
    }
    assert_eq!((same, trapped), (leaves.len() * 4, leaves.len() * 3));
}

#[test]
fn a_proved_size_refuses_or_checks_every_way() {
    let (mut refused, mut checked) = (0, 0);
    for &way in WAYS {
        for frame in [0, 256] {
            let input = composition(&[leaf("$leaf0", frame, way, FILLS[0].1)]);
            match Fusion::with(&input, &options(StackSize::Proved)) {
                Err(why) => {
                    assert!(why.contains("lower by what is known only when it runs"), "{}: {why}", way.0);
                    assert!(why.contains("say its size"), "{}: {why}", way.0);
                    refused += 1;
                }
                Ok(fusion) => {
                    let core = code(fusion.fused());
                    for n in [1024, 8000, 24_000] {
                        let why = call(&mut core.start(1).expect("it starts"), [0, n]).expect_err(way.0);
                        assert!(why.contains("cabi-trap:stack-overflow"), "{}, {n}: {why}", way.0);
                        checked += 1;
                    }
                }
            }
        }
    }
    assert!(refused > WAYS.len() && checked > 0, "{refused} refused, {checked} checked");
}

/// Functions whose array has a length that is known: a loop carries the pointer, up or down.
#[test]
fn what_a_loop_carries_has_its_room() {
    let walk = |from: &str, step: i32, last: &str| {
        format!(
            "(func $leaf0 (type $leaf) (local $p i32) (local $e i32)
               (local.set $p {from}) (local.set $e {last})
               (loop $l (i32.store8 (local.get $p) (i32.const 0xaa))
                 (local.set $p (i32.add (local.get $p) (i32.const {step})))
                 (br_if $l (i32.ne (local.get $p) (local.get $e))))
               (i32.load8_u (i32.sub (global.get $sp) (i32.const 1))))"
        )
    };
    let up = walk("(i32.sub (global.get $sp) (i32.const 112))", 1, "(global.get $sp)");
    let down = walk("(i32.sub (global.get $sp) (i32.const 1))", -1, "(i32.sub (global.get $sp) (i32.const 113))");
    // Where it begins is known, and so is the room that it needs, if it goes up.
    let fusion = Fusion::with(&composition(std::slice::from_ref(&up)), &options(StackSize::Proved)).expect("it fuses");
    assert_eq!(call(&mut code(fusion.fused()).start(1).expect("it starts"), [0, 0]), Ok(0xaa));
    let why = Fusion::with(&composition(std::slice::from_ref(&down)), &options(StackSize::Proved))
        .err()
        .expect("it is refused");
    assert!(why.contains("lower by what is known only when it runs"), "{why}");
    for leaf in [up, down] {
        // Two frames of 16 bytes are above.
        for (bytes, enough) in [(144, true), (1024, true), (32, false)] {
            let fusion = Fusion::with(&composition(std::slice::from_ref(&leaf)), &options(StackSize::Bytes(bytes)))
                .expect("it fuses");
            let result = call(&mut code(fusion.fused()).start(1).expect("it starts"), [0, 0]);
            // A function that is not proved to fit has the room that it is known to use below the stack.
            let proved_room = result == Ok(0xaa);
            assert!(
                proved_room || (!enough && result.as_ref().is_err_and(|why| why.contains("stack-overflow"))),
                "{bytes}: {result:?}"
            );
        }
    }
}
