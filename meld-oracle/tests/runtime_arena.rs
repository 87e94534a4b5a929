//! The arena's allocator against a model: the same requests give the same addresses, contents survive, what is
//! given back is found again, and what is wrong traps.

use meld_core::unstable::ids::{DomainId, Id};
use meld_core::unstable::runtime::{RuntimeKind, module};
use meld_core::unstable::synth::TrapClass;
use meld_oracle::generate::Random;
use std::collections::BTreeMap;
use wasmtime::{Engine, Extern, Func, Global, GlobalType, Instance, Module, Mutability, Store, Val, ValType};

/// An arena of at most a page, bound as the merger does it.
struct Machine {
    store: Store<Option<TrapClass>>,
    instance: Instance,
}

impl Machine {
    fn new(bytes: u32) -> Self {
        let engine = Engine::default();
        let module =
            Module::new(&engine, module(RuntimeKind::Arena(DomainId::new(0))).wasm).expect("a runtime module is valid");
        let mut store = Store::new(&engine, None);
        let imports: Vec<Extern> = module
            .imports()
            .map(|import| match import.module() {
                "region" => {
                    let ty = GlobalType::new(ValType::I32, Mutability::Const);
                    Global::new(&mut store, ty, Val::I32(bytes.cast_signed())).expect("a global").into()
                }
                "trap" => {
                    let class = TrapClass::ALL.into_iter().find(|c| c.name() == import.name()).expect("a known class");
                    Func::wrap(&mut store, move |mut caller: wasmtime::Caller<'_, Option<TrapClass>>| {
                        *caller.data_mut() = Some(class);
                        Err::<(), _>(wasmtime::Error::msg(class.name()))
                    })
                    .into()
                }
                other => panic!("an import from {other}"),
            })
            .collect();
        let instance = Instance::new(&mut store, &module, &imports).expect("instantiation");
        Self { store, instance }
    }

    fn realloc(&mut self, old: u32, old_bytes: u32, align: u32, new_bytes: u32, bias: u32) -> Result<u32, TrapClass> {
        let func = self.instance.get_func(&mut self.store, "realloc").expect("the export");
        let args = [old, old_bytes, align, new_bytes, bias].map(|arg| Val::I32(arg.cast_signed()));
        let mut result = [Val::I32(0)];
        match func.call(&mut self.store, &args, &mut result) {
            Ok(()) => Ok(result[0].unwrap_i32().cast_unsigned()),
            Err(error) => Err(self.store.data_mut().take().unwrap_or_else(|| panic!("{error:?}"))),
        }
    }
}

/// First fit, in the same arithmetic and none of the same code.
struct Model {
    /// Free ranges by their beginning: where they end. No two touch.
    free: BTreeMap<u32, u32>,
}

impl Model {
    fn new(bytes: u32) -> Self {
        Self { free: BTreeMap::from([(0, bytes)]) }
    }

    fn allocate(&mut self, bytes: u32, align: u32, bias: u32) -> Option<u32> {
        let (align, bias) = (u64::from(align.max(8)), u64::from(bias));
        let place = |(&from, &to): (&u32, &u32)| {
            let at = ((u64::from(from) + bias).next_multiple_of(align) - bias) as u32;
            (u64::from(at) + u64::from(bytes) <= u64::from(to)).then_some((from, to, at))
        };
        let (from, to, at) = self.free.iter().find_map(place)?;
        self.free.remove(&from);
        if from < at {
            self.free.insert(from, at);
        }
        if at + bytes < to {
            self.free.insert(at + bytes, to);
        }
        Some(at)
    }

    fn release(&mut self, mut from: u32, mut to: u32) {
        if let Some((&before, &end)) = self.free.range(..from).next_back()
            && end == from
        {
            from = before;
        }
        if let Some(end) = self.free.remove(&to) {
            to = end;
        }
        self.free.insert(from, to);
    }

    fn resize(&mut self, old: u32, old_bytes: u32, align: u32, bytes: u32, bias: u32) -> Option<u32> {
        let end = old + old_bytes;
        if old.wrapping_add(bias).is_multiple_of(align) {
            if bytes <= old_bytes {
                if bytes < old_bytes {
                    self.release(old + bytes, end);
                }
                return Some(old);
            }
            if let Some(&free) = self.free.get(&end)
                && free - old >= bytes
            {
                self.free.remove(&end);
                if old + bytes < free {
                    self.free.insert(old + bytes, free);
                }
                return Some(old);
            }
        }
        let new = self.allocate(bytes, align, bias)?;
        self.release(old, end);
        Some(new)
    }
}

/// A block that is in use, full of one byte.
#[derive(Clone, Copy)]
struct Block {
    at: u32,
    bytes: u32,
    contents: u8,
}

fn rounded(bytes: u32) -> u32 {
    bytes.next_multiple_of(8)
}

impl Machine {
    fn memory(&mut self) -> &mut [u8] {
        let memory = self.instance.get_memory(&mut self.store, "memory").expect("the arena");
        memory.data_mut(&mut self.store)
    }

    /// Fills the block whose first `kept` bytes must be full of its contents already, with others.
    #[track_caller]
    fn refill(&mut self, block: &mut Block, kept: u32) {
        let memory = &mut self.memory()[block.at as usize..][..block.bytes as usize];
        assert!(memory[..kept as usize].iter().all(|byte| *byte == block.contents), "contents at {}", block.at);
        block.contents = block.contents.wrapping_add(1);
        memory.fill(block.contents);
    }
}

/// Random requests until one is refused, as the model refuses it; then everything is given back.
fn run(seed: u64, bytes: u32, bias: u32) -> usize {
    let mut machine = Machine::new(bytes);
    let (mut model, mut numbers) = (Model::new(bytes), Random::new(seed));
    let mut blocks: Vec<Block> = Vec::new();
    for request in 0.. {
        let largest = if numbers.one_in(8) { bytes / 2 } else { 120 };
        let (align, wanted) = (1 << numbers.below(8), 1 + numbers.below(largest as usize) as u32);
        let chosen = (!blocks.is_empty()).then(|| numbers.below(blocks.len()));
        let (old, expected) = match (numbers.below(8), chosen) {
            (0..=2, _) => (None, model.allocate(rounded(wanted), align, bias)),
            (_, None) => continue,
            (3..=4, Some(chosen)) => {
                let mut block = blocks.swap_remove(chosen);
                let all = block.bytes;
                machine.refill(&mut block, all);
                model.release(block.at, block.at + rounded(block.bytes));
                assert_eq!(machine.realloc(block.at, block.bytes, align, 0, bias), Ok(align), "seed {seed}");
                continue;
            }
            (_, Some(chosen)) => {
                let Block { at, bytes, .. } = blocks[chosen];
                (Some(chosen), model.resize(at, rounded(bytes), align, rounded(wanted), bias))
            }
        };
        let Block { at, bytes: had, contents } = old.map_or(Block { at: 5, bytes: 0, contents: 0 }, |old| blocks[old]);
        let found = machine.realloc(at, had, align, wanted, bias);
        let Some(at) = expected else {
            assert_eq!(found, Err(TrapClass::ArenaFull), "seed {seed}, request {request}");
            for Block { at, bytes, .. } in blocks {
                assert_eq!(machine.realloc(at, bytes, 1, 0, bias), Ok(1), "seed {seed}");
            }
            // Nothing is lost, and nothing is left in pieces.
            assert_eq!(machine.realloc(0, 0, 8, bytes, 0), Ok(0), "seed {seed}");
            return request;
        };
        assert_eq!(found, Ok(at), "seed {seed}, request {request}");
        assert!(at.wrapping_add(bias).is_multiple_of(align), "seed {seed}: {at} is aligned to {align}");
        let mut block = Block { at, bytes: wanted, contents };
        machine.refill(&mut block, had.min(wanted));
        match old {
            Some(old) => blocks[old] = block,
            None => blocks.push(block),
        }
    }
    unreachable!("an arena is full at some time")
}

#[test]
fn the_model_and_the_module_agree() {
    let mut requests = 0;
    for seed in 1..200 {
        let bytes = [4096, 65536, 1024, 64][seed as usize % 4];
        requests += run(seed, bytes, [0, 16, 0x1_0010, 0x7fff_fff0][seed as usize / 4 % 4]);
    }
    println!("{requests} requests");
    assert!(requests > 1000, "{requests}");
}

#[test]
fn what_is_wrong_traps() {
    let mut machine = Machine::new(4096);
    let block = machine.realloc(0, 0, 8, 100, 0).expect("there is room");
    let other = machine.realloc(0, 0, 8, 100, 0).expect("there is room");
    // Not the beginning of anything, too long, beyond the arena, of a length that no arena has.
    for (old, bytes) in [(block + 1, 100), (block, 4096), (4096, 8), (0xffff_fff8, 8), (block, u32::MAX)] {
        assert_eq!(machine.realloc(old, bytes, 8, 0, 0), Err(TrapClass::PointerOutOfBounds), "{old} {bytes}");
        assert_eq!(machine.realloc(old, bytes, 8, 8, 0), Err(TrapClass::PointerOutOfBounds), "{old} {bytes}");
    }
    for align in [0, 3, 24] {
        assert_eq!(machine.realloc(0, 0, align, 8, 0), Err(TrapClass::ReallocUnaligned), "{align}");
    }
    for bytes in [4097, 1 << 31, u32::MAX] {
        assert_eq!(machine.realloc(0, 0, 1, bytes, 0), Err(TrapClass::ArenaFull), "{bytes}");
        assert_eq!(machine.realloc(block, 100, 1, bytes, 0), Err(TrapClass::ArenaFull), "{bytes}");
    }
    assert_eq!(machine.realloc(0, 0, 1 << 31, 8, 16), Err(TrapClass::ArenaFull), "no such address");
    // Twice.
    assert_eq!(machine.realloc(block, 100, 8, 0, 0), Ok(8));
    assert_eq!(machine.realloc(block, 100, 8, 0, 0), Err(TrapClass::PointerOutOfBounds));
    assert_eq!(machine.realloc(other, 100, 8, 0, 0), Ok(8));
    assert_eq!(machine.realloc(7, 0, 64, 0, 0), Ok(64));
}
