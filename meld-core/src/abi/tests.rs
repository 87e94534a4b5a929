//! Layouts, flat forms and signatures, against tables worked out by hand from `CanonicalABI.md`.

use super::signature::{CanonSide, Signature};
use super::types::{FuncType, TypeDef, Types, ValType};
use super::{Abi, Pointer, TypeFacts};
use wasm_encoder::ValType::{F32, F64, I32, I64};

fn def(types: &mut Types, def: TypeDef) -> ValType {
    ValType::Def(types.defs.intern(def))
}

fn tuple(types: &mut Types, fields: &[ValType]) -> ValType {
    def(types, TypeDef::Tuple(fields.to_vec()))
}

fn labels(n: usize) -> Vec<String> {
    (0..n).map(|i| format!("l{i}")).collect()
}

fn variant(types: &mut Types, cases: &[Option<ValType>]) -> ValType {
    def(types, TypeDef::Variant(labels(cases.len()).into_iter().zip(cases.iter().copied()).collect()))
}

fn facts(types: &Types, ty: ValType) -> TypeFacts {
    Abi::new(types, Pointer::W32).facts(ty).clone()
}

fn check(types: &Types, ty: ValType, size: u64, align: u32, flat: &[wasm_encoder::ValType], bit_copy: bool) {
    let facts = facts(types, ty);
    assert_eq!((facts.layout.size, facts.layout.align), (size, align), "layout of {ty:?}");
    assert_eq!(facts.flat.as_deref(), Some(flat), "flat form of {ty:?}");
    assert_eq!(facts.bit_copy, bit_copy, "bit copy of {ty:?}");
}

#[test]
fn primitives() {
    let types = Types::default();
    check(&types, ValType::Bool, 1, 1, &[I32], false);
    check(&types, ValType::S8, 1, 1, &[I32], true);
    check(&types, ValType::U8, 1, 1, &[I32], true);
    check(&types, ValType::S16, 2, 2, &[I32], true);
    check(&types, ValType::U16, 2, 2, &[I32], true);
    check(&types, ValType::S32, 4, 4, &[I32], true);
    check(&types, ValType::U32, 4, 4, &[I32], true);
    check(&types, ValType::S64, 8, 8, &[I64], true);
    check(&types, ValType::U64, 8, 8, &[I64], true);
    check(&types, ValType::F32, 4, 4, &[F32], true);
    check(&types, ValType::F64, 8, 8, &[F64], true);
    check(&types, ValType::Char, 4, 4, &[I32], false);
    check(&types, ValType::String, 8, 4, &[I32, I32], false);
    check(&types, ValType::ErrorContext, 4, 4, &[I32], false);
}

#[test]
fn records_pad_between_fields_and_at_the_end() {
    let mut types = Types::default();
    let t = tuple(&mut types, &[ValType::U8, ValType::U32, ValType::U8]);
    check(&types, t, 12, 4, &[I32, I32, I32], false);
    assert_eq!(Abi::new(&types, Pointer::W32).fields(&[ValType::U8, ValType::U32, ValType::U8]).0, [0, 4, 8]);
    let t = tuple(&mut types, &[ValType::U32, ValType::U16, ValType::U16]);
    check(&types, t, 8, 4, &[I32, I32, I32], true);
    let t = tuple(&mut types, &[t, ValType::F64]);
    check(&types, t, 16, 8, &[I32, I32, I32, F64], true);
    let t = tuple(&mut types, &[ValType::String, ValType::U64]);
    check(&types, t, 16, 8, &[I32, I32, I64], false);
}

#[test]
fn discriminants_and_flags_take_the_fewest_bytes() {
    let mut types = Types::default();
    for (cases, size) in [(1, 1), (256, 1), (257, 2), (65_536, 2), (65_537, 4)] {
        let t = def(&mut types, TypeDef::Enum(labels(cases)));
        check(&types, t, size, size as u32, &[I32], false);
    }
    for (count, size, full) in
        [(1, 1, false), (8, 1, true), (9, 2, false), (16, 2, true), (17, 4, false), (31, 4, false), (32, 4, true)]
    {
        let t = def(&mut types, TypeDef::Flags(labels(count)));
        check(&types, t, size, size as u32, &[I32], full);
    }
}

#[test]
fn variants_join_their_payloads() {
    let mut types = Types::default();
    let t = def(&mut types, TypeDef::Option(ValType::U64));
    check(&types, t, 16, 8, &[I32, I64], false);
    let t = def(&mut types, TypeDef::Result { ok: Some(ValType::U32), err: Some(ValType::F32) });
    check(&types, t, 8, 4, &[I32, I32], false);
    let t = def(&mut types, TypeDef::Result { ok: Some(ValType::F64), err: Some(ValType::F32) });
    check(&types, t, 16, 8, &[I32, I64], false);
    let t = def(&mut types, TypeDef::Result { ok: None, err: None });
    check(&types, t, 1, 1, &[I32], false);
    let t = variant(&mut types, &[Some(ValType::F32), None, Some(ValType::String), Some(ValType::S64)]);
    check(&types, t, 16, 8, &[I32, I64, I32], false);
    let t = variant(&mut types, &[Some(ValType::F32), Some(ValType::F32)]);
    check(&types, t, 8, 4, &[I32, F32], false);
    // Two wide cases of small payload: the discriminant widens the whole.
    let cases = vec![Some(ValType::U8); 300];
    let t = variant(&mut types, &cases);
    check(&types, t, 4, 2, &[I32, I32], false);
}

#[test]
fn lists_point_and_fixed_length_lists_do_not() {
    let mut types = Types::default();
    let list = def(&mut types, TypeDef::List(ValType::U8));
    check(&types, list, 8, 4, &[I32, I32], false);
    let map = def(&mut types, TypeDef::Map(ValType::String, ValType::U8));
    check(&types, map, 8, 4, &[I32, I32], false);
    let fixed = def(&mut types, TypeDef::FixedLengthList(ValType::U16, 3));
    check(&types, fixed, 6, 2, &[I32; 3], true);
    assert!(!facts(&types, fixed).has_pointers);
    let fixed = def(&mut types, TypeDef::FixedLengthList(list, 2));
    check(&types, fixed, 16, 4, &[I32; 4], false);
    assert!(facts(&types, fixed).has_pointers);
    assert!(!facts(&types, fixed).has_nested_pointers);
    let list = def(&mut types, TypeDef::List(fixed));
    let option = def(&mut types, TypeDef::Option(list));
    assert!(facts(&types, option).has_nested_pointers);
    let wide = Abi::new(&types, Pointer::W64);
    assert_eq!((wide.facts(fixed).layout.size, wide.facts(fixed).layout.align), (32, 8));
    assert_eq!(wide.facts(list).flat.as_deref(), Some(&[I64, I64][..]));
}

#[test]
fn long_flat_forms_are_cut_off() {
    let mut types = Types::default();
    let sixteen = def(&mut types, TypeDef::FixedLengthList(ValType::U8, 16));
    assert_eq!(facts(&types, sixteen).flat.as_deref(), Some(&[I32; 16][..]));
    let seventeen = def(&mut types, TypeDef::FixedLengthList(ValType::U8, 17));
    assert_eq!(facts(&types, seventeen).flat, None);
    let option = def(&mut types, TypeDef::Option(sixteen));
    assert_eq!(facts(&types, option).flat, None, "the discriminant is the seventeenth value");
}

#[test]
fn gigantic_types_saturate() {
    let mut types = Types::default();
    let mut ty = ValType::U64;
    for _ in 0..4 {
        ty = def(&mut types, TypeDef::FixedLengthList(ty, u32::MAX));
    }
    let ty = tuple(&mut types, &[ValType::U8, ty]);
    let list = def(&mut types, TypeDef::List(ty));
    assert!(facts(&types, list).oversized);
    assert_eq!(facts(&types, list).layout.size, 8);
    // A tree of 2^64 nodes, in 64 definitions.
    let mut ty = ValType::U8;
    for _ in 0..64 {
        ty = variant(&mut types, &[Some(ty), Some(ty)]);
    }
    assert_eq!(facts(&types, ty).weight, u32::MAX);
}

fn signature(types: &Types, params: &[ValType], result: Option<ValType>, side: CanonSide) -> Signature {
    let params = params.iter().map(|ty| ("p".to_string(), *ty)).collect();
    Abi::new(types, Pointer::W32).signature(&FuncType { is_async: false, params, result }, side)
}

#[test]
fn signatures_spill() {
    let types = Types::default();
    let s = signature(&types, &[ValType::String, ValType::F64], Some(ValType::U8), CanonSide::Lift);
    assert_eq!((s.params, s.results), (vec![I32, I32, F64], vec![I32]));
    let s = signature(&types, &[ValType::U8; 16], None, CanonSide::Lower);
    assert_eq!((s.params.len(), s.params_in_memory), (16, None));
    let mut params = vec![ValType::U8; 16];
    params.push(ValType::U64);
    let s = signature(&types, &params, Some(ValType::String), CanonSide::Lower);
    assert_eq!((s.params, s.results), (vec![I32, I32], vec![]));
    let layout = s.params_in_memory.expect("seventeen parameters are in memory");
    assert_eq!((layout.size, layout.align), (24, 8));
    let layout = s.results_in_memory.expect("a string is two flat results");
    assert_eq!((layout.size, layout.align), (8, 4));
    let s = signature(&types, &params, Some(ValType::String), CanonSide::Lift);
    assert_eq!((s.params, s.results), (vec![I32], vec![I32]));
}

#[test]
fn memory_is_needed_where_values_are_in_it() {
    let mut types = Types::default();
    let list = def(&mut types, TypeDef::List(ValType::U8));
    let abi = Abi::new(&types, Pointer::W32);
    let func = |params: &[ValType], result| FuncType {
        is_async: false,
        params: params.iter().map(|ty| ("p".to_string(), *ty)).collect(),
        result,
    };
    let f = func(&[ValType::U32], Some(ValType::U32));
    assert!(
        !abi.needs_memory(&f) && !abi.needs_realloc(&f, CanonSide::Lift) && !abi.needs_realloc(&f, CanonSide::Lower)
    );
    let f = func(&[list], None);
    assert!(abi.needs_memory(&f) && abi.needs_realloc(&f, CanonSide::Lift) && !abi.needs_realloc(&f, CanonSide::Lower));
    let f = func(&[], Some(list));
    assert!(abi.needs_memory(&f) && !abi.needs_realloc(&f, CanonSide::Lift) && abi.needs_realloc(&f, CanonSide::Lower));
    let f = func(&[ValType::U32; 17], None);
    assert!(abi.needs_memory(&f) && abi.needs_realloc(&f, CanonSide::Lift) && !abi.needs_realloc(&f, CanonSide::Lower));
}
