//! Composition: several components to one, by a root component written around them.
//!
//! The root holds the components unchanged, instantiates them in the order given and passes to each, for every
//! import, the export of the same name of the nearest earlier instance, or else its own import of that name. It
//! exports what the last instance exports. Its imports are therefore the union of the components' imports that
//! none of their predecessors provides.
//!
//! Declaring those imports means declaring their types, and [`wit_component`] already knows how: it encodes a
//! component whose world has exactly these imports around an empty module, and the sections before that module,
//! nothing but types, aliases and imports, become the root's opening. `wac-graph` would do all of this, but none
//! of its releases is built on the wasm-tools version of this workspace.

use std::collections::{HashMap, HashSet};

use anyhow::{Context as _, Result, bail};
use wasm_encoder::{
    Alias, Component, ComponentAliasSection, ComponentExportKind, ComponentExportSection, ComponentInstanceSection,
    ComponentNameSection, ComponentSectionId, NameMap, RawSection,
};
use wasmparser::{ComponentExternalKind, ComponentTypeRef, Parser, Payload};
use wit_component::{ComponentEncoder, DecodedWasm, StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{ManglingAndAbi, Resolve, WorldId};

/// A component on its way into a composition.
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

/// Composes `parts`, providers first; the exports of the last one become the exports of the whole.
pub(crate) fn compose(parts: &[Part]) -> Result<Vec<u8>> {
    let mut root = Component::new();
    let mut counts = Counts::default();
    // The instances and functions that a later part may import, by name.
    let mut provided: HashMap<String, (ComponentExportKind, u32)> = HashMap::new();

    let surfaces = parts.iter().map(|part| Surface::read(&part.bytes)).collect::<Result<Vec<_>>>()?;
    if let Some(shell) = shell(parts, &surfaces)? {
        opening(&shell, &mut root, &mut counts, &mut provided)?;
    }

    for part in parts {
        // Component indices are positions in `parts`: nothing else defines components.
        root.section(&RawSection { id: ComponentSectionId::Component.into(), data: &part.bytes });
    }

    for (index, (part, surface)) in parts.iter().zip(&surfaces).enumerate() {
        let arguments = surface
            .imports
            .iter()
            .map(|name| {
                let (kind, item) = provided.get(name).with_context(|| format!("nothing provides `{name}`"))?;
                Ok((name.as_str(), *kind, *item))
            })
            .collect::<Result<Vec<_>>>()
            .with_context(|| format!("instantiating `{}`", part.name))?;
        let mut instances = ComponentInstanceSection::new();
        instances.instantiate(u32::try_from(index)?, arguments);
        root.section(&instances);
        let instance = counts.next(ComponentExportKind::Instance);

        let mut aliases = ComponentAliasSection::new();
        let mut exports = ComponentExportSection::new();
        let last = index + 1 == parts.len();
        for (name, kind) in &surface.exports {
            aliases.alias(Alias::InstanceExport { instance, kind: *kind, name });
            let item = counts.next(*kind);
            provided.insert(name.clone(), (*kind, item));
            if last {
                exports.export(name, *kind, item, None);
            }
        }
        root.section(&aliases);
        if last {
            root.section(&exports);
        }
    }

    let mut names = NameMap::new();
    for (index, part) in parts.iter().enumerate() {
        names.append(u32::try_from(index)?, &part.name);
    }
    let mut section = ComponentNameSection::new();
    section.components(&names);
    root.section(&section);
    Ok(root.finish())
}

/// The sizes of the root's index spaces that composition adds to.
#[derive(Default)]
struct Counts {
    instances: u32,
    functions: u32,
    types: u32,
}

impl Counts {
    fn next(&mut self, kind: ComponentExportKind) -> u32 {
        let count = match kind {
            ComponentExportKind::Instance => &mut self.instances,
            ComponentExportKind::Func => &mut self.functions,
            ComponentExportKind::Type => &mut self.types,
            // `Surface::read` lets no other kind in.
            _ => unreachable!("a surface of instances, functions and types"),
        };
        *count += 1;
        *count - 1
    }
}

/// The names that a component imports and exports at its top level.
struct Surface {
    imports: Vec<String>,
    exports: Vec<(String, ComponentExportKind)>,
}

impl Surface {
    fn read(component: &[u8]) -> Result<Surface> {
        let mut surface = Surface { imports: Vec::new(), exports: Vec::new() };
        let mut depth = 0;
        for payload in Parser::new(0).parse_all(component) {
            match payload? {
                Payload::Version { .. } => depth += 1,
                Payload::End(_) => depth -= 1,
                Payload::ComponentImportSection(section) if depth == 1 => {
                    for import in section {
                        let import = import?;
                        match import.ty {
                            ComponentTypeRef::Instance(_) | ComponentTypeRef::Func(_) => {
                                surface.imports.push(import.name.name.to_string());
                            }
                            // A type that a world-level function uses; its instance carries it.
                            ComponentTypeRef::Type(_) => {}
                            other => bail!("import `{}` is {other:?}", import.name.name),
                        }
                    }
                }
                Payload::ComponentExportSection(section) if depth == 1 => {
                    for export in section {
                        let export = export?;
                        let kind = match export.kind {
                            ComponentExternalKind::Instance => ComponentExportKind::Instance,
                            ComponentExternalKind::Func => ComponentExportKind::Func,
                            ComponentExternalKind::Type => ComponentExportKind::Type,
                            other => bail!("export `{}` is a {other:?}", export.name.name),
                        };
                        surface.exports.push((export.name.name.to_string(), kind));
                    }
                }
                _ => {}
            }
        }
        Ok(surface)
    }
}

/// A component that imports what the composition imports and does nothing; `None` where that is nothing.
fn shell(parts: &[Part], surfaces: &[Surface]) -> Result<Option<Vec<u8>>> {
    let mut resolve = Resolve::default();
    let mut outer: Option<WorldId> = None;
    let mut provided: HashSet<&str> = HashSet::new();
    for (index, (part, surface)) in parts.iter().zip(surfaces).enumerate() {
        if surface.imports.iter().any(|name| !provided.contains(name.as_str())) {
            let (decoded, world) = decode(part, index)?;
            let remap = resolve.merge(decoded).with_context(|| format!("the WIT of `{}`", part.name))?;
            let world = remap.map_world(world, Default::default())?;
            let mut imports = std::mem::take(&mut resolve.worlds[world].imports);
            imports.retain(|key, _| !provided.contains(resolve.name_world_key(key).as_str()));
            let outer = *outer.get_or_insert(world);
            resolve.worlds[outer].imports.extend(imports);
            resolve.worlds[outer].exports.clear();
        }
        provided.extend(surface.exports.iter().map(|(name, _)| name.as_str()));
    }
    let Some(world) = outer else { return Ok(None) };
    let mut module = dummy_module(&resolve, world, ManglingAndAbi::Standard32);
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)?;
    Ok(Some(ComponentEncoder::default().module(&module)?.encode().context("encoding the outer imports")?))
}

/// The WIT of a part. Every decoded component calls its package `root:component`; here each gets a name of its
/// own, since packages of one name are merged.
fn decode(part: &Part, index: usize) -> Result<(Resolve, WorldId)> {
    let DecodedWasm::Component(mut resolve, world) = wit_component::decode(&part.bytes)? else {
        bail!("`{}` is a WIT package, not a component", part.name);
    };
    let package = resolve.worlds[world].package.context("a decoded world is in a package")?;
    resolve.packages[package].name.name = format!("part{index}");
    resolve.package_names = resolve.packages.iter().map(|(id, package)| (package.name.clone(), id)).collect();
    Ok((resolve, world))
}

/// Copies the sections of `shell` up to its first module into `root`, counting what they define.
fn opening(
    shell: &[u8],
    root: &mut Component,
    counts: &mut Counts,
    provided: &mut HashMap<String, (ComponentExportKind, u32)>,
) -> Result<()> {
    let mut inner = 0;
    for payload in Parser::new(0).parse_all(shell) {
        let payload = payload?;
        match &payload {
            Payload::ComponentTypeSection(section) => counts.types += section.count(),
            Payload::ComponentAliasSection(section) => {
                for alias in section.clone() {
                    match alias? {
                        wasmparser::ComponentAlias::InstanceExport { kind: ComponentExternalKind::Type, .. } => {
                            counts.types += 1;
                        }
                        other => bail!("the opening of a component aliases {other:?}"),
                    }
                }
            }
            Payload::ComponentImportSection(section) => {
                for import in section.clone() {
                    let import = import?;
                    let kind = match import.ty {
                        ComponentTypeRef::Instance(_) => ComponentExportKind::Instance,
                        ComponentTypeRef::Func(_) => ComponentExportKind::Func,
                        ComponentTypeRef::Type(_) => ComponentExportKind::Type,
                        other => bail!("import `{}` is {other:?}", import.name.name),
                    };
                    let item = counts.next(kind);
                    provided.insert(import.name.name.to_string(), (kind, item));
                }
            }
            Payload::Version { .. } if inner == 0 => {
                inner += 1;
                continue;
            }
            _ => return Ok(()),
        }
        let (id, range) = payload.as_section().context("every payload copied is a section")?;
        root.section(&RawSection { id, data: &shell[range] });
    }
    Ok(())
}
