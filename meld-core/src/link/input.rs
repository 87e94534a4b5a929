//! Imports and exports of the inputs.

use super::Input;
use crate::error::LinkError;
use wasmparser::component_types::{ComponentEntityType, ComponentItem};
use wasmparser::types::{Types, TypesRef};
use wasmparser::{Encoding, Parser, Payload, ValidPayload, Validator};

/// An input, read as far as linking needs it.
pub(super) struct Linkee<'a> {
    pub(super) name: &'a str,
    pub(super) bytes: &'a [u8],
    /// In order.
    pub(super) imports: Vec<Extern>,
    /// In order.
    pub(super) exports: Vec<Extern>,
}

/// An import or an export.
pub(super) struct Extern {
    pub(super) name: String,
    pub(super) item: ComponentItem,
}

impl Extern {
    pub(super) fn ty(&self) -> &ComponentEntityType {
        &self.item.ty
    }
}

/// Reads all inputs with one validator, so that the ids of all are valid in the types that are returned.
pub(super) fn read<'a>(inputs: &'a [Input<'_>]) -> Result<(Vec<Linkee<'a>>, Types), LinkError> {
    let mut validator = Validator::new_with_features(crate::parse::features());
    let mut linkees = Vec::with_capacity(inputs.len());
    let mut all = None;
    for input in inputs {
        validator.reset();
        let invalid = |source| LinkError::Input { input: input.name.clone(), source };
        let (types, imports, exports) = read_one(&mut validator, &input.name, &input.bytes)?.map_err(invalid)?;
        linkees.push(Linkee {
            name: &input.name,
            bytes: &input.bytes,
            imports: items(imports, types.as_ref(), |types, name| types.component_item_for_import(name)),
            exports: items(exports, types.as_ref(), |types, name| types.component_item_for_export(name)),
        });
        all = Some(types);
    }
    match all {
        Some(types) => Ok((linkees, types)),
        None => Err(LinkError::NoInput),
    }
}

type Read<'a> = Result<(Types, Vec<&'a str>, Vec<&'a str>), wasmparser::BinaryReaderError>;

fn read_one<'a>(validator: &mut Validator, name: &str, bytes: &'a [u8]) -> Result<Read<'a>, LinkError> {
    let (mut imports, mut exports, mut depth) = (Vec::new(), Vec::new(), 0_usize);
    let mut read = || -> Result<Option<Types>, wasmparser::BinaryReaderError> {
        for payload in Parser::new(0).parse_all(bytes) {
            let payload = payload?;
            match &payload {
                Payload::Version { encoding: Encoding::Module, .. } if depth == 0 => return Ok(None),
                Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
                Payload::ComponentImportSection(section) if depth == 0 => {
                    for import in section.clone() {
                        imports.push(import?.name.name);
                    }
                }
                Payload::ComponentExportSection(section) if depth == 0 => {
                    for export in section.clone() {
                        exports.push(export?.name.name);
                    }
                }
                _ => {}
            }
            // A function body is handed out, not validated: that is left to whoever reads the root.
            if let ValidPayload::End(types) = validator.payload(&payload)? {
                match depth.checked_sub(1) {
                    Some(outer) => depth = outer,
                    None => return Ok(Some(types)),
                }
            }
        }
        unreachable!("the parser ends with `End` or with an error")
    };
    match read() {
        Ok(Some(types)) => Ok(Ok((types, imports, exports))),
        Ok(None) => Err(LinkError::CoreModule { input: name.to_owned() }),
        Err(source) => Ok(Err(source)),
    }
}

fn items(
    names: Vec<&str>,
    types: TypesRef<'_>,
    item: impl for<'t> Fn(&TypesRef<'t>, &str) -> Option<&'t ComponentItem>,
) -> Vec<Extern> {
    let item = |name: &str| {
        let item = item(&types, name).expect("the validator has what its input declares").clone();
        Extern { name: name.to_owned(), item }
    };
    names.into_iter().map(item).collect()
}
