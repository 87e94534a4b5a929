//! All instantiation carried out statically.
//!
//! In: the static [`Component`]s of [`crate::parse`]. Out: one [`ComponentDfg`]. An abstract interpreter:
//! a component is a linear program whose index spaces hold *definitions*; instantiating one pushes a
//! frame with the arguments, and its end turns exports into an instance (`Explainer.md`, "Instance
//! definitions"). Type definitions are evaluated like any other item, in the frame, so a resource type
//! is fresh each time its component is instantiated, and an alias, `use`, re-export or `(eq)` bound is
//! the same definition under another index. Frames live on the heap: nesting depth is bounded by the
//! input, not by our stack.
//!
//! Arguments are matched with imports by name, as the binary format says; nothing else is decided by a
//! name. An argument may be an instance with more exports than the import asks for: the extra ones stay
//! where they are, and no stage looks them up.
//!
//! Rejected: asking the validator for resource identity (its ids are per static component, not per
//! instantiation), and substituting types at instantiation, as it must do because it has no frames.

mod canon;
mod core;
mod exports;
mod frame;
mod imports;
mod paths;
mod print;
mod types;
mod views;

pub use print::print_dfg;

use crate::dfg::{ComponentDfg, ComponentInstance, HandleTableKey, Interface};
use crate::error::{InlineError, LimitError};
use crate::ids::{Arena, ComponentInstanceId, FrameId, Interner, LiftId, StaticComponentId};
use crate::limits::{Bounds, Limit, Limits};
use crate::maps::Map;
use crate::parse::{Component, Item, StaticComponent};
use frame::{ComponentDef, ComponentFrame, ComponentFuncDef, Def, EvaluatedCoreType, Instance, ModuleDef, at};
use indexmap::IndexMap;
use paths::Paths;
use std::rc::Rc;
use wasmparser::{ComponentAlias, ComponentExport, ComponentExternalKind, ComponentOuterAliasKind};

/// Carries out the instantiation of `root`, with the limits that the user does not change.
pub fn inline(root: Component<'_>) -> Result<ComponentDfg<'_>, InlineError> {
    inline_within(root, &Limits::default())
}

/// Carries out the instantiation of `root`, making no more than the limits say.
pub fn inline_within<'a>(root: Component<'a>, limits: &Limits) -> Result<ComponentDfg<'a>, InlineError> {
    let Component { components, root, modules, world, bytes } = root;
    let others = components.iter().filter(|(id, _)| *id != root);
    let other_customs = others.flat_map(|(_, component)| component.customs.iter().copied()).collect();
    let root_customs = components[root].customs.clone();
    let name = paths::component_name(&components[root], &modules).map(str::to_owned);
    let own_name = components[root].names.component.filter(|name| !name.is_empty());
    let dfg = ComponentDfg {
        name,
        own_name,
        root_customs,
        other_customs,
        modules,
        types: Default::default(),
        component_instances: Arena::new(),
        core_instances: Arena::new(),
        resources: Arena::new(),
        views: Arena::new(),
        options: Interner::new(),
        lifts: Interner::new(),
        lift_names: IndexMap::new(),
        trampolines: Interner::new(),
        import_funcs: Interner::new(),
        effects: Vec::new(),
        exports: IndexMap::new(),
        exported_instances: Arena::new(),
        limits: Bounds::new(limits, bytes),
        world,
    };
    let mut inliner = Inliner {
        components: &components,
        dfg,
        frames: Arena::new(),
        module_imports: Map::default(),
        view_keys: Map::default(),
        instance_paths: Paths::of_instances(),
        core_paths: Paths::default(),
        next_import: 0,
        unsupported: 0,
        definitions: 0,
    };
    inliner.run(root)?;
    Ok(inliner.dfg)
}

/// The interpreter. `'p` is the static program, `'a` the bytes of the input.
struct Inliner<'p, 'a> {
    components: &'p Arena<StaticComponentId, StaticComponent<'a>>,
    dfg: ComponentDfg<'a>,
    /// Index spaces. They are kept until the end, because a component that is passed on refers to those
    /// around its definition.
    frames: Arena<FrameId, ComponentFrame<'p, 'a>>,
    /// Positions in the import section, by index space.
    module_imports: Map<crate::ids::ModuleId, core::ImportPositions>,
    /// Keys of the views so far, and the last number that was put behind each.
    view_keys: Map<HandleTableKey, usize>,
    /// Paths of component instances.
    instance_paths: Paths,
    /// Paths of core instances.
    core_paths: Paths,
    /// Position of the root's next import in its world.
    next_import: usize,
    /// How many unsupported built-ins there are so far.
    unsupported: usize,
    /// How many definitions there are so far ([`Limit::Definitions`]): an item is one, and so is each argument, export and
    /// field of a type in it, and each 32 bytes of the names that are copied.
    definitions: u64,
}

/// An instantiation in progress.
struct Activation<'p, 'a> {
    component: StaticComponentId,
    /// The next item.
    next: usize,
    frame: FrameId,
    instance: ComponentInstanceId,
    /// Arguments by import name; `None` for the root, whose imports are the host's.
    args: Option<Map<&'a str, Def<'p, 'a>>>,
    exports: Map<&'a str, Def<'p, 'a>>,
}

impl<'p, 'a> Inliner<'p, 'a> {
    /// Runs the root to its end.
    fn run(&mut self, root: StaticComponentId) -> Result<(), InlineError> {
        let instance = self.dfg.component_instances.push(ComponentInstance {
            parent: None,
            path: String::new(),
            numbered: String::new(),
        });
        let frame = self.frames.push(ComponentFrame::default());
        let activation = Activation { component: root, next: 0, frame, instance, args: None, exports: Map::default() };
        let mut stack = vec![activation];
        while let Some(top) = stack.last_mut() {
            let components = self.components;
            if let Some(item) = components[top.component].items.get(top.next) {
                top.next += 1;
                if let Some(callee) = self.item(top, item).map_err(|error| error.at(self, top))? {
                    stack.push(callee);
                }
                continue;
            }
            let done = stack.pop().expect("the loop runs while there is a top");
            self.name_lifts(&done).map_err(|error| error.at(self, &done))?;
            match stack.last() {
                Some(caller) => {
                    let (frame, component) = (caller.frame, caller.instance);
                    let interface = Interface::Instance(self.dfg.component_instances[done.instance].path.clone());
                    let mut exports = Map::default();
                    for (&name, def) in &done.exports {
                        let def = self.seen(def.clone(), component, interface.clone(), name);
                        exports.insert(name, def.map_err(|error| error.at(self, &done))?);
                    }
                    self.frames[frame].instances.push(Rc::new(Instance::new(exports, None)));
                }
                None => self.export_root(&done.exports).map_err(|error| error.at(self, &done))?,
            }
        }
        Ok(())
    }

    /// Notes under which names an instance exports what it lifts itself, directly or in an interface.
    fn name_lifts(&mut self, done: &Activation<'p, 'a>) -> Result<(), Fault> {
        for (name, def) in &done.exports {
            match def {
                Def::Func(ComponentFuncDef::Lift(lift)) => self.name_lift(*lift, done.instance, || (*name).to_string()),
                Def::Instance(instance) => {
                    self.define(instance.exports.len())?;
                    for (inner, def) in &instance.exports {
                        if let Def::Func(ComponentFuncDef::Lift(lift)) = def {
                            self.name_lift(*lift, done.instance, || format!("{name}#{inner}"));
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn name_lift(&mut self, lift: LiftId, owner: ComponentInstanceId, name: impl FnOnce() -> String) {
        if self.dfg.options[self.dfg.lifts[lift].options].instance == owner {
            self.dfg.lift_names.entry(lift).or_insert_with(name);
        }
    }

    /// Carries out one item. Instantiating a component returns what is to be run before the next item.
    fn item(&mut self, top: &mut Activation<'p, 'a>, item: &'p Item<'a>) -> Result<Option<Activation<'p, 'a>>, Fault> {
        self.define(1)?;
        let frame = top.frame;
        match item {
            Item::Module(module) => self.frames[frame].modules.push(ModuleDef::Static(*module)),
            Item::Component(component) => {
                self.frames[frame].components.push(ComponentDef::Static { component: *component, around: frame });
            }
            Item::CoreType(ty) => self.frames[frame].core_types.extend(EvaluatedCoreType::of(ty)),
            Item::Type(ty) => {
                let ty = self.define_type(top, ty)?;
                self.frames[frame].types.push(ty);
            }
            Item::Import(import) => {
                let name = import.name.name;
                let def = match &top.args {
                    Some(args) => {
                        let arg = args.get(name).cloned().ok_or_else(|| missing(format!("argument `{name}`")))?;
                        self.seen(arg, top.instance, Interface::Import(String::new()), name)?
                    }
                    None => self.import_root(frame, name, &import.ty)?,
                };
                self.frames[frame].push(def);
            }
            Item::Export(export) => {
                let def = self.export_def(frame, export)?;
                let def = self.seen(def, top.instance, Interface::Export(String::new()), export.name.name)?;
                self.name_resource(&def, export.name.name);
                top.exports.insert(export.name.name, def.clone());
                self.frames[frame].push(def);
            }
            Item::Alias(alias) => self.alias(frame, alias)?,
            Item::CoreInstance(instance) => self.core_instance(top, instance)?,
            Item::Canon(canon) => self.canon(top, canon)?,
            Item::Instance(instance) => return self.component_instance(top, instance),
        }
        Ok(None)
    }

    /// Instantiates a component, or makes a bag of exports.
    fn component_instance(
        &mut self,
        top: &mut Activation<'p, 'a>,
        instance: &'p wasmparser::ComponentInstance<'a>,
    ) -> Result<Option<Activation<'p, 'a>>, Fault> {
        match instance {
            wasmparser::ComponentInstance::FromExports(exports) => {
                self.define(exports.len())?;
                let mut defs = Map::default();
                for export in exports {
                    defs.insert(export.name.name, self.export_def(top.frame, export)?);
                }
                let instance = Instance::new(defs, None);
                self.frames[top.frame].instances.push(Rc::new(instance));
                Ok(None)
            }
            wasmparser::ComponentInstance::Instantiate { component_index, args } => {
                self.count_instance()?;
                self.define(args.len())?;
                let callee = at(&self.frames[top.frame].components, *component_index, "component")?;
                let (component, around) = match callee {
                    ComponentDef::Static { component, around } => (component, around),
                    ComponentDef::Import(path) => return Err(self.imported_code("component", &path)),
                };
                let mut defs = Map::default();
                for arg in args {
                    defs.insert(arg.name, self.frames[top.frame].get(arg.kind, arg.index)?);
                }
                let index = self.frames[top.frame].instances.len();
                let (path, numbered) = self.instance_path(top, component, index)?;
                let parent = Some(top.instance);
                let instance = self.dfg.component_instances.push(ComponentInstance { parent, path, numbered });
                let frame = self.frames.push(ComponentFrame { around: Some(around), ..ComponentFrame::default() });
                let exports = Map::default();
                Ok(Some(Activation { component, next: 0, frame, instance, args: Some(defs), exports }))
            }
        }
    }

    /// The definition of an export or of an element of a bag of exports. An ascribed type hides, it converts
    /// nothing: the definition is the same.
    fn export_def(&self, frame: FrameId, export: &ComponentExport<'a>) -> Result<Def<'p, 'a>, Fault> {
        self.frames[frame].get(export.kind, export.index)
    }

    fn alias(&mut self, frame: FrameId, alias: &ComponentAlias<'a>) -> Result<(), Fault> {
        match alias {
            ComponentAlias::InstanceExport { kind, instance_index, name } => {
                let instance = at(&self.frames[frame].instances, *instance_index, "instance")?;
                let def = instance.exports.get(name).ok_or_else(|| missing(format!("export `{name}`")))?.clone();
                if def.kind() != *kind {
                    return Err(missing(format!("{} `{name}`", kind.desc())));
                }
                self.frames[frame].push(def);
            }
            ComponentAlias::CoreInstanceExport { kind, instance_index, name } => {
                let kind = crate::parse::core_kind(*kind);
                let instance = at(&self.frames[frame].core_instances, *instance_index, "core instance")?;
                let def = self.core_export(&instance, kind, name)?;
                self.frames[frame].push_core(kind, def)?;
            }
            ComponentAlias::Outer { kind, count, index } => {
                let mut outer = frame;
                for _ in 0..*count {
                    outer = self.frames[outer].around.ok_or_else(|| missing("enclosing component".to_string()))?;
                }
                let kind = match kind {
                    ComponentOuterAliasKind::CoreType => {
                        let ty = at(&self.frames[outer].core_types, *index, "core type")?;
                        self.frames[frame].core_types.push(ty);
                        return Ok(());
                    }
                    ComponentOuterAliasKind::CoreModule => ComponentExternalKind::Module,
                    ComponentOuterAliasKind::Type => ComponentExternalKind::Type,
                    ComponentOuterAliasKind::Component => ComponentExternalKind::Component,
                };
                let def = self.frames[outer].get(kind, *index)?;
                self.frames[frame].push(def);
            }
        }
        Ok(())
    }

    /// Counts definitions that will be made.
    fn define(&mut self, definitions: usize) -> Result<(), Fault> {
        self.definitions = self.definitions.saturating_add(definitions as u64);
        self.bounded(Limit::Definitions, self.definitions)
    }

    /// Counts an instance of a component or of a core module that will be made.
    fn count_instance(&self) -> Result<(), Fault> {
        let made = self.dfg.component_instances.len() + self.dfg.core_instances.len();
        self.bounded(Limit::Instances, made as u64 + 1)
    }

    fn bounded(&self, limit: Limit, count: u64) -> Result<(), Fault> {
        self.dfg.limits.check(limit, count, String::new).map_err(Fault::TooMany)
    }

    /// Counts names that are copied.
    fn define_names<'n>(&mut self, names: impl Iterator<Item = &'n str>) -> Result<(), Fault> {
        self.define(names.map(|name| 1 + name.len() / 32).sum())
    }
}

/// What went wrong, before it is known where.
enum Fault {
    Imported { what: &'static str, import: String },
    Unsupported(String),
    TooMany(LimitError),
    Missing(String),
}

impl Fault {
    /// The error, with the instance and the item that `top` has just carried out.
    fn at(self, inliner: &Inliner<'_, '_>, top: &Activation<'_, '_>) -> InlineError {
        let path = &inliner.dfg.component_instances[top.instance].path;
        let owner = if path.is_empty() { "root component" } else { path.as_str() };
        let at = match inliner.components[top.component].items.get(top.next.saturating_sub(1)) {
            Some(item) => format!("{owner}, item {} ({})", top.next - 1, describe(item)),
            None => owner.to_string(),
        };
        match self {
            Fault::Imported { what, import } => InlineError::ImportedCode { at, what, import },
            Fault::Unsupported(what) => InlineError::Unsupported { at, what },
            Fault::TooMany(error) => LimitError { item: at, ..error }.into(),
            Fault::Missing(what) => InlineError::Missing { at, what },
        }
    }
}

fn missing(what: String) -> Fault {
    Fault::Missing(what)
}

/// An item in a few words, for messages.
fn describe(item: &Item<'_>) -> String {
    match item {
        Item::Module(_) => "core module".to_string(),
        Item::CoreInstance(_) => "core instance".to_string(),
        Item::CoreType(_) => "core type".to_string(),
        Item::Component(_) => "component".to_string(),
        Item::Instance(_) => "instance".to_string(),
        Item::Alias(_) => "alias".to_string(),
        Item::Type(_) => "type".to_string(),
        Item::Canon(_) => "canonical built-in".to_string(),
        Item::Import(import) => format!("import `{}`", import.name.name),
        Item::Export(export) => format!("export `{}`", export.name.name),
    }
}
