//! The shim and the fixup module.

use wasm_encoder::{
    CodeSection, ConstExpr, ElementSection, Elements, EntityType, ExportKind, ExportSection, Function, FunctionSection,
    ImportSection, Module, RefType, StartSection, TableSection, TableType, TypeSection, ValType,
};

/// Export name of the shim's table.
pub(super) const TABLE: &str = "table";

/// Import name of the fused module's `init` in the fixup module.
pub(super) const INIT: &str = "init";

/// A core function type.
pub(super) type CoreType = (Vec<ValType>, Vec<ValType>);

/// A module that exports a function `k` per entry of `types`, which calls the `k`-th function of [`TABLE`].
pub(super) fn shim(types: &[CoreType]) -> Module {
    let (mut functions, mut exports, mut code) = (FunctionSection::new(), ExportSection::new(), CodeSection::new());
    for (index, (params, _)) in (0..).zip(types) {
        functions.function(index);
        exports.export(&index.to_string(), ExportKind::Func, index);
        let mut body = Function::new([]);
        for (param, _) in (0..).zip(params) {
            body.instructions().local_get(param);
        }
        body.instructions().i32_const(index as i32).call_indirect(0, index).end();
        code.function(&body);
    }
    exports.export(TABLE, ExportKind::Table, 0);
    let mut tables = TableSection::new();
    tables.table(table(types));
    let mut module = Module::new();
    module.section(&type_section(types)).section(&functions).section(&tables).section(&exports).section(&code);
    module
}

/// A module without exports that imports [`TABLE`], a function `k` per entry of `types` and, if `init` is
/// set, [`INIT`]. It puts the functions into the table, then calls `init`.
pub(super) fn fixup(types: &[CoreType], init: bool) -> Module {
    let mut type_section = type_section(types);
    let mut imports = ImportSection::new();
    for (index, _) in (0..).zip(types) {
        imports.import("", &index.to_string(), EntityType::Function(index));
    }
    let count = types.len() as u32;
    if init {
        type_section.ty().function([], []);
        imports.import("", INIT, EntityType::Function(count));
    }
    let mut elements = ElementSection::new();
    if !types.is_empty() {
        imports.import("", TABLE, table(types));
        let functions: Vec<u32> = (0..count).collect();
        elements.active(None, &ConstExpr::i32_const(0), Elements::Functions(functions.into()));
    }
    let mut module = Module::new();
    module.section(&type_section).section(&imports);
    if init {
        module.section(&StartSection { function_index: count });
    }
    if !types.is_empty() {
        module.section(&elements);
    }
    module
}

fn type_section(types: &[CoreType]) -> TypeSection {
    let mut section = TypeSection::new();
    for (params, results) in types {
        section.ty().function(params.iter().copied(), results.iter().copied());
    }
    section
}

fn table(types: &[CoreType]) -> TableType {
    let size = types.len() as u64;
    TableType { element_type: RefType::FUNCREF, table64: false, minimum: size, maximum: Some(size), shared: false }
}
