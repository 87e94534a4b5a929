//! Limits that engines have agreed on.
//!
//! In: what is about to be written, and each body once it is. Out: an error that names the limit, where an engine would
//! refuse the module. Inputs keep these limits one by one; what comes of several, or of a function to which something is added, may
//! not. The numbers are those of the WebAssembly JavaScript interface ("Implementation-defined Limits"), which
//! validators and other engines share.

use super::indices::Indices;
use crate::error::{MergeError, Remedy, WayOut};
use crate::ids::FuncId;
use crate::module::{FuncDef, MergedModule};
use wasmparser::BinaryReader;

/// Imports, and exports, of a module.
const ITEMS: u32 = 1_000_000;
/// Bytes of a name of an import or an export.
const NAME: usize = 100_000;
/// Bytes of a body.
const BODY: usize = 7_654_321;
/// Parameters and locals of a function.
const LOCALS: u64 = 50_000;

/// Checks the sizes of all index spaces, and the numbers of imports and exports.
pub(super) fn check(indices: &Indices, imports: u32, exports: u32) -> Result<(), MergeError> {
    for (what, count, limit) in [
        ("types", indices.types.count, 1_000_000),
        ("functions", indices.funcs.count, 1_000_000),
        ("tables", indices.tables.count, 100_000),
        ("memories", indices.memories.count, 100),
        ("globals", indices.globals.count, 1_000_000),
        ("tags", indices.tags.count, 1_000_000),
        ("element segments", indices.elems.count, 100_000),
        ("data segments", indices.datas.count, 100_000),
        ("imports", imports, ITEMS),
        ("exports", exports, ITEMS),
    ] {
        if count > limit {
            return Err(MergeError::Limit { what, count: count as usize, limit: limit as usize });
        }
    }
    Ok(())
}

/// Checks the name of an import or an export.
pub(super) fn check_name(name: &str) -> Result<(), MergeError> {
    if name.len() <= NAME {
        return Ok(());
    }
    let start: String = name.chars().take(40).collect();
    Err(MergeError::ItemLimit {
        item: format!("the name `{start}…`"),
        what: "bytes",
        count: name.len() as u64,
        limit: NAME as u64,
        way_out: "give the interface, the function or the resource a shorter name".into(),
    })
}

/// Checks a body of the output. What the input has in one function an engine of its user takes, so a body that was beyond the
/// limit before may be so still.
pub(super) fn check_body(module: &MergedModule<'_>, func: FuncId, body: &[u8]) -> Result<(), MergeError> {
    let (before, way_out) = match &module.funcs[func].def {
        FuncDef::Guest { origin, .. } => (
            module.module_of(origin.scope).bodies[origin.index as usize].bytes.len(),
            WayOut::new("split the function, or give each instance a memory of its own", [Remedy::SeparateMemories]),
        ),
        _ => (0, "fuse fewer components at once, or split the type that the function passes".into()),
    };
    let limit = move |what, count, limit| MergeError::ItemLimit {
        item: format!("`{}`", module.func_name(func)),
        what,
        count,
        limit,
        way_out,
    };
    if body.len() > BODY && before <= BODY {
        return Err(limit("bytes of code", body.len() as u64, BODY as u64));
    }
    let params = module.param_count(func) as u64;
    let locals = params + declared_locals(body)?;
    if locals > LOCALS {
        return Err(limit("parameters and locals", locals, LOCALS));
    }
    Ok(())
}

/// How many locals a body declares.
fn declared_locals(body: &[u8]) -> Result<u64, MergeError> {
    let mut reader = wasmparser::FunctionBody::new(BinaryReader::new(body, 0)).get_locals_reader()?;
    let mut locals = 0;
    for _ in 0..reader.get_count() {
        locals += u64::from(reader.read()?.0);
    }
    Ok(locals)
}
