//! `verify` finds what a fuser does wrong, and finds nothing where it does it right.
//!
//! In: the committed compositions, fused as they should be, and fused by a fuser with a fault planted in it. Out: agreement, and a
//! difference. A fault is planted in every adapter between components.

use meld_core::unstable::adapter::Adapted;
use meld_core::unstable::dfg::ComponentDfg;
use meld_core::unstable::extension::Extension;
use meld_core::unstable::pipeline;
use meld_core::unstable::plan::FusionPlan;
use meld_core::unstable::synth::{AccessOp, Inst};
use meld_core::unstable::wasm_encoder::Instruction;
use meld_core::{Input, Options};
use meld_oracle::verify::{Calls, Incomparable, Verdict, verify};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/wit_bindgen/fixtures")
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(format!("{name}.wasm"))).unwrap()
}

/// Changes each instruction of the adapters between components, and says how many it has changed.
struct Fault<'f> {
    change: &'f dyn Fn(&mut Inst) -> bool,
    changed: usize,
}

impl Extension for Fault<'_> {
    fn adapters(
        &mut self,
        _: &ComponentDfg<'_>,
        _: &FusionPlan,
        adapted: &mut Adapted,
    ) -> Result<(), meld_core::error::AdapterError> {
        for (_, synth) in adapted.synths.iter_mut().filter(|(_, synth)| synth.name.starts_with("adapter ")) {
            for inst in &mut synth.body {
                self.changed += usize::from((self.change)(inst));
            }
        }
        Ok(())
    }
}

/// The fixture fused with a fault, and what `verify` says.
fn faulty(name: &str, change: &dyn Fn(&mut Inst) -> bool) -> Verdict {
    let original = fixture(name);
    let mut options = Options::default();
    options.component = true;
    let mut fault = Fault { change, changed: 0 };
    let inputs = [Input::new(name, &original)];
    let fused = pipeline::run_with(&inputs, &options, &mut [&mut fault], &mut |_| ControlFlow::Continue(()));
    let fused = fused.unwrap().expect("nothing breaks off").component.expect("a component was asked for");
    assert!(fault.changed > 0, "the fault is in {name}");
    verify(&original, &fused, &Calls::default()).unwrap()
}

/// An offset of every store of a length.
fn wrong_offset(inst: &mut Inst) -> bool {
    match inst {
        Inst::Access { op: AccessOp::I32Store, offset: offset @ 4, .. } => {
            *offset = 0;
            true
        }
        _ => false,
    }
}

/// One plain instruction for another of the same type.
fn instead(inst: &mut Inst, old: &Instruction<'static>, new: Instruction<'static>) -> bool {
    let found = matches!(inst, Inst::Plain(plain) if format!("{plain:?}") == format!("{old:?}"));
    if found {
        *inst = Inst::Plain(new);
    }
    found
}

#[test]
fn a_length_in_the_wrong_place() {
    let difference = faulty("strings", &wrong_offset).difference.unwrap();
    assert_ne!(difference.original.outcome, difference.fused.outcome);
}

#[test]
fn the_host_sees_another_string() {
    let verdict = faulty("station-default", &wrong_offset);
    assert!(verdict.difference.is_some());
}

#[test]
fn a_check_of_bounds_the_wrong_way_round() {
    let change = |inst: &mut Inst| instead(inst, &Instruction::I64GtU, Instruction::I64LeU);
    let difference = faulty("lists", &change).difference.unwrap();
    assert!(difference.fused.outcome.starts_with("traps"), "{difference:?}");
    let backtrace = difference.fused.backtrace.unwrap();
    assert!(backtrace.contains("adapter "), "{backtrace}");
}

#[test]
fn an_element_that_is_read_too_late() {
    let change = |inst: &mut Inst| match inst {
        Inst::Access { op: AccessOp::I32Load, offset, .. } => {
            *offset += 4;
            true
        }
        _ => false,
    };
    assert!(faulty("records", &change).difference.is_some());
}

#[test]
fn an_argument_twice() {
    let change = |inst: &mut Inst| instead(inst, &Instruction::LocalGet(1), Instruction::LocalGet(0));
    assert!(faulty("strings", &change).difference.is_some());
}

#[test]
fn a_pointer_that_goes_back() {
    let change = |inst: &mut Inst| instead(inst, &Instruction::I32Add, Instruction::I32Sub);
    assert!(faulty("lists", &change).difference.is_some());
}

#[test]
fn a_size_of_elements_that_is_too_small() {
    let change = |inst: &mut Inst| instead(inst, &Instruction::I32Const(8), Instruction::I32Const(4));
    assert!(faulty("strings", &change).difference.is_some());
}

/// Names of the fixtures, those with asynchronous functions too, which are in a folder of their own: a third of them, or all with
/// `MELD_VERIFY_ALL`.
fn fixtures() -> Vec<String> {
    let mut names = Vec::new();
    for (folder, prefix) in [(folder(), ""), (folder().join("async"), "async/")] {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "wasm") {
                names.push(format!("{prefix}{}", path.file_stem().unwrap().to_str().unwrap()));
            }
        }
    }
    names.sort();
    if std::env::var_os("MELD_VERIFY_ALL").is_none() {
        names = names.into_iter().step_by(3).collect();
    }
    names
}

/// The fused component; and the core module of each eighth, where tools can make a component of it.
#[test]
fn fixtures_behave_as_they_are() {
    let names = fixtures();
    let compared: (usize, usize) = std::thread::scope(|scope| {
        let halves: Vec<_> = names.chunks(names.len().div_ceil(2)).collect();
        let threads: Vec<_> = halves.into_iter().map(|half| scope.spawn(|| compare_all(half))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1))
    });
    assert!(compared.0 > 33 && compared.1 > 1, "{compared:?} components and core modules");
}

/// How many components and core modules were compared.
fn compare_all(names: &[String]) -> (usize, usize) {
    let (mut components, mut modules) = (0, 0);
    for (number, name) in names.iter().enumerate() {
        let original = fixture(name);
        let mut fuser = meld_core::Fuser::new();
        let fuser = fuser.input(name.as_str(), original.as_slice()).component(true);
        let fused = fuser.fuse_component().unwrap_or_else(|error| panic!("{name}: {error}"));
        let calls = Calls { rounds: 1, ..Calls::default() };
        let same = |form: &str, bytes: &[u8]| {
            let verdict = verify(&original, bytes, &calls).unwrap_or_else(|why| panic!("{name}, {form}: {why}"));
            assert_eq!(verdict.difference, None, "{name}, {form}");
        };
        same("component", &fused.bytes);
        components += 1;
        if number % 8 == 0
            && let Ok(fused) = fuser.component(false).fuse()
            && fused.no_component_type.is_none()
        {
            same("core", &fused.core);
            modules += 1;
        }
    }
    (components, modules)
}

const WORDS: &str = r#"(component
  (import "log" (func $log (param "n" u32)))
  (core func $log (canon lower (func $log)))
  (core module $m
    (import "" "log" (func $log (param i32)))
    (func (export "add") (param i32 i32) (result i32) (call $log (local.get 0)) (i32.add (local.get 0) (local.get 1)))
    (func (export "div") (param i32 i32) (result i32) (i32.div_u (local.get 0) (local.get 1))))
  (core instance $i (instantiate $m (with "" (instance (export "log" (func $log))))))
  (func $add (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $i "add")))
  (func $div (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $i "div")))
  (instance $math (export "add" (func $add)) (export "div" (func $div)))
  (export "test:math/math" (instance $math)))"#;

fn invoke(fused: &str, calls: &[&str]) -> Result<Verdict, Incomparable> {
    let invoke = calls.iter().map(|call| (*call).to_owned()).collect();
    verify(WORDS.as_bytes(), fused.as_bytes(), &Calls { invoke, ..Calls::default() })
}

#[test]
fn calls_that_are_asked_for() {
    let other = WORDS.replace("(i32.add (local.get 0)", "(i32.add (i32.const 1)");
    let verdict = invoke(WORDS, &["test:math/math#add(1, 2)", "div(6, 3)"]).unwrap();
    assert_eq!((verdict.calls, verdict.host_calls, verdict.difference), (2, 1, None));
    // The first is the same by chance.
    let difference = invoke(&other, &["add(1, 2)", "add(2, 2)"]).unwrap().difference.unwrap();
    assert_eq!(difference.at, "test:math/math#add(2, 2)");
    assert_eq!((&*difference.original.outcome, &*difference.fused.outcome), ("returns 4", "returns 3"));
    // What the host sees.
    let difference =
        invoke(&WORDS.replace("(call $log (local.get 0))", ""), &["add(5, 2)"]).unwrap().difference.unwrap();
    assert_eq!((difference.original.host.len(), difference.fused.host.len()), (1, 0));
    // A trap, on one side and on both.
    let safe = WORDS.replace("(i32.div_u (local.get 0)", "(i32.and (local.get 0)");
    let difference = invoke(&safe, &["div(1, 0)"]).unwrap().difference.unwrap();
    assert!(difference.original.outcome.contains("divide by zero"), "{difference:?}");
    assert!(difference.original.backtrace.is_some() && difference.fused.backtrace.is_none());
    assert_eq!(invoke(WORDS, &["div(1, 0)"]).unwrap().difference, None);
    let other_trap = WORDS.replace("(i32.div_u (local.get 0) (local.get 1))", "(unreachable)");
    assert!(invoke(&other_trap, &["div(1, 0)"]).unwrap().difference.is_some());
}

#[test]
fn what_cannot_be_compared_is_said() {
    for (call, why) in [
        ("sub(1)", "there is no such function; there are test:math/math#add, test:math/math#div"),
        ("add(1)", "missing required param"),
        ("add(1, true)", "invalid value type"),
    ] {
        let error = invoke(WORDS, &[call]).unwrap_err().to_string();
        assert!(error.starts_with(&format!("cannot call `{call}`: ")) && error.contains(why), "{error}");
    }
    let error = verify(b"(module)", WORDS.as_bytes(), &Calls::default()).unwrap_err().to_string();
    assert!(error.ends_with("it exports no function that can be called with made-up values"), "{error}");
    let error = verify(b"nonsense", WORDS.as_bytes(), &Calls::default()).unwrap_err().to_string();
    assert!(error.starts_with("cannot run the original: "), "{error}");
}
