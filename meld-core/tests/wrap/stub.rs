//! A fused module that traps whatever is called, for any world: it imports every function of the world
//! and every resource built-in there is, and exports every function and destructor.

use crate::flatten::{Signature, signature};
use meld_core::abi::types::{FuncType, Types as FuserTypes};
use meld_core::dfg::{
    CanonOptions, ComponentDfg, ComponentFunc, ComponentInstance, CoreDef, CoreItem, CoreKind, Export, ImportPath,
    Lift, Resource, ResourceDef, StringEncoding, World, WorldItem,
};
use meld_core::emit::{CoreExport, CoreImport, CoreInterface, CoreOptions};
use meld_core::ids::{
    Arena, ComponentInstanceId, CoreInstanceId, ExportFuncId, FuncTypeId, Id, ImportFuncId, Interner, LiftId,
    OptionsId, ResourceId,
};
use meld_core::synth::OuterImport;
use std::collections::HashMap;
use wasm_encoder::{
    CodeSection, EntityType, ExportKind, ExportSection, Function, FunctionSection, ImportSection, MemorySection,
    MemoryType, Module, TypeSection, ValType,
};
use wasmparser::component_types::{
    ComponentAnyTypeId, ComponentEntityType, ComponentFuncTypeId, ComponentItem, ComponentTypeId,
    ResourceId as ValidatorResource,
};
use wasmparser::types::{Types, TypesRef};

/// A world and a stub for it.
pub(crate) struct Stub {
    pub(crate) dfg: ComponentDfg<'static>,
    pub(crate) interface: CoreInterface,
    pub(crate) core: Vec<u8>,
}

impl Stub {
    pub(crate) fn new(types: Types, world: ComponentTypeId) -> Self {
        let items = |items: &wasmparser::collections::IndexMap<String, ComponentItem>| {
            let item = |(name, item): (&String, &ComponentItem)| WorldItem {
                name: name.clone(),
                implements: item.implements.clone(),
                version_suffix: item.version_suffix.clone(),
                external_id: item.external_id.clone(),
                ty: item.ty,
            };
            items.iter().map(item).collect::<Vec<_>>()
        };
        let (imports, exports) = (items(&types[world].imports), items(&types[world].exports));

        let mut builder = Builder::new(types.as_ref());
        for (import, item) in imports.iter().enumerate() {
            builder.import(&item.ty, ImportPath { import, exports: Vec::new() });
        }
        let exports_tree =
            exports.iter().map(|item| (item.name.clone(), builder.export(&item.ty, vec![item.name.clone()]))).collect();
        builder.builtins();
        let (interface, core, resources, lifts) = builder.finish();

        let mut component_instances = Arena::new();
        component_instances.push(ComponentInstance { parent: None, path: String::new() });
        let mut options = Interner::new();
        options.intern(canon_options());
        let mut fuser_types = FuserTypes::default();
        fuser_types.funcs.intern(FuncType { is_async: false, params: Vec::new(), result: None });
        let dfg = ComponentDfg {
            modules: Arena::new(),
            types: fuser_types,
            component_instances,
            core_instances: Arena::new(),
            resources,
            views: Arena::new(),
            options,
            lifts,
            trampolines: Interner::new(),
            import_funcs: Interner::new(),
            effects: Vec::new(),
            exports: exports_tree,
            world: World { types, imports, exports },
        };
        Self { dfg, interface, core }
    }
}

fn canon_options() -> CanonOptions {
    CanonOptions {
        instance: ComponentInstanceId::new(0),
        encoding: StringEncoding::Utf8,
        memory: None,
        realloc: None,
        post_return: None,
        is_async: false,
        callback: None,
        memory64: false,
    }
}

struct Builder<'t> {
    types: TypesRef<'t>,
    interface: CoreInterface,
    resources: Arena<ResourceId, Resource>,
    known: HashMap<ValidatorResource, ResourceId>,
    lifts: Interner<LiftId, Lift>,
    /// Signatures of the exported functions, in the order of `interface.exports`.
    signatures: Vec<Signature>,
}

impl<'t> Builder<'t> {
    fn new(types: TypesRef<'t>) -> Self {
        Self {
            types,
            interface: CoreInterface { init: Some("init".into()), ..CoreInterface::default() },
            resources: Arena::new(),
            known: HashMap::new(),
            lifts: Interner::new(),
            signatures: Vec::new(),
        }
    }

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
            ComponentEntityType::Type { created: ComponentAnyTypeId::Resource(id), .. } => {
                let resources = &mut self.resources;
                self.known.entry(id.resource()).or_insert_with(|| {
                    resources.push(Resource { name: "imported".into(), def: ResourceDef::Imported(path) })
                });
            }
            _ => {}
        }
    }

    fn lower(&mut self, ty: ComponentFuncTypeId, path: ImportPath) {
        if self.types.get(ty).unwrap().async_ {
            return;
        }
        let signature = signature(self.types, ty, true);
        let field = format!("func-{}", self.interface.imports.len());
        let func = ImportFuncId::new(self.interface.imports.len());
        self.interface.imports.push(CoreImport {
            module: format!("module-{}", self.interface.imports.len() % 2),
            field,
            import: OuterImport::Lower(func, OptionsId::new(0)),
            params: signature.params,
            results: signature.results,
            path: Some(path),
            ty: Some(FuncTypeId::new(0)),
            options: options(signature.memory),
        });
    }

    fn export(&mut self, ty: &ComponentEntityType, path: Vec<String>) -> Export {
        match *ty {
            ComponentEntityType::Func(ty) => {
                let field = path.join("#");
                let signature = signature(self.types, ty, false);
                let lift = self.lifts.intern(Lift {
                    ty: FuncTypeId::new(0),
                    func: CoreDef::Item(CoreItem {
                        instance: CoreInstanceId::new(0),
                        kind: CoreKind::Func,
                        index: self.lifts.len() as u32,
                    }),
                    options: OptionsId::new(0),
                });
                let mut options = options(signature.memory);
                if signature.memory && !signature.results.is_empty() {
                    options.post_return = Some(format!("post-return {field}"));
                }
                self.signatures.push(signature);
                self.interface.exports.push(CoreExport {
                    id: ExportFuncId::new(self.interface.exports.len()),
                    path,
                    field,
                    ty: FuncTypeId::new(0),
                    options,
                });
                Export::Func(ComponentFunc::Lift(lift))
            }
            ComponentEntityType::Instance(id) => {
                let exports = &self.types.get(id).unwrap().exports;
                let item = |(name, item): (&String, &ComponentItem)| {
                    let path = path.iter().cloned().chain([name.clone()]).collect();
                    (name.clone(), self.export(&item.ty, path))
                };
                Export::Instance(exports.iter().map(item).collect())
            }
            ComponentEntityType::Type { referenced: ComponentAnyTypeId::Resource(id), .. } => {
                let def = ResourceDef::Defined { instance: ComponentInstanceId::new(0), dtor: None };
                let resources = &mut self.resources;
                let resource = self
                    .known
                    .entry(id.resource())
                    .or_insert_with(|| resources.push(Resource { name: path.join("/"), def }));
                Export::Type(Some(*resource))
            }
            ComponentEntityType::Type { .. } => Export::Type(None),
            _ => Export::Component,
        }
    }

    /// Imports of all built-ins of all resources; a destructor for every second defined one.
    fn builtins(&mut self) {
        for (id, resource) in self.resources.iter() {
            let mut import = |import, field: &str, params: &[ValType], results: &[ValType]| {
                let path = match &resource.def {
                    ResourceDef::Imported(path) => Some(path.clone()),
                    ResourceDef::Defined { .. } => None,
                };
                self.interface.imports.push(CoreImport {
                    module: "resources".into(),
                    field: format!("{field} {id}"),
                    import,
                    params: params.to_vec(),
                    results: results.to_vec(),
                    path,
                    ty: None,
                    options: options(false),
                });
            };
            import(OuterImport::ResourceDrop(id), "drop", &[ValType::I32], &[]);
            if let ResourceDef::Defined { .. } = resource.def {
                import(OuterImport::ResourceNew(id), "new", &[ValType::I32], &[ValType::I32]);
                import(OuterImport::ResourceRep(id), "rep", &[ValType::I32], &[ValType::I32]);
                if id.index() % 2 == 0 {
                    self.interface.dtors.push((id, format!("dtor {id}")));
                }
            }
        }
    }

    fn finish(self) -> (CoreInterface, Vec<u8>, Arena<ResourceId, Resource>, Interner<LiftId, Lift>) {
        let mut core = Core::default();
        for import in &self.interface.imports {
            core.import(&import.module, &import.field, &import.params, &import.results);
        }
        core.func("init", &[], &[]);
        core.func("realloc", &[ValType::I32; 4], &[ValType::I32]);
        for (_, name) in &self.interface.dtors {
            core.func(name, &[ValType::I32], &[]);
        }
        for (export, signature) in self.interface.exports.iter().zip(&self.signatures) {
            core.func(&export.field, &signature.params, &signature.results);
            if let Some(name) = &export.options.post_return {
                core.func(name, &signature.results, &[]);
            }
        }
        (self.interface, core.finish(), self.resources, self.lifts)
    }
}

fn options(memory: bool) -> CoreOptions {
    CoreOptions {
        encoding: StringEncoding::Utf8,
        memory: memory.then(|| "memory".into()),
        realloc: memory.then(|| "realloc".into()),
        post_return: None,
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
