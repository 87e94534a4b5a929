//! A fused module that traps whatever is called, for any composition: it imports every function of the
//! world and every built-in of every resource, and exports every function, and a destructor for every
//! second resource that is defined.

use crate::flatten::{Signature, signature};
use meld_core::core_interface::{CoreExport, CoreImport, CoreInterface, CoreOptions, KnownName};
use meld_core::unstable::dfg::{ComponentDfg, ComponentFunc, Export, ImportPath, ResourceDef, StringEncoding};
use meld_core::unstable::ids::{FuncTypeId, Id, ImportFuncId, OptionsId};
use meld_core::unstable::synth::HostImport;
use wasm_encoder::{
    CodeSection, EntityType, ExportKind, ExportSection, Function, FunctionSection, ImportSection, MemorySection,
    MemoryType, Module, TypeSection, ValType,
};
use wasmparser::component_types::{ComponentEntityType, ComponentFuncTypeId};
use wasmparser::types::TypesRef;

/// How to call the stub, and the stub.
pub(crate) fn stub(dfg: &ComponentDfg<'_>) -> (CoreInterface, Vec<u8>) {
    let mut stub = Stub {
        types: dfg.world.types.as_ref(),
        interface: CoreInterface { init: Some("init".into()), ..CoreInterface::default() },
        signatures: Vec::new(),
    };
    for (import, item) in dfg.world.imports.iter().enumerate() {
        stub.import(&item.ty, ImportPath { import, exports: Vec::new() });
    }
    for item in &dfg.world.exports {
        stub.export(dfg, &dfg.exports[&item.name], &item.ty, vec![item.name.clone()]);
    }
    stub.builtins(dfg);
    stub.finish()
}

struct Stub<'t> {
    types: TypesRef<'t>,
    interface: CoreInterface,
    /// Signatures of the exported functions, in the order of `interface.exports`.
    signatures: Vec<Signature>,
}

impl Stub<'_> {
    fn import(&mut self, ty: &ComponentEntityType, path: ImportPath) {
        match *ty {
            ComponentEntityType::Func(ty) => self.lower(ty, path),
            ComponentEntityType::Instance(id) => {
                for (name, item) in &self.types.get(id).unwrap().exports {
                    let mut path = path.clone();
                    path.exports.push(name.clone());
                    self.import(&item.ty, path);
                }
            }
            _ => {}
        }
    }

    fn lower(&mut self, ty: ComponentFuncTypeId, path: ImportPath) {
        let signature = signature(self.types, ty, true);
        let index = self.interface.imports.len();
        let import = CoreImport {
            module: format!("module-{}", index % 2),
            field: format!("func-{index}"),
            params: signature.params,
            results: signature.results,
            path: Some(path),
            ty: Some(FuncTypeId::new(0)),
            options: options(signature.memory),
            table: None,
            known: KnownName::Known,
            has_strings: false,
            droppable: Vec::new(),
            passes_through: false,
        };
        self.interface.imports.insert(HostImport::Lower(ImportFuncId::new(index), OptionsId::new(0)), import);
    }

    fn export(&mut self, dfg: &ComponentDfg<'_>, export: &Export, ty: &ComponentEntityType, path: Vec<String>) {
        match (export, *ty) {
            (Export::Func(ComponentFunc::Lift(_)), ComponentEntityType::Func(ty)) => {
                let field = path.join("#");
                let signature = signature(self.types, ty, false);
                let mut options = options(signature.memory);
                if signature.memory && !signature.results.is_empty() {
                    options.post_return = Some(format!("post-return {field}"));
                }
                self.signatures.push(signature);
                self.interface.exports.push(CoreExport { path, field, ty: FuncTypeId::new(0), options });
            }
            (Export::Instance(instance), ComponentEntityType::Instance(id)) => {
                let exports = &dfg.exported_instances[*instance];
                for (name, item) in &self.types.get(id).unwrap().exports {
                    let path = path.iter().cloned().chain([name.clone()]).collect();
                    self.export(dfg, &exports[name], &item.ty, path);
                }
            }
            _ => {}
        }
    }

    fn builtins(&mut self, dfg: &ComponentDfg<'_>) {
        for (id, resource) in dfg.resources.iter() {
            let mut import = |import, field: &str, params: &[ValType], results: &[ValType]| {
                let path = match &resource.def {
                    ResourceDef::Imported(path) => Some(path.clone()),
                    ResourceDef::Defined { .. } => None,
                };
                let described = CoreImport {
                    module: "resources".into(),
                    field: format!("{field} {id}"),
                    params: params.to_vec(),
                    results: results.to_vec(),
                    path,
                    ty: None,
                    options: options(false),
                    table: None,
                    known: KnownName::Known,
                    has_strings: false,
                    droppable: Vec::new(),
                    passes_through: false,
                };
                self.interface.imports.insert(import, described);
            };
            import(HostImport::ResourceDrop(id), "drop", &[ValType::I32], &[]);
            if let ResourceDef::Defined { .. } = resource.def {
                import(HostImport::ResourceNew(id), "new", &[ValType::I32], &[ValType::I32]);
                import(HostImport::ResourceRep(id), "rep", &[ValType::I32], &[ValType::I32]);
                if id.index() % 2 == 0 {
                    self.interface.dtors.insert(id, format!("dtor {id}"));
                }
            }
        }
    }

    fn finish(self) -> (CoreInterface, Vec<u8>) {
        let mut core = Core::default();
        for import in self.interface.imports.values() {
            core.import(&import.module, &import.field, &import.params, &import.results);
        }
        core.func("init", &[], &[]);
        core.func("realloc", &[ValType::I32; 4], &[ValType::I32]);
        for name in self.interface.dtors.values() {
            core.func(name, &[ValType::I32], &[]);
        }
        for (export, signature) in self.interface.exports.iter().zip(&self.signatures) {
            core.func(&export.field, &signature.params, &signature.results);
            if let Some(name) = &export.options.post_return {
                core.func(name, &signature.results, &[]);
            }
        }
        (self.interface, core.finish())
    }
}

fn options(memory: bool) -> CoreOptions {
    CoreOptions {
        encoding: StringEncoding::Utf8,
        memory: memory.then(|| "memory".into()),
        realloc: memory.then(|| "realloc".into()),
        post_return: None,
        is_async: false,
        callback: None,
    }
}

#[derive(Default)]
struct Core {
    types: TypeSection,
    imports: ImportSection,
    functions: FunctionSection,
    exports: ExportSection,
    code: CodeSection,
    count: u32,
}

impl Core {
    fn import(&mut self, module: &str, field: &str, params: &[ValType], results: &[ValType]) {
        self.types.ty().function(params.iter().copied(), results.iter().copied());
        self.imports.import(module, field, EntityType::Function(self.count));
        self.count += 1;
    }

    fn func(&mut self, name: &str, params: &[ValType], results: &[ValType]) {
        self.types.ty().function(params.iter().copied(), results.iter().copied());
        self.functions.function(self.count);
        self.exports.export(name, ExportKind::Func, self.count);
        let mut body = Function::new([]);
        body.instructions().unreachable().end();
        self.code.function(&body);
        self.count += 1;
    }

    fn finish(mut self) -> Vec<u8> {
        let mut memories = MemorySection::new();
        memories.memory(MemoryType { minimum: 0, maximum: None, memory64: false, shared: false, page_size_log2: None });
        self.exports.export("memory", ExportKind::Memory, 0);
        let mut module = Module::new();
        module.section(&self.types).section(&self.imports).section(&self.functions).section(&memories);
        module.section(&self.exports).section(&self.code);
        module.finish()
    }
}
