//! CTypes of WIT in C.
//!
//! In: the defined types of a [`Description`]. Out: a C type for each, whose values are in the memory as the canonical ABI has them: C puts members
//! at multiples of their alignment too. The header asserts that, size by size and member by member.

use super::names::{self, CNames};
use crate::interface::{Description, TypeEntry, TypeRef, TypeShape};
use std::fmt::Write;

/// C types of a description.
pub(super) struct CTypes<'d> {
    description: &'d Description,
    /// By position.
    names: Vec<String>,
    string: String,
}

/// A member of a struct: its name, C type, size and alignment.
type Member = (String, String, u64, u64);

impl<'d> CTypes<'d> {
    /// CNames for the types of a description.
    pub(super) fn new(description: &'d Description, prefix: &str, names: &mut CNames) -> Self {
        let string = names.claim(format!("{prefix}_string"));
        let of = (0..description.types.len()).map(|number| names.claim(format!("{prefix}_type{number}")));
        CTypes { description, names: of.collect(), string }
    }

    /// The C type of a value in memory.
    pub(super) fn of(&self, ty: &TypeRef) -> String {
        match ty {
            TypeRef::Defined(number) => self.names[*number].clone(),
            TypeRef::Primitive(name) => match *name {
                "bool" | "u8" => "uint8_t".to_owned(),
                "s8" => "int8_t".to_owned(),
                "u16" => "uint16_t".to_owned(),
                "s16" => "int16_t".to_owned(),
                "s32" => "int32_t".to_owned(),
                "u64" => "uint64_t".to_owned(),
                "s64" => "int64_t".to_owned(),
                "f32" => "float".to_owned(),
                "f64" => "double".to_owned(),
                "string" => self.string.clone(),
                // Numbers, characters and handles.
                _ => "uint32_t".to_owned(),
            },
        }
    }

    /// Size and alignment of a value in memory.
    fn layout(&self, ty: &TypeRef) -> (u64, u64) {
        match ty {
            TypeRef::Defined(number) => {
                let entry = &self.description.types[*number];
                (entry.size, entry.align.into())
            }
            TypeRef::Primitive(name) => match *name {
                "bool" | "u8" | "s8" => (1, 1),
                "u16" | "s16" => (2, 2),
                "u64" | "s64" | "f64" => (8, 8),
                "string" => (8, 4),
                _ => (4, 4),
            },
        }
    }

    /// The type in WIT; what has a name of its own in WIT has its name in C.
    pub(super) fn wit(&self, ty: &TypeRef) -> String {
        let number = match ty {
            TypeRef::Primitive(name) => return (*name).to_owned(),
            TypeRef::Defined(number) => number,
        };
        let of = |ty: &Option<TypeRef>| ty.as_ref().map_or("_".to_owned(), |ty| self.wit(ty));
        let resource = |at: usize| &self.description.resources[at].name;
        match &self.description.types[*number].shape {
            TypeShape::List { element } => format!("list<{}>", self.wit(element)),
            TypeShape::FixedLengthList { element, length } => format!("list<{}, {length}>", self.wit(element)),
            TypeShape::Map { key, value } => format!("map<{}, {}>", self.wit(key), self.wit(value)),
            TypeShape::Tuple { elements } => {
                format!("tuple<{}>", elements.iter().map(|ty| self.wit(ty)).collect::<Vec<_>>().join(", "))
            }
            TypeShape::Option { element } => format!("option<{}>", self.wit(element)),
            TypeShape::Result { ok, error } => format!("result<{}, {}>", of(ok), of(error)),
            TypeShape::Own { resource: at } => resource(*at).clone(),
            TypeShape::Borrow { resource: at } => format!("borrow<{}>", resource(*at)),
            TypeShape::Stream { element } => format!("stream<{}>", of(element)),
            TypeShape::Future { element } => format!("future<{}>", of(element)),
            TypeShape::Record { .. } | TypeShape::Variant { .. } | TypeShape::Flags { .. } | TypeShape::Enum { .. } => {
                self.names[*number].clone()
            }
        }
    }

    /// All definitions. `assert` is the macro for what has to hold.
    pub(super) fn define(&self, assert: &str, names: &mut CNames) -> String {
        let mut out = format!(
            "// A string: where its code units are in the memory, and how many there are, as its encoding counts them.\n\
             typedef struct {{\n    uint32_t at, length;\n}} {};\n",
            self.string
        );
        for (number, entry) in self.description.types.iter().enumerate() {
            let name = &self.names[number];
            let _ = writeln!(out, "\n// {}", self.says(number, entry));
            self.one(&mut out, name, entry, assert, names);
            let (size, align) = (entry.size, entry.align);
            let _ = writeln!(out, "{assert}(sizeof({name}) == {size} && _Alignof({name}) == {align}, \"{name}\");");
        }
        out
    }

    /// What a type is, in words of WIT.
    fn says(&self, number: usize, entry: &TypeEntry) -> String {
        names::comment(&match &entry.shape {
            TypeShape::Record { .. } => "record".to_owned(),
            TypeShape::Variant { .. } => "variant".to_owned(),
            TypeShape::Flags { .. } => "flags".to_owned(),
            TypeShape::Enum { .. } => "enum".to_owned(),
            TypeShape::Own { .. } | TypeShape::Borrow { .. } => {
                format!("{}: a handle", self.wit(&TypeRef::Defined(number)))
            }
            TypeShape::List { .. } | TypeShape::Map { .. } => {
                format!("{}: where the elements are, and how many", self.wit(&TypeRef::Defined(number)))
            }
            _ => self.wit(&TypeRef::Defined(number)),
        })
    }

    fn one(&self, out: &mut String, name: &str, entry: &TypeEntry, assert: &str, names: &mut CNames) {
        let case = |ty: Option<&TypeRef>, case: &str| (case.to_owned(), ty.cloned());
        match &entry.shape {
            TypeShape::Record { fields } => {
                let members = fields.iter().map(|field| self.member(&field.name, &field.ty));
                structure(out, name, members.collect(), assert);
            }
            TypeShape::Tuple { elements } => {
                let members = elements.iter().enumerate().map(|(at, ty)| self.member(&format!("f{at}"), ty));
                structure(out, name, members.collect(), assert);
            }
            TypeShape::Variant { cases } => {
                let cases = cases.iter().map(|of| case(of.ty.as_ref(), &of.name)).collect::<Vec<_>>();
                self.variant(out, name, &cases, assert, names);
            }
            TypeShape::Option { element } => {
                self.variant(out, name, &[case(None, "none"), case(Some(element), "some")], assert, names);
            }
            TypeShape::Result { ok, error } => {
                self.variant(out, name, &[case(ok.as_ref(), "ok"), case(error.as_ref(), "error")], assert, names);
            }
            TypeShape::Flags { labels } => {
                let _ = writeln!(out, "typedef uint{}_t {name};", 8 * entry.size);
                let bit = |at: usize| format!("1u << {at}");
                labelled(out, name, labels, bit, names);
            }
            TypeShape::Enum { labels } => {
                let _ = writeln!(out, "typedef uint{}_t {name};", 8 * entry.size);
                labelled(out, name, labels, |at| at.to_string(), names);
            }
            TypeShape::List { .. } | TypeShape::Map { .. } => {
                let _ = writeln!(out, "typedef struct {{\n    uint32_t at, length;\n}} {name};");
            }
            TypeShape::FixedLengthList { element, length } => {
                let _ = writeln!(out, "typedef struct {{\n    {} items[{length}];\n}} {name};", self.of(element));
            }
            TypeShape::Own { .. } | TypeShape::Borrow { .. } | TypeShape::Stream { .. } | TypeShape::Future { .. } => {
                let _ = writeln!(out, "typedef uint32_t {name};");
            }
        }
    }

    fn member(&self, name: &str, ty: &TypeRef) -> Member {
        let (size, align) = self.layout(ty);
        (names::field(name), self.of(ty), size, align)
    }

    fn variant(
        &self,
        out: &mut String,
        name: &str,
        cases: &[(String, Option<TypeRef>)],
        assert: &str,
        names: &mut CNames,
    ) {
        let tag = match cases.len() {
            0..=0x100 => 1,
            0x101..=0x1_0000 => 2,
            _ => 4,
        };
        let payloads: Vec<_> = cases.iter().filter_map(|(case, ty)| Some(self.member(case, ty.as_ref()?))).collect();
        let _ = write!(out, "typedef struct {{\n    uint{}_t tag;\n", 8 * tag);
        if !payloads.is_empty() {
            out.push_str("    union {\n");
            for (case, ty, ..) in &payloads {
                let _ = writeln!(out, "        {ty} {case};");
            }
            out.push_str("    } payload;\n");
        }
        let _ = writeln!(out, "}} {name};");
        if let Some(align) = payloads.iter().map(|&(.., align)| align).max() {
            let at = u64::max(tag, align);
            let _ = writeln!(out, "{assert}(offsetof({name}, payload) == {at}, \"{name}.payload\");");
        }
        let labels: Vec<_> = cases.iter().map(|(case, _)| case.clone()).collect();
        labelled(out, name, &labels, |at| at.to_string(), names);
    }
}

/// A struct; its members are at multiples of their alignment.
fn structure(out: &mut String, name: &str, members: Vec<Member>, assert: &str) {
    let _ = writeln!(out, "typedef struct {{");
    for (member, ty, ..) in &members {
        let _ = writeln!(out, "    {ty} {member};");
    }
    let _ = writeln!(out, "}} {name};");
    let mut end = 0u64;
    for (member, _, size, align) in members {
        let at = end.next_multiple_of(align);
        let _ = writeln!(out, "{assert}(offsetof({name}, {member}) == {at}, \"{name}.{member}\");");
        end = at + size;
    }
}

/// Constants for the labels of a type.
fn labelled(out: &mut String, name: &str, labels: &[String], value: impl Fn(usize) -> String, names: &mut CNames) {
    let _ = writeln!(out, "enum {{");
    for (at, label) in labels.iter().enumerate() {
        let constant = names.claim(format!("{name}_{}", names::identifier(label)));
        let _ = writeln!(out, "    {constant} = {},", value(at));
    }
    let _ = writeln!(out, "}};");
}
