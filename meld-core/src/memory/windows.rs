//! What each memory is, as a window.
//!
//! In: the memories of the merged module, once every scope is complete. Out: [`Windows`]. Functions for ranges exist for
//! what a body mentions: a memory that is filled, a pair of memories one of which is copied to the other, or a memory and a
//! segment; and for each active segment, which may have to be carried out later than it stands. Liveness leaves those that
//! something calls.

use super::map::AreaKind;
use super::{bulk, pack};
use crate::dfg::{CoreItem, CoreKind};
use crate::error::MergeError;
use crate::ids::{CoreInstanceId, DataId, FuncId, GlobalId, Id, MemoryId, ScopeId};
use crate::maps::Map;
use crate::merger::{Code, Func, FuncDef, GlobalDef, Merger, ModuleKey, Synthesized};
use crate::options::StackSize;
use crate::parse::{CoreModule, Use, Whole};
use crate::plan::SharedMemory;
use crate::runtime::{RuntimeInstance, RuntimeKind, grown_pages};
use crate::synth::{FuncRef, TrapClass};
use indexmap::IndexMap;
use std::collections::BTreeSet;
use std::rc::Rc;
use wasm_encoder::ValType;

/// All windows of a merged module.
#[derive(Debug, Default)]
pub(crate) struct Windows {
    /// By memory.
    windows: Vec<Window>,
    /// The memory whose window comes first.
    pub(crate) zero: Option<MemoryId>,
    /// Bytes of the embedder's arena.
    pub(crate) arena: u64,
    /// Whether an access outside of its window traps.
    pub(crate) isolate: bool,
    /// Whether there is one window, which is the memory.
    pub(crate) alone: bool,
    /// Whether windows end at `__heap_base`.
    pub(crate) pack: bool,
    /// Whether the one memory has pages of one byte.
    pub(crate) byte_pages: bool,
    /// What the stack that all share is made of, where they share one.
    pub(crate) stack: Option<StackParts>,
    copies: IndexMap<(MemoryId, MemoryId), FuncId>,
    fills: IndexMap<MemoryId, FuncId>,
    inits: IndexMap<(MemoryId, DataId), FuncId>,
}

/// What a shared stack is made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StackParts {
    /// How large it shall be.
    pub(crate) size: StackSize,
    /// Its pointer.
    pub(crate) pointer: GlobalId,
    /// What traps when it is full.
    pub(crate) overflow: FuncId,
}

/// A memory as a window.
#[derive(Debug, Clone)]
pub(crate) struct Window {
    /// Log2 of the page size in bytes, as the owner of the memory sees it.
    pub(crate) page_size_log2: u32,
    /// Bytes at first.
    pub(crate) initial: u64,
    /// Bytes at most: what is reserved.
    pub(crate) capacity: u64,
    /// What `memory.grow` does.
    pub(crate) growth: Growth,
    /// Whether it is a runtime module's.
    pub(crate) region: bool,
    /// What it is on the map.
    pub(crate) kind: AreaKind,
    /// Path of the instance whose it is, or for which the runtime has it.
    pub(crate) owner: String,
    /// Why it could not be packed, where that was asked for.
    pub(crate) unpacked: Option<String>,
    /// Whether the guest has pointers beyond its window as well, into an arena or the shared stack: its memory then ends
    /// with them for everybody but the guest itself, and has pages of one byte.
    pub(crate) reaches_beyond: bool,
}

/// What `memory.grow` on a window does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Growth {
    /// There is no bound: it must not be live.
    Unbounded,
    /// It fails.
    Fixed,
    /// It grows the virtual size inside the window, or fails.
    Bounded {
        /// The virtual size, in pages of the memory.
        size: GlobalId,
        /// `(delta: i32) -> i32`
        grow: FuncId,
    },
}

/// What `memory.size` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    /// Always that many pages.
    Pages(u64),
    /// A mutable global: pages.
    Global(GlobalId),
}

impl Window {
    /// What `memory.size` is.
    pub(crate) fn size(&self) -> Size {
        match self.growth {
            Growth::Bounded { size, .. } if self.initial < self.capacity => Size::Global(size),
            Growth::Bounded { .. } | Growth::Unbounded | Growth::Fixed => {
                Size::Pages(self.initial >> self.page_size_log2)
            }
        }
    }
}

impl Windows {
    /// The window of a memory.
    pub(crate) fn window(&self, memory: MemoryId) -> Result<&Window, MergeError> {
        self.windows.get(memory.index()).ok_or_else(|| missing(format!("a window for {memory}")))
    }

    /// What stands for `memory.copy`.
    pub(crate) fn copy(&self, dst: MemoryId, src: MemoryId) -> Result<FuncId, MergeError> {
        self.copies.get(&(dst, src)).copied().ok_or_else(|| missing(format!("memory.copy {dst} {src}")))
    }

    /// What stands for `memory.fill`.
    pub(crate) fn fill(&self, memory: MemoryId) -> Result<FuncId, MergeError> {
        self.fills.get(&memory).copied().ok_or_else(|| missing(format!("memory.fill {memory}")))
    }

    /// What stands for `memory.init`.
    pub(crate) fn init(&self, memory: MemoryId, data: DataId) -> Result<FuncId, MergeError> {
        self.inits.get(&(memory, data)).copied().ok_or_else(|| missing(format!("memory.init {memory} {data}")))
    }
}

fn missing(what: String) -> MergeError {
    MergeError::Missing { item: "the one memory".to_string(), missing: what }
}

/// The instructions on ranges that the bodies of a module mention, each once.
fn wholes(module: &CoreModule<'_>) -> Rc<[Whole]> {
    let mentions = module.bodies.iter().flat_map(|body| module.mentions(body));
    let wholes: BTreeSet<Whole> = mentions
        .filter_map(|mention| match mention {
            Use::Whole(whole) => Some(whole),
            _ => None,
        })
        .collect();
    wholes.into_iter().collect()
}

impl Merger<'_> {
    /// Makes a window of every memory. Every scope must be complete.
    pub(crate) fn make_windows(&mut self, plan: &SharedMemory) -> Result<(), MergeError> {
        let stack = plan.share_stack.map(|size| StackParts {
            size,
            pointer: self.out.globals.push(GlobalDef::StackPointer),
            overflow: self.trap(TrapClass::StackOverflow),
        });
        let mut windows = Windows {
            stack,
            arena: plan.arena,
            isolate: plan.isolate,
            alone: plan.alone,
            pack: plan.pack,
            byte_pages: plan.byte_pages,
            ..Windows::default()
        };
        let owners: IndexMap<ScopeId, CoreInstanceId> =
            self.instance_scopes.iter().map(|(&instance, &scope)| (scope, instance)).collect();
        for id in self.out.memories.ids() {
            let origin = self.out.memories[id];
            let window = match owners.get(&origin.scope) {
                Some(&instance) => {
                    let imported = self.out.module_of(origin.scope).imported.memories;
                    let item = CoreItem { instance, kind: CoreKind::Memory, index: imported + origin.index };
                    if plan.zero == Some(item) {
                        windows.zero = Some(id);
                    }
                    self.guest_window(id, item, plan)?
                }
                None => self.region_window(id)?,
            };
            windows.windows.push(window);
        }
        self.out.windows = Some(windows);
        // What the bodies of a module mention is the same in all of its instances.
        let mut mentioned: Map<ModuleKey, Rc<[Whole]>> = Map::default();
        for scope in self.out.scopes.ids() {
            let key = self.out.scopes[scope].module;
            let wholes = mentioned.entry(key).or_insert_with(|| wholes(self.out.module_of(scope))).clone();
            self.range_funcs(scope, &wholes)?;
        }
        Ok(())
    }

    /// Makes what stands for instructions on ranges in a scope.
    fn range_funcs(&mut self, scope: ScopeId, wholes: &[Whole]) -> Result<(), MergeError> {
        for whole in wholes {
            let space = &self.out.scopes[scope];
            match *whole {
                Whole::Size(_) | Whole::Grow(_) => {}
                Whole::Copy(dst, src) => _ = self.copy_func(space.memory(dst)?, space.memory(src)?)?,
                Whole::Fill(memory) => self.fill_func(space.memory(memory)?)?,
                Whole::Init(memory, data) => self.init_func(space.memory(memory)?, space.data(data)?)?,
            }
        }
        for data in self.out.scopes[scope].datas.clone() {
            if let Some((memory, _)) = self.out.data_target(data)? {
                self.init_func(memory, data)?;
            }
        }
        Ok(())
    }

    fn guest_window(&mut self, id: MemoryId, item: CoreItem, plan: &SharedMemory) -> Result<Window, MergeError> {
        let ty = *self.out.memory(id);
        let page_size_log2 = ty.page_size_log2.unwrap_or(16);
        let bytes = |pages: u64| u64::try_from(u128::from(pages) << page_size_log2).unwrap_or(u64::MAX);
        let initial = bytes(ty.initial);
        let unbounded = Window {
            page_size_log2,
            initial,
            capacity: initial,
            growth: Growth::Unbounded,
            region: false,
            kind: AreaKind::Window,
            owner: self.owner(id).to_string(),
            unpacked: None,
            reaches_beyond: plan.reaches_beyond(item),
        };
        if plan.pack {
            return Ok(match pack::extent(&self.out, id, initial) {
                Ok(extent) => Window { page_size_log2: 0, initial: extent, capacity: extent, ..unbounded },
                Err(reason) => Window { page_size_log2: 0, unpacked: Some(reason), ..unbounded },
            });
        }
        let Some(&bound) = plan.bounds.get(&item) else { return Ok(unbounded) };
        let maximum = grown_pages(&ty, bound);
        let grow = RuntimeInstance::grow(item, &ty, bound);
        let runtime =
            self.adapted.runtime.find(&grow).ok_or_else(|| missing(format!("what grows the memory of {item:?}")))?;
        let grow = self.func(FuncRef::Runtime(runtime, "grow"))?;
        let size = self.runtime_global(runtime, "size")?;
        let growth = Growth::Bounded { size, grow };
        Ok(Window { capacity: bytes(maximum), growth, ..unbounded })
    }

    /// A runtime module's memory: a region whose size the runtime instance says, in pages of one byte.
    fn region_window(&self, id: MemoryId) -> Result<Window, MergeError> {
        let scope = self.out.memories[id].scope;
        // In the order in which their scopes were made.
        let position = self.runtime_scopes.binary_search(&scope).ok();
        let instance = position.map(|position| &self.adapted.runtime[crate::ids::RuntimeInstanceId::new(position)]);
        let region = instance.and_then(|instance| Some((instance, instance.region()?)));
        let (instance, bytes) = region.ok_or_else(|| missing(format!("the size of a region for {id}")))?;
        let (kind, owner) = match instance.kind {
            RuntimeKind::Handles(of) => (AreaKind::Handles, self.dfg.component_instances[of].path.clone()),
            RuntimeKind::Outbox => (AreaKind::Outbox, String::new()),
            RuntimeKind::Arena => (AreaKind::Arena, String::new()),
            _ => (AreaKind::Runtime, self.owner(id).to_string()),
        };
        Ok(Window {
            page_size_log2: 0,
            initial: bytes.into(),
            capacity: bytes.into(),
            growth: Growth::Fixed,
            region: true,
            kind,
            owner,
            unpacked: None,
            reaches_beyond: false,
        })
    }

    /// What stands for `memory.copy` from one window to another, or within one.
    pub(crate) fn copy_func(&mut self, dst: MemoryId, src: MemoryId) -> Result<FuncId, MergeError> {
        if let Some(&func) = self.windows()?.copies.get(&(dst, src)) {
            return Ok(func);
        }
        let code = bulk::copy(self.windows()?, dst, src)?;
        let func = self.whole_func(format!("memory.copy {} {}", self.owner(dst), self.owner(src)), code);
        self.windows()?.copies.insert((dst, src), func);
        Ok(func)
    }

    fn fill_func(&mut self, memory: MemoryId) -> Result<(), MergeError> {
        if self.windows()?.fills.contains_key(&memory) {
            return Ok(());
        }
        let code = bulk::fill(self.windows()?, memory)?;
        let func = self.whole_func(format!("memory.fill {}", self.owner(memory)), code);
        self.windows()?.fills.insert(memory, func);
        Ok(())
    }

    fn init_func(&mut self, memory: MemoryId, data: DataId) -> Result<(), MergeError> {
        if self.windows()?.inits.contains_key(&(memory, data)) {
            return Ok(());
        }
        let active = self.out.data_target(data)?.is_some();
        let code = bulk::init(self.windows()?, memory, data, active)?;
        let func = self.whole_func(format!("memory.init {} {data}", self.owner(memory)), code);
        self.windows()?.inits.insert((memory, data), func);
        Ok(())
    }

    fn whole_func(&mut self, name: String, code: Code) -> FuncId {
        let ty = self.out.types.func(&[ValType::I32; 3], &[]);
        self.out.funcs.push(Func { ty, def: FuncDef::Synth(Box::new(Synthesized { name, code, id: None })) })
    }

    fn windows(&mut self) -> Result<&mut Windows, MergeError> {
        self.out.windows.as_mut().ok_or_else(|| missing("its windows".to_string()))
    }

    /// Whose memory it is, for people.
    fn owner(&self, memory: MemoryId) -> &str {
        &self.out.scopes[self.out.memories[memory].scope].path
    }

    /// A global that a runtime module exports.
    fn runtime_global(&self, id: crate::ids::RuntimeInstanceId, name: &str) -> Result<GlobalId, MergeError> {
        let scope = self.runtime_scopes.get(id.index()).copied().ok_or_else(|| missing(id.to_string()))?;
        let module = self.out.module_of(scope);
        debug_assert!(matches!(self.out.scopes[scope].module, ModuleKey::Runtime(_)));
        match module.exports.get(name) {
            Some(export) if export.kind == CoreKind::Global => self.out.scopes[scope].global(export.index),
            _ => Err(missing(format!("global `{name}` of runtime module `{}`", module.name))),
        }
    }
}
