//! Function bodies: validated and looked through in one walk.
//!
//! In: a body and its validator. Out: [`Body`], with the offset of every instruction that a merger must
//! look at again. Which those are is derived from the *names* of the immediates in wasmparser's table of
//! instructions. A new instruction with immediates of a known kind is right without a change here; one
//! with an immediate of a new kind does not compile until somebody has said what the immediate means.
//! Rejected: a list of instructions with indices, which misses the one that is added next year.

use super::Body;
use wasmparser::{
    BinaryReaderError, BlockType, Catch, FuncToValidate, FuncValidatorAllocations, FunctionBody, Handle, HeapType,
    OperatorsReader, OperatorsReaderAllocations, RefType, ResumeTable, TryTable, ValType, ValidatorResources,
    VisitOperator, VisitSimdOperator,
};

/// Buffers that are used again from body to body.
#[derive(Default)]
pub(super) struct BodyWalker {
    validator: FuncValidatorAllocations,
    reader: OperatorsReaderAllocations,
    patches: Vec<u32>,
}

impl BodyWalker {
    /// Validates `body` and notes its patches. `module_start` is the offset of the module in the input.
    pub(super) fn walk<'a>(
        &mut self,
        func: FuncToValidate<ValidatorResources>,
        body: &FunctionBody<'a>,
        module_start: usize,
    ) -> Result<Body<'a>, BinaryReaderError> {
        let start = body.range().start;
        let mut validator = func.into_validator(std::mem::take(&mut self.validator));
        let mut reader = body.get_binary_reader();
        let mut locals_mention_types = false;
        for _ in 0..reader.read_var_u32()? {
            let offset = reader.original_position();
            let count = reader.read_var_u32()?;
            let ty = reader.read::<ValType>()?;
            validator.define_locals(offset, count, ty)?;
            locals_mention_types |= val_type(&ty);
        }
        let code_start = offset_in(start, reader.original_position());
        self.patches.clear();
        let mut operators = OperatorsReader::new_with_allocs(reader, std::mem::take(&mut self.reader));
        while !operators.eof() {
            let offset = operators.original_position();
            let mut noting = Noting { validator: validator.visitor(offset), patched: false };
            operators.visit_operator(&mut noting)??;
            if noting.patched {
                self.patches.push(offset_in(start, offset));
            }
        }
        operators.finish()?;
        self.validator = validator.into_allocations();
        self.reader = operators.into_allocations();
        let range = body.range();
        Ok(Body {
            bytes: body.as_bytes(),
            range: range.start - module_start..range.end - module_start,
            code_start,
            locals_mention_types,
            // A copy is as long as it need be; there are as many of these as there are functions.
            patches: self.patches.clone(),
        })
    }
}

/// `offset`, counted from `start`. Bodies are limited to a few megabytes by the validator.
fn offset_in(start: usize, offset: usize) -> u32 {
    u32::try_from(offset - start).expect("the validator limits the size of a function body to less than 2^32")
}

/// Defines `immediate!(name value)`: what each name says about an instruction that has such an immediate. A
/// name that is not listed is a compile error.
macro_rules! classify {
    ($d:tt $( $judge:ident: $($name:ident)*; )*) => {
        macro_rules! immediate { $( $( ($name $d value:ident) => { $judge(&$d value) }; )* )* }
    };
}
classify! { $
    // Indices of the module's index spaces; the last two are the continuation types of `cont.bind`.
    always: function_index table_index table dst_table src_table mem dst_mem src_mem global_index tag_index
        elem_index data_index array_elem_index array_data_index type_index struct_type_index array_type_index
        array_type_index_dst array_type_index_src cont_type_index argument_index result_index;
    // An access: its memory may get another number and its offset may be rebased.
    always: memarg;
    // Types, which matter where they are not abstract.
    heap_type: hty;
    ref_type: from_ref_type to_ref_type;
    val_type: ty;
    val_types: tys;
    block_type: blockty;
    try_table: try_table;
    resume_table: resume_table;
    // Numbers that mean the same in every module.
    never: local_index relative_depth targets field_index array_size value lane lanes ordering;
}

/// A validator that also says whether a merger must look at the instruction again. It sees the instruction's
/// immediates as they are read: an `Operator` in between would be made and taken apart for nothing.
struct Noting<V> {
    validator: V,
    patched: bool,
}

macro_rules! visit {
    ($( @$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($arity:tt)*) )*) => {$(
        fn $visit(&mut self $($(, $arg: $argty)*)?) -> Self::Output {
            self.patched = false $($( | immediate!($arg $arg) )*)?;
            self.validator.$visit($($($arg),*)?)
        }
    )*};
}

macro_rules! visit_simd {
    ($( @$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($arity:tt)*) )*) => {$(
        fn $visit(&mut self $($(, $arg: $argty)*)?) -> Self::Output {
            self.patched = false $($( | immediate!($arg $arg) )*)?;
            let validator = self.validator.simd_visitor();
            validator.expect("the reader asks for a visitor of vectors first").$visit($($($arg),*)?)
        }
    )*};
}

impl<'a, V: VisitOperator<'a>> VisitOperator<'a> for Noting<V> {
    type Output = V::Output;

    fn simd_visitor(&mut self) -> Option<&mut dyn VisitSimdOperator<'a, Output = V::Output>> {
        // Where the validator has none, vectors are invalid, and the reader says so.
        self.validator.simd_visitor().is_some().then_some(self as _)
    }

    wasmparser::for_each_visit_operator!(visit);
}

impl<'a, V: VisitOperator<'a>> VisitSimdOperator<'a> for Noting<V> {
    wasmparser::for_each_visit_simd_operator!(visit_simd);
}

fn always<T>(_immediate: &T) -> bool {
    true
}

fn never<T>(_immediate: &T) -> bool {
    false
}

fn heap_type(ty: &HeapType) -> bool {
    match ty {
        HeapType::Abstract { .. } => false,
        HeapType::Concrete(_) | HeapType::Exact(_) => true,
    }
}

fn ref_type(ty: &RefType) -> bool {
    heap_type(&ty.heap_type())
}

fn val_type(ty: &ValType) -> bool {
    match ty {
        ValType::I32 | ValType::I64 | ValType::F32 | ValType::F64 | ValType::V128 => false,
        ValType::Ref(ty) => ref_type(ty),
    }
}

fn val_types(types: &[ValType]) -> bool {
    types.iter().any(val_type)
}

fn block_type(ty: &BlockType) -> bool {
    match ty {
        BlockType::Empty => false,
        BlockType::Type(ty) => val_type(ty),
        BlockType::FuncType(_) => true,
    }
}

fn try_table(table: &TryTable) -> bool {
    block_type(&table.ty)
        || table.catches.iter().any(|catch| match catch {
            Catch::One { .. } | Catch::OneRef { .. } => true,
            Catch::All { .. } | Catch::AllRef { .. } => false,
        })
}

fn resume_table(table: &ResumeTable) -> bool {
    table.handlers.iter().any(|handle| match handle {
        Handle::OnLabel { .. } | Handle::OnSwitch { .. } => true,
    })
}

#[cfg(test)]
mod tests;
