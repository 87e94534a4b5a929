//! What a guest may have its host read and write, where all components share one stack: its own memory and the stack, and
//! nothing in between.

use super::one_memory;
use super::{component, fuse, wrapped};
use meld_core::Options;
use meld_core::options::StackSize;
use meld_core::report::{Area, AreaKind};
use meld_oracle::engine::{engine, limit};
use wasmtime::component::{Component, Linker};
use wasmtime::{Store, StoreContextMut};

/// Bytes that are read or written.
const LENGTH: u32 = 8;

/// Two guests that hand over any address they are told. Their memories are full of a letter each; `f` has a frame, so
/// that there is a stack.
const GUESTS: &str = r#"
(component
  (import "log" (func $log (param "s" string)))
  (import "give" (func $give (result string)))
  (component $Guest
    (import "log" (func $log (param "s" string)))
    (import "give" (func $give (result string)))
    (core module $Memory
      (memory (export "memory") 1)
      (global $sp (export "sp") (mut i32) (i32.const 1024))
      (data (i32.const 1024) "data")
      (global $answer (export "answer") (mut i32) (i32.const 0))
      (func (export "fill") (param $byte i32)
        (memory.fill (i32.const 1024) (local.get $byte) (i32.const 0xfc00)))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (global.get $answer)))
    (core instance $memory (instantiate $Memory))
    (core func $log (canon lower (func $log) (memory (core memory $memory "memory"))))
    (core func $give (canon lower (func $give) (memory (core memory $memory "memory"))
      (realloc (core func $memory "realloc"))))
    (core module $M
      (import "m" "memory" (memory 1))
      (import "m" "sp" (global $sp (mut i32)))
      (import "m" "answer" (global $answer (mut i32)))
      (import "m" "fill" (func $fill (param i32)))
      (import "" "log" (func $log (param i32 i32)))
      (import "" "give" (func $give (param i32)))
      (func (export "fill") (param $byte i32) (call $fill (local.get $byte)))
      (func (export "log") (param $p i32) (param $n i32) (local $fp i32)
        (global.set $sp (local.tee $fp (i32.sub (global.get $sp) (i32.const 32))))
        (memory.fill (local.get $fp) (i32.const 0x53) (i32.const 32))
        (call $log (local.get $p) (local.get $n))
        (global.set $sp (i32.add (local.get $fp) (i32.const 32))))
      (func (export "give") (param $p i32) (local $fp i32)
        (global.set $sp (local.tee $fp (i32.sub (global.get $sp) (i32.const 32))))
        (i32.store (local.get $fp) (i32.const 0))
        (global.set $answer (local.get $p))
        (call $give (i32.add (local.get $fp) (i32.const 16)))
        (global.set $sp (i32.add (local.get $fp) (i32.const 32)))))
    (core instance $i (instantiate $M (with "m" (instance $memory))
      (with "" (instance (export "log" (func $log)) (export "give" (func $give))))))
    (func (export "fill") (param "byte" u32) (canon lift (core func $i "fill")))
    (func (export "log") (param "p" u32) (param "n" u32) (canon lift (core func $i "log")))
    (func (export "give") (param "p" u32) (canon lift (core func $i "give"))))
  (instance $a (instantiate $Guest (with "log" (func $log)) (with "give" (func $give))))
  (instance $b (instantiate $Guest (with "log" (func $log)) (with "give" (func $give))))
  (export "a-fill" (func $a "fill")) (export "a-log" (func $a "log")) (export "a-give" (func $a "give"))
  (export "b-fill" (func $b "fill")) (export "b-log" (func $b "log")) (export "b-give" (func $b "give")))"#;

fn one_stack(options: &mut Options) {
    one_memory(options);
    options.shared().common().stack = Some(StackSize::Bytes(256));
}

/// A new instance in which both memories are full of their letter, and what its host has read.
struct Run {
    store: Store<Vec<String>>,
    instance: wasmtime::component::Instance,
}

impl Run {
    fn new(component: &Component) -> Self {
        let mut linker: Linker<Vec<String>> = Linker::new(engine());
        let mut root = linker.root();
        root.func_wrap("log", |mut store: StoreContextMut<'_, Vec<String>>, (text,): (String,)| {
            store.data_mut().push(text);
            Ok(())
        })
        .expect("a name of its own");
        root.func_wrap("give", |_: StoreContextMut<'_, Vec<String>>, ()| Ok(("x".repeat(LENGTH as usize),)))
            .expect("a name of its own");
        let mut store = Store::new(engine(), Vec::new());
        limit(&mut store);
        let instance = linker.instantiate(&mut store, component).expect("it has all imports");
        let mut run = Self { store, instance };
        run.call("a-fill", &[u32::from(b'a')]).expect("it fills its memory");
        run.call("b-fill", &[u32::from(b'b')]).expect("it fills its memory");
        run
    }

    fn call(&mut self, name: &str, args: &[u32]) -> wasmtime::Result<()> {
        let func = self.instance.get_func(&mut self.store, name).expect("it is exported");
        let args: Vec<_> = args.iter().map(|arg| wasmtime::component::Val::U32(*arg)).collect();
        func.call(&mut self.store, &args, &mut [])
    }
}

/// Whether a range is in one of the areas that a guest has.
fn is_own(areas: &[Area], owner: &str, address: u64) -> bool {
    let own = |area: &&Area| match area.kind {
        AreaKind::Window => area.owner == owner,
        AreaKind::SharedStack => true,
        _ => false,
    };
    areas.iter().filter(own).any(|area| area.start <= address && address + u64::from(LENGTH) <= area.end)
}

#[test]
fn no_further_than_its_own() {
    let input = component(GUESTS);
    let map = fuse(&input, one_stack).report.map;
    let wrapped = Component::new(engine(), wrapped(&input, one_stack)).expect("what meld writes compiles");
    let windows: Vec<&Area> = map.iter().filter(|area| area.kind == AreaKind::Window).collect();
    assert_eq!(windows.len(), 2, "{map:?}");
    assert!(map.iter().any(|area| area.kind == AreaKind::SharedStack), "{map:?}");
    // Around the edges of all areas.
    let edges = map.iter().flat_map(|area| [area.start, area.end]);
    let addresses: Vec<u64> =
        edges.flat_map(|edge| (0..6).filter_map(move |i| (edge + 4 * i).checked_sub(12))).collect();
    let (mut inside, mut outside) = (0, 0);
    for (guest, window) in [("a", windows[0]), ("b", windows[1])] {
        // Without its own stack in front, the first guest's window begins behind its address 0.
        let base = window.end - (1 << 16);
        for &address in &addresses {
            let pointer = (address.wrapping_sub(base)) as u32;
            let own = is_own(&map, &window.owner, address);
            let mut run = Run::new(&wrapped);
            let read = run.call(&format!("{guest}-log"), &[pointer, LENGTH]);
            assert_eq!(read.is_ok(), own, "{guest} has its host read at {address}: {read:?}, {map:?}");
            let other = if guest == "a" { 'b' } else { 'a' };
            assert!(!run.store.data().iter().any(|text| text.contains(other)), "{guest} shows what is {other}'s");
            let mut run = Run::new(&wrapped);
            let written = run.call(&format!("{guest}-give"), &[pointer]);
            assert_eq!(written.is_ok(), own, "{guest} has its host write at {address}: {written:?}, {map:?}");
            *(if own { &mut inside } else { &mut outside }) += 1;
        }
    }
    assert!(inside > 10 && outside > 20, "{inside} inside, {outside} outside");
}
