//! Final indices.
//!
//! In: a live module. Out: for every live entity its index in the emitted module; for everything else,
//! nothing, and asking for it is an error. What is imported comes first, otherwise the order is that of
//! the entities: instances in the order of instantiation.

use super::placement::Placement;
use crate::error::MergeError;
use crate::gc::Live;
use crate::ids::{CoreTypeId, FuncId, Id, MemoryId, ScopeId};
use crate::memory::{Growth, Layout, Place, stack};
use crate::merger::consts::EntityRenumber;
use crate::merger::reindex::{Bridge, PointerAccess, Renumber};
use crate::merger::uses::Whole;
use crate::merger::{FuncDef, MergedModule, ModuleKey, Scope};
use wasm_encoder::reencode::Reencode;
use wasm_encoder::{Encode, Instruction};

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

    /// All that are live are the same one, if `any` is there.
    fn one(what: &'static str, marks: &[bool], any: bool) -> Self {
        let indices = marks.iter().map(|&live| if live { 0 } else { DEAD }).collect();
        Self { what, indices, count: u32::from(any || marks.contains(&true)) }
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
    /// Where windows are, where all memories are one.
    layout: Option<Layout>,
}

impl Indices {
    /// What is added to addresses of a memory.
    pub(crate) fn base(&self, memory: MemoryId) -> Result<u32, MergeError> {
        self.layout.as_ref().map_or(Ok(0), |layout| layout.base(memory))
    }

    /// An address that depends on where memories are.
    pub(crate) fn address(&self, place: Place) -> Result<u32, MergeError> {
        self.layout.as_ref().map_or(Ok(0), |layout| layout.address(place))
    }

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
        for id in module.funcs.ids().filter(|&id| is_import(id) && is_live(id)) {
            funcs.assign(id.index());
        }
        let imported_funcs = funcs.count;
        for id in module.funcs.ids().filter(|&id| !is_import(id) && is_live(id)) {
            funcs.assign(id.index());
        }
        // Whoever mentions an alias means what it stands for.
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
            memories: match &live.layout {
                None => Space::with_first("memory", &marks.memories, &placement.memories),
                Some(layout) => Space::one("memory", &marks.memories, layout.pages > 0),
            },
            globals: Space::number("global", &marks.globals),
            tags: Space::number("tag", &marks.tags),
            elems,
            datas: Space::number("data segment", &marks.datas),
            imported_funcs,
            layout: live.layout.clone(),
        })
    }
}

/// Final indices as a scope sees them.
pub(crate) struct Scoped<'i, 'd> {
    pub(crate) module: &'i MergedModule<'d>,
    pub(crate) indices: &'i Indices,
    scope: &'i Scope,
}

impl<'i, 'd> Scoped<'i, 'd> {
    pub(crate) fn new(module: &'i MergedModule<'d>, indices: &'i Indices, scope: ScopeId) -> Self {
        Self { module, indices, scope: &module.scopes[scope] }
    }

    /// The instance's path.
    pub(crate) fn path(&self) -> &str {
        &self.scope.path
    }
}

impl Renumber for Scoped<'_, '_> {
    fn func(&mut self, index: u32) -> Result<u32, MergeError> {
        self.indices.funcs.get(self.scope.func(index)?)
    }
    fn table(&mut self, index: u32) -> Result<u32, MergeError> {
        self.indices.tables.get(self.scope.table(index)?)
    }
    fn memory(&mut self, index: u32) -> Result<u32, MergeError> {
        if self.module.windows.as_ref().is_some_and(|windows| !windows.alone) {
            return Err(MergeError::Unsupported {
                item: format!("an instruction on memory {index} of `{}`", self.scope.path),
                reason: "it is about a memory as a whole, and it is not known what it means for a window".to_string(),
                way_out: "give each instance a memory of its own (`--memory multi`)".to_string(),
            });
        }
        self.indices.memories.get(self.scope.memory(index)?)
    }
    fn access(&mut self, index: u32) -> Result<(u32, u32), MergeError> {
        let memory = self.scope.memory(index)?;
        Ok((self.indices.memories.get(memory)?, self.indices.base(memory)?))
    }
    fn whole(&mut self, whole: Whole, out: &mut Vec<u8>) -> Result<bool, MergeError> {
        let Some(windows) = &self.module.windows else { return Ok(false) };
        let call = match whole {
            Whole::Size(index) => {
                let of_guest = matches!(self.scope.module, ModuleKey::Input(_));
                super::code::memory_size(self.module, self.indices, self.scope.memory(index)?, of_guest, out)?;
                return Ok(true);
            }
            Whole::Grow(index) => match windows.window(self.scope.memory(index)?)?.growth {
                Growth::Bounded { grow, .. } => grow,
                Growth::Fixed => {
                    Instruction::Drop.encode(out);
                    Instruction::I32Const(-1).encode(out);
                    return Ok(true);
                }
                // Such growth is refused where it is live.
                Growth::Unbounded => return Err(self.scope.missing("a bound for memory", index)),
            },
            // Where the window ends, so does the memory.
            Whole::Copy(..) | Whole::Fill(_) if windows.alone => return Ok(false),
            Whole::Copy(dst, src) => windows.copy(self.scope.memory(dst)?, self.scope.memory(src)?)?,
            Whole::Fill(index) => windows.fill(self.scope.memory(index)?)?,
            Whole::Init(index, data) => windows.init(self.scope.memory(index)?, self.scope.data(data)?)?,
        };
        Instruction::Call(self.indices.funcs.get(call)?).encode(out);
        Ok(true)
    }
    fn stack_pointer(&mut self, access: PointerAccess, index: u32, out: &mut Vec<u8>) -> Result<bool, MergeError> {
        let Some(shared) = &self.module.stack else { return Ok(false) };
        let Some(&memory) = shared.pointers.get(&self.scope.global(index)?) else { return Ok(false) };
        match access {
            PointerAccess::Get => stack::get(shared, self.indices, memory, out)?,
            PointerAccess::Set => stack::set(shared, self.indices, memory, out)?,
        }
        Ok(true)
    }
    fn global(&mut self, index: u32) -> Result<u32, MergeError> {
        self.indices.globals.get(self.scope.global(index)?)
    }
    fn tag(&mut self, index: u32) -> Result<u32, MergeError> {
        self.indices.tags.get(self.scope.tag(index)?)
    }
    fn ty(&mut self, index: u32) -> Result<u32, MergeError> {
        self.indices.types.get(self.scope.ty(index)?)
    }
    fn elem(&mut self, index: u32) -> Result<u32, MergeError> {
        self.indices.elems.get(self.scope.elem(index)?)
    }
    fn data(&mut self, index: u32) -> Result<u32, MergeError> {
        self.indices.datas.get(self.scope.data(index)?)
    }
}

impl EntityRenumber for Scoped<'_, '_> {
    fn func_id(&mut self, func: FuncId) -> Result<u32, MergeError> {
        self.indices.funcs.get(func)
    }

    fn heap_type(&mut self, scope: ScopeId, ty: wasmparser::HeapType) -> Result<wasm_encoder::HeapType, MergeError> {
        let mut scoped = Scoped::new(self.module, self.indices, scope);
        Ok(Bridge(&mut scoped).heap_type(ty)?)
    }
}

/// Final type indices as the type section of a module sees them.
pub(crate) struct TypeSpace<'i> {
    pub(crate) indices: &'i Indices,
    pub(crate) space: &'i [CoreTypeId],
}

impl Renumber for TypeSpace<'_> {
    fn ty(&mut self, index: u32) -> Result<u32, MergeError> {
        let id = self.space.get(index as usize).copied().ok_or_else(|| MergeError::Missing {
            item: "a recursion group".to_string(),
            missing: format!("type {index}"),
        })?;
        self.indices.types.get(id)
    }
}
