//! Core module types: of imported core modules.

use super::TypeEncoder;
use crate::error::TypeEncodeError;
use std::collections::HashMap;
use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{EntityType, ModuleType};
use wasmparser::UnpackedIndex;
use wasmparser::component_types::ComponentCoreModuleTypeId;
use wasmparser::types::{CoreTypeId, EntityType as InputEntityType, TypesRef};

impl TypeEncoder<'_> {
    pub(super) fn module_type(&mut self, depth: usize, id: ComponentCoreModuleTypeId) -> Result<u32, TypeEncodeError> {
        if let Some(index) = self.scopes[depth].modules.get(&id) {
            return Ok(*index);
        }
        let ty = self.data(id);
        let mut encoder =
            CoreTypes { types: self.types, module: ModuleType::new(), indices: HashMap::new(), open: Vec::new() };
        for ((module, field), ty) in &ty.imports {
            let ty = encoder.entity(*ty)?;
            encoder.module.import(module, field, ty);
        }
        for (name, ty) in &ty.exports {
            // The validator knows each function that a module defines to have its exact type, whether or not the input
            // says so, and an engine without custom descriptors cannot read an exact type. A function that is exact
            // is one of the plain type, so an importer of the module accepts as much as before.
            let ty = match encoder.entity(*ty)? {
                EntityType::FunctionExact(ty) => EntityType::Function(ty),
                ty => ty,
            };
            encoder.module.export(name, ty);
        }
        let index = self.scopes[depth].module(&encoder.module);
        self.scopes[depth].modules.insert(id, index);
        Ok(index)
    }
}

/// How far types may mention types that mention types: each step is a few calls deep on the stack.
const DEPTH: usize = 100;

/// The type index space of one module type.
struct CoreTypes<'t> {
    types: TypesRef<'t>,
    module: ModuleType,
    indices: HashMap<CoreTypeId, u32>,
    /// Types that are being written out, outermost first.
    open: Vec<CoreTypeId>,
}

impl CoreTypes<'_> {
    fn entity(&mut self, ty: InputEntityType) -> Result<EntityType, TypeEncodeError> {
        Ok(match ty {
            InputEntityType::Func(id) => EntityType::Function(self.core_type(id)?),
            InputEntityType::FuncExact(id) => EntityType::FunctionExact(self.core_type(id)?),
            InputEntityType::Tag(id) => {
                let func_type_idx = self.core_type(id)?;
                EntityType::Tag(wasm_encoder::TagType { kind: wasm_encoder::TagKind::Exception, func_type_idx })
            }
            InputEntityType::Table(ty) => EntityType::Table(self.table_type(ty).map_err(unsupported)?),
            InputEntityType::Memory(ty) => EntityType::Memory(self.memory_type(ty).map_err(unsupported)?),
            InputEntityType::Global(ty) => EntityType::Global(self.global_type(ty).map_err(unsupported)?),
        })
    }

    /// The index of a type; it and what it mentions are written out where they are not yet.
    fn core_type(&mut self, id: CoreTypeId) -> Result<u32, TypeEncodeError> {
        if let Some(index) = self.indices.get(&id) {
            return Ok(*index);
        }
        let members: Vec<CoreTypeId> = self.types.rec_group_elements(self.types.rec_group_id_of(id)).collect();
        // A module type can hold single types only (`Binary.md`, `moduledecl`).
        let [member] = members[..] else {
            return Err(TypeEncodeError::CoreType("a core module type mentions a recursion group of several types"));
        };
        let ty = self.types.get(member).expect("an id is used with the types it belongs to");
        if self.open.len() >= DEPTH {
            return Err(TypeEncodeError::CoreType("a core module type mentions types nested too deeply"));
        }
        // Mentioned types come first.
        self.open.push(id);
        let ty = self.sub_type(ty.clone()).map_err(unsupported)?;
        self.open.pop();
        let index = self.module.type_count();
        self.module.ty().subtype(&ty);
        self.indices.insert(id, index);
        Ok(index)
    }
}

impl Reencode for CoreTypes<'_> {
    type Error = TypeEncodeError;

    fn type_index_unpacked(&mut self, ty: UnpackedIndex) -> Result<u32, reencode::Error<Self::Error>> {
        match ty {
            UnpackedIndex::Id(id) if !self.open.contains(&id) => self.core_type(id).map_err(reencode::Error::UserError),
            UnpackedIndex::Id(_) | UnpackedIndex::RecGroup(_) | UnpackedIndex::Module(_) => {
                Err(reencode::Error::UserError(TypeEncodeError::CoreType(
                    "a core module type mentions a type that mentions itself",
                )))
            }
        }
    }
}

fn unsupported(error: reencode::Error<TypeEncodeError>) -> TypeEncodeError {
    match error {
        reencode::Error::UserError(error) => error,
        _ => TypeEncodeError::CoreType("a core module type has a type that cannot be written out"),
    }
}
