//! Location expressions.
//!
//! In: a DWARF expression of the input (DWARF 5, section 2.5), with the operation of WebAssembly that names a local or a global. Out: the
//! same for the output. Locals keep their indices, because those that are added come last. Globals are renumbered. In a window,
//! values of the program stay what they are, addresses relative to the window; so what becomes an address of the one memory, the
//! location itself or the operand of a dereference, gets the base of the window added, and nothing else does.
//!
//! An expression of which nothing can be said in the output becomes empty, which means that the value is not available: one that reads a
//! global that is not there, or the global in whose stead there is another one with other values.

use super::sections::{Slice, offset};
use super::{Unmovable, unmovable};
use gimli::{Encoding, Operation, Reader, constants};
use wasm_encoder::Encode;

/// What expressions of one instance mean.
pub(super) trait Meaning {
    /// A global in the output; `None` if it is not there.
    fn global(&self, index: u32) -> Option<u32>;
    /// What is added to addresses in memory.
    fn base(&self) -> u32;
}

/// What an expression is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// It says where something is.
    Location,
    /// It makes a value, or an offset in something.
    Value,
}

/// A rewritten expression.
#[derive(Default)]
pub(super) struct Rewritten {
    pub(super) bytes: Vec<u8>,
    /// Places in `bytes` of references to base types, each an offset in the unit of the input: a LEB128 number of so many bytes.
    pub(super) types: Vec<(usize, usize, usize)>,
}

/// Rewrites an expression; `None` if it is as it was.
pub(super) fn rewrite(
    expression: Slice<'_>,
    encoding: Encoding,
    purpose: Purpose,
    meaning: &dyn Meaning,
) -> Result<Option<Rewritten>, Unmovable> {
    let base = match purpose {
        Purpose::Location => meaning.base(),
        Purpose::Value => 0,
    };
    let mut out = Rewritten::default();
    let mut rest = expression;
    // Whether what is on the stack is an address in memory, rather than the value itself or the name of a place.
    let mut in_memory = false;
    let whole_address = expression.len() == 1 + usize::from(encoding.address_size);
    while !rest.is_empty() {
        let before = rest;
        let operation = Operation::parse(&mut rest, encoding)?;
        let raw = &before.slice()[..before.len() - rest.len()];
        let was_in_memory = std::mem::replace(&mut in_memory, true);
        match operation {
            Operation::Address { address } if base != 0 && whole_address => {
                out.bytes.push(constants::DW_OP_addr.0);
                let size = encoding.address_size;
                out.bytes.extend_from_slice(
                    &offset((address as usize).saturating_add(base as usize), size)?[..usize::from(size)],
                );
                return Ok(Some(out));
            }
            Operation::WasmGlobal { index } => {
                let Some(global) = meaning.global(index) else { return Ok(Some(Rewritten::default())) };
                out.bytes.extend_from_slice(&raw[..2]);
                match raw[1] {
                    1 => global.encode(&mut out.bytes),
                    _ => out.bytes.extend_from_slice(&global.to_le_bytes()),
                }
                in_memory = false;
                continue;
            }
            Operation::WasmLocal { .. } | Operation::WasmStack { .. } | Operation::Register { .. } => in_memory = false,
            Operation::StackValue | Operation::ImplicitValue { .. } => in_memory = false,
            Operation::Piece { .. } => {
                if was_in_memory {
                    add(base, &mut out.bytes);
                }
                in_memory = false;
            }
            Operation::Deref { base_type, .. } => {
                add(base, &mut out.bytes);
                if base_type.0 != 0 {
                    return Err(unmovable("an expression dereferences a value of a type"));
                }
            }
            Operation::Convert { base_type } | Operation::Reinterpret { base_type } if base_type.0 != 0 => {
                out.types.push((out.bytes.len() + 1, raw.len() - 1, base_type.0));
            }
            Operation::EntryValue { expression } => {
                if let Some(inner) = rewrite(expression, encoding, Purpose::Value, meaning)? {
                    if inner.bytes.is_empty() || !inner.types.is_empty() {
                        return Ok(Some(Rewritten::default()));
                    }
                    out.bytes.push(raw[0]);
                    inner.bytes.len().encode(&mut out.bytes);
                    out.bytes.extend_from_slice(&inner.bytes);
                    continue;
                }
            }
            Operation::Bra { .. } | Operation::Skip { .. } if base != 0 => return Ok(Some(Rewritten::default())),
            Operation::RegisterOffset { base_type, .. } if base_type.0 != 0 => {
                return Err(unmovable("an expression mentions a register of a type"));
            }
            Operation::Call { .. }
            | Operation::VariableValue { .. }
            | Operation::ImplicitPointer { .. }
            | Operation::ParameterRef { .. }
            | Operation::TypedLiteral { .. } => {
                return Err(unmovable(format!("an expression has the operation {}", constants::DwOp(raw[0]))));
            }
            // A nop, or a mark: it changes nothing about what is on the stack.
            Operation::Nop | Operation::Uninitialized => in_memory = was_in_memory,
            _ => {}
        }
        out.bytes.extend_from_slice(raw);
    }
    if in_memory {
        add(base, &mut out.bytes);
    }
    let same = out.bytes == expression.slice() && out.types.is_empty();
    Ok((!same).then_some(out))
}

fn add(base: u32, out: &mut Vec<u8>) {
    if base != 0 {
        out.push(constants::DW_OP_plus_uconst.0);
        base.encode(out);
    }
}

#[cfg(test)]
mod tests {
    use super::{Meaning, Purpose, rewrite};
    use gimli::{Encoding, EndianSlice, Format, LittleEndian};

    struct Window(u32);
    impl Meaning for Window {
        fn global(&self, index: u32) -> Option<u32> {
            (index < 3).then_some(index + 300)
        }
        fn base(&self) -> u32 {
            self.0
        }
    }

    fn rewritten(base: u32, expression: &[u8]) -> Vec<u8> {
        let encoding = Encoding { format: Format::Dwarf32, version: 4, address_size: 4 };
        let slice = EndianSlice::new(expression, LittleEndian);
        let rewritten = rewrite(slice, encoding, Purpose::Location, &Window(base)).unwrap();
        rewritten.map_or_else(|| expression.to_vec(), |rewritten| rewritten.bytes)
    }

    /// `DW_OP_plus_uconst 0x10000`.
    const BASE: [u8; 4] = [0x23, 0x80, 0x80, 0x04];

    #[test]
    fn addresses_get_the_base_and_values_do_not() {
        let with_base = |bytes: &[u8]| [bytes, &BASE].concat();
        let addr = [0x03, 1, 2, 3, 4];
        assert_eq!(rewritten(0, &addr), addr);
        assert_eq!(rewritten(0x10000, &addr), [0x03, 1, 2, 4, 4]);
        // fbreg 8
        assert_eq!(rewritten(0, &[0x91, 8]), [0x91, 8]);
        assert_eq!(rewritten(0x10000, &[0x91, 8]), with_base(&[0x91, 8]));
        // local 2, stack_value; local 2
        assert_eq!(rewritten(0x10000, &[0xed, 0, 2, 0x9f]), [0xed, 0, 2, 0x9f]);
        assert_eq!(rewritten(0x10000, &[0xed, 0, 2]), [0xed, 0, 2]);
        // local 2, plus_uconst 4, deref
        assert_eq!(rewritten(0x10000, &[0xed, 0, 2, 0x23, 4, 0x06]), {
            let address = with_base(&[0xed, 0, 2, 0x23, 4]);
            with_base(&[&address[..], &[0x06]].concat())
        });
        // fbreg 8, piece 4, local 1, stack_value, piece 4
        let pieces = [0x91, 8, 0x93, 4, 0xed, 0, 1, 0x9f, 0x93, 4];
        assert_eq!(rewritten(0x10000, &pieces), [&[0x91, 8], &BASE[..], &pieces[2..]].concat());
    }

    #[test]
    fn globals_are_renumbered_or_the_value_is_gone() {
        assert_eq!(rewritten(0, &[0xed, 3, 1, 0, 0, 0, 0x9f]), [0xed, 3, 45, 1, 0, 0, 0x9f]);
        assert_eq!(rewritten(0, &[0xed, 1, 1, 0x9f]), [0xed, 1, 0xad, 2, 0x9f]);
        assert_eq!(rewritten(0, &[0xed, 1, 3, 0x9f]), [0u8; 0]);
    }
}
