//! Runs a greeting component in wasmtime, fused or not: `greet-component COMPONENT NAME`.

use std::env;
use wasmtime::component::{Component, Linker};
use wasmtime::{Engine, Result, Store, bail};

fn main() -> Result<()> {
    let mut args = env::args().skip(1);
    let Some((file, name)) = args.next().zip(args.next()) else { bail!("usage: greet-component COMPONENT NAME") };

    let engine = Engine::default();
    let component = Component::from_file(&engine, file)?;
    let mut store = Store::new(&engine, ());
    let instance = Linker::new(&engine).instantiate(&mut store, &component)?;
    let greet = instance.get_typed_func::<(&str,), (String,)>(&mut store, "greet")?;
    println!("{}", greet.call(&mut store, (&name,))?.0);
    Ok(())
}
