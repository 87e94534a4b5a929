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
    Operator, OperatorsReader, OperatorsReaderAllocations, RefType, ResumeTable, TryTable, ValType, ValidatorResources,
};

/// Buffers that are used again from body to body.
#[derive(Default)]
pub(super) struct BodyWalker {
    validator: FuncValidatorAllocations,
    reader: OperatorsReaderAllocations,
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
        let mut patches = Vec::new();
        let mut operators = OperatorsReader::new_with_allocs(reader, std::mem::take(&mut self.reader));
        while !operators.eof() {
            let offset = operators.original_position();
            let operator = operators.read()?;
            validator.op(offset, &operator)?;
            if is_patched(&operator) {
                patches.push(offset_in(start, offset));
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
            patches,
        })
    }
}

/// `offset`, counted from `start`. Bodies are limited to a few megabytes by the validator.
fn offset_in(start: usize, offset: usize) -> u32 {
    u32::try_from(offset - start).expect("the validator limits the size of a function body to less than 2^32")
}

/// Whether an immediate of this name and value is renumbered or rebased by a merge.
macro_rules! immediate {
    // Indices of the module's index spaces.
    (function_index $x:ident) => {
        always($x)
    };
    (table_index $x:ident) => {
        always($x)
    };
    (table $x:ident) => {
        always($x)
    };
    (dst_table $x:ident) => {
        always($x)
    };
    (src_table $x:ident) => {
        always($x)
    };
    (mem $x:ident) => {
        always($x)
    };
    (dst_mem $x:ident) => {
        always($x)
    };
    (src_mem $x:ident) => {
        always($x)
    };
    (global_index $x:ident) => {
        always($x)
    };
    (tag_index $x:ident) => {
        always($x)
    };
    (elem_index $x:ident) => {
        always($x)
    };
    (data_index $x:ident) => {
        always($x)
    };
    (array_elem_index $x:ident) => {
        always($x)
    };
    (array_data_index $x:ident) => {
        always($x)
    };
    (type_index $x:ident) => {
        always($x)
    };
    (struct_type_index $x:ident) => {
        always($x)
    };
    (array_type_index $x:ident) => {
        always($x)
    };
    (array_type_index_dst $x:ident) => {
        always($x)
    };
    (array_type_index_src $x:ident) => {
        always($x)
    };
    (cont_type_index $x:ident) => {
        always($x)
    };
    // The two continuation types of `cont.bind`.
    (argument_index $x:ident) => {
        always($x)
    };
    (result_index $x:ident) => {
        always($x)
    };
    // An access: its memory may get another number and its offset may be rebased.
    (memarg $x:ident) => {
        always($x)
    };
    // Types, where they are not abstract.
    (hty $x:ident) => {
        heap_type($x)
    };
    (from_ref_type $x:ident) => {
        ref_type($x)
    };
    (to_ref_type $x:ident) => {
        ref_type($x)
    };
    (ty $x:ident) => {
        val_type($x)
    };
    (tys $x:ident) => {
        $x.iter().any(val_type)
    };
    (blockty $x:ident) => {
        block_type($x)
    };
    (try_table $x:ident) => {
        try_table($x)
    };
    (resume_table $x:ident) => {
        resume_table($x)
    };
    // Numbers that mean the same in every module.
    (local_index $x:ident) => {
        never($x)
    };
    (relative_depth $x:ident) => {
        never($x)
    };
    (targets $x:ident) => {
        never($x)
    };
    (field_index $x:ident) => {
        never($x)
    };
    (array_size $x:ident) => {
        never($x)
    };
    (value $x:ident) => {
        never($x)
    };
    (lane $x:ident) => {
        never($x)
    };
    (lanes $x:ident) => {
        never($x)
    };
    (ordering $x:ident) => {
        never($x)
    };
}

macro_rules! define_is_patched {
    ($( @$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($arity:tt)*) )*) => {
        /// Whether a merge must look at this instruction again.
        fn is_patched(operator: &Operator<'_>) -> bool {
            match operator {
                $( Operator::$op $({ $($arg),* })? => false $($( | immediate!($arg $arg) )*)?, )*
                // The enum is open, the table above is complete. Looking once too often is harmless.
                _ => true,
            }
        }
    };
}
wasmparser::for_each_operator!(define_is_patched);

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
