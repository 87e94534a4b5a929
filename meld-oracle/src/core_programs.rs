//! Random core modules, composed: what a fuser does to instructions, segments, tables and start functions, whatever the
//! canonical ABI.
//!
//! In: a seed. Out: the text of a component of two or three components. Each has an owner of memories, tables, globals and
//! a tag, and users of it that import all that; users call what the components before them export. A user may be instantiated
//! twice. All may call the host, at start too, and some do so by a table that is filled when everything else is there, as tools have it. Every function has a budget, so nothing runs forever. Addresses, ranges and slots are near edges now and then: the ends of memories and
//! tables, as they are and as they become, and 2^32.
//!
//! Where one memory has windows that are not isolated, an access beyond its own memory may hit another. *Tame* programs have
//! none; their ranges are as wild as those of the others, for ranges are checked always.
//! Rejected: byte strings that are turned into valid modules, whatever they are. Nearly all of their accesses are far out of bounds,
//! and of several modules none knows what is in another.

mod code;

use crate::generate::Random;
use code::Scope;
use std::fmt::Write;

/// A memory, as code sees it.
#[derive(Debug, Clone)]
struct Memory {
    name: String,
    /// Pages at first.
    pages: u32,
    /// Log2 of the page size.
    log2: u32,
    /// Its limits, as text.
    ty: String,
}

impl Memory {
    fn random(random: &mut Random, name: &str) -> Memory {
        let name = name.to_owned();
        if random.one_in(4) {
            let pages = 64 + random.below(200) as u32;
            let ty = format!("{pages} {} (pagesize 1)", pages + random.below(300) as u32);
            return Memory { name, pages, log2: 0, ty };
        }
        let pages = 1 + random.below(2) as u32;
        let ty = format!("{pages} {}", pages + random.below(3) as u32);
        Memory { name, pages, log2: 16, ty }
    }

    fn bytes(&self) -> u32 {
        self.pages << self.log2
    }
}

/// Bytes of growth that no memory needs more of.
pub const HEAP: u64 = 4 << 16;

/// Calls and rounds of loops that one call from outside may have.
const BUDGET: u32 = 40;

/// Every function that is called by more than one way has this type.
const FUNC: &str = "(param i32 i32) (result i32)";

/// The text of the component of `random`.
pub fn composition(random: &mut Random, tame: bool) -> String {
    let mut text = format!("(component (import \"host\" (func $host {LIFTED}))\n");
    let count = 2 + random.below(2);
    let mut exports: Vec<(usize, String)> = Vec::new();
    for k in 0..count {
        let imports: Vec<(usize, String)> = exports.iter().filter(|_| random.one_in(2)).cloned().collect();
        // The host's function is as good as one of another component, but for where it comes from.
        let host = random.one_in(2);
        let mut callable: Vec<String> = imports.iter().map(|(_, name)| name.clone()).collect();
        callable.extend(host.then(|| "host".to_owned()));
        let names = component(random, tame, k, &callable, &mut text);
        write!(text, "(instance $c{k} (instantiate $C{k}").expect("a string takes everything");
        for (j, name) in &imports {
            write!(text, " (with \"{name}\" (func $c{j} \"{name}\"))").expect("a string takes everything");
        }
        text.push_str(if host { " (with \"host\" (func $host))))\n" } else { "))\n" });
        exports.extend(names.into_iter().map(|name| (k, name)));
    }
    for (k, name) in &exports {
        writeln!(text, "(export \"{name}\" (func $c{k} \"{name}\"))").expect("a string takes everything");
    }
    for k in 0..count {
        writeln!(text, "(export \"digest{k}\" (func $c{k} \"digest\"))").expect("a string takes everything");
    }
    text + ")"
}

const LIFTED: &str = "(param \"a\" u32) (param \"b\" u32) (result u32)";

/// One component; returns the names of the functions that it exports.
fn component(random: &mut Random, tame: bool, k: usize, imports: &[String], text: &mut String) -> Vec<String> {
    let mut out = String::new();
    let mut line = |line: String| {
        out.push_str(&line);
        out.push('\n');
    };
    line(format!("(component $C{k}"));
    let late = random.one_in(2);
    let (mut lowered, mut out_of_table) = (String::new(), String::new());
    for name in imports {
        line(format!("(import \"{name}\" (func ${name} {LIFTED}))"));
        line(format!("(core func ${name}' (canon lower (func ${name})))"));
        write!(lowered, "(export \"{name}\" (func ${name}'))").expect("a string takes everything");
        write!(out_of_table, "(export \"{name}\" (func $stubs \"{name}\"))").expect("a string takes everything");
    }
    if late {
        let (stubs, fills) = code::late(imports);
        line(format!("(core module $Stubs {stubs}) (core module $Fills {fills})"));
        line("(core instance $stubs (instantiate $Stubs))".to_owned());
    }
    let seen = if late { &out_of_table } else { &lowered };
    let memories: Vec<Memory> = (0..1 + random.below(2)).map(|i| Memory::random(random, &format!("m{i}"))).collect();
    let slots = 4 + random.below(6);
    let mut owner = Scope::new(random, tame, memories.clone(), slots);
    line(format!("(core module $Owner {}", owner.owner()));
    line(")".to_owned());
    let mut users = Vec::new();
    for u in 0..1 + random.below(2) {
        let mut memories = memories.clone();
        if random.one_in(2) {
            memories.push(Memory::random(random, "own"));
        }
        let mut user = Scope::new(random, tame, memories, slots);
        line(format!("(core module $User{u} {}", user.user(imports)));
        line(")".to_owned());
        users.push(u);
        if random.one_in(3) {
            users.push(u);
        }
    }
    line("(core instance $owner (instantiate $Owner))".to_owned());
    let mut names = Vec::new();
    for (i, u) in users.iter().enumerate() {
        line(format!(
            "(core instance $user{i} (instantiate $User{u} (with \"owner\" (instance $owner)) (with \"out\" (instance {seen}))))"
        ));
        for f in 0..code::EXPORTED {
            let name = format!("c{k}-u{i}-f{f}");
            line(format!("(func (export \"{name}\") {LIFTED} (canon lift (core func $user{i} \"e{f}\")))"));
            names.push(name);
        }
    }
    if late {
        line(format!(
            "(core instance (instantiate $Fills (with \"out\" (instance {lowered})) (with \"stubs\" (instance $stubs))))"
        ));
    }
    line(format!("(core module $Digest {})", code::digest(&memories, slots)));
    line("(core instance $digest (instantiate $Digest (with \"owner\" (instance $owner))))".to_owned());
    line("(func (export \"digest\") (result u32) (canon lift (core func $digest \"digest\"))))".to_owned());
    text.push_str(&out);
    names
}
