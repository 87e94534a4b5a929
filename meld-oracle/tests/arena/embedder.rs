//! An embedder of a core module: it calls exports with core values, and has an allocator of its own.

use meld_core::Fused;
use std::collections::BTreeMap;
use wasmtime::{AsContext, AsContextMut, Engine, Func, FuncType, Instance, Linker, Module, Store, Val, ValType};

/// The embedder's allocator: what is free, by address, and where that ends. First fit.
struct Blocks {
    instance: Option<Instance>,
    region: Option<(u32, u32)>,
    free: BTreeMap<u32, u32>,
}

pub(crate) struct Embedder {
    store: Store<Blocks>,
    instance: Instance,
    interface: meld_core::core_interface::CoreInterface,
}

impl Embedder {
    /// Starts a module. `region`: where to allocate, if the module does not say.
    pub(crate) fn new(fused: &Fused, region: Option<(u32, u32)>) -> Self {
        let engine = Engine::default();
        let module = Module::new(&engine, &fused.core).expect("the module is valid");
        let mut linker: Linker<Blocks> = Linker::new(&engine);
        let ty = FuncType::new(&engine, [ValType::I32, ValType::I32, ValType::I32, ValType::I32], [ValType::I32]);
        let allocator = |mut caller: wasmtime::Caller<'_, Blocks>, args: &[Val], results: &mut [Val]| {
            let [old, old_len, align, new_len] = [0, 1, 2, 3].map(|i| args[i].unwrap_i32().cast_unsigned());
            // An import that is exported as it is has no caller to ask for exports.
            let instance = caller.data().instance.expect("nothing allocates while the module starts");
            let memory = instance.get_memory(&mut caller, "memory").expect("the memory is exported");
            if caller.data().region.is_none() {
                let mut address = |name| match instance.get_global(&mut caller, name) {
                    Some(global) => global.get(&mut caller).unwrap_i32().cast_unsigned(),
                    None => panic!("no export `{name}`"),
                };
                let region = (address("__meld_arena_base"), address("__meld_arena_end"));
                caller.data_mut().start(region);
            }
            let (new, moved) = caller.data_mut().realloc(old, old_len, align, new_len)?;
            if moved {
                let data = memory.data_mut(&mut caller);
                data.copy_within(old as usize..(old + old_len.min(new_len)) as usize, new as usize);
            }
            results[0] = Val::I32(new.cast_signed());
            Ok(())
        };
        linker.func_new("env", "__cabi_arena_realloc", ty, allocator).expect("one definition");
        let mut blocks = Blocks { instance: None, region: None, free: BTreeMap::new() };
        if let Some(region) = region {
            blocks.start(region);
        }
        let mut store = Store::new(&engine, blocks);
        let instance = linker.instantiate(&mut store, &module).expect("it starts");
        store.data_mut().instance = Some(instance);
        Self { store, instance, interface: fused.interface.clone() }
    }

    fn func(&mut self, name: &str) -> Func {
        self.instance.get_func(&mut self.store, name).unwrap_or_else(|| panic!("no export `{name}`"))
    }

    /// Calls a function of `i32`s. A result is cut to 32 bits.
    pub(crate) fn call(&mut self, name: &str, args: &[u32]) -> Result<Vec<u32>, String> {
        let func = self.func(name);
        let args: Vec<Val> = args.iter().map(|arg| Val::I32(arg.cast_signed())).collect();
        let mut results = vec![Val::I32(0); func.ty(&self.store).results().len()];
        func.call(self.store.as_context_mut(), &args, &mut results).map_err(|e| format!("{e:?}"))?;
        let number = |val: &Val| match val {
            Val::I64(number) => *number as u32,
            val => val.unwrap_i32().cast_unsigned(),
        };
        Ok(results.iter().map(number).collect())
    }

    /// Puts bytes where an exported function wants them.
    pub(crate) fn lower(&mut self, export: &str, bytes: &[u8]) -> u32 {
        let export = self.interface.exports.iter().find(|e| e.field == export).expect("the export");
        let realloc = export.options.realloc.clone().expect("it takes a list");
        let at = self.call(&realloc, &[0, 0, 1, bytes.len() as u32]).expect("there is room")[0];
        let memory = self.instance.get_memory(&mut self.store, "memory").expect("the memory");
        memory.data_mut(&mut self.store)[at as usize..][..bytes.len()].copy_from_slice(bytes);
        at
    }

    /// The list whose pointer and length are at `area`, if it is inside the memory.
    pub(crate) fn range(&mut self, area: u32) -> Option<Vec<u8>> {
        let memory = self.instance.get_memory(&mut self.store, "memory").expect("the memory");
        let data = memory.data(self.store.as_context());
        let word = |at: usize| u32::from_le_bytes(data[at..at + 4].try_into().expect("four bytes")) as usize;
        data.get(word(area as usize)..)?.get(..word(area as usize + 4)).map(<[u8]>::to_vec)
    }

    pub(crate) fn lift(&mut self, area: u32) -> Vec<u8> {
        self.range(area).expect("the list is inside the memory")
    }
}

impl Blocks {
    fn start(&mut self, (base, end): (u32, u32)) {
        self.region = Some((base, end));
        self.free.insert(base, end);
    }

    /// The new block, and whether the old one's contents are to be copied there.
    fn realloc(&mut self, old: u32, old_len: u32, align: u32, new_len: u32) -> wasmtime::Result<(u32, bool)> {
        if new_len == 0 {
            self.release(old, old_len);
            return Ok((align, false));
        }
        // The old contents have to be there until they are copied.
        let new = self.allocate(align, new_len)?;
        self.release(old, old_len);
        Ok((new, old_len > 0))
    }

    fn allocate(&mut self, align: u32, len: u32) -> wasmtime::Result<u32> {
        let place = |(&from, &to): (&u32, &u32)| {
            let at = from.checked_next_multiple_of(align)?;
            (at.checked_add(len)? <= to).then_some((from, to, at))
        };
        let found = self.free.iter().find_map(place);
        let (from, to, at) = found.ok_or_else(|| wasmtime::Error::msg("the arena is full"))?;
        self.free.remove(&from);
        for (from, to) in [(from, at), (at + len, to)] {
            if from < to {
                self.free.insert(from, to);
            }
        }
        Ok(at)
    }

    fn release(&mut self, mut from: u32, len: u32) {
        if len == 0 {
            return;
        }
        let mut to = from + len;
        let (base, end) = self.region.expect("it has begun");
        assert!(base <= from && to <= end, "{from}..{to} is a block");
        if let Some((&before, &end)) = self.free.range(..from).next_back() {
            assert!(end <= from, "{from}..{to} is given back once");
            if end == from {
                from = before;
            }
        }
        if let Some(end) = self.free.remove(&to) {
            to = end;
        }
        self.free.insert(from, to);
    }
}
