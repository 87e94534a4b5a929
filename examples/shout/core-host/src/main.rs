//! Runs a fused greeting as a core module in wasmi, which knows no components: `greet-core FUSED NAME` calls `greet`,
//! as `examples/shout` has it; `greet-core FUSED` calls `hello`, as `examples/greeter` has it.

use anyhow::{Context, Result};
use std::env;
use std::fs;
use wasmi::{Engine, Instance, Linker, Module, Store};

fn main() -> Result<()> {
    let mut args = env::args().skip(1);
    let file = args.next().context("usage: greet-core FUSED [NAME]")?;
    println!("{}", greeting(&fs::read(file)?, args.next().as_deref())?);
    Ok(())
}

/// Runs the module `fused`.
fn greeting(fused: &[u8], name: Option<&str>) -> Result<String> {
    let engine = Engine::default();
    let module = Module::new(&engine, fused)?;
    let mut store = Store::new(&engine, ());
    let instance = Linker::new(&engine).instantiate_and_start(&mut store, &module)?;
    match name {
        Some(name) => greet(&mut store, &instance, name),
        None => hello(&mut store, &instance),
    }
}

/// `greet: func(name: string) -> string` by the canonical ABI: a string is an address and a length in memory.
fn greet(store: &mut Store<()>, instance: &Instance, name: &str) -> Result<String> {
    let memory = instance.get_memory(&store, "memory").context("no memory")?;
    let realloc = instance.get_typed_func::<(u32, u32, u32, u32), u32>(&store, "cabi_realloc")?;
    let length = u32::try_from(name.len())?;
    let address = realloc.call(&mut *store, (0, 0, 1, length))?;
    memory.write(&mut *store, address as usize, name.as_bytes())?;
    let result = instance.get_typed_func::<(u32, u32), u32>(&store, "greet")?.call(&mut *store, (address, length))?;
    take(store, instance, result, "cabi_post_greet")
}

/// `hello: func() -> string`.
fn hello(store: &mut Store<()>, instance: &Instance) -> Result<String> {
    let result = instance.get_typed_func::<(), u32>(&store, "hello")?.call(&mut *store, ())?;
    take(store, instance, result, "cabi_post_hello")
}

/// The string that a result points to, which is then given back.
fn take(store: &mut Store<()>, instance: &Instance, result: u32, post_return: &str) -> Result<String> {
    let memory = instance.get_memory(&store, "memory").context("no memory")?;
    let mut pair = [0; 8];
    memory.read(&store, result as usize, &mut pair)?;
    let [text, length] = [0, 4].map(|at| u32::from_le_bytes([pair[at], pair[at + 1], pair[at + 2], pair[at + 3]]));
    let mut bytes = vec![0; length as usize];
    memory.read(&store, text as usize, &mut bytes)?;
    instance.get_typed_func::<u32, ()>(&store, post_return)?.call(&mut *store, result)?;
    Ok(String::from_utf8(bytes)?)
}

#[cfg(test)]
mod tests {
    use meld_core::Fuser;
    use std::fs;

    /// The fusion of these files of `examples`, run.
    fn greeting(files: &[&str], name: Option<&str>) -> String {
        let mut fuser = Fuser::new();
        for file in files {
            let path = format!("{}/../../{file}", env!("CARGO_MANIFEST_DIR"));
            fuser.input(*file, fs::read(path).expect("the example is there"));
        }
        let fused = fuser.fuse().expect("they fit together");
        super::greeting(&fused.core, name).expect("it runs")
    }

    #[test]
    fn shout() {
        assert_eq!(greeting(&["shout/greeter.wat", "shout/shouter.wat"], Some("World")), "Hello, WORLD!");
    }

    #[test]
    fn greeter() {
        let files = ["greeter/text.wasm", "greeter/greeter.wasm", "greeter/app.wasm"];
        assert_eq!(greeting(&files, None), "Hello, Ada!\nこんにちは, Yukihiro!");
        assert_eq!(greeting(&["greeter/greeter-composed.wasm"], None), "Hello, Ada!\nこんにちは, Yukihiro!");
    }
}
