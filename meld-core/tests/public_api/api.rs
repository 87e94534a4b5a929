//! The stable interface, read from sources.
//!
//! In: the folder `src`. Out: what the root of the library and its public modules export, without bodies, private fields and
//! documentation. A name is found by following `pub use` from file to file. Names of types are unique in the crate, so the
//! implementations of a type are found by its name.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use syn::visit::Visit;
use syn::{Fields, File, ImplItem, Item, ItemImpl, ItemUse, ReturnType, Signature, Type, UseTree, Visibility};

/// The module that is no part of it.
const UNSTABLE: &str = "unstable";
/// Crates that the library uses.
const CRATES: [&str; 9] = [
    "wasmparser",
    "wasm_encoder",
    "wat",
    "wit_parser",
    "wit_component",
    "serde_json",
    "indexmap",
    "petgraph",
    "semver",
];

/// A name of the interface.
enum Exposed {
    /// An item of the crate, and the module that it is in.
    Item(Vec<String>, Box<Item>),
    /// An item that a macro makes: the macros of its module that may.
    Macro(Vec<Item>),
    /// An item of another crate, by its path.
    Foreign(String),
    /// A public module.
    Module,
}

/// The interface.
pub(crate) struct Api {
    files: BTreeMap<Vec<String>, File>,
    /// By the path from the root.
    exposed: BTreeMap<Vec<String>, Exposed>,
}

impl Api {
    pub(crate) fn read(src: &Path) -> Self {
        let mut files = BTreeMap::new();
        read(src, &mut Vec::new(), &mut files);
        assert!(files.len() > 50, "found only {} files", files.len());
        let mut api = Api { files, exposed: BTreeMap::new() };
        api.expose(&[]);
        api
    }

    /// Everything that a module exports, with the modules in it.
    fn expose(&mut self, module: &[String]) {
        let items = self.files[module].items.clone();
        for item in items {
            if !is_public(&item) {
                continue;
            }
            match &item {
                Item::Use(item) => {
                    for (name, path) in uses(item) {
                        let found = self.resolve(module, &path);
                        self.exposed.insert(with(module, &name), found);
                    }
                }
                Item::Mod(inner) if module.is_empty() && inner.ident == UNSTABLE => {}
                Item::Mod(inner) => {
                    let inner = with(module, &inner.ident.to_string());
                    self.exposed.insert(inner.clone(), Exposed::Module);
                    self.expose(&inner);
                }
                item => {
                    if let Some(name) = name(item) {
                        let found = Exposed::Item(module.to_vec(), Box::new(item.clone()));
                        self.exposed.insert(with(module, &name), found);
                    }
                }
            }
        }
    }

    /// What a path in a `use` of `module` names.
    fn resolve(&self, module: &[String], path: &[String]) -> Exposed {
        let (last, before) = path.split_last().expect("a path is not empty");
        let from = match before.first().map(String::as_str) {
            Some("crate") => before[1..].to_vec(),
            Some("super") => [&module[..module.len() - 1], &before[1..]].concat(),
            Some("self") => [module, &before[1..]].concat(),
            Some(first) if self.files.contains_key(&with(module, first)) => [module, before].concat(),
            _ => return Exposed::Foreign(path.join("::")),
        };
        let file = self.files.get(&from).unwrap_or_else(|| panic!("no module {from:?} for {path:?}"));
        for item in &file.items {
            if name(item).as_ref() == Some(last) {
                return Exposed::Item(from, Box::new(item.clone()));
            }
            if let Item::Use(inner) = item
                && let Some((_, inner)) = uses(inner).into_iter().find(|(name, _)| name == last)
            {
                return self.resolve(&from, &inner);
            }
        }
        let macros: Vec<Item> = file.items.iter().filter(|item| matches!(item, Item::Macro(_))).cloned().collect();
        assert!(!macros.is_empty(), "nothing in {from:?} is called {last}");
        Exposed::Macro(macros)
    }

    /// The names of the root.
    pub(crate) fn root_names(&self) -> Vec<String> {
        self.exposed.keys().filter(|path| path.len() == 1).map(|path| path[0].clone()).collect()
    }

    /// Inherent implementations of a type, and of traits for it, with the module that each is in.
    fn impls(&self, of: &str) -> Vec<(&Vec<String>, ItemImpl)> {
        let mut found = Vec::new();
        for (module, file) in &self.files {
            for item in &file.items {
                let Item::Impl(item) = item else { continue };
                let Type::Path(ty) = &*item.self_ty else { continue };
                if ty.path.segments.last().is_some_and(|last| last.ident == of) {
                    found.extend(bare_impl(item).map(|item| (module, item)));
                }
            }
        }
        found
    }

    /// All of it as text.
    pub(crate) fn print(&self) -> String {
        let mut out = String::from(
            "The stable interface of meld-core, as `cargo test -p meld-core --test public_api` reads it.\n",
        );
        for (path, exposed) in &self.exposed {
            out += &format!("\n== meld_core::{}\n", path.join("::"));
            match exposed {
                Exposed::Module => out += "pub mod\n",
                Exposed::Foreign(path) => out += &format!("pub use {path}\n"),
                Exposed::Macro(items) => {
                    // What a macro is given has its documentation in it.
                    let text = pretty(items.clone());
                    let lines = text.lines().filter(|line| !line.trim_start().starts_with("#[doc"));
                    lines.for_each(|line| out.extend([line, "\n"]));
                }
                Exposed::Item(_, item) => {
                    let mut items = vec![bare(item)];
                    let name = name(item).expect("it was found by its name");
                    items.extend(self.impls(&name).into_iter().map(|(_, item)| Item::Impl(item)));
                    out += &pretty(items);
                }
            }
        }
        out
    }

    /// Types that a signature mentions and that are not in the interface.
    pub(crate) fn leaks(&self, allowed: &[&str]) -> Vec<String> {
        let own: BTreeSet<String> = self.files.values().flat_map(|file| &file.items).filter_map(name).collect();
        let mut known = BTreeSet::new();
        let mut foreign = BTreeSet::new();
        for (path, exposed) in &self.exposed {
            match exposed {
                Exposed::Item(_, item) => known.extend(name(item)),
                Exposed::Foreign(path) => _ = foreign.insert(path.clone()),
                Exposed::Macro(_) => known.extend(path.last().cloned()),
                Exposed::Module => {}
            }
        }
        let mut leaks = Vec::new();
        for (path, exposed) in &self.exposed {
            let Exposed::Item(module, item) = exposed else { continue };
            let mut check = |module: &Vec<String>, item: &Item| {
                let mut mentions = Mentions::default();
                mentions.visit_item(item);
                let imports: BTreeMap<String, Vec<String>> = self.files[module]
                    .items
                    .iter()
                    .filter_map(|item| if let Item::Use(item) = item { Some(uses(item)) } else { None })
                    .flatten()
                    .collect();
                for mut mention in mentions.0 {
                    if let Some(import) = imports.get(&mention[0]) {
                        mention.splice(..1, import.clone());
                    }
                    let last = mention.last().expect("a path is not empty");
                    let from = mention[0].as_str();
                    let leak = if CRATES.contains(&from) {
                        !foreign.contains(&mention.join("::")) && !allowed.contains(&from)
                    } else {
                        !matches!(from, "std" | "thiserror" | "serde") && own.contains(last) && !known.contains(last)
                    };
                    if leak {
                        leaks.push(format!("{} mentions {}", path.join("::"), mention.join("::")));
                    }
                }
            };
            check(module, &bare(item));
            for (module, item) in self.impls(&name(item).expect("it was found by its name")) {
                check(module, &Item::Impl(item));
            }
        }
        leaks.sort();
        leaks.dedup();
        leaks
    }

    /// Functions that return a `Result`, with what their documentation lacks.
    pub(crate) fn undocumented(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut check = |path: String, signature: &Signature, attributes: &[syn::Attribute]| {
            let documentation: String = attributes.iter().filter_map(documentation).collect();
            if can_fail(signature) {
                found.extend((!documentation.contains("# Errors")).then(|| format!("{path}: no section `# Errors`")));
                found.extend((!documentation.contains("```")).then(|| format!("{path}: no example")));
            }
        };
        for (path, exposed) in &self.exposed {
            let Exposed::Item(_, item) = exposed else { continue };
            if let Item::Fn(item) = &**item {
                check(path.join("::"), &item.sig, &item.attrs);
            }
            for file in self.files.values() {
                for item in &file.items {
                    let Item::Impl(item) = item else { continue };
                    let of_it = matches!(&*item.self_ty, Type::Path(ty) if ty.path.segments.last().is_some_and(|last| path.last().is_some_and(|name| last.ident == name)));
                    if !of_it || item.trait_.is_some() {
                        continue;
                    }
                    for item in &item.items {
                        if let ImplItem::Fn(item) = item
                            && matches!(item.vis, Visibility::Public(_))
                        {
                            check(format!("{}::{}", path.join("::"), item.sig.ident), &item.sig, &item.attrs);
                        }
                    }
                }
            }
        }
        found.sort();
        found.dedup();
        found
    }
}

fn read(folder: &Path, module: &mut Vec<String>, files: &mut BTreeMap<Vec<String>, File>) {
    let path = match module.last() {
        None => folder.join("lib.rs"),
        Some(_) => folder.join(module.join("/")).with_extension("rs"),
    };
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let file = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    for item in &file.items {
        if let Item::Mod(item) = item
            && item.content.is_none()
            && !item.attrs.iter().any(|attribute| attribute.path().is_ident("cfg") && is_test(attribute))
        {
            module.push(item.ident.to_string());
            read(folder, module, files);
            module.pop();
        }
    }
    files.insert(module.clone(), file);
}

fn is_test(attribute: &syn::Attribute) -> bool {
    matches!(&attribute.meta, syn::Meta::List(list) if list.tokens.to_string() == "test")
}

fn with(module: &[String], name: &str) -> Vec<String> {
    module.iter().cloned().chain([name.to_owned()]).collect()
}

/// Names that a `use` makes, and the paths that they stand for.
fn uses(item: &ItemUse) -> Vec<(String, Vec<String>)> {
    fn walk(tree: &UseTree, before: &[String], found: &mut Vec<(String, Vec<String>)>) {
        match tree {
            UseTree::Path(path) => walk(&path.tree, &with(before, &path.ident.to_string()), found),
            UseTree::Name(name) if name.ident == "self" => {
                found.push((before.last().expect("of something").clone(), before.to_vec()));
            }
            UseTree::Name(name) => found.push((name.ident.to_string(), with(before, &name.ident.to_string()))),
            UseTree::Rename(name) => found.push((name.rename.to_string(), with(before, &name.ident.to_string()))),
            UseTree::Group(group) => group.items.iter().for_each(|tree| walk(tree, before, found)),
            UseTree::Glob(_) => {}
        }
    }
    let mut found = Vec::new();
    walk(&item.tree, &[], &mut found);
    found
}

/// The name of a type, a function, a constant or a trait.
fn name(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Struct(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Const(item) => &item.ident,
        Item::Static(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        _ => return None,
    };
    Some(ident.to_string())
}

fn is_public(item: &Item) -> bool {
    let visibility = match item {
        Item::Struct(item) => &item.vis,
        Item::Enum(item) => &item.vis,
        Item::Trait(item) => &item.vis,
        Item::Type(item) => &item.vis,
        Item::Const(item) => &item.vis,
        Item::Static(item) => &item.vis,
        Item::Fn(item) => &item.vis,
        Item::Mod(item) => &item.vis,
        Item::Use(item) => &item.vis,
        _ => return false,
    };
    matches!(visibility, Visibility::Public(_))
}

/// An item without what is not part of the interface.
fn bare(item: &Item) -> Item {
    let mut item = item.clone();
    match &mut item {
        Item::Struct(item) => {
            keep(&mut item.attrs);
            let private = hide(&mut item.fields);
            if private {
                item.attrs.push(syn::parse_quote!(#[private_fields]));
            }
        }
        Item::Enum(item) => {
            keep(&mut item.attrs);
            for variant in &mut item.variants {
                keep(&mut variant.attrs);
                variant.fields.iter_mut().for_each(|field| keep(&mut field.attrs));
            }
        }
        Item::Fn(item) => {
            keep(&mut item.attrs);
            item.block.stmts.clear();
        }
        Item::Const(item) => keep(&mut item.attrs),
        Item::Type(item) => keep(&mut item.attrs),
        Item::Trait(item) => keep(&mut item.attrs),
        _ => {}
    }
    item
}

fn bare_impl(item: &ItemImpl) -> Option<ItemImpl> {
    let mut item = item.clone();
    keep(&mut item.attrs);
    let of_trait = item.trait_.is_some();
    item.items.retain_mut(|item| match item {
        ImplItem::Fn(item) => {
            keep(&mut item.attrs);
            item.block.stmts.clear();
            matches!(item.vis, Visibility::Public(_))
        }
        ImplItem::Const(item) => {
            keep(&mut item.attrs);
            matches!(item.vis, Visibility::Public(_))
        }
        ImplItem::Type(item) => {
            keep(&mut item.attrs);
            true
        }
        _ => false,
    });
    (of_trait || !item.items.is_empty()).then_some(item)
}

/// Removes private fields. Whether there were any.
fn hide(fields: &mut Fields) -> bool {
    let before = fields.len();
    let public = |field: &syn::Field| matches!(field.vis, Visibility::Public(_));
    let list = match fields {
        Fields::Named(fields) => &mut fields.named,
        Fields::Unnamed(fields) => &mut fields.unnamed,
        Fields::Unit => return false,
    };
    *list = std::mem::take(list).into_iter().filter(public).collect();
    list.iter_mut().for_each(|field| keep(&mut field.attrs));
    fields.len() < before
}

/// Keeps attributes that callers notice.
fn keep(attributes: &mut Vec<syn::Attribute>) {
    attributes
        .retain(|attribute| ["derive", "non_exhaustive", "cfg"].iter().any(|kept| attribute.path().is_ident(kept)));
}

fn documentation(attribute: &syn::Attribute) -> Option<String> {
    let syn::Meta::NameValue(pair) = &attribute.meta else { return None };
    let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) = &pair.value else { return None };
    pair.path.is_ident("doc").then(|| text.value() + "\n")
}

fn can_fail(signature: &Signature) -> bool {
    let ReturnType::Type(_, ty) = &signature.output else { return false };
    matches!(&**ty, Type::Path(ty) if ty.path.segments.last().is_some_and(|last| last.ident == "Result"))
}

fn pretty(items: Vec<Item>) -> String {
    prettyplease::unparse(&File { shebang: None, attrs: Vec::new(), items })
}

/// Paths of types and traits.
#[derive(Default)]
struct Mentions(BTreeSet<Vec<String>>);

impl<'ast> Visit<'ast> for Mentions {
    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.0.insert(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        syn::visit::visit_path(self, path);
    }

    fn visit_expr(&mut self, _: &'ast syn::Expr) {}

    fn visit_attribute(&mut self, _: &'ast syn::Attribute) {}
}
