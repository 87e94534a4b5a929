//! How a host calls a fused core module, as data for hosts in any language.
//!
//! In: the composition, the [`CoreInterface`](crate::core_interface::CoreInterface), and the module. Out: a [`Description`]: a value that serializes to the JSON
//! that `docs/interface.md` describes, and for which `docs/interface.schema.json` is the schema. Nothing in it refers to
//! meld: types are spelled out with their sizes, alignments and flat forms (`CanonicalABI.md`, "Flattening"), and every
//! import and export names its memory, its `realloc` and its post-return by the names of core exports.
//!
//! Rejected: a description in WIT. It says nothing of memories, and a host without a component runtime has no parser
//! for it.

mod build;
mod c_header;

use serde::Serialize;

pub(crate) use build::{describe, domains};
pub use c_header::c_header;

/// Name of the custom section that holds a description, where one is asked for.
pub const SECTION: &str = "meld:interface";

/// How a fused core module is called.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Description {
    /// [`Description::VERSION`].
    pub version: u32,
    /// Export to be called once, after instantiation and before any other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initialize: Option<String>,
    /// Exported memories.
    pub memories: Vec<ExportedMemory>,
    /// The memories of domains, those that are not exported among them, in the order of their indices. There are none where no domain was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub domains: Vec<DomainEntry>,
    /// Exported globals, which are immutable: where an arena begins and ends.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub globals: Vec<String>,
    /// Resource types that imports and exports mention.
    pub resources: Vec<ResourceEntry>,
    /// Value types that imports and exports mention, children before parents.
    pub types: Vec<TypeEntry>,
    /// Imported functions, in the order of the import section.
    pub imports: Vec<Import>,
    /// Exported functions, in the order of the world's exports.
    pub exports: Vec<ExportEntry>,
}

impl Description {
    /// Changes when a field changes its meaning or goes away, not when one is added.
    pub const VERSION: u32 = 1;

    /// The description in JSON, with a line break at the end.
    #[cfg(feature = "json")]
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("strings, numbers and lists have a form in JSON");
        json.push('\n');
        json
    }
}

/// An exported memory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ExportedMemory {
    /// Name of the export.
    pub name: String,
    /// Type of an address: `i32` or `i64`.
    pub address: &'static str,
    /// Bytes of a page.
    pub page_size: u64,
    /// Pages at the start.
    pub initial: u64,
    /// Pages that it may grow to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maximum: Option<u64>,
}

/// The memory of a domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DomainEntry {
    /// The domain; `default` is that of all instances in no domain, and `private` is what belongs to nobody.
    pub name: String,
    /// The index of its memory.
    pub memory: u32,
    /// The name under which that is exported; absent where it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub export: Option<String>,
    /// Bytes of that memory.
    pub bytes: u64,
    /// Paths of the core instances whose memories are windows in it.
    pub instances: Vec<String>,
}

/// A resource type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ResourceEntry {
    /// Its name in WIT.
    pub name: String,
    /// `host`: the host defines it. `module`: the module does; what the host keeps is a representation.
    pub owner: &'static str,
    /// Export that ends a representation, for a resource of the module that has a destructor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destructor: Option<String>,
}

/// A value type: the name of a primitive type, or a position in [`Description::types`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum TypeRef {
    /// `bool`, `s8`, `u8`, `s16`, `u16`, `s32`, `u32`, `s64`, `u64`, `f32`, `f64`, `char`, `string`, `error-context`.
    Primitive(&'static str),
    /// A position in [`Description::types`].
    Defined(usize),
}

/// A defined type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TypeEntry {
    /// What it is.
    #[serde(flatten)]
    pub shape: TypeShape,
    /// Bytes of a value in memory.
    pub size: u64,
    /// Alignment of a value in memory, in bytes.
    pub align: u32,
    /// The core values that a value is passed as; absent where there are more than 16.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flat: Option<Vec<String>>,
}

/// What a defined type is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum TypeShape {
    /// `record`
    Record {
        /// Its fields, in order.
        fields: Vec<Named>,
    },
    /// `variant`
    Variant {
        /// Its cases, in order.
        cases: Vec<Case>,
    },
    /// `list<T>`
    List {
        /// `T`
        element: TypeRef,
    },
    /// `list<T, N>`
    FixedLengthList {
        /// `T`
        element: TypeRef,
        /// `N`
        length: u32,
    },
    /// `map<K, V>`: passed as `list<tuple<K, V>>`.
    Map {
        /// `K`
        key: TypeRef,
        /// `V`
        value: TypeRef,
    },
    /// `tuple`
    Tuple {
        /// Its elements, in order.
        elements: Vec<TypeRef>,
    },
    /// `flags`
    Flags {
        /// Its labels, from bit 0.
        labels: Vec<String>,
    },
    /// `enum`
    Enum {
        /// Its labels, from 0.
        labels: Vec<String>,
    },
    /// `option<T>`
    Option {
        /// `T`
        element: TypeRef,
    },
    /// `result<T, E>`
    Result {
        /// `T`
        #[serde(skip_serializing_if = "Option::is_none")]
        ok: Option<TypeRef>,
        /// `E`
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<TypeRef>,
    },
    /// `own<R>`
    Own {
        /// A position in [`Description::resources`].
        resource: usize,
    },
    /// `borrow<R>`
    Borrow {
        /// A position in [`Description::resources`].
        resource: usize,
    },
    /// `stream<T>`
    Stream {
        /// `T`
        #[serde(skip_serializing_if = "Option::is_none")]
        element: Option<TypeRef>,
    },
    /// `future<T>`
    Future {
        /// `T`
        #[serde(skip_serializing_if = "Option::is_none")]
        element: Option<TypeRef>,
    },
}

/// A field or a parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Named {
    /// Its name in WIT.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub ty: TypeRef,
}

/// A case of a variant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Case {
    /// Its name in WIT.
    pub name: String,
    /// Its payload.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub ty: Option<TypeRef>,
}

/// A core function type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CoreSignature {
    /// Core types of the parameters.
    pub params: Vec<String>,
    /// Core types of the results.
    pub results: Vec<String>,
}

/// A component function type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FuncSignature {
    /// Whether the type is `async`: a call may block.
    #[serde(rename = "async", skip_serializing_if = "is_false")]
    pub is_async: bool,
    /// Parameters, in order.
    pub params: Vec<Named>,
    /// The result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<TypeRef>,
}

/// Canonical options, as names of core exports. What a function does not use is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CanonicalOptions {
    /// The memory that values are in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<String>,
    /// The function that allocates in that memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub realloc: Option<String>,
    /// `utf8`, `utf16` or `latin1+utf16`, where there are strings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<&'static str>,
    /// The function to be called with the core results, after they have been read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post_return: Option<String>,
    /// Whether it is lifted or lowered with the option `async`; for a built-in, whether it has the immediate `async`.
    #[serde(skip_serializing_if = "is_false")]
    pub async_option: bool,
    /// The callback of a function that is lifted with the option `async`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callback: Option<String>,
}

/// An imported function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Import {
    /// Module name of the core import.
    pub module: String,
    /// Field name of the core import.
    pub field: String,
    /// What it is.
    #[serde(flatten)]
    pub item: ImportItem,
    /// The core function type.
    pub core: CoreSignature,
}

/// What an import is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ImportItem {
    /// A function of the world.
    Function {
        /// Import names from the root component inwards: the interface and the function, or the function alone.
        path: Vec<String>,
        /// Its type.
        #[serde(flatten)]
        signature: FuncSignature,
        /// How to lower it.
        #[serde(flatten)]
        options: CanonicalOptions,
    },
    /// `resource.drop`
    ResourceDrop {
        /// A position in [`Description::resources`].
        resource: usize,
    },
    /// `resource.new`
    ResourceNew {
        /// A position in [`Description::resources`].
        resource: usize,
    },
    /// `resource.rep`
    ResourceRep {
        /// A position in [`Description::resources`].
        resource: usize,
    },
    /// A built-in of tasks, waitables, streams, futures, error contexts, threads, backpressure or context slots.
    Builtin {
        /// Its keyword in the text format.
        name: String,
        /// Its type: that of the result for `task.return`, that of the stream or the future for others.
        #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
        ty: Option<TypeRef>,
        /// The slot, for `context.get` and `context.set`.
        #[serde(skip_serializing_if = "Option::is_none")]
        slot: Option<u32>,
        /// The exported table of functions, for `thread.new-indirect`.
        #[serde(skip_serializing_if = "Option::is_none")]
        table: Option<String>,
        /// Its canonical options.
        #[serde(flatten)]
        options: CanonicalOptions,
    },
}

/// Whether a flag is left out of the JSON.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// An exported function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ExportEntry {
    /// Name of the core export.
    pub field: String,
    /// Export names from the root component inwards: the interface and the function, or the function alone.
    pub path: Vec<String>,
    /// Its type.
    #[serde(flatten)]
    pub signature: FuncSignature,
    /// How to lift it.
    #[serde(flatten)]
    pub options: CanonicalOptions,
    /// The core function type.
    pub core: CoreSignature,
}
