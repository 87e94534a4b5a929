//! What is where in the one memory, for people.

/// A part of the one memory.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Area {
    /// The first byte.
    pub start: u64,
    /// The end, exclusive.
    pub end: u64,
    /// What it is.
    pub kind: AreaKind,
    /// The index in the core module of the memory that it is in, if there are several because of domains.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<u32>,
    /// The domain whose memory that is; `default` is that of all instances in no domain, and `private` what belongs to nobody. Absent where there are no domains.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// Path of the core instance whose window it is or is in, or of the instance for which the runtime has it; empty
    /// for what belongs to none.
    pub owner: String,
}

/// What a part of the one memory is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum AreaKind {
    /// The window of a memory of the input.
    Window,
    /// In a window: the shadow stack, where the module names its stack pointer.
    Stack,
    /// In a window: from the first byte to the last that active segments write.
    Data,
    /// In a window: room into which it may grow.
    Growth,
    /// In a window or another region: what it has only because its size is a power of two.
    Padding,
    /// The handle table of a component instance.
    Handles,
    /// Records of tasks, waitables, streams and futures, of all component instances that use them.
    Tasks,
    /// Copies of what instances pass to the host, with the host's pointers and handles in them.
    Outbox,
    /// A region of another runtime module.
    Runtime,
    /// The arena of all guests, the embedder's or one inside.
    Arena,
    /// The shadow stack that all share.
    SharedStack,
    /// At address 0: room for what a translator to native code has there.
    Reserved,
    /// Free.
    Free,
}
