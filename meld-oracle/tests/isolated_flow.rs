//! `--isolate`: which checks control flow makes superfluous, and which it does not.
//!
//! In: bodies that access memory by the pointers `$p` and `$q`, one after the other, in blocks, branches and loops. Out: called with
//! addresses inside and outside, each does what the input does, the trap included; and checks are left out where one has
//! been made on every way.

use meld_core::options::{Protection, WindowSize};
use meld_oracle::differential::{Form, Fusion, shared};
use meld_oracle::value::Value;

/// What a body does, how many checks it keeps, and the body.
const BODIES: [(&str, usize, &str); 16] = [
    ("one after the other", 1, "(drop (i32.load $p)) (drop (i32.load $p))"),
    ("further on", 2, "(drop (i32.load $p)) (drop (i32.load offset=8 $p))"),
    ("less far", 1, "(drop (i32.load offset=8 $p)) (drop (i32.load $p))"),
    ("written between", 2, "(drop (i32.load $p)) (local.set 0 $q) (drop (i32.load $p))"),
    ("after a block", 1, "(drop (i32.load $p)) (block (br_if 0 $n)) (drop (i32.load $p))"),
    ("in a block that may be left", 2, "(block (br_if 0 $n) (drop (i32.load $p))) (drop (i32.load $p))"),
    ("written in a block", 2, "(drop (i32.load $p)) (block (br_if 0 $n) (local.set 0 $q)) (drop (i32.load $p))"),
    ("in both branches", 3, "(if $n (then (drop (i32.load $p))) (else (drop (i32.load $p)))) (drop (i32.load $p))"),
    ("before the branches", 1, "(drop (i32.load $p)) (if $n (then (drop (i32.load $p))) (else (drop (i32.load $p))))"),
    (
        "written in a branch",
        3,
        "(drop (i32.load $p)) (if $n (then (local.set 0 $q)) (else (drop (i32.load $p)))) (drop (i32.load $p))",
    ),
    ("before a loop", 1, "(drop (i32.load $p)) (loop (drop (i32.load $p)) (br_if 0 $less))"),
    (
        "written further down in a loop",
        2,
        "(drop (i32.load $p)) (loop (drop (i32.load $p)) (local.set 0 $q) (br_if 0 $less))",
    ),
    (
        "written further down in a loop around",
        2,
        "(drop (i32.load $p)) (loop (loop (drop (i32.load $p))) (local.set 0 $q) (br_if 0 $less))",
    ),
    ("in a loop, and after it", 1, "(loop (drop (i32.load $p)) (br_if 0 $less)) (drop (i32.load $p))"),
    (
        "in a loop that may be left",
        2,
        "(block (loop (br_if 1 $n) (drop (i32.load $p)) (br_if 0 $less))) (drop (i32.load $p))",
    ),
    (
        "written in a loop inside, which comes round",
        3,
        "(loop (drop (i32.load $p)) (loop (drop (i32.load $p)) (local.set 0 $q) (br_if 0 $less)) (drop (i32.load $p)))",
    ),
];

/// A composition with a function for each body, and a neighbour above, so that what lies beyond the window is there.
fn composition() -> String {
    let (mut funcs, mut lifts, mut exports) = (String::new(), String::new(), String::new());
    for (i, (_, _, body)) in BODIES.iter().enumerate() {
        let body = body
            .replace("$less", "(local.tee 2 (i32.shr_u (local.get 2) (i32.const 1)))")
            .replace("$p", "(local.get 0)")
            .replace("$q", "(local.get 1)")
            .replace("$n", "(local.get 2)");
        funcs += &format!("(func (export \"f{i}\") (param i32 i32 i32) (result i32) {body} (local.get 0))\n");
        lifts += &format!(
            "(func (export \"f{i}\") (param \"p\" u32) (param \"q\" u32) (param \"n\" u32) (result u32)
               (canon lift (core func $i \"f{i}\")))\n"
        );
        exports += &format!("(export \"f{i}\" (func $guest \"f{i}\"))\n");
    }
    format!(
        "(component
           (component $guest (core module $m (memory 1) {funcs}) (core instance $i (instantiate $m)) {lifts})
           (component $above
             (core module $m (memory 9) (func (export \"f\") (result i32) (i32.load (i32.const 0))))
             (core instance $i (instantiate $m))
             (func (export \"f\") (result u32) (canon lift (core func $i \"f\"))))
           (instance $guest (instantiate $guest))
           (instance $above (instantiate $above))
           {exports}
           (export \"above\" (func $above \"f\")))"
    )
}

#[test]
fn each_way_traps_where_the_input_does() {
    let mut options = shared(1 << 16);
    options.shared().size = WindowSize::default();
    options.shared().protection = Protection::Isolated;
    let input = wat::parse_str(composition()).expect("valid text");
    let fusion = Fusion::with(&input, &options).expect("it fuses");
    // For the accesses further on, and for the others: the last address at which all is inside, and the first at which
    // something is not. Then further away.
    let addresses = [0xfff4, 0xfff5, 0xfffc, 0xfffd, 0x1_0000, 0x2_0000];
    let mut traps = 0;
    for (i, (what, _, _)) in BODIES.iter().enumerate() {
        for p in addresses {
            for q in addresses {
                for n in [0, 1, 2] {
                    let call = |form| {
                        let mut guest = fusion.start(form, 1).unwrap_or_else(|e| panic!("{what}: {e:?}"));
                        let result = guest.call(&[format!("f{i}")], &[Value::U32(p), Value::U32(q), Value::U32(n)]);
                        result.map_err(|trap| trap.0.contains("out of bounds memory access"))
                    };
                    let expected = call(Form::Input);
                    assert_eq!(call(Form::Core), expected, "{what}, {p:#x} {q:#x} {n}");
                    traps += usize::from(expected == Err(true));
                }
            }
        }
    }
    // Half of the first addresses, where they are looked at.
    let calls = BODIES.len() * addresses.len() * addresses.len() * 3;
    assert!(traps > calls / 3 && traps < calls * 2 / 3, "{traps} of {calls}");
}

#[test]
fn checks_are_made_once_on_every_way() {
    let mut options = shared(1 << 16);
    options.shared().size = WindowSize::default();
    options.shared().protection = Protection::Isolated;
    let input = wat::parse_str(composition()).expect("valid text");
    let text = wasmprinter::print_bytes(&Fusion::with(&input, &options).expect("it fuses").fused().core).unwrap();
    // A check is the only comparison there is.
    let functions = text.split("\n  (func ").skip(1);
    let counts: Vec<usize> = functions.map(|function| function.matches("i32.gt_u").count()).collect();
    for (i, (what, checks, body)) in BODIES.iter().enumerate() {
        assert_eq!(counts[i], *checks, "{what}: {body}");
    }
}
