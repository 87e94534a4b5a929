//! One transcoder in an engine, bound to memories, realloc and traps that can be watched.

use crate::model::{self, Destination, SourceString};
use meld_core::unstable::abi::Pointer;
use meld_core::unstable::dfg::StringEncoding::{self, CompactUtf16, Utf8, Utf16};
use meld_core::unstable::runtime::{RuntimeKind, module};
use meld_core::unstable::synth::TrapClass;
use std::ops::Range;
use wasm_encoder::reencode::Reencode;
use wasmtime::{
    AsContext, AsContextMut, Caller, Config, Engine, Extern, Func, FuncType, Global, GlobalType, Instance, Memory,
    MemoryTypeBuilder, Module, Mutability, Store, Val, ValType,
};

/// The three encodings.
pub(crate) fn encodings() -> [StringEncoding; 3] {
    [Utf8, Utf16, CompactUtf16]
}

/// Where the source is and what realloc returns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Placement {
    /// Away from any end.
    Middle,
    /// Source and allocations end where their memory ends, or a byte earlier for the sake of alignment.
    End,
    /// Every allocation grows the memory and ends at its new end.
    Grow,
    /// The n-th call of realloc returns an odd pointer.
    Unaligned(usize),
    /// The n-th call of realloc returns a pointer from which the allocation ends two bytes too far.
    OutOfBounds(usize),
    /// The n-th call of realloc returns a pointer near the end of the address space.
    FarOutOfBounds(usize),
}

/// An allocator that never gives the same place twice in a row, and what it was asked for.
#[derive(Debug, Clone)]
struct Allocator {
    placement: Placement,
    calls: Vec<[u32; 4]>,
    /// Bytes the memory has been told to have.
    size: u64,
}

const PAGE: u64 = 0x1_0000;

impl Allocator {
    /// What the next call returns, and by how many bytes memory grows before.
    fn place(&mut self, call: [u32; 4]) -> (u32, u64) {
        let [_, _, align, bytes] = call;
        let n = self.calls.len();
        self.calls.push(call);
        let mut grown = 0;
        // Regions of 16 KiB in turn, so that the new place does not overlap the old one.
        let middle = 0x4000 * (n as u32 % 3) + 64;
        let ptr = match self.placement {
            Placement::Middle => middle,
            Placement::End if n.is_multiple_of(2) => (self.size as u32 - bytes) / align * align,
            Placement::End => middle,
            Placement::Grow => {
                grown = PAGE;
                self.size += grown;
                (self.size as u32 - bytes) / align * align
            }
            Placement::Unaligned(at) if at == n => middle + 1,
            Placement::OutOfBounds(at) if at == n => (self.size as u32 + 2 - bytes.min(2)).next_multiple_of(2),
            Placement::FarOutOfBounds(at) if at == n => u32::MAX - 1,
            Placement::Unaligned(_) | Placement::OutOfBounds(_) | Placement::FarOutOfBounds(_) => middle,
        };
        (ptr, grown)
    }
}

/// The model's destination: the present allocation, and what has been written of it from its start.
struct ModelMemory {
    allocator: Allocator,
    ptr: u32,
    written: Vec<u8>,
}

impl Destination for ModelMemory {
    fn realloc(&mut self, old: u32, old_bytes: u32, align: u32, bytes: u32) -> u32 {
        (self.ptr, _) = self.allocator.place([old, old_bytes, align, bytes]);
        self.written.truncate(bytes as usize);
        self.ptr
    }

    fn size(&self) -> u64 {
        self.allocator.size
    }

    fn write(&mut self, ptr: u32, bytes: &[u8]) {
        let at = (ptr - self.ptr) as usize;
        let end = self.written.len().max(at + bytes.len());
        assert!(at <= self.written.len(), "the model writes from the start");
        self.written.resize(end, 0);
        self.written[at..at + bytes.len()].copy_from_slice(bytes);
    }
}

struct State {
    allocator: Allocator,
    memory: Option<Memory>,
    trap: Option<TrapClass>,
    /// The margins of what realloc has returned.
    margins: Vec<Range<usize>>,
}

/// A transcoder.
pub(crate) struct Machine {
    pub(crate) src: StringEncoding,
    dst: StringEncoding,
    label: String,
    store: Store<State>,
    src_memory: Memory,
    dst_memory: Memory,
    pointers: Pointers,
    transcode: Func,
}

/// The widths of pointers in the source and in the destination.
pub(crate) type Pointers = (Pointer, Pointer);

/// Those of memories with 32-bit addresses.
pub(crate) const NARROW: Pointers = (Pointer::W32, Pointer::W32);

/// The widths of which there is a transcoder between two encodings.
pub(crate) fn widths(src: StringEncoding, dst: StringEncoding) -> Vec<Pointers> {
    let of = |encoding| match encoding {
        CompactUtf16 => vec![Pointer::W32],
        Utf8 | Utf16 => vec![Pointer::W32, Pointer::W64],
    };
    of(src).into_iter().flat_map(|src| of(dst).into_iter().map(move |dst| (src, dst))).collect()
}

/// A number as a pointer or length of that width.
fn val(number: u64, pointer: Pointer) -> Val {
    match pointer {
        Pointer::W32 => Val::I32(number as u32 as i32),
        Pointer::W64 => Val::I64(number as i64),
    }
}

/// The number that a pointer or length is.
fn number(val: &Val) -> u64 {
    match val {
        Val::I32(number) => u64::from(*number as u32),
        Val::I64(number) => *number as u64,
        other => panic!("{other:?} is no pointer"),
    }
}

/// Declares imported memories with pages of one byte, as the merger does when it binds such a memory.
struct BytePages;

impl Reencode for BytePages {
    type Error = std::convert::Infallible;

    fn memory_type(
        &mut self,
        ty: wasmparser::MemoryType,
    ) -> Result<wasm_encoder::MemoryType, wasm_encoder::reencode::Error<Self::Error>> {
        Ok(wasm_encoder::MemoryType {
            minimum: ty.initial,
            maximum: ty.maximum,
            memory64: ty.memory64,
            shared: ty.shared,
            page_size_log2: Some(0),
        })
    }
}

impl Machine {
    /// A transcoder between memories of 64 KiB.
    pub(crate) fn new(src: StringEncoding, dst: StringEncoding, pointers: Pointers, simd: bool) -> Self {
        let wasm = module(RuntimeKind::Transcode { src, dst, pointers, simd }).wasm;
        Self::build((src, dst), pointers, simd, wasm, 16)
    }

    /// A transcoder between memories of 64 KiB that consist of pages of one byte.
    pub(crate) fn with_byte_pages(src: StringEncoding, dst: StringEncoding, pointers: Pointers, simd: bool) -> Self {
        let wasm = module(RuntimeKind::Transcode { src, dst, pointers, simd }).wasm;
        let mut out = wasm_encoder::Module::new();
        BytePages.parse_core_module(&mut out, wasmparser::Parser::new(0), wasm).expect("a runtime module is readable");
        Self::build((src, dst), pointers, simd, &out.finish(), 0)
    }

    fn build(
        (src, dst): (StringEncoding, StringEncoding),
        pointers: Pointers,
        simd: bool,
        wasm: &[u8],
        page_log2: u8,
    ) -> Self {
        let mut config = Config::new();
        config.wasm_memory64(true);
        config.wasm_custom_page_sizes(true).wasm_relaxed_simd(false).wasm_simd(simd);
        let engine = Engine::new(&config).expect("the configuration is supported");
        let module = Module::new(&engine, wasm).expect("a runtime module is valid");
        let allocator = Allocator { placement: Placement::Middle, calls: Vec::new(), size: PAGE };
        let mut store = Store::new(&engine, State { allocator, memory: None, trap: None, margins: Vec::new() });
        let mut memory = |pointer| {
            let mut ty = MemoryTypeBuilder::new();
            ty.min(PAGE >> page_log2).page_size_log2(page_log2).memory64(pointer == Pointer::W64);
            Memory::new(&mut store, ty.build().expect("a memory type")).expect("a memory")
        };
        let (src_memory, dst_memory) = (memory(pointers.0), memory(pointers.1));
        store.data_mut().memory = Some(dst_memory);
        let imports: Vec<Extern> = module
            .imports()
            .map(|import| match (import.module(), import.name()) {
                ("src", "memory") => src_memory.into(),
                ("dst", "memory") => dst_memory.into(),
                ("src" | "dst", "page_log2") => {
                    let ty = GlobalType::new(ValType::I32, Mutability::Const);
                    Global::new(&mut store, ty, Val::I32(page_log2.into())).expect("a global").into()
                }
                ("dst", "realloc") => {
                    let pointer = pointers.1;
                    let core = val(0, pointer).ty(&store).expect("the type of a number");
                    let ty = FuncType::new(&engine, vec![core.clone(); 4], [core]);
                    Func::new(&mut store, ty, move |caller, params, results| {
                        let [old, old_bytes, align, bytes] = [0, 1, 2, 3]
                            .map(|at: usize| u32::try_from(number(&params[at])).expect("the memory is small"));
                        results[0] = val(realloc(caller, old, old_bytes, align, bytes).into(), pointer);
                        Ok(())
                    })
                    .into()
                }
                ("trap", name) => {
                    let class = TrapClass::ALL.into_iter().find(|c| c.name() == name).expect("a known class of traps");
                    Func::wrap(&mut store, move |mut caller: Caller<'_, State>| -> wasmtime::Result<()> {
                        caller.data_mut().trap = Some(class);
                        Err(wasmtime::Error::msg(class.name()))
                    })
                    .into()
                }
                (module, name) => panic!("unknown import {module} {name}"),
            })
            .collect();
        let instance = Instance::new(&mut store, &module, &imports).expect("instantiation");
        let transcode = instance.get_func(&mut store, "transcode").expect("the export");
        let label = format!("{src:?} to {dst:?}, {pointers:?}, {}", if simd { "simd" } else { "i64" });
        Self { src, dst, label, store, src_memory, dst_memory, pointers, transcode }
    }

    /// The size of the source's memory in bytes.
    pub(crate) fn src_size(&self) -> u32 {
        self.src_memory.data_size(&self.store) as u32
    }

    /// Transcodes `string` and compares with the model.
    pub(crate) fn check(&mut self, string: &SourceString, placement: Placement) {
        let size = self.src_memory.data_size(&self.store);
        let align = if self.src == Utf8 { 1 } else { 2 };
        let ptr = match placement {
            Placement::End => (size - string.bytes.len()) / align * align,
            // Any alignment of the source is as good as another.
            _ => 0x100 + string.bytes.len() % 16 / align * align,
        };
        // What surrounds the source is neither ASCII nor well-formed.
        let memory = self.src_memory.data_mut(&mut self.store);
        memory[ptr.saturating_sub(64)..(ptr + string.bytes.len() + 64).min(size)].fill(0xd9);
        memory[ptr..ptr + string.bytes.len()].copy_from_slice(&string.bytes);
        self.compare(ptr as u32, string.len, placement);
    }

    /// Transcodes whatever is in a range, for the sake of the checks of the range itself.
    pub(crate) fn check_range(&mut self, ptr: u32, len: u32) {
        self.src_memory.data_mut(&mut self.store).fill(b'a');
        self.compare(ptr, len, Placement::Middle);
    }

    /// The trap for a range with numbers that 32 bits do not hold.
    pub(crate) fn trap_of_range(&mut self, ptr: u64, len: u64) -> Option<TrapClass> {
        let allocator = Allocator { placement: Placement::Middle, calls: Vec::new(), size: PAGE };
        *self.store.data_mut() = State { allocator, memory: Some(self.dst_memory), trap: None, margins: Vec::new() };
        assert!(self.call(ptr, len).is_err(), "({ptr:#x}, {len:#x})");
        self.store.data().trap
    }

    fn call(&mut self, ptr: u64, len: u64) -> wasmtime::Result<(u64, u64)> {
        let params = [ptr, len].map(|number| val(number, self.pointers.0));
        let mut results = [Val::I32(0), Val::I32(0)];
        self.transcode.call(&mut self.store, &params, &mut results)?;
        Ok((number(&results[0]), number(&results[1])))
    }

    fn compare(&mut self, ptr: u32, len: u32, placement: Placement) {
        let size = self.dst_memory.data_size(&self.store) as u64;
        let allocator = Allocator { placement, calls: Vec::new(), size };
        let mut expected = ModelMemory { allocator: allocator.clone(), ptr: 0, written: Vec::new() };
        let source = self.src_memory.data(&self.store);
        let model = model::transcode((self.src, source), (ptr, len), self.dst, &mut expected);

        *self.store.data_mut() = State { allocator, memory: Some(self.dst_memory), trap: None, margins: Vec::new() };
        let actual = self.call(ptr.into(), len.into());
        let case = || format!("{}, {placement:?}, ({ptr:#x}, {len:#x})", self.label);
        match (model, actual) {
            (Ok(want), Ok(got)) => {
                assert_eq!((want.0.into(), want.1.into()), got, "{}", case());
                assert_eq!(expected.allocator.calls, self.store.data().allocator.calls, "calls of realloc: {}", case());
                let memory = self.dst_memory.data(&self.store);
                let at = expected.ptr as usize;
                assert_eq!(expected.written, memory[at..at + expected.written.len()], "{}", case());
                for margin in &self.store.data().margins {
                    assert_eq!(memory[margin.clone()], UNTOUCHED[..margin.len()], "at {margin:x?}: {}", case());
                }
            }
            (Err(class), Err(_)) => assert_eq!(Some(class), self.store.data().trap, "{}", case()),
            (want, got) => panic!("expected {want:?}, got {got:?}: {}", case()),
        }
    }
}

/// Bytes before and after each allocation that no code may touch, and what is in them.
const MARGIN: usize = 64;
const UNTOUCHED: [u8; MARGIN] = [0xa5; MARGIN];

/// The margins of an allocation, as far as they are inside the memory.
fn margins(ptr: u32, bytes: u32, size: usize) -> [Range<usize>; 2] {
    let (start, end) = (ptr as usize, ptr as usize + bytes as usize);
    [start.saturating_sub(MARGIN).min(size)..start.min(size), end.min(size)..(end + MARGIN).min(size)]
}

/// The realloc that the transcoder calls. Moves what was there, spoils the old place, and sets up margins.
fn realloc(mut caller: Caller<'_, State>, old: u32, old_bytes: u32, align: u32, bytes: u32) -> u32 {
    let memory = caller.data().memory.expect("the memory is set");
    let (ptr, grown) = caller.data_mut().allocator.place([old, old_bytes, align, bytes]);
    if grown > 0 {
        let pages = grown / memory.page_size(caller.as_context());
        memory.grow(caller.as_context_mut(), pages).expect("growth");
    }
    let data = memory.data_mut(&mut caller);
    let kept = data[old as usize..][..old_bytes.min(bytes) as usize].to_vec();
    data[old as usize..][..old_bytes as usize].fill(0xee);
    if let Some(new) = data.get_mut(ptr as usize..).and_then(|d| d.get_mut(..bytes as usize)) {
        new.fill(0xdd);
        new[..kept.len()].copy_from_slice(&kept);
    }
    let margins = margins(ptr, bytes, data.len());
    for margin in margins.clone() {
        let len = margin.len();
        data[margin].copy_from_slice(&UNTOUCHED[..len]);
    }
    // The new place may be where a former margin was.
    let old = &mut caller.data_mut().margins;
    old.retain(|margin| margin.end <= margins[0].start || margin.start >= margins[1].end);
    old.extend(margins);
    ptr
}
