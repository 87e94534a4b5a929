//! The options of a fusion. [`crate::link`] and [`crate::plan`] read them, and no later stage does; the limits,
//! by [`crate::inline`], which hands them on.

mod shared;

pub(crate) use shared::LEAST_OFFSET;
pub use shared::{
    Common, Domain, Heap, PackAssumption, Protection, RegionAlignment, SharedArena, SharedOptions, StackSize,
    WindowSize,
};

use crate::limits::Limits;
use crate::passthrough::CoreName;

/// Options of a fusion.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Options {
    /// Where memories go.
    pub memory: MemoryMode,
    /// Where handle tables are, and the other private data of the fused module.
    pub handle_storage: HandleStorage,
    /// Core imports that inputs have in the form of component imports. The fused core module has them by their core names.
    pub passthrough: Vec<CoreName>,
    /// Whether to wrap the fused core module back into a component.
    pub component: bool,
    /// Whether to say in WIT what world the result has. Not every world has a form in WIT: for one that has
    /// none this is an error.
    pub wit: bool,
    /// Whether to keep 128-bit vector instructions out of what is added to the input's own code.
    pub no_simd: bool,
    /// Whether the report lists every function of the core module, with its size.
    pub list_functions: bool,
    /// Whether the core module holds its own description, in JSON, in a custom section.
    #[cfg(feature = "json")]
    pub embed_interface: bool,
    /// Whether to say where everything in the core module comes from.
    #[cfg(feature = "json")]
    pub provenance: bool,
    /// Whether the core module holds that itself, in JSON, in a custom section.
    #[cfg(feature = "json")]
    pub embed_provenance: bool,
    /// Explicit links.
    pub links: Vec<LinkOverride>,
    /// Names of exports of the inputs that are exports of the result even if another input uses them. Without this, such an export is gone.
    pub kept_exports: Vec<String>,
    /// Whether functions that differ only in constants become one with a parameter, and windows of one memory have one runtime, where that
    /// makes the result smaller.
    pub merge_similar: bool,
    /// Which custom sections are left out of the result.
    pub strip: Strip,
    /// What the result may import: extern names, or beginnings of such in front of a `*`. Anything else is an error.
    /// `None` allows everything.
    pub allowed_imports: Option<Vec<String>>,
    /// How much may be made.
    pub limits: Limits,
    /// Which program reads the fused core module next.
    pub target: Target,
}

impl Options {
    /// Whether anything asks for a provenance.
    #[cfg(feature = "json")]
    pub(crate) fn has_provenance(&self) -> bool {
        self.provenance || self.embed_provenance
    }

    /// Asks for one memory, if that was not asked before, and gives what else may be asked of it.
    ///
    /// ```
    /// use meld_core::Options;
    /// use meld_core::options::Protection;
    ///
    /// let mut options = Options::default();
    /// options.shared().heap().every = Some(1 << 20);
    /// options.shared().protection = Protection::Isolated;
    /// ```
    pub fn shared(&mut self) -> &mut SharedOptions {
        if !matches!(self.memory, MemoryMode::Shared(_)) {
            self.memory = MemoryMode::Shared(SharedOptions::default());
        }
        match &mut self.memory {
            MemoryMode::Shared(shared) => shared,
            MemoryMode::Auto | MemoryMode::Multi => unreachable!("it was made shared just now"),
        }
    }
}

/// Where memories go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum MemoryMode {
    /// The mode that is sound for every input; the report says what was chosen.
    #[default]
    Auto,
    /// Each memory of the input stays a memory of its own.
    Multi,
    /// One memory. Where there is more than one in the input, each becomes a window of it: its own range of addresses, by
    /// which every access is rebased. Where there is no more than one, and nothing is asked of its window, it stays what it
    /// is.
    Shared(SharedOptions),
}

impl MemoryMode {
    /// What is asked of the one memory, where one is asked for.
    pub(crate) fn shared(&self) -> Option<&SharedOptions> {
        match self {
            MemoryMode::Shared(shared) => Some(shared),
            MemoryMode::Auto | MemoryMode::Multi => None,
        }
    }
}

/// Where the fused module has words of its own, which no guest can reach.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum HandleStorage {
    /// In memories where the fused module has several anyway, or windows of one; else in a table, so that it has one
    /// memory if the input has one.
    #[default]
    Auto,
    /// In memories of their own; in one memory with windows, in regions of it.
    Memory,
    /// In a table of functions: WebAssembly 2.0 has it.
    Table,
    /// In arrays: WebAssembly 3.0 has them.
    Gc,
}

/// Which custom sections are left out of the result. What an engine or a tool needs to run the result or to make a component of it is
/// never left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Strip {
    /// None that the result can have.
    #[default]
    Nothing,
    /// Debug information.
    Debug,
    /// Debug information and names.
    Names,
    /// Debug information, names, and what says of whom the result is and by which tools it was made.
    All,
}

impl Strip {
    /// Whether names are kept.
    pub(crate) fn keeps_names(self) -> bool {
        matches!(self, Strip::Nothing | Strip::Debug)
    }
}

/// Which program reads the fused core module next. A translator to native code may expect more of a module than that it is valid.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Target {
    /// An engine or a tool that takes every valid module with the proposals that the module uses.
    #[default]
    Generic,
    /// `synth` (`synth-cli` 0.89), which makes relocatable objects for ARM. See `docs/native.md` for what it gets.
    Synth,
    /// `wasm2c` of WABT (1.0.42), which makes C.
    Wasm2c,
}

/// Satisfies an import by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LinkOverride {
    /// The import's extern name.
    pub import: String,
    /// The name of the input that provides it.
    pub input: String,
    /// The export of that input; the import's own name if `None`.
    pub export: Option<String>,
}

impl LinkOverride {
    /// The import `import` gets the export of the same name of the input `input`.
    pub fn new(import: impl Into<String>, input: impl Into<String>) -> Self {
        Self { import: import.into(), input: input.into(), export: None }
    }

    /// The same, with another export of that input.
    pub fn with_export(self, export: impl Into<String>) -> Self {
        Self { export: Some(export.into()), ..self }
    }
}
