//! What the caller can do about an error, as data: messages say it in words, and a program that has names of its own for the options
//! says it by these.

use crate::limits::Limit;
use crate::options::LinkOverride;
use crate::passthrough::CoreName;
use std::fmt;

/// Something that the caller can do about an error.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Remedy {
    /// To ask for a component: [`Options::component`](crate::Options::component).
    Component,
    /// To ask for a core module.
    CoreModule,
    /// To make a component of the core module first, with the [`Componentizer`](crate::Componentizer).
    Componentize,
    /// The same, with an adapter that implements WASI 0.1.
    Adapt,
    /// To keep a core import of the guest when a component is made of it: [`Componentizer::passthrough`](crate::Componentizer::passthrough).
    KeepImport(CoreName),
    /// To give each instance a memory of its own: [`MemoryMode::Multi`](crate::MemoryMode::Multi).
    SeparateMemories,
    /// To have one memory: [`MemoryMode::Shared`](crate::MemoryMode::Shared).
    OneMemory,
    /// To bound how far memories may grow: [`WindowSize::Whole`](crate::options::WindowSize::Whole).
    BoundHeaps,
    /// To end windows where their memories end: [`WindowSize::Whole`](crate::options::WindowSize::Whole).
    WholeWindows,
    /// To give each component its own stack: no [`Common::stack`](crate::options::Common::stack).
    SeparateStacks,
    /// To say how large the one stack is: [`StackSize::Bytes`](crate::options::StackSize::Bytes).
    SizedStack,
    /// To reserve an arena: [`SharedOptions::arena`](crate::SharedOptions::arena), in one memory.
    Arena,
    /// To have pages of 64 KiB: no [`SharedOptions::byte_pages`](crate::SharedOptions::byte_pages).
    LargePages,
    /// To raise a limit: [`Options::limits`](crate::Options::limits).
    RaiseLimit(Limit),
    /// To link by hand: [`Options::links`](crate::Options::links).
    Link(LinkOverride),
    /// To allow an import of the result: [`Options::allowed_imports`](crate::Options::allowed_imports).
    AllowImports,
}

/// What the caller can do about something that cannot be fused.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WayOut {
    /// In words.
    pub text: String,
    /// What of it can be done by options.
    pub remedies: Vec<Remedy>,
}

impl WayOut {
    /// `text`, of which `remedies` are what can be done by options.
    pub fn new(text: impl Into<String>, remedies: impl Into<Vec<Remedy>>) -> Self {
        WayOut { text: text.into(), remedies: remedies.into() }
    }

    /// A memory for each instance.
    pub(crate) fn separate_memories() -> Self {
        WayOut::new("give each instance a memory of its own", [Remedy::SeparateMemories])
    }

    /// A stack for each component.
    pub(crate) fn separate_stacks() -> Self {
        WayOut::new("let each component have its own stack", [Remedy::SeparateStacks])
    }
}

impl From<&str> for WayOut {
    fn from(text: &str) -> Self {
        WayOut::new(text, [])
    }
}

impl From<String> for WayOut {
    fn from(text: String) -> Self {
        WayOut::new(text, [])
    }
}

impl fmt::Display for WayOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
