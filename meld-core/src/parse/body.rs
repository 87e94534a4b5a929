//! Function bodies: validated and looked through in one walk.
//!
//! In: a body and its validator. Out: [`Body`], with the offset of every instruction that a merger must
//! look at again, and everything that the body mentions. Which instructions those are, and what they mention, is
//! derived from the *names* of the immediates in wasmparser's table of instructions. A new instruction with
//! immediates of a known kind is right without a change here; one with an immediate of a new kind does not compile
//! until somebody has said what the immediate means.
//! Rejected: a list of instructions with indices, which misses the one that is added next year.

use crate::input::fingerprint;
use crate::input::references::{MentionWriter, for_each_index};
use crate::input::relocations::RelocationWriter;
use crate::input::{Body, Use, Whole};
use wasmparser::{
    BinaryReaderError, BlockType, Catch, FrameKind, FrameStack, FuncToValidate, FuncValidatorAllocations, FunctionBody,
    Handle, HeapType, MemArg, MemArgTarget, OperatorsReader, RefType, ResumeTable, TryTable, ValType,
    ValidatorResources, VisitOperator, VisitSimdOperator,
};

/// Buffers that are used again from body to body. A body that is refused ends the walk over the input.
#[derive(Default)]
pub(super) struct BodyWalker {
    validator: FuncValidatorAllocations,
    mentions: MentionWriter,
}

impl BodyWalker {
    /// Validates `body` and appends what it notes to `noted`. `module_start` is the offset of the module in the input.
    pub(super) fn walk<'a>(
        &mut self,
        func: FuncToValidate<ValidatorResources>,
        body: &FunctionBody<'a>,
        module_start: usize,
        noted: &mut Vec<u8>,
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
            locals_mention_types |= val_type(&mut self.mentions, &ty);
        }
        let code_start = offset_in(start, reader.original_position());
        let noted_before = noted.len();
        let mut relocations = RelocationWriter::new(noted);
        while !reader.eof() {
            let offset = reader.original_position();
            let validator = validator.visitor(offset);
            let mut noting = Noting { validator, relocated: false, mentions: &mut self.mentions };
            reader.visit_operator(&mut noting)??;
            if noting.relocated {
                relocations.push(offset_in(start, offset));
            }
        }
        reader.finish_expression(&validator.visitor(reader.original_position()))?;
        self.validator = validator.into_allocations();
        Ok(self.noted(body, module_start, (code_start, locals_mention_types), noted_before, noted))
    }

    /// The same for a body that is known to be valid.
    pub(super) fn walk_valid<'a>(
        &mut self,
        body: &FunctionBody<'a>,
        noted: &mut Vec<u8>,
    ) -> Result<Body<'a>, BinaryReaderError> {
        let start = body.range().start;
        let mut reader = body.get_binary_reader();
        let mut locals_mention_types = false;
        for _ in 0..reader.read_var_u32()? {
            reader.read_var_u32()?;
            locals_mention_types |= val_type(&mut self.mentions, &reader.read::<ValType>()?);
        }
        let code_start = offset_in(start, reader.original_position());
        let noted_before = noted.len();
        let mut relocations = RelocationWriter::new(noted);
        let mut operators = OperatorsReader::new(reader);
        while !operators.eof() {
            let offset = operators.original_position();
            let mut noting = Noting { validator: Nothing, relocated: false, mentions: &mut self.mentions };
            operators.visit_operator(&mut noting)?;
            if noting.relocated {
                relocations.push(offset_in(start, offset));
            }
        }
        operators.finish()?;
        Ok(self.noted(body, 0, (code_start, locals_mention_types), noted_before, noted))
    }

    /// A body whose relocations are in `noted` from `before` on.
    fn noted<'a>(
        &mut self,
        body: &FunctionBody<'a>,
        module_start: usize,
        (code_start, locals_mention_types): (u32, bool),
        before: usize,
        noted: &mut Vec<u8>,
    ) -> Body<'a> {
        let relocated = noted.len();
        self.mentions.finish(noted);
        let bytes = body.as_bytes();
        Body {
            bytes,
            start: body.range().start as usize - module_start,
            noted: before,
            relocations: offset_in(before as u64, relocated as u64),
            mentions: offset_in(relocated as u64, noted.len() as u64),
            code_start,
            fingerprint: fingerprint(bytes),
            locals_mention_types,
        }
    }
}

/// `offset`, counted from `start`. Bodies are limited to a few megabytes by the validator, and what is noted of one is not
/// much longer than it is.
fn offset_in(start: u64, offset: u64) -> u32 {
    u32::try_from(offset - start).expect("the validator limits the size of a function body to less than 2^32")
}

/// Defines `immediate!(writer instruction name value)`: what each name says about an instruction that has such an
/// immediate. A name that is not listed is a compile error.
macro_rules! classify {
    ($d:tt $( $judge:ident: $($name:ident)*; )*) => {
        macro_rules! immediate {
            // The same immediates, but the instruction is not what it is elsewhere.
            ($d out:expr, RefFunc function_index $d value:ident) => { func_ref($d out, &$d value) };
            ($d out:expr, CallIndirect table_index $d value:ident) => { table_call($d out, &$d value) };
            ($d out:expr, ReturnCallIndirect table_index $d value:ident) => { table_call($d out, &$d value) };
            $( $( ($d out:expr, $d op:ident $name $d value:ident) => { $judge($d out, &$d value) }; )* )*
        }
    };
}
classify! { $
    // Indices of the module's index spaces; the last two types are the continuation types of `cont.bind`.
    func: function_index;
    table: table_index table dst_table src_table;
    memory: mem dst_mem src_mem;
    global: global_index;
    tag: tag_index;
    elem: elem_index array_elem_index;
    data: data_index array_data_index;
    ty: type_index struct_type_index array_type_index array_type_index_dst array_type_index_src cont_type_index
        argument_index result_index;
    // An access: its memory may get another number and its offset may be rebased.
    memarg: memarg;
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

/// A validator that also says whether a merger must look at the instruction again, and notes what it mentions.
/// It sees the instruction's immediates as they are read: an `Operator` in between would be made and taken apart
/// for nothing.
struct Noting<'m, V> {
    validator: V,
    relocated: bool,
    mentions: &'m mut MentionWriter,
}

/// Notes an instruction on a whole memory. The immediates are in the order of wasmparser's table.
macro_rules! whole {
    ($out:expr, MemorySize $mem:ident) => {
        $out.push(Use::Whole(Whole::Size($mem)))
    };
    ($out:expr, MemoryGrow $mem:ident) => {
        $out.push(Use::Whole(Whole::Grow($mem)))
    };
    ($out:expr, MemoryCopy $dst_mem:ident $src_mem:ident) => {
        $out.push(Use::Whole(Whole::Copy($dst_mem, $src_mem)))
    };
    ($out:expr, MemoryFill $mem:ident) => {
        $out.push(Use::Whole(Whole::Fill($mem)))
    };
    ($out:expr, MemoryInit $data:ident $mem:ident) => {
        $out.push(Use::Whole(Whole::Init($mem, $data)))
    };
    ($out:expr, $op:ident $($arg:ident)*) => {};
}

macro_rules! visit {
    ($( @$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($arity:tt)*) )*) => {$(
        fn $visit(&mut self $($(, $arg: $argty)*)?) -> Self::Output {
            self.relocated = false $($( | immediate!(self.mentions, $op $arg $arg) )*)?;
            whole!(self.mentions, $op $($($arg)*)?);
            self.validator.$visit($($($arg),*)?)
        }
    )*};
}

macro_rules! visit_simd {
    ($( @$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($arity:tt)*) )*) => {$(
        fn $visit(&mut self $($(, $arg: $argty)*)?) -> Self::Output {
            self.relocated = false $($( | immediate!(self.mentions, $op $arg $arg) )*)?;
            let validator = self.validator.simd_visitor();
            validator.expect("the reader asks for a visitor of vectors first").$visit($($($arg),*)?)
        }
    )*};
}

/// The reader asks which block it is in, and the validator keeps a stack of them in any case: an `OperatorsReader`
/// would keep another.
impl<V: FrameStack> FrameStack for Noting<'_, V> {
    #[inline]
    fn current_frame(&self) -> Option<FrameKind> {
        self.validator.current_frame()
    }
}

impl<'a, V: VisitOperator<'a>> VisitOperator<'a> for Noting<'_, V> {
    type Output = V::Output;

    fn simd_visitor(&mut self) -> Option<&mut dyn VisitSimdOperator<'a, Output = V::Output>> {
        // Where the validator has none, vectors are invalid, and the reader says so.
        self.validator.simd_visitor().is_some().then_some(self as _)
    }

    wasmparser::for_each_visit_operator!(visit);
}

impl<'a, V: VisitOperator<'a>> VisitSimdOperator<'a> for Noting<'_, V> {
    wasmparser::for_each_visit_simd_operator!(visit_simd);
}

/// A validator that lets everything pass.
struct Nothing;

macro_rules! nothing {
    ($( @$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($arity:tt)*) )*) => {$(
        fn $visit(&mut self $($(, _: $argty)*)?) {}
    )*};
}

impl<'a> VisitOperator<'a> for Nothing {
    type Output = ();

    fn simd_visitor(&mut self) -> Option<&mut dyn VisitSimdOperator<'a, Output = ()>> {
        Some(self)
    }

    wasmparser::for_each_visit_operator!(nothing);
}

impl VisitSimdOperator<'_> for Nothing {
    wasmparser::for_each_visit_simd_operator!(nothing);
}

macro_rules! always {
    ($($judge:ident: $variant:ident;)*) => {$(
        fn $judge(out: &mut MentionWriter, index: &u32) -> bool {
            out.push(Use::$variant(*index));
            true
        }
    )*};
}
for_each_index!(always);

fn memarg(out: &mut MentionWriter, memarg: &MemArg) -> bool {
    match memarg.target {
        MemArgTarget::Memory(index) => memory(out, &index),
        MemArgTarget::Array(index) => ty(out, &index),
    }
}

fn never<T>(_out: &mut MentionWriter, _immediate: &T) -> bool {
    false
}

fn heap_type(out: &mut MentionWriter, hty: &HeapType) -> bool {
    match hty {
        HeapType::Abstract { .. } => false,
        HeapType::Concrete(index) | HeapType::Exact(index) => {
            // In a module, types are mentioned by index. What is canonical by now has no index.
            index.as_module_index().is_none_or(|index| ty(out, &index))
        }
    }
}

fn ref_type(out: &mut MentionWriter, ty: &RefType) -> bool {
    heap_type(out, &ty.heap_type())
}

fn val_type(out: &mut MentionWriter, ty: &ValType) -> bool {
    match ty {
        ValType::I32 | ValType::I64 | ValType::F32 | ValType::F64 | ValType::V128 => false,
        ValType::Ref(ty) => ref_type(out, ty),
    }
}

fn val_types(out: &mut MentionWriter, types: &[ValType]) -> bool {
    types.iter().fold(false, |any, ty| any | val_type(out, ty))
}

fn block_type(out: &mut MentionWriter, block: &BlockType) -> bool {
    match block {
        BlockType::Empty => false,
        BlockType::Type(ty) => val_type(out, ty),
        BlockType::FuncType(index) => ty(out, index),
    }
}

fn try_table(out: &mut MentionWriter, table: &TryTable) -> bool {
    table.catches.iter().fold(block_type(out, &table.ty), |any, catch| {
        any | match catch {
            Catch::One { tag: index, .. } | Catch::OneRef { tag: index, .. } => tag(out, index),
            Catch::All { .. } | Catch::AllRef { .. } => false,
        }
    })
}

fn resume_table(out: &mut MentionWriter, table: &ResumeTable) -> bool {
    table.handlers.iter().fold(false, |any, handler| {
        any | match handler {
            Handle::OnLabel { tag: index, .. } | Handle::OnSwitch { tag: index } => tag(out, index),
        }
    })
}

#[cfg(test)]
mod tests;
