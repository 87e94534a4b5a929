//! What code that runs while `may_leave` is clear might reach.
//!
//! In: the dfg. Out: the trampolines that some `realloc` or `post-return` of their own instance might call.
//! A sound over-approximation of the call graph: direct calls exactly; an indirect call reaches every
//! function of the component instance that stands in an element segment, a table or global initializer or
//! a `ref.func`, and might have the type of the call. Core items do not cross component instances, so
//! neither does the graph. (`CanonicalABI.md`: `may_leave` is checked by `canon lower` and by every
//! built-in but `resource.rep`, `context.*` and `backpressure.*`.) Everything is looked up in tables that are made once for a
//! module, so that the time is linear in what bodies and segments mention.
//!
//! That an instance may be entered again while it is running does not matter here. Another instance runs only after
//! something has called out of this one, which is what the graph looks for: while the flag is clear, whatever would
//! call out traps, so nothing but code of this instance runs until it is set again.

use crate::dfg::{CanonOptions, ComponentDfg, CoreDef, CoreItem, CoreKind, Trampoline};
use crate::ids::{ComponentInstanceId, CoreInstanceId, ModuleId, OptionsId, TrampolineId};
use crate::maps::{Map, Set};
use crate::parse::{CoreModule, Use};
use indexmap::{IndexMap, IndexSet};
use std::ops::RangeInclusive;
use std::rc::Rc;
use wasmparser::{
    BinaryReader, CompositeInnerType, ConstExpr, ElementItems, FuncType, Operator, OperatorsReader, TableInit, TypeRef,
    ValType,
};

pub(super) fn guarded_trampolines(dfg: &ComponentDfg<'_>) -> IndexSet<TrampolineId> {
    let mut roots: Set<CoreDef> = Set::default();
    let mut root = |options: OptionsId| {
        let CanonOptions { realloc, post_return, .. } = &dfg.options[options];
        roots.extend(realloc.iter().chain(post_return));
    };
    for (_, lift) in dfg.lifts.iter() {
        root(lift.options);
    }
    for (_, trampoline) in dfg.trampolines.iter() {
        if let Trampoline::Lower { options, .. } = *trampoline {
            root(options);
        }
    }
    // The graph does not leave a component instance, so nothing is looked for where there is nothing to be found.
    let mut found_in: Set<ComponentInstanceId> = Set::default();
    for core in dfg.core_instances.values() {
        let checks = |def: &CoreDef| matches!(def, CoreDef::Trampoline(id) if checks_may_leave(&dfg.trampolines[*id]));
        if core.args.iter().any(checks) {
            found_in.insert(core.owner);
        }
    }
    let leads = |def: &CoreDef| match def {
        CoreDef::Item(item) => found_in.contains(&dfg.core_instances[item.instance].owner),
        CoreDef::Trampoline(_) => false,
    };
    let mut instances: Map<ComponentInstanceId, Vec<CoreInstanceId>> = Map::default();
    for (id, core) in dfg.core_instances.iter() {
        instances.entry(core.owner).or_default().push(id);
    }
    let mut walk = Walk {
        dfg,
        modules: Map::default(),
        instances,
        work: roots.iter().copied().filter(leads).collect(),
        seen: roots,
        address_taken: IndexMap::new(),
        followed: Set::default(),
        types_followed: Set::default(),
        all_followed: Set::default(),
    };
    while let Some(def) = walk.work.pop() {
        if let CoreDef::Item(item) = def {
            walk.function(item);
        }
    }
    let reached = walk.seen.iter().filter_map(|def| match *def {
        CoreDef::Trampoline(id) if checks_may_leave(&dfg.trampolines[id]) => Some(id),
        _ => None,
    });
    reached.collect()
}

fn checks_may_leave(trampoline: &Trampoline) -> bool {
    match trampoline {
        Trampoline::Lower { .. }
        | Trampoline::ResourceNew { .. }
        | Trampoline::ResourceDrop { .. }
        | Trampoline::Unsupported { .. } => true,
        Trampoline::ResourceRep { .. }
        | Trampoline::ContextGet { .. }
        | Trampoline::ContextSet { .. }
        | Trampoline::BackpressureInc { .. }
        | Trampoline::BackpressureDec { .. } => false,
    }
}

struct Walk<'d, 'a> {
    dfg: &'d ComponentDfg<'a>,
    /// Made on demand.
    modules: Map<ModuleId, Rc<ModuleIndex<'d>>>,
    /// The core instances of each component instance.
    instances: Map<ComponentInstanceId, Vec<CoreInstanceId>>,
    work: Vec<CoreDef>,
    seen: Set<CoreDef>,
    /// Functions of a component instance that an indirect call might find; made on demand.
    address_taken: IndexMap<ComponentInstanceId, Rc<ByType<'d>>>,
    /// Type indices of indirect calls that were followed. The same type finds the same functions every time.
    followed: Set<(CoreInstanceId, u32)>,
    /// The lists of [`Walk::address_taken`] that were followed.
    types_followed: Set<(ComponentInstanceId, Option<&'d FuncType>)>,
    /// Component instances all of whose lists were.
    all_followed: Set<ComponentInstanceId>,
}

/// Functions by their type; under `None` those that may have any.
type ByType<'d> = Map<Option<&'d FuncType>, Vec<CoreDef>>;

/// What is looked up in a module again and again.
struct ModuleIndex<'d> {
    /// By type index: a function type, unless it has references. A function of a subtype, whose references are others, may
    /// be called as one of the type.
    types: Vec<Option<&'d FuncType>>,
    /// By the index of an imported function: its position among the imports.
    imported: Vec<usize>,
}

impl<'d> ModuleIndex<'d> {
    fn new(module: &'d CoreModule<'_>) -> Self {
        let is_ref = |ty: &ValType| matches!(ty, ValType::Ref(_));
        let types = module.rec_groups.iter().flat_map(|group| group.types());
        let types = types.map(|ty| match &ty.composite_type.inner {
            CompositeInnerType::Func(ty) if !ty.params().iter().chain(ty.results()).any(is_ref) => Some(ty),
            _ => None,
        });
        let is_func = |ty: &TypeRef| matches!(ty, TypeRef::Func(_) | TypeRef::FuncExact(_));
        let imports = module.imports.iter().enumerate().filter(|(_, import)| is_func(&import.ty));
        Self { types: types.collect(), imported: imports.map(|(position, _)| position).collect() }
    }

    fn func_type(&self, index: u32) -> Option<&'d FuncType> {
        self.types.get(index as usize).copied().flatten()
    }
}

impl<'d> Walk<'d, '_> {
    /// The module of an instance, and what is looked up in it.
    fn module(&mut self, instance: CoreInstanceId) -> Rc<ModuleIndex<'d>> {
        let dfg = self.dfg;
        let module = dfg.core_instances[instance].module;
        self.modules.entry(module).or_insert_with(|| Rc::new(ModuleIndex::new(&dfg.modules[module]))).clone()
    }

    fn reach(&mut self, def: CoreDef) {
        if self.seen.insert(def) {
            self.work.push(def);
        }
    }

    fn function(&mut self, item: CoreItem) {
        let dfg = self.dfg;
        let core = &dfg.core_instances[item.instance];
        let module = &dfg.modules[core.module];
        let body = &module.bodies[(item.index - module.imported.funcs) as usize];
        let index = self.module(item.instance);
        // Whatever calls by a type mentions it. Most bodies that mention one have but a few such places.
        let mut by_type = false;
        for mention in module.mentions(body) {
            match mention {
                Use::Func(func) => self.reach(func_def(dfg, &index, item.instance, func)),
                Use::Type(_) => by_type = true,
                _ => {}
            }
        }
        if !by_type {
            return;
        }
        for offset in module.patches(body).filter(|offset| !ACCESSES.contains(&body.bytes[*offset as usize])) {
            match operator(body.bytes, offset) {
                Some(
                    Operator::CallIndirect { type_index, .. }
                    | Operator::ReturnCallIndirect { type_index, .. }
                    | Operator::CallRef { type_index }
                    | Operator::ReturnCallRef { type_index },
                ) => self.indirect(item.instance, type_index),
                // What a continuation began with, and what has been bound to it, is not known: its type is no function type.
                Some(
                    Operator::Resume { cont_type_index, .. }
                    | Operator::ResumeThrow { cont_type_index, .. }
                    | Operator::ResumeThrowRef { cont_type_index, .. }
                    | Operator::Switch { cont_type_index, .. },
                ) => self.indirect(item.instance, cont_type_index),
                _ => {}
            }
        }
    }

    /// Follows an indirect call in `instance` to every function that might have its type.
    fn indirect(&mut self, instance: CoreInstanceId, type_index: u32) {
        if !self.followed.insert((instance, type_index)) {
            return;
        }
        let dfg = self.dfg;
        let owner = dfg.core_instances[instance].owner;
        let taken = match self.address_taken.get(&owner) {
            Some(taken) => taken.clone(),
            None => {
                let taken = Rc::new(self.address_taken(owner));
                self.address_taken.insert(owner, taken.clone());
                taken
            }
        };
        // Each list of functions is gone through once.
        let types: Vec<Option<&FuncType>> = match self.module(instance).func_type(type_index) {
            Some(ty) => vec![Some(ty), None],
            None if !self.all_followed.insert(owner) => return,
            None => taken.keys().copied().collect(),
        };
        for ty in types {
            if let Some(defs) = taken.get(&ty)
                && self.types_followed.insert((owner, ty))
            {
                defs.iter().for_each(|def| self.reach(*def));
            }
        }
    }

    /// The functions of `owner` whose reference is taken somewhere.
    fn address_taken(&mut self, owner: ComponentInstanceId) -> ByType<'d> {
        let dfg = self.dfg;
        let mut found: Set<CoreDef> = Set::default();
        for id in self.instances.get(&owner).cloned().unwrap_or_default() {
            let module = &dfg.modules[dfg.core_instances[id].module];
            let index = self.module(id);
            let mut take = |func| {
                found.insert(func_def(dfg, &index, id, func));
            };
            for element in &module.elements {
                match &element.items {
                    ElementItems::Functions(items) => items.clone().into_iter().flatten().for_each(&mut take),
                    ElementItems::Expressions(_, items) => {
                        items.clone().into_iter().flatten().for_each(|expr| refs(&expr, &mut take));
                    }
                }
            }
            module.globals.iter().for_each(|global| refs(&global.init_expr, &mut take));
            for table in &module.tables {
                if let TableInit::Expr(expr) = &table.init {
                    refs(expr, &mut take);
                }
            }
            for mention in module.bodies.iter().flat_map(|body| module.mentions(body)) {
                if let Use::FuncRef(index) = mention {
                    take(index);
                }
            }
        }
        let mut by_type = ByType::default();
        for def in found {
            by_type.entry(self.type_of(def)).or_default().push(def);
        }
        by_type
    }

    /// The type of a function; `None` where it might be of any.
    fn type_of(&mut self, def: CoreDef) -> Option<&'d FuncType> {
        let CoreDef::Item(item) = def else { return None };
        let module = &self.dfg.modules[self.dfg.core_instances[item.instance].module];
        self.module(item.instance).func_type(module.funcs[item.index as usize])
    }
}

/// The instruction at `offset` of a validated body. `None` for one that is read only inside its block (the
/// legacy `catch`): it is no call.
fn operator(bytes: &[u8], offset: u32) -> Option<Operator<'_>> {
    OperatorsReader::new(BinaryReader::new(&bytes[offset as usize..], 0)).read().ok()
}

/// The definition behind function `index` of the module of `instance`.
fn func_def(dfg: &ComponentDfg<'_>, module: &ModuleIndex<'_>, instance: CoreInstanceId, index: u32) -> CoreDef {
    match module.imported.get(index as usize) {
        None => CoreDef::Item(CoreItem { instance, kind: CoreKind::Func, index }),
        Some(position) => dfg.core_instances[instance].args[*position],
    }
}

/// Opcodes of loads and stores.
const ACCESSES: RangeInclusive<u8> = 0x28..=0x3e;

fn refs(expr: &ConstExpr<'_>, take: &mut impl FnMut(u32)) {
    for op in expr.get_operators_reader() {
        if let Ok(Operator::RefFunc { function_index }) = op {
            take(function_index);
        }
    }
}
