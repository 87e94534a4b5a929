//! `--isolate`: an access outside of its own window traps, as it did before there were windows.
//!
//! In: a guest body, and where its memories are. Out: [`Checks`]: instructions to be put in front of accesses, and the
//! locals that they need. A check compares the address with the virtual size less what the access covers, and lets
//! the access go out of bounds of the whole memory where the comparison fails, so the trap is the one of the
//! core specification, unaligned atomics included. Left out is what is proved here: a constant
//! address below the initial size, and an address in a local that has been checked for at least as much and has not been
//! written since ([`facts`]); memories never shrink.
//!
//! Ranges are always checked ([`super::bulk`]); adapters and runtime modules check what they are given themselves.
//! Rejected: masking addresses (windows would have to be powers of two, and nothing would trap), and guard
//! regions (there is one memory, and its pages cannot be protected).

mod facts;

use super::access::{Access, access};
use super::arity::Arity;
use super::windows::Size;
use crate::emit::indices::Indices;
use crate::error::MergeError;
use crate::ids::ScopeId;
use crate::merger::MergedModule;
use crate::parse::Body;
use facts::{Facts, Version};
use wasm_encoder::{BlockType, Encode, Instruction, ValType};
use wasmparser::{BinaryReader, MemArgTarget, Operator, OperatorsReader};

/// What is put into a body.
#[derive(Debug, Default)]
pub(crate) struct Checks {
    /// Code at the beginning of the body; there is a local if there is any.
    pub(crate) entry: Vec<u8>,
    /// Locals after those of the body.
    pub(crate) locals: Vec<ValType>,
    /// Code in front of the instruction at an offset in the body, in order.
    pub(crate) before: Vec<(u32, Vec<u8>)>,
}

/// The checks of a body of the input. `params`: how many parameters its function has.
pub(crate) fn checks(
    module: &MergedModule<'_>,
    indices: &Indices,
    scope: ScopeId,
    body: &Body<'_>,
    params: usize,
) -> Result<Checks, MergeError> {
    let declared = params as u32 + body.local_count()?;
    let arity = Arity::new(module.module_of(scope));
    let mut walk = Walk {
        module,
        indices,
        scope,
        declared,
        stack: Vec::new(),
        facts: Facts::new(body)?,
        checks: Checks::default(),
    };
    let start = body.code_start as usize;
    let mut operators = OperatorsReader::new(BinaryReader::new(&body.bytes[start..], start as u64));
    while !operators.eof() {
        let at = operators.original_position() as u32;
        let operator = operators.read()?;
        walk.operator(at, &operator, &arity)?;
    }
    Ok(walk.checks)
}

/// What is known of a value on the operand stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Value {
    Unknown,
    Const(u32),
    /// What a local had or has.
    Local(Version),
}

struct Walk<'w, 'd> {
    module: &'w MergedModule<'d>,
    indices: &'w Indices,
    scope: ScopeId,
    /// Parameters and locals that the body has.
    declared: u32,
    /// The topmost values; nothing is known of what lies below.
    stack: Vec<Value>,
    facts: Facts,
    checks: Checks,
}

impl Walk<'_, '_> {
    fn operator(&mut self, at: u32, operator: &Operator<'_>, arity: &Arity<'_>) -> Result<(), MergeError> {
        if let Some(access) = access(operator) {
            let Some((pops, pushes)) = operator.operator_arity(arity) else {
                return Err(unknown(access.name));
            };
            self.access(at, &access, pops as usize)?;
            self.pop(pops);
            self.push_unknown(pushes);
            return Ok(());
        }
        match *operator {
            Operator::LocalGet { local_index } => {
                self.stack.push(Value::Local(self.facts.version(local_index)));
            }
            Operator::LocalSet { local_index } => {
                self.pop(1);
                self.facts.write(local_index);
            }
            Operator::LocalTee { local_index } => {
                self.pop(1);
                let version = self.facts.write(local_index);
                self.stack.push(Value::Local(version));
            }
            Operator::I32Const { value } => self.stack.push(Value::Const(value.cast_unsigned())),
            // Something else may come here, too.
            Operator::Loop { .. }
            | Operator::Else
            | Operator::End
            | Operator::Catch { .. }
            | Operator::CatchAll
            | Operator::Delegate { .. } => {
                self.stack.clear();
                self.facts.control(at, operator);
            }
            _ => match operator.operator_arity(arity) {
                Some((pops, pushes)) if !is_control(operator) => {
                    self.pop(pops);
                    self.push_unknown(pushes);
                }
                _ => {
                    self.stack.clear();
                    self.facts.control(at, operator);
                }
            },
        }
        Ok(())
    }

    fn pop(&mut self, count: u32) {
        self.stack.truncate(self.stack.len().saturating_sub(count as usize));
    }

    fn push_unknown(&mut self, count: u32) {
        self.stack.extend((0..count).map(|_| Value::Unknown));
    }

    /// Puts a check in front of an access that takes `pops` operands: the address, and what lies above it.
    fn access(&mut self, at: u32, access: &Access, pops: usize) -> Result<(), MergeError> {
        // An access to a GC array is not one to a memory.
        let MemArgTarget::Memory(index) = access.memarg.target else { return Ok(()) };
        let memory = self.module.scopes[self.scope].memory(index)?;
        let Some(windows) = &self.module.windows else { return Ok(()) };
        let window = windows.window(memory)?;
        // The natural alignment of an access is its size.
        let end = access.memarg.offset + (1 << access.memarg.max_align);
        let address = self.stack.len().checked_sub(pops).map_or(Value::Unknown, |at| self.stack[at]);
        let limit = match window.size() {
            Size::Pages(_) => Limit::Bytes(window.initial),
            Size::Global(size) => Limit::Global {
                pages: self.indices.globals.get(size)?,
                log2: window.page_size_log2,
                initial: window.initial,
            },
        };
        let atomic = access.name.contains("Atomic");
        let mut code = Code(Vec::new());
        match address {
            Value::Const(address) if u64::from(address) + end <= window.initial => return Ok(()),
            Value::Local(version) => {
                if self.facts.known(index, version) >= end {
                    return Ok(());
                }
                self.facts.learn(index, version, end, at);
                let local = version.local;
                if !atomic && self.facts.version(local) == version {
                    // The address is in the local still, so what lies above it on the stack can stay there.
                    limit.exceeded(&mut code, local, end);
                    code.push(Instruction::If(BlockType::Empty));
                    code.push(Instruction::I32Const(-1));
                    code.push(Instruction::I32Load8U(wasm_encoder::MemArg {
                        offset: u32::MAX.into(),
                        align: 0,
                        target: wasm_encoder::MemArgTarget::Memory(0),
                        ordering: None,
                    }));
                    code.push(Instruction::Drop);
                    code.push(Instruction::End);
                    self.checks.before.push((at, code.0));
                    return Ok(());
                }
            }
            Value::Const(_) | Value::Unknown => {}
        }
        // The operands above go to locals; the address becomes one that is out of bounds of the whole memory,
        // with its last bits as they were, if it is out of bounds of the window.
        let above = operands(access.name, pops - 1)?;
        let mut taken = Vec::new();
        let local = self.local(ValType::I32, &mut taken);
        let above: Vec<u32> = above.into_iter().map(|ty| self.local(ty, &mut taken)).collect();
        for &operand in above.iter().rev() {
            code.push(Instruction::LocalSet(operand));
        }
        code.push(Instruction::LocalSet(local));
        code.push(Instruction::I32Const(-16));
        code.push(Instruction::LocalGet(local));
        code.push(Instruction::I32Or);
        code.push(Instruction::LocalGet(local));
        limit.exceeded(&mut code, local, end);
        code.push(Instruction::Select);
        // `exceeded` chooses the first of two; the first is the address that traps.
        for &operand in &above {
            code.push(Instruction::LocalGet(operand));
        }
        self.checks.before.push((at, code.0));
        Ok(())
    }

    /// A local of the body's own that is not among `taken`, which it joins.
    fn local(&mut self, ty: ValType, taken: &mut Vec<u32>) -> u32 {
        let first = self.declared;
        let known = (first..).zip(&self.checks.locals);
        let found = known.into_iter().find(|(local, known)| **known == ty && !taken.contains(local));
        let local = match found {
            Some((local, _)) => local,
            None => {
                self.checks.locals.push(ty);
                first + self.checks.locals.len() as u32 - 1
            }
        };
        taken.push(local);
        local
    }
}

/// The virtual size of a window.
enum Limit {
    /// Always so many bytes.
    Bytes(u64),
    /// A global with the number of pages, and the bytes at first.
    Global { pages: u32, log2: u32, initial: u64 },
}

struct Code(Vec<u8>);

impl Code {
    fn push(&mut self, instruction: Instruction<'_>) {
        instruction.encode(&mut self.0);
    }
}

impl Limit {
    /// Pushes whether the `end` bytes from the address in `local` are not all inside.
    fn exceeded(&self, code: &mut Code, local: u32, end: u64) {
        match *self {
            // The whole memory is smaller than 2^32 bytes.
            Limit::Bytes(bytes) => match bytes.checked_sub(end) {
                Some(last) => {
                    code.push(Instruction::LocalGet(local));
                    code.push(Instruction::I32Const((last as u32).cast_signed()));
                    code.push(Instruction::I32GtU);
                }
                None => code.push(Instruction::I32Const(1)),
            },
            Limit::Global { pages, log2, initial } => {
                let bytes = |code: &mut Code| {
                    code.push(Instruction::GlobalGet(pages));
                    if log2 > 0 {
                        code.push(Instruction::I32Const(log2.cast_signed()));
                        code.push(Instruction::I32Shl);
                    }
                };
                code.push(Instruction::LocalGet(local));
                if end <= initial {
                    bytes(code);
                    code.push(Instruction::I32Const((end as u32).cast_signed()));
                    code.push(Instruction::I32Sub);
                    code.push(Instruction::I32GtU);
                } else {
                    code.push(Instruction::I64ExtendI32U);
                    code.push(Instruction::I64Const(end.cast_signed()));
                    code.push(Instruction::I64Add);
                    bytes(code);
                    code.push(Instruction::I64ExtendI32U);
                    code.push(Instruction::I64GtU);
                }
            }
        }
    }
}

/// Branches and what else ends straight-line code: what is on the stack afterwards is not looked at.
fn is_control(operator: &Operator<'_>) -> bool {
    matches!(operator, Operator::Block { .. } | Operator::If { .. } | Operator::Try { .. } | Operator::TryTable { .. })
}

/// The types of the operands above the address, from the name of the instruction.
pub(super) fn operands(name: &'static str, count: usize) -> Result<Vec<ValType>, MergeError> {
    let ty = match name {
        "MemoryAtomicNotify" => ValType::I32,
        "MemoryAtomicWait32" => return Ok(vec![ValType::I32, ValType::I64]),
        "MemoryAtomicWait64" => ValType::I64,
        _ if name.starts_with("I32") => ValType::I32,
        _ if name.starts_with("I64") => ValType::I64,
        _ if name.starts_with("F32") => ValType::F32,
        _ if name.starts_with("F64") => ValType::F64,
        _ if name.starts_with("V128") => ValType::V128,
        _ if count == 0 => return Ok(Vec::new()),
        _ => return Err(unknown(name)),
    };
    Ok(vec![ty; count])
}

fn unknown(name: &str) -> MergeError {
    MergeError::Unsupported {
        item: format!("the instruction {name}"),
        reason:
            "what it takes besides an address is not known, and a check in front of it would have to put that aside"
                .to_string(),
        way_out: "give each instance a memory of its own (`--memory multi`)".to_string(),
    }
}
