//! What is known of each local.
//!
//! A persistent map from locals to values, because each open block keeps a version. Versions share
//! equal parts. A write copies a few nodes. A merge of two versions visits only what differs, and each pair of
//! nodes once. Rejected: an ordered map for each version, which takes the product of the nesting and of the number of locals.

use crate::passes::stack::frames::value::Value;
use std::collections::HashMap;
use std::rc::Rc;

/// Children of a node, and values in a leaf.
const WIDTH: usize = 1 << BITS;
const BITS: u32 = 3;
/// Enough levels for as many locals as a function may have.
const LEVELS: u32 = 6;

#[derive(Debug, Clone)]
enum Node {
    Leaf(Rc<[Value; WIDTH]>),
    Inner(Rc<[Option<Node>; WIDTH]>),
}

impl Node {
    fn address(&self) -> usize {
        match self {
            Node::Leaf(values) => Rc::as_ptr(values) as usize,
            Node::Inner(children) => Rc::as_ptr(children) as usize,
        }
    }
}

fn address(node: Option<&Node>) -> usize {
    node.map_or(0, Node::address)
}

/// Locals and their values.
#[derive(Debug, Clone)]
pub(super) struct Locals {
    root: Option<Node>,
    /// The value of each local that is in no node.
    rest: Value,
}

/// How two values become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Merge {
    Join,
    Widen,
}

impl Merge {
    /// Both values, and the lowest distance from E that is no longer known then.
    pub(super) fn of(self, one: Value, other: Value) -> (Value, Option<i32>) {
        let merged = match self {
            _ if one == other => one,
            Merge::Join => one.join(other),
            Merge::Widen => one.widened(other),
        };
        let lost = match merged.low() {
            Some(_) => None,
            None => one.low().into_iter().chain(other.low()).min(),
        };
        (merged, lost)
    }
}

/// Two nodes, and how they were merged.
type LocalKey = (usize, usize, Merge);

/// Nodes that have been merged, and what came of it. They are kept, so that no other one gets their address.
#[derive(Debug, Default)]
pub(super) struct Merged(HashMap<LocalKey, Outcome>);

#[derive(Debug, Clone)]
struct Outcome {
    _merged: [Option<Node>; 2],
    node: Option<Node>,
    lost: Option<i32>,
}

impl Locals {
    /// Each local has the same value.
    pub(super) fn all(rest: Value) -> Self {
        Self { root: None, rest }
    }

    /// What is known of a local.
    pub(super) fn get(&self, local: u32) -> Value {
        let mut node = self.root.as_ref();
        for level in (0..LEVELS).rev() {
            match node {
                Some(Node::Inner(children)) => node = children[slot(local, level)].as_ref(),
                Some(Node::Leaf(values)) => return values[slot(local, level)],
                None => return self.rest,
            }
        }
        self.rest
    }

    /// Writes a local.
    pub(super) fn set(&mut self, local: u32, value: Value) {
        if self.get(local) != value {
            set(&mut self.root, LEVELS - 1, local, value, self.rest);
        }
    }

    /// Both, value by value, and the lowest distance from E that is no longer known then.
    pub(super) fn merge(&self, other: &Self, how: Merge, merged: &mut Merged) -> (Self, Option<i32>) {
        let (rest, lost) = how.of(self.rest, other.rest);
        let mut merging = Merging { how, rests: (self.rest, other.rest), merged };
        let (root, more) = merging.merge(self.root.as_ref(), other.root.as_ref(), LEVELS - 1);
        (Self { root, rest }, lowest(lost, more))
    }

    /// Whether all values are known to be the same.
    pub(super) fn same(&self, other: &Self) -> bool {
        self.rest == other.rest && same(self.root.as_ref(), other.root.as_ref())
    }
}

/// The lower one of both.
pub(super) fn lowest(one: Option<i32>, other: Option<i32>) -> Option<i32> {
    one.into_iter().chain(other).min()
}

fn slot(local: u32, level: u32) -> usize {
    (local >> (level * BITS)) as usize % WIDTH
}

fn set(node: &mut Option<Node>, level: u32, local: u32, value: Value, rest: Value) {
    let here = node.get_or_insert_with(|| match level {
        0 => Node::Leaf(Rc::new([rest; WIDTH])),
        _ => Node::Inner(Rc::new([const { None }; WIDTH])),
    });
    match here {
        Node::Leaf(values) => Rc::make_mut(values)[slot(local, level)] = value,
        Node::Inner(children) => set(&mut Rc::make_mut(children)[slot(local, level)], level - 1, local, value, rest),
    }
}

fn same(one: Option<&Node>, other: Option<&Node>) -> bool {
    match (one, other) {
        _ if address(one) == address(other) => true,
        (Some(Node::Leaf(one)), Some(Node::Leaf(other))) => one == other,
        (Some(Node::Inner(one)), Some(Node::Inner(other))) => {
            one.iter().zip(&**other).all(|(one, other)| same(one.as_ref(), other.as_ref()))
        }
        _ => false,
    }
}

struct Merging<'m> {
    how: Merge,
    rests: (Value, Value),
    merged: &'m mut Merged,
}

impl Merging<'_> {
    fn merge(&mut self, one: Option<&Node>, other: Option<&Node>, level: u32) -> (Option<Node>, Option<i32>) {
        if address(one) == address(other) {
            return (one.cloned(), None);
        }
        // Nodes that are not there are as different as their values.
        let known = self.rests.0 == self.rests.1;
        let key = (address(one), address(other), self.how);
        if known && let Some(outcome) = self.merged.0.get(&key) {
            return (outcome.node.clone(), outcome.lost);
        }
        let (node, lost) = if level == 0 { self.leaf(one, other) } else { self.inner(one, other, level) };
        if known {
            let outcome = Outcome { _merged: [one.cloned(), other.cloned()], node: node.clone(), lost };
            self.merged.0.insert(key, outcome);
        }
        (node, lost)
    }

    fn leaf(&self, one: Option<&Node>, other: Option<&Node>) -> (Option<Node>, Option<i32>) {
        let value = |node: Option<&Node>, at: usize, rest: Value| match node {
            Some(Node::Leaf(values)) => values[at],
            _ => rest,
        };
        let mut values = [self.rests.0; WIDTH];
        let mut lost = None;
        for (at, slot) in values.iter_mut().enumerate() {
            let (merged, more) = self.how.of(value(one, at, self.rests.0), value(other, at, self.rests.1));
            *slot = merged;
            lost = lowest(lost, more);
        }
        // Where nothing became another value, the node is shared.
        let node = match (one, other) {
            (Some(Node::Leaf(before)), _) if **before == values => one.cloned(),
            (_, Some(Node::Leaf(before))) if **before == values => other.cloned(),
            _ => Some(Node::Leaf(Rc::new(values))),
        };
        (node, lost)
    }

    fn inner(&mut self, one: Option<&Node>, other: Option<&Node>, level: u32) -> (Option<Node>, Option<i32>) {
        let child = |node: Option<&Node>, at: usize| match node {
            Some(Node::Inner(children)) => children[at].clone(),
            _ => None,
        };
        let mut children = [const { None }; WIDTH];
        let mut lost = None;
        for (at, slot) in children.iter_mut().enumerate() {
            let (merged, more) = self.merge(child(one, at).as_ref(), child(other, at).as_ref(), level - 1);
            *slot = merged;
            lost = lowest(lost, more);
        }
        let kept = |node: Option<&Node>| match node {
            Some(Node::Inner(before)) => {
                before.iter().zip(&children).all(|(one, other)| address(one.as_ref()) == address(other.as_ref()))
            }
            _ => false,
        };
        let node = match () {
            () if kept(one) => one.cloned(),
            () if kept(other) => other.cloned(),
            () => Some(Node::Inner(Rc::new(children))),
        };
        (node, lost)
    }
}
