//! Value types and function types.

use super::Random;
use crate::ty::{FuncTy, Ty};

/// What types may be made of.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// Maps and lists of fixed length, which are proposals.
    pub proposals: bool,
    /// How deep types nest.
    pub depth: usize,
    /// How many resources there are to own.
    pub resources: u32,
}

/// A value type.
pub fn value_type(random: &mut Random, shape: Shape) -> Ty {
    let leaves = 13;
    let choices = if shape.depth == 0 { leaves + 2 } else { leaves + if shape.proposals { 14 } else { 12 } };
    let inner = Shape { depth: shape.depth.saturating_sub(1), ..shape };
    let sub = |random: &mut Random| Box::new(value_type(random, inner));
    if shape.resources > 0 && random.one_in(4) {
        return Ty::Own(random.below(shape.resources as usize) as u32);
    }
    match random.below(choices) {
        0 => Ty::Bool,
        1 => Ty::S8,
        2 => Ty::U8,
        3 => Ty::S16,
        4 => Ty::U16,
        5 => Ty::S32,
        6 => Ty::U32,
        7 => Ty::S64,
        8 => Ty::U64,
        9 => Ty::F32,
        10 => Ty::F64,
        11 => Ty::Char,
        12 => Ty::String,
        13 => Ty::Enum(names("e", *random.pick(&[1, 2, 3, 7, 255, 256, 257]))),
        14 => Ty::Flags(names("f", *random.pick(&[1, 2, 7, 8, 9, 15, 16, 17, 31, 32]))),
        15 | 16 => Ty::List(sub(random)),
        17 => Ty::Record(names("m", 1 + random.below(5)).into_iter().map(|name| (name, *sub(random))).collect()),
        18 | 19 => Ty::Tuple((0..1 + random.below(5)).map(|_| *sub(random)).collect()),
        20 | 21 => {
            let mut cases = Vec::new();
            for name in names("c", 1 + random.below(4)) {
                let payload = if random.one_in(4) { None } else { Some(*sub(random)) };
                cases.push((name, payload));
            }
            // A discriminant of two bytes now and then.
            if random.one_in(8) {
                cases.extend(names("pad", 256).into_iter().map(|name| (name, None)));
            }
            Ty::Variant(cases)
        }
        22 | 23 => Ty::Option(sub(random)),
        24 => {
            let ok = if random.one_in(4) { None } else { Some(sub(random)) };
            let err = if random.one_in(4) { None } else { Some(sub(random)) };
            Ty::Result(ok, err)
        }
        25 => Ty::FixedList(sub(random), *random.pick(&[1, 2, 3, 17])),
        _ => {
            let key = random.pick(&[Ty::U8, Ty::S64, Ty::Char, Ty::String, Ty::Bool, Ty::U16]).clone();
            Ty::Map(Box::new(key), sub(random))
        }
    }
}

/// A function type: few parameters, or so many that they spill.
pub fn func(random: &mut Random, shape: Shape) -> FuncTy {
    let count = *random.pick(&[0, 1, 1, 2, 3, 5, 9, 17]);
    FuncTy {
        params: (0..count).map(|_| value_type(random, shape)).collect(),
        result: if random.one_in(5) { None } else { Some(value_type(random, shape)) },
    }
}

/// A function type with borrows among its parameters, but not inside of other parameters: a forwarder has to
/// drop them.
pub fn func_with_resources(random: &mut Random, shape: Shape) -> FuncTy {
    let mut func = func(random, shape);
    for ty in &mut func.params {
        if random.one_in(4) {
            *ty = Ty::Borrow(random.below(shape.resources as usize) as u32);
        }
    }
    func
}

fn names(prefix: &str, count: usize) -> Vec<String> {
    (0..count).map(|i| format!("{prefix}{i}")).collect()
}
