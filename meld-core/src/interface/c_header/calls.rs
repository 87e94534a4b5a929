//! The functions between a host in C and a module.
//!
//! In: the description and the module. Out: for each core function a name in C, its core type, and what it is in WIT. A function of the host that is imported
//! with several memories is several functions here, as it is several imports of the module.

use super::facts::{Facts, missing};
use super::names::{self, CNames};
use super::types::CTypes;
use crate::error::CHeaderError;
use crate::interface::{CanonicalOptions, Description, FuncSignature, Import, ImportItem, TypeRef};
use std::collections::BTreeMap;
use std::fmt::Write;
use wasmparser::{FuncType, ValType};

/// All functions.
pub(super) struct Calls {
    /// What wasm2c calls the module.
    pub(super) module: String,
    /// What identifiers begin with.
    pub(super) prefix: String,
    /// Core exports that the host calls.
    pub(super) exports: Vec<CExport>,
    /// Functions that the host defines.
    pub(super) imports: Vec<HostFunction>,
    /// Exported memories: the name in C, and that of the export.
    pub(super) memories: Vec<(String, String)>,
    /// What is called before all else: the name in C.
    pub(super) initialize: Option<String>,
    /// How many modules the imports are from.
    pub(super) hosts: usize,
}

/// A core export.
pub(super) struct CExport {
    pub(super) name: String,
    pub(super) field: String,
    pub(super) ty: CSignature,
    /// Lines in front of its declaration.
    pub(super) says: String,
}

/// A core import.
pub(super) struct HostFunction {
    pub(super) name: String,
    pub(super) module: String,
    pub(super) field: String,
    pub(super) ty: CSignature,
    /// Lines in front of its declaration.
    pub(super) says: String,
}

/// A core function type in C.
pub(super) struct CSignature {
    pub(super) params: Vec<&'static str>,
    pub(super) result: Option<&'static str>,
}

impl CSignature {
    fn new(ty: &FuncType, name: &str) -> Result<Self, CHeaderError> {
        let params = ty.params().iter().map(|ty| core(*ty, name)).collect::<Result<_, CHeaderError>>()?;
        let result = match ty.results() {
            [] => None,
            [ty] => Some(core(*ty, name)?),
            _ => return Err(odd(name)),
        };
        Ok(CSignature { params, result })
    }

    fn from_names(params: &[String], results: &[String], name: &str) -> Result<Self, CHeaderError> {
        let of = |ty: &String| match &**ty {
            "i32" => core(ValType::I32, name),
            "i64" => core(ValType::I64, name),
            "f32" => core(ValType::F32, name),
            "f64" => core(ValType::F64, name),
            _ => Err(odd(name)),
        };
        let result = match results {
            [] => None,
            [ty] => Some(of(ty)?),
            _ => return Err(odd(name)),
        };
        Ok(CSignature { params: params.iter().map(of).collect::<Result<_, CHeaderError>>()?, result })
    }

    /// The type of the result.
    pub(super) fn result(&self) -> &'static str {
        self.result.unwrap_or("void")
    }

    /// `return `, if there is a result.
    pub(super) fn back(&self) -> &'static str {
        if self.result.is_some() { "return " } else { "" }
    }

    /// Parameters, behind the first ones.
    pub(super) fn declared(&self, first: &str) -> String {
        let mut all: Vec<String> = if first.is_empty() { Vec::new() } else { vec![first.to_owned()] };
        all.extend(self.params.iter().enumerate().map(|(at, ty)| format!("{ty} p{at}")));
        if all.is_empty() { "void".to_owned() } else { all.join(", ") }
    }

    /// Arguments, behind the first one.
    pub(super) fn passed(&self, first: &str) -> String {
        let mut all: Vec<String> = if first.is_empty() { Vec::new() } else { vec![first.to_owned()] };
        all.extend((0..self.params.len()).map(|at| format!("p{at}")));
        all.join(", ")
    }
}

fn core(ty: ValType, name: &str) -> Result<&'static str, CHeaderError> {
    Ok(match ty {
        ValType::I32 => "uint32_t",
        ValType::I64 => "uint64_t",
        ValType::F32 => "float",
        ValType::F64 => "double",
        _ => return Err(odd(name)),
    })
}

impl Calls {
    /// CNames all functions.
    pub(super) fn new(
        module: &str,
        prefix: &str,
        description: &Description,
        facts: &Facts,
        types: &CTypes<'_>,
        names: &mut CNames,
    ) -> Result<Self, CHeaderError> {
        let mut calls = Calls {
            module: module.to_owned(),
            prefix: prefix.to_owned(),
            exports: Vec::new(),
            imports: Vec::new(),
            memories: Vec::new(),
            initialize: None,
            hosts: 0,
        };
        // Exports of the module that its functions refer to, by name: what they are called in C.
        let mut known = BTreeMap::new();
        for memory in &description.memories {
            let name = names.claim(format!("{prefix}_{}", names::identifier(&memory.name)));
            names.claim(format!("{name}_size"));
            known.insert(memory.name.clone(), name.clone());
            calls.memories.push((name, memory.name.clone()));
        }
        let mut helper = |calls: &mut Calls,
                          field: &str,
                          wanted: String,
                          says: &str,
                          names: &mut CNames|
         -> Result<String, CHeaderError> {
            if let Some(name) = known.get(field) {
                return Ok(name.clone());
            }
            let name = names.claim(wanted);
            known.insert(field.to_owned(), name.clone());
            let ty = CSignature::new(facts.function(field)?, field)?;
            calls.exports.push(CExport {
                name: name.clone(),
                field: field.to_owned(),
                ty,
                says: format!("\n// {says}\n"),
            });
            Ok(name)
        };
        let plain = |field: &str| format!("{prefix}_{}", names::identifier(field));
        let options = description.exports.iter().map(|export| &export.options);
        let options: Vec<_> = options.chain(description.imports.iter().filter_map(options_of)).collect();
        for field in options.iter().filter_map(|options| options.realloc.as_ref()) {
            helper(&mut calls, field, plain(field), "Allocates in the memory: 0, 0, alignment, bytes.", names)?;
        }
        for resource in &description.resources {
            if let Some(field) = &resource.destructor {
                let says = format!("Ends the representation of a `{}`.", names::comment(&resource.name));
                helper(&mut calls, field, plain(field), &says, names)?;
            }
        }
        if let Some(field) = &description.initialize {
            let name = helper(&mut calls, field, plain(field), "Is called before all else.", names)?;
            calls.initialize = Some(name);
        }

        for export in &description.exports {
            let longer = format!(
                "{prefix}_{}",
                export.path.iter().map(|name| names::identifier(name)).collect::<Vec<_>>().join("_")
            );
            let name = names.claim_or(format!("{prefix}_{}", names::path(&export.path)), &longer);
            let mut says = says(&name, &export.path, &export.signature, types, names);
            let options = &export.options;
            let mut after = Vec::new();
            if let Some(field) = &options.post_return {
                let text = format!("Is called with the result of {name}, after that was read.");
                let post = helper(&mut calls, field, format!("{name}_post"), &text, names)?;
                after.push(format!("then {post}"));
            }
            if let Some(field) = &options.callback {
                let text = format!("The callback of {name}.");
                let callback = helper(&mut calls, field, format!("{name}_callback"), &text, names)?;
                after.push(format!("callback {callback}"));
            }
            places(&mut says, options, &after, &|field| known_name(&calls, field), &name, names)?;
            let ty = CSignature::from_names(&export.core.params, &export.core.results, &export.field)?;
            calls.exports.push(CExport { name, field: export.field.clone(), ty, says });
        }

        let mut hosts: Vec<&str> = description.imports.iter().map(|import| &*import.module).collect();
        hosts.sort_unstable();
        hosts.dedup();
        calls.hosts = hosts.len();
        for import in &description.imports {
            let wanted = format!("{prefix}_host_{}", import_name(import));
            let longer =
                format!("{prefix}_host_{}_{}", names::identifier(&import.module), names::identifier(&import.field));
            let name = names.claim_or(wanted, &longer);
            let mut text = match &import.item {
                ImportItem::Function { path, signature, .. } => says(&name, path, signature, types, names),
                _ => String::new(),
            };
            if text.is_empty() {
                let _ = writeln!(text, "\n// {}", names::comment(&format!("{} {}", import.module, import.field)));
            }
            if let Some(options) = options_of(import) {
                places(&mut text, options, &[], &|field| known_name(&calls, field), &name, names)?;
            }
            let ty = CSignature::from_names(&import.core.params, &import.core.results, &import.field)?;
            let (module, field) = (import.module.clone(), import.field.clone());
            calls.imports.push(HostFunction { name, module, field, ty, says: text });
        }
        Ok(calls)
    }
}

/// The name in C of an export of the module.
fn known_name(calls: &Calls, field: &str) -> Result<String, CHeaderError> {
    let memories = calls.memories.iter().map(|(name, of)| (name, of));
    let mut all = memories.chain(calls.exports.iter().map(|export| (&export.name, &export.field)));
    let found = all.find(|(_, of)| *of == field).map(|(name, _)| name.clone());
    found.ok_or_else(|| missing(field))
}

fn odd(name: &str) -> CHeaderError {
    CHeaderError::Signature { name: name.to_owned() }
}

fn options_of(import: &Import) -> Option<&CanonicalOptions> {
    match &import.item {
        ImportItem::Function { options, .. } | ImportItem::Builtin { options, .. } => Some(options),
        _ => None,
    }
}

/// A function of the host by its path, and the number that its field has; a built-in by its module and field.
fn import_name(import: &Import) -> String {
    let number = |name: &str| {
        name.split_once('$').map_or(String::new(), |(_, number)| format!("_{}", names::identifier(number)))
    };
    if let ImportItem::Function { path, .. } = &import.item {
        return names::path(path) + &number(&import.field);
    }
    let field = import.field.strip_prefix(&format!("{}#", import.module)).unwrap_or(&import.field);
    let module = import.module.trim_start_matches("[export]");
    let module = if module == "$root" { String::new() } else { names::path(&[module.to_owned()]) };
    names::path(&[module, field.to_owned()])
}

/// What a function is in WIT, and names for the types of its values.
fn says(name: &str, path: &[String], signature: &FuncSignature, types: &CTypes<'_>, names: &mut CNames) -> String {
    let params = signature.params.iter().map(|of| format!("{}: {}", of.name, types.wit(&of.ty)));
    let params = params.collect::<Vec<_>>().join(", ");
    let result = signature.result.as_ref().map_or(String::new(), |ty| format!(" -> {}", types.wit(ty)));
    let asynchronous = if signature.is_async { "async " } else { "" };
    let text = format!("{}: {asynchronous}func({params}){result}", path.join("#"));
    let mut out = format!("\n// {}\n", names::comment(&text));
    let params = signature.params.iter().map(|of| (names::identifier(&of.name), &of.ty));
    for (of, ty) in params.chain(signature.result.iter().map(|ty| ("result".to_owned(), ty))) {
        if matches!(ty, TypeRef::Defined(_)) {
            let _ = writeln!(out, "typedef {} {};", types.of(ty), names.claim(format!("{name}_{of}_t")));
        }
    }
    out
}

/// Where the values of a function are, as macros.
fn places(
    out: &mut String,
    options: &CanonicalOptions,
    after: &[String],
    known: &dyn Fn(&str) -> Result<String, CHeaderError>,
    name: &str,
    names: &mut CNames,
) -> Result<(), CHeaderError> {
    let mut words: Vec<String> =
        options.encoding.map(|encoding| format!("strings are {encoding}")).into_iter().collect();
    words.extend(after.iter().cloned());
    if !words.is_empty() {
        let _ = writeln!(out, "// {}", words.join("; "));
    }
    for (what, field) in [("memory", &options.memory), ("realloc", &options.realloc)] {
        if let Some(field) = field {
            let _ = writeln!(out, "#define {} {}", names.claim(format!("{name}_{what}")), known(field)?);
        }
    }
    Ok(())
}
