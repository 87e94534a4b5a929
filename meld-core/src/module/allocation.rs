//! What instantiation allocates, and how much of that may be left out.
//!
//! In: the merged module. Out: its [`Allocation`]s: what makes instantiation ask the engine for memory, and for how
//! much. [`crate::passes::liveness`] leaves out what is not used, but an allocation that fails makes instantiation fail, whether
//! or not anybody uses what it would have made. So it is an effect, unless it cannot fail.
//!
//! What instantiation does besides, in the order of the core specification: it evaluates the initializers of globals, of
//! tables and of the items of element segments, all of them, also those of passive and declared ones; it allocates
//! memories and tables at their minimum size; it carries out active segments; it calls the start function. Segments
//! that may trap are [`crate::passes::start`]'s affair, and calls are always live. Of what constant expressions consist of,
//! constants, `global.get`, `ref.null`, `ref.func` and arithmetic do nothing but compute; `ref.i31` and the conversions
//! between `any` and `extern` make no object. `struct.new`, `array.new`, their `_default` forms and `array.new_fixed`
//! allocate, and nothing else does: `array.new_data` and `array.new_elem` are not constant, nor is any cast.
//! None of these traps but for want of memory.
//!
//! An allocation of a known, small size fails only where the machine is out of memory at that moment, or where the
//! embedder has set its limits just so: the fused module may need less than its input did, and may work where the input
//! did not. But it must fail where the input fails everywhere, such as for an array of 2^31 elements, or a table
//! of 2^32. Small is not a matter of each alone: many small ones are a large one. So what is left out of a module
//! is small altogether, for each kind of store, and what is above that stays, the largest first ([`Store::budget`]).
//! Whatever stays is allocated as the input has it, so that it is never wrong to keep too much.
//!
//! Rejected: keeping all of them, because unused memories and the vtables of dead classes are what liveness is for.

use crate::error::MergeError;
use crate::ids::{ElemId, GlobalId, Id, ScopeId};
use crate::maps::Map;
use crate::module::consts::ConstValue;
use crate::module::reach::Marks;
use crate::module::references::{Entity, Use};
use crate::module::{GlobalDef, MergedModule, ModuleKey};
use std::rc::Rc;
use wasmparser::{CompositeInnerType, ConstExpr, ElementItems, Operator, StorageType, TableInit, ValType};

/// Where an engine takes memory from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Store {
    /// Linear memories.
    Memories,
    /// Tables.
    Tables,
    /// Objects.
    Heap,
}

impl Store {
    pub(crate) const ALL: [Store; 3] = [Store::Memories, Store::Tables, Store::Heap];

    /// How many bytes may be left out altogether.
    pub(crate) fn budget(self) -> u64 {
        match self {
            // 256 pages: the usual minimum of what tools build is below that.
            Store::Memories => 16 << 20,
            Store::Tables | Store::Heap => 1 << 20,
        }
    }
}

/// Something that instantiation allocates.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Allocation {
    /// What it is for.
    pub(crate) item: AllocatedItem,
    pub(crate) store: Store,
    /// At most so many bytes, `u64::MAX` where nothing is known.
    pub(crate) bytes: u64,
}

/// What is allocated, or what has an initializer that allocates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum AllocatedItem {
    Memory(crate::ids::MemoryId),
    Table(crate::ids::TableId),
    Global(GlobalId),
    Elem(ElemId),
}

impl AllocatedItem {
    /// The item as something to be reached.
    pub(crate) fn entity(self) -> Entity {
        match self {
            AllocatedItem::Memory(id) => Use::Memory(id),
            AllocatedItem::Table(id) => Use::Table(id),
            AllocatedItem::Global(id) => Use::Global(id),
            AllocatedItem::Elem(id) => Use::Elem(id),
        }
    }

    /// Whether it has been reached.
    pub(crate) fn is_marked(self, marks: &Marks) -> bool {
        match self {
            AllocatedItem::Memory(id) => marks.memories[id.index()],
            AllocatedItem::Table(id) => marks.tables[id.index()],
            AllocatedItem::Global(id) => marks.globals[id.index()],
            AllocatedItem::Elem(id) => marks.elems[id.index()],
        }
    }
}

/// Bytes of a reference, in tables and objects.
const REFERENCE: u64 = 8;
/// Bytes that an object has besides its fields.
const HEADER: u64 = 32;
/// Log2 of the page size of a memory without a custom one.
const PAGE_SIZE_LOG2: u32 = 16;

impl MergedModule<'_> {
    /// Everything that instantiation allocates.
    pub(crate) fn allocations(&self) -> Result<Vec<Allocation>, MergeError> {
        let mut sizes = Sizes { module: self, types: Map::default() };
        let mut found = Vec::new();
        let mut add = |item, store, bytes| {
            if bytes > 0 {
                found.push(Allocation { item, store, bytes });
            }
        };
        for id in self.memories.ids() {
            let ty = self.memory(id);
            let bytes = u128::from(ty.initial) << ty.page_size_log2.unwrap_or(PAGE_SIZE_LOG2);
            add(AllocatedItem::Memory(id), Store::Memories, u64::try_from(bytes).unwrap_or(u64::MAX));
        }
        for (id, origin) in self.tables.iter() {
            let table = self.table(id);
            add(AllocatedItem::Table(id), Store::Tables, table.ty.initial.saturating_mul(REFERENCE));
            if let TableInit::Expr(init) = &table.init {
                add(AllocatedItem::Table(id), Store::Heap, sizes.of(origin.scope, init)?);
            }
        }
        for (id, global) in self.globals.iter() {
            if let GlobalDef::Guest(origin) = *global
                && self.global_values[id.index()].is_none()
            {
                let init = &self.module_of(origin.scope).globals[origin.index as usize].init_expr;
                add(AllocatedItem::Global(id), Store::Heap, sizes.of(origin.scope, init)?);
            }
        }
        for (id, segment) in self.elems.iter() {
            let ElementItems::Expressions(_, items) = &self.elem(id).items else { continue };
            let mut bytes = 0u64;
            for item in items.clone() {
                bytes = bytes.saturating_add(sizes.of(segment.origin.scope, &item?)?);
            }
            add(AllocatedItem::Elem(id), Store::Heap, bytes);
        }
        Ok(found)
    }
}

/// The size of an object of a type.
#[derive(Clone, Copy)]
enum ObjectShape {
    /// A struct with fields of so many bytes.
    Struct(u64),
    /// An array of elements of so many bytes.
    Array(u64),
    /// No object.
    Other,
}

struct Sizes<'m, 'd> {
    module: &'m MergedModule<'d>,
    /// The types of each module, when they are first asked for.
    types: Map<ModuleKey, Rc<[ObjectShape]>>,
}

impl Sizes<'_, '_> {
    /// How many bytes of objects a constant expression allocates at most.
    fn of(&mut self, scope: ScopeId, expr: &ConstExpr<'_>) -> Result<u64, MergeError> {
        let mut bytes = 0u64;
        // Operands, as far as they are known numbers. The length of an array is its last operand, so that what
        // an object leaves of the operands before it does not matter, and is forgotten.
        let mut stack: Vec<Option<i32>> = Vec::new();
        for operator in expr.get_operators_reader() {
            let operator = operator?;
            let value = match operator {
                Operator::I32Const { value } => Some(value),
                Operator::GlobalGet { global_index } => {
                    let global = self.module.scopes[scope].global(global_index)?;
                    match self.module.global_values.get(global.index()).copied().flatten() {
                        Some(ConstValue::I32(value)) => Some(value),
                        _ => None,
                    }
                }
                Operator::I32Add | Operator::I32Sub | Operator::I32Mul => {
                    let (b, a) = (stack.pop().flatten(), stack.pop().flatten());
                    a.zip(b).map(|(a, b)| match operator {
                        Operator::I32Add => a.wrapping_add(b),
                        Operator::I32Sub => a.wrapping_sub(b),
                        _ => a.wrapping_mul(b),
                    })
                }
                Operator::StructNew { struct_type_index: ty }
                | Operator::StructNewDefault { struct_type_index: ty } => {
                    bytes = bytes.saturating_add(self.object(scope, ty, None)?);
                    stack.clear();
                    None
                }
                Operator::ArrayNew { array_type_index: ty } | Operator::ArrayNewDefault { array_type_index: ty } => {
                    let length = stack.pop().flatten().map(|length| u64::from(length.cast_unsigned()));
                    bytes = bytes.saturating_add(self.object(scope, ty, length)?);
                    stack.clear();
                    None
                }
                Operator::ArrayNewFixed { array_type_index: ty, array_size } => {
                    bytes = bytes.saturating_add(self.object(scope, ty, Some(u64::from(array_size)))?);
                    stack.clear();
                    None
                }
                // Whatever else there may be one day: see the list above.
                Operator::StructNewDesc { .. } | Operator::StructNewDefaultDesc { .. } => return Ok(u64::MAX),
                _ => None,
            };
            stack.push(value);
        }
        Ok(bytes)
    }

    /// The bytes of an object of type `ty`; of an array, with so many elements.
    fn object(&mut self, scope: ScopeId, ty: u32, length: Option<u64>) -> Result<u64, MergeError> {
        let key = self.module.scopes[scope].module;
        let types = self.types.entry(key).or_insert_with(|| shapes(self.module, key));
        Ok(match types.get(ty as usize) {
            Some(ObjectShape::Struct(bytes)) => bytes.saturating_add(HEADER),
            Some(ObjectShape::Array(bytes)) => match length {
                Some(length) => length.saturating_mul(*bytes).saturating_add(HEADER),
                None => u64::MAX,
            },
            _ => u64::MAX,
        })
    }
}

fn shapes(module: &MergedModule<'_>, key: ModuleKey) -> Rc<[ObjectShape]> {
    let types = module.module(key).rec_groups.iter().flat_map(|group| group.types());
    let shape = |ty: &wasmparser::SubType| match &ty.composite_type.inner {
        CompositeInnerType::Struct(fields) => {
            ObjectShape::Struct(fields.fields.iter().map(|field| bytes(field.element_type)).sum())
        }
        CompositeInnerType::Array(array) => ObjectShape::Array(bytes(array.0.element_type)),
        _ => ObjectShape::Other,
    };
    types.map(shape).collect()
}

fn bytes(ty: StorageType) -> u64 {
    match ty {
        StorageType::I8 => 1,
        StorageType::I16 => 2,
        StorageType::Val(ValType::I32 | ValType::F32) => 4,
        StorageType::Val(ValType::I64 | ValType::F64) => 8,
        StorageType::Val(ValType::V128) => 16,
        StorageType::Val(ValType::Ref(_)) => REFERENCE,
    }
}
