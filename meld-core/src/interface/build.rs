//! Builds a [`Description`].

use super::{
    CanonicalOptions, Case, CoreSignature, Description, DomainEntry, ExportEntry, ExportedMemory, FuncSignature,
    Import, ImportItem, Named, ResourceEntry, TypeEntry, TypeRef, TypeShape,
};
use crate::abi::signature::CanonSide;
use crate::abi::types::{FuncType, TypeDef, ValType};
use crate::abi::{Abi, Pointer};
use crate::core_interface::{CoreImport, CoreInterface, CoreOptions};
use crate::dfg::{ComponentDfg, HostBuiltin, HostBuiltinKind as Kind, ResourceDef, StringEncoding, Trampoline};
use crate::error::MergeError;
use crate::ids::{ResourceId, TypeId};
use crate::limits::Limit;
use crate::module::area::{Area, AreaKind};
use crate::synth::{HostImport, WakerCall};
use indexmap::{IndexMap, IndexSet};
use wasmparser::{ExternalKind, Parser, Payload};

/// Describes `core`, a valid module with this interface.
pub(crate) fn describe(
    dfg: &ComponentDfg<'_>,
    interface: &CoreInterface,
    core: &[u8],
) -> Result<Description, MergeError> {
    let abi = Abi::new(&dfg.types, Pointer::W32);
    let mut build = DescriptionBuilder { dfg, abi: &abi, resources: IndexSet::new(), types: IndexMap::new(), bytes: 0 };
    let imports = interface.imports.iter().map(|(&id, import)| {
        let item = match id {
            HostImport::ResourceDrop(id) => ImportItem::ResourceDrop { resource: build.resource(id) },
            HostImport::ResourceNew(id) => ImportItem::ResourceNew { resource: build.resource(id) },
            HostImport::ResourceRep(id) => ImportItem::ResourceRep { resource: build.resource(id) },
            HostImport::Builtin(id) => match &dfg.trampolines[id] {
                Trampoline::Host(builtin) => build.builtin(builtin, import),
                _ => return Err(crate::module::missing(&import.field, format!("a built-in for {id}"))),
            },
            HostImport::ContextGet(slot, _) => plain_builtin("context.get", Some(slot)),
            HostImport::ContextSet(slot, _) => plain_builtin("context.set", Some(slot)),
            HostImport::Waker(call) => waker(call, import),
            HostImport::BackpressureInc => plain_builtin("backpressure.inc", None),
            HostImport::BackpressureDec => plain_builtin("backpressure.dec", None),
            HostImport::Lower(id, _) => {
                let func = &dfg.import_funcs[id];
                let ty = &dfg.types[func.ty];
                let mut path = vec![dfg.world.imports[func.path.import].name.clone()];
                path.extend(func.path.exports.iter().cloned());
                let options = build.options(ty, &import.options);
                ImportItem::Function { signature: build.signature(&import.field, &path, ty)?, path, options }
            }
        };
        let core = CoreSignature { params: names(&import.params), results: names(&import.results) };
        Ok(Import { module: import.module.clone(), field: import.field.clone(), item, core })
    });
    let imports = imports.collect::<Result<_, MergeError>>()?;
    let exports = interface.exports.iter().map(|export| {
        let ty = &dfg.types[export.ty];
        let core = match export.options.is_async {
            true => abi.async_signature(ty, CanonSide::Lift, export.options.callback.is_some()),
            false => abi.signature(ty, CanonSide::Lift),
        };
        Ok(ExportEntry {
            field: export.field.clone(),
            path: export.path.clone(),
            signature: build.signature(&export.field, &export.path, ty)?,
            options: build.options(ty, &export.options),
            core: CoreSignature { params: names(&core.params), results: names(&core.results) },
        })
    });
    let exports = exports.collect::<Result<_, MergeError>>()?;
    let (memories, globals) = exported(core)?;
    Ok(Description {
        version: Description::VERSION,
        initialize: interface.init.clone(),
        memories,
        domains: Vec::new(),
        globals,
        resources: build.resources.iter().map(|id| resource(dfg, interface, *id)).collect(),
        types: build.types.into_values().collect(),
        imports,
        exports,
    })
}

struct DescriptionBuilder<'b, 'd> {
    dfg: &'b ComponentDfg<'d>,
    abi: &'b Abi<'b>,
    resources: IndexSet<ResourceId>,
    types: IndexMap<TypeId, TypeEntry>,
    /// About how many bytes the functions so far take.
    bytes: u64,
}

/// Bytes that a name takes beside itself, in memory or in JSON.
const PER_NAME: usize = 128;

impl DescriptionBuilder<'_, '_> {
    fn resource(&mut self, id: ResourceId) -> usize {
        self.resources.insert_full(id).0
    }

    /// Each function has its own parameters here, though in the input many may have one type: they are counted before
    /// they are made.
    fn signature(&mut self, field: &str, path: &[String], ty: &FuncType) -> Result<FuncSignature, MergeError> {
        let names = path.iter().chain(ty.params.iter().map(|(name, _)| name));
        self.bytes += names.map(|name| name.len() + PER_NAME).sum::<usize>() as u64;
        self.dfg.limits.check(Limit::Bytes, self.bytes, || format!("what says how `{field}` is called"))?;
        let params = self.named(&ty.params);
        Ok(FuncSignature { is_async: ty.is_async, params, result: ty.result.map(|ty| self.ty(ty)) })
    }

    fn options(&self, ty: &FuncType, options: &CoreOptions) -> CanonicalOptions {
        CanonicalOptions {
            memory: options.memory.clone(),
            realloc: options.realloc.clone(),
            encoding: self.abi.has_strings(ty).then_some(encoding(options)),
            post_return: options.post_return.clone(),
            async_option: options.is_async,
            callback: options.callback.clone(),
        }
    }

    fn builtin(&mut self, builtin: &HostBuiltin, import: &CoreImport) -> ImportItem {
        let options = &import.options;
        let is_async = match builtin.kind {
            Kind::SubtaskCancel { is_async }
            | Kind::StreamCancelRead { is_async }
            | Kind::StreamCancelWrite { is_async }
            | Kind::FutureCancelRead { is_async }
            | Kind::FutureCancelWrite { is_async } => is_async,
            _ => options.is_async,
        };
        ImportItem::Builtin {
            name: builtin.kind.name().to_owned(),
            ty: builtin.ty.map(|ty| self.ty(ty)),
            slot: None,
            table: import.table.clone(),
            options: CanonicalOptions {
                memory: options.memory.clone(),
                realloc: options.realloc.clone(),
                encoding: import.has_strings.then_some(encoding(options)),
                post_return: None,
                async_option: is_async,
                callback: None,
            },
        }
    }

    fn named(&mut self, items: &[(String, ValType)]) -> Vec<Named> {
        items.iter().map(|(name, ty)| Named { name: name.clone(), ty: self.ty(*ty) }).collect()
    }

    fn ty(&mut self, ty: ValType) -> TypeRef {
        TypeRef::Primitive(match ty {
            ValType::Bool => "bool",
            ValType::S8 => "s8",
            ValType::U8 => "u8",
            ValType::S16 => "s16",
            ValType::U16 => "u16",
            ValType::S32 => "s32",
            ValType::U32 => "u32",
            ValType::S64 => "s64",
            ValType::U64 => "u64",
            ValType::F32 => "f32",
            ValType::F64 => "f64",
            ValType::Char => "char",
            ValType::String => "string",
            ValType::ErrorContext => "error-context",
            ValType::Def(id) => return TypeRef::Defined(self.defined(id)),
        })
    }

    /// The position of a defined type. Those that it mentions come before it: types are nested as deeply as the
    /// validator lets them be, which is not deep.
    fn defined(&mut self, id: TypeId) -> usize {
        if let Some(known) = self.types.get_index_of(&id) {
            return known;
        }
        let dfg = self.dfg;
        let shape = match &dfg.types[id] {
            TypeDef::Record(fields) => TypeShape::Record { fields: self.named(fields) },
            TypeDef::Variant(cases) => TypeShape::Variant {
                cases: cases
                    .iter()
                    .map(|(name, ty)| Case { name: name.clone(), ty: ty.map(|ty| self.ty(ty)) })
                    .collect(),
            },
            TypeDef::List(element) => TypeShape::List { element: self.ty(*element) },
            TypeDef::FixedLengthList(element, length) => {
                TypeShape::FixedLengthList { element: self.ty(*element), length: *length }
            }
            TypeDef::Map(key, value) => TypeShape::Map { key: self.ty(*key), value: self.ty(*value) },
            TypeDef::Tuple(elements) => {
                TypeShape::Tuple { elements: elements.iter().map(|element| self.ty(*element)).collect() }
            }
            TypeDef::Flags(labels) => TypeShape::Flags { labels: labels.clone() },
            TypeDef::Enum(labels) => TypeShape::Enum { labels: labels.clone() },
            TypeDef::Option(element) => TypeShape::Option { element: self.ty(*element) },
            TypeDef::Result { ok, err } => {
                TypeShape::Result { ok: ok.map(|ty| self.ty(ty)), error: err.map(|ty| self.ty(ty)) }
            }
            TypeDef::Own(resource) => TypeShape::Own { resource: self.resource(*resource) },
            TypeDef::Borrow(resource) => TypeShape::Borrow { resource: self.resource(*resource) },
            TypeDef::Stream(element) => TypeShape::Stream { element: element.map(|ty| self.ty(ty)) },
            TypeDef::Future(element) => TypeShape::Future { element: element.map(|ty| self.ty(ty)) },
        };
        let facts = self.abi.facts(ValType::Def(id));
        let flat = facts.flat.as_ref().map(|flat| names(flat));
        let entry = TypeEntry { shape, size: facts.layout.size, align: facts.layout.align, flat };
        self.types.insert_full(id, entry).0
    }
}

fn resource(dfg: &ComponentDfg<'_>, interface: &CoreInterface, id: ResourceId) -> ResourceEntry {
    let owner = match dfg.resources[id].def {
        ResourceDef::Imported(_) => "host",
        ResourceDef::Defined { .. } => "module",
    };
    let destructor = interface.dtors.get(&id).cloned();
    ResourceEntry { name: dfg.resources[id].name.clone(), owner, destructor }
}

/// A built-in that has no options.
fn plain_builtin(name: &str, slot: Option<u32>) -> ImportItem {
    ImportItem::Builtin { name: name.to_owned(), ty: None, slot, table: None, options: CanonicalOptions::default() }
}

/// A built-in of the stream of nothing that wakes tasks of the host. No item of the input has its type.
fn waker(call: WakerCall, import: &CoreImport) -> ImportItem {
    let options = CanonicalOptions {
        memory: import.options.memory.clone(),
        async_option: matches!(call, WakerCall::Read | WakerCall::Write),
        ..CanonicalOptions::default()
    };
    ImportItem::Builtin { name: call.name().to_owned(), ty: None, slot: None, table: None, options }
}

fn encoding(options: &CoreOptions) -> &'static str {
    match options.encoding {
        StringEncoding::Utf8 => "utf8",
        StringEncoding::Utf16 => "utf16",
        StringEncoding::CompactUtf16 => "latin1+utf16",
    }
}

/// The memories of domains by the map of `core`.
pub(crate) fn domains(map: &[Area], core: &[u8]) -> Result<Vec<DomainEntry>, MergeError> {
    let mut domains: Vec<DomainEntry> = Vec::new();
    for area in map {
        let Some((memory, name)) = area.memory.zip(area.domain.clone()) else { continue };
        if domains.last().is_none_or(|last| last.memory != memory) {
            let entry = DomainEntry { name, memory, export: None, bytes: 0, instances: Vec::new() };
            domains.push(entry);
        }
        let last = domains.last_mut().expect("one was added");
        last.bytes = last.bytes.max(area.end);
        if area.kind == AreaKind::Window {
            last.instances.push(area.owner.clone());
        }
    }
    for payload in Parser::new(0).parse_all(core) {
        if let Payload::ExportSection(section) = payload? {
            for export in section {
                let export = export?;
                let domain = domains.iter_mut().find(|domain| domain.memory == export.index);
                if let Some(domain) = domain.filter(|_| export.kind == ExternalKind::Memory) {
                    domain.export.get_or_insert_with(|| export.name.to_owned());
                }
            }
        }
    }
    Ok(domains)
}

fn names(types: &[wasm_encoder::ValType]) -> Vec<String> {
    types.iter().map(|ty| format!("{ty:?}").to_lowercase()).collect()
}

/// Exported memories and globals.
fn exported(core: &[u8]) -> Result<(Vec<ExportedMemory>, Vec<String>), MergeError> {
    let (mut types, mut memories, mut globals) = (Vec::new(), Vec::new(), Vec::new());
    for payload in Parser::new(0).parse_all(core) {
        match payload? {
            Payload::MemorySection(section) => {
                types = section.into_iter().collect::<Result<_, _>>()?;
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    match export.kind {
                        ExternalKind::Memory => {
                            let ty: &wasmparser::MemoryType = &types[export.index as usize];
                            memories.push(ExportedMemory {
                                name: export.name.to_owned(),
                                address: if ty.memory64 { "i64" } else { "i32" },
                                page_size: 1 << ty.page_size_log2.unwrap_or(16),
                                initial: ty.initial,
                                maximum: ty.maximum,
                            });
                        }
                        ExternalKind::Global => globals.push(export.name.to_owned()),
                        _ => {}
                    }
                }
            }
            Payload::CodeSectionStart { .. } => break,
            _ => {}
        }
    }
    Ok((memories, globals))
}
