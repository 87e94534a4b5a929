//! A fused core module, instantiated.

use super::abi::{MAX_FLAT_PARAMS, MAX_FLAT_RESULTS, align, flatten, size};
use super::flat;
use super::memory::Cx;
use super::table::Table;
use super::trace::{self, CoreEvent};
use crate::engine::{engine, limit_random};
use crate::host::{Event, ExportFunc, Guest, NoStart, Recorder, Trap, trace_name};
use crate::ty::{FuncTy, Ty, number};
use crate::value::Value;
use meld_core::core_interface::{CoreImport, CoreInterface, CoreOptions};
use meld_core::unstable::synth::HostImport;
use std::collections::BTreeSet;
use std::sync::Arc;
use wasmtime::{
    AsContextMut, Caller, Extern, Func, Instance, InstancePre, Linker, Memory, Module, Result, Store, StoreContextMut,
    Val, ensure, format_err,
};

/// What the store of a core module holds.
pub(super) struct State {
    pub(super) recorder: Recorder,
    pub(super) table: Table,
    pub(super) interface: Arc<Facts>,
    /// Known once it is instantiated. An import that is exported as it is has no caller to ask for exports.
    pub(super) instance: Option<Instance>,
    /// What has happened at the boundary, if somebody wants to know.
    pub(super) trace: Option<Vec<CoreEvent>>,
}

/// What the host needs to know of the interface all the time.
pub(super) struct Facts {
    /// Resources that the guest defines.
    inside: BTreeSet<u32>,
    /// Their destructors: resource, export.
    dtors: Vec<(u32, String)>,
}

impl Facts {
    /// Whether the guest defines `resource`: it then makes its own handles, or has a destructor.
    pub(super) fn defined_inside(&self, resource: u32) -> bool {
        self.inside.contains(&resource)
    }

    /// A module of which nothing is known.
    pub(super) fn nothing() -> Facts {
        Facts { inside: BTreeSet::new(), dtors: Vec::new() }
    }

    fn of(interface: &CoreInterface) -> Facts {
        let dtors: Vec<_> = interface.dtors.iter().map(|(id, name)| (number(*id), name.clone())).collect();
        let mut inside: BTreeSet<u32> = dtors.iter().map(|dtor| dtor.0).collect();
        for (id, import) in &interface.imports {
            match *id {
                HostImport::ResourceNew(id) | HostImport::ResourceRep(id) => inside.insert(number(id)),
                HostImport::ResourceDrop(id) if import.path.is_none() => inside.insert(number(id)),
                HostImport::ResourceDrop(_)
                | HostImport::Lower(..)
                | HostImport::Builtin(_)
                | HostImport::ContextGet(..)
                | HostImport::ContextSet(..)
                | HostImport::BackpressureInc
                | HostImport::BackpressureDec
                | HostImport::Waker(_) => false,
            };
        }
        Facts { inside, dtors }
    }
}

/// A compiled core module with its host, to be started any number of times.
pub struct CoreCode {
    linked: InstancePre<State>,
    facts: Arc<Facts>,
    init: Option<String>,
    exports: Vec<ExportFunc>,
    fields: Vec<(String, CoreOptions)>,
}

impl CoreCode {
    /// Compiles `module` and satisfies its imports. `import_names` are the names of the root's imports, in
    /// order, by which the trace calls them.
    pub fn new(module: &[u8], interface: &CoreInterface, import_names: &[String]) -> Result<CoreCode, NoStart> {
        let module = Module::new(engine(), module).map_err(NoStart::unfit)?;
        let mut linker = Linker::new(engine());
        for (&id, import) in &interface.imports {
            define(&mut linker, &module, (id, import), interface, import_names).map_err(NoStart::unfit)?;
        }
        let linked = linker.instantiate_pre(&module).map_err(NoStart::unfit)?;
        let (mut exports, mut fields) = (Vec::new(), Vec::new());
        for export in &interface.exports {
            let ty = &interface.types[export.ty];
            let ty = FuncTy::of_core(ty, &interface.types).map_err(NoStart::Unfit)?;
            exports.push(ExportFunc { path: export.path.clone(), ty });
            fields.push((export.field.clone(), export.options.clone()));
        }
        Ok(CoreCode { linked, facts: Arc::new(Facts::of(interface)), init: interface.init.clone(), exports, fields })
    }

    /// Instantiates it under a host that answers by `seed`.
    pub fn start(&self, seed: u64) -> Result<CoreGuest, NoStart> {
        self.start_with_handles_from(1, seed)
    }

    /// The same, where the host's table of handles starts at index `first`: its indices are then told from others.
    pub fn start_with_handles_from(&self, first: u32, seed: u64) -> Result<CoreGuest, NoStart> {
        self.start_with(first, seed, None)
    }

    /// The same as [`CoreCode::start`], and what happens at the boundary is noted.
    pub fn start_traced(&self, seed: u64) -> Result<CoreGuest, NoStart> {
        self.start_with(1, seed, Some(Vec::new()))
    }

    fn start_with(&self, first: u32, seed: u64, trace: Option<Vec<CoreEvent>>) -> Result<CoreGuest, NoStart> {
        let (recorder, interface) = (Recorder::new(seed), self.facts.clone());
        let mut table = Table::default();
        table.first = first;
        let mut store = Store::new(engine(), State { recorder, table, interface, instance: None, trace });
        limit_random(&mut store);
        let instance = self.linked.instantiate(&mut store).map_err(NoStart::of)?;
        store.data_mut().instance = Some(instance);
        if let Some(init) = &self.init {
            let func = instance.get_typed_func::<(), ()>(&mut store, init).map_err(NoStart::unfit)?;
            trace::call(&mut store, (init, *func.func()), &[], &mut []).map_err(NoStart::of)?;
        }
        let (exports, fields) = (self.exports.clone(), self.fields.clone());
        Ok(CoreGuest { store, instance, exports, fields, trapped: false })
    }
}

/// A running core module.
pub struct CoreGuest {
    store: Store<State>,
    instance: Instance,
    exports: Vec<ExportFunc>,
    fields: Vec<(String, CoreOptions)>,
    /// Nothing is entered after a trap (`Explainer.md`, "Component Invariants"): the duty of the component that
    /// is not there.
    trapped: bool,
}

impl CoreGuest {
    /// What has happened at the boundary, since it was started by [`CoreCode::start_traced`].
    pub fn trace(&self) -> &[CoreEvent] {
        self.store.data().trace.as_deref().unwrap_or_default()
    }

    /// Every index of a handle that the host gave to the module or got from it, in order.
    pub fn handles_seen(&self) -> &[u32] {
        &self.store.data().table.seen
    }

    /// Runs `call` unless something trapped before.
    fn enter<T>(&mut self, call: impl FnOnce(&mut CoreGuest) -> Result<T>) -> Result<T, Trap> {
        if self.trapped {
            return Err(Trap("host: cannot enter component instance".to_owned()));
        }
        let result = call(self);
        self.trapped = result.is_err();
        Ok(result?)
    }

    fn func(&mut self, name: &str) -> Result<Func> {
        self.instance.get_func(&mut self.store, name).ok_or_else(|| format_err!("no core export `{name}`"))
    }

    fn call_lifted(&mut self, index: usize, args: &[Value]) -> Result<Option<Value>> {
        let (field, options) = self.fields[index].clone();
        let ty = self.exports[index].ty.clone();
        let func = self.func(&field)?;
        let instance = self.instance;
        let scope = self.store.data_mut().table.enter();
        let mut store = self.store.as_context_mut();
        let mut find = |store: &mut StoreContextMut<'_, State>, name: &str| instance.get_export(store, name);
        let mut cx = cx(store.as_context_mut(), &options, Some(scope), &mut find)?;
        let params = lower_params(&mut cx, args, &ty.params)?;
        let mut results = vec![Val::I32(0); func.ty(&cx.store).results().len()];
        trace::call(&mut cx.store, (&field, func), &params, &mut results)?;
        let result = match &ty.result {
            None => None,
            Some(ty) if flatten(ty).len() > MAX_FLAT_RESULTS => {
                ensure!(results.len() == 1, "host: a spilled result is one pointer");
                let ptr = results[0].unwrap_i32().cast_unsigned();
                ensure!(u64::from(ptr).is_multiple_of(align(ty)), "host: pointer not aligned");
                ensure!(cx.bytes(ptr, size(ty))?.is_some(), "host: pointer out of bounds");
                Some(cx.load(ptr, ty)?)
            }
            Some(ty) => Some(flat::lift(&mut cx, &mut results.iter(), ty)?),
        };
        cx.store.data_mut().table.leave()?;
        if let Some(post_return) = &options.post_return {
            let func = self.func(post_return)?;
            trace::call(&mut self.store, (post_return, func), &results, &mut [])?;
        }
        Ok(result)
    }
}

/// Parameters as core values: flat, or as one pointer.
pub(super) fn lower_params(cx: &mut Cx<'_>, args: &[Value], types: &[Ty]) -> Result<Vec<Val>> {
    let tuple = Ty::Tuple(types.to_vec());
    let mut params = Vec::new();
    if flatten(&tuple).len() > MAX_FLAT_PARAMS {
        let ptr = cx.realloc(align(&tuple), usize::try_from(size(&tuple))?)?;
        cx.store(ptr, &Value::Record(args.to_vec()), &tuple)?;
        params.push(Val::I32(ptr.cast_signed()));
    } else {
        for (value, ty) in args.iter().zip(types) {
            flat::lower(cx, value, ty, &mut params)?;
        }
    }
    Ok(params)
}

/// The options of a call, resolved.
fn cx<'a>(
    mut store: StoreContextMut<'a, State>,
    options: &CoreOptions,
    scope: Option<usize>,
    find: &mut dyn FnMut(&mut StoreContextMut<'_, State>, &str) -> Option<Extern>,
) -> Result<Cx<'a>> {
    let mut get = |name: &Option<String>| match name {
        None => Ok(None),
        Some(name) => find(&mut store, name).map(Some).ok_or_else(|| format_err!("no core export `{name}`")),
    };
    let memory: Option<Memory> = get(&options.memory)?.and_then(Extern::into_memory);
    let realloc: Option<Func> = get(&options.realloc)?.and_then(Extern::into_func);
    let realloc = options.realloc.clone().zip(realloc);
    Ok(Cx { store, memory, realloc, encoding: options.encoding, scope })
}

/// Defines one import.
fn define(
    linker: &mut Linker<State>,
    module: &Module,
    (id, import): (HostImport, &CoreImport),
    interface: &CoreInterface,
    import_names: &[String],
) -> Result<()> {
    let CoreImport { module: namespace, field, .. } = import;
    let declared = module.imports().find(|i| i.module() == namespace && i.name() == field);
    let declared = declared.ok_or_else(|| format_err!("the module does not import `{namespace}` `{field}`"))?;
    let core_ty = declared.ty().func().ok_or_else(|| format_err!("`{namespace}` `{field}` is no function"))?.clone();
    match id {
        HostImport::Lower(..) => {
            let path = import.path.as_ref().ok_or_else(|| format_err!("`{field}` has no place in the root"))?;
            let top = import_names.get(path.import).ok_or_else(|| format_err!("no import {}", path.import))?;
            let name = trace_name(top, &path.exports);
            let ty = import.ty.ok_or_else(|| format_err!("`{field}` has no type"))?;
            let ty = FuncTy::of_core(&interface.types[ty], &interface.types).map_err(wasmtime::Error::msg)?;
            let options = import.options.clone();
            trace::import(linker, (namespace, field), core_ty, move |caller, params, results| {
                answer(caller, &name, &ty, &options, params, results)
            })?;
        }
        HostImport::ResourceNew(id) => {
            trace::import(linker, (namespace, field), core_ty, move |caller, params, results| {
                let handle = caller.data_mut().table.new_handle(number(id), params[0].unwrap_i32().cast_unsigned());
                results[0] = Val::I32(handle.cast_signed());
                Ok(())
            })?;
        }
        HostImport::ResourceRep(id) => {
            trace::import(linker, (namespace, field), core_ty, move |caller, params, results| {
                let rep = caller.data_mut().table.rep(number(id), params[0].unwrap_i32().cast_unsigned())?;
                results[0] = Val::I32(rep.cast_signed());
                Ok(())
            })?;
        }
        HostImport::Builtin(_)
        | HostImport::ContextGet(..)
        | HostImport::ContextSet(..)
        | HostImport::BackpressureInc
        | HostImport::BackpressureDec
        | HostImport::Waker(_) => {
            return Err(format_err!("`{field}` is a built-in of tasks, which this host does not have"));
        }
        HostImport::ResourceDrop(id) => {
            trace::import(linker, (namespace, field), core_ty, move |caller, params, _| {
                drop_handle(caller, number(id), params[0].unwrap_i32().cast_unsigned())
            })?;
        }
    }
    Ok(())
}

/// `resource.drop` of the host's table.
fn drop_handle(caller: &mut Caller<'_, State>, resource: u32, handle: u32) -> Result<()> {
    let Some(rep) = caller.data_mut().table.drop(resource, handle)? else { return Ok(()) };
    let facts = caller.data().interface.clone();
    if !facts.defined_inside(resource) {
        caller.data_mut().recorder.trace.push(Event::Drop(rep));
        return Ok(());
    }
    if let Some((_, name)) = facts.dtors.iter().find(|dtor| dtor.0 == resource) {
        let instance = caller.data().instance;
        let found = caller.get_export(name);
        let found = found.or_else(|| instance.and_then(|instance| instance.get_export(&mut *caller, name)));
        let dtor = found.and_then(Extern::into_func);
        let dtor = dtor.ok_or_else(|| format_err!("no core export for the destructor"))?;
        trace::call(caller, (name, dtor), &[Val::I32(rep.cast_signed())], &mut [])?;
    }
    Ok(())
}

/// A call of the host.
fn answer(
    caller: &mut Caller<'_, State>,
    name: &str,
    ty: &FuncTy,
    options: &CoreOptions,
    params: &[Val],
    results: &mut [Val],
) -> Result<()> {
    let instance = caller.data().instance;
    let mut exports = Vec::new();
    for name in [&options.memory, &options.realloc].into_iter().flatten() {
        let export = caller.get_export(name);
        let export = export.or_else(|| instance.and_then(|instance| instance.get_export(&mut *caller, name)));
        exports.push((name.clone(), export));
    }
    let mut find = |_: &mut StoreContextMut<'_, State>, name: &str| {
        exports.iter_mut().find(|export| export.0 == name).and_then(|export| export.1.take())
    };
    let mut cx = cx(caller.as_context_mut(), options, None, &mut find)?;
    let tuple = Ty::Tuple(ty.params.clone());
    let mut flat_params = params.iter();
    let args = if flatten(&tuple).len() > MAX_FLAT_PARAMS {
        let ptr = flat_params.next().ok_or_else(|| format_err!("host: no pointer"))?.unwrap_i32().cast_unsigned();
        ensure!(u64::from(ptr).is_multiple_of(align(&tuple)), "host: pointer not aligned");
        ensure!(cx.bytes(ptr, size(&tuple))?.is_some(), "host: pointer out of bounds");
        match cx.load(ptr, &tuple)? {
            Value::Record(args) => args,
            other => panic!("a tuple is a record, not {other:?}"),
        }
    } else {
        ty.params.iter().map(|ty| flat::lift(&mut cx, &mut flat_params, ty)).collect::<Result<_>>()?
    };
    let result = cx.store.data_mut().recorder.answer(name, args, ty.result.as_ref());
    cx.store.data_mut().table.return_lent();
    if let (Some(value), Some(ty)) = (result, &ty.result) {
        if flatten(ty).len() > MAX_FLAT_RESULTS {
            let ptr = flat_params.next().ok_or_else(|| format_err!("host: no return pointer"))?;
            let ptr = ptr.unwrap_i32().cast_unsigned();
            ensure!(u64::from(ptr).is_multiple_of(align(ty)), "host: pointer not aligned");
            ensure!(cx.bytes(ptr, size(ty))?.is_some(), "host: pointer out of bounds");
            cx.store(ptr, &value, ty)?;
        } else {
            let mut flat = Vec::new();
            flat::lower(&mut cx, &value, ty, &mut flat)?;
            results.copy_from_slice(&flat);
        }
    }
    Ok(())
}

impl Guest for CoreGuest {
    fn exports(&self) -> &[ExportFunc] {
        &self.exports
    }

    fn call(&mut self, path: &[String], args: &[Value]) -> Result<Option<Value>, Trap> {
        let index = self.exports.iter().position(|export| export.path == path);
        let index = index.ok_or_else(|| Trap(format!("no export {path:?}")))?;
        self.enter(|guest| guest.call_lifted(index, args))
    }

    fn drop_handle(&mut self, id: u32) -> Result<(), Trap> {
        let State { table, recorder, interface, .. } = self.store.data_mut();
        let rep = table.reps.remove(&id).ok_or_else(|| Trap(format!("the host does not own {id}")))?;
        let owned = recorder.owned.iter().position(|owned| owned.1 == id);
        let (resource, _) = recorder.owned.remove(owned.expect("what has a representation is owned"));
        let dtor = interface.dtors.iter().find(|dtor| dtor.0 == resource).map(|dtor| dtor.1.clone());
        self.enter(|guest| match dtor {
            Some(dtor) => {
                let func = guest.func(&dtor)?;
                trace::call(&mut guest.store, (&dtor, func), &[Val::I32(rep.cast_signed())], &mut [])
            }
            None => Ok(()),
        })
    }

    fn recorder(&mut self) -> &mut Recorder {
        &mut self.store.data_mut().recorder
    }
}
