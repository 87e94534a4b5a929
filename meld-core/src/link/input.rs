//! Imports and exports of the inputs.

use super::{Input, mentions};
use crate::error::{LinkError, ValidationError};
use crate::parse::guard::Guard;
use std::collections::HashMap;
use wasmparser::component_types::{ComponentEntityType, ComponentItem};
use wasmparser::types::{Types, TypesRef};
use wasmparser::{Encoding, Parser, Payload, ValidPayload, Validator};

/// An input, read as far as linking needs it.
pub(super) struct Linkee<'a> {
    /// By which explicit links name it.
    pub(super) name: &'a str,
    /// By which messages name it.
    pub(super) shown: &'a str,
    pub(super) bytes: &'a [u8],
    /// How many components and core modules there are in it, itself included.
    pub(super) parts: usize,
    /// In order.
    pub(super) imports: Vec<Extern>,
    /// In order.
    pub(super) exports: Vec<Extern>,
}

/// Reads all inputs with one validator, so that the ids of all are valid in the types that are returned.
pub(super) fn read<'a>(inputs: &'a [Input<'_>]) -> Result<(Vec<Linkee<'a>>, Types), LinkError> {
    let mut validator = Validator::new_with_features(crate::input::features());
    let mut linkees = Vec::with_capacity(inputs.len());
    let mut all = None;
    for input @ Input { name, bytes, .. } in inputs {
        validator.reset();
        let externs = externs(&mut validator, bytes);
        let externs = externs.map_err(|source| LinkError::Input { input: input.shown().to_owned(), source })?;
        let Some(externs) = externs else { return Err(LinkError::CoreModule { input: input.shown().to_owned() }) };
        let Externs { parts, imports, exports, .. } = externs;
        linkees.push(Linkee { name, shown: input.shown(), bytes, parts, imports, exports });
        all = Some(externs.types);
    }
    let types = all.ok_or(LinkError::NoInput)?;
    for linkee in &linkees {
        check_named_once(linkee, types.as_ref())?;
    }
    Ok((linkees, types))
}

/// Refuses what the validator would panic at (wasmparser 0.254, `register_type_renamings`): a component to be
/// instantiated that imports a type under two names.
fn check_named_once(linkee: &Linkee<'_>, types: TypesRef<'_>) -> Result<(), LinkError> {
    let mut names = HashMap::new();
    for import in &linkee.imports {
        for id in mentions::named(types, import.ty()) {
            if let Some(first) = names.insert(id, &import.name) {
                let (first, second) = (first.clone(), import.name.clone());
                return Err(LinkError::SharedType { input: linkee.shown.to_owned(), first, second });
            }
        }
    }
    Ok(())
}

/// Imports and exports of a component, and the types that they refer to.
pub(crate) struct Externs {
    pub(crate) types: Types,
    /// How many components and core modules there are in it, itself included.
    pub(crate) parts: usize,
    /// In order.
    pub(crate) imports: Vec<Extern>,
    /// In order.
    pub(crate) exports: Vec<Extern>,
}

/// An import or an export.
pub(crate) struct Extern {
    pub(crate) name: String,
    pub(crate) item: ComponentItem,
}

impl Extern {
    pub(crate) fn ty(&self) -> &ComponentEntityType {
        &self.item.ty
    }
}

/// Reads a component, validating all of it but function bodies. `None` if it is a core module.
pub(crate) fn externs(validator: &mut Validator, bytes: &[u8]) -> Result<Option<Externs>, ValidationError> {
    let mut guard = Guard::default();
    let (mut imports, mut exports, mut depth, mut parts) = (Vec::new(), Vec::new(), 0_usize, 1);
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload?;
        match &payload {
            Payload::Version { encoding: Encoding::Module, .. } if depth == 0 => return Ok(None),
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => {
                depth += 1;
                parts += 1;
            }
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
        // A function body is handed out, not validated: the reader of the root validates it.
        if let ValidPayload::End(types) = guard.validate(validator, &payload, bytes)? {
            let Some(outer) = depth.checked_sub(1) else {
                let imports = items(imports, types.as_ref(), |types, name| types.component_item_for_import(name));
                let exports = items(exports, types.as_ref(), |types, name| types.component_item_for_export(name));
                return Ok(Some(Externs { types, parts, imports, exports }));
            };
            depth = outer;
        }
    }
    unreachable!("the parser ends with `End` or with an error")
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
