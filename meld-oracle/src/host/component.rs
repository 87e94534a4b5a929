//! A component in wasmtime.
//!
//! In: bytes. Out: a [`ComponentGuest`], by way of [`ComponentCode`]. Imports are satisfied from the component's own type: functions by
//! [`Recorder::answer`], resources by dynamic host resources, one per imported resource type.

use super::{Event, ExportFunc, Guest, NoStart, Recorder, Trap, trace_name};
use crate::engine::{concurrent_engine, engine, limit_random};
use crate::ty::FuncTy;
use crate::value::{Handles, Value};
use std::collections::BTreeMap;
use std::sync::Arc;
use wasmtime::component::types::{ComponentFunc, ComponentItem};
use wasmtime::component::{
    Component, Func, Instance, InstancePre, Linker, LinkerInstance, ResourceAny, ResourceDynamic, ResourceType, Val,
};
use wasmtime::{AsContextMut, Engine, Result, Store, StoreContextMut, bail, format_err};

/// Resources from this number on are the guest's own.
pub(crate) const GUEST_RESOURCES: u32 = 1 << 16;

/// What the store of a component holds.
struct State {
    recorder: Recorder,
    /// The guest's own handles that the host owns.
    guest: BTreeMap<u32, ResourceAny>,
    /// The host's own handles that are lent to the call in progress.
    lent: Vec<ResourceAny>,
}

/// A compiled component with its host, to be started any number of times.
pub struct ComponentCode {
    component: Component,
    linked: InstancePre<State>,
}

impl ComponentCode {
    /// Compiles `bytes` and satisfies its imports.
    pub fn new(bytes: &[u8]) -> Result<ComponentCode, NoStart> {
        Self::on(engine(), bytes)
    }

    /// The same, on the engine with tasks if the component needs them.
    pub fn any(bytes: &[u8]) -> Result<ComponentCode, NoStart> {
        Self::new(bytes).or_else(|_| Self::on(concurrent_engine(), bytes))
    }

    /// The same on another engine.
    pub fn on(engine: &Engine, bytes: &[u8]) -> Result<ComponentCode, NoStart> {
        let component = Component::new(engine, bytes).map_err(NoStart::unfit)?;
        let mut linker = Linker::new(engine);
        let ty = component.component_type();
        let imports = ty.imports(engine).map(|(name, item)| (name.to_owned(), item.ty)).collect();
        define(engine, &mut linker.root(), imports, None, &mut Vec::new()).map_err(NoStart::unfit)?;
        let linked = linker.instantiate_pre(&component).map_err(NoStart::unfit)?;
        Ok(ComponentCode { component, linked })
    }

    /// Instantiates it under a host that answers by `seed`.
    pub fn start(&self, seed: u64) -> Result<ComponentGuest, NoStart> {
        let mut store = Store::new(
            self.component.engine(),
            State { recorder: Recorder::new(seed), guest: BTreeMap::new(), lent: Vec::new() },
        );
        limit_random(&mut store);
        let concurrent = Engine::same(self.component.engine(), concurrent_engine());
        let instance = match concurrent {
            false => self.linked.instantiate(&mut store),
            true => wait(self.linked.instantiate_async(&mut store)),
        };
        let instance = instance.map_err(NoStart::of)?;
        let mut guest = ComponentGuest { store, exports: Vec::new(), funcs: Vec::new(), concurrent };
        let ty = self.component.component_type();
        let exports = ty.exports(self.component.engine()).map(|(name, item)| (name.to_owned(), item.ty)).collect();
        guest.collect(&instance, exports, &mut Vec::new(), None, &mut Vec::new()).map_err(NoStart::unfit)?;
        Ok(guest)
    }
}

/// A running component.
pub struct ComponentGuest {
    store: Store<State>,
    exports: Vec<ExportFunc>,
    funcs: Vec<Func>,
    /// Whether its engine has tasks: then a call is one.
    concurrent: bool,
}

/// Waits for what wasmtime does. Nothing outside has to happen for it.
fn wait<T>(done: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_current_thread().build()?.block_on(done)
}

impl ComponentGuest {
    /// Allows it to run for as long as a script may.
    pub fn allow_long(&mut self) {
        crate::engine::limit(&mut self.store);
    }

    fn collect(
        &mut self,
        instance: &Instance,
        items: Vec<(String, ComponentItem)>,
        path: &mut Vec<String>,
        parent: Option<&wasmtime::component::ComponentExportIndex>,
        resources: &mut Vec<ResourceType>,
    ) -> Result<()> {
        for (name, item) in items {
            path.push(name.clone());
            match item {
                ComponentItem::ComponentFunc(_) => {
                    let index = instance.get_export_index(&mut self.store, parent, &name);
                    let func = index.and_then(|index| instance.get_func(&mut self.store, index));
                    let func = func.ok_or_else(|| format_err!("no function {path:?}"))?;
                    let ty = func.ty(&self.store);
                    let mut number = |ty: &ResourceType| number_of(*ty, resources);
                    let ty = FuncTy::of_component(&ty, &mut number).map_err(wasmtime::Error::msg)?;
                    self.exports.push(ExportFunc { path: path.clone(), ty });
                    self.funcs.push(func);
                }
                ComponentItem::ComponentInstance(inner) => {
                    let index = instance.get_export_index(&mut self.store, parent, &name);
                    let index = index.ok_or_else(|| format_err!("no instance {path:?}"))?;
                    let engine = self.store.engine();
                    let items = inner.exports(engine).map(|(name, item)| (name.to_owned(), item.ty)).collect();
                    self.collect(instance, items, path, Some(&index), resources)?;
                }
                _ => {}
            }
            path.pop();
        }
        Ok(())
    }
}

/// The number of a resource type of a running component: that of the host's dynamic type, or the guest's own.
fn number_of(ty: ResourceType, own: &mut Vec<ResourceType>) -> u32 {
    if let Some(number) = (0..GUEST_RESOURCES).take(64).find(|n| ty == ResourceType::host_dynamic(*n)) {
        return number;
    }
    let position = own.iter().position(|known| *known == ty).unwrap_or_else(|| {
        own.push(ty);
        own.len() - 1
    });
    GUEST_RESOURCES + u32::try_from(position).expect("there are few resources")
}

/// Defines everything in `items`. `resources` are the imported resource types found so far.
fn define<'a>(
    engine: &Engine,
    linker: &mut LinkerInstance<'_, State>,
    items: Vec<(String, ComponentItem)>,
    import: Option<(&'a str, &'a [String])>,
    resources: &mut Vec<ResourceType>,
) -> Result<()> {
    for (name, item) in items {
        let (top, path) = match import {
            None => (name.clone(), Vec::new()),
            Some((top, path)) => (top.to_owned(), path.iter().cloned().chain([name.clone()]).collect()),
        };
        match item {
            ComponentItem::ComponentFunc(ty) => {
                let trace_name = trace_name(&top, &path);
                let mut number = |ty: &ResourceType| {
                    let known = resources.iter().position(|known| known == ty);
                    u32::try_from(known.expect("a resource is imported before it is used")).expect("few resources")
                };
                let asynchronous = ty.async_();
                let ty = FuncTy::of_component(&ty, &mut number).map_err(wasmtime::Error::msg)?;
                if asynchronous {
                    let (trace_name, ty) = (Arc::new(trace_name), Arc::new(ty));
                    linker.func_new_concurrent(&name, move |access, _: ComponentFunc, params, results| {
                        let (trace_name, ty) = (trace_name.clone(), ty.clone());
                        Box::pin(async move {
                            access.with(|mut store| answer(store.as_context_mut(), &trace_name, &ty, params, results))
                        })
                    })?;
                } else {
                    linker.func_new(&name, move |store, _: ComponentFunc, params, results| {
                        answer(store, &trace_name, &ty, params, results)
                    })?;
                }
            }
            ComponentItem::ComponentInstance(inner) => {
                let items = inner.exports(engine).map(|(name, item)| (name.to_owned(), item.ty)).collect();
                define(engine, &mut linker.instance(&name)?, items, Some((&top, &path)), resources)?;
            }
            ComponentItem::Resource(ty) => {
                let position = resources.iter().position(|known| *known == ty).unwrap_or_else(|| {
                    resources.push(ty);
                    resources.len() - 1
                });
                let number = u32::try_from(position).expect("there are few resources");
                linker.resource(&name, ResourceType::host_dynamic(number), |mut store, rep| {
                    store.data_mut().recorder.trace.push(Event::Drop(rep));
                    Ok(())
                })?;
            }
            ComponentItem::Type(_) => {}
            other => bail!("the oracle's host cannot provide `{name}`: {other:?}"),
        }
    }
    Ok(())
}

/// A call of the host.
fn answer(
    mut store: StoreContextMut<'_, State>,
    name: &str,
    ty: &FuncTy,
    params: &[Val],
    results: &mut [Val],
) -> Result<()> {
    let mut args = Vec::new();
    for (val, ty) in params.iter().zip(&ty.params) {
        args.push(Value::of_val(val, ty, &mut StoreHandles(store.as_context_mut()))?);
    }
    let result = store.data_mut().recorder.answer(name, args, ty.result.as_ref());
    if let (Some(value), Some(ty)) = (result, &ty.result) {
        results[0] = value.to_val(ty, &mut StoreHandles(store))?;
    }
    Ok(())
}

/// Handles of a store.
struct StoreHandles<'a>(StoreContextMut<'a, State>);

impl Handles for StoreHandles<'_> {
    fn to_any(&mut self, id: u32, resource: u32, own: bool) -> Result<ResourceAny> {
        if resource < GUEST_RESOURCES {
            let made = ResourceDynamic::new_own(id, resource).try_into_resource_any(&mut self.0)?;
            if !own {
                self.0.data_mut().lent.push(made);
            }
            return Ok(made);
        }
        let state = self.0.data_mut();
        let any = *state.guest.get(&id).ok_or_else(|| format_err!("the host does not own {id}"))?;
        if own {
            state.guest.remove(&id);
            state.recorder.owned.retain(|owned| owned.1 != id);
        }
        Ok(any)
    }

    fn of_any(&mut self, any: ResourceAny, resource: u32, own: bool) -> Result<u32> {
        if resource < GUEST_RESOURCES {
            return Ok(any.try_into_resource_dynamic(&mut self.0)?.rep());
        }
        assert!(own, "a root's imports cannot mention its own resources");
        let state = self.0.data_mut();
        let id = state.recorder.fresh();
        state.guest.insert(id, any);
        state.recorder.owned.push((resource, id));
        Ok(id)
    }
}

impl Guest for ComponentGuest {
    fn exports(&self) -> &[ExportFunc] {
        &self.exports
    }

    fn call(&mut self, path: &[String], args: &[Value]) -> Result<Option<Value>, Trap> {
        let index = self.exports.iter().position(|export| export.path == path);
        let index = index.ok_or_else(|| Trap(format!("no export {path:?}")))?;
        let ty = &self.exports[index].ty;
        let mut params = Vec::new();
        for (value, ty) in args.iter().zip(&ty.params) {
            params.push(value.to_val(ty, &mut StoreHandles(self.store.as_context_mut()))?);
        }
        let mut results = vec![Val::Bool(false); usize::from(ty.result.is_some())];
        match self.concurrent {
            false => self.funcs[index].call(&mut self.store, &params, &mut results)?,
            true => wait(self.funcs[index].call_async(&mut self.store, &params, &mut results))?,
        }
        for lent in std::mem::take(&mut self.store.data_mut().lent) {
            // Taken back, not dropped: the host's numbers are not used again.
            lent.try_into_resource_dynamic(&mut self.store)?;
        }
        match (results.first(), &ty.result) {
            (Some(val), Some(ty)) => Ok(Some(Value::of_val(val, ty, &mut StoreHandles(self.store.as_context_mut()))?)),
            _ => Ok(None),
        }
    }

    fn drop_handle(&mut self, id: u32) -> Result<(), Trap> {
        let state = self.store.data_mut();
        let any = state.guest.remove(&id).ok_or_else(|| Trap(format!("the host does not own {id}")))?;
        state.recorder.owned.retain(|owned| owned.1 != id);
        Ok(any.resource_drop(&mut self.store)?)
    }

    fn recorder(&mut self) -> &mut Recorder {
        &mut self.store.data_mut().recorder
    }
}
