//! Values of a type: edges often, the ordinary sometimes.

use super::Random;
use crate::ty::Ty;
use crate::value::Value;

/// Characters at the edges of encodings: ASCII, latin1, two, three and four bytes, around the surrogates.
const CHARS: [char; 18] = [
    '\0',
    'a',
    '~',
    '\u{7f}',
    '\u{80}',
    '\u{e9}',
    '\u{ff}',
    '\u{100}',
    '\u{7ff}',
    '\u{800}',
    '\u{20ac}',
    '\u{d7ff}',
    '\u{e000}',
    '\u{fffd}',
    '\u{ffff}',
    '\u{10000}',
    '\u{1f600}',
    '\u{10ffff}',
];

/// A value of type `ty`. `handle` gives the host's number for a handle: the resource, and whether it is owned;
/// `None` where there is none to give, and then there is no value.
pub fn value(ty: &Ty, random: &mut Random, handle: &mut dyn FnMut(u32, bool) -> Option<u32>) -> Option<Value> {
    Some(match ty {
        Ty::Bool => Value::Bool(random.one_in(2)),
        Ty::S8 => Value::S8(integer(random) as i8),
        Ty::U8 => Value::U8(integer(random) as u8),
        Ty::S16 => Value::S16(integer(random) as i16),
        Ty::U16 => Value::U16(integer(random) as u16),
        Ty::S32 => Value::S32(integer(random) as i32),
        Ty::U32 => Value::U32(integer(random) as u32),
        Ty::S64 => Value::S64(integer(random) as i64),
        Ty::U64 => Value::U64(integer(random)),
        Ty::F32 => Value::F32(match random.below(4) {
            0 => *random.pick(&[0.0, -0.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN, f32::MIN_POSITIVE, f32::MAX]),
            _ => f32::from_bits(random.bits() as u32),
        }),
        Ty::F64 => Value::F64(match random.below(4) {
            0 => *random.pick(&[0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, f64::MIN_POSITIVE, f64::MAX]),
            _ => f64::from_bits(random.bits()),
        }),
        Ty::Char => Value::Char(*random.pick(&CHARS)),
        Ty::String => Value::String(string(random)),
        Ty::List(_) | Ty::Map(..) => {
            let element = ty.element().expect("lists have elements");
            let len = *random.pick(&[0, 0, 1, 2, 3, 5, 9]);
            Value::List((0..len).map(|_| value(&element, random, handle)).collect::<Option<_>>()?)
        }
        Ty::Record(_) | Ty::Tuple(_) | Ty::FixedList(..) => {
            let fields = ty.fields().expect("records have fields");
            Value::Record(fields.into_iter().map(|ty| value(ty, random, handle)).collect::<Option<_>>()?)
        }
        Ty::Variant(_) | Ty::Enum(_) | Ty::Option(_) | Ty::Result(..) => {
            let cases = ty.cases().expect("variants have cases");
            let case = match random.below(8) {
                0 => 0,
                1 => cases.len() - 1,
                _ => random.below(cases.len()),
            };
            let payload = match cases[case] {
                Some(ty) => Some(Box::new(value(ty, random, handle)?)),
                None => None,
            };
            Value::Variant(case, payload)
        }
        Ty::Flags(names) => Value::Flags(match random.below(4) {
            0 => vec![false; names.len()],
            1 => vec![true; names.len()],
            _ => names.iter().map(|_| random.one_in(2)).collect(),
        }),
        Ty::Own(resource) => Value::Handle(handle(*resource, true)?),
        Ty::Borrow(resource) => Value::Handle(handle(*resource, false)?),
    })
}

/// An integer; narrower types take its low bits.
fn integer(random: &mut Random) -> u64 {
    match random.below(6) {
        0 => 0,
        1 => u64::MAX,
        2 => 1 << random.below(64),
        3 => (1 << random.below(64)) - 1,
        4 => random.below(10) as u64,
        _ => random.bits(),
    }
}

/// A string: of one kind of character up to some point, then of any.
fn string(random: &mut Random) -> String {
    let len = *random.pick(&[0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 70]);
    // ASCII, latin1, the basic plane, or everything: what transcoders take their fast paths by.
    let ends: [usize; 4] = [4, 7, 15, CHARS.len()];
    let plain = *random.pick(&ends);
    let turn = if random.one_in(2) { len } else { random.below(len + 1) };
    (0..len).map(|at| CHARS[random.below(if at < turn { plain } else { CHARS.len() })]).collect()
}
