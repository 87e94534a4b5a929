//! A core module of random functions that access memories by pointers.
//!
//! In: a seed, and the [`Shape`] of the module. Out: the module. Its functions have all integer instructions, loads, stores and
//! ranges, blocks, loops, branches of every kind, code that nothing reaches, calls, exceptions, and locals that hold addresses and are
//! written in all places, so that a fact about an address is wrong soon after it was right. In front of every access `$tick` counts it, in a
//! memory of its own.

use super::function::Function;
use meld_oracle::generate::Random;
use wasm_encoder::*;

use Instruction as I;
use ValType::{I32, I64};

/// What a module is like.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    /// Functions.
    pub(super) functions: usize,
    /// Whether code asks for sizes of memories, and lets them grow.
    pub(super) grows: bool,
    /// Whether there are atomic accesses.
    pub(super) atomics: bool,
    /// Whether exceptions are thrown.
    pub(super) throws: bool,
    /// The memory of which a list is exported, which so comes first.
    pub(super) first: u32,
}

/// Pages that the memories have at first and at most. Code accesses the first two; the last counts accesses.
pub(super) const PAGES: [(u64, u64); 3] = [(2, 4), (3, 5), (1, 1)];

/// The memory in which accesses are counted.
const LOG: u32 = 2;

/// Loops that one call may make, and calls.
const FUEL: i32 = 60;

/// Numbers around the ends of the memories, and of numbers.
pub(super) const EDGES: [u32; 24] = [
    0,
    1,
    3,
    7,
    8,
    0xffff,
    0x1_0000,
    0x1_fff0,
    0x1_fff8,
    0x1_fffc,
    0x1_fffd,
    0x1_ffff,
    0x2_0000,
    0x2_0001,
    0x2_fff8,
    0x2_fffd,
    0x3_0000,
    0x3_fffc,
    0x5_0000,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_0000,
    0xffff_fff8,
    0xffff_ffff,
];

// Function types.
const TY_RUN: u32 = 0;
pub(super) const TY_FUNC: u32 = 1;
const TY_NONE: u32 = 2;
const TY_MIX: u32 = 3;
const TY_TWO: u32 = 4;
const TY_LIST: u32 = 5;
/// Types of blocks: by operands, then by results.
pub(super) const TY_BLOCKS: u32 = 6;

// Functions in front of the random ones.
pub(super) const BURN: u32 = 0;
pub(super) const TICK: u32 = 1;
pub(super) const MIX: u32 = 2;
pub(super) const TWO: u32 = 3;
const LIST: u32 = 4;
const RUN: u32 = 5;
pub(super) const FIRST: u32 = 6;

// Globals.
const FUEL_LEFT: u32 = 0;
pub(super) const POINTER: u32 = 1;
pub(super) const NUMBER: u32 = 2;

/// A module of random functions.
pub(super) fn module(random: &mut Random, shape: Shape) -> Vec<u8> {
    let functions: Vec<_> = (0..shape.functions).map(|index| Function::random(random, shape, index as u32)).collect();
    module_of(shape, &functions)
}

/// A module of these functions, with three parameters and a result.
pub(super) fn module_of(shape: Shape, bodies: &[wasm_encoder::Function]) -> Vec<u8> {
    let mut types = TypeSection::new();
    types.ty().function([I32; 4], [I32]);
    types.ty().function([I32; 3], [I32]);
    types.ty().function([], []);
    types.ty().function([I32; 2], [I32]);
    types.ty().function([], [I32, I32]);
    types.ty().function([], [I32]);
    for params in 0..2 {
        for results in 0..2 {
            types.ty().function(vec![I32; params], vec![I32; results]);
        }
    }
    let mut functions = FunctionSection::new();
    for ty in [TY_NONE, TY_NONE, TY_MIX, TY_TWO, TY_LIST, TY_RUN] {
        functions.function(ty);
    }
    let mut tables = TableSection::new();
    let count = shape.functions as u64;
    let ty = TableType {
        element_type: RefType::FUNCREF,
        table64: false,
        minimum: count,
        maximum: Some(count),
        shared: false,
    };
    tables.table(ty);
    let mut memories = MemorySection::new();
    for (minimum, maximum) in PAGES {
        memories.memory(MemoryType {
            minimum,
            maximum: Some(maximum),
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
    }
    let mut tags = TagSection::new();
    tags.tag(TagType { kind: TagKind::Exception, func_type_idx: TY_NONE });
    let mut globals = GlobalSection::new();
    for (val_type, init) in
        [(I32, ConstExpr::i32_const(0)), (I32, ConstExpr::i32_const(64)), (I64, ConstExpr::i64_const(-7))]
    {
        globals.global(GlobalType { val_type, mutable: true, shared: false }, &init);
    }
    let mut exports = ExportSection::new();
    exports.export("run", ExportKind::Func, RUN).export("list", ExportKind::Func, LIST);
    for (name, index) in (0..).map(|index| (format!("m{index}"), index)).take(PAGES.len()) {
        exports.export(&name, ExportKind::Memory, index);
    }
    let mut elements = ElementSection::new();
    let all: Vec<u32> = (FIRST..).take(shape.functions).collect();
    elements.active(None, &ConstExpr::i32_const(0), Elements::Functions(all.into()));
    let mut code = CodeSection::new();
    helpers(&mut code, shape);
    for body in bodies {
        functions.function(TY_FUNC);
        code.function(body);
    }
    let mut data = DataSection::new();
    data.passive(*b"segment of data").active(0, &ConstExpr::i32_const(64), *b"0123456789abcdef");
    let mut module = Module::new();
    module.section(&types).section(&functions).section(&tables).section(&memories);
    if shape.throws {
        module.section(&tags);
    }
    module.section(&globals).section(&exports).section(&elements);
    module.section(&DataCountSection { count: 2 }).section(&code).section(&data);
    module.finish()
}

/// The argument of an access.
pub(super) fn argument(offset: u64, align: u32, memory: u32) -> MemArg {
    MemArg { offset, align, target: MemArgTarget::Memory(memory), ordering: None }
}

/// Functions that are the same in every module.
fn helpers(code: &mut CodeSection, shape: Shape) {
    let mut add = |instructions: &[I<'_>]| {
        let mut function = wasm_encoder::Function::new([]);
        for instruction in instructions {
            function.instruction(instruction);
        }
        code.function(function.instruction(&I::End));
    };
    let log = argument(0, 2, LOG);
    // BURN
    add(&[
        I::GlobalGet(FUEL_LEFT),
        I::I32Eqz,
        I::If(BlockType::Empty),
        I::Unreachable,
        I::End,
        I::GlobalGet(FUEL_LEFT),
        I::I32Const(1),
        I::I32Sub,
        I::GlobalSet(FUEL_LEFT),
    ]);
    // TICK
    add(&[I::I32Const(0), I::I32Const(0), I::I32Load(log), I::I32Const(1), I::I32Add, I::I32Store(log)]);
    // MIX
    add(&[I::LocalGet(0), I::I32Const(7), I::I32Rotl, I::LocalGet(1), I::I32Xor]);
    // TWO
    add(&[I::GlobalGet(POINTER), I::GlobalGet(NUMBER), I::I32WrapI64]);
    // LIST
    add(&[I::I32Const(0)]);
    // RUN: which, and what it is called with. Every memory is used.
    let before = [
        I::I32Const(0),
        I::I32Load8U(argument(0, 0, 0)),
        I::I32Const(0),
        I::I32Load8U(argument(0, 0, 1)),
        I::Drop,
        I::Drop,
        I::Call(TICK),
        I::I32Const(FUEL),
        I::GlobalSet(FUEL_LEFT),
    ];
    let call = [
        I::LocalGet(1),
        I::LocalGet(2),
        I::LocalGet(3),
        I::LocalGet(0),
        I::CallIndirect { type_index: TY_FUNC, table_index: 0 },
    ];
    // What no block has caught is caught here.
    let catch = I::TryTable(BlockType::Result(I32), vec![Catch::All { label: 0 }].into());
    let caught = [I::End, I::Return, I::End, I::I32Const(-1)];
    match shape.throws {
        false => add(&[&before[..], &call].concat()),
        true => add(&[&before[..], &[I::Block(BlockType::Empty), catch], &call, &caught].concat()),
    }
}
