//! Runs the fused counters as a core module in wasmi, which knows neither components nor resources: `counters-core
//! FUSED`.
//!
//! The host has what the component around the module would have: one table of handles, for journals, which are the
//! host's own, and for counters, which the module defines. What the module calls a handle is an index of this table.

use anyhow::{Context, Result, bail, ensure};
use std::{env, fs};
use wasmi::{Caller, Engine, Error, Instance, Linker, Module, Store};

const JOURNALS: &str = "demo:shop/journals";
const COUNTERS: &str = "demo:shop/counters";
/// The built-ins of a resource that the module exports are imported from here.
const EXPORTED: &str = "[export]demo:shop/counters";

/// What an entry of the table is a handle of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Resource {
    /// The number behind it is a position in [`Host::journals`].
    Journal,
    /// The number behind it is the representation, which only the module understands.
    Counter,
}

/// The state of the host.
#[derive(Default)]
struct Host {
    /// The table; index 0 is never a handle.
    handles: Vec<Option<(Resource, u32)>>,
    free: Vec<u32>,
    /// What is written in each journal, and whether it was dropped.
    journals: Vec<(Vec<u32>, bool)>,
}

impl Host {
    /// Gives the module a handle that owns.
    fn add(&mut self, resource: Resource, behind: u32) -> u32 {
        if self.handles.is_empty() {
            self.handles.push(None);
        }
        let index = self.free.pop().unwrap_or_else(|| {
            self.handles.push(None);
            self.handles.len() as u32 - 1
        });
        self.handles[index as usize] = Some((resource, behind));
        index
    }

    /// What is behind a handle that the module lends.
    fn get(&self, resource: Resource, index: u32) -> Result<u32, Error> {
        match self.handles.get(index as usize) {
            Some(Some((found, behind))) if *found == resource => Ok(*behind),
            _ => Err(Error::new(format!("{index} is no handle of a {resource:?}"))),
        }
    }

    /// Takes a handle from the module: what was behind it.
    fn remove(&mut self, resource: Resource, index: u32) -> Result<u32, Error> {
        let behind = self.get(resource, index)?;
        self.handles[index as usize] = None;
        self.free.push(index);
        Ok(behind)
    }
}

/// Everything that the module imports, by the names of `docs/core-abi.md`.
fn linker(engine: &Engine) -> Result<Linker<Host>> {
    let mut linker = Linker::new(engine);
    // The host's own resource: a method, and what happens when the module drops a handle.
    linker.func_wrap(JOURNALS, "[method]journal.write", |mut caller: Caller<'_, Host>, journal: u32, n: u32| {
        let journal = caller.data().get(Resource::Journal, journal)?;
        caller.data_mut().journals[journal as usize].0.push(n);
        Ok(())
    })?;
    linker.func_wrap(JOURNALS, "[resource-drop]journal", |mut caller: Caller<'_, Host>, journal: u32| {
        let journal = caller.data_mut().remove(Resource::Journal, journal)?;
        caller.data_mut().journals[journal as usize].1 = true;
        Ok(())
    })?;
    // The module's resource: handles of it in the host's table.
    linker.func_wrap(EXPORTED, "[resource-new]counter", |mut caller: Caller<'_, Host>, rep: u32| {
        caller.data_mut().add(Resource::Counter, rep)
    })?;
    linker.func_wrap(EXPORTED, "[resource-rep]counter", |caller: Caller<'_, Host>, counter: u32| {
        caller.data().get(Resource::Counter, counter)
    })?;
    linker.func_wrap(EXPORTED, "[resource-drop]counter", |mut caller: Caller<'_, Host>, counter: u32| {
        // The handle goes first, then the destructor runs.
        let rep = caller.data_mut().remove(Resource::Counter, counter)?;
        let dtor = caller.get_export(&format!("{COUNTERS}#[dtor]counter")).and_then(wasmi::Extern::into_func);
        let dtor = dtor.ok_or_else(|| Error::new("no destructor"))?;
        dtor.typed::<u32, ()>(&caller)?.call(&mut caller, rep)
    })?;
    Ok(linker)
}

/// The running module. Counters that the host owns are representations.
struct Shop {
    store: Store<Host>,
    instance: Instance,
}

impl Shop {
    fn start(module: &[u8]) -> Result<Shop> {
        let engine = Engine::default();
        let module = Module::new(&engine, module)?;
        let mut store = Store::new(&engine, Host::default());
        let instance = linker(&engine)?.instantiate_and_start(&mut store, &module)?;
        Ok(Shop { store, instance })
    }

    /// `counter.constructor(journal)`: the host gives a journal away and gets a counter.
    fn counter(&mut self) -> Result<u32> {
        let host = self.store.data_mut();
        host.journals.push((Vec::new(), false));
        let journal = host.add(Resource::Journal, host.journals.len() as u32 - 1);
        let new = self.instance.get_typed_func::<u32, u32>(&self.store, "demo:shop/counters#[constructor]counter")?;
        let counter = new.call(&mut self.store, journal)?;
        Ok(self.store.data_mut().remove(Resource::Counter, counter)?)
    }

    /// `counter.add(n)`: a counter that is lent to the module that defines it is its representation.
    fn add(&mut self, counter: u32, n: u32) -> Result<u32> {
        let add =
            self.instance.get_typed_func::<(u32, u32), u32>(&self.store, "demo:shop/counters#[method]counter.add")?;
        Ok(add.call(&mut self.store, (counter, n))?)
    }

    /// `sums.add-both(a, b, n)`.
    fn add_both(&mut self, a: u32, b: u32, n: u32) -> Result<u32> {
        let add = self.instance.get_typed_func::<(u32, u32, u32), u32>(&self.store, "demo:shop/sums#add-both")?;
        Ok(add.call(&mut self.store, (a, b, n))?)
    }

    /// `sums.larger(a, b)`: two counters are given away, one comes back.
    fn larger(&mut self, a: u32, b: u32) -> Result<u32> {
        let [a, b] = [a, b].map(|rep| self.store.data_mut().add(Resource::Counter, rep));
        let larger = self.instance.get_typed_func::<(u32, u32), u32>(&self.store, "demo:shop/sums#larger")?;
        let counter = larger.call(&mut self.store, (a, b))?;
        Ok(self.store.data_mut().remove(Resource::Counter, counter)?)
    }

    /// Drops a counter that the host owns.
    fn drop(&mut self, counter: u32) -> Result<()> {
        let dtor = self.instance.get_typed_func::<u32, ()>(&self.store, "demo:shop/counters#[dtor]counter")?;
        Ok(dtor.call(&mut self.store, counter)?)
    }
}

/// Uses the module; returns what there is to say.
fn run(module: &[u8]) -> Result<Vec<String>> {
    let mut shop = Shop::start(module)?;
    let (a, b) = (shop.counter()?, shop.counter()?);
    let mut lines = vec![format!("{} {}", shop.add(a, 5)?, shop.add(b, 7)?)];
    lines.push(format!("both: {}", shop.add_both(a, b, 10)?));
    let larger = shop.larger(a, b)?;
    ensure!(larger == b, "the second counter is the larger one");
    lines.push(format!("larger: {}", shop.add(larger, 100)?));
    shop.drop(larger)?;
    for (entries, dropped) in &shop.store.data().journals {
        lines.push(format!("journal {entries:?}{}", if *dropped { ", dropped" } else { "" }));
    }
    if let Some(left) = shop.store.data().handles.iter().flatten().next() {
        bail!("a handle is left: {left:?}");
    }
    Ok(lines)
}

fn main() -> Result<()> {
    let file = env::args().nth(1).context("usage: counters-core FUSED")?;
    for line in run(&fs::read(file)?)? {
        println!("{line}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn counters() {
        let mut fuser = meld_core::Fuser::new();
        fuser.input("counters", &include_bytes!("../../counters.wat")[..]);
        let fused = fuser.fuse().expect("it can be fused");
        let lines = super::run(&fused.core).expect("the host has what it needs");
        let expected =
            ["5 7", "both: 32", "larger: 117", "journal [5, 15, 15], dropped", "journal [7, 17, 17, 117], dropped"];
        assert_eq!(lines, expected);
    }
}
