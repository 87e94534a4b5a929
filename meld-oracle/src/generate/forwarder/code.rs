//! The core code of a forwarder, as text.

use crate::core_host::{Flat, align, flatten, round_up, size};
use crate::ty::{FuncTy, Ty};
use std::fmt::Write;

const INFALLIBLE: &str = "writing to a string does not fail";

/// Memory, heap and realloc, whose `log` is a hash of all that it was asked for.
pub(super) fn allocator(text: &mut String, heap: u32) {
    writeln!(
        text,
        "(memory (export \"memory\") 1)
         (global $heap (export \"heap\") (mut i32) (i32.const {heap}))
         (global $log (export \"log\") (mut i64) (i64.const 0))
         (func $realloc (export \"realloc\") (param $old i32) (param $old_size i32) (param $align i32) (param $size i32)
           (result i32)
           (local $ptr i32) (local $pages i32)
           ;; A hash of all that was ever asked for.
           (global.set $log
             (i64.add
               (i64.mul (global.get $log) (i64.const 6364136223846793005))
               (i64.add
                 (i64.add (i64.extend_i32_u (local.get $old_size)) (i64.const 1442695040888963407))
                 (i64.add
                   (i64.shl (i64.extend_i32_u (local.get $size)) (i64.const 8))
                   (i64.shl (i64.extend_i32_u (local.get $align)) (i64.const 40))))))
           (local.set $ptr
             (i32.and
               (i32.add (global.get $heap) (i32.sub (local.get $align) (i32.const 1)))
               (i32.sub (i32.const 0) (local.get $align))))
           (global.set $heap (i32.add (i32.add (local.get $ptr) (local.get $size)) (i32.const 3)))
           (local.set $pages (i32.add (i32.shr_u (global.get $heap) (i32.const 16)) (i32.const 1)))
           (if (i32.gt_u (local.get $pages) (memory.size))
             (then
               (if (i32.eq (memory.grow (i32.sub (local.get $pages) (memory.size))) (i32.const -1))
                 (then unreachable))))
           (memory.fill (local.get $ptr) (i32.const 0xa5) (local.get $size))
           (memory.copy (local.get $ptr) (local.get $old)
             (select (local.get $old_size) (local.get $size) (i32.lt_u (local.get $old_size) (local.get $size))))
           (memory.fill (local.get $old) (i32.const 0x5a) (local.get $old_size))
           (local.get $ptr))"
    )
    .expect(INFALLIBLE);
}

/// Core parameters, the core result, and whether the result is spilled.
pub(super) fn core_signature(func: &FuncTy) -> (Vec<Flat>, Option<Flat>, bool) {
    let mut params = flatten(&Ty::Tuple(func.params.clone()));
    if params.len() > 16 {
        params = vec![Flat::I32];
    }
    let result = func.result.as_ref().map(flatten).unwrap_or_default();
    match result[..] {
        [] => (params, None, false),
        [flat] => (params, Some(flat), false),
        _ => (params, Some(Flat::I32), true),
    }
}

/// Core parameters and result of the lowered import.
pub(super) fn lowered_signature(func: &FuncTy) -> (Vec<Flat>, Option<Flat>) {
    let (mut params, result, spilled) = core_signature(func);
    if spilled {
        params.push(Flat::I32);
    }
    (params, result.filter(|_| !spilled))
}

pub(super) fn imports_of_core(text: &mut String, funcs: &[FuncTy]) {
    for (i, func) in funcs.iter().enumerate() {
        let (params, result) = lowered_signature(func);
        let (params, result) = (list("param", &params), list("result", result.as_slice()));
        writeln!(text, "(import \"host\" \"f{i}\" (func $host{i} {params} {result}))").expect(INFALLIBLE);
    }
}

/// The functions. `f<n>` expects its post-return to have run before anything is called again; `unposted<n>`
/// has none.
pub(super) fn core_code(text: &mut String, funcs: &[FuncTy]) {
    text.push_str(
        "(global $pending (mut i32) (i32.const 0))
         ;; A hash of all handles that were ever seen as parameters or results of their own.
         (global $handles (mut i64) (i64.const 0))
         (func $note (param i32)
           (global.set $handles
             (i64.add (i64.mul (global.get $handles) (i64.const 1000003)) (i64.extend_i32_u (local.get 0)))))
         (func (export \"handles\") (result i64) (global.get $handles))\n",
    );
    for (i, func) in funcs.iter().enumerate() {
        let (params, result, spilled) = core_signature(func);
        let mut gets = String::new();
        for at in 0..params.len() {
            write!(gets, "local.get {at} ").expect(INFALLIBLE);
        }
        let (params_text, result_text) = (list("param", &params), list("result", result.as_slice()));
        let handles = handles(func, params.len());
        let notes: String = handles.iter().map(|handle| format!("(call $note {}) ", handle.get)).collect();
        let drops: String = handles
            .iter()
            .filter_map(|handle| Some(format!("(call $drop{} {}) ", handle.borrowed?, handle.get)))
            .collect();
        let body = match &func.result {
            Some(ty) if spilled => {
                let ret = params.len();
                format!(
                    "(local i32) (local.set {ret} (call $realloc (i32.const 0) (i32.const 0) (i32.const {}) (i32.const {})))
                     {notes} {gets} local.get {ret} call $host{i} {drops} local.get {ret}",
                    align(ty),
                    size(ty)
                )
            }
            Some(Ty::Own(_)) => format!(
                "(local i32) {notes} {gets} call $host{i} {drops} local.tee {0} (call $note (local.get {0}))",
                params.len()
            ),
            _ => format!("{notes} {gets} call $host{i} {drops}"),
        };
        writeln!(
            text,
            "(func $unposted{i} (export \"unposted{i}\") {params_text} {result_text} {body})
             (func (export \"f{i}\") {params_text} {result_text}
               (if (global.get $pending) (then unreachable))
               {gets} call $unposted{i}
               (global.set $pending (i32.const 1)))
             (func (export \"post{i}\") {}
               (if (i32.eqz (global.get $pending)) (then unreachable))
               (global.set $pending (i32.const 0)))",
            list("param", result.as_slice())
        )
        .expect(INFALLIBLE);
    }
}

/// A parameter that is a handle.
struct Handle {
    /// An expression for it.
    get: String,
    /// The resource, if it is a borrow: it has to be dropped before the function returns.
    borrowed: Option<u32>,
}

/// The parameters that are handles, not those inside of others. `flat` is the number of core parameters.
fn handles(func: &FuncTy, flat: usize) -> Vec<Handle> {
    let spilled = flatten(&Ty::Tuple(func.params.clone())).len() > flat;
    let (mut at, mut offset) = (0, 0);
    let mut handles = Vec::new();
    for ty in &func.params {
        offset = round_up(offset, align(ty));
        let get =
            if spilled { format!("(i32.load offset={offset} (local.get 0))") } else { format!("(local.get {at})") };
        match ty {
            Ty::Own(_) => handles.push(Handle { get, borrowed: None }),
            Ty::Borrow(resource) => handles.push(Handle { get, borrowed: Some(*resource) }),
            _ => {}
        }
        at += flatten(ty).len();
        offset += size(ty);
    }
    handles
}

fn list(keyword: &str, flats: &[Flat]) -> String {
    let mut text = format!("({keyword}");
    for flat in flats {
        text.push_str(match flat {
            Flat::I32 => " i32",
            Flat::I64 => " i64",
            Flat::F32 => " f32",
            Flat::F64 => " f64",
        });
    }
    text.push(')');
    text
}
