//! One scope per core instance.
//!
//! In: the core instances in the order of instantiation, and the runtime instances. Out: for each, a scope:
//! a fresh entity for every item that its module defines, and for every import the entity of its argument.
//! Two passes, because the argument of an import may be a synthesized function, whose own callees may be
//! anywhere. An index space of a module is its imports of that kind, then its definitions.

use crate::dfg::{CoreDef, CoreItem, CoreKind, Effect};
use crate::error::MergeError;
use crate::ids::{CoreInstanceId, Id, RuntimeInstanceId, ScopeId};
use crate::input::CoreModule;
use crate::limits::Limit;
use crate::merger::Merger;
use crate::module::{Func, FuncDef, GlobalDef, ModuleKey, Origin, Scope, Segment, lookup};
use crate::runtime::{Binding, RuntimeKind};
use crate::synth::{Address, FuncRef, MemoryRef, TrapClass};
use wasmparser::TypeRef;

/// The value of an import.
enum BoundArgument {
    Func(FuncRef),
    Item(CoreItem),
    Memory(MemoryRef),
    Constant(i32),
    Address(Address),
}

impl<'d> Merger<'d> {
    /// Makes entities for everything that the instances define, in the order of instantiation.
    pub(super) fn define_instances(&mut self) -> Result<(), MergeError> {
        for id in self.adapted.runtime.iter().map(|(id, _)| id).collect::<Vec<_>>() {
            let module = self.adapted.runtime[id].module();
            let key = self.runtime_module(module)?;
            let scope = self.define(key, None, format!("runtime/{id}"))?;
            self.runtime_scopes.push(scope);
            if matches!(
                self.adapted.runtime[id].kind,
                RuntimeKind::Handles(_) | RuntimeKind::Tasks | RuntimeKind::Rewrite
            ) {
                self.out.with_words.push(scope);
            }
        }
        for effect in &self.dfg.effects {
            let Effect::Instantiate(id) = *effect else { continue };
            let instance = &self.dfg.core_instances[id];
            let scope = self.define(ModuleKey::Input(instance.module), Some(id), instance.path.clone())?;
            self.instance_scopes.insert(id, scope);
        }
        Ok(())
    }

    fn define(
        &mut self,
        key: ModuleKey,
        instance: Option<CoreInstanceId>,
        path: String,
    ) -> Result<ScopeId, MergeError> {
        let out = &mut self.out;
        let id = out.scopes.next_id();
        let module = lookup(self.dfg, &out.runtime_modules, key);
        let functions = out.funcs.len() + module.bodies.len();
        let others = [&out.tables.len(), &out.memories.len(), &out.globals.len(), &out.tags.len()];
        let segments = [&out.elems.len(), &out.datas.len(), &module.elements.len(), &module.data.len()];
        let own = [&module.tables.len(), &module.memories.len(), &module.globals.len(), &module.tags.len()];
        let entities: usize = others.into_iter().chain(segments).chain(own).sum();
        let here = || format!("core instance `{path}`");
        self.dfg.limits.check(Limit::Functions, functions as u64, here)?;
        self.dfg.limits.check(Limit::Entities, entities as u64, here)?;
        let types = out.types.module(key, module)?;
        let mut scope = Scope {
            module: key,
            instance,
            is_absolute: false,
            path,
            types,
            // The imports come later, to the front.
            funcs: Vec::with_capacity(module.funcs.len()),
            tables: Vec::new(),
            memories: Vec::new(),
            globals: Vec::new(),
            tags: Vec::new(),
            elems: Vec::new(),
            datas: Vec::new(),
        };
        let origins = |count: usize| (0..count as u32).map(move |index| Origin { scope: id, index });
        let imported = module.imported;
        out.funcs.reserve(module.bodies.len());
        for (origin, &ty) in origins(module.bodies.len()).zip(&module.funcs[imported.funcs as usize..]) {
            let def = FuncDef::Guest { origin, calls: Box::default() };
            let func = out.funcs.push(Func { ty: scope.ty(ty)?, def });
            out.aliases.push(func);
            scope.funcs.push(func);
        }
        for origin in origins(module.tables.len() - imported.tables as usize) {
            scope.tables.push(out.tables.push(origin));
        }
        for origin in origins(module.memories.len() - imported.memories as usize) {
            scope.memories.push(out.memories.push(origin));
        }
        for origin in origins(module.globals.len()) {
            scope.globals.push(out.globals.push(GlobalDef::Guest(origin)));
        }
        for origin in origins(module.tags.len() - imported.tags as usize) {
            scope.tags.push(out.tags.push(origin));
        }
        for origin in origins(module.elements.len()) {
            scope.elems.push(out.elems.push(Segment { origin, deferred: false, may_trap: false }));
        }
        for origin in origins(module.data.len()) {
            scope.datas.push(out.datas.push(Segment { origin, deferred: false, may_trap: false }));
        }
        out.scopes.push(scope);
        Ok(id)
    }

    /// Puts the imports in front of every index space.
    ///
    /// Arguments name defined items, so this pass reads the definitions of the first one, which it shifts:
    /// all arguments are resolved before any scope is changed.
    pub(super) fn bind_imports(&mut self) -> Result<(), MergeError> {
        let mut bound: Vec<(ScopeId, Imports)> = Vec::new();
        for (instance, &scope) in self.runtime_scopes.clone().iter().enumerate() {
            bound.push((
                scope,
                self.imports(scope, |merger, module, position| {
                    merger.runtime_argument(RuntimeInstanceId::new(instance), module, position)
                })?,
            ));
        }
        for (&instance, &scope) in &self.instance_scopes.clone() {
            bound.push((scope, self.imports(scope, |merger, _, position| merger.argument(instance, position))?));
        }
        for (scope, imports) in bound {
            let scope = &mut self.out.scopes[scope];
            scope.funcs.splice(0..0, imports.funcs);
            scope.tables.splice(0..0, imports.tables);
            scope.memories.splice(0..0, imports.memories);
            scope.globals.splice(0..0, imports.globals);
            scope.tags.splice(0..0, imports.tags);
        }
        self.imports_bound = true;
        Ok(())
    }

    fn imports(
        &mut self,
        scope: ScopeId,
        argument: impl Fn(&mut Self, &CoreModule<'_>, usize) -> Result<BoundArgument, MergeError>,
    ) -> Result<Imports, MergeError> {
        let dfg = self.dfg;
        let key = self.out.scopes[scope].module;
        // The runtime's modules are few and small; cloning the imports frees `self`.
        let imports: Vec<_> = lookup(dfg, &self.out.runtime_modules, key).imports.clone();
        let mut bound = Imports::default();
        for (position, import) in imports.iter().enumerate() {
            let argument = match key {
                ModuleKey::Input(id) => argument(self, &dfg.modules[id], position)?,
                ModuleKey::Runtime(id) => {
                    let module = self.out.runtime_modules[id].clone();
                    argument(self, &module, position)?
                }
            };
            match (import.ty, argument) {
                (TypeRef::Func(_) | TypeRef::FuncExact(_), BoundArgument::Func(func)) => {
                    bound.funcs.push(self.func(func)?);
                }
                (TypeRef::Func(_) | TypeRef::FuncExact(_), BoundArgument::Item(item)) => {
                    bound.funcs.push(self.func(FuncRef::Core(item))?);
                }
                (TypeRef::Memory(_), BoundArgument::Memory(memory)) => bound.memories.push(self.memory(memory)?),
                (TypeRef::Memory(_), BoundArgument::Item(item)) => {
                    bound.memories.push(self.memory(MemoryRef::Core(item))?)
                }
                (TypeRef::Table(_), BoundArgument::Item(item)) => {
                    let (scope, index) = self.defined(item, CoreKind::Table)?;
                    bound.tables.push(self.out.scopes[scope].table(index)?);
                }
                (TypeRef::Global(_), BoundArgument::Item(item)) => {
                    let (scope, index) = self.defined(item, CoreKind::Global)?;
                    bound.globals.push(self.out.scopes[scope].global(index)?);
                }
                (TypeRef::Global(_), BoundArgument::Constant(value)) => bound.globals.push(self.constant(value)),
                (TypeRef::Global(_), BoundArgument::Address(address)) => bound.globals.push(self.address(address)?),
                (TypeRef::Tag(_), BoundArgument::Item(item)) => {
                    let (scope, index) = self.defined(item, CoreKind::Tag)?;
                    bound.tags.push(self.out.scopes[scope].tag(index)?);
                }
                _ => {
                    return Err(MergeError::Missing {
                        item: format!("core instance `{}`", self.out.scopes[scope].path),
                        missing: format!("an argument of the right kind for `{}` `{}`", import.module, import.name),
                    });
                }
            }
        }
        Ok(bound)
    }

    /// The argument of an import of the input.
    fn argument(&self, instance: CoreInstanceId, position: usize) -> Result<BoundArgument, MergeError> {
        let instance = &self.dfg.core_instances[instance];
        match instance.args.get(position) {
            Some(&CoreDef::Item(item)) => Ok(BoundArgument::Item(item)),
            Some(&CoreDef::Trampoline(id)) => Ok(BoundArgument::Func(FuncRef::Trampoline(id))),
            None => Err(MergeError::Missing {
                item: format!("core instance `{}`", instance.path),
                missing: format!("argument {position}"),
            }),
        }
    }

    /// The argument of an import of a runtime module. These names are ours: they are written in
    /// `runtime/*.wat`, not in the input.
    fn runtime_argument(
        &self,
        instance: RuntimeInstanceId,
        module: &CoreModule<'_>,
        position: usize,
    ) -> Result<BoundArgument, MergeError> {
        let import = &module.imports[position];
        if import.module == "trap"
            && let Some(&class) = TrapClass::ALL.iter().find(|class| class.name() == import.name)
        {
            return Ok(BoundArgument::Func(FuncRef::Trap(class)));
        }
        let bindings = &self.adapted.runtime[instance].bindings;
        match bindings.iter().find(|(module, name, _)| (*module, *name) == (import.module, import.name)) {
            Some(&(_, _, Binding::Memory(memory))) => Ok(BoundArgument::Memory(memory)),
            Some(&(_, _, Binding::Func(func))) => Ok(BoundArgument::Func(func)),
            Some(&(_, _, Binding::I32(value))) => Ok(BoundArgument::Constant(value)),
            Some(&(_, _, Binding::Address(address))) => Ok(BoundArgument::Address(address)),
            None => Err(MergeError::Missing {
                item: format!("runtime module `{}`", module.name),
                missing: format!("a binding for `{}` `{}`", import.module, import.name),
            }),
        }
    }
}

#[derive(Default)]
struct Imports {
    funcs: Vec<crate::ids::FuncId>,
    tables: Vec<crate::ids::TableId>,
    memories: Vec<crate::ids::MemoryId>,
    globals: Vec<crate::ids::GlobalId>,
    tags: Vec<crate::ids::TagId>,
}
