//! Values lowered into a memory of no guest: what a caller's core values and memory look like before a call.
//!
//! In: arguments, their types and an encoding. Out: an [`Image`], to be put into a guest as it is or spoiled.

use super::abi::flatten;
use super::guest::{Facts, State, lower_params};
use super::memory::Cx;
use super::table::Table;
use crate::engine::{engine, limit};
use crate::generate::allocator_module;
use crate::host::Recorder;
use crate::ty::Ty;
use crate::value::Value;
use meld_core::unstable::dfg::StringEncoding;
use std::sync::{Arc, OnceLock};
use wasmtime::{AsContextMut, Instance, Module, Result, Store, Val};

/// Lowered parameters.
#[derive(Debug, Clone)]
pub struct Image {
    /// Core parameters; where they spill, the pointer to them.
    pub flat: Vec<Value>,
    /// Where `bytes` belong.
    pub base: u32,
    /// What the pointers point to.
    pub bytes: Vec<u8>,
}

/// Lowers `args`. The image starts at `base`, which is below 2^15.
pub fn image(args: &[Value], types: &[Ty], encoding: StringEncoding, base: u32) -> Result<Image> {
    static MODULE: OnceLock<Module> = OnceLock::new();
    let module = MODULE.get_or_init(|| Module::new(engine(), allocator_module()).expect("the allocator is valid"));
    let state = State {
        recorder: Recorder::new(0),
        table: Table::default(),
        interface: Arc::new(Facts::nothing()),
        instance: None,
        trace: None,
    };
    let mut store = Store::new(engine(), state);
    limit(&mut store);
    let instance = Instance::new(&mut store, module, &[])?;
    let memory = instance.get_memory(&mut store, "memory");
    let realloc = instance.get_func(&mut store, "realloc");
    let heap = instance.get_global(&mut store, "heap").expect("the allocator exports its heap");
    heap.set(&mut store, Val::I32(base.cast_signed()))?;
    let realloc = realloc.map(|realloc| ("realloc".to_owned(), realloc));
    let mut cx = Cx { store: store.as_context_mut(), memory, realloc, encoding, scope: None };
    let flat = lower_params(&mut cx, args, types)?;
    let flat = flat.into_iter().map(|val| match val {
        Val::I32(v) => Value::U32(v.cast_unsigned()),
        Val::I64(v) => Value::U64(v.cast_unsigned()),
        Val::F32(v) => Value::F32(f32::from_bits(v)),
        Val::F64(v) => Value::F64(f64::from_bits(v)),
        other => panic!("{other:?} is not a flat value"),
    });
    let flat = flat.collect();
    let end = heap.get(&mut store).unwrap_i32().cast_unsigned();
    let memory = memory.expect("the allocator exports its memory");
    Ok(Image { flat, base, bytes: memory.data(&store)[base as usize..end as usize].to_vec() })
}

/// How many core values `ty` flattens to.
pub fn flat_count(ty: &Ty) -> usize {
    flatten(ty).len()
}
