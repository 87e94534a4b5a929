//! Custom sections of the output.
//!
//! In: the custom sections of the components and of the live modules. Out: one `producers` section that lists every tool once,
//! with meld among them, and one `target_features` section with every feature that the output uses. Debug information is the
//! business of [`crate::dwarf`], and what a registry knows that of [`crate::metadata`]. Any other custom section has a meaning that meld does not know, or says something of the bytes of the
//! input, and is left out.

use crate::emit::features::Features;
use crate::ids::{Id, ScopeId};
use crate::module::{FuncDef, MergedModule, ModuleKey};
use crate::options::Strip;
use crate::{dwarf, metadata};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use wasm_encoder::{CustomSection, Encode, ProducersField, ProducersSection};
use wasmparser::{BinaryReader, ProducersSectionReader};

/// Prefixes in the `target_features` section.
const USED: u8 = b'+';
const DISALLOWED: u8 = b'-';

/// Modules of which something is live.
fn live_modules(module: &MergedModule<'_>, live_funcs: &[bool]) -> BTreeSet<ModuleKey> {
    let mut scopes = vec![false; module.scopes.len()];
    for (id, func) in module.funcs.iter() {
        if let FuncDef::Guest { origin, .. } = &func.def
            && live_funcs[id.index()]
        {
            scopes[origin.scope.index()] = true;
        }
    }
    module.scopes.iter().filter(|(id, _)| scopes[id.index()]).map(|(_, scope)| scope.module).collect()
}

/// The contents of the custom sections with this name in the live modules.
fn sections<'m>(
    module: &'m MergedModule<'_>,
    live_funcs: &[bool],
    name: &'static str,
) -> impl Iterator<Item = &'m [u8]> {
    live_modules(module, live_funcs).into_iter().flat_map(move |key| {
        module.module(key).customs.iter().filter(move |(custom, _)| *custom == name).map(|(_, contents)| *contents)
    })
}

/// What the result says of itself, and names of sections that say what is not in it.
pub(crate) fn metadata(module: &MergedModule<'_>, live_funcs: &[bool]) -> (Vec<(String, Vec<u8>)>, Vec<String>) {
    let of_modules = live_modules(module, live_funcs).into_iter().flat_map(|key| module.module(key).customs.iter());
    let parts: Vec<_> = module.dfg.other_customs.iter().chain(of_modules).copied().collect();
    metadata::merged(&module.dfg.root_customs, &parts)
}

/// Names of the custom sections of components and of live modules that have no part in the output, in alphabetical order. `no_debug` are
/// instances whose debug information could not be kept.
pub(crate) fn left_out(
    module: &MergedModule<'_>,
    live_funcs: &[bool],
    strip: Strip,
    no_debug: &[ScopeId],
) -> Vec<String> {
    let no_debug: BTreeSet<ModuleKey> = no_debug.iter().map(|scope| module.scopes[*scope].module).collect();
    let mut left_out = BTreeSet::new();
    for key in live_modules(module, live_funcs) {
        let customs = &module.module(key).customs;
        let debug = dwarf::has_dwarf(module, key) && strip == Strip::Nothing && !no_debug.contains(&key);
        left_out.extend(customs.iter().map(|(name, _)| *name).filter(|name| match *name {
            "producers" => strip == Strip::All,
            "target_features" => false,
            name => !(metadata::is_metadata(name) || debug && dwarf::is_carried(name)),
        }));
    }
    let of_components = module.dfg.root_customs.iter().chain(&module.dfg.other_customs).map(|(name, _)| *name);
    left_out.extend(of_components.filter(|name| match *name {
        "producers" => strip == Strip::All,
        name => !metadata::is_metadata(name),
    }));
    let (kept, dropped) = metadata(module, live_funcs);
    left_out.extend(dropped.iter().map(String::as_str));
    if strip == Strip::All {
        left_out.extend(kept.iter().map(|(name, _)| name.as_str()));
    }
    left_out.into_iter().map(str::to_string).collect()
}

/// The `producers` section. A malformed one in the input is not an error: custom sections never are.
pub(crate) fn producers(module: &MergedModule<'_>, live_funcs: &[bool]) -> ProducersSection {
    let mut fields: BTreeMap<String, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    let of_components = module.dfg.root_customs.iter().chain(&module.dfg.other_customs);
    let of_components = of_components.filter(|(name, _)| *name == "producers").map(|(_, contents)| *contents);
    for contents in of_components.chain(sections(module, live_funcs, "producers")) {
        let Ok(reader) = ProducersSectionReader::new(BinaryReader::new(contents, 0)) else { continue };
        for field in reader.into_iter().map_while(Result::ok) {
            for value in field.values.into_iter().map_while(Result::ok) {
                let versions =
                    fields.entry(field.name.to_string()).or_default().entry(value.name.to_string()).or_default();
                versions.insert(value.version.to_string());
            }
        }
    }
    let tools = fields.entry("processed-by".to_string()).or_default();
    tools.entry("meld".to_string()).or_default().insert(env!("CARGO_PKG_VERSION").to_string());
    let mut section = ProducersSection::new();
    for (name, values) in fields {
        let mut field = ProducersField::new();
        for (value, versions) in values {
            // A name may appear once in a field.
            field.value(&value, &versions.into_iter().collect::<Vec<_>>().join(", "));
        }
        section.field(&name, &field);
    }
    section
}

/// The `target_features` section: `used` is what the module uses. What an input declares to be used counts for nothing,
/// but where one is not to be linked into a module that may use a feature, neither is the output.
pub(crate) fn target_features(
    module: &MergedModule<'_>,
    live_funcs: &[bool],
    used: Features,
) -> CustomSection<'static> {
    let mut features: BTreeMap<&str, u8> = BTreeMap::new();
    for contents in sections(module, live_funcs, "target_features") {
        let mut reader = BinaryReader::new(contents, 0);
        let Ok(count) = reader.read_var_u32() else { continue };
        for _ in 0..count {
            let (Ok(prefix), Ok(feature)) = (reader.read_u8(), reader.read_string()) else { break };
            if prefix == DISALLOWED {
                features.insert(feature, prefix);
            }
        }
    }
    features.extend(used.names().map(|name| (name, USED)));
    let mut data = Vec::new();
    features.len().encode(&mut data);
    for (feature, prefix) in features {
        data.push(prefix);
        feature.encode(&mut data);
    }
    CustomSection { name: Cow::Borrowed("target_features"), data: Cow::Owned(data) }
}
