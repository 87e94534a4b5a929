//! Where two types differ, in words.
//!
//! The validator decides whether a link is right; its messages speak of types, not of interfaces. This
//! walk finds the first item of an import that its provider does not have, or has with another type.
//! Resources are compared by where they come from: the first pair that meets belongs together.

use super::input::Linkee;
use super::matching::{ImportOf, Links};
use super::mentions;
use crate::error::{LinkEnds, LinkError};
use std::collections::HashMap;
use wasmparser::component_types::{
    ComponentAnyTypeId, ComponentDefinedType, ComponentEntityType, ComponentFuncTypeId, ComponentInstanceTypeId,
    ComponentValType, ResourceId,
};
use wasmparser::names::KebabString;
use wasmparser::types::TypesRef;

/// The first link whose ends differ, as an error.
pub(super) fn explain(inputs: &[Linkee<'_>], links: &Links, types: TypesRef<'_>) -> Option<LinkError> {
    // Per importer, so that resources of one import are known in the next.
    let mut compares: HashMap<usize, Compare<'_>> = HashMap::new();
    let open = |importer: usize| open_resources(&inputs[importer], importer, links, types);
    for (import, export) in links {
        let (importer, provider) = (&inputs[import.input], &inputs[export.input]);
        let (wanted, given) = (&importer.imports[import.import], &provider.exports[export.export]);
        let compare = compares.entry(import.input).or_insert_with(|| Compare {
            types,
            missing: Missing::IsDifference,
            sides: ["the import".to_owned(), "the export".to_owned()],
            resources: HashMap::new(),
            open: open(import.input),
        });
        if let Err(difference) = compare.entity(wanted.ty(), given.ty()) {
            let (input, import) = (importer.shown.to_owned(), wanted.name.clone());
            let (provider, export) = (provider.shown.to_owned(), given.name.clone());
            let place = difference.to_string();
            let Some(owner) = difference.owner else {
                return Some(LinkError::Mismatch { input, import, provider, export, difference: place });
            };
            let link = Box::new(LinkEnds { input, import, provider, export });
            return Some(match owner {
                Owner::Open(owner) => LinkError::OwnerOpen { link, place, owner },
                Owner::Other => LinkError::OtherOwner { link, place },
            });
        }
    }
    None
}

/// The resources of the imports that no input satisfies, each with the import that brings it.
fn open_resources(
    importer: &Linkee<'_>,
    index: usize,
    links: &Links,
    types: TypesRef<'_>,
) -> HashMap<ResourceId, String> {
    let mut open = HashMap::new();
    for (import, item) in importer.imports.iter().enumerate() {
        if links.contains_key(&ImportOf { input: index, import }) {
            continue;
        }
        for id in mentions::named(types, item.ty()) {
            if let ComponentAnyTypeId::Resource(id) = id {
                open.entry(id.resource()).or_insert_with(|| item.name.clone());
            }
        }
    }
    open
}

/// Where the types of two imports differ, instance exports that only one of them has aside. Each import
/// comes with the name of its input.
pub(super) fn of_common(
    (a_input, a): (&str, &ComponentEntityType),
    (b_input, b): (&str, &ComponentEntityType),
    types: TypesRef<'_>,
) -> Option<String> {
    let mut compare = Compare {
        types,
        missing: Missing::IsFine,
        sides: [format!("`{a_input}`"), format!("`{b_input}`")],
        resources: HashMap::new(),
        open: HashMap::new(),
    };
    compare.entity(a, b).err().map(|difference| difference.to_string())
}

/// What to make of an instance export that is wanted and not there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Missing {
    IsDifference,
    IsFine,
}

/// The place, innermost name first, and what is the matter there.
struct Difference {
    place: Vec<String>,
    what: String,
    /// Where the types agree but for who defines a resource.
    owner: Option<Owner>,
}

/// Who defines a resource, where it is not who the importer takes it from.
enum Owner {
    /// The importer takes it from this import of its own, which no input satisfies.
    Open(String),
    /// Another input.
    Other,
}

impl Difference {
    fn inside(mut self, name: impl Into<String>) -> Self {
        self.place.push(name.into());
        self
    }
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for name in self.place.iter().rev() {
            write!(f, "{name}: ")?;
        }
        f.write_str(&self.what)
    }
}

type Compared = Result<(), Difference>;

struct Compare<'t> {
    types: TypesRef<'t>,
    missing: Missing,
    /// What to call the two sides.
    sides: [String; 2],
    /// Resources of the first side, and which one of the second each is.
    resources: HashMap<ResourceId, ResourceId>,
    /// Resources of the first side that come from imports which no input satisfies.
    open: HashMap<ResourceId, String>,
}

impl<'t> Compare<'t> {
    /// One thing on one side, another thing on the other.
    fn differs(&self, a: impl std::fmt::Display, b: impl std::fmt::Display) -> Difference {
        let [a_side, b_side] = &self.sides;
        Difference { place: Vec::new(), what: format!("{a} in {a_side}, {b} in {b_side}"), owner: None }
    }

    fn entity(&mut self, wanted: &ComponentEntityType, given: &ComponentEntityType) -> Compared {
        use ComponentEntityType::*;
        match (*wanted, *given) {
            (Func(a), Func(b)) => self.func(a, b),
            (Value(a), Value(b)) => self.value(a, b),
            (Type { created: a, .. }, Type { created: b, .. }) => self.any(a, b),
            (Instance(a), Instance(b)) => self.instance(a, b),
            // Left to the validator.
            (Module(_), Module(_)) | (Component(_), Component(_)) => Ok(()),
            (a, b) => Err(self.differs(kind(&a), kind(&b))),
        }
    }

    fn instance(&mut self, wanted: ComponentInstanceTypeId, given: ComponentInstanceTypeId) -> Compared {
        let types: TypesRef<'t> = self.types;
        for (name, wanted) in &types[wanted].exports {
            match types[given].exports.get(name) {
                Some(given) => {
                    self.entity(&wanted.ty, &given.ty)
                        .map_err(|d| d.inside(format!("{} `{name}`", noun(&wanted.ty))))?;
                }
                None if self.missing == Missing::IsFine => {}
                None => {
                    let what = format!("{} `{name}` is missing in {}", noun(&wanted.ty), self.sides[1]);
                    return Err(Difference { place: Vec::new(), what, owner: None });
                }
            }
        }
        Ok(())
    }

    fn any(&mut self, wanted: ComponentAnyTypeId, given: ComponentAnyTypeId) -> Compared {
        use ComponentAnyTypeId::*;
        match (wanted, given) {
            (Resource(a), Resource(b)) => self.resource(a.resource(), b.resource()),
            (Defined(a), Defined(b)) => self.value(ComponentValType::Type(a), ComponentValType::Type(b)),
            (Func(a), Func(b)) => self.func(a, b),
            (Instance(a), Instance(b)) => self.instance(a, b),
            (Component(_), Component(_)) => Ok(()),
            (Resource(_), _) => Err(self.differs("a resource", "none")),
            (_, Resource(_)) => Err(self.differs("no resource", "one")),
            _ => Err(self.differs("a type of one kind", "a type of another")),
        }
    }

    fn resource(&mut self, wanted: ResourceId, given: ResourceId) -> Compared {
        let owner = match self.open.get(&wanted) {
            Some(import) => Owner::Open(import.clone()),
            None if *self.resources.entry(wanted).or_insert(given) == given => return Ok(()),
            None => Owner::Other,
        };
        Err(Difference { place: Vec::new(), what: "another resource".to_owned(), owner: Some(owner) })
    }

    fn func(&mut self, wanted: ComponentFuncTypeId, given: ComponentFuncTypeId) -> Compared {
        let types: TypesRef<'t> = self.types;
        let (a, b) = (&types[wanted], &types[given]);
        if a.async_ != b.async_ {
            let name = |is_async| if is_async { "async" } else { "not async" };
            return Err(self.differs(name(a.async_), name(b.async_)));
        }
        if a.params.len() != b.params.len() {
            return Err(self.differs(format!("{} parameters", a.params.len()), b.params.len()));
        }
        for ((a_name, a), (b_name, b)) in a.params.iter().zip(&b.params) {
            if a_name != b_name {
                return Err(self.differs(format!("parameter `{a_name}`"), format!("`{b_name}`")));
            }
            self.value(*a, *b).map_err(|d| d.inside(format!("parameter `{a_name}`")))?;
        }
        self.optional(a.result, b.result, "result")
    }

    fn optional(&mut self, a: Option<ComponentValType>, b: Option<ComponentValType>, what: &str) -> Compared {
        match (a, b) {
            (None, None) => Ok(()),
            (Some(a), Some(b)) => self.value(a, b).map_err(|d| d.inside(what)),
            (Some(_), None) => Err(self.differs(format!("a {what}"), "none")),
            (None, Some(_)) => Err(self.differs(format!("no {what}"), "one")),
        }
    }

    fn value(&mut self, wanted: ComponentValType, given: ComponentValType) -> Compared {
        use ComponentDefinedType::*;
        let types: TypesRef<'t> = self.types;
        let (a, b) = match (layer(types, wanted), layer(types, given)) {
            (Layer::Primitive(a), Layer::Primitive(b)) if a == b => return Ok(()),
            (Layer::Defined(a), Layer::Defined(b)) => (a, b),
            (a, b) => return Err(self.differs(a.describe(), b.describe())),
        };
        match (a, b) {
            (Record(a), Record(b)) => {
                self.names("fields", a.fields.keys(), b.fields.keys())?;
                for ((name, a), b) in a.fields.iter().zip(b.fields.values()) {
                    self.value(*a, *b).map_err(|d| d.inside(format!("field `{name}`")))?;
                }
                Ok(())
            }
            (Variant(a), Variant(b)) => {
                self.names("cases", a.cases.keys(), b.cases.keys())?;
                for ((name, a), b) in a.cases.iter().zip(b.cases.values()) {
                    self.optional(a.ty, b.ty, "payload").map_err(|d| d.inside(format!("case `{name}`")))?;
                }
                Ok(())
            }
            (Flags(a), Flags(b)) => self.names("flags", a, b),
            (Enum(a), Enum(b)) => self.names("cases", a, b),
            (List { element: a, .. }, List { element: b, .. }) => self.value(*a, *b).map_err(|d| d.inside("element")),
            (Map { key: ak, value: av, .. }, Map { key: bk, value: bv, .. }) => {
                self.value(*ak, *bk).map_err(|d| d.inside("key"))?;
                self.value(*av, *bv).map_err(|d| d.inside("value"))
            }
            (
                FixedLengthList { element: a, length: a_length, .. },
                FixedLengthList { element: b, length: b_length, .. },
            ) => {
                if a_length != b_length {
                    return Err(self.differs(format!("a list of {a_length}"), format!("of {b_length}")));
                }
                self.value(*a, *b).map_err(|d| d.inside("element"))
            }
            (Tuple(a), Tuple(b)) => {
                if a.types.len() != b.types.len() {
                    let of = |types: &[ComponentValType]| format!("a tuple of {}", types.len());
                    return Err(self.differs(of(&a.types), of(&b.types)));
                }
                for (position, (a, b)) in a.types.iter().zip(&b.types).enumerate() {
                    self.value(*a, *b).map_err(|d| d.inside(format!("element {position}")))?;
                }
                Ok(())
            }
            (Option { ty: a, .. }, Option { ty: b, .. }) => self.value(*a, *b).map_err(|d| d.inside("option")),
            (Result { ok: a_ok, err: a_err, .. }, Result { ok: b_ok, err: b_err, .. }) => {
                self.optional(*a_ok, *b_ok, "ok type")?;
                self.optional(*a_err, *b_err, "error type")
            }
            (Own(a), Own(b)) | (Borrow(a), Borrow(b)) => self.resource(a.resource(), b.resource()),
            (Future { ty: a, .. }, Future { ty: b, .. }) | (Stream { ty: a, .. }, Stream { ty: b, .. }) => {
                self.optional(*a, *b, "payload")
            }
            (a, b) => Err(self.differs(Layer::Defined(a).describe(), Layer::Defined(b).describe())),
        }
    }

    fn names<'n>(
        &self,
        what: &str,
        a: impl IntoIterator<Item = &'n KebabString>,
        b: impl IntoIterator<Item = &'n KebabString>,
    ) -> Compared {
        let list = |names: Vec<&str>| names.join(", ");
        let a: Vec<&str> = a.into_iter().map(|name| name.as_str()).collect();
        let b: Vec<&str> = b.into_iter().map(|name| name.as_str()).collect();
        if a == b {
            return Ok(());
        }
        Err(self.differs(format!("{what} {}", list(a)), list(b)))
    }
}

/// The outermost layer of a value type.
enum Layer<'t> {
    Primitive(wasmparser::PrimitiveValType),
    Defined(&'t ComponentDefinedType),
}

fn layer<'t>(types: TypesRef<'t>, ty: ComponentValType) -> Layer<'t> {
    match ty {
        ComponentValType::Primitive(ty) => Layer::Primitive(ty),
        ComponentValType::Type(id) => match types.get(id).expect("an id is used with the types it belongs to") {
            ComponentDefinedType::Primitive(ty) => Layer::Primitive(*ty),
            ty => Layer::Defined(ty),
        },
    }
}

impl Layer<'_> {
    fn describe(&self) -> String {
        let defined = match self {
            Layer::Primitive(ty) => return ty.to_string(),
            Layer::Defined(ty) => ty,
        };
        match defined {
            ComponentDefinedType::Primitive(ty) => return ty.to_string(),
            ComponentDefinedType::Record(_) => "a record",
            ComponentDefinedType::Variant(_) => "a variant",
            ComponentDefinedType::List { .. } => "a list",
            ComponentDefinedType::Map { .. } => "a map",
            ComponentDefinedType::FixedLengthList { .. } => "a list of fixed length",
            ComponentDefinedType::Tuple(_) => "a tuple",
            ComponentDefinedType::Flags(_) => "flags",
            ComponentDefinedType::Enum(_) => "an enum",
            ComponentDefinedType::Option { .. } => "an option",
            ComponentDefinedType::Result { .. } => "a result",
            ComponentDefinedType::Own(_) => "an owned handle",
            ComponentDefinedType::Borrow(_) => "a borrowed handle",
            ComponentDefinedType::Future { .. } => "a future",
            ComponentDefinedType::Stream { .. } => "a stream",
        }
        .to_owned()
    }
}

fn kind(ty: &ComponentEntityType) -> String {
    match ty {
        ComponentEntityType::Instance(_) => "an instance".to_owned(),
        other => format!("a {}", noun(other)),
    }
}

fn noun(ty: &ComponentEntityType) -> &'static str {
    match ty {
        ComponentEntityType::Module(_) => "core module",
        ComponentEntityType::Func(_) => "function",
        ComponentEntityType::Value(_) => "value",
        ComponentEntityType::Type { .. } => "type",
        ComponentEntityType::Instance(_) => "instance",
        ComponentEntityType::Component(_) => "component",
    }
}
