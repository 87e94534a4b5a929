//! The contract of an arena, on the paths that a guest has: its own arena, and the embedder's.
//!
//! In: the sensor of `station-arena` and of `station-extern`, as core modules. Out: for a table of requests through the
//! guest's `cabi_realloc`, what comes back, what is kept, and what the embedder is asked. `CanonicalABI.md`, "Canonical
//! Options": `(old_ptr, old_len, align, new_len) -> ptr`. The embedder here is this test, and gives out addresses from
//! 32 KiB on.

use std::path::Path;
use wasmparser::{Encoding, Parser, Payload};
use wasmtime::{Caller, Engine, Func, Instance, Linker, Memory, Module, Store, TypedFunc};

type Request = (u32, u32, u32, u32);

/// What the embedder was asked, and where it gives memory next.
#[derive(Default)]
struct Embedder {
    asked: Vec<Request>,
    next: u32,
}

struct Guest {
    store: Store<Embedder>,
    memory: Memory,
    realloc: TypedFunc<Request, u32>,
}

/// The first core module in a fixture: the sensor's.
fn module(path: &str) -> Vec<u8> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let bytes = std::fs::read(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    for payload in Parser::new(0).parse_all(&bytes) {
        if let Payload::ModuleSection { unchecked_range, .. } = payload.unwrap() {
            let module = &bytes[unchecked_range.start as usize..unchecked_range.end as usize];
            assert!(matches!(
                Parser::new(0).parse_all(module).next(),
                Some(Ok(Payload::Version { encoding: Encoding::Module, .. }))
            ));
            return module.to_vec();
        }
    }
    panic!("{path} has no core module")
}

impl Guest {
    fn new(path: &str) -> Guest {
        let engine = Engine::default();
        let module = Module::new(&engine, module(path)).unwrap();
        let mut store = Store::new(&engine, Embedder { asked: Vec::new(), next: 0x8000 });
        let mut linker = Linker::new(&engine);
        let arena = Func::wrap(&mut store, |mut caller: Caller<'_, Embedder>, a: u32, b: u32, c: u32, d: u32| {
            embedder(&mut caller, (a, b, c, d))
        });
        linker.define(&store, "$root", "cabi-arena-realloc", arena).unwrap();
        linker.define_unknown_imports_as_traps(&module).unwrap();
        let instance: Instance = linker.instantiate(&mut store, &module).unwrap();
        let memory = instance.get_memory(&mut store, "memory").unwrap();
        let realloc = instance.get_typed_func(&mut store, "cabi_realloc").unwrap();
        Guest { store, memory, realloc }
    }

    fn call(&mut self, request: Request) -> wasmtime::Result<u32> {
        self.store.data_mut().asked.clear();
        self.realloc.call(&mut self.store, request)
    }

    fn bytes(&mut self, at: u32, len: u32) -> &mut [u8] {
        &mut self.memory.data_mut(&mut self.store)[at as usize..][..len as usize]
    }
}

/// An arena that never takes anything back. 0 is what one says that has no room and does not trap.
fn embedder(caller: &mut Caller<'_, Embedder>, (old, old_len, align, new_len): Request) -> u32 {
    let arena = caller.data_mut();
    arena.asked.push((old, old_len, align, new_len));
    if old_len == 0 && new_len == 0 {
        return align;
    }
    let at = arena.next.next_multiple_of(align);
    if new_len > 0x10000 - at {
        return 0;
    }
    arena.next = at + new_len;
    let memory = caller.get_export("memory").and_then(|memory| memory.into_memory()).unwrap();
    let kept = old as usize..(old + old_len.min(new_len)) as usize;
    memory.data_mut(&mut *caller).copy_within(kept, at as usize);
    at
}

/// Contents of a block.
fn pattern() -> impl Iterator<Item = u8> {
    (1..=251).cycle()
}

const OWN: &str = "tests/wit_bindgen/fixtures/station-arena.wasm";
const EMBEDDERS: &str = "examples/mcu/sensor.wasm";

/// Old length, alignment, new length of requests that are answered.
const FITTING: [(u32, u32, u32); 12] = [
    (0, 1, 1),
    (0, 8, 24),
    (0, 16, 1000),
    (0, 64, 64),
    (0, 4, 4096),
    (24, 8, 48),
    (48, 8, 24),
    (100, 1, 100),
    (16, 16, 4000),
    (4000, 16, 16),
    (1, 1, 2),
    (7, 4, 1023),
];

#[test]
fn requests_are_answered_alike() {
    for path in [OWN, EMBEDDERS] {
        for (old_len, align, new_len) in FITTING {
            let mut guest = Guest::new(path);
            let mut old = 0;
            if old_len > 0 {
                old = guest.call((0, 0, align, old_len)).unwrap();
                guest.bytes(old, old_len).iter_mut().zip(pattern()).for_each(|(byte, n)| *byte = n);
            }
            // A neighbour, which is not to be touched.
            let beside = guest.call((0, 0, 1, 100)).unwrap();
            guest.bytes(beside, 100).fill(0xee);

            let new = guest.call((old, old_len, align, new_len)).unwrap();
            assert_eq!(new % align, 0, "{path}: {old_len} to {new_len}");
            let kept = old_len.min(new_len);
            assert!(
                guest.bytes(new, kept).iter().copied().eq(pattern().take(kept as usize)),
                "{path}: {old_len} to {new_len}"
            );
            guest.bytes(new, new_len).fill(0x55);
            assert!(guest.bytes(beside, 100).iter().all(|byte| *byte == 0xee), "{path}: {old_len} to {new_len}");

            if path == EMBEDDERS {
                guest.call((new, new_len, align, new_len + 1)).unwrap();
                assert_eq!(guest.store.data().asked, [(new, new_len, align, new_len + 1)]);
            }
        }
    }
}

#[test]
fn nothing_is_at_its_alignment() {
    for path in [OWN, EMBEDDERS] {
        let mut guest = Guest::new(path);
        for align in [1, 2, 4, 8, 16, 64] {
            assert_eq!(guest.call((0, 0, align, 0)).unwrap(), align, "{path}");
        }
    }
}

#[test]
fn exhaustion_traps() {
    for path in [OWN, EMBEDDERS] {
        for request in [(0, 0, 1, 40_000), (0, 0, 8, 0x7fff_fff0)] {
            let trap = Guest::new(path).call(request).expect_err(path);
            let code = *trap.downcast_ref::<wasmtime::Trap>().unwrap_or_else(|| panic!("{path}: {trap:?}"));
            assert_eq!(code, wasmtime::Trap::UnreachableCodeReached, "{path}: {request:?}");
        }
        // By a block that grows: what it held is not lost before the trap, and nothing grew the memory.
        let mut guest = Guest::new(path);
        let pages = guest.memory.size(&guest.store);
        let block = guest.call((0, 0, 8, 1000)).unwrap();
        guest.bytes(block, 1000).fill(0x77);
        assert!(guest.call((block, 1000, 8, 50_000)).is_err(), "{path}");
        assert!(guest.bytes(block, 1000).iter().all(|byte| *byte == 0x77), "{path}");
        assert_eq!(guest.memory.size(&guest.store), pages, "{path}");
    }
}
