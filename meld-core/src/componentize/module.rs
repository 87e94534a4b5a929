//! The core module on its way: its imports renamed, its sections added.
//!
//! In: a core module. Out: the same bytes but for the names in the import section, and `component-type` sections at
//! the end. Whatever is not a function import of a name that was asked for is copied as it is.

use crate::error::{ComponentizeError, WitError};
use crate::input::features;
use crate::passthrough::CoreName;
use crate::wit::{COMPONENT_TYPE, check_component_type};
use std::collections::BTreeMap;
use wasm_encoder::reencode::{Reencode as _, RoundtripReencoder};
use wasm_encoder::{CustomSection, ImportSection, RawSection};
use wasmparser::{CompositeInnerType, Encoding, FuncType, Import, Parser, Payload, TypeRef, Validator, types::Types};

/// What `wit-component` calls the module that functions at the root of a world are imported from.
const ROOT: &str = "$root";

/// A valid core module.
pub(super) struct GuestModule<'a> {
    name: &'a str,
    pub(super) bytes: &'a [u8],
    types: Types,
    imports: Vec<Import<'a>>,
    /// New fields of imports, which are from [`ROOT`] then.
    renamed: BTreeMap<CoreName, String>,
}

impl<'a> GuestModule<'a> {
    /// Validates `bytes`, which messages call `name`, and what they say of their world.
    pub(super) fn read(name: &'a str, bytes: &'a [u8]) -> Result<Self, ComponentizeError> {
        let invalid =
            |error: wasmparser::Error| ComponentizeError::Invalid { input: name.to_string(), source: error.into() };
        let mut imports = Vec::new();
        for payload in Parser::new(0).parse_all(bytes) {
            match payload.map_err(invalid)? {
                Payload::Version { encoding: Encoding::Component, .. } => {
                    return Err(ComponentizeError::Component { input: name.to_string() });
                }
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        imports.push(import.map_err(invalid)?);
                    }
                }
                Payload::CustomSection(section) if section.name().starts_with(COMPONENT_TYPE) => {
                    check_component_type(section.data()).map_err(|why| ComponentizeError::World {
                        input: name.to_string(),
                        reason: match why {
                            WitError::Inexpressible { reason } => reason,
                            other => other.to_string(),
                        },
                    })?;
                }
                _ => {}
            }
        }
        let types = Validator::new_with_features(features()).validate_all(bytes).map_err(invalid)?;
        Ok(Self { name, bytes, types, imports, renamed: BTreeMap::new() })
    }

    /// The type of the function that is imported as `wanted`. A module may import it more than once, with one type.
    pub(super) fn function(&self, wanted: &CoreName) -> Result<FuncType, ComponentizeError> {
        let wrong =
            |reason| ComponentizeError::Type { input: self.name.to_string(), import: wanted.to_string(), reason };
        let mut found: Option<FuncType> = None;
        for import in self.imports.iter().filter(|import| is(import, wanted)) {
            let TypeRef::Func(index) = import.ty else {
                return Err(wrong(format!("it is a {}, not a function", kind(import.ty))));
            };
            let id = self.types.as_ref().core_type_at_in_module(index);
            let CompositeInnerType::Func(ty) = &self.types[id].composite_type.inner else {
                unreachable!("a valid module imports functions with types of functions")
            };
            if found.as_ref().is_some_and(|found| *found != *ty) {
                return Err(wrong("it is imported with several types".to_string()));
            }
            found = Some(ty.clone());
        }
        found.ok_or_else(|| ComponentizeError::NoImport {
            input: self.name.to_string(),
            import: wanted.to_string(),
            others: self.others(),
        })
    }

    /// The imports that could have been meant, in words.
    fn others(&self) -> String {
        let mut names: Vec<_> = self.imports.iter().map(|i| format!("`{}::{}`", i.module, i.name)).collect();
        names.sort();
        names.dedup();
        if names.is_empty() { "it imports nothing".to_string() } else { format!("it imports {}", names.join(", ")) }
    }

    /// Makes `import` one of the function `name` at the root of the world.
    pub(super) fn rename(&mut self, import: &CoreName, name: &str) {
        self.renamed.insert(import.clone(), name.to_string());
    }

    /// The bytes, with one more `component-type` section.
    pub(super) fn finish(&self, section: Option<Vec<u8>>) -> Vec<u8> {
        let mut module = wasm_encoder::Module::new();
        for payload in Parser::new(0).parse_all(self.bytes) {
            let payload = payload.expect("the module was read to its end before");
            match &payload {
                Payload::ImportSection(_) => {
                    module.section(&self.import_section());
                }
                // Entries of the code section are payloads of their own, and no sections.
                other => {
                    if let Some((id, range)) = other.as_section() {
                        module.section(&RawSection { id, data: &self.bytes[range.start as usize..range.end as usize] });
                    }
                }
            }
        }
        if let Some(data) = section {
            module.section(&CustomSection { name: format!("{COMPONENT_TYPE}:passthrough").into(), data: data.into() });
        }
        module.finish()
    }

    fn import_section(&self) -> ImportSection {
        let mut section = ImportSection::new();
        for import in &self.imports {
            let ty = RoundtripReencoder.entity_type(import.ty).expect("what was parsed can be encoded");
            match self.renamed.iter().find(|(old, _)| is(import, old)) {
                Some((_, name)) => section.import(ROOT, name, ty),
                None => section.import(import.module, import.name, ty),
            };
        }
        section
    }
}

fn is(import: &Import<'_>, name: &CoreName) -> bool {
    import.module == name.module && import.name == name.field
}

fn kind(ty: TypeRef) -> &'static str {
    match ty {
        TypeRef::Func(_) | TypeRef::FuncExact(_) => "function of an exact type",
        TypeRef::Table(_) => "table",
        TypeRef::Memory(_) => "memory",
        TypeRef::Global(_) => "global",
        TypeRef::Tag(_) => "tag",
    }
}
