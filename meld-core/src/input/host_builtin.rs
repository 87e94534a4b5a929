//! Built-ins that only a host with tasks carries out.
//!
//! In: a `canon` definition. Out: [`HostBuiltinKind`]: which built-in of tasks, waitables, streams, futures, error contexts and
//! threads it is (`CanonicalABI.md`, "Canonical Definitions"). Each works on the state of one component instance, which the host keeps.

use wasmparser::CanonicalFunction;

/// Which built-in it is, of those that only a host with tasks carries out. `is_async` is the immediate `async`, without which the built-in blocks.
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
    ThreadNewIndirect,
    ThreadYield,
    ThreadResumeLater,
    ThreadSuspend,
    ThreadSuspendThenResume,
    ThreadYieldThenResume,
    ThreadSuspendThenPromote,
    ThreadYieldThenPromote,
}

impl HostBuiltinKind {
    /// Whether it reads from a stream or a future, or writes to one.
    pub fn is_copy(self) -> bool {
        matches!(
            self,
            HostBuiltinKind::StreamRead
                | HostBuiltinKind::StreamWrite
                | HostBuiltinKind::FutureRead
                | HostBuiltinKind::FutureWrite
        )
    }

    /// The kind of a built-in. For one that is not of these, its keyword in the text format.
    pub fn of(canon: &CanonicalFunction) -> Result<Self, &'static str> {
        Ok(match canon {
            CanonicalFunction::TaskReturn { .. } => HostBuiltinKind::TaskReturn,
            CanonicalFunction::TaskCancel => HostBuiltinKind::TaskCancel,
            CanonicalFunction::SubtaskDrop => HostBuiltinKind::SubtaskDrop,
            CanonicalFunction::SubtaskCancel { async_ } => HostBuiltinKind::SubtaskCancel { is_async: *async_ },
            CanonicalFunction::StreamNew { .. } => HostBuiltinKind::StreamNew,
            CanonicalFunction::StreamRead { .. } => HostBuiltinKind::StreamRead,
            CanonicalFunction::StreamWrite { .. } => HostBuiltinKind::StreamWrite,
            CanonicalFunction::StreamForward { .. } => HostBuiltinKind::StreamForward,
            CanonicalFunction::StreamCancelRead { async_, .. } => {
                HostBuiltinKind::StreamCancelRead { is_async: *async_ }
            }
            CanonicalFunction::StreamCancelWrite { async_, .. } => {
                HostBuiltinKind::StreamCancelWrite { is_async: *async_ }
            }
            CanonicalFunction::StreamDropReadable { .. } => HostBuiltinKind::StreamDropReadable,
            CanonicalFunction::StreamDropWritable { .. } => HostBuiltinKind::StreamDropWritable,
            CanonicalFunction::FutureNew { .. } => HostBuiltinKind::FutureNew,
            CanonicalFunction::FutureRead { .. } => HostBuiltinKind::FutureRead,
            CanonicalFunction::FutureWrite { .. } => HostBuiltinKind::FutureWrite,
            CanonicalFunction::FutureForward { .. } => HostBuiltinKind::FutureForward,
            CanonicalFunction::FutureCancelRead { async_, .. } => {
                HostBuiltinKind::FutureCancelRead { is_async: *async_ }
            }
            CanonicalFunction::FutureCancelWrite { async_, .. } => {
                HostBuiltinKind::FutureCancelWrite { is_async: *async_ }
            }
            CanonicalFunction::FutureDropReadable { .. } => HostBuiltinKind::FutureDropReadable,
            CanonicalFunction::FutureDropWritable { .. } => HostBuiltinKind::FutureDropWritable,
            CanonicalFunction::ErrorContextNew { .. } => HostBuiltinKind::ErrorContextNew,
            CanonicalFunction::ErrorContextDebugMessage { .. } => HostBuiltinKind::ErrorContextDebugMessage,
            CanonicalFunction::ErrorContextDrop => HostBuiltinKind::ErrorContextDrop,
            CanonicalFunction::WaitableSetNew => HostBuiltinKind::WaitableSetNew,
            CanonicalFunction::WaitableSetWait { .. } => HostBuiltinKind::WaitableSetWait,
            CanonicalFunction::WaitableSetPoll { .. } => HostBuiltinKind::WaitableSetPoll,
            CanonicalFunction::WaitableSetDrop => HostBuiltinKind::WaitableSetDrop,
            CanonicalFunction::WaitableJoin => HostBuiltinKind::WaitableJoin,
            CanonicalFunction::ThreadIndex => HostBuiltinKind::ThreadIndex,
            CanonicalFunction::ThreadNewIndirect { .. } => HostBuiltinKind::ThreadNewIndirect,
            CanonicalFunction::ThreadYield => HostBuiltinKind::ThreadYield,
            CanonicalFunction::ThreadResumeLater => HostBuiltinKind::ThreadResumeLater,
            CanonicalFunction::ThreadSuspend => HostBuiltinKind::ThreadSuspend,
            CanonicalFunction::ThreadSuspendThenResume => HostBuiltinKind::ThreadSuspendThenResume,
            CanonicalFunction::ThreadYieldThenResume => HostBuiltinKind::ThreadYieldThenResume,
            CanonicalFunction::ThreadSuspendThenPromote => HostBuiltinKind::ThreadSuspendThenPromote,
            CanonicalFunction::ThreadYieldThenPromote => HostBuiltinKind::ThreadYieldThenPromote,
            CanonicalFunction::Lift { .. } => return Err("lift"),
            CanonicalFunction::Lower { .. } => return Err("lower"),
            CanonicalFunction::ResourceNew { .. } => return Err("resource.new"),
            CanonicalFunction::ResourceRep { .. } => return Err("resource.rep"),
            CanonicalFunction::ResourceDrop { .. } => return Err("resource.drop"),
            CanonicalFunction::ContextGet { .. } => return Err("context.get"),
            CanonicalFunction::ContextSet { .. } => return Err("context.set"),
            CanonicalFunction::BackpressureInc => return Err("backpressure.inc"),
            CanonicalFunction::BackpressureDec => return Err("backpressure.dec"),
            CanonicalFunction::ThreadSpawnRef { .. } => return Err("thread.spawn-ref"),
            CanonicalFunction::ThreadSpawnIndirect { .. } => return Err("thread.spawn-indirect"),
            CanonicalFunction::ThreadAvailableParallelism => return Err("thread.available-parallelism"),
        })
    }

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
            HostBuiltinKind::ThreadNewIndirect => "thread.new-indirect",
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
