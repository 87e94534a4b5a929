//! A [`World`] as a component, in text; and a part of it as a component of its own, whose host the rest is.

use super::code::{Code, chan_name};
use super::{Chan, Elem, Form, Func, Sig, World};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::ops::Range;

/// The future of a gate.
const GATE: Chan = Chan { future: true, elem: Elem::Unit };

impl World {
    /// The component. It exports `r<n>` for each root function, and `d<k>` for the digest of each instance.
    pub fn text(&self) -> String {
        let mut out = String::from("(component\n");
        for k in 0..self.instances.len() {
            self.component(k, &mut out);
        }
        for k in 0..self.instances.len() {
            let _ = write!(out, "(instance $i{k} (instantiate $C{k}");
            for (j, n) in self.imports(k) {
                let _ = write!(out, " (with \"i{j}-f{n}\" (func $i{j} \"f{n}\"))");
            }
            out.push_str("))\n");
        }
        for (r, ((k, n), _)) in self.roots.iter().enumerate() {
            let _ = writeln!(out, "(export \"r{r}\" (func $i{k} \"f{n}\"))");
        }
        if let Some((k, n)) = self.settles {
            let _ = writeln!(out, "(export \"settles\" (func $i{k} \"f{n}\"))");
        }
        for k in 0..self.instances.len() {
            let _ = writeln!(out, "(export \"d{k}\" (func $i{k} \"digest\"))");
        }
        out.push(')');
        out
    }

    /// A part of the world, a component that imports and exports what others have to do with it.
    pub fn part(&self, part: Range<usize>) -> String {
        let mut out = String::from("(component\n");
        types(&mut out);
        for (j, n) in
            part.clone().flat_map(|k| self.imports(k)).filter(|(j, _)| *j < part.start).collect::<BTreeSet<_>>()
        {
            let _ = writeln!(out, "(import \"i{j}-f{n}\" (func $i{j}-f{n} {}))", func_type(self.func((j, n))));
        }
        for k in part.clone() {
            self.component(k, &mut out);
        }
        for k in part.clone() {
            let _ = write!(out, "(instance $i{k} (instantiate $C{k}");
            for (j, n) in self.imports(k) {
                let _ = match j < part.start {
                    true => write!(out, " (with \"i{j}-f{n}\" (func $i{j}-f{n}))"),
                    false => write!(out, " (with \"i{j}-f{n}\" (func $i{j} \"f{n}\"))"),
                };
            }
            out.push_str("))\n");
        }
        for (k, n) in self.used_outside(&part) {
            let _ = writeln!(out, "(export \"i{k}-f{n}\" (func $i{k} \"f{n}\"))");
        }
        for k in part {
            let _ = writeln!(out, "(export \"d{k}\" (func $i{k} \"digest\"))");
        }
        out.push(')');
        out
    }

    /// The functions of a part that the host calls, or an instance behind the part.
    fn used_outside(&self, part: &Range<usize>) -> BTreeSet<super::Callee> {
        let behind = (part.end..self.instances.len()).flat_map(|k| self.imports(k));
        behind.chain(self.roots.iter().map(|(callee, _)| *callee)).filter(|(k, _)| part.contains(k)).collect()
    }

    /// The world around a part, of which `text` is some form. It exports what [`World::text`] does.
    pub fn around(&self, part: &Range<usize>, text: &str) -> String {
        let mut out = String::from("(component\n");
        let outside = || (0..self.instances.len()).filter(|k| !part.contains(k));
        for k in outside() {
            self.component(k, &mut out);
        }
        out.push_str(&text.replacen("(component", "(component $F", 1));
        let instance = |k: usize, out: &mut String| {
            let _ = write!(out, "(instance $i{k} (instantiate $C{k}");
            for (j, n) in self.imports(k) {
                let _ = match part.contains(&j) {
                    true => write!(out, " (with \"i{j}-f{n}\" (func $f \"i{j}-f{n}\"))"),
                    false => write!(out, " (with \"i{j}-f{n}\" (func $i{j} \"f{n}\"))"),
                };
            }
            out.push_str("))\n");
        };
        for k in 0..part.start {
            instance(k, &mut out);
        }
        out.push_str("(instance $f (instantiate $F");
        for (j, n) in
            part.clone().flat_map(|k| self.imports(k)).filter(|(j, _)| *j < part.start).collect::<BTreeSet<_>>()
        {
            let _ = write!(out, " (with \"i{j}-f{n}\" (func $i{j} \"f{n}\"))");
        }
        out.push_str("))\n");
        for k in part.end..self.instances.len() {
            instance(k, &mut out);
        }
        for (r, ((k, n), _)) in self.roots.iter().enumerate() {
            let _ = match part.contains(k) {
                true => writeln!(out, "(export \"r{r}\" (func $f \"i{k}-f{n}\"))"),
                false => writeln!(out, "(export \"r{r}\" (func $i{k} \"f{n}\"))"),
            };
        }
        for k in 0..self.instances.len() {
            let _ = match part.contains(&k) {
                true => writeln!(out, "(export \"d{k}\" (func $f \"d{k}\"))"),
                false => writeln!(out, "(export \"d{k}\" (func $i{k} \"digest\"))"),
            };
        }
        out.push(')');
        out
    }

    /// The functions that an instance imports.
    fn imports(&self, k: usize) -> BTreeSet<super::Callee> {
        let mut code = Code::new(self);
        code.instance(&self.instances[k]);
        let mut found = BTreeSet::new();
        for j in 0..k {
            for n in 0..self.instances[j].len() {
                let name = format!("i{j}-f{n}");
                if code.imports.contains_key(&name) || code.imports.contains_key(&format!("{name}-async")) {
                    found.insert((j, n));
                }
            }
        }
        found
    }

    fn component(&self, k: usize, out: &mut String) {
        let funcs = &self.instances[k];
        let mut code = Code::new(self);
        code.instance(funcs);
        let imports = self.imports(k);
        let _ = writeln!(out, "(component $C{k}");
        types(out);
        for (j, n) in imports {
            let ty = func_type(self.func((j, n)));
            let _ = writeln!(out, "(import \"i{j}-f{n}\" (func $i{j}-f{n} {ty}))");
        }
        out.push_str("(core module $Libc (memory (export \"memory\") 4))\n(core instance $libc (instantiate $Libc))\n");
        out.push_str("(alias core export $libc \"memory\" (core memory $mem))\n");
        let (mut wanted, mut given) = (String::new(), String::new());
        for (name, (canon, ty)) in &code.imports {
            let canon = canon.replace("(memory $mem)", "(memory (core memory $mem))");
            let _ = writeln!(out, "(core func ${name} (canon {canon}))");
            let _ = writeln!(wanted, "(import \"\" \"{name}\" (func ${name} {ty}))");
            let _ = write!(given, "(export \"{name}\" (func ${name}))");
        }
        let _ = writeln!(
            out,
            "(core module $M (import \"libc\" \"memory\" (memory 4))\n{wanted}{})\n\
             (core instance $m (instantiate $M (with \"libc\" (instance $libc)) (with \"\" (instance {given}))))",
            code.out
        );
        for (n, func) in funcs.iter().enumerate() {
            let options = match func.form {
                Form::Callback => format!(" async (callback (core func $m \"callback{n}\"))"),
                Form::Stackful => " async".to_owned(),
                Form::Sync | Form::Pure => String::new(),
            };
            let _ = writeln!(
                out,
                "(func (export \"f{n}\") {} (canon lift (core func $m \"f{n}\"){options}))",
                func_type(func)
            );
        }
        out.push_str("(func (export \"digest\") (result u32) (canon lift (core func $m \"digest\")))\n)\n");
    }
}

/// The types of all streams and futures.
fn types(out: &mut String) {
    for chan in all_chans() {
        let payload = match chan.elem {
            Elem::Unit => "",
            Elem::U8 => " u8",
            Elem::U32 => " u32",
            Elem::U64 => " u64",
            Elem::F64 => " f64",
        };
        let kind = if chan.future { "future" } else { "stream" };
        let _ = writeln!(out, "(type ${} ({kind}{payload}))", chan_name(chan));
    }
}

fn all_chans() -> impl Iterator<Item = Chan> {
    [Elem::Unit, Elem::U8, Elem::U32, Elem::U64, Elem::F64]
        .into_iter()
        .flat_map(|elem| [false, true].map(|future| Chan { future, elem }))
}

fn func_type(func: &Func) -> String {
    let param = |chan: Chan| format!("(param \"c\" ${})", chan_name(chan));
    match func.sig {
        Sig::Sync => "(param \"a\" u32) (param \"b\" u32) (result u32)".to_owned(),
        Sig::Plain => "async (param \"a\" u32) (param \"b\" u32) (result u32)".to_owned(),
        Sig::Consume(chan) => format!("async {} (param \"a\" u32) (result u32)", param(chan)),
        Sig::Produce(chan) => format!("async (param \"a\" u32) (result ${})", chan_name(chan)),
        Sig::Transform(from, to) => {
            format!("async {} (param \"a\" u32) (result ${})", param(from), chan_name(to))
        }
        Sig::Gate(_) => format!("async {} (param \"a\" u32) (result u32)", param(GATE)),
    }
}
