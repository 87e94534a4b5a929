//! A runtime module with words of its own, alone in an engine.
//!
//! In: the module, for each storage that its words may be in, and how much the engine gives. Out: a [`Machine`] that is called by the
//! names of exports, and says which class of trap it met.

use meld_core::unstable::ids::{Id, RuntimeInstanceId};
use meld_core::unstable::runtime::{Room, RuntimeInstance, RuntimeKind, module};
use meld_core::unstable::synth::TrapClass;
use wasmtime::{Caller, Engine, Extern, Func, Instance, Memory, MemoryType, Module, Store, StoreLimits};
use wasmtime::{StoreLimitsBuilder, Val};

/// The storage that is a table.
pub(crate) fn in_table() -> Room {
    Room::Table(RuntimeInstanceId::new(0))
}

/// Every storage that grows.
pub(crate) fn rooms() -> [Room; 3] {
    [Room::Memory, in_table(), Room::Gc]
}

pub(crate) struct State {
    trap: Option<TrapClass>,
    limits: StoreLimits,
}

/// What the engine gives at most.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// Pages of a memory.
    pub(crate) pages: usize,
    /// Slots of a table.
    pub(crate) slots: usize,
}

/// Enough for whatever a test does.
pub(crate) const ENOUGH: Limits = Limits { pages: 64, slots: 10_000_000 };

pub(crate) struct Machine {
    pub(crate) store: Store<State>,
    instances: Vec<Instance>,
    /// Which of the instances is called.
    pub(crate) at: usize,
    /// The memory of a guest, where the module imports one: a page.
    pub(crate) guest: Memory,
}

impl Machine {
    /// Instances of runtime modules, and of the one that has their words, where they are in a table.
    pub(crate) fn new(instances: &[RuntimeInstance], limits: Limits) -> Self {
        let engine = Engine::default();
        let limits = StoreLimitsBuilder::new().memory_size(limits.pages << 16).table_elements(limits.slots).build();
        let mut store = Store::new(&engine, State { trap: None, limits });
        store.limiter(|state| &mut state.limits);
        let guest = Memory::new(&mut store, MemoryType::new(1, None)).expect("a page");
        let words = Module::new(&engine, module(RuntimeKind::Words).wasm).expect("a runtime module is valid");
        let words = Instance::new(&mut store, &words, &[]).expect("it imports nothing");
        let mut machine = Self { store, instances: Vec::new(), at: 0, guest };
        for instance in instances {
            machine.add(&Module::new(&engine, instance.module().wasm).expect("a runtime module is valid"), words);
        }
        machine
    }

    fn add(&mut self, module: &Module, words: Instance) {
        let imports: Vec<Extern> = module
            .imports()
            .map(|import| match import.module() {
                "guest" => self.guest.into(),
                "words" => words.get_export(&mut self.store, import.name()).expect("an export of the words"),
                "trap" => {
                    let class = TrapClass::ALL.into_iter().find(|c| c.name() == import.name()).expect("a known class");
                    Func::wrap(&mut self.store, move |mut caller: Caller<'_, State>| -> wasmtime::Result<()> {
                        caller.data_mut().trap = Some(class);
                        Err(wasmtime::Error::msg(class.name()))
                    })
                    .into()
                }
                other => panic!("an import from {other}"),
            })
            .collect();
        self.instances.push(Instance::new(&mut self.store, module, &imports).expect("instantiation"));
    }

    /// Calls an export; the results, or why it trapped.
    pub(crate) fn call(&mut self, name: &str, args: &[u32]) -> Result<Vec<u32>, TrapClass> {
        let func = self.instances[self.at].get_func(&mut self.store, name).expect("the export");
        let args: Vec<Val> = args.iter().map(|&a| Val::I32(a.cast_signed())).collect();
        let mut results = vec![Val::I32(0); func.ty(&self.store).results().len()];
        self.store.data_mut().trap = None;
        match func.call(&mut self.store, &args, &mut results) {
            Ok(()) => Ok(results.iter().map(|r| r.unwrap_i32().cast_unsigned()).collect()),
            Err(error) => Err(self.store.data().trap.unwrap_or_else(|| panic!("{name} {args:?}: {error:?}"))),
        }
    }

    /// Calls an export that returns one number and does not trap.
    pub(crate) fn get(&mut self, name: &str, args: &[u32]) -> u32 {
        self.call(name, args).expect("no trap")[0]
    }
}
