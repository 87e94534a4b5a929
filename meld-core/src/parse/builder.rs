//! A [`CoreModule`] while its sections are being read.
//!
//! In: the sections of one module, each already accepted by the validator. Out: the module, once its end
//! is reached. Nothing is reserved by a count that the input declares.

use crate::input::CoreKind;
use crate::input::{Body, CoreModule, ModuleExport};
use wasmparser::{
    BinaryReaderError, CustomSectionReader, ExternalKind, IndirectNameMap, KnownCustom, Name, NameMap, Payload, Table,
    TableInit, TypeRef,
};

/// A module while its sections are being read.
pub(super) struct ModuleBuilder<'a> {
    module: CoreModule<'a>,
    /// Offset of the module in the input.
    pub(super) start: usize,
}

impl<'a> ModuleBuilder<'a> {
    /// A module of which nothing has been read. `start` is the offset of `bytes` in the input.
    pub(super) fn new(bytes: &'a [u8], start: usize) -> Self {
        Self { module: CoreModule { bytes, ..CoreModule::default() }, start }
    }

    /// Adds a section other than a body; sections of components are not for here and change nothing.
    pub(super) fn section(&mut self, payload: Payload<'a>) -> Result<(), BinaryReaderError> {
        let module = &mut self.module;
        match payload {
            Payload::TypeSection(section) => extend(&mut module.rec_groups, section)?,
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import?;
                    match import.ty {
                        TypeRef::Func(ty) | TypeRef::FuncExact(ty) => {
                            module.funcs.push(ty);
                            module.imported.funcs += 1;
                        }
                        TypeRef::Table(ty) => {
                            module.tables.push(Table { ty, init: TableInit::RefNull });
                            module.imported.tables += 1;
                        }
                        TypeRef::Memory(ty) => {
                            module.memories.push(ty);
                            module.imported.memories += 1;
                        }
                        TypeRef::Global(_) => module.imported.globals += 1,
                        TypeRef::Tag(ty) => {
                            module.tags.push(ty);
                            module.imported.tags += 1;
                        }
                    }
                    module.imports.push(import);
                }
            }
            Payload::FunctionSection(section) => extend(&mut module.funcs, section)?,
            Payload::TableSection(section) => extend(&mut module.tables, section)?,
            Payload::MemorySection(section) => extend(&mut module.memories, section)?,
            Payload::TagSection(section) => extend(&mut module.tags, section)?,
            Payload::GlobalSection(section) => extend(&mut module.globals, section)?,
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    let kind = core_kind(export.kind);
                    module.exports.insert(export.name, ModuleExport { kind, index: export.index });
                }
            }
            Payload::StartSection { func, .. } => module.start = Some(func),
            Payload::ElementSection(section) => extend(&mut module.elements, section)?,
            Payload::DataSection(section) => extend(&mut module.data, section)?,
            Payload::CodeSectionStart { unchecked_range: range, .. } => {
                // The section is in the module, and so is not in front of it.
                module.code_start = (range.start as usize).saturating_sub(self.start);
            }
            Payload::CustomSection(section) => self.custom(&section),
            _ => {}
        }
        Ok(())
    }

    /// What was noted of the bodies so far.
    pub(super) fn noted(&mut self) -> &mut Vec<u8> {
        &mut self.module.noted
    }

    /// Adds the next function body.
    pub(super) fn body(&mut self, body: Body<'a>) {
        self.module.bodies.push(body);
    }

    /// The finished module. Its final name is up to the component around it.
    pub(super) fn finish(mut self) -> CoreModule<'a> {
        if let Some(name) = self.module.own_name {
            self.module.name = name.to_string();
        }
        self.module
    }

    /// Custom sections are not validated. What cannot be read in them is left out: nothing may depend on
    /// them, and a broken name section does not make a module wrong.
    fn custom(&mut self, section: &CustomSectionReader<'a>) {
        match section.as_known() {
            KnownCustom::Name(names) => {
                self.module.name_bytes += section.data().len();
                for name in names {
                    match name {
                        Ok(Name::Module { name, .. }) => self.module.own_name = Some(name),
                        Ok(Name::Function(names)) => self.module.func_names.extend(read_names(names)),
                        Ok(Name::Type(names)) => self.module.type_names.extend(read_names(names)),
                        Ok(Name::Table(names)) => self.module.table_names.extend(read_names(names)),
                        Ok(Name::Memory(names)) => self.module.memory_names.extend(read_names(names)),
                        Ok(Name::Global(names)) => self.module.global_names.extend(read_names(names)),
                        Ok(Name::Element(names)) => self.module.elem_names.extend(read_names(names)),
                        Ok(Name::Data(names)) => self.module.data_names.extend(read_names(names)),
                        Ok(Name::Tag(names)) => self.module.tag_names.extend(read_names(names)),
                        Ok(Name::Local(names)) => self.module.local_names.extend(read_indirect(names)),
                        Ok(Name::Label(names)) => self.module.label_names.extend(read_indirect(names)),
                        Ok(Name::Field(names)) => self.module.field_names.extend(read_indirect(names)),
                        Ok(_) => {}
                        Err(_) => break,
                    }
                }
            }
            KnownCustom::BranchHints(functions) => {
                for function in functions.into_iter().map_while(Result::ok) {
                    let hints = function.hints.into_iter().map_while(Result::ok).collect();
                    self.module.branch_hints.insert(function.func, hints);
                }
            }
            _ => self.module.customs.push((section.name(), section.data())),
        }
    }
}

/// The names of a name map, as far as it can be read.
pub(super) fn read_names<'a>(names: NameMap<'a>) -> impl Iterator<Item = (u32, &'a str)> {
    names.into_iter().map_while(Result::ok).map(|naming| (naming.index, naming.name))
}

/// The name maps in an indirect name map, as far as it can be read.
fn read_indirect<'a>(names: IndirectNameMap<'a>) -> impl Iterator<Item = (u32, NameMap<'a>)> {
    names.into_iter().map_while(Result::ok).map(|naming| (naming.index, naming.names))
}

/// The index space of an export. An exactly typed function is a function.
pub(crate) fn core_kind(kind: ExternalKind) -> CoreKind {
    match kind {
        ExternalKind::Func | ExternalKind::FuncExact => CoreKind::Func,
        ExternalKind::Table => CoreKind::Table,
        ExternalKind::Memory => CoreKind::Memory,
        ExternalKind::Global => CoreKind::Global,
        ExternalKind::Tag => CoreKind::Tag,
    }
}

fn extend<T>(
    items: &mut Vec<T>,
    section: impl IntoIterator<Item = Result<T, BinaryReaderError>>,
) -> Result<(), BinaryReaderError> {
    for item in section {
        items.push(item?);
    }
    Ok(())
}
