//! Names of canonical built-ins.
//!
//! In: a `canon` definition. Out: its keyword in the text format (`Explainer.md`, "Canonical built-ins"), and
//! the type immediate that it has. For prints and messages, and for built-ins that nothing further is
//! known of.

use wasmparser::{CanonicalFunction, ComponentValType};

/// The keyword of a built-in in the text format.
pub(crate) fn builtin_name(canon: &CanonicalFunction) -> &'static str {
    match canon {
        CanonicalFunction::Lift { .. } => "lift",
        CanonicalFunction::Lower { .. } => "lower",
        CanonicalFunction::ResourceNew { .. } => "resource.new",
        CanonicalFunction::ResourceRep { .. } => "resource.rep",
        CanonicalFunction::ResourceDrop { .. } => "resource.drop",
        CanonicalFunction::ContextGet { .. } => "context.get",
        CanonicalFunction::ContextSet { .. } => "context.set",
        CanonicalFunction::BackpressureInc => "backpressure.inc",
        CanonicalFunction::BackpressureDec => "backpressure.dec",
        CanonicalFunction::TaskReturn { .. } => "task.return",
        CanonicalFunction::TaskCancel => "task.cancel",
        CanonicalFunction::SubtaskDrop => "subtask.drop",
        CanonicalFunction::SubtaskCancel { .. } => "subtask.cancel",
        CanonicalFunction::StreamNew { .. } => "stream.new",
        CanonicalFunction::StreamRead { .. } => "stream.read",
        CanonicalFunction::StreamWrite { .. } => "stream.write",
        CanonicalFunction::StreamForward { .. } => "stream.forward",
        CanonicalFunction::StreamCancelRead { .. } => "stream.cancel-read",
        CanonicalFunction::StreamCancelWrite { .. } => "stream.cancel-write",
        CanonicalFunction::StreamDropReadable { .. } => "stream.drop-readable",
        CanonicalFunction::StreamDropWritable { .. } => "stream.drop-writable",
        CanonicalFunction::FutureNew { .. } => "future.new",
        CanonicalFunction::FutureRead { .. } => "future.read",
        CanonicalFunction::FutureWrite { .. } => "future.write",
        CanonicalFunction::FutureForward { .. } => "future.forward",
        CanonicalFunction::FutureCancelRead { .. } => "future.cancel-read",
        CanonicalFunction::FutureCancelWrite { .. } => "future.cancel-write",
        CanonicalFunction::FutureDropReadable { .. } => "future.drop-readable",
        CanonicalFunction::FutureDropWritable { .. } => "future.drop-writable",
        CanonicalFunction::ErrorContextNew { .. } => "error-context.new",
        CanonicalFunction::ErrorContextDebugMessage { .. } => "error-context.debug-message",
        CanonicalFunction::ErrorContextDrop => "error-context.drop",
        CanonicalFunction::WaitableSetNew => "waitable-set.new",
        CanonicalFunction::WaitableSetWait { .. } => "waitable-set.wait",
        CanonicalFunction::WaitableSetPoll { .. } => "waitable-set.poll",
        CanonicalFunction::WaitableSetDrop => "waitable-set.drop",
        CanonicalFunction::WaitableJoin => "waitable.join",
        CanonicalFunction::ThreadIndex => "thread.index",
        CanonicalFunction::ThreadYield => "thread.yield",
        CanonicalFunction::ThreadNewIndirect { .. } => "thread.new-indirect",
        CanonicalFunction::ThreadResumeLater => "thread.resume-later",
        CanonicalFunction::ThreadSuspend => "thread.suspend",
        CanonicalFunction::ThreadSuspendThenResume => "thread.suspend-then-resume",
        CanonicalFunction::ThreadYieldThenResume => "thread.yield-then-resume",
        CanonicalFunction::ThreadSuspendThenPromote => "thread.suspend-then-promote",
        CanonicalFunction::ThreadYieldThenPromote => "thread.yield-then-promote",
        CanonicalFunction::ThreadSpawnRef { .. } => "thread.spawn-ref",
        CanonicalFunction::ThreadSpawnIndirect { .. } => "thread.spawn-indirect",
        CanonicalFunction::ThreadAvailableParallelism => "thread.available-parallelism",
    }
}

/// The type immediate of a built-in that works on a value of that type: the result of `task.return`, the
/// stream or future type of the others.
pub(crate) fn builtin_type(canon: &CanonicalFunction) -> Option<ComponentValType> {
    match canon {
        CanonicalFunction::TaskReturn { result, .. } => *result,
        CanonicalFunction::StreamNew { ty }
        | CanonicalFunction::StreamRead { ty, .. }
        | CanonicalFunction::StreamWrite { ty, .. }
        | CanonicalFunction::StreamForward { ty }
        | CanonicalFunction::StreamCancelRead { ty, .. }
        | CanonicalFunction::StreamCancelWrite { ty, .. }
        | CanonicalFunction::StreamDropReadable { ty }
        | CanonicalFunction::StreamDropWritable { ty }
        | CanonicalFunction::FutureNew { ty }
        | CanonicalFunction::FutureRead { ty, .. }
        | CanonicalFunction::FutureWrite { ty, .. }
        | CanonicalFunction::FutureForward { ty }
        | CanonicalFunction::FutureCancelRead { ty, .. }
        | CanonicalFunction::FutureCancelWrite { ty, .. }
        | CanonicalFunction::FutureDropReadable { ty }
        | CanonicalFunction::FutureDropWritable { ty } => Some(ComponentValType::Type(*ty)),
        _ => None,
    }
}
