//! One memory for all: every memory of the module becomes a window of it.
//!
//! In: the merged module and the plan's [`MemoryPlan`]. Out: its [`Windows`]: what each memory's size and growth mean, and the
//! functions that replace instructions on whole memories. Functions for ranges exist for what a body mentions: a memory that is
//! filled, a pair of memories one of which is copied to the other, or a memory and a segment; and one for each memory that has active
//! segments, which may have to be carried out later. Liveness leaves those that something calls. Where windows begin is decided
//! after liveness ([`super::layout`]).
//!
//! Guest pointers stay numbers relative to the guest's own window. The access is rebased: the window's
//! base is added to the static offset of every instruction with a memory argument, when bodies are written
//! ([`crate::emit`]). Engines compute address and offset in 33 bits, so nothing wraps, and a computed pointer is as
//! right as a constant. Instructions on whole memories take ranges as operands, where an addition could wrap: they become
//! calls of functions that check the range against the window's *virtual* size first ([`ranges`]). `memory.size` is a
//! constant, or a global where the memory may grow; `memory.grow` is a call, or an error ([`super::refuse`]).
//! Runtime modules are merged like any other, so their memories are windows as well: of a fixed capacity.
//!
//! Rejected: adding the base to addresses at run time (it costs, and an i32 addition wraps), and relocating the
//! constants in code and data (which of them are pointers is not known without relocation records).

pub(crate) mod pack;
mod ranges;

use crate::dfg::{CoreItem, CoreKind};
use crate::error::{MergeError, WayOut};
use crate::ids::{CoreTypeId, DataId, FuncId, MemoryId, ScopeId};
use crate::input::{CoreModule, Use, Whole};
use crate::maps::Map;
use crate::module::area::AreaKind;
use crate::module::windows::{Growth, StackParts, Window, Windows, missing};
use crate::module::{Code, Func, FuncDef, GlobalDef, MergedModule, ModuleKey, Op, Synthesized};
use crate::plan::{MemoryPlan, SharedMemory};
use crate::runtime::{RuntimeInstance, RuntimeKind, grown_pages};
use crate::synth::TrapClass;
use std::collections::BTreeSet;
use std::rc::Rc;
use wasm_encoder::ValType;

/// Makes a window of every memory, where the plan asks for one memory.
///
/// # Errors
///
/// A memory or a runtime module is not what the plan says: a bug in the merger.
pub(crate) fn rebase(module: &mut MergedModule<'_>, plan: &MemoryPlan) -> Result<(), MergeError> {
    let MemoryPlan::Shared(plan) = plan else { return Ok(()) };
    Rebase { module, windows: Windows::default() }.windows(plan)?;
    // Globals that have been made here have no constant value.
    module.evaluate_globals()
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

/// A pass in progress.
struct Rebase<'m, 'd> {
    module: &'m mut MergedModule<'d>,
    windows: Windows,
}

impl Rebase<'_, '_> {
    /// Makes a window of every memory, and the functions that replace instructions on ranges.
    fn windows(mut self, plan: &SharedMemory) -> Result<(), MergeError> {
        self.without_own_modules()?;
        let stack = plan.share_stack.map(|size| StackParts {
            size,
            pointer: self.module.globals.push(GlobalDef::StackPointer),
            overflow: self.module.trap(TrapClass::StackOverflow),
        });
        self.windows = Windows {
            stack,
            domains: plan.domains.domains.values().map(|domain| domain.name.clone()).collect(),
            arena: plan.arena_home.map(|memory| (plan.domains.of(memory), plan.arena)),
            low_reserve: plan.low_reserve,
            max_offset: plan.max_offset,
            isolate: plan.isolate,
            alone: plan.alone,
            pack: plan.pack,
            byte_pages: plan.byte_pages,
            aligned: plan.aligned,
            ..Windows::default()
        };
        for id in self.module.memories.ids() {
            let origin = self.module.memories[id];
            let window = match self.module.scopes[origin.scope].instance {
                Some(instance) => {
                    let imported = self.module.module_of(origin.scope).imported.memories;
                    let item = CoreItem { instance, kind: CoreKind::Memory, index: imported + origin.index };
                    self.guest_window(id, item, plan)?
                }
                None => self.region_window(id, plan)?,
            };
            self.windows.windows.push(window);
        }
        // What the bodies of a module mention is the same in all of its instances.
        let mut mentioned: Map<ModuleKey, Rc<[Whole]>> = Map::default();
        for scope in self.module.scopes.ids() {
            let key = self.module.scopes[scope].module;
            let wholes = mentioned.entry(key).or_insert_with(|| wholes(self.module.module_of(scope))).clone();
            self.range_funcs(scope, &wholes)?;
        }
        for func in self.module.funcs.ids().collect::<Vec<_>>() {
            self.copies_by_call(func)?;
        }
        self.module.windows = Some(self.windows);
        Ok(())
    }

    /// Refuses modules of extensions: their accesses are not checked as those of guests are, and their memories have no size as a region.
    fn without_own_modules(&self) -> Result<(), MergeError> {
        let own = self.module.runtime.iter().find_map(|(_, instance)| match instance.kind {
            RuntimeKind::Own(module) => Some(module.name()),
            _ => None,
        });
        own.map_or(Ok(()), |name| {
            Err(MergeError::Unsupported {
                item: format!("the runtime module `{name}`"),
                reason: "it belongs to an extension, and one memory has room for the fuser's own modules only"
                    .to_owned(),
                way_out: WayOut::separate_memories(),
            })
        })
    }

    /// An adapter copies between windows by the function that replaces `memory.copy`, as guests do.
    fn copies_by_call(&mut self, func: FuncId) -> Result<(), MergeError> {
        // What does the copying itself has no adapter's id.
        let FuncDef::Synth(synth) = &mut self.module.funcs[func].def else { return Ok(()) };
        if synth.id.is_none() || !synth.code.ops.iter().any(|op| matches!(op, Op::MemoryCopy { .. })) {
            return Ok(());
        }
        let mut ops = std::mem::take(&mut synth.code.ops);
        for op in &mut ops {
            if let Op::MemoryCopy { dst, src } = *op {
                *op = Op::Call(self.copy_func(dst, src)?);
            }
        }
        if let FuncDef::Synth(synth) = &mut self.module.funcs[func].def {
            synth.code.ops = ops;
        }
        Ok(())
    }

    /// Makes the functions that replace instructions on ranges in a scope.
    fn range_funcs(&mut self, scope: ScopeId, wholes: &[Whole]) -> Result<(), MergeError> {
        for whole in wholes {
            let space = &self.module.scopes[scope];
            match *whole {
                Whole::Size(_) | Whole::Grow(_) => {}
                Whole::Copy(dst, src) => _ = self.copy_func(space.memory(dst)?, space.memory(src)?)?,
                Whole::Fill(memory) => self.fill_func(space.memory(memory)?)?,
                Whole::Init(memory, data) => self.init_func(space.memory(memory)?, space.data(data)?)?,
            }
        }
        for data in self.module.scopes[scope].datas.clone() {
            if let Some((memory, _)) = self.module.data_target(data)? {
                self.place_func(memory)?;
            }
        }
        Ok(())
    }

    fn guest_window(&mut self, id: MemoryId, item: CoreItem, plan: &SharedMemory) -> Result<Window, MergeError> {
        let ty = *self.module.memory(id);
        let page_size_log2 = ty.page_size_log2.unwrap_or(16);
        let bytes = |pages: u64| u64::try_from(u128::from(pages) << page_size_log2).unwrap_or(u64::MAX);
        let initial = bytes(ty.initial);
        let unbounded = Window {
            page_size_log2,
            initial,
            capacity: initial,
            growth: Growth::Unbounded,
            region: false,
            domain: plan.domains.of(item),
            zero: plan.domains.is_zero(item),
            kind: AreaKind::Window,
            owner: self.owner(id).to_string(),
            unpacked: None,
            reaches_beyond: plan.reaches_beyond(item),
        };
        if plan.pack {
            return Ok(match pack::extent(self.module, id, initial) {
                Ok(extent) => Window { page_size_log2: 0, initial: extent, capacity: extent, ..unbounded },
                Err(reason) => Window { page_size_log2: 0, unpacked: Some(reason), ..unbounded },
            });
        }
        let Some(&bound) = plan.bounds.get(&item) else { return Ok(unbounded) };
        let maximum = grown_pages(&ty, bound);
        let grow = RuntimeInstance::grow(item, &ty, bound);
        let runtime = self.module.runtime.find(&grow);
        let runtime = runtime.ok_or_else(|| missing(format!("what grows the memory of {item:?}")))?;
        let grow = self.module.runtime_func(runtime, "grow")?;
        let size = self.module.runtime_global(runtime, "size")?;
        let growth = Growth::Bounded { size, grow };
        Ok(Window { capacity: bytes(maximum), growth, ..unbounded })
    }

    /// A runtime module's memory: a region whose size the runtime instance says, in pages of one byte.
    fn region_window(&self, id: MemoryId, plan: &SharedMemory) -> Result<Window, MergeError> {
        let scope = self.module.memories[id].scope;
        let instance = self.module.runtime_instance(scope);
        let region = instance.and_then(|instance| Some((instance, instance.region()?)));
        let (instance, bytes) = region.ok_or_else(|| missing(format!("the size of a region for {id}")))?;
        let (kind, owner) = match instance.kind {
            RuntimeKind::Handles(of) => (AreaKind::Handles, self.module.dfg.component_instances[of].path.clone()),
            RuntimeKind::Tasks => (AreaKind::Tasks, String::new()),
            RuntimeKind::Events => (AreaKind::Runtime, "events".to_owned()),
            RuntimeKind::Outbox(_) => (AreaKind::Outbox, String::new()),
            RuntimeKind::Arena(_) => (AreaKind::Arena, String::new()),
            _ => (AreaKind::Runtime, self.owner(id).to_string()),
        };
        let domain = match instance.kind {
            RuntimeKind::Outbox(domain) | RuntimeKind::Arena(domain) => domain,
            _ => plan.domains.private(),
        };
        Ok(Window {
            page_size_log2: 0,
            initial: bytes.into(),
            capacity: bytes.into(),
            growth: Growth::Fixed,
            region: true,
            domain,
            zero: false,
            kind,
            owner,
            unpacked: None,
            reaches_beyond: false,
        })
    }

    /// The function that replaces `memory.copy` from one window to another, or within one.
    fn copy_func(&mut self, dst: MemoryId, src: MemoryId) -> Result<FuncId, MergeError> {
        if let Some(&func) = self.windows.copies.get(&(dst, src)) {
            return Ok(func);
        }
        let code = ranges::copy(&self.windows, dst, src)?;
        let func = self.whole_func(format!("memory.copy {} {}", self.owner(dst), self.owner(src)), code);
        self.windows.copies.insert((dst, src), func);
        Ok(func)
    }

    fn fill_func(&mut self, memory: MemoryId) -> Result<(), MergeError> {
        if self.windows.fills.contains_key(&memory) {
            return Ok(());
        }
        let code = ranges::fill(&self.windows, memory)?;
        let func = self.whole_func(format!("memory.fill {}", self.owner(memory)), code);
        self.windows.fills.insert(memory, func);
        Ok(())
    }

    fn init_func(&mut self, memory: MemoryId, data: DataId) -> Result<(), MergeError> {
        if self.windows.inits.contains_key(&(memory, data)) {
            return Ok(());
        }
        let code = ranges::init(&self.windows, memory, data)?;
        let func = self.whole_func(format!("memory.init {} {data}", self.owner(memory)), code);
        self.windows.inits.insert((memory, data), func);
        Ok(())
    }

    fn place_func(&mut self, memory: MemoryId) -> Result<(), MergeError> {
        if self.windows.places.contains_key(&memory) {
            return Ok(());
        }
        let code = ranges::place(&self.windows, memory)?;
        let ty = self.module.types.func(&[ValType::I32; 2], &[ValType::I32]);
        let func = self.range_func(format!("segments {}", self.owner(memory)), ty, code);
        self.windows.places.insert(memory, func);
        Ok(())
    }

    fn whole_func(&mut self, name: String, code: Code) -> FuncId {
        let ty = self.module.types.func(&[ValType::I32; 3], &[]);
        self.range_func(name, ty, code)
    }

    fn range_func(&mut self, name: String, ty: CoreTypeId, code: Code) -> FuncId {
        self.module.add_func(Func { ty, def: FuncDef::Synth(Box::new(Synthesized { name, code, id: None })) })
    }

    /// Whose memory it is, for people.
    fn owner(&self, memory: MemoryId) -> &str {
        &self.module.scopes[self.module.memories[memory].scope].path
    }
}
