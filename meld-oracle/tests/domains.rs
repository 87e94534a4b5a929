//! `--domain`: a component writes into no memory but that of its domain, whatever it does.
//!
//! In: a composition whose `attacker` stores through every pointer that it can make: all over the address range, at the largest static offset,
//! through pointers that it was given by a component of another domain, and by calls with pointers that are wrong. Out: all other memories of the
//! fused module, that of handle tables among them, are the same byte for byte. The same attack within one domain does write into others, so the test can fail.

use meld_core::Options;
use meld_core::options::{Domain, Protection};
use meld_oracle::differential::{Fusion, shared};
use std::collections::BTreeMap;
use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{ExportKind, ExportSection, Module};
use wasmparser::ExportSectionReader;
use wasmtime::{Config, Engine, Instance, Memory, Store, TypedFunc, WasmParams, WasmResults};

const COMPOSITION: &str = r#"
    (component
      (component $Victim
        (core module $m
          (memory (export "memory") 2)
          (data (i32.const 16) "a secret of the victim")
          (global $next (mut i32) (i32.const 1024))
          (func (export "realloc") (param i32 i32 i32 i32) (result i32)
            (global.get $next)
            (global.set $next (i32.add (global.get $next) (local.get 3))))
          (func (export "where") (result i32) (i32.const 16))
          (func (export "name") (result i32)
            (i32.store (i32.const 64) (i32.const 16))
            (i32.store (i32.const 68) (i32.const 22))
            (i32.const 64))
          (func (export "see") (param i32 i32) (result i32) (local.get 0))
          (func (export "rep") (param i32) (result i32) (local.get 0)))
        (core instance $m (instantiate $m))
        (type $thing' (resource (rep i32)))
        (export $thing "thing" (type $thing'))
        (core func $new (canon resource.new $thing'))
        (core module $maker
          (import "" "new" (func $new (param i32) (result i32)))
          (func (export "make") (result i32) (call $new (i32.const 7))))
        (core instance $maker (instantiate $maker (with "" (instance (export "new" (func $new))))))
        (func (export "make") (result (own $thing)) (canon lift (core func $maker "make")))
        (func (export "where") (result u32) (canon lift (core func $m "where")))
        (func (export "name") (result string) (canon lift (core func $m "name") (memory (core memory $m "memory"))))
        (func (export "see") (param "bytes" (list u8)) (result u32)
          (canon lift (core func $m "see") (memory (core memory $m "memory")) (realloc (core func $m "realloc")))))
      (component $Attacker
        (import "thing" (type $thing (sub resource)))
        (import "make" (func $make (result (own $thing))))
        (import "where" (func $where (result u32)))
        (import "name" (func $name (result string)))
        (import "see" (func $see (param "bytes" (list u8)) (result u32)))
        (core module $libc
          (memory (export "memory") 1)
          (global $next (mut i32) (i32.const 1024))
          (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 2048)))
        (core instance $libc (instantiate $libc))
        (core func $make' (canon lower (func $make)))
        (core func $drop' (canon resource.drop $thing))
        (core func $where' (canon lower (func $where)))
        (core func $name' (canon lower (func $name) (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
        (core func $see' (canon lower (func $see) (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
        (core module $m
          (import "libc" "memory" (memory 1))
          (import "" "make" (func $make (result i32)))
          (import "" "drop" (func $drop (param i32)))
          (import "" "where" (func $where (result i32)))
          (import "" "name" (func $name (param i32)))
          (import "" "see" (func $see (param i32 i32) (result i32)))
          (func (export "make") (result i32) (call $make))
          (func (export "drop") (param i32) (call $drop (local.get 0)))
          (func (export "where") (result i32) (call $where))
          (func (export "name") (param i32) (call $name (local.get 0)))
          (func (export "see") (param i32 i32) (result i32) (call $see (local.get 0) (local.get 1)))
          (func (export "store") (param i32 i32) (i32.store8 (local.get 0) (local.get 1)))
          (func (export "store-long") (param i32 i32) (i64.store (local.get 0) (i64.extend_i32_u (local.get 1))))
          (func (export "store-far") (param i32 i32) (i32.store8 offset=0xfffffff0 (local.get 0) (local.get 1)))
          (func (export "store-near") (param i32 i32) (i32.store8 offset=65536 (local.get 0) (local.get 1)))
          (func (export "fill") (param i32 i32 i32) (memory.fill (local.get 0) (local.get 1) (local.get 2)))
          (func (export "copy") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
          ;; Every byte up to an address.
          (func (export "sweep") (param $end i32) (param $value i32) (local $at i32)
            (loop $next
              (i32.store8 (local.get $at) (local.get $value))
              (local.set $at (i32.add (local.get $at) (i32.const 1)))
              (br_if $next (i32.lt_u (local.get $at) (local.get $end))))))
        (core instance $m (instantiate $m
          (with "libc" (instance $libc))
          (with "" (instance (export "make" (func $make')) (export "drop" (func $drop')) (export "where" (func $where'))
            (export "name" (func $name')) (export "see" (func $see'))))))
        (func (export "take") (result u32) (canon lift (core func $m "make")))
        (func (export "drop") (param "index" u32) (canon lift (core func $m "drop")))
        (func (export "where") (result u32) (canon lift (core func $m "where")))
        (func (export "name") (param "to" u32) (canon lift (core func $m "name")))
        (func (export "see") (param "from" u32) (param "bytes" u32) (result u32) (canon lift (core func $m "see")))
        (func (export "store") (param "to" u32) (param "byte" u32) (canon lift (core func $m "store")))
        (func (export "store-long") (param "to" u32) (param "byte" u32) (canon lift (core func $m "store-long")))
        (func (export "store-far") (param "to" u32) (param "byte" u32) (canon lift (core func $m "store-far")))
        (func (export "store-near") (param "to" u32) (param "byte" u32) (canon lift (core func $m "store-near")))
        (func (export "fill") (param "to" u32) (param "byte" u32) (param "bytes" u32) (canon lift (core func $m "fill")))
        (func (export "copy") (param "to" u32) (param "from" u32) (param "bytes" u32) (canon lift (core func $m "copy")))
        (func (export "sweep") (param "end" u32) (param "byte" u32) (canon lift (core func $m "sweep"))))
      (component $Bystander
        (core module $m
          (memory (export "memory") 1)
          (data (i32.const 32) "a bystander")
          (func (export "peek") (param i32) (result i32) (i32.load8_u (local.get 0))))
        (core instance $m (instantiate $m))
        (func (export "peek") (param "at" u32) (result u32) (canon lift (core func $m "peek"))))
      (instance $bystander (instantiate $Bystander))
      (instance $victim (instantiate $Victim))
      (instance $attacker (instantiate $Attacker
        (with "thing" (type $victim "thing")) (with "make" (func $victim "make")) (with "where" (func $victim "where"))
        (with "name" (func $victim "name")) (with "see" (func $victim "see"))))
      (export "attacker" (instance $attacker))
      (export "bystander" (instance $bystander)))"#;

/// A fused module, all of whose memories can be read.
struct Attacked {
    store: Store<()>,
    instance: Instance,
    memories: Vec<Memory>,
    /// The index of the memory in which the window of each core instance is.
    homes: BTreeMap<String, usize>,
}

/// Exports every memory besides what is exported.
struct WithMemories(u32);

impl Reencode for WithMemories {
    type Error = std::convert::Infallible;

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: ExportSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        wasm_encoder::reencode::utils::parse_export_section(self, exports, section)?;
        for memory in 0..self.0 {
            exports.export(&format!("memory of the test {memory}"), ExportKind::Memory, memory);
        }
        Ok(())
    }
}

impl Attacked {
    fn new(options: &Options) -> Self {
        let bytes = wat::parse_str(COMPOSITION).expect("valid text");
        let input = meld_core::Input::new("input", bytes);
        let fused = meld_core::fuse(&[input], options).unwrap_or_else(|e| panic!("{:#}", anyhow::Error::new(e)));
        let homes: BTreeMap<String, usize> = fused
            .report
            .memories
            .iter()
            .map(|memory| (memory.instance.clone(), memory.output.expect("it is live") as usize))
            .collect();
        let count = fused.report.map.iter().filter_map(|area| area.memory).max().map_or(1, |last| last + 1);
        let mut module = Module::new();
        let parser = wasmparser::Parser::new(0);
        WithMemories(count).parse_core_module(&mut module, parser, &fused.core).expect("a valid module");
        let engine =
            Engine::new(Config::new().wasm_backtrace_max_frames(None).wasm_custom_page_sizes(true)).expect("an engine");
        let module = wasmtime::Module::new(&engine, module.finish()).expect("a valid module");
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).expect("it imports nothing");
        let memory = |index| instance.get_memory(&mut store, &format!("memory of the test {index}"));
        let memories = (0..count).map(memory).collect::<Option<Vec<_>>>().expect("they are exported");
        Attacked { store, instance, memories, homes }
    }

    fn func<P: WasmParams, R: WasmResults>(&mut self, name: &str) -> TypedFunc<P, R> {
        let name = format!("attacker#{name}");
        self.instance.get_typed_func(&mut self.store, &name).unwrap_or_else(|why| panic!("{name}: {why}"))
    }

    /// The contents of the memories in which none of the attacker's is.
    fn others(&self) -> BTreeMap<usize, Vec<u8>> {
        let own = self.homes["attacker/libc"];
        let contents = |memory: &Memory| memory.data(&self.store).to_vec();
        self.memories.iter().map(contents).enumerate().filter(|(index, _)| *index != own).collect()
    }

    /// The contents of the first page of the window of a core instance, which begins at `base`.
    fn window(&self, instance: &str, base: usize) -> Vec<u8> {
        self.memories[self.homes[instance]].data(&self.store)[base..base + 65536].to_vec()
    }

    /// Stores through every pointer that the attacker can make. Traps are all right.
    fn attack(&mut self) {
        let given: u32 = self.func::<(), u32>("where").call(&mut self.store, ()).expect("it returns");
        let end = self.memories[self.homes["attacker/libc"]].data_size(&self.store) as u32;
        for value in [0xff_u32, 0] {
            // All bytes up to the end of the memory, and on from there.
            let sweep = self.func::<(u32, u32), ()>("sweep");
            let _ = sweep.call(&mut self.store, (end, value));
            let _ = sweep.call(&mut self.store, (u32::MAX, value));
            let fill = self.func::<(u32, u32, u32), ()>("fill");
            let copy = self.func::<(u32, u32, u32), ()>("copy");
            let stores =
                ["store", "store-long", "store-far", "store-near"].map(|name| self.func::<(u32, u32), ()>(name));
            let name = self.func::<u32, ()>("name");
            let see = self.func::<(u32, u32), u32>("see");
            let step = (0..=u32::MAX).step_by(8_372_223);
            let near = (0..3 * 65536).step_by(4093).chain((65536 * 40..65536 * 70).step_by(65537));
            let pointers =
                step.chain(near).chain([given, given.wrapping_sub(65536), given + 65536, u32::MAX, end, end - 1]);
            for pointer in pointers {
                for store in &stores {
                    let _ = store.call(&mut self.store, (pointer, value));
                }
                for length in [1, 4096, 65536, u32::MAX - pointer, u32::MAX] {
                    let _ = fill.call(&mut self.store, (pointer, value, length));
                    let _ = copy.call(&mut self.store, (pointer, 0, length));
                    let _ = copy.call(&mut self.store, (0, pointer, length));
                }
                // The result goes where the attacker says, and what it passes is read from where it says.
                let _ = name.call(&mut self.store, pointer & !3);
                let _ = name.call(&mut self.store, pointer);
                if pointer >= 65536 {
                    let _ = see.call(&mut self.store, (pointer, 64));
                }
            }
        }
    }
}

/// `attacker` and `victim` in domains of their own, and `bystander` in none.
fn apart(mut options: Options) -> Options {
    options.shared().domains.push(Domain::new("trusted", ["victim"]));
    options.shared().domains.push(Domain::new("other", ["attacker"]));
    options
}

/// What an attack changes in other memories.
fn changed(before: &BTreeMap<usize, Vec<u8>>, after: &BTreeMap<usize, Vec<u8>>) -> Vec<usize> {
    before.iter().filter(|(index, contents)| after[index] != **contents).map(|(index, _)| *index).collect()
}

#[test]
fn no_store_leaves_its_domain() {
    for options in [shared(0), with_byte_pages(), isolated()] {
        let mut attacked = Attacked::new(&apart(options));
        // Those of the three domains, and the private one with the tables of handles.
        assert_eq!(attacked.memories.len(), 4);
        assert!(attacked.homes["victim/m"] != attacked.homes["attacker/libc"]);
        let handle = attacked.func::<(), u32>("take").call(&mut attacked.store, ()).expect("a handle");
        let _ = attacked.func::<(), u32>("take").call(&mut attacked.store, ()).expect("a second handle");
        // What `name` writes in the memory of the victim is there before.
        attacked.func::<u32, ()>("name").call(&mut attacked.store, 128).expect("a name");
        let before = attacked.others();
        let secret = b"a secret of the victim";
        assert_eq!(&attacked.window("victim/m", 0)[16..16 + secret.len()], secret);
        attacked.attack();
        assert_eq!(changed(&before, &attacked.others()), [] as [usize; 0], "an attack has changed these memories");
        // The handles are there still.
        attacked.func::<u32, ()>("drop").call(&mut attacked.store, handle).expect("the handle is good");
    }
}

#[test]
fn a_store_within_a_domain_reaches_others() {
    let mut options = shared(0);
    options.shared().domains.push(Domain::new("all", ["bystander", "attacker", "victim"]));
    let mut attacked = Attacked::new(&options);
    // Their windows come in this order, because that of the victim is the largest; a store reaches what is above its own window.
    assert_eq!(attacked.homes["victim/m"], attacked.homes["attacker/libc"]);
    let before = (attacked.others(), attacked.window("victim/m", 2 * 65536));
    assert_eq!(&before.1[16..24], b"a secret");
    attacked.attack();
    assert_ne!(before.1, attacked.window("victim/m", 2 * 65536), "an attack must reach the victim");
    // But no tables of handles.
    assert_eq!(before.0.len(), 1);
    assert_eq!(changed(&before.0, &attacked.others()), [] as [usize; 0]);
}

#[test]
fn calls_between_domains_do_the_same() {
    let bytes = wat::parse_str(COMPOSITION).expect("valid text");
    // With checks, because random calls store anywhere.
    let fusion = Fusion::with(&bytes, &apart(isolated())).expect("it fuses");
    fusion.compare(1, 3).expect("the forms agree");
}

fn isolated() -> Options {
    let mut options = shared(0);
    options.shared().protection = Protection::Isolated;
    options
}

fn with_byte_pages() -> Options {
    let mut options = shared(0);
    options.shared().byte_pages = true;
    options
}
