//! Which memories and tables the fused module defines, and which it imports.
//!
//! In: a live module. Out: a [`Placement`]. As a module of its own, the output defines all that it has: nothing
//! is placed elsewhere ([`Placement::whole`]). Inside of a component it defines one memory and one table at the
//! most, because that is what engines with a pool of memories and tables give to a module. Each of the others
//! is defined by a small module beside it ([`super::storage`]), and imported.
//!
//! What stays is what the most functions mention: access to an imported memory or table costs a load
//! of its address more, once a function. Of equals the last one stays, because it is the last one again where the result is fused
//! once more: what is imported there comes before it. So the second result has things where the first has them. What is written at instantiation moves along where that cannot be observed:
//!
//! - A data segment is in the module of its memory if its offset is a constant and all earlier segments of the memory are there
//!   too. An engine can then map the memory instead of copying it, and the order of writes to one memory is
//!   that of the input. Segments that wait for init never move. A segment that does may trap earlier than before, and
//!   no code can tell: none has run.
//! - An element segment stays, because it mentions functions. Those of imported tables come last, so
//!   that engines can prepare those of the table that is defined.
//! - The initializer of a table goes along if it mentions no function. If it is a function, entries are written by an
//!   element segment that precedes all others. A table with any other initializer is defined in the fused module.

use crate::error::MergeError;
use crate::ids::{DataId, ElemId, FuncId, Id, MemoryId, TableId};
use crate::module::Live;
use crate::module::consts::{self, ConstValue};
use crate::module::references::{Use, const_uses, entity};
use crate::module::{FuncDef, InitStep, MergedModule};
use std::collections::{BTreeMap, BTreeSet};
use wasmparser::TableInit;

/// What the fused module does not define, and what goes along with it.
#[derive(Debug, Default)]
pub(crate) struct Placement {
    /// Memories that are imported, in the order of their indices.
    pub(crate) memories: Vec<MemoryId>,
    /// Tables that are imported, in the order of their indices.
    pub(crate) tables: Vec<TableId>,
    /// Data segments that are in the module of their memory.
    pub(crate) moved: BTreeSet<DataId>,
    /// Imported tables of which each entry is a function of the fused module at first.
    pub(crate) filled: BTreeMap<TableId, FuncId>,
    /// What the names of modules begin with that are imported from. No other import has such a name.
    prefix: String,
}

/// Where the first entries of a table come from.
enum Initial {
    /// From an initializer that is the same in any module.
    Anywhere,
    /// From a function of the fused module.
    Function(FuncId),
    /// From the fused module, in another way.
    Inside,
}

/// A table with more entries than this is not filled by an element segment, whose size would be a few times as
/// much. Pools have no room for such a table by default.
const MAX_FILLED: u64 = 20_000;

impl Placement {
    /// Everything is defined in the fused module.
    pub(crate) fn whole() -> Self {
        Self::default()
    }

    /// One memory and one table are defined in the fused module, and the others are imported.
    pub(crate) fn apart(live: &Live<'_>) -> Result<Self, MergeError> {
        let Live { module, marks, .. } = live;
        let mut placement = Self { prefix: "storage-".to_string(), ..Self::default() };
        while module.interface.imports.values().any(|import| import.module.starts_with(&placement.prefix)) {
            placement.prefix.push('-');
        }
        // Windows are all in one.
        let separate = live.module.layout.is_none();
        let memories = module.memories.ids().filter(|id| separate && marks.memories[id.index()]).collect::<Vec<_>>();
        let tables = module.tables.ids().filter(|id| marks.tables[id.index()]).collect::<Vec<_>>();
        if memories.len() < 2 && tables.len() < 2 {
            return Ok(placement);
        }
        let weights = Weights::new(live)?;
        placement.memories = without(&memories, |id| Some(weights.memories[id.index()]));
        let mut initial: BTreeMap<TableId, Initial> = BTreeMap::new();
        for &id in &tables {
            initial.insert(id, initial_entries(module, id)?);
        }
        let inside = |id: &TableId| matches!(initial[id], Initial::Inside);
        placement.tables = match tables.iter().any(inside) {
            true => tables.into_iter().filter(|id| !inside(id)).collect(),
            false => without(&tables, |id| Some(weights.tables[id.index()])),
        };
        for &id in &placement.tables {
            if let Initial::Function(func) = initial[&id] {
                placement.filled.insert(id, func);
            }
        }
        placement.move_data(live)?;
        Ok(placement)
    }

    fn move_data(&mut self, live: &Live<'_>) -> Result<(), MergeError> {
        // Memories of which a segment stays.
        let mut stays = BTreeSet::new();
        for (id, segment) in live.module.datas.iter().filter(|(id, _)| live.marks.datas[id.index()]) {
            let Some((memory, offset)) = live.module.data_target(id)? else { continue };
            if segment.deferred || !self.memories.contains(&memory) || stays.contains(&memory) {
                continue;
            }
            match live.module.constant_offset(segment.origin.scope, offset)? {
                Some(_) => self.moved.insert(id),
                None => stays.insert(memory),
            };
        }
        Ok(())
    }

    /// How many modules define memories and tables beside the fused one.
    pub(crate) fn storages(&self) -> usize {
        self.memories.len().max(self.tables.len())
    }

    /// The name of a module that is imported from.
    pub(crate) fn storage_name(&self, index: usize) -> String {
        format!("{}{index}", self.prefix)
    }

    /// Element segments in the order in which they are carried out.
    pub(crate) fn element_order(&self, live: &Live<'_>) -> Result<Vec<ElemId>, MergeError> {
        let (mut first, mut last) = (Vec::new(), Vec::new());
        for id in live.module.elems.ids().filter(|id| live.marks.elems[id.index()]) {
            match live.module.elem_target(id)? {
                Some((table, _)) if self.tables.contains(&table) => last.push(id),
                _ => first.push(id),
            }
        }
        first.append(&mut last);
        Ok(first)
    }
}

/// Everything but the last of the greatest.
fn without<I: Id + PartialEq, W: Ord>(ids: &[I], weight: impl Fn(I) -> W) -> Vec<I> {
    let kept = ids.iter().copied().max_by_key(|id| weight(*id));
    ids.iter().copied().filter(|id| Some(*id) != kept).collect()
}

fn initial_entries(module: &MergedModule<'_>, id: TableId) -> Result<Initial, MergeError> {
    let table = module.table(id);
    let TableInit::Expr(init) = &table.init else { return Ok(Initial::Anywhere) };
    let scope = module.tables[id].scope;
    if let Some(ConstValue::RefFunc(func)) = consts::evaluate(module, scope, init)? {
        return Ok(if table.ty.initial <= MAX_FILLED { Initial::Function(func) } else { Initial::Inside });
    }
    for raw in const_uses(init)? {
        match entity(module, scope, raw)? {
            Use::Type(_) => {}
            Use::Global(global) => match module.global_values[global.index()] {
                None | Some(ConstValue::RefFunc(_)) => return Ok(Initial::Inside),
                Some(_) => {}
            },
            _ => return Ok(Initial::Inside),
        }
    }
    Ok(Initial::Anywhere)
}

/// For each memory and each table, the number of functions that mention it.
struct Weights {
    memories: Vec<usize>,
    tables: Vec<usize>,
}

impl Weights {
    fn new(live: &Live<'_>) -> Result<Self, MergeError> {
        let Live { module, marks, .. } = live;
        let mut weights = Self { memories: vec![0; module.memories.len()], tables: vec![0; module.tables.len()] };
        for (func, definition) in module.funcs.iter() {
            if !marks.funcs[func.index()] || module.canonical(func) != func {
                continue;
            }
            let (mut memories, mut tables) = (BTreeSet::new(), BTreeSet::new());
            if let FuncDef::Init = definition.def {
                for step in &module.init {
                    match *step {
                        InitStep::Data(data) => memories.extend(module.data_target(data)?.map(|(memory, _)| memory)),
                        InitStep::Elem(elem) => tables.extend(module.elem_target(elem)?.map(|(table, _)| table)),
                        InitStep::Call(_) => {}
                    }
                }
            }
            module.uses(func, |used| {
                match used {
                    Use::Memory(memory) => _ = memories.insert(memory),
                    Use::Table(table) | Use::TableCall(table) => _ = tables.insert(table),
                    _ => {}
                }
                Ok(())
            })?;
            memories.into_iter().for_each(|memory| weights.memories[memory.index()] += 1);
            tables.into_iter().for_each(|table| weights.tables[table.index()] += 1);
        }
        Ok(weights)
    }
}
