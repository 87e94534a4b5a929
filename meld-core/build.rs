//! Assembles `runtime/*.wat` into the modules that `src/runtime.rs` embeds.
//!
//! A module is a few fragments one after the other, each a list of fields of one module: WebAssembly text has
//! no includes, and nine transcoders share most of their parts. A fragment that is named with a star has two
//! forms, `.simd.wat` and `.i64.wat`, and so the modules that use it have two as well. A module with words of its own
//! has a form for each storage that these may be in, whose fragments take the place of `storage`, or of `growing_storage`
//! where a region of fixed size is none, and with one `handles_full` that of `handles_grow`; its [macros] are what the others use. A transcoder has further forms, for
//! memories with 64-bit addresses, which are made from its text by [`widen`]. A mistake in a fragment
//! stops the build: the module is written out before it is parsed, and the error points into that file.

#[path = "build/macros.rs"]
mod macros;

use macros::{Macros, expression};
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

/// Forms of a fragment that is named with a star.
const STAR_FORMS: &[&str] = &["simd", "i64"];

/// The storages of a module with words of its own: the form's name, and the fragments that it consists of.
const STORAGES: &[(&str, &str)] = &[
    ("pages", "storage_pages storage_memory"),
    ("region", "storage_region storage_memory"),
    ("table", "storage_table"),
    ("gc", "storage_gc"),
];

/// What the words of the table consist of.
const DIGITS: u32 = 256;

/// The modules: name, and fragments in order.
const MODULES: &[(&str, &str)] = &[
    ("utf8_to_utf8", "imports utf8_to_utf8 copy_utf8* copy_multibyte* copy_word"),
    (
        "utf8_to_utf16",
        "imports source allocate source_utf8 utf8_to_utf16 convert_utf8_to_utf16 widen_ascii* decode_utf8",
    ),
    (
        "utf8_to_compact",
        "imports source allocate source_utf8 utf8_to_compact convert_utf8_to_utf16 copy_ascii* widen_ascii* inflate* decode_utf8",
    ),
    ("utf16_to_utf8", "imports source allocate source_utf16 utf16_to_utf8 narrow*"),
    ("utf16_to_utf16", "imports source allocate source_utf16 utf16_to_utf16 copy_utf16*"),
    ("utf16_to_compact", "imports source allocate source_utf16 utf16_to_compact narrow* inflate* copy_utf16*"),
    ("compact_to_utf8", "imports source allocate source_compact latin1_to_utf8 utf16_to_utf8 copy_ascii* narrow*"),
    (
        "compact_to_utf16",
        "imports source allocate source_compact latin1_to_utf16 utf16_to_utf16 widen_latin1* copy_utf16*",
    ),
    (
        "compact_to_compact",
        "imports source allocate source_compact latin1_to_compact probably_utf16_to_compact copy_utf16* deflate*",
    ),
    ("handles", "handles_imports storage handles handles_entry handles_grow handles_resource handles_borrow"),
    ("rewrite", "rewrite_imports growing_storage rewrite"),
    (
        "tasks",
        "tasks_imports storage tasks_records tasks_fields tasks_waitables tasks tasks_loop tasks_streams tasks_outer",
    ),
    ("words", "words"),
    ("outbox", "outbox"),
    ("events", "events"),
    ("grow", "grow"),
    ("arena", "arena"),
];

/// The sides of a transcoder that have 64-bit addresses, in each of its wide forms: the form's name, and their memories.
/// No form has such a side whose encoding is `latin1+utf16`; see `docs/adr/0029-wide-memories.md`.
const WIDE_FORMS: &[(&str, &[&str])] =
    &[("from_64_to_32", &["src"]), ("from_32_to_64", &["dst"]), ("from_64_to_64", &["src", "dst"])];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=runtime");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    for (name, fragments) in MODULES {
        if fragments.contains('*') {
            for form in STAR_FORMS {
                let text = text(fragments, form)?;
                for (wide, sides) in WIDE_FORMS {
                    let (from, to) = name.split_once("_to_").ok_or("a transcoder's name has two encodings")?;
                    let compact = |side: &&str| if *side == "src" { from == "compact" } else { to == "compact" };
                    if !sides.iter().any(compact) {
                        let own = fs::read_to_string(format!("runtime/wide_{wide}.wat"))?;
                        write(&out, &format!("{name}.{wide}.{form}"), &(widen(&text, sides)? + &own))?;
                    }
                }
                write(&out, &format!("{name}.{form}"), &text)?;
            }
        } else if let Some(place) = fragments.split(' ').find(|fragment| fragment.ends_with("storage")) {
            for (form, storage) in STORAGES.iter().filter(|(form, _)| place == "storage" || *form != "region") {
                let mut fragments = fragments.replace(place, storage);
                if *form == "region" {
                    fragments = fragments.replace("handles_grow", "handles_full");
                }
                let text = Macros::default().expand(&text(&fragments, form)?).map_err(|e| format!("{name}: {e}"))?;
                write(&out, &format!("{name}.{form}"), &text)?;
            }
        } else if *name == "words" {
            let digits: String = (0..DIGITS).map(|n| format!("(func (result i32) (i32.const {n}))\n")).collect();
            let indices: Vec<String> = (0..DIGITS).map(|n| n.to_string()).collect();
            let mut macros = Macros::default();
            macros.define("digits", digits);
            macros.define("digit_indices", indices.join(" "));
            write(&out, name, &macros.expand(&text(fragments, "")?)?)?;
        } else {
            write(&out, name, &text(fragments, "")?)?;
        }
    }
    Ok(())
}

/// The fields of a module: fragments with a star in their form `form`.
fn text(fragments: &str, form: &str) -> Result<String, Box<dyn Error>> {
    let mut text = String::new();
    for fragment in fragments.split(' ') {
        let file = match fragment.strip_suffix('*') {
            Some(stem) => format!("runtime/{stem}.{form}.wat"),
            None => format!("runtime/{fragment}.wat"),
        };
        let source = fs::read_to_string(&file).map_err(|e| format!("{file}: {e}"))?;
        text.push_str(&format!("\n;; ---- {file}\n{source}"));
    }
    Ok(text)
}

/// Writes `<out>/<name>.wat` and `<out>/<name>.wasm`, a module with these fields.
fn write(out: &Path, name: &str, fields: &str) -> Result<(), Box<dyn Error>> {
    let path = out.join(format!("{name}.wat"));
    put(&path, format!("(module\n{fields})\n").as_bytes())?;
    put(&out.join(format!("{name}.wasm")), &wat::parse_file(&path)?)
}

/// Writes a new file. The old one is not overwritten: in a copy of a build directory it may be a hard link to the original's.
fn put(path: &Path, bytes: &[u8]) -> Result<(), Box<dyn Error>> {
    if path.exists() {
        fs::remove_file(path)?;
    }
    Ok(fs::write(path, bytes)?)
}

/// A transcoder's fields in a form in which the memories of `sides` have 64-bit addresses. The algorithms go on with
/// addresses of 32 bits: nothing that they touch in a call is larger. These become relative to a base, which
/// `runtime/wide_<side>.wat` defines and every load, store and copy adds.
fn widen(text: &str, sides: &[&str]) -> Result<String, Box<dyn Error>> {
    // Without comments, whose parentheses mean nothing.
    let mut text: String = text
        .lines()
        .map(|line| line.split_once(";;").map_or(line, |(code, _)| code))
        .flat_map(|line| [line, "\n"])
        .collect();
    replace(&mut text, "(func (export \"transcode\")", "(func $transcode")?;
    for side in sides {
        replace(&mut text, &format!("(memory ${side} 0)"), &format!("(memory ${side} i64 0)"))?;
        let size = format!(
            "(i64.shl (i64.extend_i32_u (memory.size ${side})) (i64.extend_i32_u (global.get ${side}_page_log2)))"
        );
        replace(&mut text, &size, &format!("(call ${side}_room)"))?;
        if *side == "dst" {
            let narrow = "(func $realloc (param $old i32) (param $old_bytes i32) (param $align i32) (param $bytes i32) (result i32))";
            replace(&mut text, narrow, "(func $realloc_i64 (param i64 i64 i64 i64) (result i64))")?;
        }
    }
    if text.contains("memory.copy") {
        return Err("what copies by `memory.copy` has no wide form".into());
    }
    let own: String =
        sides.iter().map(|side| fs::read_to_string(format!("runtime/wide_{side}.wat"))).collect::<Result<_, _>>()?;
    Ok(widen_accesses(&text, sides)? + &own)
}

/// Every access of a memory of `sides` with the side's base added to the address. One that is left out is not valid.
fn widen_accesses(text: &str, sides: &[&str]) -> Result<String, Box<dyn Error>> {
    let mut wide = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('(') {
        wide.push_str(&rest[..at]);
        rest = &rest[at..];
        // An instruction and its immediates, up to its first operand.
        let (head, operands) = rest.split_at(rest[1..].find('(').map_or(rest.len(), |next| next + 1));
        wide.push_str(head);
        rest = operands;
        let mut words = head[1..].split_whitespace();
        let (Some(op), Some(memory)) = (words.next(), words.next()) else { continue };
        let side = memory.strip_prefix('$').filter(|side| sides.contains(side));
        if let (Some(side), true) = (side, op.contains(".load") || op.contains(".store")) {
            let (address, others) = operands.split_at(expression(operands)?);
            // There may be accesses in it too.
            let address = widen_accesses(address, sides)?;
            wide.push_str(&format!("(i64.add (global.get ${side}_base) (i64.extend_i32_u {address}))"));
            rest = others;
        }
    }
    wide.push_str(rest);
    Ok(wide)
}

/// Replaces what must be there.
fn replace(text: &mut String, from: &str, to: &str) -> Result<(), Box<dyn Error>> {
    if !text.contains(from) {
        return Err(format!("a transcoder without `{from}`").into());
    }
    *text = text.replace(from, to);
    Ok(())
}
