//! Debug information in DWARF.
//!
//! In: the custom sections `.debug_*` of the modules of the input, and where each instruction went. Out: the same sections for the output,
//! with the DWARF of every instance that has any, one behind the other, as a linker puts together what it links. Addresses in it are
//! offsets in the contents of the code section. Functions that are not there, and those in whose stead an equal one is called, have
//! the address that linkers give to such functions: all bits are one. Adapters have a unit of their own ([`adapters`]).
//!
//! DWARF of a module that cannot be carried over is left out as a whole, and the report says why: half of it would be wrong.
//! Nothing here can fail a fusion, because custom sections never do.
//! Rejected: `gimli::write`, which moves each sequence of a line program and each range as a whole, and whose copy of all entries
//! would be several times as large as the input ([ADR 55](../../docs/adr/0055-dwarf-is-copied-with-changes.md)).

mod adapters;
mod addresses;
mod edit;
mod expression;
mod instance;
mod lines;
mod lists;
mod lookup;
mod scope;
mod sections;
mod unit;

use crate::emit::indices::Indices;
use crate::error::MergeError;
use crate::ids::{FuncId, ScopeId};
use crate::limits::Limit;
use crate::maps::Map;
use crate::module::{FuncDef, MergedModule, ModuleKey, Scope};
use crate::synth::Step;
use addresses::{AddressMap, BodyAddresses};
use gimli::SectionId;
use scope::{InstanceMeaning, ScopeDwarf, SharedParts};
use sections::{DwarfSections, GuestDwarf};
use std::ops::Range;

/// Why the DWARF of a module cannot be carried over.
#[derive(Debug)]
pub(crate) struct Unmovable(String);

fn unmovable(why: impl Into<String>) -> Unmovable {
    Unmovable(why.into())
}

impl From<gimli::Error> for Unmovable {
    fn from(error: gimli::Error) -> Self {
        Unmovable(format!("it cannot be read: {error}"))
    }
}

/// The address of what is not there.
fn tombstone(size: u8) -> u64 {
    if size == 4 { u32::MAX.into() } else { u64::MAX }
}

/// Whether an address is one of those that linkers give to what is not there.
fn is_tombstone(address: u64, size: u8) -> bool {
    address >= tombstone(size) - 1
}

/// Where the instructions of a body of the input went.
#[derive(Debug)]
pub(crate) struct TracedBody {
    pub(crate) func: FuncId,
    /// The body in the output, by offsets in the contents of the code section.
    pub(crate) output: Range<u64>,
    /// Offsets in the body in the input, and in the output, from which on both count alike.
    pub(crate) moved: Vec<(u32, u32)>,
}

/// Where an adapter is.
#[derive(Debug)]
pub(crate) struct TracedAdapter {
    pub(crate) func: FuncId,
    /// The body in the output, by offsets in the contents of the code section.
    pub(crate) output: Range<u64>,
    /// Offsets in the body at which parts of its work begin.
    pub(crate) rows: Vec<(u64, Step)>,
}

/// Whether a module has debug information.
pub(crate) fn has_dwarf(module: &MergedModule<'_>, key: ModuleKey) -> bool {
    module.module(key).customs.iter().any(|(name, _)| *name == SectionId::DebugInfo.name())
}

/// Whether a custom section is one of those that are carried over.
pub(crate) fn is_carried(name: &str) -> bool {
    sections::CARRIED.iter().any(|id| id.name() == name)
}

/// The debug information of the output.
#[derive(Debug, Default)]
pub(crate) struct Dwarf {
    /// Names and contents of custom sections.
    pub(crate) sections: Vec<(&'static str, Vec<u8>)>,
    /// Instances whose debug information is left out, and why.
    pub(crate) left_out: Vec<(ScopeId, String)>,
}

/// Puts together the debug information of the instances that `bodies` belong to, and gives lines to `adapters` if there is any. `bodies`
/// and `adapters` are in the order of the output.
pub(crate) fn dwarf(
    module: &MergedModule<'_>,
    indices: &Indices,
    bodies: Vec<TracedBody>,
    adapters: &[TracedAdapter],
) -> Result<Dwarf, MergeError> {
    let mut traced: Map<ScopeId, Vec<TracedBody>> = Map::default();
    for body in bodies {
        if let FuncDef::Guest { origin, .. } = &module.funcs[body.func].def {
            traced.entry(origin.scope).or_default().push(body);
        }
    }
    let mut out = DwarfSections::default();
    let mut left_out = Vec::new();
    let mut sources: Map<ModuleKey, Result<(GuestDwarf<'_>, Option<SharedParts>), String>> = Map::default();
    let mut total = 0u64;
    for (scope, bodies) in traced {
        let key = module.scopes[scope].module;
        let customs = &module.module(key).customs;
        let bytes: usize =
            customs.iter().filter(|(name, _)| is_carried(name)).map(|(_, contents)| contents.len()).sum();
        total += bytes as u64;
        let item = || format!("the debug information of `{}`", module.scopes[scope].path);
        module.dfg.limits.check(Limit::Bytes, total, item)?;
        let source = sources.entry(key).or_insert_with(|| match GuestDwarf::new(customs) {
            Ok(source) => Ok((source, None)),
            Err(Unmovable(why)) => Err(why),
        });
        let (source, shared) = match source {
            Ok(source) => source,
            Err(why) => {
                left_out.push((scope, why.clone()));
                continue;
            }
        };
        let lengths = out.lengths();
        let parts = *shared.get_or_insert_with(|| SharedParts::append(source, &mut out));
        let addresses = address_map(module, scope, bodies);
        let meaning = meaning(module, indices, scope)?;
        match instance::append(ScopeDwarf::new(source, &mut out, parts, addresses, meaning, bytes)) {
            Ok(()) => {}
            Err(Unmovable(why)) => {
                // What other instances of the module have in common with it may be in front of that.
                out.truncate(lengths);
                if lengths[0] == parts.abbreviations {
                    *shared = None;
                }
                left_out.push((scope, why));
            }
        }
    }
    if out.lengths().iter().any(|length| *length > 0) {
        let lengths = out.lengths();
        let named: Vec<_> =
            adapters.iter().map(|adapter| (module.func_name(adapter.func).to_string(), adapter)).collect();
        // Nothing is lost without it.
        if adapters::append(&named, &mut out).is_err() {
            out.truncate(lengths);
        }
    }
    Ok(Dwarf { sections: out.finish().collect(), left_out })
}

/// The addresses of an instance; `written` are its bodies that are in the output.
fn address_map(module: &MergedModule<'_>, scope: ScopeId, written: Vec<TracedBody>) -> AddressMap {
    let parsed = module.module_of(scope);
    let mut written = written.into_iter().peekable();
    let funcs = &module.scopes[scope].funcs[parsed.imported.funcs as usize..];
    let bodies = parsed.bodies.iter().zip(funcs).map(|(body, func)| {
        let range = body.range();
        let address = |at: usize| (at - parsed.code_start.min(at)) as u64;
        let input = address(range.start)..address(range.end);
        match written.next_if(|traced| traced.func == *func) {
            Some(traced) => BodyAddresses { input, output: Some(traced.output), moved: traced.moved },
            None => BodyAddresses { input, output: None, moved: Vec::new() },
        }
    });
    AddressMap::new(bodies.collect())
}

/// What indices and addresses of an instance mean.
fn meaning(module: &MergedModule<'_>, indices: &Indices, scope: ScopeId) -> Result<InstanceMeaning, MergeError> {
    let Scope { globals, memories, .. } = &module.scopes[scope];
    let shared = |global| module.stack.as_ref().is_some_and(|stack| stack.pointers.contains_key(global));
    Ok(InstanceMeaning {
        globals: globals.iter().map(|global| indices.globals.live(*global).filter(|_| !shared(global))).collect(),
        base: match memories.first() {
            Some(memory) if indices.memories.live(*memory).is_some() => module.base(*memory)?,
            _ => 0,
        },
    })
}
