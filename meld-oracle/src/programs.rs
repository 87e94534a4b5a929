//! Random programs over handles: compositions of two to five instances that make, pass, lend, keep, drop and hand on
//! handles as the host tells them to.
//!
//! In: a seed. Out: a [`World`], as text, and [`Program`]s for it. Every instance exports its core imports as they are
//! ("raw"): the host then says which index goes where and hears which index came back, so that it sees the very numbers
//! that the guest sees. What an instance exports for its siblings, an *open* one exports to the host as well.
//!
//! A program is made up while it runs in the input: each step takes handles that exist at that moment, or now and then
//! something else, and the program ends at the first trap. It names handles by the step that made them and not by their
//! indices; see [`World::exact`] for where these may differ.
//! Rejected: programs inside the guests (the host could not choose what happens next by what happened).

mod program;
mod run;
mod text;

pub use program::{Program, Step};
pub use run::{Difference, differ, differ_with, shrunk};

use crate::generate::Random;
use meld_core::report::{Handles, Report};
use std::collections::BTreeSet;

/// A composition.
#[derive(Debug, Clone)]
pub struct World {
    /// Its instances; each may call those before it.
    pub instances: Vec<Instance>,
    /// Its resources.
    pub resources: Vec<Resource>,
}

/// An instance of a component of its own.
#[derive(Debug, Clone, Default)]
pub struct Instance {
    /// The instances that it calls.
    pub providers: Vec<usize>,
    /// The resources whose handles it may have, in order.
    pub knows: BTreeSet<usize>,
    /// Whether the host may call it with handles, and not only tell it what to do with its own.
    pub open: bool,
}

/// A resource.
#[derive(Debug, Clone, Copy)]
pub struct Resource {
    /// The instance that defines it; `None` for the host.
    pub owner: Option<usize>,
    /// Whether it has a destructor that the host hears of.
    pub dtor: bool,
}

impl World {
    /// The world of a seed.
    pub fn random(random: &mut Random) -> World {
        let count = 2 + random.below(4);
        let mut world = World { instances: Vec::new(), resources: Vec::new() };
        let closed = random.one_in(4);
        for _ in 0..if closed { 0 } else { random.below(3) } {
            world.resources.push(Resource { owner: None, dtor: true });
        }
        // Now and then nothing crosses from one instance to another, or only one has anything.
        let apart = random.one_in(4);
        let alone = apart && random.one_in(2);
        for k in 0..count {
            let mut instance = Instance::default();
            for q in (0..world.resources.len()).filter(|q| world.resources[*q].owner.is_none()) {
                let free = !apart || world.instances.iter().all(|other: &Instance| !other.knows.contains(&q));
                if free && !(alone && k > 0) && random.one_in(2) {
                    instance.knows.insert(q);
                }
            }
            for j in (0..k).filter(|_| !apart) {
                // The one before as a rule, so that there are chains.
                if random.one_in(if j + 1 == k { 1 } else { 3 }) && !random.one_in(6) {
                    instance.providers.push(j);
                    instance.knows.extend(&world.instances[j].knows);
                }
            }
            // An instance without a resource is of no use, save that another is alone beside it.
            let fewest = usize::from(instance.knows.is_empty() && (!apart || k == 0));
            for _ in 0..fewest.max(if alone && k > 0 { 0 } else { random.below(if apart { 2 } else { 3 }) }) {
                instance.knows.insert(world.resources.len());
                world.resources.push(Resource { owner: Some(k), dtor: !random.one_in(4) });
            }
            world.instances.push(instance);
        }
        for k in 0..count {
            let nameable = world.instances[k].knows.iter().all(|q| match world.resources[*q].owner {
                Some(owner) => owner == k || world.instances[owner].open,
                None => true,
            });
            world.instances[k].open = nameable && !closed && (apart || random.one_in(2));
        }
        world
    }

    /// Whether the host can have handles of resource `q`.
    fn is_known_to_host(&self, q: usize) -> bool {
        self.resources[q].owner.is_none_or(|owner| self.instances[owner].open)
    }

    /// Whether `k` sees the indices that it sees in the input, by what the fusion says of where handles are. An
    /// instance with a table of its own does. One whose handles are in the table of the host does if no other
    /// instance holds a resource that the host knows: no other instance has handles there then, not even in passing.
    pub fn exact(&self, report: &Report, k: usize) -> bool {
        let path = format!("i{k}");
        let tabled = report
            .resources
            .iter()
            .any(|resource| resource.handles == Handles::Tabled && resource.holders.contains(&path));
        let other =
            |(j, instance): (usize, &Instance)| j != k && instance.knows.iter().any(|q| self.is_known_to_host(*q));
        self.instances[k].knows.is_empty() || tabled || !self.instances.iter().enumerate().any(other)
    }
}
