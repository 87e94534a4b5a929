//! A machine that interprets, as plainly as can be.
//!
//! In: a core module of integer code, as [`super::generate`] makes it without atomics and exceptions, or what the fuser makes of
//! one. Out: an instance of it, and what calls do. A value is 128 bits, of which a smaller one has the lowest; an access
//! is in bounds when its last byte is, counted in more bits than addresses have. Compiling the same code takes ten times as
//! long as this takes to run it.

use super::machine::Trap;
use wasmparser::{
    BlockType, ConstExpr, DataKind, ElementItems, ElementKind, ExternalKind, FuncType, MemArg, MemArgTarget, Operator,
    Parser, Payload,
};

type Result<T> = std::result::Result<T, Trap>;

/// Where an active one goes, a memory and an offset, and its bytes.
type DataSegment<'a> = (Option<(u32, usize)>, &'a [u8]);

/// A module.
#[derive(Default)]
pub(super) struct Module<'a> {
    types: Vec<FuncType>,
    /// The type of each function.
    funcs: Vec<usize>,
    bodies: Vec<Body<'a>>,
    /// Pages at first and at most.
    memories: Vec<(u64, u64)>,
    globals: Vec<u128>,
    /// The functions in the table.
    table: Vec<u32>,
    /// Segments; where they go, if they are active.
    datas: Vec<DataSegment<'a>>,
    run: usize,
    /// Exported memories.
    exported: Vec<usize>,
}

struct Body<'a> {
    locals: usize,
    code: Vec<Operator<'a>>,
    /// Where the block that begins somewhere has its `else`, or else its end, and its end.
    blocks: Vec<(usize, usize)>,
}

impl<'a> Module<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Module<'a> {
        let mut module = Module::default();
        for payload in Parser::new(0).parse_all(bytes) {
            match payload.expect("valid") {
                Payload::TypeSection(section) => {
                    let types = section.into_iter_err_on_gc_types();
                    module.types = types.map(|ty| ty.expect("a function")).collect();
                }
                Payload::ImportSection(_) | Payload::StartSection { .. } => panic!("not known here"),
                Payload::FunctionSection(section) => {
                    module.funcs = section.into_iter().map(|ty| ty.expect("valid") as usize).collect();
                }
                Payload::MemorySection(section) => {
                    for ty in section {
                        let ty = ty.expect("valid");
                        module.memories.push((ty.initial, ty.maximum.unwrap_or(1 << 16)));
                    }
                }
                Payload::GlobalSection(section) => {
                    for global in section {
                        module.globals.push(constant(&global.expect("valid").init_expr));
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export.expect("valid");
                        match export.kind {
                            ExternalKind::Func if export.name == "run" => module.run = export.index as usize,
                            ExternalKind::Memory => module.exported.push(export.index as usize),
                            _ => {}
                        }
                    }
                }
                Payload::ElementSection(section) => {
                    for element in section {
                        let element = element.expect("valid");
                        if let (ElementKind::Active { offset_expr, .. }, ElementItems::Functions(items)) =
                            (element.kind, element.items)
                        {
                            module.table.resize(constant(&offset_expr) as usize, u32::MAX);
                            module.table.extend(items.into_iter().map(|item| item.expect("valid")));
                        }
                    }
                }
                Payload::DataSection(section) => {
                    for data in section {
                        let data = data.expect("valid");
                        let place = match data.kind {
                            DataKind::Passive => None,
                            DataKind::Active { memory_index, offset_expr } => {
                                Some((memory_index, constant(&offset_expr) as usize))
                            }
                        };
                        module.datas.push((place, data.data));
                    }
                }
                Payload::CodeSectionEntry(body) => module.bodies.push(Body::new(&body)),
                _ => {}
            }
        }
        module
    }

    /// `arena`: bytes that are in reach besides the memories, and where these begin as each memory sees them.
    pub(super) fn start(&self, arena: Option<&(usize, Vec<u64>)>) -> Instance<'_, 'a> {
        let mut instance = Instance {
            module: self,
            arena: arena.map(|(bytes, starts)| (vec![0; *bytes], starts.clone())),
            memories: self.memories.iter().map(|(pages, _)| vec![0; (*pages as usize) << 16]).collect(),
            globals: self.globals.clone(),
            datas: self.datas.iter().map(|(place, data)| if place.is_none() { *data } else { &[] }).collect(),
            stack: Vec::new(),
        };
        for (place, data) in &self.datas {
            if let Some((memory, at)) = *place {
                instance.memories[memory as usize][at..][..data.len()].copy_from_slice(data);
            }
        }
        instance
    }

    pub(super) fn exported(&self) -> &[usize] {
        &self.exported
    }

    /// Operands and results of a block.
    fn arity(&self, ty: BlockType) -> (usize, usize) {
        match ty {
            BlockType::Empty => (0, 0),
            BlockType::Type(_) => (0, 1),
            BlockType::FuncType(ty) => {
                let ty = &self.types[ty as usize];
                (ty.params().len(), ty.results().len())
            }
        }
    }
}

fn constant(expr: &ConstExpr<'_>) -> u128 {
    match expr.get_operators_reader().read().expect("valid") {
        Operator::I32Const { value } => value.cast_unsigned().into(),
        Operator::I64Const { value } => value.cast_unsigned().into(),
        other => panic!("{other:?} is not known here"),
    }
}

impl<'a> Body<'a> {
    fn new(body: &wasmparser::FunctionBody<'a>) -> Body<'a> {
        let runs = body.get_locals_reader().expect("valid").into_iter();
        let locals = runs.map(|run| run.expect("valid").0 as usize).sum();
        let mut parsed = Body { locals, code: Vec::new(), blocks: Vec::new() };
        let mut open = Vec::new();
        for operator in body.get_operators_reader().expect("valid") {
            let at = parsed.code.len();
            parsed.blocks.push((0, 0));
            let operator = operator.expect("valid");
            match operator {
                Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => open.push(at),
                Operator::Else => {
                    let start = *open.last().expect("valid");
                    parsed.blocks[start].0 = at;
                }
                Operator::End => {
                    if let Some(start) = open.pop() {
                        let otherwise = match parsed.blocks[start].0 {
                            0 => at,
                            otherwise => otherwise,
                        };
                        parsed.blocks[start] = (otherwise, at);
                        parsed.blocks[otherwise].1 = at;
                    }
                }
                _ => {}
            }
            parsed.code.push(operator);
        }
        parsed
    }
}

/// An instance of a module.
pub(super) struct Instance<'m, 'a> {
    module: &'m Module<'a>,
    pub(super) memories: Vec<Vec<u8>>,
    /// What is in reach besides, and where it begins as each memory sees it.
    pub(super) arena: Option<(Vec<u8>, Vec<u64>)>,
    globals: Vec<u128>,
    /// Passive segments, which no instruction drops.
    datas: Vec<&'a [u8]>,
    stack: Vec<u128>,
}

/// A block that is open.
struct Label {
    /// Where a branch to it goes on.
    target: usize,
    /// Operands below it.
    height: usize,
    /// What a branch to it takes.
    takes: usize,
    is_loop: bool,
}

impl Instance<'_, '_> {
    /// Calls the export `run`.
    pub(super) fn run(&mut self, args: [i32; 4]) -> Result<i32> {
        self.stack.clear();
        self.stack.extend(args.map(|arg| u128::from(arg.cast_unsigned())));
        self.call(self.module.run)?;
        Ok(self.pop32().cast_signed())
    }

    fn pop(&mut self) -> u128 {
        self.stack.pop().expect("valid")
    }

    fn pop32(&mut self) -> u32 {
        self.pop() as u32
    }

    fn pop64(&mut self) -> u64 {
        self.pop() as u64
    }

    fn push(&mut self, value: impl Into<u128>) {
        self.stack.push(value.into());
    }

    /// Keeps the topmost operands, and of the others so many as there were.
    fn unwind(&mut self, height: usize, kept: usize) {
        let top = self.stack.len() - kept;
        self.stack.drain(height..top);
    }

    fn call(&mut self, func: usize) -> Result<()> {
        let module = self.module;
        let ty = &module.types[module.funcs[func]];
        let body = &module.bodies[func];
        let mut locals = self.stack.split_off(self.stack.len() - ty.params().len());
        locals.resize(locals.len() + body.locals, 0);
        let height = self.stack.len();
        let results = ty.results().len();
        let mut labels = vec![Label { target: body.code.len() - 1, height, takes: results, is_loop: false }];
        let mut at = 0;
        while at < body.code.len() {
            let operator = &body.code[at];
            at += 1;
            let mut branch = None;
            match *operator {
                Operator::Block { blockty } => {
                    let (params, takes) = module.arity(blockty);
                    let height = self.stack.len() - params;
                    labels.push(Label { target: body.blocks[at - 1].1, height, takes, is_loop: false });
                }
                Operator::Loop { blockty } => {
                    let (takes, _) = module.arity(blockty);
                    let height = self.stack.len() - takes;
                    labels.push(Label { target: at, height, takes, is_loop: true });
                }
                Operator::If { blockty } => {
                    let (otherwise, end) = body.blocks[at - 1];
                    let condition = self.pop32();
                    let (params, takes) = module.arity(blockty);
                    let height = self.stack.len() - params;
                    labels.push(Label { target: end, height, takes, is_loop: false });
                    if condition == 0 {
                        at = if otherwise == end { end } else { otherwise + 1 };
                    }
                }
                // The end of the other branch.
                Operator::Else => at = body.blocks[at - 1].1,
                Operator::End => _ = labels.pop(),
                Operator::Br { relative_depth } => branch = Some(relative_depth),
                Operator::BrIf { relative_depth } => branch = (self.pop32() != 0).then_some(relative_depth),
                Operator::BrTable { ref targets } => {
                    let index = self.pop32() as usize;
                    let target = targets.targets().nth(index).map(|target| target.expect("valid"));
                    branch = Some(target.unwrap_or(targets.default()));
                }
                Operator::Return => branch = Some(labels.len() as u32 - 1),
                Operator::Call { function_index } => self.call(function_index as usize)?,
                Operator::CallIndirect { .. } => {
                    let index = self.pop32() as usize;
                    self.call(module.table[index] as usize)?;
                }
                Operator::LocalGet { local_index } => self.push(locals[local_index as usize]),
                Operator::LocalSet { local_index } => locals[local_index as usize] = self.pop(),
                Operator::LocalTee { local_index } => {
                    locals[local_index as usize] = *self.stack.last().expect("valid");
                }
                _ => self.plain(operator)?,
            }
            let Some(depth) = branch else { continue };
            let index = labels.len() - 1 - depth as usize;
            let Label { target, height, takes, is_loop } = labels[index];
            self.unwind(height, takes);
            // The `end` that is gone to takes the label away; a loop keeps it.
            labels.truncate(index + 1);
            at = target;
            debug_assert!(is_loop || matches!(body.code[at], Operator::End));
        }
        self.unwind(height, results);
        Ok(())
    }

    /// An instruction after which the next one comes.
    fn plain(&mut self, operator: &Operator<'_>) -> Result<()> {
        macro_rules! i32s {
            (|$a:ident| $value:expr) => {{
                let $a = self.pop32();
                self.push($value as u32);
            }};
            (|$a:ident, $b:ident| $value:expr) => {{
                let ($b, $a) = (self.pop32(), self.pop32());
                self.push($value as u32);
            }};
        }
        macro_rules! i64s {
            (|$a:ident| $value:expr) => {{
                let $a = self.pop64();
                self.push($value as u64);
            }};
            (|$a:ident, $b:ident| $value:expr) => {{
                let ($b, $a) = (self.pop64(), self.pop64());
                self.push($value as u64);
            }};
        }
        use Operator as O;
        match *operator {
            O::Nop => {}
            O::Unreachable => return Err(Trap::Unreachable),
            O::Drop => _ = self.pop(),
            O::Select | O::TypedSelect { .. } => {
                let (condition, b, a) = (self.pop32(), self.pop(), self.pop());
                self.push(if condition != 0 { a } else { b });
            }
            O::GlobalGet { global_index } => self.push(self.globals[global_index as usize]),
            O::GlobalSet { global_index } => self.globals[global_index as usize] = self.pop(),
            O::I32Const { value } => self.push(value.cast_unsigned()),
            O::I64Const { value } => self.push(value.cast_unsigned()),
            O::I32Clz => i32s!(|a| a.leading_zeros()),
            O::I32Ctz => i32s!(|a| a.trailing_zeros()),
            O::I32Popcnt => i32s!(|a| a.count_ones()),
            O::I32Eqz => i32s!(|a| a == 0),
            O::I32Extend8S => i32s!(|a| a as i8),
            O::I32Extend16S => i32s!(|a| a as i16),
            O::I32Add => i32s!(|a, b| a.wrapping_add(b)),
            O::I32Sub => i32s!(|a, b| a.wrapping_sub(b)),
            O::I32Mul => i32s!(|a, b| a.wrapping_mul(b)),
            O::I32And => i32s!(|a, b| a & b),
            O::I32Or => i32s!(|a, b| a | b),
            O::I32Xor => i32s!(|a, b| a ^ b),
            O::I32Shl => i32s!(|a, b| a.wrapping_shl(b)),
            O::I32ShrU => i32s!(|a, b| a.wrapping_shr(b)),
            O::I32ShrS => i32s!(|a, b| (a as i32).wrapping_shr(b)),
            O::I32Rotl => i32s!(|a, b| a.rotate_left(b & 31)),
            O::I32Rotr => i32s!(|a, b| a.rotate_right(b & 31)),
            O::I32Eq => i32s!(|a, b| a == b),
            O::I32Ne => i32s!(|a, b| a != b),
            O::I32LtU => i32s!(|a, b| a < b),
            O::I32GtU => i32s!(|a, b| a > b),
            O::I32LeU => i32s!(|a, b| a <= b),
            O::I32GeU => i32s!(|a, b| a >= b),
            O::I32LtS => i32s!(|a, b| (a as i32) < b as i32),
            O::I32GtS => i32s!(|a, b| a as i32 > b as i32),
            O::I32LeS => i32s!(|a, b| a as i32 <= b as i32),
            O::I32GeS => i32s!(|a, b| a as i32 >= b as i32),
            O::I32DivU => i32s!(|a, b| a.checked_div(b).ok_or(Trap::Division)?),
            O::I32RemU => i32s!(|a, b| a.checked_rem(b).ok_or(Trap::Division)?),
            O::I32DivS => i32s!(|a, b| (a as i32).checked_div(b as i32).ok_or(Trap::Division)?),
            O::I32RemS => i32s!(|a, b| match b {
                0 => return Err(Trap::Division),
                b => (a as i32).wrapping_rem(b as i32),
            }),
            O::I64Clz => i64s!(|a| a.leading_zeros()),
            O::I64Ctz => i64s!(|a| a.trailing_zeros()),
            O::I64Popcnt => i64s!(|a| a.count_ones()),
            O::I64Eqz => i64s!(|a| a == 0),
            O::I64Extend8S => i64s!(|a| a as i8),
            O::I64Extend16S => i64s!(|a| a as i16),
            O::I64Extend32S => i64s!(|a| a as i32),
            O::I32WrapI64 => i64s!(|a| a as u32),
            O::I64ExtendI32S => i64s!(|a| a as i32),
            O::I64ExtendI32U => i64s!(|a| a as u32),
            O::I64Add => i64s!(|a, b| a.wrapping_add(b)),
            O::I64Sub => i64s!(|a, b| a.wrapping_sub(b)),
            O::I64Mul => i64s!(|a, b| a.wrapping_mul(b)),
            O::I64And => i64s!(|a, b| a & b),
            O::I64Or => i64s!(|a, b| a | b),
            O::I64Xor => i64s!(|a, b| a ^ b),
            O::I64Shl => i64s!(|a, b| a.wrapping_shl(b as u32)),
            O::I64ShrU => i64s!(|a, b| a.wrapping_shr(b as u32)),
            O::I64ShrS => i64s!(|a, b| (a as i64).wrapping_shr(b as u32)),
            O::I64Rotl => i64s!(|a, b| a.rotate_left(b as u32 & 63)),
            O::I64Rotr => i64s!(|a, b| a.rotate_right(b as u32 & 63)),
            O::I64Eq => i64s!(|a, b| a == b),
            O::I64Ne => i64s!(|a, b| a != b),
            O::I64LtU => i64s!(|a, b| a < b),
            O::I64GtU => i64s!(|a, b| a > b),
            O::I64LeU => i64s!(|a, b| a <= b),
            O::I64GeU => i64s!(|a, b| a >= b),
            O::I64LtS => i64s!(|a, b| (a as i64) < b as i64),
            O::I64GtS => i64s!(|a, b| a as i64 > b as i64),
            O::I64LeS => i64s!(|a, b| a as i64 <= b as i64),
            O::I64GeS => i64s!(|a, b| a as i64 >= b as i64),
            O::I64DivU => i64s!(|a, b| a.checked_div(b).ok_or(Trap::Division)?),
            O::I64RemU => i64s!(|a, b| a.checked_rem(b).ok_or(Trap::Division)?),
            O::I64DivS => i64s!(|a, b| (a as i64).checked_div(b as i64).ok_or(Trap::Division)?),
            O::I64RemS => i64s!(|a, b| match b {
                0 => return Err(Trap::Division),
                b => (a as i64).wrapping_rem(b as i64),
            }),
            O::F64ConvertI32U => i64s!(|a| f64::from(a as u32).to_bits()),
            O::I32x4ExtractLane { lane } => {
                let value = self.pop();
                self.push((value >> (32 * u32::from(lane))) as u32);
            }
            O::I32x4Splat => {
                let value = self.pop32();
                self.push(splat(value.into(), 4));
            }
            O::MemorySize { mem } => {
                let pages = self.memories[mem as usize].len() >> 16;
                self.push(pages as u32);
            }
            O::MemoryGrow { mem } => {
                let memory = &mut self.memories[mem as usize];
                let (old, more) = (memory.len() as u64 >> 16, self.stack.pop().expect("valid") as u64);
                let grown = old + more <= self.module.memories[mem as usize].1;
                if grown {
                    memory.resize(((old + more) as usize) << 16, 0);
                }
                self.push(if grown { old as u32 } else { u32::MAX });
            }
            O::MemoryFill { mem } => {
                let (len, value, to) = (self.pop32(), self.pop32(), self.pop32());
                self.range(mem, to.into(), len)?.fill(value as u8);
            }
            O::MemoryCopy { dst_mem, src_mem } => {
                let (len, from, to) = (self.pop32(), self.pop32(), self.pop32());
                let copied = self.range(src_mem, from.into(), len)?.to_vec();
                self.range(dst_mem, to.into(), len)?.copy_from_slice(&copied);
            }
            O::MemoryInit { data_index, mem } => {
                let (len, from, to) = (self.pop32() as usize, self.pop32() as usize, self.pop32());
                let data = self.datas[data_index as usize].get(from..from + len).ok_or(Trap::OutOfBounds)?;
                self.range(mem, to.into(), len as u32)?.copy_from_slice(data);
            }
            _ => return self.access(operator),
        }
        Ok(())
    }

    /// Bytes of a memory, or of the arena.
    fn range(&mut self, memory: u32, at: u64, len: u32) -> Result<&mut [u8]> {
        let bytes = |from: u64| {
            let from = usize::try_from(from).ok()?;
            Some(from..from.checked_add(len as usize)?)
        };
        let index = memory as usize;
        let of_memory = bytes(at).filter(|range| self.memories[index].get(range.clone()).is_some());
        if let Some(range) = of_memory {
            return Ok(&mut self.memories[index][range]);
        }
        let arena =
            self.arena.as_mut().and_then(|(arena, starts)| arena.get_mut(bytes(at.checked_sub(starts[index])?)?));
        arena.ok_or(Trap::OutOfBounds)
    }

    /// A load or a store.
    fn access(&mut self, operator: &Operator<'_>) -> Result<()> {
        use Operator as O;
        match *operator {
            O::I32Load { memarg } | O::F32Load { memarg } | O::I64Load32U { memarg } | O::V128Load32Zero { memarg } => {
                self.load(memarg, 4, |bits| bits)
            }
            O::I64Load { memarg } | O::F64Load { memarg } | O::V128Load64Zero { memarg } => {
                self.load(memarg, 8, |bits| bits)
            }
            O::V128Load { memarg } => self.load(memarg, 16, |bits| bits),
            O::I32Load8U { memarg } | O::I64Load8U { memarg } => self.load(memarg, 1, |bits| bits),
            O::I32Load16U { memarg } | O::I64Load16U { memarg } => self.load(memarg, 2, |bits| bits),
            O::I32Load8S { memarg } => self.load(memarg, 1, |bits| (bits as i8 as u32).into()),
            O::I32Load16S { memarg } => self.load(memarg, 2, |bits| (bits as i16 as u32).into()),
            O::I64Load8S { memarg } => self.load(memarg, 1, |bits| (bits as i8 as u64).into()),
            O::I64Load16S { memarg } => self.load(memarg, 2, |bits| (bits as i16 as u64).into()),
            O::I64Load32S { memarg } => self.load(memarg, 4, |bits| (bits as i32 as u64).into()),
            O::V128Load8Splat { memarg } => self.load(memarg, 1, |bits| splat(bits, 1)),
            O::V128Load16Splat { memarg } => self.load(memarg, 2, |bits| splat(bits, 2)),
            O::V128Load32Splat { memarg } => self.load(memarg, 4, |bits| splat(bits, 4)),
            O::V128Load64Splat { memarg } => self.load(memarg, 8, |bits| splat(bits, 8)),
            O::V128Load8x8S { memarg } => self.load(memarg, 8, |bits| widen(bits, 1, |part| part as i8 as u16 as u64)),
            O::V128Load16x4U { memarg } => self.load(memarg, 8, |bits| widen(bits, 2, |part| part)),
            O::V128Load32x2S { memarg } => self.load(memarg, 8, |bits| widen(bits, 4, |part| part as i32 as u64)),
            O::V128Load8Lane { memarg, lane } => self.load_lane(memarg, lane, 1),
            O::V128Load16Lane { memarg, lane } => self.load_lane(memarg, lane, 2),
            O::V128Load32Lane { memarg, lane } => self.load_lane(memarg, lane, 4),
            O::V128Load64Lane { memarg, lane } => self.load_lane(memarg, lane, 8),
            O::I32Store8 { memarg } | O::I64Store8 { memarg } => self.store(memarg, 1, 0),
            O::I32Store16 { memarg } | O::I64Store16 { memarg } => self.store(memarg, 2, 0),
            O::I32Store { memarg } | O::I64Store32 { memarg } | O::F32Store { memarg } => self.store(memarg, 4, 0),
            O::I64Store { memarg } | O::F64Store { memarg } => self.store(memarg, 8, 0),
            O::V128Store { memarg } => self.store(memarg, 16, 0),
            O::V128Store8Lane { memarg, lane } => self.store(memarg, 1, lane),
            O::V128Store16Lane { memarg, lane } => self.store(memarg, 2, lane),
            O::V128Store32Lane { memarg, lane } => self.store(memarg, 4, lane),
            O::V128Store64Lane { memarg, lane } => self.store(memarg, 8, lane),
            ref other => panic!("{other:?} is not known here"),
        }
    }

    /// So many bytes at an address and an offset.
    fn place(&mut self, memarg: MemArg, address: u32, len: u32) -> Result<&mut [u8]> {
        let MemArgTarget::Memory(memory) = memarg.target else { panic!("no array is accessed here") };
        self.range(memory, u64::from(address) + memarg.offset, len)
    }

    fn load(&mut self, memarg: MemArg, len: u32, value: impl Fn(u128) -> u128) -> Result<()> {
        let address = self.pop32();
        let mut bits = [0; 16];
        bits[..len as usize].copy_from_slice(self.place(memarg, address, len)?);
        self.push(value(u128::from_le_bytes(bits)));
        Ok(())
    }

    fn load_lane(&mut self, memarg: MemArg, lane: u8, len: u32) -> Result<()> {
        let (value, address) = (self.pop(), self.pop32());
        let mut bits = value.to_le_bytes();
        bits[lane as usize * len as usize..][..len as usize].copy_from_slice(self.place(memarg, address, len)?);
        self.push(u128::from_le_bytes(bits));
        Ok(())
    }

    fn store(&mut self, memarg: MemArg, len: u32, lane: u8) -> Result<()> {
        let (value, address) = (self.pop(), self.pop32());
        let bits = &value.to_le_bytes()[lane as usize * len as usize..][..len as usize];
        self.place(memarg, address, len)?.copy_from_slice(bits);
        Ok(())
    }
}

/// The lowest bytes, repeated.
fn splat(bits: u128, len: u32) -> u128 {
    (0..16 / len).fold(0, |all, i| all | (bits << (8 * len * i)))
}

/// Eight bytes as lanes of twice their size.
fn widen(bits: u128, len: u32, value: impl Fn(u64) -> u64) -> u128 {
    let mask = (1u128 << (8 * len)) - 1;
    (0..8 / len).fold(0, |all, i| all | u128::from(value(((bits >> (8 * len * i)) & mask) as u64)) << (16 * len * i))
}
