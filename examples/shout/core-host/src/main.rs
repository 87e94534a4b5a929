//! Runs the fused greeting as a core module in wasmi, which knows no components: `greet-core FUSED NAME`.

use anyhow::{Context, Result};
use std::env;
use std::fs;
use wasmi::{Engine, Linker, Module, Store};

fn main() -> Result<()> {
    let mut args = env::args().skip(1);
    let (file, name) = args.next().zip(args.next()).context("usage: greet-core FUSED NAME")?;

    let engine = Engine::default();
    let module = Module::new(&engine, fs::read(file)?)?;
    let mut store = Store::new(&engine, ());
    let instance = Linker::new(&engine).instantiate_and_start(&mut store, &module)?;
    let memory = instance.get_memory(&store, "memory").context("no memory")?;
    let realloc = instance.get_typed_func::<(u32, u32, u32, u32), u32>(&store, "cabi_realloc")?;
    let greet = instance.get_typed_func::<(u32, u32), u32>(&store, "greet")?;
    let post_greet = instance.get_typed_func::<u32, ()>(&store, "cabi_post_greet")?;

    // `greet: func(name: string) -> string` by the canonical ABI: a string is an address and a length in memory.
    let length = u32::try_from(name.len())?;
    let address = realloc.call(&mut store, (0, 0, 1, length))?;
    memory.write(&mut store, address as usize, name.as_bytes())?;
    let result = greet.call(&mut store, (address, length))?;

    let mut pair = [0; 8];
    memory.read(&store, result as usize, &mut pair)?;
    let [text, length] = [0, 4].map(|at| u32::from_le_bytes([pair[at], pair[at + 1], pair[at + 2], pair[at + 3]]));
    let mut greeting = vec![0; length as usize];
    memory.read(&store, text as usize, &mut greeting)?;
    println!("{}", String::from_utf8(greeting)?);
    post_greet.call(&mut store, result)?;
    Ok(())
}
