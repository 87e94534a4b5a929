//! A core module becomes a component, as `wasm-tools component new` makes it, and may keep core imports.
//!
//! In: a core module with `component-type` sections, as binding generators leave them; adapters for modules that it
//! imports from, such as that for WASI preview 1; and core imports that pass through. Out: a component with the imports
//! and exports of its world, and one function import at its root for each import that passes through.
//!
//! `wit-component` does the work. An import passes through in two steps before that: it is renamed to what
//! `wit-component` expects of a function at the root of a world, and the world is told of that function, by one more
//! `component-type` section, with which the others are merged. The function takes and returns the numbers of the core
//! signature, so lowering it gives the core signature back (`CanonicalABI.md`, "Flattening") and the canonical ABI adds
//! nothing on the way.
//!
//! Rejected: an import whose core type is not that of such a function (references, vectors, several results, more than
//! 16 parameters), names that a component cannot have, and two imports that would get one name. Rejected as a design: a
//! private import name that only the fuser understands, since the component would then run nowhere else.

mod module;

use crate::binary::binary;
use crate::error::ComponentizeError;
use crate::passthrough::CoreName;
use crate::{Error, abi};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::{Display, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use wasmparser::{FuncType, ValType};
use wit_component::{ComponentEncoder, StringEncoding, metadata};
use wit_parser::{Resolve, WorldKey};

/// Makes a component of a core module.
///
/// ```
/// use meld_core::Componentizer;
///
/// let guest = r#"(module
///     (import "env" "__cabi_arena_realloc" (func (param i32 i32 i32 i32) (result i32))))"#;
/// let mut componentizer = Componentizer::new("guest", guest.as_bytes());
/// componentizer.passthrough("env::__cabi_arena_realloc".parse()?);
/// let component = componentizer.componentize()?;
/// assert!(meld_core::world_of(&component)?.contains("import cabi-arena-realloc: func("));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Componentizer<'a> {
    name: String,
    module: Cow<'a, [u8]>,
    passthrough: Vec<CoreName>,
    adapters: Vec<(String, Cow<'a, [u8]>)>,
}

impl<'a> Componentizer<'a> {
    /// For a core module in the binary or the text format; `name` is what messages call it.
    pub fn new(name: impl Into<String>, module: impl Into<Cow<'a, [u8]>>) -> Self {
        Self { name: name.into(), module: module.into(), passthrough: Vec::new(), adapters: Vec::new() }
    }

    /// Keeps a core import of a function, as an import at the root of the component that is called
    /// [`CoreName::import_name`] and has a `u32` for an `i32`, a `u64` for an `i64`, and floats as they are.
    pub fn passthrough(&mut self, import: CoreName) -> &mut Self {
        self.passthrough.push(import);
        self
    }

    /// Implements the imports from core module `name` by the core module `adapter`, binary or text.
    pub fn adapter(&mut self, name: impl Into<String>, adapter: impl Into<Cow<'a, [u8]>>) -> &mut Self {
        self.adapters.push((name.into(), adapter.into()));
        self
    }

    /// Makes the component.
    ///
    /// # Errors
    ///
    /// [`Error::Input`] if the module is neither binary nor text, and [`Error::Componentize`] if no component can be made of it.
    ///
    /// ```
    /// # use meld_core::Componentizer;
    /// let error = Componentizer::new("guest", &b"(component)"[..]).componentize().unwrap_err();
    /// assert_eq!(error.to_string(), "`guest` is a component already");
    /// ```
    pub fn componentize(&self) -> Result<Vec<u8>, Error> {
        let module = binary(&self.name, &self.module)?;
        let mut module = module::GuestModule::read(&self.name, &module)?;
        let (_, bindings) = self.guarded(|| metadata::decode(module.bytes))?;
        let world_imports = &bindings.resolve.worlds[bindings.world].imports;
        let mut names: BTreeMap<String, &CoreName> = BTreeMap::new();
        let mut functions = Vec::new();
        for import in &self.passthrough {
            let name = self.import_name(import)?;
            let clash = |other: String| ComponentizeError::Clash {
                input: self.name.clone(),
                import: import.to_string(),
                name: name.clone(),
                other,
            };
            if world_imports.contains_key(&WorldKey::Name(name.clone())) {
                return Err(clash("an import of its world".to_string()).into());
            }
            match names.get(&name) {
                // Said twice.
                Some(&other) if other == import => continue,
                Some(other) => return Err(clash(format!("`{other}`")).into()),
                None => {}
            }
            let ty = module.function(import)?;
            functions.push(self.function(import, &name, &ty)?);
            module.rename(import, &name);
            names.insert(name, import);
        }

        let section = self.guarded(|| section(&functions))?;
        let bytes = module.finish(section);
        let mut encoder = ComponentEncoder::default();
        self.guarded(|| encoder.validate(true).module(&bytes).map(|_| ()))?;
        for (name, adapter) in &self.adapters {
            let adapter = binary(name, adapter)?;
            let adapter = module::GuestModule::read(name, &adapter)?;
            self.guarded(|| encoder.adapter(name, adapter.bytes).map(|_| ()))?;
        }
        Ok(self.guarded(|| encoder.encode())?)
    }

    /// Calls a function of `wit-component`. [`module::GuestModule::read`] finds the worlds that are known to make it panic;
    /// if it does all the same, nothing is left to unwind but its own values.
    fn guarded<T, E: Display>(&self, call: impl FnOnce() -> Result<T, E>) -> Result<T, ComponentizeError> {
        let misfit = |reason| ComponentizeError::World { input: self.name.clone(), reason };
        match catch_unwind(AssertUnwindSafe(call)) {
            Ok(result) => result.map_err(|error| misfit(format!("{error:#}"))),
            Err(_) => Err(misfit("`wit-component` cannot handle it".to_string())),
        }
    }

    fn import_name(&self, import: &CoreName) -> Result<String, ComponentizeError> {
        let failed = |source| ComponentizeError::Name { input: self.name.clone(), import: import.to_string(), source };
        import.import_name().map_err(failed)
    }

    /// A function of a world, in WIT, that is lowered to `ty`.
    fn function(&self, import: &CoreName, name: &str, ty: &FuncType) -> Result<String, ComponentizeError> {
        let wrong = |reason| ComponentizeError::Type { input: self.name.clone(), import: import.to_string(), reason };
        if ty.params().len() > abi::MAX_FLAT_PARAMS {
            return Err(wrong(format!("it has more than {} parameters", abi::MAX_FLAT_PARAMS)));
        }
        if ty.results().len() > abi::MAX_FLAT_RESULTS {
            return Err(wrong("it has several results".to_string()));
        }
        let number = |ty: &ValType, place: &str| match ty {
            ValType::I32 => Ok("u32"),
            ValType::I64 => Ok("u64"),
            ValType::F32 => Ok("f32"),
            ValType::F64 => Ok("f64"),
            other => Err(wrong(format!("{place} is of type `{other}`, and only numbers can be passed"))),
        };
        // With a percent sign a keyword of WIT is a name as any other.
        let mut function = format!("%{name}: func(");
        for (index, param) in ty.params().iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            let _ = write!(function, "{comma}p{index}: {}", number(param, &format!("parameter {index}"))?);
        }
        function.push(')');
        if let [result] = ty.results() {
            let _ = write!(function, " -> {}", number(result, "its result")?);
        }
        Ok(function)
    }
}

/// The contents of a `component-type` section that says that `functions` are imported, if there are any.
fn section(functions: &[String]) -> Result<Option<Vec<u8>>, String> {
    if functions.is_empty() {
        return Ok(None);
    }
    let mut text = "package meld:passthrough;\nworld imports {\n".to_string();
    for function in functions {
        let _ = writeln!(text, "    import {function};");
    }
    text.push_str("}\n");
    let failed = |error| format!("{error:#}");
    let mut resolve = Resolve::default();
    let package = resolve.push_str("passthrough.wit", &text).map_err(|error| format!("{error:#}"))?;
    let world = resolve.select_world(&[package], None).map_err(failed)?;
    // No string is passed, so no encoding is meant.
    metadata::encode(&resolve, world, StringEncoding::UTF8, None, false).map(Some).map_err(failed)
}
