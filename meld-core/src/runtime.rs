//! Runtime modules: fixed algorithms, written by hand in `runtime/*.wat` and assembled by `build.rs`.
//!
//! In: requests by [`crate::adapter`]. Out: one [`RuntimeInstance`] per distinct binding, interned; the
//! merger merges each like any core instance of the input, and liveness prunes what is not called.
//! Imports of a runtime module are `("src" "memory")`, `("dst" "memory")`, `("dst" "realloc")` and so on,
//! resolved through [`RuntimeInstance::bindings`], and `("trap" "<class>")`, which the merger resolves by
//! [`TrapClass::name`]. A memory that a runtime module defines is its own: no guest can reach it.

use crate::dfg::StringEncoding;
use crate::ids::{ComponentInstanceId, Interner, RuntimeInstanceId};
use crate::synth::{FuncRef, MemoryRef};

/// Which runtime module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RuntimeKind {
    /// Exports `transcode: (src_ptr: i32, src_len: i32) -> (dst_ptr: i32, dst_len: i32)`: validates, allocates
    /// in the destination by the spec's sequence of reallocs, copies. Lengths are in code units of their
    /// encoding, tagged where it is `latin1+utf16`. Imports `src.memory`, `dst.memory`, `dst.realloc`.
    Transcode {
        /// Encoding of the source.
        src: StringEncoding,
        /// Encoding of the destination.
        dst: StringEncoding,
    },
    /// The handle space of one component instance, with a memory of its own. See `runtime/handles.wat`.
    Handles(ComponentInstanceId),
}

/// One runtime module bound to what it works on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RuntimeInstance {
    /// The module.
    pub kind: RuntimeKind,
    /// Values of its imports, other than traps: module name, field name, value.
    pub bindings: Vec<(&'static str, &'static str, Binding)>,
}

/// The value of a runtime module's import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Binding {
    /// A memory.
    Memory(MemoryRef),
    /// A function.
    Func(FuncRef),
}

/// All runtime instances of a fusion.
pub type RuntimeInstances = Interner<RuntimeInstanceId, RuntimeInstance>;
