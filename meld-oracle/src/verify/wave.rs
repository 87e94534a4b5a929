//! Values in WAVE, the text format for values of the component model.
//!
//! In: a value and its type, or text and a type. Out: the other. Handles have no form in WAVE: they are printed by their number, and
//! cannot be given.

use crate::ty::Ty;
use crate::value::Value;
use std::borrow::Cow;
use wasm_wave::untyped::UntypedFuncCall;
use wasm_wave::value::{Type as WaveType, Value as WaveValue};
use wasm_wave::wasm::WasmValue;

/// The arguments of a call such as `(1, "a")`, for parameters of these types.
pub(super) fn arguments(text: &str, types: &[Ty]) -> Result<Vec<Value>, String> {
    let wave: Vec<WaveType> =
        types.iter().map(|ty| wave_type(ty).ok_or("handles cannot be given".to_owned())).collect::<Result<_, _>>()?;
    // The name does not matter here.
    let call = format!("f{text}");
    let call = UntypedFuncCall::parse(&call).map_err(|error| error.to_string())?;
    let values: Vec<WaveValue> = call.to_wasm_params(&wave).map_err(|error| error.to_string())?;
    values.iter().zip(types).map(|(value, ty)| of_wave(value, ty)).collect()
}

/// A value as text.
pub(super) fn print(value: &Value, ty: &Ty) -> String {
    let wave =
        wave_type(ty).and_then(|wave| to_wave(value, ty, &wave)).and_then(|wave| wasm_wave::to_string(&wave).ok());
    // With handles in it.
    wave.unwrap_or_else(|| format!("{value:?}"))
}

fn wave_type(ty: &Ty) -> Option<WaveType> {
    let optional = |ty: &Option<Box<Ty>>| match ty {
        None => Some(None),
        Some(ty) => wave_type(ty).map(Some),
    };
    Some(match ty {
        Ty::Bool => WaveType::BOOL,
        Ty::S8 => WaveType::S8,
        Ty::U8 => WaveType::U8,
        Ty::S16 => WaveType::S16,
        Ty::U16 => WaveType::U16,
        Ty::S32 => WaveType::S32,
        Ty::U32 => WaveType::U32,
        Ty::S64 => WaveType::S64,
        Ty::U64 => WaveType::U64,
        Ty::F32 => WaveType::F32,
        Ty::F64 => WaveType::F64,
        Ty::Char => WaveType::CHAR,
        Ty::String => WaveType::STRING,
        Ty::List(ty) => WaveType::list(wave_type(ty)?),
        Ty::FixedList(ty, len) => WaveType::fixed_length_list(wave_type(ty)?, *len),
        Ty::Map(key, value) => WaveType::map(wave_type(key)?, wave_type(value)?)?,
        Ty::Record(fields) => {
            let fields: Option<Vec<_>> =
                fields.iter().map(|(name, ty)| Some((name.as_str(), wave_type(ty)?))).collect();
            WaveType::record(fields?)?
        }
        Ty::Tuple(types) => WaveType::tuple(types.iter().map(wave_type).collect::<Option<Vec<_>>>()?)?,
        Ty::Variant(cases) => {
            let case = |(name, ty): &(String, Option<Ty>)| match ty {
                None => Some((name.clone(), None)),
                Some(ty) => Some((name.clone(), Some(wave_type(ty)?))),
            };
            WaveType::variant(cases.iter().map(case).collect::<Option<Vec<_>>>()?)?
        }
        Ty::Enum(names) => WaveType::enum_ty(names.iter().map(String::as_str))?,
        Ty::Option(ty) => WaveType::option(wave_type(ty)?),
        Ty::Result(ok, err) => WaveType::result(optional(ok)?, optional(err)?),
        Ty::Flags(names) => WaveType::flags(names.iter().map(String::as_str))?,
        Ty::Own(_) | Ty::Borrow(_) => return None,
    })
}

/// `None` if the value is not of the type, which does not happen.
fn to_wave(value: &Value, ty: &Ty, wave: &WaveType) -> Option<WaveValue> {
    let each = |values: &[Value], types: &[&Ty]| -> Option<Vec<WaveValue>> {
        values.iter().zip(types).map(|(value, ty)| to_wave(value, ty, &wave_type(ty)?)).collect()
    };
    let payload = |payload: &Option<Box<Value>>, ty: Option<&Ty>| match (payload, ty) {
        (Some(value), Some(ty)) => Some(Some(to_wave(value, ty, &wave_type(ty)?)?)),
        _ => Some(None),
    };
    Some(match (value, ty) {
        (Value::Bool(v), _) => WaveValue::make_bool(*v),
        (Value::S8(v), _) => WaveValue::make_s8(*v),
        (Value::U8(v), _) => WaveValue::make_u8(*v),
        (Value::S16(v), _) => WaveValue::make_s16(*v),
        (Value::U16(v), _) => WaveValue::make_u16(*v),
        (Value::S32(v), _) => WaveValue::make_s32(*v),
        (Value::U32(v), _) => WaveValue::make_u32(*v),
        (Value::S64(v), _) => WaveValue::make_s64(*v),
        (Value::U64(v), _) => WaveValue::make_u64(*v),
        (Value::F32(v), _) => WaveValue::make_f32(*v),
        (Value::F64(v), _) => WaveValue::make_f64(*v),
        (Value::Char(v), _) => WaveValue::make_char(*v),
        (Value::String(v), _) => WaveValue::make_string(Cow::Borrowed(v)),
        (Value::List(items), Ty::List(ty)) => {
            WaveValue::make_list(wave, each(items, &vec![&**ty; items.len()])?).ok()?
        }
        (Value::List(pairs), Ty::Map(key, value)) => {
            let pair = |pair: &Value| match pair {
                Value::Record(pair) => {
                    Some((to_wave(&pair[0], key, &wave_type(key)?)?, to_wave(&pair[1], value, &wave_type(value)?)?))
                }
                _ => None,
            };
            WaveValue::make_map(wave, pairs.iter().map(pair).collect::<Option<Vec<_>>>()?).ok()?
        }
        (Value::Record(items), Ty::FixedList(ty, _)) => {
            WaveValue::make_list(wave, each(items, &vec![&**ty; items.len()])?).ok()?
        }
        (Value::Record(items), Ty::Record(fields)) => {
            let types: Vec<&Ty> = fields.iter().map(|(_, ty)| ty).collect();
            let names = fields.iter().map(|(name, _)| name.as_str());
            WaveValue::make_record(wave, names.zip(each(items, &types)?)).ok()?
        }
        (Value::Record(items), Ty::Tuple(types)) => {
            WaveValue::make_tuple(wave, each(items, &types.iter().collect::<Vec<_>>())?).ok()?
        }
        (Value::Variant(case, inner), Ty::Variant(cases)) => {
            let (name, ty) = cases.get(*case)?;
            WaveValue::make_variant(wave, name, payload(inner, ty.as_ref())?).ok()?
        }
        (Value::Variant(case, _), Ty::Enum(names)) => WaveValue::make_enum(wave, names.get(*case)?).ok()?,
        (Value::Variant(_, inner), Ty::Option(ty)) => WaveValue::make_option(wave, payload(inner, Some(ty))?).ok()?,
        (Value::Variant(0, inner), Ty::Result(ok, _)) => {
            WaveValue::make_result(wave, Ok(payload(inner, ok.as_deref())?)).ok()?
        }
        (Value::Variant(_, inner), Ty::Result(_, err)) => {
            WaveValue::make_result(wave, Err(payload(inner, err.as_deref())?)).ok()?
        }
        (Value::Flags(set), Ty::Flags(names)) => {
            let names = names.iter().zip(set).filter(|(_, set)| **set).map(|(name, _)| name.as_str());
            WaveValue::make_flags(wave, names).ok()?
        }
        _ => return None,
    })
}

fn of_wave(wave: &WaveValue, ty: &Ty) -> Result<Value, String> {
    let boxed = |wave: Option<Cow<'_, WaveValue>>, ty: Option<&Ty>| -> Result<Option<Box<Value>>, String> {
        match (wave, ty) {
            (Some(wave), Some(ty)) => Ok(Some(Box::new(of_wave(&wave, ty)?))),
            _ => Ok(None),
        }
    };
    Ok(match ty {
        Ty::Bool => Value::Bool(wave.unwrap_bool()),
        Ty::S8 => Value::S8(wave.unwrap_s8()),
        Ty::U8 => Value::U8(wave.unwrap_u8()),
        Ty::S16 => Value::S16(wave.unwrap_s16()),
        Ty::U16 => Value::U16(wave.unwrap_u16()),
        Ty::S32 => Value::S32(wave.unwrap_s32()),
        Ty::U32 => Value::U32(wave.unwrap_u32()),
        Ty::S64 => Value::S64(wave.unwrap_s64()),
        Ty::U64 => Value::U64(wave.unwrap_u64()),
        Ty::F32 => Value::F32(wave.unwrap_f32()),
        Ty::F64 => Value::F64(wave.unwrap_f64()),
        Ty::Char => Value::Char(wave.unwrap_char()),
        Ty::String => Value::String(wave.unwrap_string().into_owned()),
        Ty::List(ty) => Value::List(wave.unwrap_list().map(|item| of_wave(&item, ty)).collect::<Result<_, _>>()?),
        Ty::FixedList(ty, _) => {
            Value::Record(wave.unwrap_list().map(|item| of_wave(&item, ty)).collect::<Result<_, _>>()?)
        }
        Ty::Map(key, value) => {
            let pair = |(k, v): (Cow<'_, WaveValue>, Cow<'_, WaveValue>)| {
                Ok(Value::Record(vec![of_wave(&k, key)?, of_wave(&v, value)?]))
            };
            Value::List(wave.unwrap_map().map(pair).collect::<Result<_, String>>()?)
        }
        Ty::Record(fields) => {
            let items = wave.unwrap_record().zip(fields).map(|((_, item), (_, ty))| of_wave(&item, ty));
            Value::Record(items.collect::<Result<_, _>>()?)
        }
        Ty::Tuple(types) => {
            let items = wave.unwrap_tuple().zip(types).map(|(item, ty)| of_wave(&item, ty));
            Value::Record(items.collect::<Result<_, _>>()?)
        }
        Ty::Variant(cases) => {
            let (name, payload) = wave.unwrap_variant();
            let case = cases.iter().position(|(case, _)| *case == name).ok_or("no such case")?;
            Value::Variant(case, boxed(payload, cases[case].1.as_ref())?)
        }
        Ty::Enum(names) => {
            let name = wave.unwrap_enum();
            Value::Variant(names.iter().position(|case| *case == name).ok_or("no such case")?, None)
        }
        Ty::Option(ty) => {
            let payload = wave.unwrap_option();
            Value::Variant(usize::from(payload.is_some()), boxed(payload, Some(ty))?)
        }
        Ty::Result(ok, err) => match wave.unwrap_result() {
            Ok(payload) => Value::Variant(0, boxed(payload, ok.as_deref())?),
            Err(payload) => Value::Variant(1, boxed(payload, err.as_deref())?),
        },
        Ty::Flags(names) => {
            let set: Vec<Cow<'_, str>> = wave.unwrap_flags().collect();
            Value::Flags(names.iter().map(|name| set.iter().any(|set| set == name)).collect())
        }
        Ty::Own(_) | Ty::Borrow(_) => return Err("handles cannot be given".to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back() {
        let record = Ty::Record(vec![("a".to_owned(), Ty::U8), ("b".to_owned(), Ty::Option(Box::new(Ty::String)))]);
        let types = [
            record,
            Ty::List(Box::new(Ty::Tuple(vec![Ty::S64, Ty::Char]))),
            Ty::Result(Some(Box::new(Ty::F64)), None),
            Ty::Flags(vec!["x".to_owned(), "y".to_owned()]),
            Ty::Variant(vec![("n".to_owned(), None), ("s".to_owned(), Some(Ty::Bool))]),
            Ty::Enum(vec!["red".to_owned(), "blue".to_owned()]),
        ];
        let text = r#"({a: 7, b: some("é")}, [(-1, 'x')], ok(0.5), {y}, s(true), blue)"#;
        let values = arguments(text, &types).unwrap();
        let printed: Vec<String> = values.iter().zip(&types).map(|(value, ty)| print(value, ty)).collect();
        assert_eq!(arguments(&format!("({})", printed.join(", ")), &types).unwrap(), values);
        assert!(arguments("(1)", &[Ty::String]).is_err());
        assert!(arguments("(1)", &[Ty::Own(0)]).is_err());
        assert!(arguments("(1, 2)", &[Ty::U8]).is_err());
    }
}
