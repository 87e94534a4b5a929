//! The composition in print, for `meld inspect --stage dfg` and the tests of this stage.
//!
//! In: the dataflow form. Out: one line per entity, ids as everywhere else in meld. Sections without
//! entities are left out. Names are escaped, so a line stays a line whatever the input calls things.

use crate::abi::Pointer;
use crate::abi::types::{FuncType, TypeDef, ValType};
use crate::dfg::{
    CanonOptions, ComponentDfg, ComponentFunc, CoreDef, CoreItem, CoreKind, Effect, Export, ImportPath, ResourceDef,
    StringEncoding, Trampoline,
};
use crate::ids::{ComponentInstanceId, ExportedInstanceId};
use indexmap::IndexMap;
use std::collections::BTreeSet;
use std::fmt::{Display, Write};

/// A text print of the dataflow form.
pub fn print_dfg(dfg: &ComponentDfg<'_>) -> String {
    let mut print = DfgPrinter { dfg, out: String::new() };
    print.all();
    print.out
}

struct DfgPrinter<'d, 'a> {
    dfg: &'d ComponentDfg<'a>,
    out: String,
}

impl DfgPrinter<'_, '_> {
    fn all(&mut self) {
        let dfg = self.dfg;
        self.section("component instances", dfg.component_instances.iter(), |(id, instance)| match instance.parent {
            None => format!("{id}: the root"),
            Some(parent) => format!("{id}: {:?} in {parent}", instance.path),
        });
        self.section("types", dfg.types.defs.iter(), |(id, ty)| format!("{id}: {}", type_def(ty)));
        self.section("function types", dfg.types.funcs.iter(), |(id, ty)| format!("{id}: {}", func_type(ty)));
        self.section("resources", dfg.resources.iter(), |(id, resource)| match &resource.def {
            ResourceDef::Imported(path) => format!("{id}: {:?} imported, {}", resource.name, import_path(dfg, path)),
            ResourceDef::Defined { instance, dtor: None } => {
                format!("{id}: {:?} defined by {instance}", resource.name)
            }
            ResourceDef::Defined { instance, dtor: Some(dtor) } => {
                format!("{id}: {:?} defined by {instance}, destructor {}", resource.name, core_def(dtor))
            }
        });
        self.section("views of resources", dfg.views.iter(), |(id, view)| {
            let from = view.from.map_or(String::new(), |from| format!(" from {from}"));
            format!(
                "{id}: {} in {}, {}, {:?}{from}",
                view.resource, view.key.component, view.key.interface, view.key.resource
            )
        });
        self.section("imported functions", dfg.import_funcs.iter(), |(id, import)| {
            format!("{id}: {}, {}", import_path(dfg, &import.path), import.ty)
        });
        self.section("core modules", dfg.modules.iter(), |(id, module)| format!("{id}: {:?}", module.name));
        self.core_instances();
        self.section("canonical options", dfg.options.iter(), |(id, options)| format!("{id}: {}", canon(options)));
        self.section("lifts", dfg.lifts.iter(), |(id, lift)| {
            format!("{id}: {}, {}, {}", core_def(&lift.func), lift.ty, lift.options)
        });
        self.section("trampolines", dfg.trampolines.iter(), |(id, tramp)| format!("{id}: {}", trampoline(tramp)));
        self.section("effects", dfg.effects.iter(), |effect| match effect {
            Effect::Instantiate(instance) => format!("instantiate {instance}"),
            Effect::Resource(resource) => format!("define {resource}"),
        });
        if !dfg.exports.is_empty() {
            self.out.push_str("exports\n");
            self.exports(&dfg.exports, 1, &mut BTreeSet::new());
        }
    }

    fn section<T>(&mut self, title: &str, items: impl ExactSizeIterator<Item = T>, line: impl Fn(T) -> String) {
        if items.len() == 0 {
            return;
        }
        self.line(0, title);
        for item in items {
            self.line(1, line(item));
        }
    }

    fn line(&mut self, depth: usize, text: impl Display) {
        writeln!(self.out, "{:1$}{text}", "", depth * 2).expect("a string takes whatever is written to it");
    }

    fn core_instances(&mut self) {
        let dfg = self.dfg;
        if dfg.core_instances.is_empty() {
            return;
        }
        self.line(0, "core instances");
        for (id, instance) in dfg.core_instances.iter() {
            let module = instance.module;
            self.line(1, format_args!("{id}: {:?} of {module} in {}", instance.path, instance.owner));
            for (import, arg) in dfg.modules[module].imports.iter().zip(&instance.args) {
                self.line(2, format_args!("{:?} {:?} = {}", import.module, import.name, core_def(arg)));
            }
        }
    }

    /// What an instance exports is printed where it comes first.
    fn exports(
        &mut self,
        exports: &IndexMap<String, Export>,
        depth: usize,
        printed: &mut BTreeSet<ExportedInstanceId>,
    ) {
        for (name, export) in exports {
            let what = match export {
                Export::Func(func) => component_func(func),
                Export::Instance(id) if printed.contains(id) => format!("the same {id}"),
                Export::Instance(id) => id.to_string(),
                Export::Type(None) => "type".to_string(),
                Export::Type(Some(resource)) => resource.to_string(),
                Export::Module(module) => module.to_string(),
                Export::Reexport(path) => format!("the import {}", import_path(self.dfg, path)),
                Export::Component => "component".to_string(),
            };
            self.line(depth, format_args!("{name:?} = {what}"));
            if let Export::Instance(id) = export
                && printed.insert(*id)
            {
                self.exports(&self.dfg.exported_instances[*id], depth + 1, printed);
            }
        }
    }
}

fn import_path(dfg: &ComponentDfg<'_>, path: &ImportPath) -> String {
    let root = dfg.world.imports.get(path.import).map_or("?", |import| import.name.as_str());
    let names: Vec<_> = std::iter::once(root).chain(path.exports.iter().map(String::as_str)).collect();
    names.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(" ")
}

fn core_def(def: &CoreDef) -> String {
    match def {
        CoreDef::Item(item) => core_item(item),
        CoreDef::Trampoline(trampoline) => trampoline.to_string(),
    }
}

fn core_item(item: &CoreItem) -> String {
    let kind = match item.kind {
        CoreKind::Func => "func",
        CoreKind::Table => "table",
        CoreKind::Memory => "memory",
        CoreKind::Global => "global",
        CoreKind::Tag => "tag",
    };
    format!("{} {kind} {}", item.instance, item.index)
}

fn component_func(func: &ComponentFunc) -> String {
    match func {
        ComponentFunc::Import(import) => import.to_string(),
        ComponentFunc::Lift(lift) => lift.to_string(),
    }
}

fn canon(options: &CanonOptions) -> String {
    let encoding = match options.encoding {
        StringEncoding::Utf8 => "utf8",
        StringEncoding::Utf16 => "utf16",
        StringEncoding::CompactUtf16 => "latin1+utf16",
    };
    let mut text = format!("{}, {encoding}", options.instance);
    if let Some(memory) = &options.memory {
        text += &format!(", memory {}", core_item(memory));
    }
    if options.memory64 {
        text += " (64 bit)";
    }
    let funcs = [("realloc", options.realloc), ("post-return", options.post_return), ("callback", options.callback)];
    for (name, func) in funcs {
        if let Some(func) = func {
            text += &format!(", {name} {}", core_def(&func));
        }
    }
    if options.is_async {
        text += ", async";
    }
    text
}

/// What is said of slots that are not of the usual width.
fn wide(width: Pointer) -> &'static str {
    match width {
        Pointer::W32 => "",
        Pointer::W64 => " i64",
    }
}

fn trampoline(trampoline: &Trampoline) -> String {
    let of = |name: &str, instance: &ComponentInstanceId| format!("{name} in {instance}");
    match trampoline {
        Trampoline::Lower { func, options } => format!("lower {}, {options}", component_func(func)),
        Trampoline::ResourceNew { instance, resource } => of(&format!("resource.new {resource}"), instance),
        Trampoline::ResourceRep { instance, resource } => of(&format!("resource.rep {resource}"), instance),
        Trampoline::ResourceDrop { instance, resource } => of(&format!("resource.drop {resource}"), instance),
        Trampoline::ContextGet { instance, slot, width } => {
            of(&format!("context.get{} {slot}", wide(*width)), instance)
        }
        Trampoline::ContextSet { instance, slot, width } => {
            of(&format!("context.set{} {slot}", wide(*width)), instance)
        }
        Trampoline::BackpressureInc { instance } => of("backpressure.inc", instance),
        Trampoline::BackpressureDec { instance } => of("backpressure.dec", instance),
        Trampoline::Host(builtin) => {
            let mut text = builtin.kind.name().to_owned();
            if let Some(ty) = &builtin.ty {
                text += &format!(" {}", val_type(ty));
            }
            if let Some(options) = builtin.options {
                text += &format!(", {options}");
            }
            if let Some(start) = builtin.start {
                text += &format!("{} of {}", wide(start.closure), core_item(&start.table));
            }
            of(&text, &builtin.instance)
        }
        Trampoline::Unsupported { instance, name, ordinal, ty: None } => {
            of(&format!("unsupported {ordinal}: {name}"), instance)
        }
        Trampoline::Unsupported { instance, name, ordinal, ty: Some(ty) } => {
            of(&format!("unsupported {ordinal}: {name} {}", val_type(ty)), instance)
        }
    }
}

fn func_type(ty: &FuncType) -> String {
    let params: Vec<_> = ty.params.iter().map(|(name, ty)| format!("{name}: {}", val_type(ty))).collect();
    let result = ty.result.as_ref().map_or(String::new(), |ty| format!(" -> {}", val_type(ty)));
    format!("{}func({}){result}", if ty.is_async { "async " } else { "" }, params.join(", "))
}

fn type_def(ty: &TypeDef) -> String {
    let optional = |ty: &Option<ValType>| ty.as_ref().map_or("_".to_string(), val_type);
    let list = |items: Vec<String>| items.join(", ");
    match ty {
        TypeDef::Record(fields) => {
            format!("record {{{}}}", list(fields.iter().map(|(n, t)| format!("{n}: {}", val_type(t))).collect()))
        }
        TypeDef::Variant(cases) => {
            format!("variant {{{}}}", list(cases.iter().map(|(n, t)| format!("{n}({})", optional(t))).collect()))
        }
        TypeDef::List(ty) => format!("list<{}>", val_type(ty)),
        TypeDef::FixedLengthList(ty, length) => format!("list<{}, {length}>", val_type(ty)),
        TypeDef::Map(key, value) => format!("map<{}, {}>", val_type(key), val_type(value)),
        TypeDef::Tuple(types) => format!("tuple<{}>", list(types.iter().map(val_type).collect())),
        TypeDef::Flags(names) => format!("flags {{{}}}", list(names.clone())),
        TypeDef::Enum(names) => format!("enum {{{}}}", list(names.clone())),
        TypeDef::Option(ty) => format!("option<{}>", val_type(ty)),
        TypeDef::Result { ok, err } => format!("result<{}, {}>", optional(ok), optional(err)),
        TypeDef::Own(resource) => format!("own<{resource}>"),
        TypeDef::Borrow(resource) => format!("borrow<{resource}>"),
        TypeDef::Stream(ty) => format!("stream<{}>", optional(ty)),
        TypeDef::Future(ty) => format!("future<{}>", optional(ty)),
    }
}

fn val_type(ty: &ValType) -> String {
    match ty {
        ValType::Bool => "bool".to_string(),
        ValType::S8 => "s8".to_string(),
        ValType::U8 => "u8".to_string(),
        ValType::S16 => "s16".to_string(),
        ValType::U16 => "u16".to_string(),
        ValType::S32 => "s32".to_string(),
        ValType::U32 => "u32".to_string(),
        ValType::S64 => "s64".to_string(),
        ValType::U64 => "u64".to_string(),
        ValType::F32 => "f32".to_string(),
        ValType::F64 => "f64".to_string(),
        ValType::Char => "char".to_string(),
        ValType::String => "string".to_string(),
        ValType::ErrorContext => "error-context".to_string(),
        ValType::Def(id) => id.to_string(),
    }
}
