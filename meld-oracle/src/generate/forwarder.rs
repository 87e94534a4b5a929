//! Components that hand every call on: what the host passes in must come out at the host unchanged.
//!
//! In: function types and, per component, its [`Link`]. Out: text. A forwarder imports `test:t/i` and exports
//! it; its core functions pass their flat parameters to the lowered import and hand the flat result back. A
//! chain of forwarders lets every type cross every pair of encodings, with the host at both ends as judge.
//! Its allocator never frees, never gives the same place twice and fills what it gives with junk, so that a
//! stale pointer, a missing zero or a forgotten store shows.

use super::Random;
use crate::core_host::{Flat, align, flatten, size};
use crate::ty::{FuncTy, Ty};
use meld_core::abi::types::{TypeDef, Types, ValType};
use meld_core::dfg::{ImportPath, StringEncoding};
use meld_core::emit::{CoreExport, CoreImport, CoreInterface, CoreOptions};
use meld_core::ids::Id;
use meld_core::synth::OuterImport;
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
/// calls the host.
pub fn chain(funcs: &[FuncTy], links: &[Link]) -> String {
    let mut types = Names::default();
    let signatures: Vec<String> = funcs.iter().map(|func| types.signature(func)).collect();
    let mut text = String::from("(component\n");
    import(&mut text, &types, &signatures);
    instances(&mut text, funcs, &types, &signatures, links);
    writeln!(text, "(export \"{INTERFACE}\" (instance $e0)))").expect(INFALLIBLE);
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
/// Exports, besides the interface of the chain: `poke(at, bytes)` writes into the caller's memory; `call<n>`
/// takes the core parameters of function `n`, with a return pointer where the result spills, and passes them
/// to the lowered import as they are; `log` is a hash of all that the first forwarder's realloc was asked.
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
           (memory.copy (local.get $at) (local.get $ptr) (local.get $len))))
         (core instance $libc (instantiate $libc))
         (func (export \"poke\") (param \"at\" u32) (param \"bytes\" (list u8))
           (canon lift (core func $libc \"poke\") (memory $libc \"memory\") (realloc (func $libc \"realloc\"))))\n",
    );
    for (i, func) in funcs.iter().enumerate() {
        let (params, result) = lowered_signature(func);
        let params: String =
            params.iter().enumerate().map(|(i, flat)| format!("(param \"p{i}\" {})", scalar(*flat))).collect();
        let result = result.map_or(String::new(), |flat| format!("(result {})", scalar(flat)));
        writeln!(
            text,
            "(core func $low{i} (canon lower (func $i \"f{i}\") {} (memory $libc \"memory\")
               (realloc (func $libc \"realloc\"))))
             (func (export \"call{i}\") {params} {result} (canon lift (core func $low{i})))",
            encoding(caller)
        )
        .expect(INFALLIBLE);
    }
    text.push_str(")\n");
    writeln!(text, "(instance $raw (instantiate $raw (with \"{INTERFACE}\" (instance $e0))))").expect(INFALLIBLE);
    text.push_str("(export \"poke\" (func $raw \"poke\")) (export \"log\" (func $i0 \"log\"))\n");
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
    for i in 0..types.defs.len() {
        writeln!(text, "(alias export $i \"t{i}\" (type $t{i}))").expect(INFALLIBLE);
    }
    text.push_str("(core module $libc\n");
    allocator(text, link.heap);
    text.push_str(")\n(core instance $libc (instantiate $libc))\n");
    let options = "(memory $libc \"memory\") (realloc (func $libc \"realloc\"))";
    for i in 0..funcs.len() {
        writeln!(text, "(core func $low{i} (canon lower (func $i \"f{i}\") {imports} {options}))").expect(INFALLIBLE);
    }
    text.push_str("(core module $m\n");
    imports_of_core(text, funcs);
    text.push_str(
        "(import \"libc\" \"memory\" (memory 1))
         (import \"libc\" \"realloc\" (func $realloc (param i32 i32 i32 i32) (result i32)))\n",
    );
    core_code(text, funcs);
    text.push_str(")\n(core instance $m (instantiate $m (with \"libc\" (instance $libc)) (with \"host\" (instance\n");
    for i in 0..funcs.len() {
        writeln!(text, "  (export \"f{i}\" (func $low{i}))").expect(INFALLIBLE);
    }
    text.push_str("))))\n");
    for (i, signature) in signatures.iter().enumerate() {
        let post_return = if link.post_return { format!("(post-return (func $m \"post{i}\"))") } else { String::new() };
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
    text.push_str("(instance $out\n");
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

fn allocator(text: &mut String, heap: u32) {
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

/// The interface by which a host calls a [`core_forwarder`].
pub fn core_interface(funcs: &[FuncTy], link: &Link) -> CoreInterface {
    let mut interface = CoreInterface::default();
    for (i, func) in funcs.iter().enumerate() {
        let params = func.params.iter().map(|ty| ("p".to_owned(), intern(ty, &mut interface.types))).collect();
        let result = func.result.as_ref().map(|ty| intern(ty, &mut interface.types));
        let ty = interface.types.funcs.intern(meld_core::abi::types::FuncType { is_async: false, params, result });
        let options = |encoding, post_return| CoreOptions {
            encoding,
            memory: Some("memory".to_owned()),
            realloc: Some("realloc".to_owned()),
            post_return,
        };
        interface.imports.push(CoreImport {
            module: "host".to_owned(),
            field: format!("f{i}"),
            import: OuterImport::Lower(Id::new(i), Id::new(0)),
            params: Vec::new(),
            results: Vec::new(),
            path: Some(ImportPath { import: 0, exports: vec![format!("f{i}")] }),
            ty: Some(ty),
            options: options(link.imports, None),
        });
        interface.exports.push(CoreExport {
            id: Id::new(i),
            path: vec![INTERFACE.to_owned(), format!("f{i}")],
            field: format!("f{i}"),
            ty,
            options: options(link.exports, Some(format!("post{i}"))),
        });
    }
    interface
}

fn intern(ty: &Ty, types: &mut Types) -> ValType {
    let mut boxed = |ty: &Ty| intern(ty, types);
    let def = match ty {
        Ty::Bool => return ValType::Bool,
        Ty::S8 => return ValType::S8,
        Ty::U8 => return ValType::U8,
        Ty::S16 => return ValType::S16,
        Ty::U16 => return ValType::U16,
        Ty::S32 => return ValType::S32,
        Ty::U32 => return ValType::U32,
        Ty::S64 => return ValType::S64,
        Ty::U64 => return ValType::U64,
        Ty::F32 => return ValType::F32,
        Ty::F64 => return ValType::F64,
        Ty::Char => return ValType::Char,
        Ty::String => return ValType::String,
        Ty::List(ty) => TypeDef::List(boxed(ty)),
        Ty::FixedList(ty, len) => TypeDef::FixedLengthList(boxed(ty), *len),
        Ty::Map(key, value) => TypeDef::Map(boxed(key), boxed(value)),
        Ty::Record(fields) => TypeDef::Record(fields.iter().map(|(name, ty)| (name.clone(), boxed(ty))).collect()),
        Ty::Tuple(types) => TypeDef::Tuple(types.iter().map(boxed).collect()),
        Ty::Variant(cases) => {
            TypeDef::Variant(cases.iter().map(|(name, ty)| (name.clone(), ty.as_ref().map(&mut boxed))).collect())
        }
        Ty::Enum(names) => TypeDef::Enum(names.clone()),
        Ty::Option(ty) => TypeDef::Option(boxed(ty)),
        Ty::Result(ok, err) => {
            TypeDef::Result { ok: ok.as_deref().map(&mut boxed), err: err.as_deref().map(&mut boxed) }
        }
        Ty::Flags(names) => TypeDef::Flags(names.clone()),
        Ty::Own(_) | Ty::Borrow(_) => panic!("forwarders are made of types without resources"),
    };
    ValType::Def(types.defs.intern(def))
}

/// Core parameters, the core result, and whether the result is spilled.
fn core_signature(func: &FuncTy) -> (Vec<Flat>, Option<Flat>, bool) {
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
fn lowered_signature(func: &FuncTy) -> (Vec<Flat>, Option<Flat>) {
    let (mut params, result, spilled) = core_signature(func);
    if spilled {
        params.push(Flat::I32);
    }
    (params, result.filter(|_| !spilled))
}

fn imports_of_core(text: &mut String, funcs: &[FuncTy]) {
    for (i, func) in funcs.iter().enumerate() {
        let (params, result) = lowered_signature(func);
        let (params, result) = (list("param", &params), list("result", result.as_slice()));
        writeln!(text, "(import \"host\" \"f{i}\" (func $host{i} {params} {result}))").expect(INFALLIBLE);
    }
}

/// The functions. `f<n>` expects its post-return to have run before anything is called again; `unposted<n>`
/// has none.
fn core_code(text: &mut String, funcs: &[FuncTy]) {
    text.push_str("(global $pending (mut i32) (i32.const 0))\n");
    for (i, func) in funcs.iter().enumerate() {
        let (params, result, spilled) = core_signature(func);
        let mut gets = String::new();
        for at in 0..params.len() {
            write!(gets, "local.get {at} ").expect(INFALLIBLE);
        }
        let (params_text, result_text) = (list("param", &params), list("result", result.as_slice()));
        let body = match (&func.result, spilled) {
            (Some(ty), true) => {
                let ret = params.len();
                format!(
                    "(local i32) (local.set {ret} (call $realloc (i32.const 0) (i32.const 0) (i32.const {}) (i32.const {})))
                     {gets} local.get {ret} call $host{i} local.get {ret}",
                    align(ty),
                    size(ty)
                )
            }
            _ => format!("{gets} call $host{i}"),
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

/// Types that must have a name to stand in an interface.
#[derive(Default)]
struct Names {
    defs: Vec<String>,
}

impl Names {
    fn signature(&mut self, func: &FuncTy) -> String {
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
            Ty::Own(_) | Ty::Borrow(_) => panic!("forwarders are made of types without resources"),
            _ => return primitive.to_owned(),
        };
        self.defs.push(def);
        format!("$t{}", self.defs.len() - 1)
    }
}
