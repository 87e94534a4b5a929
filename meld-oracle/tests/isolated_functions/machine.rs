//! Machines that run a module of functions, as it is or fused.
//!
//! In: a core module with an export `run`, and where its memories are. Out: [`Machine`]s: wasmtime, or one that interprets, which
//! knows neither atomics nor exceptions.

use super::generate::PAGES;
use super::interpreter;
use std::sync::LazyLock;
use wasmtime::OptLevel;

/// Compiles.
static COMPILER: LazyLock<wasmtime::Engine> = LazyLock::new(|| {
    let mut config = wasmtime::Config::new();
    config.cranelift_opt_level(OptLevel::None).wasm_backtrace_max_frames(None);
    config.wasm_multi_memory(true).wasm_threads(true).wasm_exceptions(true);
    wasmtime::Engine::new(&config).expect("the configuration is fixed and valid")
});

/// Why a call did not return.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trap {
    OutOfBounds,
    Misaligned,
    /// A wait on a memory that is not shared.
    Wait,
    Unreachable,
    Division,
}

impl From<wasmtime::Trap> for Trap {
    fn from(trap: wasmtime::Trap) -> Self {
        match trap {
            wasmtime::Trap::MemoryOutOfBounds => Trap::OutOfBounds,
            wasmtime::Trap::HeapMisaligned => Trap::Misaligned,
            wasmtime::Trap::AtomicWaitNonSharedMemory => Trap::Wait,
            wasmtime::Trap::UnreachableCodeReached => Trap::Unreachable,
            wasmtime::Trap::IntegerDivisionByZero | wasmtime::Trap::IntegerOverflow => Trap::Division,
            other => panic!("{other}"),
        }
    }
}

/// A module, ready to run.
pub(super) struct Code<'a> {
    module: Module<'a>,
    /// Where the memories of the input begin in the one memory; nothing where each is one.
    bases: Option<Vec<usize>>,
    /// What is in reach besides memories, where each is one: bytes, and where they begin as each memory sees them.
    arena: Option<(usize, Vec<u64>)>,
}

enum Module<'a> {
    Compiled(wasmtime::Module),
    Interpreted(interpreter::Module<'a>),
}

impl<'a> Code<'a> {
    pub(super) fn new(bytes: &'a [u8], bases: Option<Vec<usize>>, compile: bool) -> Code<'a> {
        let module = match compile {
            true => Module::Compiled(wasmtime::Module::new(&COMPILER, bytes).expect("it compiles")),
            false => Module::Interpreted(interpreter::Module::new(bytes)),
        };
        Code { module, bases, arena: None }
    }

    /// The same with an arena, for a module that is interpreted.
    pub(super) fn with_arena(self, bytes: usize, starts: Vec<u64>) -> Self {
        Code { arena: Some((bytes, starts)), ..self }
    }

    pub(super) fn start(&self) -> Machine<'_, 'a> {
        let bases = self.bases.as_deref();
        let instance = match &self.module {
            Module::Compiled(module) => {
                let mut store = wasmtime::Store::new(&COMPILER, ());
                let instance = wasmtime::Instance::new(&mut store, module, &[]).expect("it starts");
                let run = instance.get_typed_func(&mut store, "run").expect("it has a function");
                let memories =
                    module.exports().filter_map(|export| instance.get_memory(&mut store, export.name())).collect();
                Instance::Compiled(store, run, memories)
            }
            Module::Interpreted(module) => Instance::Interpreted(module.start(self.arena.as_ref()), module.exported()),
        };
        let machine = Machine { instance, bases };
        assert_eq!(machine.memories(), if bases.is_some() { 1 } else { PAGES.len() });
        machine
    }
}

/// What a call returned or trapped with, and how many accesses there have been.
pub(super) type Outcome = (Result<i32, Trap>, u32);

type Args = (i32, i32, i32, i32);

/// An instance.
pub(super) struct Machine<'c, 'a> {
    instance: Instance<'c, 'a>,
    bases: Option<&'c [usize]>,
}

enum Instance<'c, 'a> {
    Compiled(wasmtime::Store<()>, wasmtime::TypedFunc<Args, i32>, Vec<wasmtime::Memory>),
    /// The memories that are exported.
    Interpreted(interpreter::Instance<'c, 'a>, &'c [usize]),
}

impl Machine<'_, '_> {
    pub(super) fn call(&mut self, args: [i32; 4]) -> Outcome {
        let result = match &mut self.instance {
            Instance::Compiled(store, run, _) => run.call(store, args.into()).map_err(|error| {
                Trap::from(*error.downcast_ref::<wasmtime::Trap>().unwrap_or_else(|| panic!("{error:?}")))
            }),
            Instance::Interpreted(instance, _) => instance.run(args),
        };
        let count = self.bytes(PAGES.len() - 1, 4).try_into().expect("four bytes");
        (result, u32::from_le_bytes(count))
    }

    fn memories(&self) -> usize {
        match &self.instance {
            Instance::Compiled(_, _, memories) => memories.len(),
            Instance::Interpreted(_, memories) => memories.len(),
        }
    }

    /// All of a memory that this instance has.
    fn data(&self, memory: usize) -> &[u8] {
        match &self.instance {
            Instance::Compiled(store, _, memories) => memories[memory].data(store),
            Instance::Interpreted(instance, memories) => &instance.memories[memories[memory]],
        }
    }

    /// That many bytes of a memory of the input.
    fn bytes(&self, memory: usize, len: usize) -> &[u8] {
        match self.bases {
            None => &self.data(memory)[..len],
            Some(bases) => &self.data(0)[bases[memory]..][..len],
        }
    }

    /// The arena is the same in the other, where it begins at `start`.
    pub(super) fn assert_same_arena(&self, fused: &Machine<'_, '_>, start: usize, what: &str) {
        let Instance::Interpreted(instance, _) = &self.instance else { panic!("what has an arena is interpreted") };
        let (expected, _) = instance.arena.as_ref().expect("it has an arena");
        assert!(fused.data(0)[start..][..expected.len()] == expected[..], "{what}: the arena is another");
    }

    /// Whether the arena has something in it.
    pub(super) fn has_written_arena(&self) -> bool {
        match &self.instance {
            Instance::Interpreted(interpreter::Instance { arena: Some((bytes, _)), .. }, _) => {
                bytes.iter().any(|byte| *byte != 0)
            }
            _ => false,
        }
    }

    /// Memories are the same in the other, fused.
    pub(super) fn assert_same(&self, fused: &Machine<'_, '_>, what: &str) {
        for memory in 0..self.memories() {
            let expected = self.data(memory);
            assert!(expected == fused.bytes(memory, expected.len()), "{what}: memory {memory} is another");
        }
    }
}
