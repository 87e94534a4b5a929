//! A component that writes down every handle that its guest sees.
//!
//! In: a component as wit-component makes it: its first core module is the guest. Out: the same component with one more
//! export, by which the notes are read word by word. Each import and each export of the guest whose type has handles
//! gets a wrapper that notes them, parameters before the call and the result after it, in a memory of its own. What the
//! guest does is not changed. Positions of handles are those of the component's types; borrows of the guest's own
//! resources are representations and not noted. A handle in a place that is not known here is a panic.

use meld_oracle::engine::engine;
use meld_oracle::ty::{FuncTy, Ty};
use std::collections::BTreeMap;
use std::convert::Infallible;
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{
    Alias, BlockType, CanonicalFunctionSection, Component, ComponentAliasSection, ComponentExportKind,
    ComponentExportSection, ComponentTypeSection, ExportKind, ExportSection, Function, Instruction as I, MemArg,
    MemArgTarget, MemoryType, Module, PrimitiveValType, RawSection, ValType,
};
use wasmparser::{
    CanonicalFunction, ComponentAlias, ComponentExternalKind, ComponentTypeRef, FuncType, Parser, Payload, TypeRef,
};
use wasmtime::component::ResourceType;
use wasmtime::component::types::ComponentItem;

/// What has handles: how they stand in the core signature.
struct Watched {
    /// The core parameters that are handles.
    handles: Vec<u32>,
    /// The core parameters that are addresses of lists of handles; their lengths follow.
    lists: Vec<u32>,
    /// Whether the core result is a handle.
    result: bool,
}

/// A component that notes its handles.
pub(super) struct Instrumented {
    pub(super) component: Vec<u8>,
    /// What is noted, by number.
    pub(super) names: Vec<String>,
}

/// `component` with its notes exported as the function `export`.
pub(super) fn instrument(component: &[u8], export: &str) -> Instrumented {
    let watched = watched(component);
    let mut out = Component::new();
    let (mut module, mut depth, mut names) = (None, 0, Vec::new());
    let mut counts = Counts::default();
    for payload in Parser::new(0).parse_all(component) {
        let payload = payload.expect("a valid component");
        if depth == 0 {
            counts.count(&payload);
            if let (None, Payload::ModuleSection { unchecked_range, .. }) = (&module, &payload) {
                let (bytes, noted) =
                    guest(&component[unchecked_range.start as usize..unchecked_range.end as usize], &watched);
                out.section(&RawSection { id: 1, data: &bytes });
                module = Some(bytes);
                names = noted;
            } else if let Some((id, range)) = payload.as_section() {
                out.section(&RawSection { id, data: &component[range.start as usize..range.end as usize] });
            }
        }
        match payload {
            Payload::ComponentSection { .. } | Payload::ModuleSection { .. } => depth += 1,
            Payload::End(_) if depth > 0 => depth -= 1,
            _ => {}
        }
    }
    let instance = counts.guest.expect("the guest is instantiated");
    let mut alias = ComponentAliasSection::new();
    alias.alias(Alias::CoreInstanceExport { instance, kind: ExportKind::Func, name: NOTES });
    out.section(&alias);
    let mut types = ComponentTypeSection::new();
    let word = PrimitiveValType::U32;
    types.function().params([("word", word)]).result(Some(word.into()));
    out.section(&types);
    let mut canon = CanonicalFunctionSection::new();
    canon.lift(counts.core_funcs, counts.types, []);
    out.section(&canon);
    let mut exports = ComponentExportSection::new();
    exports.export(export, ComponentExportKind::Func, counts.funcs, None);
    out.section(&exports);
    Instrumented { component: out.finish(), names }
}

/// What [`NOTES`] answers for word 0: the bytes of notes. They start at word [`FIRST_WORD`], and are pairs: the number
/// of what was called, and a handle.
pub(super) const FIRST_WORD: u32 = 2;

/// The core export that reads the notes.
const NOTES: &str = "handle-notes";

/// Pages of notes.
const PAGES: u64 = 16;

/// Whether it is an import, and its name in the core module: `module#field` for imports.
type Name = (bool, String);

/// Everything of the component whose type has handles.
fn watched(component: &[u8]) -> BTreeMap<Name, Watched> {
    let component = wasmtime::component::Component::new(engine(), component).expect("a valid component");
    let ty = component.component_type();
    let mut resources: Vec<ResourceType> = Vec::new();
    let mut watched = BTreeMap::new();
    let collect = |items: Vec<(String, ComponentItem)>| -> Vec<(Option<String>, String, ComponentItem)> {
        let mut all = Vec::new();
        for (name, item) in items {
            match item {
                ComponentItem::ComponentInstance(instance) => {
                    let items = instance.exports(engine()).map(|(n, i)| (Some(name.clone()), n.to_owned(), i.ty));
                    all.extend(items);
                }
                item => all.push((None, name, item)),
            }
        }
        all
    };
    let imports = collect(ty.imports(engine()).map(|(name, item)| (name.to_owned(), item.ty)).collect());
    let exports = collect(ty.exports(engine()).map(|(name, item)| (name.to_owned(), item.ty)).collect());
    let mut foreign = 0;
    for (items, is_import) in [(imports, true), (exports, false)] {
        for (interface, name, item) in items {
            let mut number = |ty: &ResourceType| number_of(ty, &mut resources);
            match item {
                ComponentItem::Resource(ty) => {
                    number(&ty);
                    let interface = interface.as_deref().unwrap_or("$root");
                    let one = |handles: &[u32], result| Watched { handles: handles.to_vec(), lists: vec![], result };
                    let interface = if is_import { interface.to_owned() } else { format!("[export]{interface}") };
                    watched.insert((true, format!("{interface}#[resource-drop]{name}")), one(&[0], false));
                    if !is_import {
                        watched.insert((true, format!("{interface}#[resource-new]{name}")), one(&[], true));
                        watched.insert((true, format!("{interface}#[resource-rep]{name}")), one(&[0], false));
                    }
                }
                ComponentItem::ComponentFunc(ty) => {
                    let ty = FuncTy::of_component(&ty, &mut number).expect("a type of the test's fixtures");
                    // The imports come first.
                    let is_own = |resource: u32| !is_import && resource >= foreign;
                    let core_name = match (&interface, is_import) {
                        (Some(interface), _) => format!("{interface}#{name}"),
                        (None, true) => format!("$root#{name}"),
                        (None, false) => name,
                    };
                    if let Some(found) = positions(&core_name, &ty, is_own) {
                        watched.insert((is_import, core_name), found);
                    }
                }
                _ => {}
            }
        }
        if is_import {
            foreign = u32::try_from(resources.len()).expect("few resources");
        }
    }
    watched
}

fn number_of(ty: &ResourceType, resources: &mut Vec<ResourceType>) -> u32 {
    let position = resources.iter().position(|known| known == ty).unwrap_or_else(|| {
        resources.push(*ty);
        resources.len() - 1
    });
    u32::try_from(position).expect("few resources")
}

/// Where the handles of a function type stand; `None` if there are none.
fn positions(name: &str, ty: &FuncTy, is_own: impl Fn(u32) -> bool) -> Option<Watched> {
    let mut found = Watched { handles: Vec::new(), lists: Vec::new(), result: false };
    let mut at = 0;
    for param in &ty.params {
        match param {
            Ty::Own(_) => found.handles.push(at),
            Ty::Borrow(resource) if !is_own(*resource) => found.handles.push(at),
            Ty::Borrow(_) => {}
            Ty::List(element) if matches!(**element, Ty::Own(_)) => found.lists.push(at),
            other => assert!(!other.has_handle(), "{name}: handles in {other:?} are not noted"),
        }
        at += u32::try_from(meld_oracle::core_host::flat_count(param)).expect("few values");
    }
    match &ty.result {
        Some(Ty::Own(_)) => found.result = true,
        Some(other) => assert!(!other.has_handle(), "{name}: handles in {other:?} are not noted"),
        None => {}
    }
    (found.result || !found.handles.is_empty() || !found.lists.is_empty()).then_some(found)
}

/// Indices that are in use at the end of a component.
#[derive(Default)]
struct Counts {
    core_instances: u32,
    core_funcs: u32,
    funcs: u32,
    types: u32,
    /// The core instance of module 0.
    guest: Option<u32>,
}

impl Counts {
    fn count(&mut self, payload: &Payload<'_>) {
        match payload {
            Payload::InstanceSection(section) => {
                for instance in section.clone() {
                    if let wasmparser::Instance::Instantiate { module_index: 0, .. } = instance.expect("valid") {
                        self.guest = Some(self.core_instances);
                    }
                    self.core_instances += 1;
                }
            }
            Payload::ComponentCanonicalSection(section) => {
                for canon in section.clone() {
                    match canon.expect("valid") {
                        CanonicalFunction::Lift { .. } => self.funcs += 1,
                        _ => self.core_funcs += 1,
                    }
                }
            }
            Payload::ComponentTypeSection(section) => self.types += section.count(),
            Payload::ComponentImportSection(section) => {
                for import in section.clone() {
                    match import.expect("valid").ty {
                        ComponentTypeRef::Func(_) => self.funcs += 1,
                        ComponentTypeRef::Type(_) => self.types += 1,
                        _ => {}
                    }
                }
            }
            Payload::ComponentExportSection(section) => {
                for export in section.clone() {
                    self.external(export.expect("valid").kind);
                }
            }
            Payload::ComponentAliasSection(section) => {
                for alias in section.clone() {
                    match alias.expect("valid") {
                        ComponentAlias::InstanceExport { kind, .. } => self.external(kind),
                        ComponentAlias::CoreInstanceExport { kind: wasmparser::ExternalKind::Func, .. } => {
                            self.core_funcs += 1;
                        }
                        ComponentAlias::CoreInstanceExport { .. } => {}
                        ComponentAlias::Outer { kind: wasmparser::ComponentOuterAliasKind::Type, .. } => {
                            self.types += 1;
                        }
                        ComponentAlias::Outer { .. } => {}
                    }
                }
            }
            _ => {}
        }
    }

    fn external(&mut self, kind: ComponentExternalKind) {
        match kind {
            ComponentExternalKind::Func => self.funcs += 1,
            ComponentExternalKind::Type => self.types += 1,
            _ => {}
        }
    }
}

/// The core module of a guest with wrappers, and the names of what they note.
fn guest(module: &[u8], watched: &BTreeMap<Name, Watched>) -> (Vec<u8>, Vec<String>) {
    let (mut types, mut funcs): (Vec<FuncType>, Vec<u32>) = (Vec::new(), Vec::new());
    let (mut imports, mut exports, mut memories) = (Vec::new(), Vec::new(), 0);
    for payload in Parser::new(0).parse_all(module) {
        match payload.expect("valid") {
            Payload::TypeSection(section) => {
                let plain = section.into_iter_err_on_gc_types();
                types.extend(plain.map(|ty| ty.expect("function types alone")));
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import.expect("valid");
                    if let TypeRef::Func(ty) = import.ty {
                        imports.push((format!("{}#{}", import.module, import.name), funcs.len()));
                        funcs.push(ty);
                    }
                }
            }
            Payload::FunctionSection(section) => funcs.extend(section.into_iter().map(|ty| ty.expect("valid"))),
            Payload::MemorySection(section) => memories = section.count(),
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export.expect("valid");
                    if export.kind == wasmparser::ExternalKind::Func {
                        exports.push((export.name.to_owned(), export.index as usize));
                    }
                }
            }
            _ => {}
        }
    }
    let imported = imports.len();
    let mut wrappers =
        Wrappers { types, bodies: Vec::new(), redirected: BTreeMap::new(), exports: BTreeMap::new(), memory: memories };
    let mut names = Vec::new();
    for (name, func) in imports.into_iter().chain(exports) {
        let Some(what) = watched.get(&(func < imported, name.clone())) else { continue };
        let wrapper = u32::try_from(funcs.len() + names.len()).expect("few functions");
        let ty = &wrappers.types[funcs[func] as usize];
        let body = wrap(func as u32, ty, what, names.len() as i32, memories);
        wrappers.bodies.push((funcs[func], body));
        if func < imported {
            wrappers.redirected.insert(func as u32, wrapper);
        } else {
            wrappers.exports.insert(name.clone(), wrapper);
        }
        names.push(format!("{} {name}", if func < imported { "import" } else { "export" }));
    }
    assert!(!names.is_empty(), "a guest without handles");
    let reader = u32::try_from(funcs.len() + names.len()).expect("few functions");
    wrappers.exports.insert(NOTES.to_owned(), reader);
    let reads = u32::try_from(wrappers.types.len()).expect("few types");
    wrappers.bodies.push((reads, read(memories)));
    let mut out = Module::new();
    wrappers.parse_core_module(&mut out, Parser::new(0), module).expect("a valid module");
    (out.finish(), names)
}

/// What is added to a module.
struct Wrappers {
    types: Vec<FuncType>,
    /// Functions: type, body.
    bodies: Vec<(u32, Function)>,
    /// Imported functions that are called by way of a wrapper.
    redirected: BTreeMap<u32, u32>,
    /// Exports that are wrappers.
    exports: BTreeMap<String, u32>,
    memory: u32,
}

impl Reencode for Wrappers {
    type Error = Infallible;

    fn function_index(&mut self, func: u32) -> Result<u32, Error<Infallible>> {
        Ok(*self.redirected.get(&func).unwrap_or(&func))
    }

    fn parse_type_section(
        &mut self,
        types: &mut wasm_encoder::TypeSection,
        section: wasmparser::TypeSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        utils::parse_type_section(self, types, section)?;
        types.ty().function([ValType::I32], [ValType::I32]);
        Ok(())
    }

    fn parse_function_section(
        &mut self,
        functions: &mut wasm_encoder::FunctionSection,
        section: wasmparser::FunctionSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        utils::parse_function_section(self, functions, section)?;
        for (ty, _) in &self.bodies {
            functions.function(*ty);
        }
        Ok(())
    }

    fn parse_memory_section(
        &mut self,
        memories: &mut wasm_encoder::MemorySection,
        section: wasmparser::MemorySectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        utils::parse_memory_section(self, memories, section)?;
        let notes =
            MemoryType { minimum: PAGES, maximum: Some(PAGES), memory64: false, shared: false, page_size_log2: None };
        assert_eq!(self.memory, memories.len(), "a guest imports no memory");
        memories.memory(notes);
        Ok(())
    }

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: wasmparser::ExportSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        for export in section {
            let export = export?;
            if !self.exports.contains_key(export.name) {
                self.parse_export(exports, export)?;
            }
        }
        for (name, func) in &self.exports {
            exports.export(name, ExportKind::Func, *func);
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut wasm_encoder::CodeSection,
        section: wasmparser::CodeSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        utils::parse_code_section(self, code, section)?;
        for (_, body) in &self.bodies {
            code.function(body);
        }
        Ok(())
    }
}

/// A function that calls `func` and notes the handles that pass, as `number`.
fn wrap(func: u32, ty: &FuncType, what: &Watched, number: i32, notes: u32) -> Function {
    let params = u32::try_from(ty.params().len()).expect("few parameters");
    let result = ty.results().first().map(|ty| match ty {
        wasmparser::ValType::I32 => ValType::I32,
        wasmparser::ValType::I64 => ValType::I64,
        wasmparser::ValType::F32 => ValType::F32,
        wasmparser::ValType::F64 => ValType::F64,
        other => panic!("guests return no {other}"),
    });
    let [value, at, left] = [params, params + 1, params + 2];
    let mut locals = vec![(3, ValType::I32)];
    locals.extend(result.map(|ty| (1, ty)));
    let mut body = Function::new(locals);
    let word = |offset, memory| MemArg { offset, align: 2, target: MemArgTarget::Memory(memory), ordering: None };
    // Notes `value`: the bytes of notes are at 0, the notes from 8 on.
    let note = |body: &mut Function| {
        for (offset, what) in [(8, I::I32Const(number)), (12, I::LocalGet(value))] {
            body.instruction(&I::I32Const(0)).instruction(&I::I32Load(word(0, notes)));
            body.instruction(&what).instruction(&I::I32Store(word(offset, notes)));
        }
        body.instruction(&I::I32Const(0));
        body.instruction(&I::I32Const(0)).instruction(&I::I32Load(word(0, notes)));
        body.instruction(&I::I32Const(8)).instruction(&I::I32Add).instruction(&I::I32Store(word(0, notes)));
    };
    for handle in &what.handles {
        body.instruction(&I::LocalGet(*handle)).instruction(&I::LocalSet(value));
        note(&mut body);
    }
    for list in &what.lists {
        body.instruction(&I::LocalGet(*list)).instruction(&I::LocalSet(at));
        body.instruction(&I::LocalGet(*list + 1)).instruction(&I::LocalSet(left));
        body.instruction(&I::Block(BlockType::Empty)).instruction(&I::Loop(BlockType::Empty));
        body.instruction(&I::LocalGet(left)).instruction(&I::I32Eqz).instruction(&I::BrIf(1));
        body.instruction(&I::LocalGet(at)).instruction(&I::I32Load(word(0, 0))).instruction(&I::LocalSet(value));
        note(&mut body);
        for (local, step) in [(at, 4), (left, -1)] {
            body.instruction(&I::LocalGet(local)).instruction(&I::I32Const(step)).instruction(&I::I32Add);
            body.instruction(&I::LocalSet(local));
        }
        body.instruction(&I::Br(0)).instruction(&I::End).instruction(&I::End);
    }
    for param in 0..params {
        body.instruction(&I::LocalGet(param));
    }
    body.instruction(&I::Call(func));
    if what.result {
        body.instruction(&I::LocalTee(value));
        body.instruction(&I::LocalSet(params + 3));
        note(&mut body);
        body.instruction(&I::LocalGet(params + 3));
    }
    body.instruction(&I::End);
    body
}

/// Reads a word of the notes; 0 beyond their end.
fn read(notes: u32) -> Function {
    let mut body = Function::new([]);
    body.instruction(&I::LocalGet(0)).instruction(&I::I32Const((PAGES as i32) << 14)).instruction(&I::I32GeU);
    body.instruction(&I::If(BlockType::Empty)).instruction(&I::I32Const(0)).instruction(&I::Return);
    body.instruction(&I::End);
    body.instruction(&I::LocalGet(0)).instruction(&I::I32Const(2)).instruction(&I::I32Shl);
    body.instruction(&I::I32Load(MemArg { offset: 0, align: 2, target: MemArgTarget::Memory(notes), ordering: None }))
        .instruction(&I::End);
    body
}
