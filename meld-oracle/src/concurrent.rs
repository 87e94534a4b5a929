//! Runs components that have asynchronous functions and need no host but an engine: those that export `run`.
//!
//! In: a component and a time limit. Out: nothing, or a [`Fault`]. `run` is called once, and then everything that it left
//! running must end as well. A deadlock is told from a slow run: the engine traps if no task is ready and nothing outside
//! can make one ready, and code that runs is stopped by the deadline of its store, which is earlier than the end of the
//! wait. So if that wait ends, no code ran: the event loop was idle.

use crate::engine::concurrent_engine;
use std::fmt::{self, Display, Formatter};
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;
use wasmtime::component::{Component, Linker};
use wasmtime::{Store, Trap, WasmtimeBug};

/// The export that is called.
const RUN: &str = "run";

/// Seconds between the deadline of a store and the end of the wait for it.
const GRACE_SECONDS: u64 = 5;

/// Why a run failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// All tasks wait, each for something that only another one could do.
    Deadlock,
    /// Code was still running at the end of its time.
    Slow,
    /// It trapped: the text with frames.
    Trap(String),
    /// It could not be compiled, instantiated or called.
    Unfit(String),
    /// wasmtime says that it has a bug: it panics, if it has debug assertions. The run judges nothing.
    Engine(String),
}

impl Display for Fault {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Deadlock => write!(f, "deadlock: every task waits, and nothing can wake one"),
            Fault::Slow => write!(f, "slow: code was still running at the end of its time"),
            Fault::Trap(text) => write!(f, "trap: {text}"),
            Fault::Unfit(text) => write!(f, "does not start: {text}"),
            Fault::Engine(text) => write!(f, "a bug of the engine: {text}"),
        }
    }
}

impl Fault {
    pub(crate) fn unfit(error: impl fmt::Debug) -> Fault {
        Fault::Unfit(format!("{error:?}"))
    }

    /// Of an error of instantiation, which runs code or does not come so far.
    pub(crate) fn at_start(error: wasmtime::Error) -> Fault {
        if error.is::<Trap>() { Fault::of(&error) } else { Fault::unfit(error) }
    }

    pub(crate) fn of(error: &wasmtime::Error) -> Fault {
        if let Some(bug) = error.downcast_ref::<WasmtimeBug>() {
            return Fault::Engine(bug.to_string());
        }
        match error.downcast_ref::<Trap>() {
            Some(Trap::AsyncDeadlock) => Fault::Deadlock,
            Some(Trap::Interrupt) => Fault::Slow,
            _ => Fault::Trap(format!("{error:?}")),
        }
    }
}

/// Instantiates `component`, calls its `run`, and waits until all its tasks have ended. Code may run for `seconds`.
pub fn run(component: &[u8], seconds: u64) -> Result<(), Fault> {
    let engine = concurrent_engine();
    let component = Component::new(engine, component).map_err(Fault::unfit)?;
    within(seconds, async {
        let mut store = Store::new(engine, ());
        store.set_epoch_deadline(seconds);
        let linker = Linker::new(engine);
        let instance = linker.instantiate_async(&mut store, &component).await.map_err(Fault::at_start)?;
        let run = instance.get_typed_func::<(), ()>(&mut store, RUN).map_err(Fault::unfit)?;
        run.call_async(&mut store, ()).await.map_err(|error| Fault::of(&error))?;
        // A task may go on after it has returned.
        let rest = store.run_concurrent(async |tasks| poll_fn(|cx| tasks.poll_no_interesting_tasks(cx)).await);
        rest.await.map_err(|error| Fault::of(&error))
    })
}

/// Waits for `run`, whose stores stop code after `seconds`. If it has not ended some time after that, nothing runs any more.
pub(crate) fn within<T>(seconds: u64, run: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Fault::unfit)?;
    let wait = Duration::from_secs(seconds + GRACE_SECONDS);
    let ended = catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(async { tokio::time::timeout(wait, run).await.unwrap_or(Err(Fault::Deadlock)) })
    }));
    ended.unwrap_or_else(|panic| match panic.downcast_ref::<String>() {
        // What runs is dropped with its store.
        Some(text) if text.starts_with("BUG: ") => Err(Fault::Engine(text.clone())),
        _ => resume_unwind(panic),
    })
}

/// The results of all `calls`, which run at once.
///
/// # Errors
///
/// The first error of one.
pub async fn all<T, E>(calls: Vec<impl Future<Output = Result<T, E>>>) -> Result<Vec<T>, E> {
    let mut calls: Vec<Pin<Box<_>>> = calls.into_iter().map(Box::pin).collect();
    let mut results: Vec<Option<T>> = calls.iter().map(|_| None).collect();
    poll_fn(|cx| {
        for (call, result) in calls.iter_mut().zip(&mut results).filter(|(_, result)| result.is_none()) {
            match call.as_mut().poll(cx) {
                Poll::Ready(Ok(value)) => *result = Some(value),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => {}
            }
        }
        if results.iter().any(Option::is_none) { Poll::Pending } else { Poll::Ready(Ok(())) }
    })
    .await?;
    Ok(results.into_iter().flatten().collect())
}
