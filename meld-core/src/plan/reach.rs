//! What code that runs while `may_leave` is clear might reach.
//!
//! In: the dfg. Out: the trampolines that some `realloc` or `post-return` of their own instance might call.
//! A sound over-approximation of the call graph: direct calls exactly; an indirect call reaches every
//! function of the component instance that is in an element segment, a table or global initializer or
//! a `ref.func`, and might have the type of the call. Core items do not cross component instances, so
//! neither does the graph. (`CanonicalABI.md`: `may_leave` is checked by `canon lower` and by every
//! built-in but `resource.rep`, `context.*` and `backpressure.*`.) Everything is looked up in tables that are made once for a
//! module, so that the time is linear in what bodies and segments mention.
//!
//! That an instance may be entered again while it is running does not matter here. Another instance runs only after
//! something has called out of this one, which is what the graph looks for: while the flag is clear, whatever would
//! call out traps, so nothing but code of this instance runs until it is set again.
//!
//! A module that was fused before checks by itself ([`guards`]): its `realloc` clears a flag, and what would call out traps where
//! that is clear. Below such a function, what looks at the flag first reaches only what it calls then.
//! An indirect call finds what is in its table, if no code of the component instance moves references from table to table.

mod guards;
mod live;

pub(super) use live::{LiveCalls, live, reached};

use crate::abi::Pointer;
use crate::dfg::{CanonOptions, ComponentDfg, CoreDef, CoreItem, CoreKind, HostBuiltin, ThreadStart, Trampoline};
use crate::ids::{ComponentInstanceId, CoreInstanceId, ModuleId, OptionsId, TrampolineId};
use crate::input::{CoreModule, Use, opcode};
use crate::maps::{Map, Set};
use indexmap::{IndexMap, IndexSet};
use std::ops::RangeInclusive;
use std::rc::Rc;
use wasmparser::{
    BinaryReader, CompositeInnerType, ConstExpr, ElementItems, ElementKind, FuncType, Operator, OperatorsReader,
    TableInit, TypeRef, ValType,
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
        match *trampoline {
            Trampoline::Lower { options, .. } | Trampoline::Host(HostBuiltin { options: Some(options), .. }) => {
                root(options);
            }
            _ => {}
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
    let work = roots.iter().copied().filter(leads).collect();
    let mut walk = ReachWalk { work, seen: roots, below: MAX_BELOW, ..ReachWalk::new(dfg) };
    walk.run();
    let mut reached = walk.reached();
    reached.sort();
    reached
}

fn checks_may_leave(trampoline: &Trampoline) -> bool {
    match trampoline {
        Trampoline::Lower { .. }
        | Trampoline::ResourceNew { .. }
        | Trampoline::ResourceDrop { .. }
        | Trampoline::Host(_)
        | Trampoline::Unsupported { .. } => true,
        Trampoline::ResourceRep { .. }
        | Trampoline::ContextGet { .. }
        | Trampoline::ContextSet { .. }
        | Trampoline::BackpressureInc { .. }
        | Trampoline::BackpressureDec { .. } => false,
    }
}

struct ReachWalk<'d, 'a> {
    dfg: &'d ComponentDfg<'a>,
    /// Made on demand.
    modules: Map<ModuleId, Rc<ModuleIndex<'d>>>,
    /// The core instances of each component instance.
    instances: Map<ComponentInstanceId, Vec<CoreInstanceId>>,
    work: Vec<CoreDef>,
    seen: Set<CoreDef>,
    /// Functions of a component instance that an indirect call might find; made on demand.
    address_taken: IndexMap<ComponentInstanceId, Rc<FuncsByType<'d>>>,
    /// Tables and types of indirect calls that were followed. The same find the same functions every time.
    followed: Set<(CoreInstanceId, Option<u32>, u32)>,
    /// The lists of [`ReachWalk::address_taken`] that were followed.
    lists_followed: Set<(ComponentInstanceId, Place, Option<&'d FuncType>)>,
    /// Component instances all of whose lists were.
    all_followed: Set<ComponentInstanceId>,
    /// The flag that is clear wherever this walk comes, if there is one: a global of that instance.
    clear: Option<(CoreInstanceId, u32)>,
    /// How many more walks there may be below a function that clears a flag.
    below: usize,
}

/// Walks below functions that clear a flag: a composition that was fused has one for each of its `realloc`s and post-returns. An input made to
/// need more is followed as any other.
const MAX_BELOW: usize = 64;

/// Where an indirect call looks for functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Place {
    /// In that table.
    Table(CoreItem),
    /// Where any reference may be.
    Anywhere,
    /// In all tables, and wherever else.
    All,
}

/// Functions by where they are and their type; under `None` those that may have any.
type FuncsByType<'d> = Map<(Place, Option<&'d FuncType>), Vec<CoreDef>>;

/// What is looked up in a module again and again.
struct ModuleIndex<'d> {
    /// By type index: a function type, unless it has references. A function of a subtype, whose references are others, may
    /// be called as one of the type.
    types: Vec<Option<&'d FuncType>>,
    /// By the index of an imported function: its position among the imports.
    imported: Vec<usize>,
    /// The same for tables.
    tables: Vec<usize>,
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
        let imported = imports.map(|(position, _)| position).collect();
        let tables = module.imports.iter().enumerate().filter(|(_, import)| matches!(import.ty, TypeRef::Table(_)));
        Self { types: types.collect(), imported, tables: tables.map(|(position, _)| position).collect() }
    }

    fn func_type(&self, index: u32) -> Option<&'d FuncType> {
        self.types.get(index as usize).copied().flatten()
    }
}

impl<'d, 'a> ReachWalk<'d, 'a> {
    /// A walk from nowhere, which follows functions that clear a flag as any other.
    fn new(dfg: &'d ComponentDfg<'a>) -> Self {
        let mut instances: Map<ComponentInstanceId, Vec<CoreInstanceId>> = Map::default();
        for (id, core) in dfg.core_instances.iter() {
            instances.entry(core.owner).or_default().push(id);
        }
        ReachWalk {
            dfg,
            modules: Map::default(),
            instances,
            work: Vec::new(),
            seen: Set::default(),
            address_taken: IndexMap::new(),
            followed: Set::default(),
            lists_followed: Set::default(),
            all_followed: Set::default(),
            clear: None,
            below: 0,
        }
    }

    /// The module of an instance, and what is looked up in it.
    fn module(&mut self, instance: CoreInstanceId) -> Rc<ModuleIndex<'d>> {
        let dfg = self.dfg;
        let module = dfg.core_instances[instance].module;
        self.modules.entry(module).or_insert_with(|| Rc::new(ModuleIndex::new(&dfg.modules[module]))).clone()
    }

    fn run(&mut self) {
        while let Some(def) = self.work.pop() {
            if let CoreDef::Item(item) = def {
                self.function(item);
            }
        }
    }

    /// All trampolines that were found.
    fn trampolines(&self) -> impl Iterator<Item = TrampolineId> {
        let mut found: Vec<TrampolineId> = self
            .seen
            .iter()
            .filter_map(|def| match *def {
                CoreDef::Trampoline(id) => Some(id),
                CoreDef::Item(_) => None,
            })
            .collect();
        found.sort();
        found.into_iter()
    }

    /// The ways out that were found.
    fn reached(&self) -> IndexSet<TrampolineId> {
        let reached = self.seen.iter().filter_map(|def| match *def {
            CoreDef::Trampoline(id) if checks_may_leave(&self.dfg.trampolines[id]) => Some(id),
            _ => None,
        });
        reached.collect()
    }

    /// Goes on below a function that clears a flag and calls `callee`. Whether all that is reached leaves the flag alone: if not, nothing
    /// is known.
    fn goes_below(&mut self, flag: (CoreInstanceId, u32), callee: CoreDef) -> bool {
        let Some(left) = self.below.checked_sub(1) else { return false };
        self.below = left;
        let mut walk = ReachWalk {
            dfg: self.dfg,
            modules: std::mem::take(&mut self.modules),
            instances: std::mem::take(&mut self.instances),
            work: vec![callee],
            seen: Set::from_iter([callee]),
            address_taken: std::mem::take(&mut self.address_taken),
            followed: Set::default(),
            lists_followed: Set::default(),
            all_followed: Set::default(),
            clear: Some(flag),
            below: 0,
        };
        walk.run();
        let reached = walk.reached();
        let ReachWalk { modules, instances, address_taken, seen, .. } = walk;
        (self.modules, self.instances, self.address_taken) = (modules, instances, address_taken);
        let writes = |def: &CoreDef| matches!(*def, CoreDef::Item(item) if guards::writes(self.dfg, item, flag));
        if seen.iter().any(writes) {
            return false;
        }
        self.seen.extend(reached.into_iter().map(CoreDef::Trampoline));
        true
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
        match self.clear {
            Some((instance, flag)) if instance == item.instance => {
                if let Some(instead) = guards::guard(body.bytes, flag) {
                    return self.reach(func_def(dfg, &index, instance, instead));
                }
            }
            Some(_) => {}
            None => {
                if let Some((flag, callee)) = guards::clears(module, body.bytes)
                    && self.goes_below((item.instance, flag), func_def(dfg, &index, item.instance, callee))
                {
                    return;
                }
            }
        }
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
        for offset in module.relocations(body).filter(|offset| !ACCESSES.contains(&body.bytes[*offset as usize])) {
            match operator(body.bytes, offset) {
                Some(
                    Operator::CallIndirect { type_index, table_index }
                    | Operator::ReturnCallIndirect { type_index, table_index },
                ) => self.indirect(item.instance, Some(table_index), type_index),
                Some(Operator::CallRef { type_index } | Operator::ReturnCallRef { type_index }) => {
                    self.indirect(item.instance, None, type_index);
                }
                // What a continuation began with, and what has been bound to it, is not known: its type is no function type.
                Some(
                    Operator::Resume { cont_type_index, .. }
                    | Operator::ResumeThrow { cont_type_index, .. }
                    | Operator::ResumeThrowRef { cont_type_index, .. }
                    | Operator::Switch { cont_type_index, .. },
                ) => self.indirect(item.instance, None, cont_type_index),
                _ => {}
            }
        }
    }

    /// Follows an indirect call in `instance`, through a table if there is one, to every function that might have its type.
    fn indirect(&mut self, instance: CoreInstanceId, table: Option<u32>, type_index: u32) {
        if !self.followed.insert((instance, table, type_index)) {
            return;
        }
        let dfg = self.dfg;
        let owner = dfg.core_instances[instance].owner;
        let taken = self.taken(owner);
        // Each list of functions is gone through once.
        let module = self.module(instance);
        let lists: Vec<(Place, Option<&FuncType>)> = match (module.func_type(type_index), table) {
            (Some(ty), Some(table)) => {
                let table = Place::Table(table_item(dfg, &module, instance, table));
                let types = [Some(ty), None];
                types.into_iter().flat_map(|ty| [(table, ty), (Place::Anywhere, ty)]).collect()
            }
            (Some(ty), None) => vec![(Place::All, Some(ty)), (Place::All, None)],
            (None, _) if !self.all_followed.insert(owner) => return,
            (None, _) => taken.keys().copied().filter(|(place, _)| *place == Place::All).collect(),
        };
        for (place, ty) in lists {
            if let Some(defs) = taken.get(&(place, ty))
                && self.lists_followed.insert((owner, place, ty))
            {
                defs.iter().for_each(|def| self.reach(*def));
            }
        }
    }

    /// Follows a thread of `owner`, which begins with some function in a table: that of a type which no module need have.
    fn thread(&mut self, owner: ComponentInstanceId, start: ThreadStart) {
        let taken = self.taken(owner);
        let begins = |ty: Option<&FuncType>| ty.is_none_or(|ty| is_start(ty, start.closure));
        for (&(place, ty), defs) in taken.iter() {
            let is_there = matches!(place, Place::Anywhere) || place == Place::Table(start.table);
            if is_there && begins(ty) && self.lists_followed.insert((owner, place, ty)) {
                defs.iter().for_each(|def| self.reach(*def));
            }
        }
    }

    /// The functions of `owner` whose reference is taken somewhere, by where and by type; made once.
    fn taken(&mut self, owner: ComponentInstanceId) -> Rc<FuncsByType<'d>> {
        match self.address_taken.get(&owner) {
            Some(taken) => taken.clone(),
            None => {
                let taken = Rc::new(self.address_taken(owner));
                self.address_taken.insert(owner, taken.clone());
                taken
            }
        }
    }

    /// The functions of `owner` whose reference is taken somewhere.
    fn address_taken(&mut self, owner: ComponentInstanceId) -> FuncsByType<'d> {
        let dfg = self.dfg;
        let mut found: Set<(Place, CoreDef, Option<&'d FuncType>)> = Set::default();
        let cores = self.instances.get(&owner).cloned().unwrap_or_default();
        // What is in one table may get to another by any instruction on tables but a call.
        let moves = cores.iter().any(|id| {
            let module = &dfg.modules[dfg.core_instances[*id].module];
            module.bodies.iter().any(|body| module.mentions(body).any(|mention| matches!(mention, Use::Table(_))))
        });
        for id in cores {
            let module = &dfg.modules[dfg.core_instances[id].module];
            let index = self.module(id);
            // A built-in has the type that its import declares: the type of a canonical function is final, so instantiation accepts no
            // other, and a type with references counts as any.
            let declared = |func: u32| index.func_type(module.funcs[func as usize]);
            for element in &module.elements {
                let place = match element.kind {
                    ElementKind::Active { table_index, .. } if !moves => {
                        Place::Table(table_item(dfg, &index, id, table_index.unwrap_or_default()))
                    }
                    _ => Place::Anywhere,
                };
                let mut take = |func| {
                    found.insert((place, func_def(dfg, &index, id, func), declared(func)));
                };
                match &element.items {
                    ElementItems::Functions(items) => items.clone().into_iter().flatten().for_each(&mut take),
                    ElementItems::Expressions(_, items) => {
                        items.clone().into_iter().flatten().for_each(|expr| refs(&expr, &mut take));
                    }
                }
            }
            let mut take = |func| {
                found.insert((Place::Anywhere, func_def(dfg, &index, id, func), declared(func)));
            };
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
        let mut by_type = FuncsByType::default();
        for (place, def, declared) in found {
            let ty = match def {
                CoreDef::Item(item) => self.type_of(item),
                CoreDef::Trampoline(_) => declared,
            };
            by_type.entry((place, ty)).or_default().push(def);
            by_type.entry((Place::All, ty)).or_default().push(def);
        }
        by_type
    }

    /// The type of a function; `None` where it might be of any.
    fn type_of(&mut self, item: CoreItem) -> Option<&'d FuncType> {
        let module = &self.dfg.modules[self.dfg.core_instances[item.instance].module];
        self.module(item.instance).func_type(module.funcs[item.index as usize])
    }
}

/// Whether a thread may begin with a function of this type.
fn is_start(ty: &FuncType, closure: Pointer) -> bool {
    let param = match closure {
        Pointer::W32 => ValType::I32,
        Pointer::W64 => ValType::I64,
    };
    ty.params() == [param] && ty.results().is_empty()
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

/// The table behind table `index` of the module of `instance`.
fn table_item(dfg: &ComponentDfg<'_>, module: &ModuleIndex<'_>, instance: CoreInstanceId, index: u32) -> CoreItem {
    let args = &dfg.core_instances[instance].args;
    match module.tables.get(index as usize).and_then(|position| args.get(*position)) {
        Some(CoreDef::Item(item)) => *item,
        // An argument for a table is no function.
        Some(CoreDef::Trampoline(_)) | None => CoreItem { instance, kind: CoreKind::Table, index },
    }
}

/// Opcodes of loads and stores.
const ACCESSES: RangeInclusive<u8> = opcode::FIRST_ACCESS..=opcode::LAST_ACCESS;

fn refs(expr: &ConstExpr<'_>, take: &mut impl FnMut(u32)) {
    for op in expr.get_operators_reader() {
        if let Ok(Operator::RefFunc { function_index }) = op {
            take(function_index);
        }
    }
}
