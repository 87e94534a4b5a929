//! Canonical built-ins of tasks, waitables, streams, futures, error contexts and threads, as definitions in a component.
//!
//! In: the kind of a built-in and its immediates, as indices in the component. Out: the index of the core function (`Binary.md`,
//! "Canonical Definitions").

use crate::abi::Pointer;
use crate::dfg::{HostBuiltinKind as Kind, StringEncoding};
use wasm_encoder::{CanonicalOption, ComponentBuilder, ComponentValType, FuncType};

/// The core function of a built-in. `ty` is its type immediate, and `memory` the one that it has instead of options. `None` if one of the
/// immediates is missing that the built-in has.
pub(crate) fn host_builtin(
    component: &mut ComponentBuilder,
    kind: Kind,
    ty: Option<ComponentValType>,
    options: Vec<CanonicalOption>,
    memory: Option<u32>,
) -> Option<u32> {
    // The type immediates of streams and futures are indices, and that of `task.return` is a value type.
    let index = match ty {
        Some(ComponentValType::Type(index)) => Some(index),
        Some(ComponentValType::Primitive(_)) | None => None,
    };
    Some(match kind {
        Kind::TaskReturn => component.task_return(ty, options),
        Kind::TaskCancel => component.task_cancel(),
        Kind::SubtaskDrop => component.subtask_drop(),
        Kind::SubtaskCancel { is_async } => component.subtask_cancel(is_async),
        Kind::StreamNew => component.stream_new(index?),
        Kind::StreamRead => component.stream_read(index?, options),
        Kind::StreamWrite => component.stream_write(index?, options),
        Kind::StreamForward => component.stream_forward(index?),
        Kind::StreamCancelRead { is_async } => component.stream_cancel_read(index?, is_async),
        Kind::StreamCancelWrite { is_async } => component.stream_cancel_write(index?, is_async),
        Kind::StreamDropReadable => component.stream_drop_readable(index?),
        Kind::StreamDropWritable => component.stream_drop_writable(index?),
        Kind::FutureNew => component.future_new(index?),
        Kind::FutureRead => component.future_read(index?, options),
        Kind::FutureWrite => component.future_write(index?, options),
        Kind::FutureForward => component.future_forward(index?),
        Kind::FutureCancelRead { is_async } => component.future_cancel_read(index?, is_async),
        Kind::FutureCancelWrite { is_async } => component.future_cancel_write(index?, is_async),
        Kind::FutureDropReadable => component.future_drop_readable(index?),
        Kind::FutureDropWritable => component.future_drop_writable(index?),
        Kind::ErrorContextNew => component.error_context_new(options),
        Kind::ErrorContextDebugMessage => component.error_context_debug_message(options),
        Kind::ErrorContextDrop => component.error_context_drop(),
        Kind::WaitableSetNew => component.waitable_set_new(),
        Kind::WaitableSetWait => component.waitable_set_wait(memory?),
        Kind::WaitableSetPoll => component.waitable_set_poll(memory?),
        Kind::WaitableSetDrop => component.waitable_set_drop(),
        Kind::WaitableJoin => component.waitable_join(),
        Kind::ThreadIndex => component.thread_index(),
        // It has immediates of its own.
        Kind::ThreadNewIndirect => return None,
        Kind::ThreadYield => component.thread_yield(),
        Kind::ThreadResumeLater => component.thread_resume_later(),
        Kind::ThreadSuspend => component.thread_suspend(),
        Kind::ThreadSuspendThenResume => component.thread_suspend_then_resume(),
        Kind::ThreadYieldThenResume => component.thread_yield_then_resume(),
        Kind::ThreadSuspendThenPromote => component.thread_suspend_then_promote(),
        Kind::ThreadYieldThenPromote => component.thread_yield_then_promote(),
    })
}

/// The core function of `thread.new-indirect`: `closure` is the width of the parameter of a thread's function, and `table` the index of the table.
pub(crate) fn thread_new_indirect(component: &mut ComponentBuilder, closure: Pointer, table: u32) -> u32 {
    let (ty, encoder) = component.core_type(Some("thread-start"));
    encoder.core().func_type(&FuncType::new([closure.core_type()], []));
    component.thread_new_indirect(ty, table)
}

/// The option that states an encoding.
pub(crate) fn encoding(encoding: StringEncoding) -> CanonicalOption {
    match encoding {
        StringEncoding::Utf8 => CanonicalOption::UTF8,
        StringEncoding::Utf16 => CanonicalOption::UTF16,
        StringEncoding::CompactUtf16 => CanonicalOption::CompactUTF16,
    }
}
