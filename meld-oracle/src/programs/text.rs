//! A [`World`] as a component, in text.

use super::World;
use std::fmt::{self, Write};

/// What logging a destructor adds to the representation, for each resource.
const DTOR: usize = 10_000;

/// The functions about resource `q` that an instance exports for others: name, type, core signature, whether they need a memory.
fn shared(q: usize) -> [(String, String, &'static str, bool); 7] {
    let own = format!("(own $r{q})");
    let borrow = format!("(borrow $r{q})");
    let flat = |name: &str, ty: String, core| (format!("{name}{q}"), ty, core, false);
    let spilled = |name: &str, ty: String, core| (format!("{name}{q}"), ty, core, true);
    [
        flat("take", format!("(param \"r\" {own}) (result u32)"), "(param i32) (result i32)"),
        flat("give", format!("(param \"index\" u32) (result {own})"), "(param i32) (result i32)"),
        flat(
            "see",
            format!("(param \"r\" {borrow}) (param \"leak\" bool) (result u32)"),
            "(param i32 i32) (result i32)",
        ),
        flat("pass", format!("(param \"r\" {own}) (result {own})"), "(param i32) (result i32)"),
        flat(
            "both",
            format!("(param \"b\" {borrow}) (param \"r\" {own}) (result u32)"),
            "(param i32 i32) (result i32)",
        ),
        spilled("list", format!("(param \"l\" (list {own})) (result (list {own}))"), "(param i32 i32 i32)"),
        spilled("maybe", format!("(param \"m\" (option {own})) (result (option {own}))"), "(param i32 i32 i32)"),
    ]
}

/// The host's functions about its resource `q`.
fn of_host(q: usize) -> [(String, String, &'static str, bool); 4] {
    let (own, borrow) = (format!("(own $r{q})"), format!("(borrow $r{q})"));
    [
        (format!("host-make{q}"), format!("(result {own})"), "(result i32)", false),
        (format!("host-take{q}"), format!("(param \"r\" {own})"), "(param i32)", false),
        (format!("host-see{q}"), format!("(param \"r\" {borrow})"), "(param i32)", false),
        (
            format!("host-list{q}"),
            format!("(param \"l\" (list {own})) (result (option {own}))"),
            "(param i32 i32 i32)",
            true,
        ),
    ]
}

/// Memory for what spills, and what passes handles through it for the host: up to three of them, as indices, and those
/// that came back, in 20 bits each after their number.
const LIBC: &str = r#"
  (core module $Libc
    (memory (export "memory") 1)
    (global $top (mut i32) (i32.const 256))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (global.get $top)
      (global.set $top (i32.and (i32.add (i32.add (global.get $top) (local.get 3)) (i32.const 7)) (i32.const -8)))))
  (core instance $libc (instantiate $Libc))
  (alias core export $libc "memory" (core memory $memory))
  (alias core export $libc "realloc" (core func $realloc))
"#;

impl World {
    /// The composition as text.
    pub fn text(&self) -> String {
        let mut text = String::from("(component\n(import \"log\" (func $log (param \"n\" u32)))\n");
        self.write(&mut text).expect("writing to a string does not fail");
        text
    }

    fn write(&self, text: &mut String) -> fmt::Result {
        for q in self.of_the_host() {
            writeln!(text, "(import \"host{q}\" (instance $host{q} (export \"r{q}\" (type $r{q} (sub resource)))")?;
            for (name, ty, ..) in of_host(q) {
                writeln!(text, "  (export \"{name}\" (func {ty}))")?;
            }
            writeln!(text, "))\n(alias export $host{q} \"r{q}\" (type $r{q}))")?;
        }
        for k in 0..self.instances.len() {
            self.component(text, k)?;
            writeln!(text, "(instance $i{k} (instantiate $c{k} (with \"log\" (func $log))")?;
            for q in self.foreign(k) {
                writeln!(text, "  (with \"r{q}\" (type $r{q}))")?;
                if self.resources[q].owner.is_none() {
                    for (name, ..) in of_host(q) {
                        writeln!(text, "  (with \"{name}\" (func $host{q} \"{name}\"))")?;
                    }
                }
            }
            for (j, function) in self.called(k) {
                writeln!(text, "  (with \"p{j}-{function}\" (func $i{j} \"{function}\"))")?;
            }
            text.push_str("))\n");
            for q in self.defined(k) {
                writeln!(text, "(alias export $i{k} \"r{q}\" (type $r{q}))")?;
            }
            if self.instances[k].open {
                writeln!(text, "(export \"i{k}\" (instance $i{k}))")?;
            } else {
                writeln!(text, "(instance $x{k}")?;
                for raw in self.raw(k) {
                    writeln!(text, "  (export \"{raw}\" (func $i{k} \"{raw}\"))")?;
                }
                writeln!(text, ")\n(export \"i{k}\" (instance $x{k}))")?;
            }
        }
        text.push(')');
        Ok(())
    }

    fn of_the_host(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.resources.len()).filter(|q| self.resources[*q].owner.is_none())
    }

    pub(super) fn is_defined(&self, k: usize, q: usize) -> bool {
        self.resources[q].owner == Some(k)
    }

    fn defined(&self, k: usize) -> impl Iterator<Item = usize> + '_ {
        self.instances[k].knows.iter().copied().filter(move |q| self.is_defined(k, *q))
    }

    fn foreign(&self, k: usize) -> impl Iterator<Item = usize> + '_ {
        self.instances[k].knows.iter().copied().filter(move |q| !self.is_defined(k, *q))
    }

    /// The providers by which `k` can hand a borrow of `q` on.
    pub(super) fn relays(&self, k: usize, q: usize) -> impl Iterator<Item = usize> + '_ {
        let on = move |i: &usize| !self.is_defined(k, q) && self.instances[*i].knows.contains(&q);
        self.instances[k].providers.iter().copied().filter(on)
    }

    /// What `k` exports for others: name, type, core signature, whether it needs a memory.
    fn exported(&self, k: usize) -> Vec<(String, String, &'static str, bool)> {
        let mut functions = Vec::new();
        for &q in &self.instances[k].knows {
            functions.extend(shared(q));
            for i in self.relays(k, q) {
                let ty = format!("(param \"r\" (borrow $r{q})) (result u32)");
                functions.push((format!("relay{q}-i{i}"), ty, "(param i32) (result i32)", false));
            }
        }
        functions
    }

    /// The functions of others that `k` calls.
    fn called(&self, k: usize) -> Vec<(usize, String)> {
        let of = |j: usize| self.exported(j).into_iter().map(move |(name, ..)| (j, name));
        self.instances[k].providers.iter().copied().flat_map(of).collect()
    }

    /// The exports of `k` that are raw.
    fn raw(&self, k: usize) -> Vec<String> {
        let mut raw: Vec<String> = self.imported(k).into_iter().map(|(name, ..)| format!("raw-{name}")).collect();
        raw.extend(self.instances[k].knows.iter().map(|q| format!("drop{q}")));
        raw.extend(self.defined(k).flat_map(|q| [format!("new{q}"), format!("rep{q}")]));
        raw
    }

    /// The functions that `k` imports but for `log`.
    fn imported(&self, k: usize) -> Vec<(String, String, &'static str, bool)> {
        let mut imported = Vec::new();
        for q in self.foreign(k).filter(|q| self.resources[*q].owner.is_none()) {
            imported.extend(of_host(q));
        }
        for &j in &self.instances[k].providers {
            imported.extend(
                self.exported(j).into_iter().map(|(name, ty, core, memory)| (format!("p{j}-{name}"), ty, core, memory)),
            );
        }
        imported
    }

    fn component(&self, text: &mut String, k: usize) -> fmt::Result {
        writeln!(text, "(component $c{k}\n(import \"log\" (func $log (param \"n\" u32)))")?;
        for q in self.foreign(k) {
            writeln!(text, "(import \"r{q}\" (type $r{q} (sub resource)))")?;
        }
        let imported = self.imported(k);
        for (name, ty, ..) in &imported {
            writeln!(text, "(import \"{name}\" (func ${name} {ty}))")?;
        }
        self.types(text, k)?;
        text.push_str(LIBC);
        for (name, _, _, memory) in &imported {
            let options = if *memory { "(memory $memory) (realloc $realloc)" } else { "" };
            writeln!(text, "(core func $low-{name} (canon lower (func ${name}) {options}))")?;
        }
        for q in &self.instances[k].knows {
            writeln!(text, "(core func $drop{q} (canon resource.drop $r{q}))")?;
            writeln!(text, "(func (export \"drop{q}\") (param \"index\" u32) (canon lift (core func $drop{q})))")?;
        }
        for q in self.defined(k) {
            for what in ["new", "rep"] {
                writeln!(
                    text,
                    "(core func ${what}{q} (canon resource.{what} $r{q}))
                     (func (export \"{what}{q}\") (param \"n\" u32) (result u32) (canon lift (core func ${what}{q})))"
                )?;
            }
        }
        self.core(text, k)?;
        for (name, ty, _, memory) in self.exported(k) {
            let options = if memory { "(memory $memory) (realloc $realloc)" } else { "" };
            writeln!(text, "(func (export \"{name}\") {ty} (canon lift (core func $m \"{name}\") {options}))")?;
        }
        for (name, ty, _, memory) in &imported {
            let (ty, func) = if *memory {
                let indices = if name.contains("list") { 3 } else { 1 };
                let params: String = (0..indices).map(|i| format!("(param \"i{i}\" u32)")).collect();
                (format!("(param \"n\" u32) {params} (result u64)"), format!("(core func $m \"raw-{name}\")"))
            } else {
                (raw_type(ty), format!("(core func $low-{name})"))
            };
            writeln!(text, "(func (export \"raw-{name}\") {ty} (canon lift {func}))")?;
        }
        text.push_str(")\n");
        Ok(())
    }

    /// The resources that `k` defines, with their destructors.
    fn types(&self, text: &mut String, k: usize) -> fmt::Result {
        text.push_str("(core func $log' (canon lower (func $log)))\n(core module $D (import \"\" \"log\" (func $log (param i32)))\n");
        for q in self.defined(k).filter(|q| self.resources[*q].dtor) {
            let base = (q + 1) * DTOR;
            writeln!(
                text,
                "  (func (export \"dtor{q}\") (param i32) (call $log (i32.add (local.get 0) (i32.const {base}))))"
            )?;
        }
        text.push_str(")\n(core instance $d (instantiate $D (with \"\" (instance (export \"log\" (func $log'))))))\n");
        for q in self.defined(k) {
            let dtor =
                if self.resources[q].dtor { format!("(dtor (core func $d \"dtor{q}\"))") } else { String::new() };
            writeln!(text, "(type $r{q}' (resource (rep i32) {dtor}))\n(export $r{q} \"r{q}\" (type $r{q}'))")?;
        }
        Ok(())
    }

    /// The core module of `k`, instantiated as `$m`.
    fn core(&self, text: &mut String, k: usize) -> fmt::Result {
        let imported = self.imported(k);
        text.push_str("(core module $M (import \"\" \"memory\" (memory 1))\n");
        text.push_str("  (import \"\" \"realloc\" (func $realloc (param i32 i32 i32 i32) (result i32)))\n");
        for (name, _, core, _) in &imported {
            writeln!(text, "  (import \"\" \"{name}\" (func ${name} {core}))")?;
        }
        for q in &self.instances[k].knows {
            writeln!(text, "  (import \"\" \"drop{q}\" (func $drop{q} (param i32)))")?;
        }
        for &q in &self.instances[k].knows {
            // A borrow of a resource of its own is a representation, and there is nothing to drop.
            let end_borrow = match self.is_defined(k, q) {
                true => String::new(),
                false => format!("(call $drop{q} (local.get 0))"),
            };
            writeln!(
                text,
                "  (func (export \"take{q}\") (param i32) (result i32) (local.get 0))
                   (func (export \"give{q}\") (param i32) (result i32) (local.get 0))
                   (func (export \"pass{q}\") (param i32) (result i32) (local.get 0))
                   (func (export \"see{q}\") (param i32 i32) (result i32)
                     (if (i32.eqz (local.get 1)) (then {end_borrow}))
                     (local.get 0))
                   (func (export \"both{q}\") (param i32 i32) (result i32)
                     {end_borrow}
                     (i32.add (i32.mul (local.get 0) (i32.const 4096)) (local.get 1)))
                   (func (export \"list{q}\") (param i32 i32) (result i32)
                     (i32.store (i32.const 16) (local.get 0))
                     (i32.store (i32.const 20) (local.get 1))
                     (i32.const 16))
                   (func (export \"maybe{q}\") (param i32 i32) (result i32)
                     (i32.store8 (i32.const 24) (local.get 0))
                     (i32.store (i32.const 28) (local.get 1))
                     (i32.const 24))"
            )?;
            for i in self.relays(k, q) {
                writeln!(
                    text,
                    "  (func (export \"relay{q}-i{i}\") (param i32) (result i32)
                         (call $p{i}-see{q} (local.get 0) (i32.const 0))
                         {end_borrow})"
                )?;
            }
        }
        for (name, ..) in imported.iter().filter(|import| import.3) {
            let body = if name.contains("list") { raw_list(name) } else { raw_maybe(name) };
            text.push_str(&body);
        }
        text.push_str(")\n(core instance $m (instantiate $M (with \"\" (instance\n");
        text.push_str("  (export \"memory\" (memory $memory)) (export \"realloc\" (func $realloc))\n");
        for (name, ..) in &imported {
            writeln!(text, "  (export \"{name}\" (func $low-{name}))")?;
        }
        for q in &self.instances[k].knows {
            writeln!(text, "  (export \"drop{q}\" (func $drop{q}))")?;
        }
        text.push_str("))))\n");
        Ok(())
    }
}

/// A function type with indices for handles.
fn raw_type(ty: &str) -> String {
    let mut raw = String::new();
    let mut rest = ty;
    while let Some(start) = rest.find("(own ").into_iter().chain(rest.find("(borrow ")).min() {
        let end = start + rest[start..].find(')').expect("a handle type ends") + 1;
        raw.push_str(&rest[..start]);
        raw.push_str("u32");
        rest = &rest[end..];
    }
    raw + rest
}

/// Passes a list of `n` of three indices, and packs those that come back: the number of them in the lowest bits, then
/// 20 bits for each.
fn raw_list(name: &str) -> String {
    // The host gives one back at most, the others a list.
    let unpack = if name.starts_with("host") {
        "(if (i32.load8_u (i32.const 64))
           (then (local.set $packed (i64.or (i64.const 1) (i64.shl (i64.load32_u (i32.const 68)) (i64.const 2))))))"
    } else {
        "(local.set $at (i32.load (i32.const 64)))
         (local.set $n (i32.load (i32.const 68)))
         (local.set $packed (i64.extend_i32_u (local.get $n)))
         (block $done (loop $next
           (br_if $done (i32.eqz (local.get $n)))
           (local.set $packed (i64.or (local.get $packed) (i64.shl (i64.load32_u (local.get $at)) (local.get $shift))))
           (local.set $shift (i64.add (local.get $shift) (i64.const 20)))
           (local.set $at (i32.add (local.get $at) (i32.const 4)))
           (local.set $n (i32.sub (local.get $n) (i32.const 1)))
           (br $next)))"
    };
    format!(
        "  (func (export \"raw-{name}\") (param $n i32) (param i32 i32 i32) (result i64)
             (local $at i32) (local $packed i64) (local $shift i64)
             (local.set $shift (i64.const 2))
             (local.set $at (call $realloc (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 12)))
             (i32.store (local.get $at) (local.get 1))
             (i32.store offset=4 (local.get $at) (local.get 2))
             (i32.store offset=8 (local.get $at) (local.get 3))
             (call ${name} (local.get $at) (local.get $n) (i32.const 64))
             {unpack}
             (local.get $packed))\n"
    )
}

/// Passes an index or nothing; packs as [`raw_list`] does.
fn raw_maybe(name: &str) -> String {
    format!(
        "  (func (export \"raw-{name}\") (param $n i32) (param i32) (result i64)
             (call ${name} (local.get $n) (local.get 1) (i32.const 64))
             (if (result i64) (i32.load8_u (i32.const 64))
               (then (i64.or (i64.const 1) (i64.shl (i64.load32_u (i32.const 68)) (i64.const 2))))
               (else (i64.const 0))))\n"
    )
}
