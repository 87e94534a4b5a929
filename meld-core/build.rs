//! Assembles `runtime/*.wat` into the modules that `src/runtime.rs` embeds.
//!
//! A module is a few fragments one after the other, each a list of fields of one module: WebAssembly text has
//! no includes, and nine transcoders share most of their parts. A fragment that is named with a star has two
//! forms, `.simd.wat` and `.i64.wat`, and so the modules that use it have two as well. A module with a memory of its
//! own has two forms too, which differ in what stands for the names in braces. A mistake in a fragment
//! stops the build: the module is written out before it is parsed, and the error points into that file.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

/// Forms of a fragment that is named with a star.
const STAR_FORMS: &[&str] = &["simd", "i64"];

/// What stands for a name in braces, in modules that have a memory of their own: such a module has a form whose memory
/// grows by pages of 64 KiB, and one whose memory is a region of fixed size, in pages of one byte.
const PLACES: &[(&str, &[(&str, &str)])] = &[
    (
        "pages",
        &[
            ("{imports}", ""),
            ("{end at first}", "(i32.const 0x1_0000)"),
            ("{end}", "(i32.shl (memory.size) (i32.const 16))"),
            ("{notes}", "(i32.shl (memory.size $notes) (i32.const 13))"),
        ],
    ),
    (
        "region",
        &[
            ("{imports}", "(import \"region\" \"bytes\" (global $bytes i32))"),
            ("{end at first}", "(global.get $bytes)"),
            ("{end}", "(memory.size)"),
            ("{notes}", "(i32.shr_u (memory.size $notes) (i32.const 3))"),
        ],
    ),
];

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
    ("handles", "handles handles_entry handles_resource handles_borrow"),
    ("rewrite", "rewrite"),
    ("grow", "grow"),
    ("arena", "arena"),
];

/// Modules with a memory of their own.
const WITH_MEMORY: &[&str] = &["handles", "rewrite"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=runtime");
    println!("cargo::rerun-if-changed=build.rs");
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    for (name, fragments) in MODULES {
        if fragments.contains('*') {
            for form in STAR_FORMS {
                assemble(&out, &format!("{name}.{form}"), fragments, form, &[])?;
            }
        } else if WITH_MEMORY.contains(name) {
            for (form, places) in PLACES {
                assemble(&out, &format!("{name}.{form}"), fragments, form, places)?;
            }
        } else {
            assemble(&out, name, fragments, "", &[])?;
        }
    }
    Ok(())
}

/// Writes `<out>/<name>.wat` and `<out>/<name>.wasm`; fragments with a star in their form `form`, and names in braces
/// as `places` has them.
fn assemble(
    out: &Path,
    name: &str,
    fragments: &str,
    form: &str,
    places: &[(&str, &str)],
) -> Result<(), Box<dyn Error>> {
    let mut text = String::from("(module\n");
    for fragment in fragments.split(' ') {
        let file = match fragment.strip_suffix('*') {
            Some(stem) => format!("runtime/{stem}.{form}.wat"),
            None => format!("runtime/{fragment}.wat"),
        };
        let mut source = fs::read_to_string(&file).map_err(|e| format!("{file}: {e}"))?;
        for (place, value) in places {
            source = source.replace(place, value);
        }
        text.push_str(&format!("\n;; ---- {file}\n{source}"));
    }
    text.push_str(")\n");
    let path = out.join(format!("{name}.wat"));
    fs::write(&path, text)?;
    fs::write(out.join(format!("{name}.wasm")), wat::parse_file(&path)?)?;
    Ok(())
}
