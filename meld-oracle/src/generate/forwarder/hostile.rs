//! A guest that passes to its host, and takes from it, whatever it is told to, right or wrong.
//!
//! In: function types. Out: text of a composition of that guest and a neighbour whose memory is full of a byte that no guest
//! writes. The guest's calls of the host, its results and its `realloc` are as the test says; what came of it is in hashes of both memories and
//! of all that was asked of it.

use super::code::{core_signature, lowered_signature};
use super::names::Names;
use super::{INFALLIBLE, INTERFACE, encoding, import, scalar};
use crate::core_host::Flat;
use crate::ty::FuncTy;
use meld_core::unstable::dfg::StringEncoding;
use std::fmt::Write;

/// Bytes of the guest's memory, and of its neighbour's. Neither grows.
pub const HOSTILE_BYTES: u32 = 2 << 16;

/// Where the guest's heap begins: below is the test's.
pub const HOSTILE_HEAP: u32 = 1 << 16;

/// What the neighbour's memory is full of.
pub const NEIGHBOUR: u8 = 0xaa;

/// What the guest is like.
#[derive(Debug, Clone, Copy)]
pub struct Hostile {
    /// Encoding of its strings.
    pub encoding: StringEncoding,
    /// Whether it imports the allocator of an arena, which it never calls.
    pub arena: bool,
}

/// The composition. It exports:
///
/// - `poke(at, bytes)` writes into the guest's memory; `hash` and `neighbour-hash` are of whole memories;
/// - `call<n>` takes the core parameters of the lowered import `n` and passes them on as they are;
/// - `take<n>` has the parameters of function `n`, and notes the core ones in memory, from 16 on;
/// - `give<n>`, where the result of function `n` spills, has that result: at the pointer that `set-give` set last;
/// - `spoil(n, result)` has the `n`-th call of `realloc` from then on return something else;
/// - `log` is a hash of all that was asked of `realloc` and of post-returns.
pub fn hostile(funcs: &[FuncTy], guest: Hostile) -> String {
    let mut types = Names::default();
    let signatures: Vec<String> = funcs.iter().map(|func| types.signature(func)).collect();
    let takes: Vec<String> =
        funcs.iter().map(|func| types.signature(&FuncTy { result: None, ..func.clone() })).collect();
    let gives: Vec<Option<String>> = funcs.iter().map(|func| give_signature(func, &mut types)).collect();
    let arena = if guest.arena {
        "(import \"cabi-arena-realloc\" (func $arena (param \"p0\" u32) (param \"p1\" u32) (param \"p2\" u32)
           (param \"p3\" u32) (result u32)))\n"
    } else {
        ""
    };
    let mut text = String::from("(component\n");
    import(&mut text, &types, &signatures);
    text.push_str(arena);
    text.push_str("(component $raw\n");
    import(&mut text, &types, &signatures);
    for i in 0..types.defs.len() {
        writeln!(text, "(alias export $i \"t{i}\" (type $t{i}))").expect(INFALLIBLE);
    }
    text.push_str(arena);
    libc(&mut text, guest);
    takes_and_gives(&mut text, funcs);
    text.push_str(&format!(
        "(core instance $m (instantiate $M (with \"\" (instance $libc))))
         {}
         (func (export \"poke\") (param \"at\" u32) (param \"bytes\" (list u8))
           (canon lift (core func $libc \"poke\") (memory (core memory $libc \"memory\")) (realloc (core func $libc \"right\"))))
         (func (export \"hash\") (result u64) (canon lift (core func $libc \"hash\")))
         (func (export \"log\") (result u64) (canon lift (core func $libc \"logged\")))
         (func (export \"spoil\") (param \"n\" u32) (param \"result\" u32) (canon lift (core func $libc \"spoil\")))
         (func (export \"set-give\") (param \"at\" u32) (canon lift (core func $m \"set-give\")))\n",
        if guest.arena {
            "(func (export \"grab\") (param \"bytes\" u32) (result u32) (canon lift (core func $libc \"grab\")))"
        } else {
            ""
        }
    ));
    let strings = encoding(guest.encoding);
    let options = format!("{strings} (memory (core memory $libc \"memory\")) (realloc (core func $libc \"realloc\"))");
    let mut exports =
        vec!["poke", "hash", "log", "spoil", "set-give"].into_iter().map(str::to_owned).collect::<Vec<_>>();
    for (i, func) in funcs.iter().enumerate() {
        let (params, result) = lowered_signature(func);
        let params: String =
            params.iter().enumerate().map(|(i, flat)| format!("(param \"p{i}\" {})", scalar(*flat))).collect();
        let result = result.map_or(String::new(), |flat| format!("(result {})", scalar(flat)));
        writeln!(
            text,
            "(core func $low{i} (canon lower (func $i \"f{i}\") {options}))
             (func (export \"call{i}\") {params} {result} (canon lift (core func $low{i})))
             (func (export \"take{i}\") {} (canon lift (core func $m \"take{i}\") {options}))",
            takes[i]
        )
        .expect(INFALLIBLE);
        exports.extend([format!("call{i}"), format!("take{i}")]);
        if let Some(give) = &gives[i] {
            // Every other one has a post-return.
            let post = if i % 2 == 0 { "(post-return (core func $m \"post\"))" } else { "" };
            writeln!(
                text,
                "(func (export \"give{i}\") {give} (canon lift (core func $m \"give\") {strings}
                   (memory (core memory $libc \"memory\")) {post}))"
            )
            .expect(INFALLIBLE);
            exports.push(format!("give{i}"));
        }
    }
    text.push_str(")\n");
    neighbour(&mut text);
    let with_arena = if guest.arena { "(with \"cabi-arena-realloc\" (func $arena))" } else { "" };
    writeln!(text, "(instance $raw (instantiate $raw (with \"{INTERFACE}\" (instance $i)) {with_arena}))")
        .expect(INFALLIBLE);
    text.push_str("(instance $neighbour (instantiate $neighbour))\n");
    for name in exports {
        writeln!(text, "(export \"{name}\" (func $raw \"{name}\"))").expect(INFALLIBLE);
    }
    text.push_str("(export \"neighbour-hash\" (func $neighbour \"hash\")))");
    text
}

/// Whether the result of a function goes through memory.
pub fn gives(func: &FuncTy) -> bool {
    core_signature(func).2
}

fn give_signature(func: &FuncTy, types: &mut Names) -> Option<String> {
    gives(func).then(|| types.signature(&FuncTy { params: Vec::new(), ..func.clone() }))
}

const HASH: &str = "(func (export \"hash\") (result i64)
   (local $at i32) (local $hash i64)
   (loop $next
     (local.set $hash
       (i64.add (i64.mul (local.get $hash) (i64.const 6364136223846793005)) (i64.load (local.get $at))))
     (local.set $at (i32.add (local.get $at) (i32.const 8)))
     (br_if $next (i32.ne (local.get $at) (i32.const BYTES))))
   (local.get $hash))";

/// The guest's memory and allocator.
fn libc(text: &mut String, guest: Hostile) {
    let (import, grab) = if guest.arena {
        (
            "(import \"\" \"arena\" (func $arena (param i32 i32 i32 i32) (result i32)))",
            "(func (export \"grab\") (param i32) (result i32)
               (call $arena (i32.const 0) (i32.const 0) (i32.const 8) (local.get 0)))",
        )
    } else {
        ("", "")
    };
    let hash = HASH.replace("BYTES", &HOSTILE_BYTES.to_string());
    let pages = HOSTILE_BYTES >> 16;
    writeln!(
        text,
        "(core module $Libc
           {import}
           (memory (export \"memory\") {pages})
           (global (export \"__heap_base\") i32 (i32.const {HOSTILE_BYTES}))
           (global $heap (mut i32) (i32.const {HOSTILE_HEAP}))
           (global $log (export \"log\") (mut i64) (i64.const 0))
           (global $calls (mut i32) (i32.const 0))
           (global $nth (mut i32) (i32.const 0))
           (global $wrong (mut i32) (i32.const 0))
           {grab}
           {hash}
           (func $note (export \"note\") (param $what i64)
             (global.set $log
               (i64.add (i64.mul (global.get $log) (i64.const 6364136223846793005)) (local.get $what))))
           (func (export \"logged\") (result i64) (global.get $log))
           (func (export \"poke\") (param $at i32) (param $ptr i32) (param $len i32)
             (memory.copy (local.get $at) (local.get $ptr) (local.get $len)))
           (func (export \"spoil\") (param $nth i32) (param $wrong i32)
             (global.set $calls (i32.const 0))
             (global.set $nth (local.get $nth))
             (global.set $wrong (local.get $wrong)))
           ;; Never the same place twice, and full of junk.
           (func $right (export \"right\") (param $old i32) (param $old_size i32) (param $align i32) (param $size i32)
             (result i32)
             (local $ptr i32)
             (local.set $ptr
               (i32.and
                 (i32.add (global.get $heap) (i32.sub (local.get $align) (i32.const 1)))
                 (i32.sub (i32.const 0) (local.get $align))))
             (global.set $heap (i32.add (i32.add (local.get $ptr) (local.get $size)) (i32.const 3)))
             (memory.fill (local.get $ptr) (i32.const 0xa5) (local.get $size))
             (memory.copy (local.get $ptr) (local.get $old)
               (select (local.get $old_size) (local.get $size) (i32.lt_u (local.get $old_size) (local.get $size))))
             (local.get $ptr))
           (func (export \"realloc\") (param $old i32) (param $old_size i32) (param $align i32) (param $size i32)
             (result i32)
             (call $note (i64.extend_i32_u (local.get $old)))
             (call $note (i64.extend_i32_u (local.get $old_size)))
             (call $note (i64.extend_i32_u (local.get $align)))
             (call $note (i64.extend_i32_u (local.get $size)))
             (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
             (if (i32.eq (global.get $calls) (global.get $nth)) (then (return (global.get $wrong))))
             (call $right (local.get $old) (local.get $old_size) (local.get $align) (local.get $size))))"
    )
    .expect(INFALLIBLE);
    text.push_str(if guest.arena {
        "(core func $arena (canon lower (func $arena)))
         (core instance $libc (instantiate $Libc (with \"\" (instance (export \"arena\" (func $arena))))))\n"
    } else {
        "(core instance $libc (instantiate $Libc))\n"
    });
}

/// The core functions that the host calls.
fn takes_and_gives(text: &mut String, funcs: &[FuncTy]) {
    text.push_str(
        "(core module $M
           (import \"\" \"memory\" (memory 1))
           (import \"\" \"note\" (func $note (param i64)))
           (global $give (mut i32) (i32.const 0))
           (func (export \"set-give\") (param i32) (global.set $give (local.get 0)))
           (func (export \"give\") (result i32) (global.get $give))
           (func (export \"post\") (param i32) (call $note (i64.extend_i32_u (local.get 0))))\n",
    );
    for (i, func) in funcs.iter().enumerate() {
        let (params, _, _) = core_signature(func);
        write!(text, "(func (export \"take{i}\")").expect(INFALLIBLE);
        for flat in &params {
            write!(text, " (param {})", core(*flat)).expect(INFALLIBLE);
        }
        for (at, flat) in params.iter().enumerate() {
            let ty = core(*flat);
            write!(text, " ({ty}.store (i32.const {}) (local.get {at}))", 16 + 8 * at).expect(INFALLIBLE);
        }
        text.push_str(")\n");
    }
    text.push_str(")\n");
}

fn core(flat: Flat) -> &'static str {
    match flat {
        Flat::I32 => "i32",
        Flat::I64 => "i64",
        Flat::F32 => "f32",
        Flat::F64 => "f64",
    }
}

fn neighbour(text: &mut String) {
    let hash = HASH.replace("BYTES", &HOSTILE_BYTES.to_string());
    let pages = HOSTILE_BYTES >> 16;
    writeln!(
        text,
        "(component $neighbour
           (core module $M
             (memory (export \"memory\") {pages})
             (global (export \"__heap_base\") i32 (i32.const {HOSTILE_BYTES}))
             (func $fill (memory.fill (i32.const 0) (i32.const {NEIGHBOUR}) (i32.const {HOSTILE_BYTES})))
             (start $fill)
             {hash})
           (core instance $m (instantiate $M))
           (func (export \"hash\") (result u64) (canon lift (core func $m \"hash\"))))"
    )
    .expect(INFALLIBLE);
}
