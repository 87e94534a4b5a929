//! Features of sections, and the walk.
//!
//! In: a module. Out: whether it is valid, and its features.

use super::Features;
use super::instructions::{FeatureNoting, const_expr, ref_type, val_type, val_types};
use wasmparser::{
    CompositeInnerType, DataKind, ElementItems, ElementKind, ExternalKind, FuncToValidate, FuncValidatorAllocations,
    FunctionBody, GlobalType, MemoryType, Parser, Payload, RecGroup, Result, StorageType, SubType, TableInit,
    TableType, TagType, TypeRef, ValType, ValidPayload, Validator, ValidatorResources, WasmFeatures,
};

/// Validates a module and says which features it uses. Bodies are validated in place:
/// `Validator::validate_all` would put them all aside first, in about half as much memory as bodies of 200 bytes have.
pub(crate) fn validate(module: &[u8]) -> Result<Features> {
    let mut validator = Validator::new_with_features(WasmFeatures::all());
    let mut parser = Parser::new(0);
    parser.set_features(WasmFeatures::all());
    let mut allocations = FuncValidatorAllocations::default();
    let mut seen = Seen::default();
    for payload in parser.parse_all(module) {
        let payload = payload?;
        match validator.payload(&payload)? {
            ValidPayload::Func(func, body) => allocations = seen.body(func, &body, allocations)?,
            _ => seen.section(&payload)?,
        }
    }
    Ok(seen.features.with_parts())
}

/// What has been seen of a module.
#[derive(Default)]
struct Seen {
    features: Features,
    memories: usize,
    tables: usize,
    imported_globals: u32,
    /// For each type whether it is one of functions with several parameters.
    wide_types: Vec<bool>,
    /// For each global whether it is mutable.
    globals: Vec<bool>,
}

impl Seen {
    fn body(
        &mut self,
        func: FuncToValidate<ValidatorResources>,
        body: &FunctionBody<'_>,
        allocations: FuncValidatorAllocations,
    ) -> Result<FuncValidatorAllocations> {
        let mut validator = func.into_validator(allocations);
        let mut reader = body.get_binary_reader();
        for _ in 0..reader.read_var_u32()? {
            let offset = reader.original_position();
            let count = reader.read_var_u32()?;
            let ty = reader.read::<ValType>()?;
            validator.define_locals(offset, count, ty)?;
            self.features |= val_type(&ty);
        }
        reader.set_features(WasmFeatures::all());
        while !reader.eof() {
            let validator = validator.visitor(reader.original_position());
            reader.visit_operator(&mut FeatureNoting { validator, features: &mut self.features })??;
        }
        reader.finish_expression(&validator.visitor(reader.original_position()))?;
        Ok(validator.into_allocations())
    }

    fn section(&mut self, payload: &Payload<'_>) -> Result<()> {
        match payload {
            Payload::TypeSection(types) => {
                for group in types.clone() {
                    let group = group?;
                    self.features |= rec_group(&group);
                    self.wide_types.extend(group.types().map(has_several_params));
                }
            }
            Payload::ImportSection(imports) => {
                for import in imports.clone().into_imports() {
                    match import?.ty {
                        TypeRef::Func(_) => {}
                        TypeRef::FuncExact(_) => self.features |= Features::CUSTOM_DESCRIPTORS,
                        TypeRef::Table(ty) => self.table(ty),
                        TypeRef::Memory(ty) => self.memory(ty),
                        TypeRef::Global(ty) => {
                            self.imported_globals += 1;
                            self.features |= Features::when(ty.mutable, Features::MUTABLE_GLOBALS);
                            self.global(ty);
                        }
                        TypeRef::Tag(ty) => self.tag(ty),
                    }
                }
            }
            Payload::TableSection(tables) => {
                for table in tables.clone() {
                    let table = table?;
                    self.table(table.ty);
                    if let TableInit::Expr(init) = &table.init {
                        self.features |= Features::GC | const_expr(init, self.imported_globals)?;
                    }
                }
            }
            Payload::MemorySection(memories) => {
                for memory in memories.clone() {
                    self.memory(memory?);
                }
            }
            Payload::TagSection(tags) => {
                for tag in tags.clone() {
                    self.tag(tag?);
                }
            }
            Payload::GlobalSection(globals) => {
                for global in globals.clone() {
                    let global = global?;
                    self.global(global.ty);
                    self.features |= const_expr(&global.init_expr, self.imported_globals)?;
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports.clone() {
                    let export = export?;
                    let mutable = export.kind == ExternalKind::Global
                        && self.globals.get(export.index as usize).is_some_and(|mutable| *mutable);
                    self.features |= Features::when(mutable, Features::MUTABLE_GLOBALS);
                }
            }
            Payload::ElementSection(elements) => {
                for element in elements.clone() {
                    let element = element?;
                    self.features |= self.element(&element.kind, &element.items)?;
                }
            }
            Payload::DataCountSection { .. } => self.features |= Features::BULK_MEMORY,
            Payload::DataSection(datas) => {
                for data in datas.clone() {
                    self.features |= match data?.kind {
                        DataKind::Passive => Features::BULK_MEMORY,
                        DataKind::Active { offset_expr, .. } => const_expr(&offset_expr, self.imported_globals)?,
                    };
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn table(&mut self, ty: TableType) {
        self.tables += 1;
        // One table of functions has always been there.
        let plain = self.tables == 1 && ty.element_type.is_func_ref() && ty.element_type.is_nullable();
        if !plain {
            self.features |= ref_type(&ty.element_type);
        }
        self.features |=
            Features::when(ty.table64, Features::MEMORY64) | Features::when(ty.shared, Features::SHARED_EVERYTHING);
    }

    fn memory(&mut self, ty: MemoryType) {
        self.memories += 1;
        self.features |= Features::when(self.memories > 1, Features::MULTIMEMORY)
            | Features::when(ty.memory64, Features::MEMORY64)
            | Features::when(ty.shared, Features::ATOMICS)
            | Features::when(ty.page_size_log2.is_some(), Features::CUSTOM_PAGE_SIZES);
    }

    fn tag(&mut self, ty: TagType) {
        // A handler is given all the values of an exception.
        let several = self.wide_types.get(ty.func_type_idx as usize).is_some_and(|several| *several);
        self.features |= Features::EXCEPTION_HANDLING | Features::when(several, Features::MULTIVALUE);
    }

    fn global(&mut self, ty: GlobalType) {
        self.globals.push(ty.mutable);
        self.features |= val_type(&ty.content_type) | Features::when(ty.shared, Features::SHARED_EVERYTHING);
    }

    fn element(&self, kind: &ElementKind<'_>, items: &ElementItems<'_>) -> Result<Features> {
        let mut features = match kind {
            ElementKind::Passive => Features::BULK_MEMORY,
            ElementKind::Declared => Features::REFERENCE_TYPES,
            ElementKind::Active { table_index, offset_expr } => {
                let other = table_index.is_some_and(|index| index > 0);
                Features::when(other, Features::REFERENCE_TYPES) | const_expr(offset_expr, self.imported_globals)?
            }
        };
        if let ElementItems::Expressions(ty, exprs) = items {
            features |= ref_type(ty);
            for expr in exprs.clone() {
                features |= const_expr(&expr?, self.imported_globals)?;
            }
        }
        Ok(features)
    }
}

fn rec_group(group: &RecGroup) -> Features {
    let types = group.types();
    let several = Features::when(group.is_explicit_rec_group() || types.len() > 1, Features::GC);
    types.fold(several, |all, ty| all | sub_type(ty))
}

fn sub_type(ty: &SubType) -> Features {
    let composite = &ty.composite_type;
    let described = composite.descriptor_idx.is_some() || composite.describes_idx.is_some();
    let features = match &composite.inner {
        CompositeInnerType::Func(ty) => {
            let several = Features::when(ty.results().len() > 1, Features::MULTIVALUE);
            several | val_types(ty.params()) | val_types(ty.results())
        }
        CompositeInnerType::Array(ty) => Features::GC | storage_type(ty.0.element_type),
        CompositeInnerType::Struct(ty) => {
            ty.fields.iter().fold(Features::GC, |all, field| all | storage_type(field.element_type))
        }
        CompositeInnerType::Cont(_) => Features::STACK_SWITCHING,
    };
    features
        | Features::when(!ty.is_final || !ty.supertype_idxs.is_empty(), Features::GC)
        | Features::when(composite.shared, Features::SHARED_EVERYTHING)
        | Features::when(described, Features::CUSTOM_DESCRIPTORS)
}

fn has_several_params(ty: &SubType) -> bool {
    matches!(&ty.composite_type.inner, CompositeInnerType::Func(ty) if ty.params().len() > 1)
}

fn storage_type(ty: StorageType) -> Features {
    match ty {
        StorageType::I8 | StorageType::I16 => Features::NONE,
        StorageType::Val(ty) => val_type(&ty),
    }
}
