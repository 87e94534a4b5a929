//! Core types of all modules in one type section.
//!
//! In: the recursion groups of each module and the plain function types of synthesized code. Out: one
//! [`CoreTypeId`] per distinct type. Types are iso-recursive: two groups are the same type exactly if they
//! are equal after references into the group are made relative and references out of it are replaced by
//! what they mean. That normal form, encoded, is the key by which groups are interned. A group can refer
//! only to itself and to earlier ones, so groups stay in order of first appearance.
//! Rejected: the validator's canonical ids (they cannot be encoded again without the same walk).

use crate::error::MergeError;
use crate::ids::{Arena, CoreTypeId, Id, RecGroupId};
use crate::input::CoreModule;
use crate::maps::Map;
use crate::module::entities::ModuleKey;
use crate::module::remap::{Bridge, Remap};
use indexmap::IndexMap;
use std::ops::Range;
use std::rc::Rc;
use wasm_encoder::reencode::Reencode;
use wasm_encoder::{CompositeInnerType, CompositeType, Encode, FuncType, SubType, TypeSection, ValType};

/// All core types of a merged module.
#[derive(Default)]
pub struct TypeStore {
    groups: Arena<RecGroupId, Group>,
    types: Arena<CoreTypeId, TypeInfo>,
    interned: Map<Vec<u8>, RecGroupId>,
    /// The normal form of the group that is being interned; the buffer is used again.
    key: Vec<u8>,
    modules: IndexMap<ModuleKey, Rc<[CoreTypeId]>>,
}

/// A recursion group.
pub(crate) struct Group {
    /// Where its definition is read when it is emitted.
    pub(crate) source: GroupSource,
    /// The first type and the number of types.
    pub(crate) first: CoreTypeId,
    /// How many types.
    pub(crate) len: usize,
    /// Types of other groups that it mentions.
    pub(crate) mentions: Vec<CoreTypeId>,
}

/// Where the definition of a group is.
pub(crate) enum GroupSource {
    /// A group of a module, by position.
    Module(ModuleKey, usize),
    /// A plain function type.
    Func(FuncType),
}

struct TypeInfo {
    group: RecGroupId,
    params: Option<usize>,
    has_supertype: bool,
    is_continuation: bool,
    /// Of a function whose parameters and results are numbers: its type.
    numbers: Option<Box<FuncType>>,
}

/// Makes references relative to the group and notes the others.
struct Normal<'s> {
    module: &'s [CoreTypeId],
    group: Range<u32>,
    mentions: Vec<CoreTypeId>,
}

/// Bit that marks a reference into the group itself; there are never 2^31 types.
const RELATIVE: u32 = 1 << 31;

impl Remap for Normal<'_> {
    fn ty(&mut self, index: u32) -> Result<u32, MergeError> {
        if self.group.contains(&index) {
            return Ok(RELATIVE | (index - self.group.start));
        }
        let id = self.module.get(index as usize).copied().ok_or_else(|| MergeError::Missing {
            item: "a recursion group".to_string(),
            missing: format!("type {index}"),
        })?;
        self.mentions.push(id);
        Ok(id.index() as u32)
    }
}

impl TypeStore {
    /// The type index space of a module.
    pub(crate) fn module(&mut self, key: ModuleKey, module: &CoreModule<'_>) -> Result<Rc<[CoreTypeId]>, MergeError> {
        if let Some(known) = self.modules.get(&key) {
            return Ok(known.clone());
        }
        let mut space: Vec<CoreTypeId> = Vec::new();
        for (position, group) in module.rec_groups.iter().enumerate() {
            let first = space.len() as u32;
            let len = group.types().len();
            let mut normal = Normal { module: &space, group: first..first + len as u32, mentions: Vec::new() };
            let types =
                group.types().map(|ty| Bridge(&mut normal).sub_type(ty.clone())).collect::<Result<Vec<_>, _>>()?;
            let mentions = normal.mentions;
            let id = self.intern(&types, mentions, GroupSource::Module(key, position));
            space.extend(self.members(id));
        }
        let space: Rc<[CoreTypeId]> = space.into();
        self.modules.insert(key, space.clone());
        Ok(space)
    }

    /// A plain function type.
    pub fn func(&mut self, params: &[ValType], results: &[ValType]) -> CoreTypeId {
        let ty = FuncType::new(params.iter().copied(), results.iter().copied());
        let composite = CompositeType {
            inner: CompositeInnerType::Func(ty.clone()),
            shared: false,
            descriptor: None,
            describes: None,
        };
        let sub = SubType { is_final: true, supertype_idxs: Vec::new(), composite_type: composite };
        let group = self.intern(&[sub], Vec::new(), GroupSource::Func(ty));
        self.groups[group].first
    }

    fn intern(&mut self, types: &[SubType], mentions: Vec<CoreTypeId>, source: GroupSource) -> RecGroupId {
        let mut section = TypeSection::new();
        for ty in types {
            section.ty().subtype(ty);
        }
        self.key.clear();
        section.encode(&mut self.key);
        if let Some(&known) = self.interned.get(&self.key) {
            return known;
        }
        let first = self.types.next_id();
        let group = self.groups.push(Group { source, first, len: types.len(), mentions });
        for ty in types {
            let params = match &ty.composite_type.inner {
                CompositeInnerType::Func(func) => Some(func.params().len()),
                _ => None,
            };
            let is_continuation = matches!(ty.composite_type.inner, CompositeInnerType::Cont(_));
            let numbers = numbers(&ty.composite_type.inner);
            let has_supertype = !ty.supertype_idxs.is_empty();
            self.types.push(TypeInfo { group, params, has_supertype, is_continuation, numbers });
        }
        self.interned.insert(self.key.clone(), group);
        group
    }

    /// The types of a group.
    pub(crate) fn members(&self, group: RecGroupId) -> impl Iterator<Item = CoreTypeId> + use<> {
        let first = self.groups[group].first.index();
        (first..first + self.groups[group].len).map(CoreTypeId::new)
    }

    /// The group of a type.
    pub(crate) fn group_of(&self, ty: CoreTypeId) -> RecGroupId {
        self.types[ty].group
    }

    /// All groups, in an order in which each refers only to itself and to earlier ones.
    pub(crate) fn groups(&self) -> impl Iterator<Item = (RecGroupId, &Group)> {
        self.groups.iter()
    }

    /// A group.
    pub(crate) fn group(&self, id: RecGroupId) -> &Group {
        &self.groups[id]
    }

    /// The number of parameters, if it is a function type.
    pub(crate) fn params(&self, ty: CoreTypeId) -> Option<usize> {
        self.types[ty].params
    }

    /// The type, if it is that of a function whose parameters and results are all numbers.
    pub(crate) fn numbers(&self, ty: CoreTypeId) -> Option<&FuncType> {
        self.types[ty].numbers.as_deref()
    }

    /// Whether values of the type may be of another type as well.
    pub(crate) fn has_supertype(&self, ty: CoreTypeId) -> bool {
        self.types[ty].has_supertype
    }

    /// Whether it is a type of stacks that are switched to.
    pub(crate) fn is_continuation(&self, ty: CoreTypeId) -> bool {
        self.types[ty].is_continuation
    }

    /// The number of types.
    pub(crate) fn len(&self) -> usize {
        self.types.len()
    }

    /// The number of groups.
    pub(crate) fn group_count(&self) -> usize {
        self.groups.len()
    }

    /// The type index space of a module that has been added.
    pub(crate) fn space(&self, key: ModuleKey) -> Option<&Rc<[CoreTypeId]>> {
        self.modules.get(&key)
    }
}

/// A copy of a function type all of whose types are numbers.
fn numbers(ty: &CompositeInnerType) -> Option<Box<FuncType>> {
    let CompositeInnerType::Func(func) = ty else { return None };
    let mut values = func.params().iter().chain(func.results());
    values.all(|ty| !matches!(ty, ValType::Ref(_) | ValType::V128)).then(|| Box::new(func.clone()))
}
