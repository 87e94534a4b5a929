//! Opcodes of core instructions (`Binary.md` of the core specification, "Instructions").
//!
//! In: nothing. Out: the opcodes of the instructions that meld recognizes in guest bodies without a decoder. The decoder of wasmparser
//! reads all other instructions.

/// `catch` of the legacy exceptions
pub(crate) const CATCH: u8 = 0x07;
/// `call`
pub(crate) const CALL: u8 = 0x10;
/// `call_indirect`
pub(crate) const CALL_INDIRECT: u8 = 0x11;
/// `return_call`
pub(crate) const RETURN_CALL: u8 = 0x12;
/// `return_call_indirect`
pub(crate) const RETURN_CALL_INDIRECT: u8 = 0x13;
/// `local.get`
pub(crate) const LOCAL_GET: u8 = 0x20;
/// `global.get`
pub(crate) const GLOBAL_GET: u8 = 0x23;
/// `global.set`
pub(crate) const GLOBAL_SET: u8 = 0x24;
/// The first of the loads and stores with an opcode of one byte: `i32.load`
pub(crate) const FIRST_ACCESS: u8 = 0x28;
/// The last of them: `i64.store32`
pub(crate) const LAST_ACCESS: u8 = 0x3e;
/// `memory.size`
pub(crate) const MEMORY_SIZE: u8 = 0x3f;
/// `memory.grow`
pub(crate) const MEMORY_GROW: u8 = 0x40;
/// `i32.const`
pub(crate) const I32_CONST: u8 = 0x41;
/// `i64.const`
pub(crate) const I64_CONST: u8 = 0x42;
/// The first byte of atomic instructions
pub(crate) const ATOMIC: u8 = 0xfe;
/// `ref.func`
pub(crate) const REF_FUNC: u8 = 0xd2;
