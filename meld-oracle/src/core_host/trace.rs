//! What passes between a host and a core module, core value by core value.
//!
//! In: a guest that [`CoreCode::start_traced`](super::CoreCode::start_traced) started. Out: [`CoreEvent`]s, in order: what another host has to do to do the
//! same with the same module elsewhere, and what it has to see. `.ci/native` has translators to native code make programs of modules, and
//! such a host of them, without a canonical ABI of its own.

use super::guest::State;
use wasmtime::{AsContextMut, Caller, Func, FuncType, Linker, Result, Val};

/// Something that happens at the boundary. Numbers are the bits of core values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CoreEvent {
    /// The host calls an export.
    Call(String, Vec<u64>),
    /// The call returns.
    Returned(Vec<u64>),
    /// The call traps.
    Trapped,
    /// The module calls an import: its module and its field.
    Import(String, String, Vec<u64>),
    /// The host answers.
    Answer(Vec<u64>),
    /// The host does not answer: the call was wrong.
    Refused,
    /// The host reads memory, and finds this.
    Read(u32, Vec<u8>),
    /// The host writes memory.
    Write(u32, Vec<u8>),
}

fn bits(values: &[Val]) -> Vec<u64> {
    let bits = |value: &Val| match value {
        Val::I32(v) => u64::from(v.cast_unsigned()),
        Val::I64(v) => v.cast_unsigned(),
        Val::F32(v) => u64::from(*v),
        Val::F64(v) => *v,
        other => panic!("{other:?} does not cross the boundary of a core module"),
    };
    values.iter().map(bits).collect()
}

/// Notes an event, if somebody wants to know.
pub(super) fn note(state: &mut State, event: impl FnOnce() -> CoreEvent) {
    if let Some(trace) = &mut state.trace {
        trace.push(event());
    }
}

/// Calls the export `name`.
pub(super) fn call(
    mut store: impl AsContextMut<Data = State>,
    (name, func): (&str, Func),
    params: &[Val],
    results: &mut [Val],
) -> Result<()> {
    note(store.as_context_mut().data_mut(), || CoreEvent::Call(name.to_owned(), bits(params)));
    let called = func.call(&mut store, params, results);
    note(store.as_context_mut().data_mut(), || match &called {
        Ok(()) => CoreEvent::Returned(bits(results)),
        Err(_) => CoreEvent::Trapped,
    });
    called
}

/// Defines an import that does what `answer` does.
pub(super) fn import(
    linker: &mut Linker<State>,
    (module, field): (&str, &str),
    ty: FuncType,
    answer: impl Fn(&mut Caller<'_, State>, &[Val], &mut [Val]) -> Result<()> + Send + Sync + 'static,
) -> Result<()> {
    let names = (module.to_owned(), field.to_owned());
    linker.func_new(module, field, ty, move |mut caller, params, results| {
        note(caller.data_mut(), || CoreEvent::Import(names.0.clone(), names.1.clone(), bits(params)));
        let answered = answer(&mut caller, params, results);
        note(caller.data_mut(), || match &answered {
            Ok(()) => CoreEvent::Answer(bits(results)),
            Err(_) => CoreEvent::Refused,
        });
        answered
    })?;
    Ok(())
}
