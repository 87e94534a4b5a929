//! The walk over the bytes: validator and builders side by side.
//!
//! In: the bytes. Out: the [`Component`]. Components and modules in progress are on a stack on the heap,
//! and every payload is validated before anything is taken from it. Offsets are those of the input.

use super::body::BodyWalker;
use super::builder::{ModuleBuilder, read_names};
use super::guard::Guard;
use super::{Component, DebugNames, Item, StaticComponent};
use crate::error::{ParseError, ValidationError};
use crate::ids::{Arena, Id, ModuleId, StaticComponentId};
use crate::input::{CoreModule, features};
use crate::input::{World, WorldItem};
use std::ops::Range;
use wasmparser::component_types::ComponentItem;
use wasmparser::types::Types;
use wasmparser::{
    ComponentAlias, ComponentExternName, ComponentExternalKind, ComponentName, ComponentTypeRef, Encoding, FromReader,
    KnownCustom, Parser, Payload, SectionLimited, ValidPayload, Validator,
};

/// Parses and validates `bytes`, a component whose first imports are the components `apart`.
pub(super) fn walk<'a>(input: &str, bytes: &'a [u8], apart: &[(&str, &'a [u8])]) -> Result<Component<'a>, ParseError> {
    let mut walk = ComponentWalk {
        input,
        bytes,
        components: Arena::new(),
        modules: Arena::new(),
        open: Vec::new(),
        module: None,
        bodies: BodyWalker::default(),
        end: None,
    };
    let root = walk.components.next_id();
    let types = walk.component()?;
    let mut size = bytes.len();
    let mut world = world(&walk.components[root], types);
    world.imports.drain(..apart.len().min(world.imports.len()));
    let is_import = |item: &Item<'_>| matches!(item, Item::Import(_));
    let imports = walk.components[root].items.iter().enumerate().filter(|(_, item)| is_import(item));
    let places: Vec<usize> = imports.map(|(place, _)| place).take(apart.len()).collect();
    for (&(input, bytes), place) in apart.iter().zip(places) {
        (walk.input, walk.bytes) = (input, bytes);
        let component = walk.components.next_id();
        walk.component()?;
        walk.components[component].parent = Some(root);
        walk.components[root].items[place] = Item::Component(component);
        size += bytes.len();
    }
    Ok(Component { components: walk.components, root, modules: walk.modules, world, bytes: size })
}

struct ComponentWalk<'n, 'a> {
    input: &'n str,
    bytes: &'a [u8],
    components: Arena<StaticComponentId, StaticComponent<'a>>,
    modules: Arena<ModuleId, CoreModule<'a>>,
    /// Components in progress, the outermost first.
    open: Vec<StaticComponentId>,
    /// The module in progress, inside the innermost of `open`.
    module: Option<ModuleBuilder<'a>>,
    bodies: BodyWalker,
    /// The validator's types of the outermost component.
    end: Option<Types>,
}

impl<'a> ComponentWalk<'_, 'a> {
    /// Parses and validates [`ComponentWalk::bytes`], a component. Returns the validator's types of it.
    fn component(&mut self) -> Result<Types, ParseError> {
        let (input, bytes) = (self.input, self.bytes);
        match bytes.first_chunk() {
            Some(b"\0asm") => {}
            _ => return Err(ParseError::NotWasm { input: input.to_string() }),
        }
        let (mut guard, mut validator) = (Guard::default(), Validator::new_with_features(features()));
        let mut parser = Parser::new(0);
        parser.set_features(features());
        for payload in parser.parse_all(bytes) {
            let payload = payload.map_err(|source| self.invalid(source))?;
            if self.open.is_empty()
                && let Payload::Version { encoding: Encoding::Module, .. } = payload
            {
                return Err(ParseError::CoreModule { input: input.to_string() });
            }
            let valid = guard.validate(&mut validator, &payload, bytes).map_err(|error| match error {
                ValidationError::Invalid(source) => self.invalid(source),
                ValidationError::Unsupported { offset, what } => self.unsupported(offset, what),
            })?;
            match valid {
                ValidPayload::Func(func, body) => {
                    let module = self.module.as_mut().expect("the validator accepts bodies in modules only");
                    let index = func.index;
                    match self.bodies.walk(func, &body, module.start, module.noted()) {
                        Ok(body) => module.body(body),
                        Err(source) => {
                            let at = format!("{}, function {index}", self.place());
                            return Err(ParseError::Invalid { input: input.to_string(), at, source: source.into() });
                        }
                    }
                }
                ValidPayload::End(types) => self.end(types),
                ValidPayload::Ok | ValidPayload::Parser(_) => self.payload(payload)?,
            }
        }
        // The parser reports a missing end itself.
        self.end.take().ok_or_else(|| ParseError::NotWasm { input: input.to_string() })
    }

    fn invalid(&self, source: impl Into<crate::error::Cause>) -> ParseError {
        ParseError::Invalid { input: self.input.to_string(), at: self.place(), source: source.into() }
    }

    fn unsupported(&self, offset: u64, what: &'static str) -> ParseError {
        ParseError::Unsupported { input: self.input.to_string(), at: self.place(), offset, what }
    }

    /// What is in progress: the way from the outermost component, by position among the nested components
    /// and core modules of each. Names are at the end of a component and not known yet.
    fn place(&self) -> String {
        let position = |parent: StaticComponentId, wanted: fn(&Item<'_>) -> bool, before: Option<StaticComponentId>| {
            let is_before = |item: &&Item<'_>| !matches!(item, Item::Component(id) if Some(*id) == before);
            self.components[parent].items.iter().take_while(is_before).filter(|item| wanted(item)).count()
        };
        let mut place = "the component".to_string();
        for pair in self.open.windows(2) {
            let nested = position(pair[0], |item| matches!(item, Item::Component(_)), Some(pair[1]));
            place += &format!(", nested component {nested}");
        }
        if let (Some(_), Some(&current)) = (&self.module, self.open.last()) {
            let module = position(current, |item| matches!(item, Item::Module(_)), None);
            place += &format!(", core module {module}");
        }
        place
    }

    /// The innermost component in progress.
    fn current(&mut self) -> &mut StaticComponent<'a> {
        let current = *self.open.last().expect("sections are between the header and the end of a component");
        &mut self.components[current]
    }

    /// Takes what is in a payload that the validator has accepted.
    fn payload(&mut self, payload: Payload<'a>) -> Result<(), ParseError> {
        if let Some(module) = &mut self.module {
            return module.section(payload).map_err(|source| self.invalid(source));
        }
        match payload {
            // A nested component has been opened by its section already.
            Payload::Version { .. } if self.open.is_empty() => {
                let root = self.components.push(StaticComponent::default());
                self.open.push(root);
            }
            Payload::ModuleSection { unchecked_range, .. } => {
                // The range is what the section claims; the parser fails later if the input is shorter.
                let range = clamp(unchecked_range, self.bytes.len());
                self.module = Some(ModuleBuilder::new(&self.bytes[range.clone()], range.start));
            }
            Payload::ComponentSection { .. } => {
                let parent = self.open.last().copied();
                let nested = self.components.push(StaticComponent { parent, ..StaticComponent::default() });
                self.current().items.push(Item::Component(nested));
                self.open.push(nested);
            }
            Payload::InstanceSection(section) => self.items(section, Item::CoreInstance)?,
            Payload::CoreTypeSection(section) => self.items(section, Item::CoreType)?,
            Payload::ComponentInstanceSection(section) => self.items(section, Item::Instance)?,
            Payload::ComponentTypeSection(section) => self.items(section, Item::Type)?,
            Payload::ComponentCanonicalSection(section) => self.items(section, Item::Canon)?,
            Payload::ComponentAliasSection(section) => self.items(section, Item::Alias)?,
            Payload::ComponentImportSection(section) => self.items(section, Item::Import)?,
            Payload::ComponentExportSection(section) => self.items(section, Item::Export)?,
            Payload::ComponentStartSection { range, .. } => {
                return Err(self.unsupported(range.start, "start functions of components"));
            }
            Payload::CustomSection(section) => match section.as_known() {
                KnownCustom::ComponentName(names) => {
                    for name in names.into_iter().map_while(Result::ok) {
                        debug_name(&mut self.current().names, name);
                    }
                }
                _ => self.current().customs.push((section.name(), section.data())),
            },
            _ => {}
        }
        Ok(())
    }

    /// Takes the items of a section. Values are looked for here, so that no later stage meets one.
    fn items<T: FromReader<'a>>(
        &mut self,
        section: SectionLimited<'a, T>,
        item: impl Fn(T) -> Item<'a>,
    ) -> Result<(), ParseError> {
        for entry in section.into_iter_with_offsets() {
            let (offset, entry) = entry.map_err(|source| self.invalid(source))?;
            let item = item(entry);
            if mentions_value(&item) {
                return Err(self.unsupported(offset, "component values"));
            }
            self.current().items.push(item);
        }
        Ok(())
    }

    /// The innermost module or component is complete.
    fn end(&mut self, types: Types) {
        if let Some(module) = self.module.take() {
            let module = self.modules.push(module.finish());
            self.current().items.push(Item::Module(module));
            return;
        }
        self.name_modules();
        self.open.pop();
        if self.open.is_empty() {
            self.end = Some(types);
        }
    }

    /// Gives modules without a name of their own the name that the component has for them. Names are
    /// at the end of a component, so this waits until then.
    fn name_modules(&mut self) {
        let current = *self.open.last().expect("an end belongs to something open");
        let component = &self.components[current];
        let mut index = 0;
        for item in &component.items {
            match item {
                Item::Module(id) => {
                    let module = &mut self.modules[*id];
                    if module.name.is_empty() {
                        module.name = match component.names.modules.get(&index) {
                            Some(name) => name.to_string(),
                            None => format!("module {}", id.index()),
                        };
                    }
                    index += 1;
                }
                Item::Import(import) if matches!(import.ty, ComponentTypeRef::Module(_)) => index += 1,
                Item::Export(export) if export.kind == ComponentExternalKind::Module => index += 1,
                Item::Alias(alias) => index += u32::from(is_module(alias)),
                _ => {}
            }
        }
    }
}

/// The imports and exports of the outermost component, with the validator's final types.
fn world(root: &StaticComponent<'_>, types: Types) -> World {
    let mut imports = Vec::new();
    let mut exports = Vec::new();
    for item in &root.items {
        match item {
            Item::Import(import) => {
                let ty = types.component_item_for_import(import.name.name);
                imports.push(world_item(&import.name, ty));
            }
            Item::Export(export) => {
                let ty = types.component_item_for_export(export.name.name);
                exports.push(world_item(&export.name, ty));
            }
            _ => {}
        }
    }
    World { types, imports, exports }
}

fn world_item(name: &ComponentExternName<'_>, item: Option<&ComponentItem>) -> WorldItem {
    let item = item.expect("the validator has a type for every import and export it has accepted");
    WorldItem {
        name: name.name.to_string(),
        implements: name.implements.map(str::to_string),
        version_suffix: name.version_suffix.map(str::to_string),
        external_id: name.external_id.map(str::to_string),
        ty: item.ty,
    }
}

fn mentions_value(item: &Item<'_>) -> bool {
    match item {
        Item::Import(import) => matches!(import.ty, ComponentTypeRef::Value(_)),
        Item::Export(export) => export.kind == ComponentExternalKind::Value,
        Item::Alias(ComponentAlias::InstanceExport { kind, .. }) => *kind == ComponentExternalKind::Value,
        _ => false,
    }
}

/// Whether an alias adds to the index space of core modules.
fn is_module(alias: &ComponentAlias<'_>) -> bool {
    match alias {
        ComponentAlias::InstanceExport { kind, .. } => *kind == ComponentExternalKind::Module,
        ComponentAlias::Outer { kind, .. } => *kind == wasmparser::ComponentOuterAliasKind::CoreModule,
        ComponentAlias::CoreInstanceExport { .. } => false,
    }
}

fn debug_name<'a>(names: &mut DebugNames<'a>, name: ComponentName<'a>) {
    match name {
        ComponentName::Component { name, .. } => names.component = Some(name),
        ComponentName::Instances(map) => names.instances.extend(read_names(map)),
        ComponentName::CoreInstances(map) => names.core_instances.extend(read_names(map)),
        ComponentName::CoreModules(map) => names.modules.extend(read_names(map)),
        ComponentName::Types(map) => names.types.extend(read_names(map)),
        _ => {}
    }
}

/// `range`, cut off at `len`.
fn clamp(range: Range<u64>, len: usize) -> Range<usize> {
    let within = |offset: u64| usize::try_from(offset).map_or(len, |offset| offset.min(len));
    within(range.start)..within(range.end)
}
