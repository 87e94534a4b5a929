//! `--isolate`: an access outside of its own window traps, as it did before there were windows.
//!
//! In: a guest body, and where its memories are. Out: [`Insertions`]: instructions to be put in front of accesses, and the
//! locals that they need. A check compares the address with the virtual size less what the access covers, and lets
//! the access go out of bounds of the whole memory where the comparison fails, so that the trap is the one of the
//! core specification, also for an atomic access that is not aligned ([`check`]). Left out is what is proved here.
//!
//! # What is proved
//!
//! *An access without a check in front of it is inside of its memory whenever control reaches it.* The walk goes through
//! the body once, from top to bottom, with an abstract state for the place where it is. Concrete is what the body has at
//! that place in some run: the operand stack, the locals, and the sizes of the memories.
//!
//! **Domain and concretization.** A [`KnownValue`] means a set of 32-bit numbers: `Unknown` for all of them, `Const(c)` for
//! {c}, `Local(v)` for the number that version `v` of a local has in the run at hand: what the local held when its
//! `local.get`, or what its `local.tee` wrote, last. A fact says of a version which bytes, counted from its number on, are inside
//! of a memory, and holds as [`facts`] says. The abstract stack describes the topmost operands; of those below it nothing
//! is known.
//!
//! **Transfer.** `i32.const`, `local.get`, `local.set` and `local.tee` do as their names say; a write gives the local a
//! new version. Every other instruction takes from the abstract stack as many values as the validator's table says and
//! leaves `Unknown`; one of which the table does not know how many it takes ends all knowledge of the stack. There is no
//! arithmetic in the domain, so nothing in it can wrap: a sum, a difference, a mask, a `select`, a result of a load or of a
//! call is `Unknown`. Passing an access, checked or proved, gives a fact: it did not trap.
//!
//! **Join.** At a label (`end`, `else`, `catch`, the beginning of a loop) and after every branch the stack is forgotten. What
//! is known of locals there is said by [`facts`].
//!
//! **Widening.** None is needed: there is no iteration. What holds on entry to a loop is used inside of it only where
//! nothing in the loop, above or below, writes the local, so it holds each time round.
//!
//! **Why it is enough.** An access of `n` bytes at offset `o` from address `a` is inside when `a + o + n`, without wrapping,
//! is at most the size of its memory. It is left unchecked if `a` is a constant and the sum, in 64 bits, is at most the size at first,
//! or if a fact says of the version that `a` is that the bytes from `o` to `o + n` are inside. Memories never shrink, so the sizes at first and at the
//! time of the fact are at most the size now. A check itself computes size less `o + n` only where that is not negative, and
//! otherwise in 64 bits.
//!
//! **An arena.** A guest that allocates in an arena reaches that as well. *Inside* then means that all bytes of the access are in the window, or that all
//! are in the arena; what is between belongs to others. So a fact does not say that what is below the access is inside, as it does without an arena: only the
//! bytes from `o` to `o + n` are known, and they are in one of the two places, whichever it is in the run at hand. Facts of two accesses are never put together.
//! The arena has a fixed size, so a fact about it stays true. Its check compares `a + o - start` with its size less `n`, in 32 bits: the difference wraps if
//! `a + o` is below the start, and is then too large; if `a + o` has more than 32 bits, the engine traps at the access itself.
//!
//! `meld-oracle/tests/isolated_functions.rs` attacks this with random functions.
//!
//! Ranges are always checked ([`crate::passes::rebase`]); adapters and runtime modules check what they are given themselves.
//! Rejected: masking addresses (windows would have to be powers of two, and nothing would trap), and guard
//! regions (there is one memory, and its pages cannot be protected).

mod check;
mod facts;

use crate::error::MergeError;
use crate::ids::{FuncId, MemoryId, ScopeId};
use crate::maps::Map;
use crate::module::insertions::Insertions;
use crate::module::windows::{Window, Windows};
use crate::module::{MergedModule, ModuleKey};
use crate::passes::walk::access::{Access, access, operands, unknown};
use crate::passes::walk::arity::Arity;
use crate::passes::walk::guests::GuestBody;
use crate::synth::Address;
use check::{ArenaSpan, BoundsCheck, WindowEnd};
use facts::{AccessFacts, Version};
use wasm_encoder::ValType;
use wasmparser::{MemArgTarget, Operator};

/// The checks of a function, if it is a guest's whose accesses are checked. `arities`: of each module once, as it takes a walk through all
/// types to make one.
pub(super) fn checks<'m>(
    module: &'m MergedModule<'_>,
    func: FuncId,
    arities: &mut Map<ModuleKey, Arity<'m>>,
) -> Result<Insertions, MergeError> {
    let Some(windows) = module.windows.as_ref().filter(|windows| windows.isolate) else {
        return Ok(Insertions::default());
    };
    let Some(GuestBody { scope, body, declared }) = GuestBody::of(module, func)? else {
        return Ok(Insertions::default());
    };
    let key = module.scopes[scope].module;
    let arity = arities.entry(key).or_insert_with(|| Arity::new(module.module(key)));
    let mut walk = AddressWalk {
        module,
        windows,
        scope,
        declared,
        stack: Vec::new(),
        facts: AccessFacts::new(body)?,
        insertions: Insertions::default(),
    };
    let mut operators = body.operators();
    while !operators.eof() {
        let at = operators.original_position() as u32;
        let operator = operators.read()?;
        walk.operator(at, &operator, arity)?;
    }
    Ok(walk.insertions)
}

/// Bytes that an access covers at most: an arena is never smaller.
const LARGEST: u32 = 16;

/// What is known of a value on the operand stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum KnownValue {
    Unknown,
    Const(u32),
    /// What a local had or has.
    Local(Version),
}

struct AddressWalk<'w, 'd> {
    module: &'w MergedModule<'d>,
    windows: &'w Windows,
    scope: ScopeId,
    /// Parameters and locals that the body has.
    declared: u32,
    /// The topmost values; nothing is known of what lies below.
    stack: Vec<KnownValue>,
    facts: AccessFacts,
    insertions: Insertions,
}

impl AddressWalk<'_, '_> {
    fn operator(&mut self, at: u32, operator: &Operator<'_>, arity: &Arity<'_>) -> Result<(), MergeError> {
        if let Some(access) = access(operator) {
            let MemArgTarget::Memory(memory) = access.memarg.target else {
                // An access to a GC array, which takes other operands.
                self.stack.clear();
                return Ok(());
            };
            let Some((pops, pushes)) = operator.operator_arity(arity) else {
                return Err(unknown(access.name));
            };
            self.access(at, &access, memory, pops as usize)?;
            self.pop(pops);
            self.push_unknown(pushes);
            return Ok(());
        }
        match *operator {
            Operator::LocalGet { local_index } => {
                self.stack.push(KnownValue::Local(self.facts.version(local_index)));
            }
            Operator::LocalSet { local_index } => {
                self.pop(1);
                self.facts.write(local_index);
            }
            Operator::LocalTee { local_index } => {
                self.pop(1);
                let version = self.facts.write(local_index);
                self.stack.push(KnownValue::Local(version));
            }
            Operator::I32Const { value } => self.stack.push(KnownValue::Const(value.cast_unsigned())),
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
        self.stack.extend((0..count).map(|_| KnownValue::Unknown));
    }

    /// Puts a check in front of an access to the memory `index` that takes `pops` operands: the address, and what lies
    /// above it.
    fn access(&mut self, at: u32, access: &Access, index: u32, pops: usize) -> Result<(), MergeError> {
        let memory = self.module.scopes[self.scope].memory(index)?;
        let window = self.windows.window(memory)?;
        // The natural alignment of an access is its size.
        let end = access.memarg.offset + (1 << access.memarg.max_align);
        let address = self.stack.len().checked_sub(pops).map_or(KnownValue::Unknown, |at| self.stack[at]);
        let arena = self.arena(memory, window)?;
        // Below what is accessed there is nothing that is known to be in the arena; in the window there is.
        let start = if arena.is_some() { access.memarg.offset } else { 0 };
        match address {
            KnownValue::Const(address) if u64::from(address) + end <= window.initial => return Ok(()),
            KnownValue::Local(version) => {
                if self.facts.knows(index, version, start..end) {
                    return Ok(());
                }
                self.facts.learn(index, version, start..end, at);
            }
            KnownValue::Const(_) | KnownValue::Unknown => {}
        }
        let check = BoundsCheck {
            limit: WindowEnd::new(window),
            memory,
            end,
            offset: access.memarg.offset,
            base: self.module.base(memory)?,
            arena,
        };
        let atomic = access.name.contains("Atomic");
        let code = match address {
            // The address is in the local still, so what lies above it on the stack can stay there.
            KnownValue::Local(version) if !atomic && self.facts.version(version.local) == version => {
                check.in_front(version.local)
            }
            _ => {
                let above = operands(access.name, pops - 1)?;
                let mut taken = Vec::new();
                let local = self.local(ValType::I32, &mut taken);
                let above: Vec<u32> = above.into_iter().map(|ty| self.local(ty, &mut taken)).collect();
                check.of_operand(local, &above, atomic)
            }
        };
        self.insertions.before.push((at, code));
        Ok(())
    }

    /// The arena that the guest of a memory reaches, if it is large enough for an access.
    fn arena(&self, memory: MemoryId, window: &Window) -> Result<Option<ArenaSpan>, MergeError> {
        if !window.reaches_beyond {
            return Ok(None);
        }
        let module = self.module;
        let (start, end) = (module.address(Address::ArenaBase(memory))?, module.address(Address::ArenaEnd(memory))?);
        let base = module.base(memory)?;
        Ok((start >= base && end - start >= LARGEST).then(|| ArenaSpan { start: start - base, bytes: end - start }))
    }

    /// A local of the body's own that is not among `taken`, which it joins.
    fn local(&mut self, ty: ValType, taken: &mut Vec<u32>) -> u32 {
        let first = self.declared;
        let known = (first..).zip(&self.insertions.locals);
        let found = known.into_iter().find(|(local, known)| **known == ty && !taken.contains(local));
        let local = match found {
            Some((local, _)) => local,
            None => {
                self.insertions.locals.push(ty);
                first + self.insertions.locals.len() as u32 - 1
            }
        };
        taken.push(local);
        local
    }
}

/// Branches and what else ends straight-line code: what is on the stack afterwards is not looked at.
fn is_control(operator: &Operator<'_>) -> bool {
    matches!(operator, Operator::Block { .. } | Operator::If { .. } | Operator::Try { .. } | Operator::TryTable { .. })
}
