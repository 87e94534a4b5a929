//! What rewrites words of a guest's memory, against a model: random notes, applied and undone, in frames that
//! nest as calls do.

use meld_core::runtime::{RuntimeKind, module};
use meld_core::synth::TrapClass;
use wasmtime::{Caller, Engine, Extern, Func, Instance, Memory, MemoryType, Module, Store, StoreLimits};
use wasmtime::{StoreLimitsBuilder, Val};

struct State {
    trap: Option<TrapClass>,
    limits: StoreLimits,
}

struct Machine {
    store: Store<State>,
    instance: Instance,
    guest: Memory,
}

impl Machine {
    /// A module bound to a guest's memory of one page, whose own memory grows to at most `pages` pages.
    fn new(pages: usize) -> Self {
        let engine = Engine::default();
        let module = Module::new(&engine, module(RuntimeKind::Rewrite).wasm).expect("a runtime module is valid");
        let limits = StoreLimitsBuilder::new().memory_size(pages << 16).build();
        let mut store = Store::new(&engine, State { trap: None, limits });
        store.limiter(|state| &mut state.limits);
        let guest = Memory::new(&mut store, MemoryType::new(1, None)).expect("a page");
        let imports: Vec<Extern> = module
            .imports()
            .map(|import| match import.module() {
                "guest" => guest.into(),
                "trap" => {
                    let class = TrapClass::ALL.into_iter().find(|c| c.name() == import.name()).expect("a known class");
                    Func::wrap(&mut store, move |mut caller: Caller<'_, State>| -> wasmtime::Result<()> {
                        caller.data_mut().trap = Some(class);
                        Err(wasmtime::Error::msg(class.name()))
                    })
                    .into()
                }
                other => panic!("an import from {other}"),
            })
            .collect();
        let instance = Instance::new(&mut store, &module, &imports).expect("instantiation");
        Self { store, instance, guest }
    }

    fn call(&mut self, name: &str, args: &[u32]) -> Result<Option<u32>, TrapClass> {
        let func = self.instance.get_func(&mut self.store, name).expect("the export");
        let args: Vec<Val> = args.iter().map(|&a| Val::I32(a as i32)).collect();
        let mut results = vec![Val::I32(0); func.ty(&self.store).results().len()];
        match func.call(&mut self.store, &args, &mut results) {
            Ok(()) => Ok(results.first().map(|r| r.unwrap_i32() as u32)),
            Err(error) => Err(self.store.data().trap.unwrap_or_else(|| panic!("{name} {args:?}: {error:?}"))),
        }
    }

    fn run(&mut self, name: &str, args: &[u32]) {
        assert_eq!(self.call(name, args), Ok(None), "{name} {args:?}");
    }

    fn mark(&mut self) -> u32 {
        self.call("mark", &[]).expect("no trap").expect("a mark")
    }

    fn bytes(&self) -> &[u8] {
        self.guest.data(&self.store)
    }
}

/// Numbers that look random and are the same every time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 32) as u32) % limit
    }
}

fn word(bytes: &[u8], address: u32) -> [u8; 4] {
    bytes[address as usize..][..4].try_into().expect("four bytes")
}

/// Notes `count` words in a frame of its own, with a frame inside it now and then, and undoes them.
fn frame(machine: &mut Machine, numbers: &mut Numbers, depth: u32) {
    let before = machine.bytes().to_vec();
    let mark = machine.mark();
    let mut expected = before.clone();
    for _ in 0..numbers.below(40) {
        // Few addresses, so that many are noted twice.
        let address = numbers.below(24) * 4;
        let value = numbers.below(u32::MAX);
        machine.run("push", &[address, value]);
        assert_eq!(machine.bytes(), before, "a note changes nothing yet");
        expected[address as usize..][..4].copy_from_slice(&value.to_le_bytes());
    }
    machine.run("apply", &[mark]);
    assert!(machine.bytes() == expected, "every word has its newest value");
    if depth > 0 {
        frame(machine, numbers, depth - 1);
        assert!(machine.bytes() == expected, "what is inside undoes its own only");
    }
    // The place of a result, at any address, which has been written since.
    let (kept, bytes) = (numbers.below(100), numbers.below(20));
    let range = kept as usize..(kept + bytes) as usize;
    let result: Vec<u8> = range.clone().map(|i| i as u8 ^ 0x5a).collect();
    machine.guest.data_mut(&mut machine.store)[range.clone()].copy_from_slice(&result);
    machine.run("restore", &[mark, kept, bytes]);
    let mut after = before.clone();
    after[range.clone()].copy_from_slice(&result);
    assert!(machine.bytes() == after, "all is as before but for what is kept");
    machine.guest.data_mut(&mut machine.store)[range.clone()].copy_from_slice(&before[range]);
    assert_eq!(machine.mark(), mark);
}

#[test]
fn words_come_back() {
    let mut machine = Machine::new(1);
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    for byte in machine.guest.data_mut(&mut machine.store).iter_mut() {
        *byte = numbers.below(256) as u8;
    }
    for _ in 0..300 {
        let depth = numbers.below(4);
        frame(&mut machine, &mut numbers, depth);
    }
}

#[test]
fn the_last_word_of_a_memory() {
    let mut machine = Machine::new(1);
    machine.run("push", &[0xfffc, 7]);
    machine.run("apply", &[0]);
    assert_eq!(word(machine.bytes(), 0xfffc), [7, 0, 0, 0]);
    machine.run("restore", &[0, 0xfffe, 2]);
    assert_eq!(word(machine.bytes(), 0xfffc), [0; 4]);
}

#[test]
fn notes_grow_until_memory_is_refused() {
    const PER_PAGE: u32 = 1 << 13;
    let mut machine = Machine::new(3);
    for note in 0..3 * PER_PAGE {
        machine.run("push", &[(note % PER_PAGE) * 4, note]);
    }
    assert_eq!(machine.call("push", &[0, 0]), Err(TrapClass::NotesFull));
    machine.run("apply", &[0]);
    assert_eq!(word(machine.bytes(), 4), (2 * PER_PAGE + 1).to_le_bytes());
    machine.run("restore", &[0, 0, 0]);
    assert!(machine.bytes().iter().all(|byte| *byte == 0), "every word was 0");
}
