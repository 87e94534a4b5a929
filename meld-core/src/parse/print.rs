//! Static components in print, for `meld inspect --stage parse` and the tests of this stage.
//!
//! In: the static components. Out: one line per item, with the index that the item gets in its index
//! space, nested components indented inside. Names are escaped, so a line stays a line.

use super::{Component, CoreModule, Item, builtin_name, builtin_options, builtin_type};
use crate::ids::{ModuleId, StaticComponentId};
use std::fmt::{Display, Write};
use wasmparser::{
    CanonicalFunction, CanonicalOption, ComponentAlias, ComponentDefinedType, ComponentExternalKind, ComponentInstance,
    ComponentOuterAliasKind, ComponentType, ComponentTypeRef, ComponentValType, CoreType, ExternalKind, Instance,
    TypeBounds,
};

/// A text print of the static components.
pub fn print_component(component: &Component<'_>) -> String {
    let mut print = ComponentPrinter { component, out: String::new() };
    // Components in progress and the next item of each. Their nesting is the input's, so it is kept here.
    let mut stack = vec![(component.root, 0, Counters::default())];
    print.line(0, "component");
    while let Some((id, next, mut counters)) = stack.pop() {
        let Some(item) = component.components[id].items.get(next) else { continue };
        let depth = stack.len() + 1;
        print.item(depth, item, &mut counters);
        stack.push((id, next + 1, counters));
        if let Item::Component(nested) = item {
            stack.push((*nested, 0, Counters::default()));
        }
    }
    print.out
}

/// Sizes of a component's index spaces so far.
#[derive(Default)]
pub(crate) struct Counters {
    funcs: u32,
    types: u32,
    instances: u32,
    components: u32,
    modules: u32,
    pub(crate) core_instances: u32,
    pub(crate) core_types: u32,
    core: [u32; 5],
}

/// The next index of a space.
pub(crate) fn count(counter: &mut u32) -> u32 {
    let index = *counter;
    *counter += 1;
    index
}

impl Counters {
    /// The index of the next item of `kind`, as `func 3`.
    pub(crate) fn define(&mut self, kind: ComponentExternalKind) -> String {
        let index = match kind {
            ComponentExternalKind::Func => count(&mut self.funcs),
            ComponentExternalKind::Type => count(&mut self.types),
            ComponentExternalKind::Instance => count(&mut self.instances),
            ComponentExternalKind::Component => count(&mut self.components),
            ComponentExternalKind::Module => count(&mut self.modules),
            // Refused before anything is printed.
            ComponentExternalKind::Value => return "value".to_string(),
        };
        format!("{} {index}", kind_name(kind))
    }

    /// The index of the next core item of `kind`, as `core func 3`.
    pub(crate) fn define_core(&mut self, kind: ExternalKind) -> String {
        let (name, space) = core_kind(kind);
        format!("core {name} {}", count(&mut self.core[space]))
    }
}

struct ComponentPrinter<'c, 'a> {
    component: &'c Component<'a>,
    out: String,
}

impl ComponentPrinter<'_, '_> {
    fn line(&mut self, depth: usize, text: impl Display) {
        // Deep nesting is shown by the items; indentation alone would make the print quadratic.
        let indent = depth.min(16) * 2;
        writeln!(self.out, "{:indent$}{text}", "").expect("a string takes whatever is written to it");
    }

    fn item(&mut self, depth: usize, item: &Item<'_>, counters: &mut Counters) {
        match item {
            Item::Module(id) => {
                let index = counters.define(ComponentExternalKind::Module);
                self.module(depth, &index, *id);
            }
            Item::CoreInstance(instance) => {
                let index = count(&mut counters.core_instances);
                self.core_instance(depth, index, instance);
            }
            Item::CoreType(ty) => {
                let (count, what) = match ty {
                    CoreType::Rec(group) => (group.types().len() as u32, "function, struct, array or continuation"),
                    CoreType::Module(_) => (1, "module"),
                };
                let index = counters.core_types;
                counters.core_types += count;
                self.line(depth, format_args!("core type {index} = {what} type"));
            }
            Item::Component(id) => {
                let index = counters.define(ComponentExternalKind::Component);
                let name = component_name(self.component, *id);
                self.line(depth, format_args!("{index}{name}"));
            }
            Item::Instance(instance) => {
                let index = counters.define(ComponentExternalKind::Instance);
                self.instance(depth, &index, instance);
            }
            Item::Alias(alias) => {
                let text = alias_text(alias, counters);
                self.line(depth, text);
            }
            Item::Type(ty) => {
                let index = counters.define(ComponentExternalKind::Type);
                self.line(depth, format_args!("{index} = {}", type_text(ty)));
            }
            Item::Canon(canon) => {
                let index = match canon {
                    CanonicalFunction::Lift { .. } => counters.define(ComponentExternalKind::Func),
                    _ => counters.define_core(ExternalKind::Func),
                };
                self.line(depth, format_args!("{index} = canon {}", canon_text(canon)));
            }
            Item::Import(import) => {
                let index = counters.define(import.ty.kind());
                self.line(depth, format_args!("{index} = import {:?}: {}", import.name.name, ref_text(&import.ty)));
            }
            Item::Export(export) => {
                let index = counters.define(export.kind);
                let ty = export.ty.as_ref().map_or(String::new(), |ty| format!(": {}", ref_text(ty)));
                let of = format!("{} {}", kind_name(export.kind), export.index);
                self.line(depth, format_args!("{index} = export {:?} = {of}{ty}", export.name.name));
            }
        }
    }

    fn module(&mut self, depth: usize, index: &str, id: ModuleId) {
        let module: &CoreModule<'_> = &self.component.modules[id];
        let relocations: usize = module.bodies.iter().map(|body| module.relocations(body).count()).sum();
        self.line(
            depth,
            format_args!(
                "{index} = {id} {:?}: {} imports, {} exports, {} functions with {relocations} relocations{}",
                module.name,
                module.imports.len(),
                module.exports.len(),
                module.bodies.len(),
                module.start.map_or(String::new(), |start| format!(", start {start}")),
            ),
        );
    }

    fn core_instance(&mut self, depth: usize, index: u32, instance: &Instance<'_>) {
        match instance {
            Instance::Instantiate { module_index, args } => {
                self.line(depth, format_args!("core instance {index} = instantiate core module {module_index}"));
                for arg in args {
                    self.line(depth + 1, format_args!("{:?} = core instance {}", arg.name, arg.index));
                }
            }
            Instance::FromExports(exports) => {
                self.line(depth, format_args!("core instance {index} = exports"));
                for export in exports {
                    let (kind, _) = core_kind(export.kind);
                    self.line(depth + 1, format_args!("{:?} = core {kind} {}", export.name, export.index));
                }
            }
        }
    }

    fn instance(&mut self, depth: usize, index: &str, instance: &ComponentInstance<'_>) {
        match instance {
            ComponentInstance::Instantiate { component_index, args } => {
                self.line(depth, format_args!("{index} = instantiate component {component_index}"));
                for arg in args {
                    self.line(depth + 1, format_args!("{:?} = {} {}", arg.name, kind_name(arg.kind), arg.index));
                }
            }
            ComponentInstance::FromExports(exports) => {
                self.line(depth, format_args!("{index} = exports"));
                for export in exports {
                    let of = format!("{} {}", kind_name(export.kind), export.index);
                    self.line(depth + 1, format_args!("{:?} = {of}", export.name.name));
                }
            }
        }
    }
}

fn component_name(component: &Component<'_>, id: StaticComponentId) -> String {
    component.components[id].names.component.map_or(String::new(), |name| format!(" {name:?}"))
}

fn alias_text(alias: &ComponentAlias<'_>, counters: &mut Counters) -> String {
    match alias {
        ComponentAlias::InstanceExport { kind, instance_index, name } => {
            format!("{} = alias of {name:?} of instance {instance_index}", counters.define(*kind))
        }
        ComponentAlias::CoreInstanceExport { kind, instance_index, name } => {
            format!("{} = alias of {name:?} of core instance {instance_index}", counters.define_core(*kind))
        }
        ComponentAlias::Outer { kind, count: up, index } => {
            let (defined, what) = match kind {
                ComponentOuterAliasKind::CoreModule => (counters.define(ComponentExternalKind::Module), "core module"),
                ComponentOuterAliasKind::CoreType => {
                    (format!("core type {}", count(&mut counters.core_types)), "core type")
                }
                ComponentOuterAliasKind::Type => (counters.define(ComponentExternalKind::Type), "type"),
                ComponentOuterAliasKind::Component => (counters.define(ComponentExternalKind::Component), "component"),
            };
            format!("{defined} = alias of {what} {index}, {up} up")
        }
    }
}

/// What an index space of components is called.
pub(crate) fn kind_name(kind: ComponentExternalKind) -> &'static str {
    match kind {
        ComponentExternalKind::Module => "core module",
        ComponentExternalKind::Func => "func",
        ComponentExternalKind::Value => "value",
        ComponentExternalKind::Type => "type",
        ComponentExternalKind::Instance => "instance",
        ComponentExternalKind::Component => "component",
    }
}

/// A core kind in words and its position among the core index spaces.
pub(crate) fn core_kind(kind: ExternalKind) -> (&'static str, usize) {
    match kind {
        ExternalKind::Func | ExternalKind::FuncExact => ("func", 0),
        ExternalKind::Table => ("table", 1),
        ExternalKind::Memory => ("memory", 2),
        ExternalKind::Global => ("global", 3),
        ExternalKind::Tag => ("tag", 4),
    }
}

/// The type of an import or an export in words.
pub(crate) fn ref_text(ty: &ComponentTypeRef) -> String {
    match ty {
        ComponentTypeRef::Module(index) => format!("core type {index}"),
        ComponentTypeRef::Type(TypeBounds::SubResource) => "sub resource".to_string(),
        ComponentTypeRef::Type(TypeBounds::Eq(index)) => format!("eq type {index}"),
        ComponentTypeRef::Func(index) | ComponentTypeRef::Instance(index) | ComponentTypeRef::Component(index) => {
            format!("type {index}")
        }
        ComponentTypeRef::Value(ty) => format!("value {ty:?}"),
    }
}

/// A type in words. Declarations of component and instance types are counted, not listed.
fn type_text(ty: &ComponentType<'_>) -> String {
    match ty {
        ComponentType::Defined(ty) => defined_text(ty),
        ComponentType::Func(ty) => {
            let result = ty.result.as_ref().map_or(String::new(), |ty| format!(" -> {}", val_text(ty)));
            format!("{}func({}){result}", if ty.async_ { "async " } else { "" }, fields_text(&ty.params))
        }
        ComponentType::Component(decls) => format!("component type with {} declarations", decls.len()),
        ComponentType::Instance(decls) => format!("instance type with {} declarations", decls.len()),
        ComponentType::Resource { rep, dtor: None } => format!("resource with representation {rep}"),
        ComponentType::Resource { rep, dtor: Some(dtor) } => {
            format!("resource with representation {rep}, destructor core func {dtor}")
        }
    }
}

fn defined_text(ty: &ComponentDefinedType<'_>) -> String {
    match ty {
        ComponentDefinedType::Primitive(ty) => ty.to_string(),
        ComponentDefinedType::Record(fields) => format!("record {{{}}}", fields_text(fields)),
        ComponentDefinedType::Variant(cases) => {
            let cases: Vec<_> =
                cases.iter().map(|case| format!("{}({})", case.name, optional_text(&case.ty))).collect();
            format!("variant {{{}}}", cases.join(", "))
        }
        ComponentDefinedType::List(ty) => format!("list<{}>", val_text(ty)),
        ComponentDefinedType::FixedLengthList(ty, length) => format!("list<{}, {length}>", val_text(ty)),
        ComponentDefinedType::Map(key, value) => format!("map<{}, {}>", val_text(key), val_text(value)),
        ComponentDefinedType::Tuple(types) => {
            format!("tuple<{}>", types.iter().map(val_text).collect::<Vec<_>>().join(", "))
        }
        ComponentDefinedType::Flags(names) => format!("flags {{{}}}", names.join(", ")),
        ComponentDefinedType::Enum(names) => format!("enum {{{}}}", names.join(", ")),
        ComponentDefinedType::Option(ty) => format!("option<{}>", val_text(ty)),
        ComponentDefinedType::Result { ok, err } => format!("result<{}, {}>", optional_text(ok), optional_text(err)),
        ComponentDefinedType::Own(index) => format!("own<type {index}>"),
        ComponentDefinedType::Borrow(index) => format!("borrow<type {index}>"),
        ComponentDefinedType::Stream(ty) => format!("stream<{}>", optional_text(ty)),
        ComponentDefinedType::Future(ty) => format!("future<{}>", optional_text(ty)),
    }
}

fn fields_text(fields: &[(&str, ComponentValType)]) -> String {
    fields.iter().map(|(name, ty)| format!("{name}: {}", val_text(ty))).collect::<Vec<_>>().join(", ")
}

fn optional_text(ty: &Option<ComponentValType>) -> String {
    ty.as_ref().map_or("_".to_string(), val_text)
}

fn val_text(ty: &ComponentValType) -> String {
    match ty {
        ComponentValType::Primitive(ty) => ty.to_string(),
        ComponentValType::Type(index) => format!("type {index}"),
    }
}

/// A built-in in words: its name, what it works on, its options.
fn canon_text(canon: &CanonicalFunction) -> String {
    let mut text = builtin_name(canon).to_string();
    match canon {
        CanonicalFunction::Lift { core_func_index, type_index, .. } => {
            text += &format!(" core func {core_func_index} as type {type_index}");
        }
        CanonicalFunction::Lower { func_index, .. } => {
            text += &format!(" func {func_index}");
        }
        CanonicalFunction::ResourceNew { resource }
        | CanonicalFunction::ResourceRep { resource }
        | CanonicalFunction::ResourceDrop { resource } => {
            text += &format!(" type {resource}");
        }
        CanonicalFunction::ContextGet { ty, slot } | CanonicalFunction::ContextSet { ty, slot } => {
            text += &format!(" {ty} {slot}");
        }
        _ => {}
    }
    if let Some(ty) = builtin_type(canon) {
        text += &format!(" {}", val_text(&ty));
    }
    for option in builtin_options(canon).unwrap_or_default() {
        text += &match option {
            CanonicalOption::UTF8 => ", utf8".to_string(),
            CanonicalOption::UTF16 => ", utf16".to_string(),
            CanonicalOption::CompactUTF16 => ", latin1+utf16".to_string(),
            CanonicalOption::Memory(index) => format!(", core memory {index}"),
            CanonicalOption::Realloc(index) => format!(", realloc core func {index}"),
            CanonicalOption::PostReturn(index) => format!(", post-return core func {index}"),
            CanonicalOption::Callback(index) => format!(", callback core func {index}"),
            CanonicalOption::Async => ", async".to_string(),
            CanonicalOption::CoreType(index) => format!(", core type {index}"),
            CanonicalOption::Gc => ", gc".to_string(),
        };
    }
    text
}
