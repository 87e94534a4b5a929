//! Built-ins that only a host with tasks carries out.
//!
//! In: nothing; [`crate::inline`] fills it. Out: [`HostBuiltin`]: built-ins of tasks, waitables, streams, futures, error contexts and
//! threads (`CanonicalABI.md`, "Canonical Definitions"). Each works on the state of one component instance, which the host keeps.

use crate::abi::types::ValType;
use crate::ids::{ComponentInstanceId, OptionsId};

/// A built-in that the host carries out on the state of a component instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct HostBuiltin {
    /// The instance whose state it works on.
    pub instance: ComponentInstanceId,
    /// Which one it is.
    pub kind: HostBuiltinKind,
    /// Its type immediate: the result type of `task.return`; the stream or future type of `stream.*` and `future.*`.
    pub ty: Option<ValType>,
    /// Its canonical options; for `waitable-set.wait` and `waitable-set.poll` there is only the memory in them.
    pub options: Option<OptionsId>,
}

/// The kinds of [`HostBuiltin`]. `is_async` is the immediate `async`, without which the built-in blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the built-in of the name that `HostBuiltinKind::name` gives")]
pub enum HostBuiltinKind {
    TaskReturn,
    TaskCancel,
    SubtaskDrop,
    SubtaskCancel { is_async: bool },
    StreamNew,
    StreamRead,
    StreamWrite,
    StreamForward,
    StreamCancelRead { is_async: bool },
    StreamCancelWrite { is_async: bool },
    StreamDropReadable,
    StreamDropWritable,
    FutureNew,
    FutureRead,
    FutureWrite,
    FutureForward,
    FutureCancelRead { is_async: bool },
    FutureCancelWrite { is_async: bool },
    FutureDropReadable,
    FutureDropWritable,
    ErrorContextNew,
    ErrorContextDebugMessage,
    ErrorContextDrop,
    WaitableSetNew,
    WaitableSetWait,
    WaitableSetPoll,
    WaitableSetDrop,
    WaitableJoin,
    ThreadIndex,
    ThreadYield,
    ThreadResumeLater,
    ThreadSuspend,
    ThreadSuspendThenResume,
    ThreadYieldThenResume,
    ThreadSuspendThenPromote,
    ThreadYieldThenPromote,
}

impl HostBuiltinKind {
    /// Its keyword in the text format.
    pub const fn name(self) -> &'static str {
        match self {
            HostBuiltinKind::TaskReturn => "task.return",
            HostBuiltinKind::TaskCancel => "task.cancel",
            HostBuiltinKind::SubtaskDrop => "subtask.drop",
            HostBuiltinKind::SubtaskCancel { .. } => "subtask.cancel",
            HostBuiltinKind::StreamNew => "stream.new",
            HostBuiltinKind::StreamRead => "stream.read",
            HostBuiltinKind::StreamWrite => "stream.write",
            HostBuiltinKind::StreamForward => "stream.forward",
            HostBuiltinKind::StreamCancelRead { .. } => "stream.cancel-read",
            HostBuiltinKind::StreamCancelWrite { .. } => "stream.cancel-write",
            HostBuiltinKind::StreamDropReadable => "stream.drop-readable",
            HostBuiltinKind::StreamDropWritable => "stream.drop-writable",
            HostBuiltinKind::FutureNew => "future.new",
            HostBuiltinKind::FutureRead => "future.read",
            HostBuiltinKind::FutureWrite => "future.write",
            HostBuiltinKind::FutureForward => "future.forward",
            HostBuiltinKind::FutureCancelRead { .. } => "future.cancel-read",
            HostBuiltinKind::FutureCancelWrite { .. } => "future.cancel-write",
            HostBuiltinKind::FutureDropReadable => "future.drop-readable",
            HostBuiltinKind::FutureDropWritable => "future.drop-writable",
            HostBuiltinKind::ErrorContextNew => "error-context.new",
            HostBuiltinKind::ErrorContextDebugMessage => "error-context.debug-message",
            HostBuiltinKind::ErrorContextDrop => "error-context.drop",
            HostBuiltinKind::WaitableSetNew => "waitable-set.new",
            HostBuiltinKind::WaitableSetWait => "waitable-set.wait",
            HostBuiltinKind::WaitableSetPoll => "waitable-set.poll",
            HostBuiltinKind::WaitableSetDrop => "waitable-set.drop",
            HostBuiltinKind::WaitableJoin => "waitable.join",
            HostBuiltinKind::ThreadIndex => "thread.index",
            HostBuiltinKind::ThreadYield => "thread.yield",
            HostBuiltinKind::ThreadResumeLater => "thread.resume-later",
            HostBuiltinKind::ThreadSuspend => "thread.suspend",
            HostBuiltinKind::ThreadSuspendThenResume => "thread.suspend-then-resume",
            HostBuiltinKind::ThreadYieldThenResume => "thread.yield-then-resume",
            HostBuiltinKind::ThreadSuspendThenPromote => "thread.suspend-then-promote",
            HostBuiltinKind::ThreadYieldThenPromote => "thread.yield-then-promote",
        }
    }
}
