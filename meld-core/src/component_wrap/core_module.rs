//! Items of one core instance of the wrapper, aliased on demand.

use indexmap::IndexMap;
use wasm_encoder::{ComponentBuilder, ExportKind};

pub(super) struct CoreItems<'a> {
    instance: u32,
    aliases: IndexMap<(u8, &'a str), u32>,
}

impl<'a> CoreItems<'a> {
    pub(super) fn new(instance: u32) -> Self {
        Self { instance, aliases: IndexMap::new() }
    }

    /// The index of an export in the core index space of its kind.
    pub(super) fn get(&mut self, builder: &mut ComponentBuilder, kind: ExportKind, name: &'a str) -> u32 {
        *self
            .aliases
            .entry((kind as u8, name))
            .or_insert_with(|| builder.core_alias_export(Some(name), self.instance, name, kind))
    }
}
