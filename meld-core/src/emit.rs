//! The core module in bytes.
//!
//! In: the [`Live`] module. Out: [`Emitted`]: a core module in the binary format, the [`CoreInterface`] that
//! says how to call it, and where the input's bodies went; for a component around it also modules that define some of
//! its memories and tables ([`placement`]). Here, and only here, entities get indices. The
//! same input gives the same bytes. Whatever comes out has been validated: an invalid module is an error
//! that says that meld has a bug, never a file.

mod code;
pub(crate) mod features;
pub(crate) mod indices;
mod interface;
mod limits;
mod ops;
mod placement;
mod scoped;
mod sections;
mod storage;
mod types;

pub use code::MovedBody;
pub use storage::StorageModule;

use crate::core_interface::CoreInterface;
use crate::error::MergeError;
use crate::ids::{FuncId, ScopeId, SynthId};
use crate::maps::Map;
use crate::module::{FuncDef, MergedModule};
use crate::module::{GcReport, Live};
use crate::options::Strip;
use crate::{custom, dwarf, names};
use indexmap::IndexMap;
use indices::Indices;
use placement::Placement;
use sections::Sections;
use wasm_encoder::{DataCountSection, Module, Section, StartSection};

/// An emitted module.
#[derive(Debug)]
pub struct Emitted {
    /// The module.
    pub bytes: Vec<u8>,
    /// How to call it.
    pub interface: CoreInterface,
    /// Where the bodies of the input went, in the order of the output.
    pub moved: Vec<MovedBody>,
    /// Size in bytes of every synthesized function that is live. One that was folded into an equal one has
    /// that one's size; one that only forwarded has none.
    pub synth_sizes: IndexMap<SynthId, usize>,
    /// How many functions the module defines.
    pub functions: usize,
    /// What liveness left out.
    pub gc: GcReport,
    /// Modules that define what this one imports besides functions, in no need of each other. There are none
    /// beside a module that needs no other.
    pub storages: Vec<StorageModule>,
    /// Core instances whose debug information is left out though it was to be kept, and why.
    pub debug_left_out: Vec<(ScopeId, String)>,
    /// Indices of functions.
    pub(crate) funcs: indices::Space,
    /// Indices of memories.
    pub(crate) memories: indices::Space,
    /// How many memories are imported.
    pub(crate) imported_memories: u32,
}

/// A custom section to be added.
#[derive(Debug, Clone)]
pub struct ExtraCustom {
    /// Its name.
    pub name: String,
    /// Its contents.
    pub data: Vec<u8>,
}

/// Name of the export that is to be called once after instantiation.
const INIT: &str = "_initialize";

/// Emits `live` as a module that needs no other, with the custom sections at the end that `extra` makes of how to call it.
pub fn emit(live: &Live<'_>, extra: impl FnOnce(&CoreInterface) -> Vec<ExtraCustom>) -> Result<Emitted, MergeError> {
    emit_placed(live, extra, &Placement::whole())
}

/// Emits `live` with one memory and one table at the most, where that is possible; what it has besides, it imports.
/// `None` where it has no more anyway, and so is what [`emit`] makes of it.
pub fn emit_apart(live: &Live<'_>) -> Result<Option<Emitted>, MergeError> {
    let placement = Placement::apart(live)?;
    match placement.storages() {
        0 => Ok(None),
        _ => emit_placed(live, |_| Vec::new(), &placement).map(Some),
    }
}

fn emit_placed(
    live: &Live<'_>,
    extra: impl FnOnce(&CoreInterface) -> Vec<ExtraCustom>,
    placement: &Placement,
) -> Result<Emitted, MergeError> {
    let module = &live.module;
    let indices = Indices::new(live, placement)?;
    let sections = Sections { live, indices: &indices, placement };
    let init = match module.init_func {
        Some(_) if live.init_from_outside => Some(unique_export(live, INIT)),
        _ => None,
    };
    let (imports, exports) = (sections.imports()?, sections.exports(init.as_deref())?);
    limits::check(&indices, imports.len(), exports.len())?;
    // Room for all of it, about: a module that grows is copied, and its memory touched again.
    let mut out = Vec::with_capacity(sections.guess());
    out.extend(Module::HEADER);
    // The order of sections is that of the binary format; an empty one is left out.
    section(&mut out, indices.types.count, &sections.types()?);
    section(&mut out, imports.len(), &imports);
    let functions = indices.funcs.count - indices.imported_funcs;
    section(&mut out, functions, &sections.functions()?);
    let tables = sections.tables()?;
    section(&mut out, tables.len(), &tables);
    let memories = sections.memories()?;
    section(&mut out, memories.len(), &memories);
    section(&mut out, indices.tags.count, &sections.tags()?);
    section(&mut out, indices.globals.count, &sections.globals()?);
    section(&mut out, exports.len(), &exports);
    if let (Some(func), None) = (module.init_func, &init) {
        StartSection { function_index: indices.funcs.get(func)? }.append_to(&mut out);
    }
    let elements = sections.elements()?;
    section(&mut out, elements.len(), &elements);
    if sections.needs_data_count() {
        DataCountSection { count: indices.datas.count }.append_to(&mut out);
    }
    let code = match functions {
        0 => code::EmittedCode::default(),
        _ => {
            let trace = |key| live.strip == Strip::Nothing && dwarf::has_dwarf(module, key);
            code::code(module, &indices, sections.defined_funcs(), functions, trace, &mut out)?
        }
    };
    let data = sections.data()?;
    section(&mut out, data.len(), &data);
    let debug = dwarf::dwarf(module, &indices, code.traced, &code.adapters)?;
    for (name, contents) in debug.sections {
        wasm_encoder::CustomSection { name: name.into(), data: contents.into() }.append_to(&mut out);
    }
    if live.strip.keeps_names() {
        names::name_section(module, &indices)?.append_to(&mut out);
    }
    if live.strip != Strip::All {
        custom::producers(module, &live.marks.funcs).append_to(&mut out);
    }
    let interface = sections.interface(init.as_deref());
    for ExtraCustom { name, data } in extra(&interface) {
        wasm_encoder::CustomSection { name: name.into(), data: data.into() }.append_to(&mut out);
    }

    let features = features::validate(&out).map_err(|error| MergeError::Invalid(error.into()))?;
    custom::target_features(module, &live.marks.funcs, features).append_to(&mut out);
    Ok(Emitted {
        bytes: out,
        interface,
        moved: code.moved,
        synth_sizes: synth_sizes(module, &code.synth_sizes),
        functions: functions as usize,
        gc: live.report.clone(),
        storages: storage::storages(live, placement)?,
        debug_left_out: debug.left_out,
        funcs: indices.funcs,
        memories: indices.memories,
        imported_memories: placement.memories.len() as u32,
    })
}

fn synth_sizes(module: &MergedModule<'_>, emitted: &Map<FuncId, usize>) -> IndexMap<SynthId, usize> {
    let mut sizes = IndexMap::new();
    for (func, definition) in module.funcs.iter() {
        if let FuncDef::Synth(synth) = &definition.def
            && let Some(id) = synth.id
            && let Some(&size) = emitted.get(&module.canonical(func))
        {
            sizes.insert(id, size);
        }
    }
    sizes
}

fn section(out: &mut Vec<u8>, items: u32, section: &impl Section) {
    if items != 0 {
        section.append_to(out);
    }
}

fn unique_export(live: &Live<'_>, name: &str) -> String {
    let mut unique = name.to_string();
    while live.module.exports.contains_key(&unique) {
        unique.push('_');
    }
    unique
}
