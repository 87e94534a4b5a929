//! Composition: several components to one, by a root component written around them.
//!
//! The root holds the components unchanged, instantiates them in the order given and passes to each, for every
//! import, the export of the same name of the nearest earlier instance, or else its own import of that name. It
//! exports what the last instance exports. Its imports are therefore the union of the components' imports that
//! none of their predecessors provides.
//!
//! Declaring those imports means declaring their types, and [`wit_component`] already knows how: it encodes a
//! world as a component type, whose declarations are, one by one, the sections that open the root. An interface
//! of types alone is such an import too: a component that exports functions on those types imports the types,
//! and nothing inside a composition can provide them. `wac-graph` would do all of this, but none of its releases
//! is built on the wasm-tools version of this workspace.

use std::collections::{HashMap, HashSet};

use anyhow::{Context as _, Result, bail};
use wasm_encoder::{
    Alias, Component, ComponentAliasSection, ComponentExportKind, ComponentExportSection, ComponentImportSection,
    ComponentInstanceSection, ComponentNameSection, ComponentSectionId, ComponentTypeSection, NameMap, RawSection,
    reencode::{ReencodeComponent, RoundtripReencoder},
};
use wasmparser::{
    ComponentAlias, ComponentExternalKind, ComponentType, ComponentTypeDeclaration, ComponentTypeRef, Parser, Payload,
    TypeBounds,
};
use wit_component::{DecodedWasm, StringEncoding};
use wit_parser::{Resolve, WorldId, WorldItem};

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
    if let Some(world) = outer_world(parts, &surfaces)? {
        opening(&world, &mut root, &mut counts, &mut provided)?;
    }

    for part in parts {
        // Component indices are positions in `parts`: nothing else defines components.
        root.section(&RawSection { id: ComponentSectionId::Component.into(), data: &part.bytes });
    }

    for (index, (part, surface)) in parts.iter().zip(&surfaces).enumerate() {
        let arguments = surface
            .imports
            .iter()
            .map(|Import { name, alias_of }| {
                if let Some((instance, export)) = alias_of {
                    let (_, instance) = find(&provided, instance)?;
                    let mut aliases = ComponentAliasSection::new();
                    aliases.alias(Alias::InstanceExport { instance, kind: ComponentExportKind::Type, name: export });
                    root.section(&aliases);
                    return Ok((name.as_str(), ComponentExportKind::Type, counts.next(ComponentExportKind::Type)));
                }
                let (kind, item) = find(&provided, name)?;
                Ok((name.as_str(), kind, item))
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

fn find(provided: &HashMap<String, (ComponentExportKind, u32)>, name: &str) -> Result<(ComponentExportKind, u32)> {
    provided.get(name).copied().with_context(|| format!("nothing provides `{name}`"))
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
    imports: Vec<Import>,
    exports: Vec<(String, ComponentExportKind)>,
}

struct Import {
    name: String,
    /// For a type that a world uses: the imported instance it is from, and its name there.
    alias_of: Option<(String, String)>,
}

impl Surface {
    fn read(component: &[u8]) -> Result<Surface> {
        let mut surface = Surface { imports: Vec::new(), exports: Vec::new() };
        // What an imported type is equal to is told by type index. Worlds only use types of imported instances,
        // and those come before everything else, so that following these two index spaces that far suffices.
        let mut types: Vec<Option<(String, String)>> = Vec::new();
        let mut instances: Vec<String> = Vec::new();
        let mut depth = 0;
        for payload in Parser::new(0).parse_all(component) {
            match payload? {
                Payload::Version { .. } => depth += 1,
                Payload::End(_) => depth -= 1,
                Payload::ComponentTypeSection(section) if depth == 1 => {
                    types.extend((0..section.count()).map(|_| None));
                }
                Payload::ComponentAliasSection(section) if depth == 1 => {
                    for alias in section {
                        let alias = alias?;
                        if let ComponentAlias::InstanceExport {
                            kind: ComponentExternalKind::Type,
                            instance_index,
                            name,
                        } = alias
                        {
                            let instance = instances.get(instance_index as usize);
                            types.push(instance.map(|instance| (instance.clone(), name.to_string())));
                        }
                    }
                }
                Payload::ComponentImportSection(section) if depth == 1 => {
                    for import in section {
                        let import = import?;
                        let name = import.name.name.to_string();
                        let mut alias_of = None;
                        match import.ty {
                            ComponentTypeRef::Instance(_) => instances.push(name.clone()),
                            ComponentTypeRef::Func(_) => {}
                            ComponentTypeRef::Type(TypeBounds::Eq(index)) => {
                                let origin = types.get(index as usize).cloned().flatten();
                                alias_of = Some(origin.with_context(|| format!("type `{name}` is of no interface"))?);
                                types.push(alias_of.clone());
                            }
                            other => bail!("import `{name}` is {other:?}"),
                        }
                        surface.imports.push(Import { name, alias_of });
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

/// A component that exports, as a type, the world of the imports of the composition; `None` where it has none.
fn outer_world(parts: &[Part], surfaces: &[Surface]) -> Result<Option<Vec<u8>>> {
    let mut resolve = Resolve::default();
    let mut outer: Option<WorldId> = None;
    let mut provided: HashSet<&str> = HashSet::new();
    for (index, (part, surface)) in parts.iter().zip(surfaces).enumerate() {
        let open = |import: &Import| import.alias_of.is_none() && !provided.contains(import.name.as_str());
        if surface.imports.iter().any(open) {
            let (decoded, world) = decode(part, index)?;
            let remap = resolve.merge(decoded).with_context(|| format!("the WIT of `{}`", part.name))?;
            let world = remap.map_world(world, Default::default())?;
            let mut imports = std::mem::take(&mut resolve.worlds[world].imports);
            imports.retain(|key, item| {
                !matches!(item, WorldItem::Type { .. }) && !provided.contains(resolve.name_world_key(key).as_str())
            });
            let outer = *outer.get_or_insert(world);
            resolve.worlds[outer].imports.extend(imports);
            resolve.worlds[outer].exports.clear();
        }
        provided.extend(surface.exports.iter().map(|(name, _)| name.as_str()));
    }
    let Some(world) = outer else { return Ok(None) };
    Ok(Some(wit_component::metadata::encode(&resolve, world, StringEncoding::UTF8, None)?))
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

/// Declares the imports of the world that `encoded` exports in `root`, counting what they define.
fn opening(
    encoded: &[u8],
    root: &mut Component,
    counts: &mut Counts,
    provided: &mut HashMap<String, (ComponentExportKind, u32)>,
) -> Result<()> {
    for declaration in declarations(encoded)? {
        match declaration {
            ComponentTypeDeclaration::Type(ty) => {
                let mut types = ComponentTypeSection::new();
                RoundtripReencoder.parse_component_type(types.ty(), ty)?;
                root.section(&types);
                counts.types += 1;
            }
            ComponentTypeDeclaration::Alias(alias) => {
                let mut aliases = ComponentAliasSection::new();
                aliases.alias(RoundtripReencoder.component_alias(alias)?);
                root.section(&aliases);
                // A world's own scope aliases nothing but types.
                counts.types += 1;
            }
            ComponentTypeDeclaration::Import(import) => {
                let kind = match import.ty {
                    ComponentTypeRef::Instance(_) => ComponentExportKind::Instance,
                    ComponentTypeRef::Func(_) => ComponentExportKind::Func,
                    ComponentTypeRef::Type(_) => ComponentExportKind::Type,
                    other => bail!("import `{}` is {other:?}", import.name.name),
                };
                let mut imports = ComponentImportSection::new();
                imports.import(import.name.name, RoundtripReencoder.component_type_ref(import.ty)?);
                root.section(&imports);
                provided.insert(import.name.name.to_string(), (kind, counts.next(kind)));
            }
            ComponentTypeDeclaration::CoreType(_) | ComponentTypeDeclaration::Export { .. } => {
                bail!("a world of imports declares something else")
            }
        }
    }
    Ok(())
}

/// The declarations of the world in `encoded`: its one type is a component type that exports the world's.
fn declarations(encoded: &[u8]) -> Result<Vec<ComponentTypeDeclaration<'_>>> {
    for payload in Parser::new(0).parse_all(encoded) {
        let Payload::ComponentTypeSection(section) = payload? else { continue };
        for ty in section {
            let ComponentType::Component(package) = ty? else { continue };
            for declaration in package.into_vec() {
                if let ComponentTypeDeclaration::Type(ComponentType::Component(world)) = declaration {
                    return Ok(world.into_vec());
                }
            }
        }
    }
    bail!("an encoded world without its type")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(name: &str, text: &str) -> Part {
        Part { name: name.to_string(), bytes: wat::parse_str(text).expect("the test's text is a component") }
    }

    /// Imports `t:t/x`, which it exports as well, and `t:t/host`.
    const LINK: &str = r#"
        (component
          (import "t:t/x" (instance $x (export "f" (func (result u32)))))
          (import "t:t/host" (instance (export "g" (func (param "s" u8)))))
          (export "t:t/x" (instance $x)))
    "#;

    const LEAF: &str = r#"
        (component
          (core module $m (func (export "f") (result i32) (i32.const 1)))
          (core instance $m (instantiate $m))
          (func $f (result u32) (canon lift (core func $m "f")))
          (instance $x (export "f" (func $f)))
          (export "t:t/x" (instance $x)))
    "#;

    fn names(surface: &Surface) -> (Vec<&str>, Vec<&str>) {
        let imports = surface.imports.iter().map(|import| import.name.as_str()).collect();
        (imports, surface.exports.iter().map(|(name, _)| name.as_str()).collect())
    }

    #[test]
    fn the_nearest_earlier_instance_provides_and_the_root_imports_the_rest() -> Result<()> {
        let whole = compose(&[part("leaf", LEAF), part("first", LINK), part("second", LINK)])?;
        wasmparser::Validator::new().validate_all(&whole)?;
        assert_eq!(names(&Surface::read(&whole)?), (vec!["t:t/host"], vec!["t:t/x"]));
        // Instances: the root's import, the leaf and its export, the first link and its export, the second.
        let text = wasmprinter::print_bytes(&whole)?;
        assert_eq!(text.matches(r#"(with "t:t/x" (instance 2))"#).count(), 1, "{text}");
        assert_eq!(text.matches(r#"(with "t:t/x" (instance 4))"#).count(), 1, "{text}");
        Ok(())
    }

    #[test]
    fn without_a_provider_the_import_stays() -> Result<()> {
        let whole = compose(&[part("link", LINK)])?;
        wasmparser::Validator::new().validate_all(&whole)?;
        assert_eq!(names(&Surface::read(&whole)?), (vec!["t:t/x", "t:t/host"], vec!["t:t/x"]));
        Ok(())
    }

    #[test]
    fn the_types_a_world_uses_come_from_the_instance_they_are_of() -> Result<()> {
        let user = part(
            "user",
            r#"
            (component
              (import "t:t/x" (instance $x (export "r" (type (sub resource)))))
              (alias export $x "r" (type $r))
              (import "r" (type $own (eq $r)))
              (import "take" (func (param "r" (own $own)))))
            "#,
        );
        let owner = part(
            "owner",
            r#"
            (component
              (core module $m (func (export "take") (param i32)))
              (core instance $m (instantiate $m))
              (type $r (resource (rep i32)))
              (instance $x (export "r" (type $r)))
              (export $e "t:t/x" (instance $x))
              (alias export $e "r" (type $exported))
              (func $take (param "r" (own $exported)) (canon lift (core func $m "take")))
              (export "r" (type $exported))
              (export "take" (func $take)))
            "#,
        );
        let whole = compose(&[owner, user])?;
        wasmparser::Validator::new().validate_all(&whole)?;
        assert_eq!(names(&Surface::read(&whole)?), (vec![], vec![]));
        Ok(())
    }
}
