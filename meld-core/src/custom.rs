//! Custom sections of the output.
//!
//! In: the custom sections of the components and of the live modules. Out: one `producers` section that lists every tool once,
//! with meld among them, and one `target_features` section with every feature that the output uses. Debug information is the
//! business of [`crate::dwarf`], and what a registry knows that of [`crate::metadata`]. Any other custom section has a meaning that meld does not know, or says something of the bytes of the
//! input, and is left out.

use crate::dwarf;
use crate::emit::features::Features;
use crate::ids::{Id, ScopeId};
use crate::metadata::{self, MergedMetadata};
use crate::module::{FuncDef, MergedModule, ModuleKey};
use crate::options::Strip;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use wasm_encoder::{
    ComponentNameSection, ComponentSection, CustomSection, Encode, ProducersField, ProducersSection, Section,
};
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

/// What the result says of itself, and sections that say what is not in it, with the reasons.
pub(crate) fn metadata(module: &MergedModule<'_>, live_funcs: &[bool]) -> MergedMetadata {
    let of_modules = live_modules(module, live_funcs).into_iter().flat_map(|key| module.module(key).customs.iter());
    let parts: Vec<_> = module.dfg.other_customs.iter().chain(of_modules).copied().collect();
    metadata::merged(&module.dfg.root_customs, &parts)
}

/// Appends custom sections to a module or a component.
pub(crate) fn append(sections: Vec<(String, Vec<u8>)>, out: &mut Vec<u8>) {
    for (name, data) in sections {
        CustomSection { name: name.into(), data: data.into() }.append_to(out);
    }
}

/// Says what a component is called.
pub(crate) fn append_component_name(name: &str, component: &mut Vec<u8>) {
    let mut names = ComponentNameSection::new();
    names.component(name);
    ComponentSection::append_to_component(&names, component);
}

/// Custom sections of components and of live modules that have no part in the output, in alphabetical order, with the reasons. `no_debug` are
/// instances whose debug information could not be kept.
pub(crate) fn left_out(
    module: &MergedModule<'_>,
    live_funcs: &[bool],
    strip: Strip,
    no_debug: &[ScopeId],
) -> BTreeMap<String, &'static str> {
    const ASKED: &str = "left out on request";
    let no_debug: BTreeSet<ModuleKey> = no_debug.iter().map(|scope| module.scopes[*scope].module).collect();
    let mut left_out = BTreeMap::new();
    for key in live_modules(module, live_funcs) {
        let has_dwarf = dwarf::has_dwarf(module, key);
        for (name, _) in &module.module(key).customs {
            let reason = match *name {
                "producers" if strip == Strip::All => ASKED,
                "producers" | "target_features" => continue,
                name if metadata::is_metadata(name) => continue,
                name if has_dwarf && dwarf::is_carried(name) => match (strip, no_debug.contains(&key)) {
                    (Strip::Nothing, false) => continue,
                    (Strip::Nothing, true) => "the debug information of an instance cannot be moved",
                    _ => ASKED,
                },
                name => reason(name),
            };
            left_out.entry((*name).to_owned()).or_insert(reason);
        }
    }
    for (name, _) in module.dfg.root_customs.iter().chain(&module.dfg.other_customs) {
        let reason = match *name {
            "producers" if strip == Strip::All => ASKED,
            "producers" => continue,
            name if metadata::is_metadata(name) => continue,
            name => reason(name),
        };
        left_out.entry((*name).to_owned()).or_insert(reason);
    }
    let MergedMetadata { sections, left_out: dropped } = metadata(module, live_funcs);
    left_out.extend(dropped.into_iter().map(|(name, reason)| (name.to_owned(), reason)));
    if strip == Strip::All {
        left_out.extend(sections.into_iter().map(|(name, _)| (name, ASKED)));
    }
    left_out
}

/// Why a section is not in the output that says nothing of it as a whole.
fn reason(name: &str) -> &'static str {
    match name {
        "sourceMappingURL" => "the map that it points to counts offsets of the input",
        "external_debug_info" => "the debug information that it points to has addresses of the input",
        ".debug_names" | ".debug_gnu_pubnames" | ".debug_gnu_pubtypes" => {
            "it is an index of debug information, without which debuggers find the same"
        }
        "linking" | "dylink.0" => "it is for linkers, and this module is linked",
        "build_id" => "it names a file of the input",
        name if name.starts_with("reloc.") => "it is for linkers, and this module is linked",
        name if name.starts_with("component-type") => "it says types of the input, and the result has its own",
        name if name.starts_with(".debug") => "no debug information that it belongs to could be kept",
        _ => "nothing says whether what it says of the input holds for the result",
    }
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
