//! Types in the text format: those that need a name to stand in an interface get one.

use crate::ty::{FuncTy, Ty};
use std::fmt::Write;

const INFALLIBLE: &str = "writing to a string does not fail";

/// Types that must have a name to stand in an interface.
#[derive(Default)]
pub(super) struct Names {
    /// Definitions of `t0`, `t1` and so on, in order.
    pub(super) defs: Vec<String>,
    /// How many resources there are: `r0`, `r1` and so on.
    pub(super) resources: u32,
}

impl Names {
    /// Parameters and result of a function type, with names for what needs them.
    pub(super) fn signature(&mut self, func: &FuncTy) -> String {
        let mut text = String::new();
        for (i, ty) in func.params.iter().enumerate() {
            let ty = self.ty(ty);
            write!(text, "(param \"p{i}\" {ty}) ").expect(INFALLIBLE);
        }
        if let Some(ty) = &func.result {
            let ty = self.ty(ty);
            write!(text, "(result {ty})").expect(INFALLIBLE);
        }
        text
    }

    fn ty(&mut self, ty: &Ty) -> String {
        let primitive = match ty {
            Ty::Bool => "bool",
            Ty::S8 => "s8",
            Ty::U8 => "u8",
            Ty::S16 => "s16",
            Ty::U16 => "u16",
            Ty::S32 => "s32",
            Ty::U32 => "u32",
            Ty::S64 => "s64",
            Ty::U64 => "u64",
            Ty::F32 => "f32",
            Ty::F64 => "f64",
            Ty::Char => "char",
            Ty::String => "string",
            _ => "",
        };
        let labels = |names: &[String]| names.iter().map(|name| format!(" \"{name}\"")).collect::<String>();
        let def = match ty {
            Ty::List(ty) => return format!("(list {})", self.ty(ty)),
            Ty::FixedList(ty, len) => return format!("(list {} {len})", self.ty(ty)),
            Ty::Map(key, value) => return format!("(map {} {})", self.ty(key), self.ty(value)),
            Ty::Tuple(types) => {
                let types: Vec<String> = types.iter().map(|ty| self.ty(ty)).collect();
                return format!("(tuple {})", types.join(" "));
            }
            Ty::Option(ty) => return format!("(option {})", self.ty(ty)),
            Ty::Result(ok, err) => {
                let ok = ok.as_ref().map_or(String::new(), |ty| format!(" {}", self.ty(ty)));
                let err = err.as_ref().map_or(String::new(), |ty| format!(" (error {})", self.ty(ty)));
                return format!("(result{ok}{err})");
            }
            Ty::Record(fields) => {
                let fields: Vec<String> =
                    fields.iter().map(|(name, ty)| format!(" (field \"{name}\" {})", self.ty(ty))).collect();
                format!("(record{})", fields.concat())
            }
            Ty::Variant(cases) => {
                let mut text = String::from("(variant");
                for (name, ty) in cases {
                    let ty = ty.as_ref().map_or(String::new(), |ty| self.ty(ty));
                    write!(text, " (case \"{name}\" {ty})").expect(INFALLIBLE);
                }
                text + ")"
            }
            Ty::Enum(names) => format!("(enum{})", labels(names)),
            Ty::Flags(names) => format!("(flags{})", labels(names)),
            Ty::Own(resource) | Ty::Borrow(resource) => {
                self.resources = self.resources.max(resource + 1);
                let kind = if let Ty::Own(_) = ty { "own" } else { "borrow" };
                return format!("({kind} $r{resource})");
            }
            _ => return primitive.to_owned(),
        };
        self.defs.push(def);
        format!("$t{}", self.defs.len() - 1)
    }
}
