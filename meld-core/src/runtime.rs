//! Runtime modules: fixed algorithms, written by hand in `runtime/*.wat` and assembled by `build.rs`.
//!
//! In: requests by [`crate::adapter`]. Out: one [`RuntimeInstance`] per distinct binding, interned; the
//! merger merges each like any core instance of the input, and liveness prunes what is not called.
//! Imports of a runtime module are those of [`RuntimeInstance::bindings`], and `("trap" "<class>")`, which the
//! merger resolves by [`TrapClass::name`](crate::synth::TrapClass::name). The declared type of an imported
//! memory is a placeholder: what is bound may be larger, shared, or have another page size. A memory, table or
//! array that a runtime module defines is its own: no guest can reach it. Where a module has words of its own, it
//! has a form for each [`Storage`] of them; see `docs/adr/0038-private-storage.md`.
//!
//! Rejected: building these bodies with an encoder, as adapters are (a transcoder in that form cannot be reviewed),
//! and a compiled Rust runtime (a second toolchain at build time, a stack and a data segment at run time).

mod anywhere;
mod own;

pub(crate) use anywhere::{FromAnywhere, TranscoderSide};
pub use own::OwnModule;

use crate::abi::Pointer;
use crate::dfg::{CoreItem, StringEncoding};
use crate::ids::{ComponentInstanceId, DomainId, Interner, RuntimeInstanceId};
use crate::synth::{Address, FuncRef, MemoryRef};
use wasmparser::MemoryType;

/// Which runtime module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RuntimeKind {
    /// Exports `transcode: (src_ptr: i32, src_len: i32) -> (dst_ptr: i32, dst_len: i32)`: checks the source's
    /// range, validates, allocates in the destination by the spec's sequence of reallocs, checks what realloc
    /// returns, copies (`CanonicalABI.md`, `load_string_from_range` and `store_string_into_range`). Lengths are
    /// in code units of their encoding, tagged where it is `latin1+utf16`. The two memories may be one. On a side
    /// whose memory has 64-bit addresses, pointer and length are i64, and `latin1+utf16` is not had.
    Transcode {
        /// Encoding of the source.
        src: StringEncoding,
        /// Encoding of the destination.
        dst: StringEncoding,
        /// The widths of pointers in the source and in the destination.
        pointers: (Pointer, Pointer),
        /// Whether 128-bit vector instructions may be used.
        simd: bool,
    },
    /// The handle space of one component instance, in words of its own (`CanonicalABI.md`, `Table` and
    /// `ResourceHandle`). Imports nothing but traps, and [`RuntimeKind::Words`] where its words are there. A `tag` is the resource type, any number but 0; `rep` is
    /// the representation or, where the entry is for a handle of the host, that handle. Everything is i32.
    ///
    /// | export | type | use |
    /// |---|---|---|
    /// | `new_own` | `(tag, rep) -> index` | `resource.new`, `lower_own` |
    /// | `rep` | `(tag, index) -> rep` | `resource.rep` |
    /// | `take_own` | `(tag, index) -> rep` | `lift_own`: the entry is gone |
    /// | `drop` | `(tag, index) -> (rep, what)` | `resource.drop`: the entry is gone. `what` is 1 for an own, whose destructor the caller now calls; 0 for a borrow; 2 for a borrow made by `new_borrow_owning` |
    /// | `lend` | `(tag, index) -> rep` | `lift_borrow`; `unlend` the same index when the callee has returned |
    /// | `unlend` | `(index)` | |
    /// | `lend_mark` | `() -> mark` | `lift_borrow` of any number: the mark before the first, |
    /// | `lend_push` | `(tag, index) -> rep` | this for each, |
    /// | `lend_release` | `(mark)` | and this when the callee has returned |
    /// | `scope_enter` | `() -> scope` | before borrows are lowered into this instance for a call |
    /// | `new_borrow` | `(tag, rep, scope) -> index` | `lower_borrow` |
    /// | `new_borrow_owning` | `(tag, rep, scope) -> index` | the same, for a borrow that owns its handle of the host |
    /// | `find` | `(index) -> (tag, rep)` | an entry of any type |
    /// | `new_borrow_of_task` | `(tag, rep, scope) -> index` | `lower_borrow` in a call that has a task, which counts its borrows |
    /// | `drop_of_task` | `(tag, index) -> (rep, what, task)` | `drop`, where a borrow may be of a task |
    /// | `scope_leave` | `(scope)` | when the callee has returned, before post-return; traps if a borrow is left |
    ///
    /// Marks and scopes of one instance nest as the calls do.
    Handles(ComponentInstanceId),
    /// Words of a guest's memory that hold other numbers while the host reads them, and in words of its own
    /// what was there before. Everything is i32.
    ///
    /// | export | type | use |
    /// |---|---|---|
    /// | `mark` | `() -> mark` | before the first |
    /// | `push` | `(address, value)` | notes an aligned word inside the memory, and the value to put there |
    /// | `apply` | `(mark)` | puts in place what was noted since the mark |
    /// | `restore` | `(mark, kept, bytes)` | brings back what was there, but for the `bytes` from `kept` on |
    Rewrite,
    /// Copies of what the host reads, in the memory of the result where what is copied is: a region of its own. Everything is i32.
    ///
    /// | export | type | use |
    /// |---|---|---|
    /// | `begin` | `()` | before the first |
    /// | `take` | `(bytes) -> start` | room at a multiple of 8, counted from the start of the region; traps where there is none |
    Outbox(DomainId),
    /// Words in a table, which other runtime modules have in common. Everything is i32. A word has five slots.
    ///
    /// | export | type | use |
    /// |---|---|---|
    /// | `load` | `(slot) -> word` | |
    /// | `store` | `(slot, word)` | |
    /// | `copy` | `(to, from, slots)` | |
    /// | `grow` | `(start, slots, more) -> start` | makes a block larger, perhaps elsewhere; 0 if there is no room |
    Words,
    /// The growth of a memory that is a window of a larger one. Everything is i32 and in pages of that memory.
    ///
    /// | export | type | use |
    /// |---|---|---|
    /// | `size` | mutable global | `memory.size` |
    /// | `grow` | `(delta) -> old` | `memory.grow` |
    Grow(CoreItem),
    /// Tasks, subtasks, waitables, sets, streams and futures of all component instances that use them, in words of its own
    /// (`CanonicalABI.md`, "Tasks", "Waitable State", "Subtask State", "Stream State", "Future State"). Its exports are what
    /// [`crate::adapter`] calls; `runtime/tasks*.wat` says what each does.
    Tasks,
    /// The memory to which the host writes an event for the loop of [`RuntimeKind::Tasks`]. Exports its two words: `index` and `payload`.
    Events,
    /// An allocator, with a memory of its own that is the arena and never grows, in that memory of the result.
    ///
    /// | export | type | use |
    /// |---|---|---|
    /// | `realloc` | `(old, old_bytes, align, new_bytes, bias) -> new` | addresses from the start of the arena; what is aligned is `new + bias` |
    Arena(DomainId),
    /// A module of an extension.
    Own(OwnModule),
}

/// Bytes of a record of [`RuntimeKind::Tasks`] in a memory: 32 words.
const TASK_BYTES: u32 = 128;
/// Bytes of an event, the memory of [`RuntimeKind::Events`].
const EVENT_BYTES: u32 = 8;

/// One runtime module bound to what it works on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RuntimeInstance {
    /// The module.
    pub kind: RuntimeKind,
    /// Values of its imports, other than traps: module name, field name, value.
    pub bindings: Vec<(&'static str, &'static str, Binding)>,
    /// Where its own words are, if it has any.
    pub storage: Option<Storage>,
}

/// Where a runtime module has words of its own, which no guest can reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Storage {
    /// A memory of its own, which grows by pages.
    Pages,
    /// A region of so many bytes in a memory with others. It does not grow.
    Region(u32),
    /// The table of an instance of [`RuntimeKind::Words`].
    Table(RuntimeInstanceId),
    /// An array of the garbage collector.
    Gc,
}

/// The functions that [`RuntimeKind::Tasks`] calls back, which depend on types and on the host; see `runtime/tasks_imports.wat`.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "each is described where it is imported")]
pub struct TaskCallbacks<F> {
    pub start: F,
    pub resume: F,
    pub wake: F,
    pub copy: F,
    pub unlend: F,
    pub receive: F,
    pub join: F,
    pub begin: F,
    pub finish: F,
    pub settle: F,
    pub write: F,
}

impl<F> TaskCallbacks<F> {
    /// What a function makes, for each.
    pub fn of(mut make: impl FnMut() -> F) -> TaskCallbacks<F> {
        TaskCallbacks {
            start: make(),
            resume: make(),
            wake: make(),
            copy: make(),
            unlend: make(),
            receive: make(),
            join: make(),
            begin: make(),
            finish: make(),
            settle: make(),
            write: make(),
        }
    }

    /// The same, of what a function makes of each.
    pub fn map<T>(self, mut each: impl FnMut(F) -> T) -> TaskCallbacks<T> {
        TaskCallbacks {
            start: each(self.start),
            resume: each(self.resume),
            wake: each(self.wake),
            copy: each(self.copy),
            unlend: each(self.unlend),
            receive: each(self.receive),
            join: each(self.join),
            begin: each(self.begin),
            finish: each(self.finish),
            settle: each(self.settle),
            write: each(self.write),
        }
    }
}

/// Where a runtime module gets its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// A memory of its own.
    Memory,
    /// A region of a memory with others, for so many handles or records of tasks.
    Records(u32),
    /// The table of an instance of [`RuntimeKind::Words`].
    Table(RuntimeInstanceId),
    /// An array of the garbage collector.
    Gc,
}

/// The value of a runtime module's import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Binding {
    /// A memory.
    Memory(MemoryRef),
    /// A function.
    Func(FuncRef),
    /// An immutable i32 global with this value.
    I32(i32),
    /// An immutable i32 global with this address.
    Address(Address),
}

/// All runtime instances of a fusion.
pub type RuntimeInstances = Interner<RuntimeInstanceId, RuntimeInstance>;

/// A memory that a transcoder reads or writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StringMemory {
    /// The memory.
    pub memory: MemoryRef,
    /// The width of its addresses.
    pub pointer: Pointer,
    /// Log2 of its page size in bytes: 16 unless it has a custom page size.
    pub page_size_log2: u32,
    /// The encoding of strings in it.
    pub encoding: StringEncoding,
}

/// What `build.rs` made of a module, in the form that the flag asks for where there are two.
macro_rules! assembled {
    ($name:literal) => {
        assembled!(@$name, "")
    };
    ($name:literal, simd: $simd:ident) => {
        if $simd { assembled!(@$name, ".simd") } else { assembled!(@$name, ".i64") }
    };
    (@$name:literal, $form:literal) => {
        RuntimeModule { name: $name, wasm: include_bytes!(concat!(env!("OUT_DIR"), "/", $name, $form, ".wasm")) }
    };
}

impl RuntimeInstance {
    /// The transcoder from `src` to `dst`, which allocates by `realloc`, a function with the type and the
    /// duties (such as clearing `may_leave`) of the canonical option. Not for a wide side in `latin1+utf16`.
    pub fn transcode(src: StringMemory, dst: StringMemory, realloc: FuncRef, simd: bool) -> Self {
        Self {
            kind: RuntimeKind::Transcode {
                src: src.encoding,
                dst: dst.encoding,
                pointers: (src.pointer, dst.pointer),
                simd,
            },
            bindings: vec![
                ("src", "memory", Binding::Memory(src.memory)),
                ("dst", "memory", Binding::Memory(dst.memory)),
                ("src", "page_log2", Binding::I32(src.page_size_log2 as i32)),
                ("dst", "page_log2", Binding::I32(dst.page_size_log2 as i32)),
                ("dst", "realloc", Binding::Func(realloc)),
            ],
            storage: None,
        }
    }

    /// The handle space of `instance`. Where it cannot grow it may have room for some more handles than were asked
    /// for, if calls need less for their scopes.
    pub fn handles(instance: ComponentInstanceId, room: Room) -> Self {
        // An entry has 16 bytes, and the first is not used; a word for each handle that is lent, and for each
        // call in progress.
        let storage = match room {
            Room::Memory => Storage::Pages,
            Room::Records(n) => Storage::Region(16 * (n + 1) + 4 * (n + 12)),
            Room::Table(words) => Storage::Table(words),
            Room::Gc => Storage::Gc,
        };
        Self::with_storage(RuntimeKind::Handles(instance), Vec::new(), storage)
    }

    /// What rewrites words of `memory`, which has 32-bit addresses. One memory with windows has an outbox instead: there
    /// is no form for a region, and in such a memory the merger has no place for pages.
    pub fn rewrite(memory: MemoryRef, room: Room) -> Self {
        let bindings = vec![("guest", "memory", Binding::Memory(memory))];
        let storage = match room {
            Room::Memory | Room::Records(_) => Storage::Pages,
            Room::Table(words) => Storage::Table(words),
            Room::Gc => Storage::Gc,
        };
        Self::with_storage(RuntimeKind::Rewrite, bindings, storage)
    }

    /// The outbox of a fusion in which a handle table has room for so many handles: two words for each, a pointer and a
    /// length with the values beside them. `domain`: where it is.
    pub fn outbox(domain: DomainId, handles: u32) -> Self {
        Self::with_storage(RuntimeKind::Outbox(domain), Vec::new(), Storage::Region(16 * handles))
    }

    /// The tasks of so many component instances, with the functions that it calls back: `start`, `resume` and `wake` of a task,
    /// `copy` of elements, and `unlend` of a handle; and for what the host has the other side of: `receive` of an event, `join` of a set,
    /// `begin` and `finish` of a call, `settle` of an operation, and `write`.
    pub fn tasks(instances: u32, callbacks: TaskCallbacks<FuncRef>, room: Room) -> Self {
        let TaskCallbacks { start, resume, wake, copy, unlend, receive, join, begin, finish, settle, write } =
            callbacks;
        let func = |name, func| ("adapter", name, Binding::Func(func));
        let outer = |name, func| ("outer", name, Binding::Func(func));
        let bindings = vec![
            func("start", start),
            func("resume", resume),
            func("wake", wake),
            func("copy", copy),
            func("unlend", unlend),
            outer("receive", receive),
            outer("join", join),
            outer("begin", begin),
            outer("finish", finish),
            outer("settle", settle),
            outer("write", write),
            ("tasks", "instances", Binding::I32(instances.cast_signed())),
        ];
        let storage = match room {
            Room::Memory => Storage::Pages,
            // No record is at the first place, and those of the instances come next.
            Room::Records(n) => Storage::Region(TASK_BYTES * (n + instances + 1)),
            Room::Table(words) => Storage::Table(words),
            Room::Gc => Storage::Gc,
        };
        Self::with_storage(RuntimeKind::Tasks, bindings, storage)
    }

    /// Where the host writes events; in a memory with others if `beside`.
    pub fn events(beside: bool) -> Self {
        let storage = beside.then_some(Storage::Region(EVENT_BYTES));
        Self { kind: RuntimeKind::Events, bindings: Vec::new(), storage }
    }

    /// The words that others have in a table.
    pub fn words() -> Self {
        Self { kind: RuntimeKind::Words, bindings: Vec::new(), storage: None }
    }

    /// What grows a memory of type `ty` by `bound` bytes at most.
    pub fn grow(memory: CoreItem, ty: &MemoryType, bound: u64) -> Self {
        // What has no room in 32 bits has none in one memory, and is refused there.
        let pages = |pages: u64| Binding::I32(u32::try_from(pages).unwrap_or(u32::MAX).cast_signed());
        let maximum = pages(grown_pages(ty, bound));
        let bindings = vec![("window", "initial", pages(ty.initial)), ("window", "maximum", maximum)];
        Self { kind: RuntimeKind::Grow(memory), bindings, storage: None }
    }

    /// An arena of so many bytes, a multiple of 8 below 2^31. `domain`: where it is.
    pub fn arena(domain: DomainId, bytes: u32) -> Self {
        Self::with_storage(RuntimeKind::Arena(domain), Vec::new(), Storage::Region(bytes))
    }

    /// A module of an extension. Every import but `("trap" "<class>")` has a binding. Two with the same module and the same bindings
    /// are one.
    pub fn own(module: OwnModule, bindings: Vec<(&'static str, &'static str, Binding)>) -> Self {
        Self { kind: RuntimeKind::Own(module), bindings, storage: None }
    }

    fn with_storage(
        kind: RuntimeKind,
        mut bindings: Vec<(&'static str, &'static str, Binding)>,
        storage: Storage,
    ) -> Self {
        match storage {
            Storage::Pages | Storage::Gc => {}
            Storage::Region(bytes) => bindings.push(("region", "bytes", Binding::I32(bytes.cast_signed()))),
            Storage::Table(words) => {
                let func = |name| ("words", name, Binding::Func(FuncRef::Runtime(words, name)));
                bindings.extend(["load", "store", "copy", "grow"].map(func));
            }
        }
        Self { kind, bindings, storage: Some(storage) }
    }

    /// Bytes that its own memory has, where that is a region of a memory with others.
    pub fn region(&self) -> Option<u32> {
        match self.storage {
            Some(Storage::Region(bytes)) => Some(bytes),
            _ => None,
        }
    }

    /// Its module.
    pub fn module(&self) -> RuntimeModule {
        match (self.kind, self.storage) {
            (RuntimeKind::Handles(_), Some(Storage::Region(_))) => assembled!(@"handles", ".region"),
            (RuntimeKind::Handles(_), Some(Storage::Table(_))) => assembled!(@"handles", ".table"),
            (RuntimeKind::Handles(_), Some(Storage::Gc)) => assembled!(@"handles", ".gc"),
            (RuntimeKind::Tasks, Some(Storage::Region(_))) => assembled!(@"tasks", ".region"),
            (RuntimeKind::Tasks, Some(Storage::Table(_))) => assembled!(@"tasks", ".table"),
            (RuntimeKind::Tasks, Some(Storage::Gc)) => assembled!(@"tasks", ".gc"),
            (RuntimeKind::Rewrite, Some(Storage::Table(_))) => assembled!(@"rewrite", ".table"),
            (RuntimeKind::Rewrite, Some(Storage::Gc)) => assembled!(@"rewrite", ".gc"),
            (kind, _) => module(kind),
        }
    }
}

/// A runtime module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuntimeModule {
    /// A name for people.
    pub name: &'static str,
    /// The module in the binary format, to be read like a core module of the input.
    pub wasm: &'static [u8],
}

/// How many pages a memory of type `ty` has at most if it may grow by `bound` bytes.
pub fn grown_pages(ty: &MemoryType, bound: u64) -> u64 {
    let pages = ty.initial.saturating_add(bound >> ty.page_size_log2.unwrap_or(16));
    ty.maximum.map_or(pages, |maximum| maximum.min(pages))
}

/// The module of a kind; where it has words of its own, the form with [`Storage::Pages`]. There is no transcoder for
/// `latin1+utf16` in a memory with 64-bit addresses: the caller must have refused it.
pub fn module(kind: RuntimeKind) -> RuntimeModule {
    match kind {
        RuntimeKind::Transcode { src, dst, pointers, simd } => match pointers {
            (Pointer::W32, Pointer::W32) => narrow_transcoder(src, dst, simd),
            _ => wide_transcoder(src, dst, pointers, simd)
                .expect("adapters refuse `latin1+utf16` in memories with 64-bit addresses"),
        },
        RuntimeKind::Handles(_) => assembled!(@"handles", ".pages"),
        RuntimeKind::Rewrite => assembled!(@"rewrite", ".pages"),
        RuntimeKind::Tasks => assembled!(@"tasks", ".pages"),
        RuntimeKind::Words => assembled!("words"),
        RuntimeKind::Outbox(_) => assembled!("outbox"),
        RuntimeKind::Events => assembled!("events"),
        RuntimeKind::Grow(_) => assembled!("grow"),
        RuntimeKind::Arena(_) => assembled!("arena"),
        RuntimeKind::Own(own) => own.module(),
    }
}

fn narrow_transcoder(src: StringEncoding, dst: StringEncoding, simd: bool) -> RuntimeModule {
    use StringEncoding::{CompactUtf16, Utf8, Utf16};
    match (src, dst) {
        (Utf8, Utf8) => assembled!("utf8_to_utf8", simd: simd),
        (Utf8, Utf16) => assembled!("utf8_to_utf16", simd: simd),
        (Utf8, CompactUtf16) => assembled!("utf8_to_compact", simd: simd),
        (Utf16, Utf8) => assembled!("utf16_to_utf8", simd: simd),
        (Utf16, Utf16) => assembled!("utf16_to_utf16", simd: simd),
        (Utf16, CompactUtf16) => assembled!("utf16_to_compact", simd: simd),
        (CompactUtf16, Utf8) => assembled!("compact_to_utf8", simd: simd),
        (CompactUtf16, Utf16) => assembled!("compact_to_utf16", simd: simd),
        (CompactUtf16, CompactUtf16) => assembled!("compact_to_compact", simd: simd),
    }
}

/// What `build.rs` made for a pair with a memory of 64-bit addresses; `None` where a wide side has `latin1+utf16`.
fn wide_transcoder(
    src: StringEncoding,
    dst: StringEncoding,
    pointers: (Pointer, Pointer),
    simd: bool,
) -> Option<RuntimeModule> {
    use Pointer::{W32, W64};
    use StringEncoding::{CompactUtf16, Utf8, Utf16};
    Some(match (src, dst, pointers) {
        (Utf8, Utf8, (W64, W32)) => assembled!("utf8_to_utf8.from_64_to_32", simd: simd),
        (Utf8, Utf16, (W64, W32)) => assembled!("utf8_to_utf16.from_64_to_32", simd: simd),
        (Utf8, CompactUtf16, (W64, W32)) => assembled!("utf8_to_compact.from_64_to_32", simd: simd),
        (Utf16, Utf8, (W64, W32)) => assembled!("utf16_to_utf8.from_64_to_32", simd: simd),
        (Utf16, Utf16, (W64, W32)) => assembled!("utf16_to_utf16.from_64_to_32", simd: simd),
        (Utf16, CompactUtf16, (W64, W32)) => assembled!("utf16_to_compact.from_64_to_32", simd: simd),
        (Utf8, Utf8, (W32, W64)) => assembled!("utf8_to_utf8.from_32_to_64", simd: simd),
        (Utf8, Utf16, (W32, W64)) => assembled!("utf8_to_utf16.from_32_to_64", simd: simd),
        (Utf16, Utf8, (W32, W64)) => assembled!("utf16_to_utf8.from_32_to_64", simd: simd),
        (Utf16, Utf16, (W32, W64)) => assembled!("utf16_to_utf16.from_32_to_64", simd: simd),
        (CompactUtf16, Utf8, (W32, W64)) => assembled!("compact_to_utf8.from_32_to_64", simd: simd),
        (CompactUtf16, Utf16, (W32, W64)) => assembled!("compact_to_utf16.from_32_to_64", simd: simd),
        (Utf8, Utf8, (W64, W64)) => assembled!("utf8_to_utf8.from_64_to_64", simd: simd),
        (Utf8, Utf16, (W64, W64)) => assembled!("utf8_to_utf16.from_64_to_64", simd: simd),
        (Utf16, Utf8, (W64, W64)) => assembled!("utf16_to_utf8.from_64_to_64", simd: simd),
        (Utf16, Utf16, (W64, W64)) => assembled!("utf16_to_utf16.from_64_to_64", simd: simd),
        _ => return None,
    })
}
