//! The imports of the module: built-ins by their names in the description, and functions of the host (`CanonicalABI.md`, "Canonical Definitions").

use crate::copies::{BLOCKED, Operation, Side, cancel, copy, drop};
use crate::fault;
use crate::host::{Action, Answer, Function, Host, store, tick};
use crate::run::items;
use crate::state::{CANCELLED, Entry, Phase, RETURNED, STARTED, Set, State, Subtask, Waitable};
use serde_json::Value;
use std::collections::BTreeMap;
use wasmi::{AsContextMut, Caller, Error, FuncType, Linker, Memory, StoreContextMut, Val, ValType};

/// An import in the description, and the types that it mentions.
#[derive(Clone, Copy)]
pub(crate) struct Import<'d> {
    pub(crate) item: &'d Value,
    pub(crate) types: &'d Value,
}

impl Import<'_> {
    fn text(&self, field: &str) -> &str {
        self.item[field].as_str().unwrap_or_default()
    }

    fn core(&self, which: &str) -> Result<Vec<ValType>, Error> {
        let ty = |name: &Value| match name.as_str() {
            Some("i32") => Ok(ValType::I32),
            Some("i64") => Ok(ValType::I64),
            Some("f32") => Ok(ValType::F32),
            Some("f64") => Ok(ValType::F64),
            _ => fault("a core type is not known"),
        };
        items(&self.item["core"][which]).map(ty).collect()
    }

    /// Bytes of an element of the stream or the future that a built-in is of. Without a type, it is a stream of nothing.
    fn element(&self) -> Result<u32, Error> {
        let Some(ty) = self.item["type"].as_u64() else { return Ok(0) };
        match self.types[ty as usize]["element"].as_str() {
            Some("u8" | "s8") => Ok(1),
            Some("u16" | "s16") => Ok(2),
            Some("u32" | "s32" | "f32") => Ok(4),
            Some("u64" | "s64" | "f64") => Ok(8),
            None if self.types[ty as usize]["element"].is_null() => Ok(0),
            _ => fault(format!("`{}`: this host copies numbers only", self.text("field"))),
        }
    }
}

type Context<'c, 's> = &'c mut StoreContextMut<'s, State>;

type Imported = Box<dyn Fn(Caller<'_, State>, &[Val], &mut [Val]) -> Result<(), Error> + Send + Sync>;

/// Defines an import.
pub(crate) fn define(
    linker: &mut Linker<State>,
    import: Import<'_>,
    functions: &mut BTreeMap<String, Function>,
    state: &mut State,
) -> Result<(), Error> {
    let (module, field) = (import.text("module").to_owned(), import.text("field").to_owned());
    let ty = FuncType::new(import.core("params")?, import.core("results")?);
    let is_async = import.item["async_option"] == true;
    let memory = import.item["memory"].as_str().map(str::to_owned);
    let mut add = |func: Imported| {
        let named = format!("{module} {field}");
        linker.func_new(&module, &field, ty.clone(), func).map_err(|error| Error::new(format!("{named}: {error}")))?;
        Ok(())
    };
    match import.text("kind") {
        "function" => {
            let path: Vec<&str> = items(&import.item["path"]).filter_map(Value::as_str).collect();
            let Some(function) = functions.remove(&path.join("#")) else {
                return fault(format!("the host has no `{}`", path.join("#")));
            };
            state.functions.push(Some(function));
            let number = state.functions.len() - 1;
            let has_result = !import.item["result"].is_null();
            add(Box::new(move |mut caller, params, results| {
                let ctx = &mut caller.as_context_mut();
                call(ctx, number, (is_async, has_result, memory.as_deref()), params, results)
            }))
        }
        "builtin" => {
            let name = import.text("name").to_owned();
            let element =
                if name.starts_with("stream.") || name.starts_with("future.") { import.element()? } else { 0 };
            let slot = import.item["slot"].as_u64().unwrap_or_default() as usize;
            let known = Builtin { name, is_async, memory, element, slot };
            if !known.is_known() {
                return fault(format!("`{}` is not in this host", known.name));
            }
            add(Box::new(move |mut caller, params, results| {
                let value = known.call(&mut caller.as_context_mut(), params)?;
                match (value, results) {
                    (Some(value), [result]) => *result = value,
                    (None, []) => {}
                    _ => return fault(format!("`{}` has another type", known.name)),
                }
                Ok(())
            }))
        }
        _ => fault(format!("`{field}`: this host keeps no resources")),
    }
}

/// A call of a function of the host. With a result that is not one core value, or with `async`, the last parameter says where it goes.
fn call(
    ctx: Context<'_, '_>,
    number: usize,
    (is_async, has_result, memory): (bool, bool, Option<&str>),
    params: &[Val],
    results: &mut [Val],
) -> Result<(), Error> {
    let in_memory = has_result && (is_async || results.is_empty());
    let (params, place) = match params.split_last() {
        Some((Val::I32(address), params)) if in_memory => {
            (params, Some((find(ctx.data(), memory)?, address.cast_unsigned())))
        }
        _ => (params, None),
    };
    let Some(mut function) = ctx.data_mut().functions[number].take() else { return fault("a function calls itself") };
    let answer = function(&mut Host::new(ctx), params);
    ctx.data_mut().functions[number] = Some(function);
    let bytes = match answer? {
        Answer::Now(bytes) => {
            store(ctx, place, &bytes)?;
            if is_async {
                results[0] = Val::I32(RETURNED.cast_signed());
                return Ok(());
            }
            bytes
        }
        Answer::After(time, bytes) => {
            let state = ctx.data_mut();
            let timer = (state.now() + time, state.next());
            let subtask = Subtask { waitable: Waitable::default(), state: STARTED, delivered: false, timer };
            let index = state.add(Entry::Subtask(subtask));
            state.timers.insert(timer, Action::Return { subtask: index, result: bytes.clone(), place });
            if is_async {
                results[0] = Val::I32((STARTED | index << 4).cast_signed());
                return Ok(());
            }
            block(ctx, |state| Ok(state.subtask(index)?.state >= RETURNED))?;
            ctx.data_mut().remove(index)?;
            bytes
        }
    };
    if let [result] = results {
        let mut word = [0; 8];
        word[..bytes.len().min(8)].copy_from_slice(&bytes[..bytes.len().min(8)]);
        *result = match result {
            Val::I64(_) => Val::I64(i64::from_le_bytes(word)),
            Val::F32(_) => Val::F32(f32::from_le_bytes([word[0], word[1], word[2], word[3]]).into()),
            Val::F64(_) => Val::F64(f64::from_le_bytes(word).into()),
            _ => Val::I32(i32::from_le_bytes([word[0], word[1], word[2], word[3]])),
        };
    }
    Ok(())
}

fn find(state: &State, memory: Option<&str>) -> Result<Memory, Error> {
    match memory.and_then(|name| state.memories.get(name)) {
        Some(memory) => Ok(*memory),
        None => fault("the module calls before it has a memory"),
    }
}

/// The code of a task waits on its stack: only the host does something.
fn block(ctx: Context<'_, '_>, mut is_over: impl FnMut(&mut State) -> Result<bool, Error>) -> Result<(), Error> {
    while !is_over(ctx.data_mut())? {
        if !tick(ctx)? {
            return fault("deadlock: code waits, and the host has nothing to do");
        }
    }
    Ok(())
}

/// A built-in.
struct Builtin {
    name: String,
    is_async: bool,
    memory: Option<String>,
    element: u32,
    slot: usize,
}

/// Those that there are.
const KNOWN: [&str; 28] = [
    "task.return",
    "task.cancel",
    "context.get",
    "context.set",
    "backpressure.inc",
    "backpressure.dec",
    "thread.yield",
    "waitable-set.new",
    "waitable-set.wait",
    "waitable-set.poll",
    "waitable-set.drop",
    "waitable.join",
    "subtask.cancel",
    "subtask.drop",
    "stream.new",
    "stream.read",
    "stream.write",
    "stream.cancel-read",
    "stream.cancel-write",
    "stream.drop-readable",
    "stream.drop-writable",
    "future.new",
    "future.read",
    "future.write",
    "future.cancel-read",
    "future.cancel-write",
    "future.drop-readable",
    "future.drop-writable",
];

impl Builtin {
    fn is_known(&self) -> bool {
        KNOWN.contains(&self.name.as_str())
    }

    fn call(&self, ctx: Context<'_, '_>, params: &[Val]) -> Result<Option<Val>, Error> {
        let word = |at: usize| match params.get(at) {
            Some(Val::I32(word)) => Ok(word.cast_unsigned()),
            _ => fault(format!("`{}` has another type", self.name)),
        };
        let state = ctx.data_mut();
        let number = match self.name.as_str() {
            "task.return" => {
                let task = state.running()?;
                if task.phase == Phase::Resolved || task.callback.is_none() {
                    return fault("a task returns twice");
                }
                (task.phase, task.result) = (Phase::Resolved, Some(params.to_vec()));
                return Ok(None);
            }
            "task.cancel" => {
                let task = state.running()?;
                if task.phase != Phase::CancelDelivered {
                    return fault("a task gives up that was not asked to");
                }
                task.phase = Phase::Resolved;
                return Ok(None);
            }
            "context.get" => return Ok(Some(state.running()?.context[self.slot].clone())),
            "context.set" => {
                state.running()?.context[self.slot] = params[0].clone();
                return Ok(None);
            }
            "backpressure.inc" | "backpressure.dec" => {
                let more = if self.name == "backpressure.inc" { 1 } else { u32::MAX };
                state.backpressure = state.backpressure.wrapping_add(more);
                return if state.backpressure > 0xffff { fault("backpressure is out of range") } else { Ok(None) };
            }
            "thread.yield" => 0,
            "waitable-set.new" => state.add(Entry::Set(Set::default())),
            "waitable-set.drop" => return state.drop_set(word(0)?).map(|()| None),
            "waitable-set.wait" | "waitable-set.poll" => {
                let (set, address) = (word(0)?, word(1)?);
                state.set(set)?.waiting += 1;
                let mut event = state.poll(set)?;
                if self.name == "waitable-set.wait" && event.is_none() {
                    block(ctx, |state| {
                        event = state.poll(set)?;
                        Ok(event.is_some())
                    })?;
                }
                let state = ctx.data_mut();
                state.set(set)?.waiting -= 1;
                let [code, index, payload] = event.unwrap_or_default();
                let place = Some((find(state, self.memory.as_deref())?, address));
                store(ctx, place, &[index.to_le_bytes(), payload.to_le_bytes()].concat())?;
                code
            }
            "waitable.join" => return state.join(word(0)?, word(1)?).map(|()| None),
            "subtask.cancel" => {
                let subtask = state.subtask(word(0)?)?;
                if subtask.delivered {
                    return fault("a subtask is cancelled that is over");
                }
                // What the host does ends at once.
                if subtask.state < RETURNED {
                    subtask.state = CANCELLED;
                    let timer = subtask.timer;
                    state.timers.remove(&timer);
                }
                let subtask = state.subtask(word(0)?)?;
                (subtask.delivered, subtask.waitable.event) = (true, None);
                subtask.state
            }
            "subtask.drop" => {
                if !state.subtask(word(0)?)?.delivered {
                    return fault("a subtask is dropped that is not over");
                }
                state.join(word(0)?, 0)?;
                return state.remove(word(0)?).map(|_| None);
            }
            "stream.new" | "future.new" => {
                let is_future = self.name == "future.new";
                let stream = state.add_shared(is_future, self.element, Side::Module(0), Side::Module(0));
                let (readable, writable) = (state.add_end(stream, false)?, state.add_end(stream, true)?);
                return Ok(Some(Val::I64((u64::from(readable) | u64::from(writable) << 32).cast_signed())));
            }
            "stream.read" | "stream.write" | "future.read" | "future.write" => {
                let length = if self.name.starts_with("future.") { 1 } else { word(2)? };
                let index = word(0)?;
                let memory = if self.element > 0 { Some(find(state, self.memory.as_deref())?) } else { None };
                let op = Operation { index, memory, pointer: word(1)?, length, empty: length == 0 };
                let code = copy(ctx, self.name.ends_with(".write"), op)?;
                if code == BLOCKED && !self.is_async {
                    block(ctx, |state| Ok(state.waitable(index)?.event.is_some()))?;
                    ctx.data_mut().deliver(index)?[2]
                } else {
                    code
                }
            }
            "stream.cancel-read" | "stream.cancel-write" | "future.cancel-read" | "future.cancel-write" => {
                cancel(state, word(0)?)?
            }
            "stream.drop-readable" | "future.drop-readable" => return drop(state, word(0)?, false).map(|()| None),
            "stream.drop-writable" | "future.drop-writable" => return drop(state, word(0)?, true).map(|()| None),
            _ => return fault(format!("`{}` is not in this host", self.name)),
        };
        Ok(Some(Val::I32(number.cast_signed())))
    }
}
