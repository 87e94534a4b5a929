//! A header in C for a host of a fused core module.
//!
//! In: the description of how the module is called, the module, the map of its memory, and the target, which makes native code of it. Out: a
//! header with one function of C for each core function, the same for every translator: what the host calls, what it has to define; and in one file that
//! asks for it, what is between these and the names of the translator. Beside them constants of the memory, and a type for each type of WIT.
//!
//! Rejected: to lift and lower values. On a small machine a host reads them where they are, and binding generators for C know only guests.

mod calls;
mod facts;
mod names;
mod synth;
mod types;
mod wasm2c;

use super::Description;
use crate::error::CHeaderError;
use crate::module::area::{Area, AreaKind};
use crate::options::Target;
use calls::Calls;
use facts::Facts;
use names::CNames;
use std::fmt::Write;
use types::CTypes;

/// Writes a header in C for a host of `core`, which `description` describes. `module` is what C calls the module, and `wasm2c -n`; `map` is what is where
/// in its one memory, and may be empty. The names of [`Target::Synth`] are those of synth, others are those of wasm2c.
///
/// # Errors
///
/// [`CHeaderError`]: if `module` makes no identifier, or if the description is not of this module.
///
/// ```
/// # use meld_core::{Fuser, interface::c_header, options::Target};
/// # let mut fuser = Fuser::new();
/// # fuser.input("empty", &b"(component)"[..]);
/// let fused = fuser.fuse()?;
/// let header = c_header("station", &fused.core, &fused.description, &fused.report.map, Target::Wasm2c)?;
/// assert!(header.contains("static inline void station_start(station_t *module)"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn c_header(
    module: &str,
    core: &[u8],
    description: &Description,
    map: &[Area],
    target: Target,
) -> Result<String, CHeaderError> {
    let facts = Facts::new(core)?;
    let prefix = names::identifier(module);
    if !prefix.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Err(CHeaderError::Name { name: module.to_owned() });
    }
    let is_synth = target == Target::Synth;
    let mut names = CNames::default();
    let upper = prefix.to_ascii_uppercase();
    let (guard, assert) = (format!("{upper}_HOST_H"), format!("{upper}_ASSERT"));
    let implementation = format!("{upper}_HOST_IMPLEMENTATION");
    let reserved =
        [&format!("{prefix}_t"), &guard, &assert, &implementation, &format!("{upper}_MAP")].map(String::clone);
    for name in
        reserved.into_iter().chain(["start", "symbol", "entered", "enter"].map(|name| format!("{prefix}_{name}")))
    {
        names.claim(name);
    }

    let types = CTypes::new(description, &prefix, &mut names);
    let mut constants = constants(description, &facts, &upper, &mut names);
    constants.push_str(&maps(map, &upper, &mut names));
    let definitions = types.define(&assert, &mut names);
    let calls = Calls::new(module, &prefix, description, &facts, &types, &mut names)?;

    let mut out = format!(
        "// Written by meld. How a host in C calls the module `{}`, and what it has to define. In one file, define {implementation}\n\
         // before this is included: what is between the host and the code of {} is there then.\n\
         #ifndef {guard}\n#define {guard}\n\n#include <stddef.h>\n#include <stdint.h>\n",
        names::comment(module),
        if is_synth { "synth 0.89" } else { "wasm2c 1.0.42" },
    );
    if !is_synth {
        let _ = writeln!(out, "#include \"{}.h\"", names::comment(module));
    }
    let _ = write!(
        out,
        "\n#if defined __BYTE_ORDER__ && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__\n\
         #error \"the memory of a module is little-endian\"\n#endif\n\
         #define {assert}(what, about) _Static_assert(what, about)\n\n// How much there is, and where.\n{constants}\n\
         // CTypes of values in the memory.\n{definitions}\n"
    );
    if is_synth {
        synth::declare(&mut out, &calls);
    } else {
        wasm2c::declare(&mut out, &calls);
    }
    let _ = write!(out, "\n#endif\n\n#ifdef {implementation}\n#undef {implementation}\n");
    if is_synth {
        synth::implement(&mut out, &calls);
    } else {
        wasm2c::implement(&mut out, &calls);
    }
    out.push_str("#endif\n");
    Ok(out)
}

/// Sizes of memories and tables, and where an arena of the embedder is.
fn constants(description: &Description, facts: &Facts, upper: &str, names: &mut CNames) -> String {
    let mut out = String::new();
    let mut constant = |name: String, value: u64| {
        let _ = writeln!(out, "#define {} {value}u", names.claim(format!("{upper}_{name}")));
    };
    for memory in &description.memories {
        let name = names::constant(&memory.name);
        constant(format!("{name}_PAGE_SIZE"), memory.page_size);
        constant(format!("{name}_PAGES"), memory.initial);
        constant(format!("{name}_BYTES"), memory.initial * memory.page_size);
        if let Some(maximum) = memory.maximum {
            constant(format!("{name}_MAXIMUM_PAGES"), maximum);
        }
    }
    constant("TOTAL_MEMORY_BYTES".into(), facts.memory);
    constant("TOTAL_ELEMENTS".into(), facts.elements);
    for (name, value) in &facts.globals {
        constant(names::constant(name.trim_start_matches("__meld_")), (*value).into());
    }
    // A target that takes no marker for the end has an arena up to the end of the memory.
    if facts.globals.contains_key("__meld_arena_base") && !facts.globals.contains_key("__meld_arena_end") {
        constant("ARENA_END".into(), facts.memory);
    }
    out
}

/// The map of the one memory, or of that of each domain with its number, as a list for a macro.
fn maps(map: &[Area], upper: &str, claimed: &mut CNames) -> String {
    let mut out = String::new();
    for of_memory in map.chunk_by(|one, other| one.memory == other.memory) {
        let (what, name) = match of_memory[0].memory.zip(of_memory[0].domain.as_ref()) {
            None => ("the one memory".to_owned(), format!("{upper}_MAP")),
            Some((memory, domain)) => (
                format!("memory {memory}, domain {}", names::string(domain)),
                claimed.claim(format!("{upper}_MAP_{memory}")),
            ),
        };
        out.push_str(&areas(of_memory, &what, &name));
    }
    out
}

fn areas(map: &[Area], what: &str, name: &str) -> String {
    let mut out = format!("// AREA(start, end, kind, owner): what is where in {what}.\n#define {name}(AREA)");
    for area in map {
        let kind = kind(area.kind);
        let owner = names::string(&area.owner);
        let _ = write!(out, " \\\n    AREA({}u, {}u, {kind}, \"{owner}\")", area.start, area.end);
    }
    out.push('\n');
    out
}

/// An identifier for a kind of area, by which a macro can tell them apart.
fn kind(kind: AreaKind) -> &'static str {
    match kind {
        AreaKind::Window => "window",
        AreaKind::Stack => "stack",
        AreaKind::Data => "data",
        AreaKind::Growth => "growth",
        AreaKind::Padding => "padding",
        AreaKind::Handles => "handles",
        AreaKind::Outbox => "outbox",
        AreaKind::Tasks => "tasks",
        AreaKind::Runtime => "runtime",
        AreaKind::Arena => "arena",
        AreaKind::SharedStack => "shared_stack",
        AreaKind::Reserved => "reserved",
        AreaKind::Free => "free",
    }
}
