//! A core module of the input.
//!
//! In: the sections of a validated module. Out: [`CoreModule`], in which items are indexed as the module
//! indexes them. Nothing is copied: types, constant expressions and bodies borrow the input.

use super::{Mentions, Relocations};
use crate::maps::Map;
use foldhash::fast::FixedState;
use std::hash::BuildHasher;
use std::ops::Range;
use wasmparser::{
    BinaryReader, BinaryReaderError, BranchHint, Data, Element, FunctionBody, Global, Import, MemoryType, NameMap,
    OperatorsReader, RecGroup, Table, TagType,
};

/// A core module of the input.
#[derive(Default)]
pub struct CoreModule<'a> {
    /// A name for people: its own, or the component's name for it, or `module N`.
    pub name: String,
    /// Its own name, from the name section.
    pub own_name: Option<&'a str>,
    /// The bytes of the module.
    pub bytes: &'a [u8],
    /// The type section, as recursion groups.
    pub rec_groups: Vec<RecGroup>,
    /// The import section.
    pub imports: Vec<Import<'a>>,
    /// Type index of every function, imported ones first.
    pub funcs: Vec<u32>,
    /// Type of every table, imported ones first; `TableInit` only on defined ones.
    pub tables: Vec<Table<'a>>,
    /// Type of every memory, imported ones first.
    pub memories: Vec<MemoryType>,
    /// Defined globals, with initializers. Imported ones are in `imports` only.
    pub globals: Vec<Global<'a>>,
    /// Type of every tag, imported ones first.
    pub tags: Vec<TagType>,
    /// The export section, in order.
    pub exports: Map<&'a str, ModuleExport>,
    /// The start function.
    pub start: Option<u32>,
    /// The element section.
    pub elements: Vec<Element<'a>>,
    /// The data section.
    pub data: Vec<Data<'a>>,
    /// Where the contents of the code section begin in `bytes`: addresses of code in DWARF are counted from there.
    pub code_start: usize,
    /// Bodies of the defined functions, in order.
    pub bodies: Vec<Body<'a>>,
    /// What was noted of the bodies: of one after another its relocations, then its mentions.
    pub(crate) noted: Vec<u8>,
    /// Number of imports of each kind.
    pub imported: ImportCounts,
    /// Names of functions, from the name section, by function index.
    pub func_names: Map<u32, &'a str>,
    /// Names of types, from the name section, by type index.
    pub type_names: Map<u32, &'a str>,
    /// Names of tables, from the name section, by table index.
    pub table_names: Map<u32, &'a str>,
    /// Names of memories, from the name section, by memory index.
    pub memory_names: Map<u32, &'a str>,
    /// Names of globals, from the name section, by global index.
    pub global_names: Map<u32, &'a str>,
    /// Names of element segments, from the name section, by their index.
    pub elem_names: Map<u32, &'a str>,
    /// Names of data segments, from the name section, by their index.
    pub data_names: Map<u32, &'a str>,
    /// Names of tags, from the name section, by tag index.
    pub tag_names: Map<u32, &'a str>,
    /// Names of locals, from the name section, by function index; not read yet.
    pub local_names: Map<u32, NameMap<'a>>,
    /// Names of labels, from the name section, by function index; not read yet.
    pub label_names: Map<u32, NameMap<'a>>,
    /// Names of fields, from the name section, by type index; not read yet.
    pub field_names: Map<u32, NameMap<'a>>,
    /// How many bytes the name section has.
    pub name_bytes: usize,
    /// Custom sections other than `name`: name and contents, in order.
    pub customs: Vec<(&'a str, &'a [u8])>,
    /// Branch hints per function index (`metadata.code.branch_hint`).
    pub branch_hints: Map<u32, Vec<BranchHint>>,
}

impl CoreModule<'_> {
    /// Offset in [`Body::bytes`] of each instruction that has an immediate to be remapped or rebased: an index
    /// of a function, table, memory, global, tag, type, element or data segment, a memory argument, or a
    /// type that mentions a type index. In order. `body` is one of [`CoreModule::bodies`].
    pub fn relocations(&self, body: &Body<'_>) -> Relocations<'_> {
        Relocations::new(&self.noted[body.noted..][..body.relocations as usize])
    }

    /// Everything that one of [`CoreModule::bodies`] mentions, each thing once, in ascending order.
    pub fn mentions(&self, body: &Body<'_>) -> Mentions<'_> {
        Mentions::new(&self.noted[body.noted + body.relocations as usize..][..body.mentions as usize])
    }
}

/// Number of imports of each kind.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct ImportCounts {
    /// Functions.
    pub funcs: u32,
    /// Tables.
    pub tables: u32,
    /// Memories.
    pub memories: u32,
    /// Globals.
    pub globals: u32,
    /// Tags.
    pub tags: u32,
}

/// A core index space.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the core index space of the same name")]
pub enum CoreKind {
    Func,
    Table,
    Memory,
    Global,
    Tag,
}

/// An export of a core module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModuleExport {
    /// The index space.
    pub kind: CoreKind,
    /// The index in it, imports first.
    pub index: u32,
}

/// A function body.
#[derive(Debug, Clone)]
pub struct Body<'a> {
    /// The body as in the code section, without its size: locals, then instructions.
    pub bytes: &'a [u8],
    /// Where it begins in [`CoreModule::bytes`].
    pub(crate) start: usize,
    /// Where in [`CoreModule::noted`] is what was noted of it.
    pub(crate) noted: usize,
    /// How many bytes of that are its relocations.
    pub(crate) relocations: u32,
    /// How many bytes after these are its mentions.
    pub(crate) mentions: u32,
    /// Offset in `bytes` of the first instruction.
    pub code_start: u32,
    /// Differs for most bodies that are not equal.
    pub(crate) fingerprint: u32,
    /// Whether a local has a type that mentions a type index.
    pub locals_mention_types: bool,
}

impl Body<'_> {
    /// How many locals it declares, parameters not among them.
    pub(crate) fn local_count(&self) -> Result<u32, BinaryReaderError> {
        let locals = FunctionBody::new(BinaryReader::new(self.bytes, 0)).get_locals_reader()?;
        locals.into_iter().try_fold(0, |count, local| Ok(count + local?.0))
    }

    /// Its instructions, at their offsets in [`Body::bytes`].
    pub(crate) fn operators(&self) -> OperatorsReader<'_> {
        let start = self.code_start as usize;
        OperatorsReader::new(BinaryReader::new(&self.bytes[start..], start as u64))
    }

    /// The same from the one at an offset on.
    pub(crate) fn operators_from(&self, offset: u32) -> OperatorsReader<'_> {
        OperatorsReader::new(BinaryReader::new(&self.bytes[offset as usize..], offset.into()))
    }

    /// Where it is in [`CoreModule::bytes`].
    pub fn range(&self) -> Range<usize> {
        self.start..self.start + self.bytes.len()
    }
}

/// The fingerprint of a body. Taken in the walk that validates, when its bytes are near. It decides only which bodies are
/// compared, and is the same in each process, so that they are compared in the same order.
pub(crate) fn fingerprint(bytes: &[u8]) -> u32 {
    let hash = FixedState::with_seed(0).hash_one(bytes);
    (hash ^ hash >> 32) as u32
}
