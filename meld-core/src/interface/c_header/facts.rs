//! What a core module has, as a host in C needs it.
//!
//! In: a valid core module. Out: its exported functions by name, and how much there is of everything.

use crate::error::CHeaderError;
use std::collections::BTreeMap;
use wasmparser::{
    CompositeInnerType, ConstExpr, ExternalKind, FuncType, MemoryType, Operator, Parser, Payload, TypeRef,
};

/// What the module has.
#[derive(Default)]
pub(super) struct Facts {
    /// CTypes of exported functions, by name.
    pub(super) functions: BTreeMap<String, FuncType>,
    /// Values of exported globals of 32 bits, by name.
    pub(super) globals: BTreeMap<String, u32>,
    /// Bytes of all memories at the start.
    pub(super) memory: u64,
    /// Elements of all tables at the start.
    pub(super) elements: u64,
}

impl Facts {
    /// Reads a module.
    pub(super) fn new(core: &[u8]) -> Result<Self, CHeaderError> {
        let mut facts = Facts::default();
        let (mut types, mut funcs, mut globals) = (Vec::new(), Vec::new(), Vec::new());
        for payload in Parser::new(0).parse_all(core) {
            match payload? {
                Payload::TypeSection(section) => {
                    for group in section {
                        types.extend(group?.into_types().map(|ty| match ty.composite_type.inner {
                            CompositeInnerType::Func(func) => Some(func),
                            _ => None,
                        }));
                    }
                }
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        match import?.ty {
                            TypeRef::Func(ty) => funcs.push(ty),
                            _ => return Err(missing("imports that are functions")),
                        }
                    }
                }
                Payload::FunctionSection(section) => {
                    for ty in section {
                        funcs.push(ty?);
                    }
                }
                Payload::TableSection(section) => {
                    for table in section {
                        facts.elements += table?.ty.initial;
                    }
                }
                Payload::MemorySection(section) => {
                    for memory in section {
                        facts.memory += bytes(&memory?);
                    }
                }
                Payload::GlobalSection(section) => {
                    for global in section {
                        globals.push(value(&global?.init_expr)?);
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export?;
                        let index = export.index as usize;
                        match export.kind {
                            ExternalKind::Func => {
                                let ty = types[funcs[index] as usize].clone().ok_or_else(|| missing(export.name))?;
                                facts.functions.insert(export.name.to_owned(), ty);
                            }
                            ExternalKind::Global => {
                                if let Some(value) = globals[index] {
                                    facts.globals.insert(export.name.to_owned(), value);
                                }
                            }
                            _ => {}
                        }
                    }
                }
                Payload::CodeSectionStart { .. } => break,
                _ => {}
            }
        }
        Ok(facts)
    }

    /// The type of an exported function.
    pub(super) fn function(&self, name: &str) -> Result<&FuncType, CHeaderError> {
        self.functions.get(name).ok_or_else(|| missing(name))
    }
}

fn bytes(memory: &MemoryType) -> u64 {
    memory.initial << memory.page_size_log2.unwrap_or(16)
}

/// The value of a constant of 32 bits.
fn value(init: &ConstExpr<'_>) -> Result<Option<u32>, CHeaderError> {
    Ok(match init.get_operators_reader().read()? {
        Operator::I32Const { value } => Some(value.cast_unsigned()),
        _ => None,
    })
}

/// What is described and not there.
pub(super) fn missing(name: &str) -> CHeaderError {
    CHeaderError::Missing { name: name.to_owned() }
}
