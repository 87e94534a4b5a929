//! Components that hand every call on: what the host passes in must come out at the host unchanged.
//!
//! In: function types and, per component, its [`Link`]. Out: text. A forwarder imports `test:t/i` and exports
//! it; its core functions pass their flat parameters to the lowered import and hand the flat result back. A
//! chain of forwarders lets every type cross every pair of encodings, with the host at both ends as judge.
//! Its allocator never frees, never gives the same place twice and fills what it gives with junk, so that a
//! stale pointer, a missing zero or a forgotten store shows.

mod code;
mod hostile;
mod interface;
mod names;

pub use hostile::{HOSTILE_BYTES, HOSTILE_HEAP, Hostile, NEIGHBOUR, gives, hostile};
pub use interface::core_interface;

use super::Random;
use crate::core_host::Flat;
use crate::ty::FuncTy;
use code::{allocator, core_code, imports_of_core, lowered_signature};
use meld_core::unstable::dfg::StringEncoding;
use names::Names;
use std::fmt::Write;

/// The interface that a forwarder imports and exports.
pub const INTERFACE: &str = "test:t/i";

/// What one forwarder is like.
#[derive(Debug, Clone, Copy)]
pub struct Link {
    /// Encoding with which it lowers its imports.
    pub imports: StringEncoding,
    /// Encoding with which it lifts its exports; the flat values are handed on, so it is that of the imports
    /// wherever a string could pass.
    pub exports: StringEncoding,
    /// Whether its exports have a post-return.
    pub post_return: bool,
    /// Where its heap starts: pointers differ from link to link.
    pub heap: u32,
}

impl Link {
    /// A link with `encoding` on both sides.
    pub fn new(encoding: StringEncoding, random: &mut Random) -> Link {
        let heap = 16 + random.below(60_000) as u32;
        Link { imports: encoding, exports: encoding, post_return: random.one_in(2), heap }
    }
}

/// A component, as text, that instantiates one forwarder per link: the first is called by the host, the last
/// calls the host. It exports, besides the interface, `handles<n>` of each link: a hash of all handles that the
/// link has seen as parameters or results of their own.
pub fn chain(funcs: &[FuncTy], links: &[Link]) -> String {
    let mut types = Names::default();
    let signatures: Vec<String> = funcs.iter().map(|func| types.signature(func)).collect();
    let mut text = String::from("(component\n");
    import(&mut text, &types, &signatures);
    instances(&mut text, funcs, &types, &signatures, links);
    writeln!(text, "(export \"{INTERFACE}\" (instance $e0))").expect(INFALLIBLE);
    for i in 0..links.len() {
        writeln!(text, "(export \"handles{i}\" (func $i{i} \"handles\"))").expect(INFALLIBLE);
    }
    text.push(')');
    text
}

/// The forwarders of a chain, instantiated: `$i0` is the first, `$e0` what it exports.
fn instances(text: &mut String, funcs: &[FuncTy], types: &Names, signatures: &[String], links: &[Link]) {
    for (i, link) in links.iter().enumerate() {
        writeln!(text, "(component $c{i}").expect(INFALLIBLE);
        import(text, types, signatures);
        forwarder(text, funcs, types, signatures, link);
        text.push_str(")\n");
    }
    for i in (0..links.len()).rev() {
        let provider = if i + 1 == links.len() { "$i".to_owned() } else { format!("$e{}", i + 1) };
        writeln!(
            text,
            "(instance $i{i} (instantiate $c{i} (with \"{INTERFACE}\" (instance {provider}))))
             (alias export $i{i} \"{INTERFACE}\" (instance $e{i}))"
        )
        .expect(INFALLIBLE);
    }
}

/// A chain whose first link is a caller that passes whatever the host tells it to.
///
/// Exports, besides the interface of the chain: `poke(at, bytes)` writes into the caller's memory; `hash` is one
/// of its first page; `call<n>` takes the core parameters of function `n`, with a return pointer where the result spills, and
/// passes them to the lowered import as they are; `log` is a hash of all that the first forwarder's realloc was asked,
/// or without any forwarder, that of the caller.
pub fn raw_chain(funcs: &[FuncTy], caller: StringEncoding, links: &[Link]) -> String {
    let mut types = Names::default();
    let signatures: Vec<String> = funcs.iter().map(|func| types.signature(func)).collect();
    let mut text = String::from("(component\n");
    import(&mut text, &types, &signatures);
    instances(&mut text, funcs, &types, &signatures, links);
    text.push_str("(component $raw\n");
    import(&mut text, &types, &signatures);
    text.push_str("(core module $libc\n");
    allocator(&mut text, 1 << 15);
    text.push_str(
        "(func (export \"poke\") (param $at i32) (param $ptr i32) (param $len i32)
           (memory.copy (local.get $at) (local.get $ptr) (local.get $len)))
         (func (export \"hash\") (result i64)
           (local $at i32) (local $hash i64)
           (loop $next
             (local.set $hash
               (i64.add
                 (i64.mul (local.get $hash) (i64.const 6364136223846793005))
                 (i64.load (local.get $at))))
             (local.set $at (i32.add (local.get $at) (i32.const 8)))
             (br_if $next (i32.ne (local.get $at) (i32.const 65536))))
           (local.get $hash))
         (func (export \"logged\") (result i64) (global.get $log)))
         (core instance $libc (instantiate $libc))
         (func (export \"log\") (result u64) (canon lift (core func $libc \"logged\")))
         (func (export \"hash\") (result u64) (canon lift (core func $libc \"hash\")))
         (func (export \"poke\") (param \"at\" u32) (param \"bytes\" (list u8))
           (canon lift (core func $libc \"poke\") (memory (core memory $libc \"memory\")) (realloc (core func $libc \"realloc\"))))\n",
    );
    for (i, func) in funcs.iter().enumerate() {
        let (params, result) = lowered_signature(func);
        let params: String =
            params.iter().enumerate().map(|(i, flat)| format!("(param \"p{i}\" {})", scalar(*flat))).collect();
        let result = result.map_or(String::new(), |flat| format!("(result {})", scalar(flat)));
        writeln!(
            text,
            "(core func $low{i} (canon lower (func $i \"f{i}\") {} (memory (core memory $libc \"memory\"))
               (realloc (core func $libc \"realloc\"))))
             (func (export \"call{i}\") {params} {result} (canon lift (core func $low{i})))",
            encoding(caller)
        )
        .expect(INFALLIBLE);
    }
    text.push_str(")\n");
    let (provider, logs) = if links.is_empty() { ("$i", "$raw") } else { ("$e0", "$i0") };
    writeln!(
        text,
        "(instance $raw (instantiate $raw (with \"{INTERFACE}\" (instance {provider}))))
         (export \"poke\" (func $raw \"poke\")) (export \"hash\" (func $raw \"hash\"))
         (export \"log\" (func {logs} \"log\"))"
    )
    .expect(INFALLIBLE);
    for i in 0..funcs.len() {
        writeln!(text, "(export \"call{i}\" (func $raw \"call{i}\"))").expect(INFALLIBLE);
    }
    text.push(')');
    text
}

/// The type by which a core value passes as it is.
fn scalar(flat: Flat) -> &'static str {
    match flat {
        Flat::I32 => "u32",
        Flat::I64 => "u64",
        Flat::F32 => "f32",
        Flat::F64 => "f64",
    }
}

/// A core module that is only a forwarder's allocator, with its `heap` exported.
pub(crate) fn allocator_module() -> String {
    let mut text = String::from("(module\n");
    allocator(&mut text, 0);
    text.push(')');
    text
}

/// A core module, as text, that does what a forwarder's core code does, with memory and realloc of its own.
/// It imports `host` `f<n>` and exports `f<n>` and `post<n>`.
pub fn core_forwarder(funcs: &[FuncTy], link: &Link) -> String {
    let mut text = String::from("(module\n");
    imports_of_core(&mut text, funcs);
    allocator(&mut text, link.heap);
    core_code(&mut text, funcs);
    text.push(')');
    text
}

const INFALLIBLE: &str = "writing to a string does not fail";

fn import(text: &mut String, types: &Names, signatures: &[String]) {
    writeln!(text, "(import \"{INTERFACE}\" (instance $i").expect(INFALLIBLE);
    for i in 0..types.resources {
        writeln!(text, "  (export \"r{i}\" (type $r{i} (sub resource)))").expect(INFALLIBLE);
    }
    for (i, def) in types.defs.iter().enumerate() {
        writeln!(text, "  (type $d{i} {def}) (export \"t{i}\" (type $t{i} (eq $d{i})))").expect(INFALLIBLE);
    }
    for (i, signature) in signatures.iter().enumerate() {
        writeln!(text, "  (export \"f{i}\" (func {signature}))").expect(INFALLIBLE);
    }
    text.push_str("))\n");
}

fn forwarder(text: &mut String, funcs: &[FuncTy], types: &Names, signatures: &[String], link: &Link) {
    let (imports, exports) = (encoding(link.imports), encoding(link.exports));
    for i in 0..types.resources {
        writeln!(text, "(alias export $i \"r{i}\" (type $r{i})) (core func $drop{i} (canon resource.drop $r{i}))")
            .expect(INFALLIBLE);
    }
    for i in 0..types.defs.len() {
        writeln!(text, "(alias export $i \"t{i}\" (type $t{i}))").expect(INFALLIBLE);
    }
    text.push_str("(core module $libc\n");
    allocator(text, link.heap);
    text.push_str(")\n(core instance $libc (instantiate $libc))\n");
    let options = "(memory (core memory $libc \"memory\")) (realloc (core func $libc \"realloc\"))";
    for i in 0..funcs.len() {
        writeln!(text, "(core func $low{i} (canon lower (func $i \"f{i}\") {imports} {options}))").expect(INFALLIBLE);
    }
    text.push_str("(core module $m\n");
    imports_of_core(text, funcs);
    text.push_str(
        "(import \"libc\" \"memory\" (memory 1))
         (import \"libc\" \"realloc\" (func $realloc (param i32 i32 i32 i32) (result i32)))\n",
    );
    for i in 0..types.resources {
        writeln!(text, "(import \"host\" \"drop{i}\" (func $drop{i} (param i32)))").expect(INFALLIBLE);
    }
    core_code(text, funcs);
    text.push_str(")\n(core instance $m (instantiate $m (with \"libc\" (instance $libc)) (with \"host\" (instance\n");
    for i in 0..funcs.len() {
        writeln!(text, "  (export \"f{i}\" (func $low{i}))").expect(INFALLIBLE);
    }
    for i in 0..types.resources {
        writeln!(text, "  (export \"drop{i}\" (func $drop{i}))").expect(INFALLIBLE);
    }
    text.push_str("))))\n");
    for (i, signature) in signatures.iter().enumerate() {
        let post_return =
            if link.post_return { format!("(post-return (core func $m \"post{i}\"))") } else { String::new() };
        let plain = if link.post_return { "f" } else { "unposted" };
        writeln!(
            text,
            "(func $f{i} {signature} (canon lift (core func $m \"{plain}{i}\") {exports} {options} {post_return}))"
        )
        .expect(INFALLIBLE);
    }
    text.push_str(
        "(core module $log (import \"libc\" \"log\" (global $log (mut i64)))
           (func (export \"log\") (result i64) (global.get $log)))
         (core instance $log (instantiate $log (with \"libc\" (instance $libc))))
         (func (export \"log\") (result u64) (canon lift (core func $log \"log\")))\n",
    );
    text.push_str("(func (export \"handles\") (result u64) (canon lift (core func $m \"handles\")))\n");
    text.push_str("(instance $out\n");
    for i in 0..types.resources {
        writeln!(text, "  (export \"r{i}\" (type $r{i}))").expect(INFALLIBLE);
    }
    for i in 0..types.defs.len() {
        writeln!(text, "  (export \"t{i}\" (type $t{i}))").expect(INFALLIBLE);
    }
    for i in 0..funcs.len() {
        writeln!(text, "  (export \"f{i}\" (func $f{i}))").expect(INFALLIBLE);
    }
    writeln!(text, ")\n(export \"{INTERFACE}\" (instance $out))").expect(INFALLIBLE);
}

fn encoding(encoding: StringEncoding) -> &'static str {
    match encoding {
        StringEncoding::Utf8 => "string-encoding=utf8",
        StringEncoding::Utf16 => "string-encoding=utf16",
        StringEncoding::CompactUtf16 => "string-encoding=latin1+utf16",
    }
}
