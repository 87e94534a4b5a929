//! Typed indices and the arenas they index.
//!
//! In: nothing. Out: one id type per kind of entity, and [`Arena`], a vector that only its own id type
//! can index. Ids are *identity*, never a position in an output index space: positions exist only in
//! [`crate::emit`], computed last. Rejected: raw `u32` between stages (two spaces mix silently), and
//! generational ids (nothing is ever freed before the arena itself).

use crate::maps::Set;
use std::fmt;
use std::hash::Hash;
use std::marker::PhantomData;
use std::ops::{Index, IndexMut};

/// A typed index into an [`Arena`].
pub trait Id: Copy + Eq + Ord + Hash + fmt::Debug {
    /// The id of the `index`-th entity of its arena.
    fn new(index: usize) -> Self;
    /// The position in the arena.
    fn index(self) -> usize;
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident($short:literal);)*) => {$(
        $(#[$doc])*
        #[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u32);
        impl Id for $name {
            fn new(index: usize) -> Self {
                Self(u32::try_from(index).expect("an arena holds fewer than 2^32 entities: inputs are smaller than that"))
            }
            fn index(self) -> usize { self.0 as usize }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, concat!($short, "{}"), self.0) }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { fmt::Debug::fmt(self, f) }
        }
    )*};
}

ids! {
    /// A component of the input, whether instantiated or not.
    StaticComponentId("component");
    /// One set of component index spaces while instantiation is carried out: of an instantiation of a
    /// component, or of an evaluation of an instance type.
    FrameId("frame");
    /// A core module of the input, whether instantiated or not.
    ModuleId("module");
    /// One instantiation of a component. The root is always `ci0`.
    ComponentInstanceId("ci");
    /// One instantiation of a core module.
    CoreInstanceId("core");
    /// A resource type, generative: each instantiation of the defining component makes a fresh one.
    ResourceId("res");
    /// A component instance's view of a resource type.
    ViewId("view");
    /// An interned defined value type.
    TypeId("type");
    /// An interned component function type.
    FuncTypeId("functype");
    /// An interned set of canonical options.
    OptionsId("opts");
    /// A `canon lift`.
    LiftId("lift");
    /// A core function made by a canonical built-in: `canon lower`, `canon resource.*`, and so on.
    TrampolineId("tramp");
    /// A function that the root component imports, at any depth inside its imported instances.
    ImportFuncId("import");
    /// A root export that is a lifted function, at any depth inside exported instances.
    ExportFuncId("export");
    /// An instance that the root exports, at any depth.
    ExportedInstanceId("instance");
    /// A synthesized function: an adapter, a boundary shim, or a piece of one.
    SynthId("synth");
    /// One instantiation of a runtime module.
    RuntimeInstanceId("rt");
    /// A memory of the result of which memories of the input are windows.
    DomainId("domain");
    /// A function of the merged module.
    FuncId("func");
    /// A table of the merged module.
    TableId("table");
    /// A memory of the merged module.
    MemoryId("mem");
    /// A global of the merged module.
    GlobalId("global");
    /// A tag of the merged module.
    TagId("tag");
    /// An element segment of the merged module.
    ElemId("elem");
    /// A data segment of the merged module.
    DataId("data");
    /// The binding of one core instance's index spaces to entities of the merged module.
    ScopeId("scope");
    /// A recursion group of core types in the merged module.
    RecGroupId("rec");
    /// A core type of the merged module: a member of a recursion group.
    CoreTypeId("coretype");
    /// A parsed runtime module, shared by all its instantiations.
    RuntimeModuleId("rtmodule");
}

/// A vector that hands out typed ids and can be indexed by nothing else.
#[derive(Clone)]
pub struct Arena<I, T> {
    items: Vec<T>,
    id: PhantomData<fn() -> I>,
}

impl<I: Id, T> Arena<I, T> {
    /// An empty arena.
    pub fn new() -> Self {
        Self { items: Vec::new(), id: PhantomData }
    }

    /// Adds `item` and returns its id.
    pub fn push(&mut self, item: T) -> I {
        let id = self.next_id();
        self.items.push(item);
        id
    }

    /// Makes room for so many more.
    pub(crate) fn reserve(&mut self, additional: usize) {
        self.items.reserve(additional);
    }

    /// The id that the next [`Arena::push`] will return.
    pub fn next_id(&self) -> I {
        I::new(self.items.len())
    }

    /// How many entities there are.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The ids, in the order of creation.
    pub fn ids(&self) -> impl ExactSizeIterator<Item = I> + DoubleEndedIterator + Clone + use<I, T> {
        (0..self.items.len()).map(I::new)
    }

    /// Ids and entities, in the order of creation.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (I, &T)> + DoubleEndedIterator {
        self.items.iter().enumerate().map(|(i, t)| (I::new(i), t))
    }

    /// Ids and entities, mutably, in the order of creation.
    pub fn iter_mut(&mut self) -> impl ExactSizeIterator<Item = (I, &mut T)> {
        self.items.iter_mut().enumerate().map(|(i, t)| (I::new(i), t))
    }

    /// Entities, in the order of creation.
    pub fn values(&self) -> std::slice::Iter<'_, T> {
        self.items.iter()
    }
}

impl<I: Id, T> Default for Arena<I, T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<I: Id, T> Index<I> for Arena<I, T> {
    type Output = T;
    fn index(&self, id: I) -> &T {
        &self.items[id.index()]
    }
}

impl<I: Id, T> IndexMut<I> for Arena<I, T> {
    fn index_mut(&mut self, id: I) -> &mut T {
        &mut self.items[id.index()]
    }
}

impl<I: Id, T: PartialEq> PartialEq for Arena<I, T> {
    fn eq(&self, other: &Self) -> bool {
        self.items == other.items
    }
}

impl<I: Id, T: Eq> Eq for Arena<I, T> {}

impl<I: Id, T> FromIterator<T> for Arena<I, T> {
    fn from_iter<It: IntoIterator<Item = T>>(iter: It) -> Self {
        Self { items: iter.into_iter().collect(), id: PhantomData }
    }
}

impl<I: Id, T: fmt::Debug> fmt::Debug for Arena<I, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// An [`Arena`] in which equal entities have equal ids.
#[derive(Clone)]
pub struct Interner<I, T> {
    items: Set<T>,
    id: PhantomData<fn() -> I>,
}

impl<I: Id, T: Eq + Hash> Interner<I, T> {
    /// An empty interner.
    pub fn new() -> Self {
        Self { items: Set::default(), id: PhantomData }
    }

    /// The id of `item`, which is added when it is new.
    pub fn intern(&mut self, item: T) -> I {
        I::new(self.items.insert_full(item).0)
    }

    /// The id of `item` if it is already here.
    pub fn find(&self, item: &T) -> Option<I> {
        self.items.get_index_of(item).map(I::new)
    }

    /// How many distinct entities there are.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Ids and entities, in the order of first appearance.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (I, &T)> + DoubleEndedIterator {
        self.items.iter().enumerate().map(|(i, t)| (I::new(i), t))
    }
}

impl<I: Id, T: Eq + Hash> Default for Interner<I, T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<I: Id, T: Eq + Hash> Index<I> for Interner<I, T> {
    type Output = T;
    fn index(&self, id: I) -> &T {
        &self.items[id.index()]
    }
}

impl<I: Id, T: fmt::Debug> fmt::Debug for Interner<I, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.items.iter().enumerate().map(|(i, t)| (I::new(i), t))).finish()
    }
}
