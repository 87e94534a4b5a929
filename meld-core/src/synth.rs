//! Symbolic code: bodies of synthesized functions before any index exists.
//!
//! In: nothing; [`crate::adapter`] writes it. Out: [`SynthFunc`]s whose instructions name functions,
//! globals and memories by what they *are* ([`FuncRef`], [`GlobalRef`], [`MemoryRef`]). [`crate::merger`]
//! gives them entities, and rebasing (one shared memory) happens there for synthesized and guest code
//! alike: pointers in adapters are relative to the named memory, whatever its placement.
//! Rejected: an IR for guest code (guest bodies are spliced as bytes, see [`crate::parse`]).

use crate::abi::Pointer;
use crate::dfg::CoreItem;
use crate::ids::{ComponentInstanceId, ImportFuncId, OptionsId, ResourceId, RuntimeInstanceId, SynthId, TrampolineId};
use std::convert::Infallible;
use wasm_encoder::{Instruction, ValType};

/// A function, by meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FuncRef {
    /// A function of a core instance.
    Core(CoreItem),
    /// The function of a trampoline: an adapter, the callee itself, an import.
    Trampoline(TrampolineId),
    /// Another synthesized function.
    Synth(SynthId),
    /// An export of a runtime module, by name.
    Runtime(RuntimeInstanceId, &'static str),
    /// A function that the fused core module imports.
    Host(HostImport),
    /// The function that traps and says why: `cabi-trap:<class>`. It does not return.
    Trap(TrapClass),
}

/// A function that the fused core module imports from its host or from its component wrapper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HostImport {
    /// An imported component function, lowered with these options.
    Lower(ImportFuncId, OptionsId),
    /// `resource.drop` of a resource of the host.
    ResourceDrop(ResourceId),
    /// `resource.new` of a resource that the root exports.
    ResourceNew(ResourceId),
    /// `resource.rep` of a resource that the root exports.
    ResourceRep(ResourceId),
    /// A built-in of the principal, the one instance that uses tasks: a [`Trampoline::Host`](crate::dfg::Trampoline).
    Builtin(TrampolineId),
    /// `context.get` of the principal: the slot and its width.
    ContextGet(u32, Pointer),
    /// `context.set` of the principal: the slot and its width.
    ContextSet(u32, Pointer),
    /// `backpressure.inc` of the principal.
    BackpressureInc,
    /// `backpressure.dec` of the principal.
    BackpressureDec,
    /// What the loop does with the tasks of the host's component, where several instances use tasks.
    Waker(WakerCall),
}

/// A built-in of the component around the module, of which the loop of tasks in the module makes use. By a stream without elements one
/// of its tasks wakes another: the reader waits in a set, and whoever wakes it writes. `Wait` and `Poll` have what the host has to say, and `SubtaskDrop` ends a call
/// of its.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the built-in of the name that `WakerCall::name` gives")]
pub enum WakerCall {
    SetNew,
    SetDrop,
    Join,
    StreamNew,
    Read,
    Write,
    CancelRead,
    DropReadable,
    DropWritable,
    Wait,
    Poll,
    SubtaskDrop,
}

impl WakerCall {
    /// Its keyword in the text format.
    pub const fn name(self) -> &'static str {
        match self {
            WakerCall::SetNew => "waitable-set.new",
            WakerCall::SetDrop => "waitable-set.drop",
            WakerCall::Join => "waitable.join",
            WakerCall::StreamNew => "stream.new",
            WakerCall::Read => "stream.read",
            WakerCall::Write => "stream.write",
            WakerCall::CancelRead => "stream.cancel-read",
            WakerCall::DropReadable => "stream.drop-readable",
            WakerCall::DropWritable => "stream.drop-writable",
            WakerCall::Wait => "waitable-set.wait",
            WakerCall::Poll => "waitable-set.poll",
            WakerCall::SubtaskDrop => "subtask.drop",
        }
    }

    /// Its core parameters and results.
    pub fn signature(self) -> (Vec<ValType>, Vec<ValType>) {
        use ValType::{I32, I64};
        let (params, results): (&[ValType], &[ValType]) = match self {
            WakerCall::SetNew => (&[], &[I32]),
            WakerCall::StreamNew => (&[], &[I64]),
            WakerCall::Join => (&[I32, I32], &[]),
            WakerCall::Read | WakerCall::Write => (&[I32, I32, I32], &[I32]),
            WakerCall::CancelRead => (&[I32], &[I32]),
            WakerCall::Wait | WakerCall::Poll => (&[I32, I32], &[I32]),
            WakerCall::SetDrop | WakerCall::DropReadable | WakerCall::DropWritable | WakerCall::SubtaskDrop => {
                (&[I32], &[])
            }
        };
        (params.to_vec(), results.to_vec())
    }
}

/// A global, by meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GlobalRef {
    /// Mutable i32, 1 where the instance may call out (`CanonicalABI.md`, `may_leave`). Initially 1.
    MayLeave(ComponentInstanceId),
    /// A context slot of the instance, 0 or 1, of that width. Initially 0.
    Context(ComponentInstanceId, u32, Pointer),
    /// What was in a context slot when the exported function of the instance that returned last returned, for its
    /// post-return.
    LeftContext(ComponentInstanceId, u32, Pointer),
    /// Mutable i32: the backpressure counter. Initially 0.
    Backpressure(ComponentInstanceId),
    /// Mutable i32: set while a handle is taken from the host's table without running its destructor.
    SuppressDtor,
    /// Mutable i32: what the exported function that returned last returned, for its post-return, where the host
    /// got another number: a handle, or the address of a copy.
    Returned,
    /// Mutable i32: set where a pointer on its way to the host was found to lead out of its window.
    WrongPointer,
    /// Mutable i32: the number of live borrow handles of the call in progress; saved around calls.
    BorrowScope,
    /// Mutable i32 of an [`Extension`](crate::extension::Extension), which chooses the number: two extensions of one fusion need
    /// different ones. Initially 0.
    Extension(u32),
}

impl GlobalRef {
    /// Its type.
    pub fn ty(self) -> ValType {
        match self {
            GlobalRef::Context(_, _, width) | GlobalRef::LeftContext(_, _, width) => width.core_type(),
            GlobalRef::MayLeave(_)
            | GlobalRef::Backpressure(_)
            | GlobalRef::SuppressDtor
            | GlobalRef::Returned
            | GlobalRef::WrongPointer
            | GlobalRef::BorrowScope
            | GlobalRef::Extension(_) => ValType::I32,
        }
    }
}

/// A memory, by meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MemoryRef {
    /// A memory of a core instance.
    Core(CoreItem),
    /// The memory of a runtime instance.
    Runtime(RuntimeInstanceId),
}

/// Why an adapter traps. The name of the trap function is `cabi-trap:` and the text of [`TrapClass::name`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is described by its name")]
pub enum TrapClass {
    StringOutOfBounds,
    StringTooLong,
    ListOutOfBounds,
    ListTooLong,
    PointerOutOfBounds,
    PointerUnaligned,
    ReallocOutOfBounds,
    ReallocUnaligned,
    Char,
    Discriminant,
    Utf8,
    Utf16,
    MayLeave,
    MayEnter,
    Backpressure,
    HandleUnknown,
    HandleType,
    HandleLent,
    HandleNotOwn,
    HandleTableFull,
    NotesFull,
    OutboxFull,
    ArenaFull,
    StackOverflow,
    BorrowLeak,
    UncaughtException,
    TaskState,
    Waitable,
    CopyState,
    CallbackCode,
    Deadlock,
    NestedWait,
    TasksFull,
}

impl TrapClass {
    /// Every class, in order.
    pub const ALL: [TrapClass; 33] = [
        TrapClass::StringOutOfBounds,
        TrapClass::StringTooLong,
        TrapClass::ListOutOfBounds,
        TrapClass::ListTooLong,
        TrapClass::PointerOutOfBounds,
        TrapClass::PointerUnaligned,
        TrapClass::ReallocOutOfBounds,
        TrapClass::ReallocUnaligned,
        TrapClass::Char,
        TrapClass::Discriminant,
        TrapClass::Utf8,
        TrapClass::Utf16,
        TrapClass::MayLeave,
        TrapClass::MayEnter,
        TrapClass::Backpressure,
        TrapClass::HandleUnknown,
        TrapClass::HandleType,
        TrapClass::HandleLent,
        TrapClass::HandleNotOwn,
        TrapClass::HandleTableFull,
        TrapClass::NotesFull,
        TrapClass::OutboxFull,
        TrapClass::ArenaFull,
        TrapClass::StackOverflow,
        TrapClass::BorrowLeak,
        TrapClass::UncaughtException,
        TrapClass::TaskState,
        TrapClass::Waitable,
        TrapClass::CopyState,
        TrapClass::CallbackCode,
        TrapClass::Deadlock,
        TrapClass::NestedWait,
        TrapClass::TasksFull,
    ];

    /// The class in kebab case; runtime modules import their traps as `(import "trap" "<name>" (func))`.
    pub const fn name(self) -> &'static str {
        match self {
            TrapClass::StringOutOfBounds => "string-out-of-bounds",
            TrapClass::StringTooLong => "string-too-long",
            TrapClass::ListOutOfBounds => "list-out-of-bounds",
            TrapClass::ListTooLong => "list-too-long",
            TrapClass::PointerOutOfBounds => "pointer-out-of-bounds",
            TrapClass::PointerUnaligned => "pointer-unaligned",
            TrapClass::ReallocOutOfBounds => "realloc-out-of-bounds",
            TrapClass::ReallocUnaligned => "realloc-unaligned",
            TrapClass::Char => "char",
            TrapClass::Discriminant => "discriminant",
            TrapClass::Utf8 => "utf8",
            TrapClass::Utf16 => "utf16",
            TrapClass::MayLeave => "may-leave",
            TrapClass::MayEnter => "may-enter",
            TrapClass::Backpressure => "backpressure",
            TrapClass::HandleUnknown => "handle-unknown",
            TrapClass::HandleType => "handle-type",
            TrapClass::HandleLent => "handle-lent",
            TrapClass::HandleNotOwn => "handle-not-own",
            TrapClass::HandleTableFull => "handle-table-full",
            TrapClass::NotesFull => "notes-full",
            TrapClass::OutboxFull => "outbox-full",
            TrapClass::ArenaFull => "arena-full",
            TrapClass::StackOverflow => "stack-overflow",
            TrapClass::BorrowLeak => "borrow-leak",
            TrapClass::UncaughtException => "uncaught-exception",
            TrapClass::TaskState => "task-state",
            TrapClass::Waitable => "waitable",
            TrapClass::CopyState => "copy-state",
            TrapClass::CallbackCode => "callback-code",
            TrapClass::Deadlock => "deadlock",
            TrapClass::NestedWait => "nested-wait",
            TrapClass::TasksFull => "tasks-full",
        }
    }
}

/// An address that is known when memories have their places. A memory is named by meaning, or by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Address<M = MemoryRef> {
    /// Where in the fused module's memory the named memory begins: what is added to a pointer relative to it to
    /// make the address that the host sees. 0 for a memory that stays a memory of its own.
    WindowBase(M),
    /// Where what is the named memory's own begins: its base, or above that what was its stack.
    WindowStart(M),
    /// Where the arena begins that is in the same memory of the result as the named memory, above all windows.
    ArenaBase(M),
    /// The end of that arena, exclusive.
    ArenaEnd(M),
    /// Where the shared stack ends that is in the same memory of the result as the named memory: it grows down to there.
    StackLimit(M),
    /// The top of that stack: it grows down from there.
    StackTop(M),
}

/// An instruction of a synthesized body.
///
/// Adapters name functions, globals and memories by meaning, which are the default parameters, and know no data segments. The merged
/// module names all by their ids ([`crate::module::Op`]).
#[derive(Debug, Clone)]
pub enum Inst<F = FuncRef, G = GlobalRef, M = MemoryRef, D = Infallible> {
    /// An instruction whose immediates are only constants, locals, labels and value types.
    Plain(Instruction<'static>),
    /// `call`
    Call(F),
    /// `ref.func`
    RefFunc(F),
    /// `global.get`
    GlobalGet(G),
    /// `global.set`
    GlobalSet(G),
    /// A load or store. `access` gives its `MemArg` as immediates; address operand relative to `memory`.
    Access {
        /// Which load or store.
        op: AccessOp,
        /// The memory.
        memory: M,
        /// Static offset in bytes.
        offset: u64,
        /// Log2 of the promised alignment.
        align: u32,
    },
    /// `memory.size`, in pages of that memory.
    MemorySize(M),
    /// The same as the guest itself has it, who may have pointers beyond ([`SharedMemory::reaches_beyond`](crate::plan::SharedMemory)).
    OwnSize(M),
    /// `i32.const` of an address that is known when memories have their places.
    Address(Address<M>),
    /// `memory.copy`
    MemoryCopy {
        /// Destination.
        dst: M,
        /// Source.
        src: M,
    },
    /// `memory.fill`
    MemoryFill(M),
    /// `memory.init`
    MemoryInit {
        /// The memory.
        memory: M,
        /// The segment.
        data: D,
    },
}

/// A load or store that adapters use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the core instruction of the same name")]
pub enum AccessOp {
    I32Load,
    I64Load,
    F32Load,
    F64Load,
    I32Load8U,
    I32Load8S,
    I32Load16U,
    I32Load16S,
    I32Store,
    I64Store,
    F32Store,
    F64Store,
    I32Store8,
    I32Store16,
}

/// A part of what an adapter does. Debug information gives each a line ([`Step::line`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Checks whether the call may be made, and notes what has to be as it was afterwards.
    Enter,
    /// Lifts the parameters and lowers them into the callee.
    Parameters,
    /// Calls.
    Call,
    /// Lifts the result and lowers it into the caller.
    Results,
    /// Calls post-return.
    PostReturn,
    /// Brings back what was noted.
    Leave,
}

impl Step {
    /// Every step, in the order of their lines.
    pub(crate) const ALL: [Step; 6] =
        [Step::Enter, Step::Parameters, Step::Call, Step::Results, Step::PostReturn, Step::Leave];

    /// The number of its line in debug information, from 1.
    pub fn line(self) -> u32 {
        self as u32 + 1
    }

    /// What the line says.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Step::Enter => "enter",
            Step::Parameters => "convert the parameters",
            Step::Call => "call",
            Step::Results => "convert the result",
            Step::PostReturn => "call post-return",
            Step::Leave => "leave",
        }
    }
}

/// A synthesized function.
#[derive(Debug, Clone)]
pub struct SynthFunc {
    /// Debug name, such as `adapter ns:pkg/iface#f consumer->provider`.
    pub name: String,
    /// Core parameters.
    pub params: Vec<ValType>,
    /// Core results.
    pub results: Vec<ValType>,
    /// Locals after the parameters, one by one.
    pub locals: Vec<ValType>,
    /// The body without the final `end`.
    pub body: Vec<Inst>,
    /// Which part of the work begins at which position in the body, in ascending order. What is in front of the first is [`Step::Enter`].
    pub steps: Vec<(usize, Step)>,
    /// Why there is no body, if the call that this function carries out is not supported. It is an error only if
    /// something live calls the function, and only the merged module's liveness tells that.
    pub unsupported: Option<String>,
}
