//! Nothing is left of handles that are gone: after millions of rounds in which handles are made, lent, passed and
//! dropped, every memory, table and array of the fused module is as large as after ten and every global says the same,
//! but for the count of destructors, which says that each ran once.
//!
//! Tables and stacks of the runtime are memories, tables and globals of the fused module that the host cannot see; here
//! all of them are exported. With handle tables in each storage.

use meld_core::options::HandleStorage;
use meld_oracle::engine::{engine, limit};
use std::collections::BTreeMap;
use wasmparser::{Parser, Payload};
use wasmtime::{Caller, Instance, Linker, Module, Store, Val};

/// Rounds that are few.
const FEW: u32 = 10;

const STORAGES: [HandleStorage; 3] = [HandleStorage::Memory, HandleStorage::Table, HandleStorage::Gc];

fn fused(text: &str, storage: HandleStorage) -> Vec<u8> {
    let mut fuser = meld_core::Fuser::new();
    fuser.input("composition", text.as_bytes()).handle_storage(storage);
    fuser.fuse().expect("it can be fused").core
}

/// `module` with every memory, table and global that it defines exported as `memory <n>`, `table <n>` and `global <n>`.
fn opened(module: &[u8]) -> Vec<u8> {
    let (mut memories, mut tables, mut globals) = (0, 0, 0);
    for payload in Parser::new(0).parse_all(module) {
        match payload.expect("a valid module") {
            Payload::MemorySection(section) => memories = section.count(),
            Payload::TableSection(section) => tables = section.count(),
            Payload::GlobalSection(section) => globals = section.count(),
            _ => {}
        }
    }
    assert!(globals > 0, "handle tables have globals");
    let mut text = wasmprinter::print_bytes(module).expect("a valid module");
    text.truncate(text.rfind(')').expect("a module in parentheses"));
    for i in 0..memories {
        text += &format!("(export \"memory {i}\" (memory {i}))");
    }
    for i in 0..tables {
        text += &format!("(export \"table {i}\" (table {i}))");
    }
    for i in 0..globals {
        text += &format!("(export \"global {i}\" (global {i}))");
    }
    wat::parse_str(text + ")").expect("more exports do not make it invalid")
}

/// The size of every memory, table and array, and the value of every other global.
fn state<T>(store: &mut Store<T>, instance: Instance) -> BTreeMap<String, u64> {
    let mut state = BTreeMap::new();
    let exports: Vec<_> = instance.exports(&mut *store).map(|e| (e.name().to_owned(), e.into_extern())).collect();
    for (name, item) in exports {
        if !name.contains(' ') {
            continue;
        }
        if let Some(memory) = item.clone().into_memory() {
            state.insert(name, memory.size(&*store));
        } else if let Some(table) = item.clone().into_table() {
            state.insert(name, table.size(&*store));
        } else if let Some(global) = item.into_global() {
            match global.get(&mut *store) {
                Val::I32(value) => _ = state.insert(name, u64::from(value.cast_unsigned())),
                Val::I64(value) => _ = state.insert(name, value.cast_unsigned()),
                Val::AnyRef(Some(array)) => {
                    let array = array.unwrap_array(&mut *store).expect("an array");
                    state.insert(name, array.len(&*store).expect("it is there").into());
                }
                other => panic!("{name} is {other:?}"),
            }
        }
    }
    state
}

/// What is not the same in both.
fn changes(before: &BTreeMap<String, u64>, after: &BTreeMap<String, u64>) -> Vec<(String, u64, u64)> {
    assert!(before.keys().eq(after.keys()));
    let pairs = before.iter().zip(after.values());
    pairs.filter(|((_, a), b)| a != b).map(|((name, a), b)| (name.clone(), *a, *b)).collect()
}

#[test]
fn inside() {
    STORAGES.into_iter().for_each(rounds_inside);
}

fn rounds_inside(storage: HandleStorage) {
    const MANY: u32 = 1_000_000;
    let module = fused(include_str!("handle_leaks/inside.wat"), storage);
    let module = Module::new(engine(), opened(&module)).expect("a module");
    let mut store = Store::new(engine(), ());
    limit(&mut store);
    let instance = Instance::new(&mut store, &module, &[]).expect("it needs no host");
    let rounds = instance.get_typed_func::<u32, u32>(&mut store, "rounds").expect("an export");
    let drops = instance.get_typed_func::<(), u32>(&mut store, "drops").expect("an export");

    let highest = rounds.call(&mut store, FEW).expect("no trap");
    assert_eq!(highest, 2, "two handles at a time");
    assert_eq!(drops.call(&mut store, ()).expect("no trap"), 2 * FEW);
    let few = state(&mut store, instance);

    assert_eq!(rounds.call(&mut store, MANY).expect("no trap"), highest);
    assert_eq!(drops.call(&mut store, ()).expect("no trap"), 2 * (FEW + MANY));
    let changed = changes(&few, &state(&mut store, instance));
    let counter: [u64; 2] = [(2 * FEW).into(), (2 * (FEW + MANY)).into()];
    assert!(matches!(&changed[..], [(_, a, b)] if [*a, *b] == counter), "only the guest's counter moves: {changed:?}");
}

/// What the host has seen of its handles.
#[derive(Default)]
struct Host {
    live: Vec<bool>,
    free: Vec<u32>,
    seen: u32,
    taken: u32,
    dropped: u32,
}

impl Host {
    fn end(&mut self, handle: u32) {
        assert!(std::mem::replace(&mut self.live[handle as usize], false), "{handle} is not live");
        self.free.push(handle);
    }
}

#[test]
fn of_the_host() {
    STORAGES.into_iter().for_each(rounds_of_the_host);
}

fn rounds_of_the_host(storage: HandleStorage) {
    const MANY: u32 = 250_000;
    let module =
        Module::new(engine(), opened(&fused(include_str!("handle_leaks/host.wat"), storage))).expect("a module");
    let mut linker: Linker<Host> = Linker::new(engine());
    let make = |mut caller: Caller<'_, Host>| {
        let host = caller.data_mut();
        // Numbers that no table inside comes to by itself.
        let handle = host.free.pop().unwrap_or_else(|| {
            let handle = host.live.len().max(1000);
            u32::try_from(handle).expect("few handles")
        });
        host.live.resize(host.live.len().max(handle as usize + 1), false);
        host.live[handle as usize] = true;
        handle
    };
    let see = |mut caller: Caller<'_, Host>, handle: u32| {
        assert!(caller.data().live[handle as usize], "{handle} is not live");
        caller.data_mut().seen += 1;
    };
    let take = |mut caller: Caller<'_, Host>, at: u32, length: u32| {
        let memory = caller.get_export("memory").and_then(wasmtime::Extern::into_memory).expect("the memory of a list");
        for i in 0..length {
            let at = (at + 4 * i) as usize;
            let bytes = memory.data(&caller)[at..at + 4].try_into().expect("four bytes");
            caller.data_mut().end(u32::from_le_bytes(bytes));
            caller.data_mut().taken += 1;
        }
    };
    let drop = |mut caller: Caller<'_, Host>, handle: u32| {
        caller.data_mut().end(handle);
        caller.data_mut().dropped += 1;
    };
    linker.func_wrap("host", "make", make).expect("a name of its own");
    linker.func_wrap("host", "see", see).expect("a name of its own");
    linker.func_wrap("host", "take", take).expect("a name of its own");
    linker.func_wrap("host", "[resource-drop]r", drop).expect("a name of its own");

    let mut store = Store::new(engine(), Host::default());
    limit(&mut store);
    let instance = linker.instantiate(&mut store, &module).expect("the host has what it needs");
    let rounds = instance.get_typed_func::<u32, u32>(&mut store, "rounds").expect("an export");

    let highest = rounds.call(&mut store, FEW).expect("no trap");
    assert_eq!(highest, 4, "four handles at a time");
    let few = state(&mut store, instance);
    let entries = store.data().live.len();
    assert_eq!(rounds.call(&mut store, MANY).expect("no trap"), highest);
    assert_eq!(changes(&few, &state(&mut store, instance)), []);

    let (host, rounds) = (store.data(), FEW + MANY);
    assert_eq!((host.seen, host.taken, host.dropped), (rounds, 2 * rounds, 2 * rounds));
    assert_eq!(host.live.len(), entries, "the host's table has not grown either");
    assert!(host.live.iter().all(|live| !live), "all are gone");
}
