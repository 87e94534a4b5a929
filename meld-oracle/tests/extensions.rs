//! The examples of the library that extend the fuser, and what else an embedder may do between the stages.
//!
//! In: the sources of the examples, and compositions. Out: what they make does in wasmtime what the examples say.

use meld_core::core_interface::CoreInterface;
use meld_core::error::{MergeError, ParseError};
use meld_core::unstable::adapter::Adapted;
use meld_core::unstable::dfg::ComponentDfg;
use meld_core::unstable::extension::Extension;
use meld_core::unstable::module::{Code, ExportItem, Func, FuncDef, MergedExport, MergedModule, Op, Synthesized};
use meld_core::unstable::passes::PassPoint;
use meld_core::unstable::plan::{FusionPlan, MemoryPlan};
use meld_core::unstable::runtime::{Binding, OwnModule, RuntimeInstance};
use meld_core::unstable::{emit, inline, parse, passes, pipeline};
use meld_core::{Error, Input, Options};
use std::ops::ControlFlow;
use wasm_encoder::{Instruction, ValType};
use wasmtime::{Engine, Instance, Module, Store};

#[path = "../../meld-core/examples/own_pass.rs"]
#[allow(dead_code, reason = "an example has a `main`")]
mod own_pass;

#[path = "../../meld-core/examples/own_runtime.rs"]
#[allow(dead_code, reason = "an example has a `main`")]
mod own_runtime;

// An example that another one uses.
use own_runtime::count_calls;

/// `run(n)` calls `number`, which is a direct call, `n` times, and `text`, which needs an adapter, twice as often.
const COMPOSITION: &str = r#"(component
  (component $Callee
    (core module $m
      (memory (export "memory") 1)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64))
      (func (export "number") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
      (func (export "text") (param i32 i32) (result i32) (local.get 1)))
    (core instance $m (instantiate $m))
    (func (export "number") (param "n" u32) (result u32) (canon lift (core func $m "number")))
    (func (export "text") (param "s" string) (result u32)
      (canon lift (core func $m "text") (memory (core memory $m "memory")) (realloc (core func $m "realloc")))))
  (component $Caller
    (import "number" (func $number (param "n" u32) (result u32)))
    (import "text" (func $text (param "s" string) (result u32)))
    (core module $libc (memory (export "memory") 1) (data (i32.const 0) "abc"))
    (core instance $libc (instantiate $libc))
    (core func $number (canon lower (func $number)))
    (core func $text (canon lower (func $text) (memory (core memory $libc "memory"))))
    (core module $m
      (import "" "number" (func $number (param i32) (result i32)))
      (import "" "text" (func $text (param i32 i32) (result i32)))
      (func (export "run") (param $n i32) (result i32) (local $sum i32)
        (block $end
          (loop $next
            (br_if $end (i32.eqz (local.get $n)))
            (local.set $sum (call $number (local.get $sum)))
            (local.set $sum (i32.add (local.get $sum) (call $text (i32.const 0) (i32.const 3))))
            (local.set $sum (i32.add (local.get $sum) (call $text (i32.const 0) (i32.const 2))))
            (local.set $n (i32.sub (local.get $n) (i32.const 1)))
            (br $next)))
        (local.get $sum)))
    (core instance $m (instantiate $m
      (with "" (instance (export "number" (func $number)) (export "text" (func $text))))))
    (func (export "run") (param "n" u32) (result u32) (canon lift (core func $m "run"))))
  (instance $callee (instantiate $Callee))
  (instance $caller (instantiate $Caller
    (with "number" (func $callee "number")) (with "text" (func $callee "text"))))
  (export "run" (func $caller "run")))"#;

fn composition() -> Vec<u8> {
    wat::parse_str(COMPOSITION).expect("valid text")
}

fn start(core: &[u8]) -> (Store<()>, Instance) {
    let engine = Engine::default();
    let module = Module::new(&engine, core).expect("a valid module");
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).expect("it imports nothing");
    (store, instance)
}

fn run(store: &mut Store<()>, instance: &Instance, n: u32) -> wasmtime::Result<u32> {
    instance.get_typed_func::<u32, u32>(&mut *store, "run").expect("an export").call(store, n)
}

#[test]
fn calls_are_counted_per_boundary() {
    let core = count_calls::fuse("composition", composition()).unwrap_or_else(|error| panic!("{error}"));
    let (mut store, instance) = start(&core);
    assert_eq!(run(&mut store, &instance, 5).expect("it returns"), 30);
    let mut counts = Vec::new();
    for export in instance.exports(&mut store).map(|export| export.name().to_owned()).collect::<Vec<_>>() {
        if let (Some(name), Some(global)) = (export.strip_prefix("calls:"), instance.get_global(&mut store, &export)) {
            counts.push((name.to_owned(), global.get(&mut store).unwrap_i32()));
        }
    }
    // The call that needs no adapter is counted as well.
    assert_eq!(counts, [("caller->callee number".to_owned(), 5), ("caller->callee text".to_owned(), 10)]);
}

#[test]
fn a_pass_of_ones_own_changes_bodies() {
    let core = own_pass::fuse("composition", composition()).unwrap_or_else(|error| panic!("{error}"));
    let (mut store, instance) = start(&core);
    let budget = instance.get_global(&mut store, "budget").expect("an export");
    budget.set(&mut store, 10.into()).expect("it is mutable");
    assert_eq!(run(&mut store, &instance, 5).expect("there is enough"), 30);
    assert_eq!(budget.get(&mut store).unwrap_i32(), 0);
    budget.set(&mut store, 9.into()).expect("it is mutable");
    let trap = format!("{:?}", run(&mut store, &instance, 5).expect_err("one is missing"));
    assert!(trap.contains("unreachable"), "{trap}");
}

#[test]
fn a_runtime_module_of_ones_own_has_a_memory_of_its_own() {
    let core =
        own_runtime::fuse("composition", composition(), &Options::default()).unwrap_or_else(|error| panic!("{error}"));
    let (mut store, instance) = start(&core);
    assert_eq!(run(&mut store, &instance, 5).expect("it returns"), 30);
    assert_eq!(run(&mut store, &instance, 1).expect("it returns"), 6);
    let calls = instance.get_typed_func::<u32, u64>(&mut store, "calls").expect("an export");
    assert_eq!([0, 1].map(|boundary| calls.call(&mut store, boundary).expect("there is such a boundary")), [6, 12]);
    assert!(calls.call(&mut store, 2).is_err(), "there are two boundaries");
}

#[test]
fn a_runtime_module_of_ones_own_is_refused_in_one_memory() {
    let mut options = Options::default();
    options.shared().rebase = true;
    let fused = own_runtime::fuse("composition", composition(), &options);
    let error = fused.expect_err("it has a memory without a size");
    assert!(
        matches!(&error, Error::Merge(MergeError::Unsupported { item, .. }) if item.contains("`counts`")),
        "{error}"
    );
}

#[test]
fn a_runtime_module_of_ones_own_is_checked() {
    let module = |text: &str| OwnModule::new("own", wat::parse_str(text).expect("valid text").leak());
    assert!(module("(module (func (export \"f\")))").is_ok());
    assert!(matches!(module("(module (func (result i32)))"), Err(ParseError::Invalid { .. })));
    assert!(matches!(module("(module (func $f) (start $f))"), Err(ParseError::Unsupported { .. })));
    assert!(OwnModule::new("own", b"(module)").is_err(), "it is text");
}

/// Adds a module with an import, bound to `binding` if there is one.
struct Unbound(Option<Binding>);

impl Extension for Unbound {
    fn adapters(
        &mut self,
        _: &ComponentDfg<'_>,
        _: &FusionPlan,
        adapted: &mut Adapted,
    ) -> Result<(), meld_core::error::AdapterError> {
        let wasm = wat::parse_str("(module (import \"a\" \"b\" (memory 1)))").expect("valid text").leak();
        let module = OwnModule::new("own", wasm).expect("it is valid");
        let bound = self.0.into_iter().map(|binding| ("a", "b", binding)).collect();
        adapted.runtime.intern(RuntimeInstance::own(module, bound));
        Ok(())
    }
}

#[test]
fn a_runtime_module_of_ones_own_needs_its_imports() {
    for binding in [None, Some(Binding::I32(0))] {
        let inputs = [Input::new("composition", composition())];
        let mut own = Unbound(binding);
        let observe = &mut |_: pipeline::Made<'_, '_>| ControlFlow::Continue(());
        let fused = pipeline::run_with(&inputs, &Options::default(), &mut [&mut own], observe);
        assert!(matches!(fused, Err(Error::Merge(MergeError::Missing { .. }))), "{binding:?}");
    }
}

/// Notes where it is called, and puts a function into the arena by itself.
#[derive(Default)]
struct Points(Vec<PassPoint>);

impl Extension for Points {
    fn pass(&mut self, point: PassPoint, module: &mut MergedModule<'_>) -> Result<(), MergeError> {
        self.0.push(point);
        let func = constant(module, &format!("at {point:?}"), 7);
        let func = module.funcs.push(func);
        module.exports.insert(format!("{point:?}"), MergedExport { item: ExportItem::Func(func), always: true });
        Ok(())
    }
}

/// A function that returns a number.
fn constant(module: &mut MergedModule<'_>, name: &str, number: i32) -> Func {
    let ty = module.types.func(&[], &[ValType::I32]);
    let code = Code { locals: Vec::new(), ops: vec![Op::Plain(Instruction::I32Const(number))], steps: Vec::new() };
    Func { ty, def: FuncDef::Synth(Box::new(Synthesized { name: name.to_owned(), code, id: None })) }
}

#[test]
fn an_extension_is_called_at_each_point() {
    let mut points = Points::default();
    let inputs = [Input::new("composition", composition())];
    let fused =
        pipeline::run_with(&inputs, &Options::default(), &mut [&mut points], &mut |_| ControlFlow::Continue(()))
            .unwrap_or_else(|error| panic!("{error}"))
            .expect("nothing breaks off");
    assert_eq!(points.0, [PassPoint::Merged, PassPoint::Rebase, PassPoint::Start, PassPoint::Forward]);
    let (mut store, instance) = start(&fused.core);
    for point in points.0 {
        let func = instance.get_typed_func::<(), u32>(&mut store, &format!("{point:?}")).expect("an export");
        assert_eq!(func.call(&mut store, ()).expect("it returns"), 7);
    }
}

/// Refuses everything.
struct Refuses;

impl Extension for Refuses {
    fn pass(&mut self, _: PassPoint, _: &mut MergedModule<'_>) -> Result<(), MergeError> {
        let (item, reason) = ("the module".to_owned(), "the extension refuses it".to_owned());
        Err(MergeError::Unsupported { item, reason, way_out: "leave the extension out".into() })
    }
}

#[test]
fn an_error_of_an_extension_ends_the_fusion() {
    let inputs = [Input::new("composition", composition())];
    let fused =
        pipeline::run_with(&inputs, &Options::default(), &mut [&mut Refuses], &mut |_| ControlFlow::Continue(()));
    assert!(matches!(fused, Err(Error::Merge(MergeError::Unsupported { .. }))));
}

#[test]
fn a_module_can_be_made_from_outside() {
    let nothing = wat::parse_str("(component)").expect("valid text");
    let component = parse::parse("nothing", &nothing).expect("it is valid");
    let dfg = inline::inline(component).expect("there is nothing in it");
    let mut module = MergedModule::new(&dfg, CoreInterface::default());
    let func = constant(&mut module, "forty-two", 42);
    let func = module.add_func(func);
    module.exports.insert("answer".to_owned(), MergedExport { item: ExportItem::Func(func), always: true });
    let live = passes::run(module, &MemoryPlan::Multi, &mut |_| ControlFlow::Continue(()))
        .unwrap_or_else(|error| panic!("{error}"))
        .expect("nothing breaks off");
    let emitted = emit::emit(&live, |_| Vec::new()).unwrap_or_else(|error| panic!("{error}"));
    let (mut store, instance) = start(&emitted.bytes);
    let answer = instance.get_typed_func::<(), u32>(&mut store, "answer").expect("an export");
    assert_eq!(answer.call(&mut store, ()).expect("it returns"), 42);
}
