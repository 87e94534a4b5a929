//! How deeply types nest, before anybody reads them.
//!
//! In: the bytes of a type section. Out: where they nest more deeply than [`MAX_TYPE_DEPTH`], if they do.
//! wasmparser reads a component type inside a component type by recursion without a limit, so an input of
//! some hundred kilobytes could exhaust the stack. This walk keeps a stack of counts instead and leaves
//! everything that cannot nest to wasmparser. Malformed bytes are none of its business: the reader meets
//! the same error at the same place, and no deeper.

use wasmparser::{BinaryReader, BinaryReaderError, ComponentImport, ComponentType, InstanceTypeDeclaration};

/// How deeply component and instance types may nest. What the validator itself allows a type to be.
const MAX_TYPE_DEPTH: usize = 100;

/// The offset at which the types of a section nest too deeply.
pub(super) fn too_deep(section: BinaryReader<'_>) -> Option<u64> {
    walk(section).unwrap_or(None)
}

fn walk(mut reader: BinaryReader<'_>) -> Result<Option<u64>, BinaryReaderError> {
    // How many items are left on each level. The outermost level is the section.
    let mut open = vec![reader.read_var_u32()?];
    while let Some(left) = open.last_mut() {
        if *left == 0 {
            open.pop();
            continue;
        }
        *left -= 1;
        // Inside a type there are declarations, of which 0x01 is a type (`Binary.md`, "Type definitions").
        if open.len() > 1 {
            match peek(&reader)? {
                0x01 => {
                    reader.read_u8()?;
                }
                0x03 => {
                    reader.read_u8()?;
                    reader.read::<ComponentImport<'_>>()?;
                    continue;
                }
                _ => {
                    reader.read::<InstanceTypeDeclaration<'_>>()?;
                    continue;
                }
            }
        }
        match peek(&reader)? {
            // A component or an instance type.
            0x41 | 0x42 => {
                if open.len() > MAX_TYPE_DEPTH {
                    return Ok(Some(reader.original_position()));
                }
                reader.read_u8()?;
                open.push(reader.read_var_u32()?);
            }
            _ => {
                reader.read::<ComponentType<'_>>()?;
            }
        }
    }
    Ok(None)
}

fn peek(reader: &BinaryReader<'_>) -> Result<u8, BinaryReaderError> {
    reader.clone().read_u8()
}
