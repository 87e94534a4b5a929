//! Final indices.
//!
//! In: a live module. Out: for every live entity its index in the emitted module; for everything else,
//! nothing, and asking for it is an error. What is imported comes first, otherwise the order is that of
//! the entities: instances in the order of instantiation.

use super::placement::Placement;
use crate::error::MergeError;
use crate::ids::{CoreTypeId, FuncId, Id, MemoryId};
use crate::module::remap::Remap;
use crate::module::{FuncDef, Live, MemoryLayout};

/// Final indices of one kind of entity.
#[derive(Debug, Default)]
pub(crate) struct Space {
    what: &'static str,
    indices: Vec<u32>,
    /// How many have an index.
    pub(crate) count: u32,
}

/// No index. There are never 2^32 - 1 entities.
const DEAD: u32 = u32::MAX;

impl Space {
    fn new(what: &'static str, len: usize) -> Self {
        Self { what, indices: vec![DEAD; len], count: 0 }
    }

    fn number(what: &'static str, marks: &[bool]) -> Self {
        let mut space = Self::new(what, marks.len());
        for (id, live) in marks.iter().enumerate() {
            if *live {
                space.assign(id);
            }
        }
        space
    }

    /// Those of `first` come first, then the others that are live.
    fn with_first<I: Id>(what: &'static str, marks: &[bool], first: &[I]) -> Self {
        let mut space = Self::new(what, marks.len());
        for id in first {
            space.assign(id.index());
        }
        for (id, live) in marks.iter().enumerate() {
            if *live && space.indices[id] == DEAD {
                space.assign(id);
            }
        }
        space
    }

    /// Each memory is one of the result, in which it is a window.
    fn windows(what: &'static str, marks: &[bool], layout: &MemoryLayout) -> Result<Self, MergeError> {
        let mut space = Self::new(what, marks.len());
        for (id, _) in marks.iter().enumerate().filter(|(_, live)| **live) {
            // There are no more of them than memories in the input.
            space.indices[id] = layout.home(MemoryId::new(id))?.0 as u32;
        }
        let any = marks.contains(&true) || layout.memories.iter().any(|memory| memory.pages > 0);
        space.count = if any { layout.memories.len() as u32 } else { 0 };
        Ok(space)
    }

    fn assign(&mut self, id: usize) {
        self.indices[id] = self.count;
        self.count += 1;
    }

    /// The index of an entity, if it is live.
    pub(crate) fn live(&self, id: impl Id) -> Option<u32> {
        self.indices.get(id.index()).copied().filter(|&index| index != DEAD)
    }

    /// The index of an entity, which must be live.
    #[inline]
    pub(crate) fn get(&self, id: impl Id) -> Result<u32, MergeError> {
        self.live(id).ok_or_else(|| MergeError::Missing {
            item: "live code".to_string(),
            missing: format!("{} {id:?} in the output", self.what),
        })
    }
}

/// Final indices of everything.
#[derive(Debug, Default)]
pub(crate) struct Indices {
    pub(crate) types: Space,
    pub(crate) funcs: Space,
    pub(crate) tables: Space,
    pub(crate) memories: Space,
    pub(crate) globals: Space,
    pub(crate) tags: Space,
    pub(crate) elems: Space,
    pub(crate) datas: Space,
    /// How many functions are imported.
    pub(crate) imported_funcs: u32,
}

impl Indices {
    /// Types have an index, and nothing else has: those of the marked groups.
    pub(super) fn of_types(live: &Live<'_>, groups: &[bool]) -> Self {
        let module = &live.module;
        let mut types = Space::new("type", module.types.len());
        for (id, _) in module.types.groups() {
            if groups[id.index()] {
                for ty in module.types.members(id) {
                    types.assign(ty.index());
                }
            }
        }
        Self { types, ..Self::default() }
    }

    pub(crate) fn new(live: &Live<'_>, placement: &Placement) -> Result<Self, MergeError> {
        let Live { module, marks, .. } = live;
        let Self { types, .. } = Self::of_types(live, &marks.groups);
        let mut funcs = Space::new("function", module.funcs.len());
        let is_import = |id: FuncId| matches!(module.funcs[id].def, FuncDef::Import(_));
        let is_live = |id: FuncId| marks.funcs[id.index()] && module.canonical(id) == id;
        for id in module.host_imports.values().filter(|&&id| is_import(id) && is_live(id)) {
            funcs.assign(id.index());
        }
        let imported_funcs = funcs.count;
        for id in module.funcs.ids().filter(|&id| !is_import(id) && is_live(id)) {
            funcs.assign(id.index());
        }
        // A mention of an alias means the function that the alias leads to.
        for id in module.funcs.ids() {
            funcs.indices[id.index()] = funcs.indices[module.canonical(id).index()];
        }
        let mut elems = Space::new("element segment", module.elems.len());
        // In front of them are those that fill imported tables.
        elems.count = placement.filled.len() as u32;
        for id in placement.element_order(live)? {
            elems.assign(id.index());
        }
        Ok(Self {
            types,
            funcs,
            tables: Space::with_first("table", &marks.tables, &placement.tables),
            memories: match &module.layout {
                None => Space::with_first("memory", &marks.memories, &placement.memories),
                Some(layout) => Space::windows("memory", &marks.memories, layout)?,
            },
            globals: Space::number("global", &marks.globals),
            tags: Space::number("tag", &marks.tags),
            elems,
            datas: Space::number("data segment", &marks.datas),
            imported_funcs,
        })
    }
}

/// Final type indices as the type section of a module sees them.
pub(crate) struct TypeSpace<'i> {
    pub(crate) indices: &'i Indices,
    pub(crate) space: &'i [CoreTypeId],
}

impl Remap for TypeSpace<'_> {
    fn ty(&mut self, index: u32) -> Result<u32, MergeError> {
        let id = self.space.get(index as usize).copied().ok_or_else(|| MergeError::Missing {
            item: "a recursion group".to_string(),
            missing: format!("type {index}"),
        })?;
        self.indices.types.get(id)
    }
}
