//! Features of instructions and of the types in them.
//!
//! In: the instructions of a body or of a constant expression, on their way to a validator. Out: their features.

use super::Features;
use wasmparser::{
    AbstractHeapType, BlockType, ConstExpr, FrameKind, FrameStack, HeapType, Operator, Ordering, RefType, TryTable,
    ValType, VisitOperator, VisitSimdOperator,
};

/// A validator that also notes the features of what it is shown.
pub(super) struct FeatureNoting<'f, V> {
    pub(super) validator: V,
    pub(super) features: &'f mut Features,
}

/// The features of an instruction, whatever its immediates are.
macro_rules! instruction {
    // Two of a proposal that count as a feature of their own.
    (bulk_memory MemoryCopy) => {
        Features::BULK_MEMORY_OPT
    };
    (bulk_memory MemoryFill) => {
        Features::BULK_MEMORY_OPT
    };
    (mvp $op:ident) => {
        Features::NONE
    };
    // `pause`, which Binaryen has in the proposal that it comes from.
    (acquire_release_atomics $op:ident) => {
        Features::ACQUIRE_RELEASE_ATOMICS.union(Features::SHARED_EVERYTHING)
    };
    (bulk_memory $op:ident) => {
        Features::BULK_MEMORY
    };
    (custom_descriptors $op:ident) => {
        Features::CUSTOM_DESCRIPTORS.union(Features::GC)
    };
    (exceptions $op:ident) => {
        Features::EXCEPTION_HANDLING
    };
    (function_references $op:ident) => {
        Features::GC
    };
    (gc $op:ident) => {
        Features::GC
    };
    (legacy_exceptions $op:ident) => {
        Features::EXCEPTION_HANDLING
    };
    // An experiment that no tool has a name for.
    (memory_control $op:ident) => {
        Features::NONE
    };
    (reference_types $op:ident) => {
        Features::REFERENCE_TYPES
    };
    (relaxed_simd $op:ident) => {
        Features::RELAXED_SIMD
    };
    (saturating_float_to_int $op:ident) => {
        Features::NONTRAPPING_FPTOINT
    };
    (shared_everything_threads $op:ident) => {
        Features::SHARED_EVERYTHING
    };
    (sign_extension $op:ident) => {
        Features::SIGN_EXT
    };
    (simd $op:ident) => {
        Features::SIMD128
    };
    (stack_switching $op:ident) => {
        Features::STACK_SWITCHING
    };
    (tail_call $op:ident) => {
        Features::TAIL_CALL
    };
    (threads $op:ident) => {
        Features::ATOMICS
    };
    (wide_arithmetic $op:ident) => {
        Features::WIDE_ARITHMETIC
    };
}

/// Defines `immediate!(name value)`: the features of an immediate, by its name. A name that is not listed is a compile
/// error.
macro_rules! classify {
    ($d:tt $( $judge:ident: $($name:ident)*; )*) => {
        macro_rules! immediate {
            $( $( ($name $d value:ident) => { $judge(&$d value) }; )* )*
        }
    };
}
classify! { $
    block_type: blockty;
    try_table: try_table;
    heap_type: hty;
    ref_type: from_ref_type to_ref_type;
    val_type: ty;
    val_types: tys;
    table: table_index;
    ordering: ordering;
    // Indices of what has a section of its own, and numbers.
    none: function_index table dst_table src_table mem dst_mem src_mem memarg global_index tag_index elem_index
        array_elem_index data_index array_data_index type_index struct_type_index array_type_index array_type_index_dst
        array_type_index_src cont_type_index argument_index result_index resume_table local_index relative_depth targets
        field_index array_size value lane lanes;
}

macro_rules! visit {
    ($( @$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($arity:tt)*) )*) => {$(
        fn $visit(&mut self $($(, $arg: $argty)*)?) -> Self::Output {
            const INSTRUCTION: Features = instruction!($proposal $op);
            *self.features |= INSTRUCTION $($( | immediate!($arg $arg) )*)?;
            self.validator.$visit($($($arg),*)?)
        }
    )*};
}

macro_rules! visit_simd {
    ($( @$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($arity:tt)*) )*) => {$(
        fn $visit(&mut self $($(, $arg: $argty)*)?) -> Self::Output {
            const INSTRUCTION: Features = instruction!($proposal $op);
            *self.features |= INSTRUCTION $($( | immediate!($arg $arg) )*)?;
            let validator = self.validator.simd_visitor();
            validator.expect("the reader asks for a visitor of vectors first").$visit($($($arg),*)?)
        }
    )*};
}

impl<V: FrameStack> FrameStack for FeatureNoting<'_, V> {
    #[inline]
    fn current_frame(&self) -> Option<FrameKind> {
        self.validator.current_frame()
    }
}

impl<'a, V: VisitOperator<'a>> VisitOperator<'a> for FeatureNoting<'_, V> {
    type Output = V::Output;

    fn simd_visitor(&mut self) -> Option<&mut dyn VisitSimdOperator<'a, Output = V::Output>> {
        // Where the validator has none, vectors are invalid, and the reader says so.
        self.validator.simd_visitor().is_some().then_some(self as _)
    }

    wasmparser::for_each_visit_operator!(visit);
}

impl<'a, V: VisitOperator<'a>> VisitSimdOperator<'a> for FeatureNoting<'_, V> {
    wasmparser::for_each_visit_simd_operator!(visit_simd);
}

/// The features of a constant expression in a module that imports that many globals.
pub(super) fn const_expr(expr: &ConstExpr<'_>, imported_globals: u32) -> wasmparser::Result<Features> {
    let mut features = Features::NONE;
    for operator in expr.get_operators_reader() {
        features |= match operator? {
            Operator::I32Const { .. }
            | Operator::I64Const { .. }
            | Operator::F32Const { .. }
            | Operator::F64Const { .. }
            | Operator::End => Features::NONE,
            Operator::V128Const { .. } => Features::SIMD128,
            Operator::RefFunc { .. } => Features::REFERENCE_TYPES,
            Operator::RefNull { hty } => Features::REFERENCE_TYPES | heap_type(&hty),
            Operator::GlobalGet { global_index } => Features::when(global_index >= imported_globals, Features::GC),
            Operator::I32Add
            | Operator::I32Sub
            | Operator::I32Mul
            | Operator::I64Add
            | Operator::I64Sub
            | Operator::I64Mul => Features::EXTENDED_CONST,
            Operator::StructNewDesc { .. } | Operator::StructNewDefaultDesc { .. } => {
                Features::GC | Features::CUSTOM_DESCRIPTORS
            }
            Operator::RefI31Shared => Features::GC | Features::SHARED_EVERYTHING,
            // What makes an object or converts a reference.
            _ => Features::GC,
        };
    }
    Ok(features)
}

fn none<T>(_immediate: &T) -> Features {
    Features::NONE
}

pub(super) fn val_type(ty: &ValType) -> Features {
    match ty {
        ValType::I32 | ValType::I64 | ValType::F32 | ValType::F64 => Features::NONE,
        ValType::V128 => Features::SIMD128,
        ValType::Ref(ty) => ref_type(ty),
    }
}

pub(super) fn val_types(types: &[ValType]) -> Features {
    types.iter().fold(Features::NONE, |all, ty| all | val_type(ty))
}

pub(super) fn ref_type(ty: &RefType) -> Features {
    Features::REFERENCE_TYPES | Features::when(!ty.is_nullable(), Features::GC) | heap_type(&ty.heap_type())
}

fn heap_type(ty: &HeapType) -> Features {
    match *ty {
        HeapType::Abstract { shared, ty } => {
            let features = match ty {
                AbstractHeapType::Func | AbstractHeapType::Extern => Features::REFERENCE_TYPES,
                AbstractHeapType::Any
                | AbstractHeapType::None
                | AbstractHeapType::NoExtern
                | AbstractHeapType::NoFunc
                | AbstractHeapType::Eq
                | AbstractHeapType::Struct
                | AbstractHeapType::Array
                | AbstractHeapType::I31 => Features::GC,
                AbstractHeapType::Exn | AbstractHeapType::NoExn => {
                    Features::EXCEPTION_HANDLING | Features::REFERENCE_TYPES
                }
                AbstractHeapType::Cont | AbstractHeapType::NoCont => {
                    Features::STACK_SWITCHING | Features::REFERENCE_TYPES
                }
            };
            features | Features::when(shared, Features::SHARED_EVERYTHING)
        }
        HeapType::Concrete(_) => Features::GC,
        HeapType::Exact(_) => Features::GC | Features::CUSTOM_DESCRIPTORS,
    }
}

fn block_type(ty: &BlockType) -> Features {
    match ty {
        BlockType::Empty => Features::NONE,
        BlockType::Type(ty) => val_type(ty),
        // This form is there for parameters and several results.
        BlockType::FuncType(_) => Features::MULTIVALUE,
    }
}

fn try_table(table: &TryTable) -> Features {
    block_type(&table.ty)
}

/// The table of an indirect call.
fn table(index: &u32) -> Features {
    Features::when(*index > 0, Features::REFERENCE_TYPES)
}

fn ordering(ordering: &Ordering) -> Features {
    Features::when(*ordering != Ordering::SeqCst, Features::ACQUIRE_RELEASE_ATOMICS)
}
