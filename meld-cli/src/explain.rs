//! `meld explain`: what something in a fused module is.
//!
//! In: a fused module, or a component with it inside, and a function, an address or a boundary; perhaps the report of the fusion. Out: in
//! words, which component it is of, which line of which source, which adapter and what for. Lines are in the DWARF of the module. What only the fusion
//! knows is in the report, and in a provenance, which may be in the module itself. Without either, names are all there is, and the text says so.

mod boundaries;
mod module;

use crate::input;
use anyhow::{Context as _, Result, bail};
use boundaries::Known;
use clap::Parser;
use module::{Function, FusedModule};
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::PathBuf;

/// Say what a function, an address or a boundary of a fused module is
#[derive(Parser)]
pub(crate) struct Opts {
    /// The fused module, or the component with it inside
    fused: PathBuf,

    /// A function, by its index, its name or a part of the name; an address as backtraces have it, such as `0x1e5`; or, with `--report`, a
    /// call between components, by a part of the name of its function or of one of its sides
    #[arg(value_name = "WHAT")]
    what: String,

    /// What `meld fuse --report` or `--provenance` has written of this module, in JSON: it knows where functions come from, and why calls are
    /// lowered as they are. A module that was fused with `--embed-provenance` needs neither
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

/// How many functions are explained if a part of a name fits several.
const MOST: usize = 20;

impl Opts {
    pub(crate) fn run(self) -> Result<()> {
        let bytes = input::read(&self.fused)?;
        let known = match &self.report {
            Some(path) => {
                let text = std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
                Known::read(&text).with_context(|| format!("`{}` is no report of a fusion", path.display()))?
            }
            None => Known::default(),
        };
        let text = explain(&bytes, &self.what, &known)?;
        io::stdout().lock().write_all(text.as_bytes())?;
        Ok(())
    }
}

/// Explains `what` in the module or component `bytes`.
fn explain(bytes: &[u8], what: &str, report: &Known) -> Result<String> {
    let modules = FusedModule::read_all(bytes)?;
    let sizes = |module: &FusedModule<'_>| -> Vec<u64> {
        module.functions.iter().map(|function| function.range.end - function.range.start).collect()
    };
    // In a component, there are modules beside the fused one.
    let none = Known::default();
    let known: Vec<&Known> = modules
        .iter()
        .map(|module| match &module.provenance {
            Some(provenance) => provenance,
            None if report.is_about(sizes(module).into_iter()) => report,
            None => &none,
        })
        .collect();
    if report.has_functions() && !modules.iter().any(|module| report.is_about(sizes(module).into_iter())) {
        bail!("the report is of another module: the functions in it have other sizes");
    }
    let mut out = String::new();
    if let Some(address) = what.strip_prefix("0x") {
        let address = u64::from_str_radix(address, 16).with_context(|| format!("`{what}` is no address"))?;
        let found = modules.iter().zip(&known).find_map(|(module, known)| Some((module, known, module.at(address)?)));
        let Some((module, known, function)) = found else { bail!("there is no code at {what}") };
        let behind = address - function.range.start;
        writeln!(out, "{what} is {behind} bytes behind the beginning of the body of function {}", function.index)?;
        describe(module, function, address, known, &mut out)?;
        return Ok(out);
    }
    let all = || {
        modules
            .iter()
            .zip(&known)
            .flat_map(|(module, known)| module.functions.iter().map(move |function| (module, *known, function)))
    };
    let by_index = what.parse::<u32>().ok();
    let mut found: Vec<_> = all().filter(|(.., function)| Some(function.index) == by_index).collect();
    if found.is_empty() {
        found = all().filter(|(.., function)| function.is_called(what)).collect();
    }
    if found.is_empty() {
        found = all().filter(|(.., function)| function.may_be_called(what)).collect();
    }
    // A report that lists no functions may be of any module.
    let mut knowing = known.clone();
    if !knowing.iter().any(|known| known.is_there()) {
        knowing.push(report);
    }
    // A number is an index, and no part of a name such as `a:b/c@1.0.0`.
    let by_name = knowing.iter().filter(|_| by_index.is_none());
    let boundaries: Vec<_> = by_name.flat_map(|known| known.boundaries(what)).collect();
    if found.is_empty() && boundaries.is_empty() {
        match knowing.iter().any(|known| known.is_there()) {
            true => bail!("no function and no boundary is called `{what}`"),
            false => bail!("no function is called `{what}`; with `--report`, boundaries can be explained, too"),
        }
    }
    for boundary in &boundaries {
        writeln!(out, "{boundary}")?;
    }
    for (module, known, function) in found.iter().take(MOST) {
        describe(module, function, module.first_address(function), known, &mut out)?;
    }
    if found.len() > MOST {
        writeln!(out, "and {} more functions with `{what}` in their names", found.len() - MOST)?;
    }
    Ok(out)
}

/// Describes a function and the source at an address in it.
fn describe(
    module: &FusedModule<'_>,
    function: &Function,
    address: u64,
    known: &Known,
    out: &mut String,
) -> Result<()> {
    let size = function.range.end - function.range.start;
    writeln!(out, "function {}: {}, {size} bytes", function.index, function.shown())?;
    if let Some(symbol) = &function.name
        && *symbol != function.shown()
    {
        writeln!(out, "  symbol: {symbol}")?;
    }
    match known.function(module.defined(function)) {
        Some(origin) => writeln!(out, "  {origin}")?,
        None => {
            if let Some(origin) = function.origin() {
                writeln!(out, "  {origin}")?;
            }
        }
    }
    for (function, place) in module.source(address)? {
        match function {
            Some(function) => writeln!(out, "  at {place}, in {function}")?,
            None => writeln!(out, "  at {place}")?,
        }
    }
    for boundary in known.of_function(function.index) {
        writeln!(out, "  {boundary}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::boundaries::Known;
    use super::explain;
    use meld_core::Fuser;

    fn composed() -> (Vec<u8>, Vec<u8>, Known) {
        let mut fuser = Fuser::new();
        fuser.input("composed", &include_bytes!("../../meld-oracle/tests/debug/composed.wasm")[..]);
        fuser.list_functions(true).component(true);
        let fused = fuser.fuse().unwrap();
        let known = Known::read(fused.report.to_json().as_bytes()).unwrap();
        (fused.core, fused.component.unwrap(), known)
    }

    #[test]
    fn functions_have_instances_and_lines() {
        let (core, component, known) = composed();
        for bytes in [&core, &component] {
            for known in [&known, &Known::default()] {
                let text = explain(bytes, "divide", known).unwrap();
                assert!(
                    text.contains("counter/main::divide") && text.contains("of the core instance counter/main"),
                    "{text}"
                );
                assert!(text.contains("counter.c:8"), "{text}");
                let text = explain(bytes, "shout::boom", known).unwrap();
                assert!(text.contains("of the core instance shouter/main") && text.contains("shouter.rs:13"), "{text}");
            }
        }
    }

    #[test]
    fn addresses_have_functions_and_lines() {
        let (core, ..) = composed();
        let by_name = explain(&core, "divide", &Known::default()).unwrap();
        let first = by_name.lines().next().unwrap();
        let mut found = 0;
        for address in 0..core.len() {
            let Ok(text) = explain(&core, &format!("{address:#x}"), &Known::default()) else { continue };
            found += usize::from(text.lines().nth(1) == Some(first) && text.contains("counter.c:10"));
        }
        assert!(found > 10, "{found} bytes of the division");
    }

    #[test]
    fn boundaries_are_in_the_report() {
        let (core, _, known) = composed();
        let text = explain(&core, "boom", &known).unwrap();
        assert!(text.starts_with("counter calls `test:debug/shout#boom` of shouter: direct, a plain call"), "{text}");
        let text = explain(&core, "0", &known).unwrap();
        assert!(text.starts_with("function 0: "), "{text}");
        let error = explain(&core, "nothing", &known).unwrap_err();
        assert_eq!(error.to_string(), "no function and no boundary is called `nothing`");
        assert!(explain(&core, "0xffffff", &known).is_err());
    }

    /// Names may say anything; a provenance in the module does not believe them.
    #[test]
    fn a_provenance_knows_better_than_names() {
        const LIAR: &str = r#"(component
          (core module $m
            (func $runtime/f (export "f") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))
          (core instance $i (instantiate $m))
          (func (export "f") (param "n" u32) (result u32) (canon lift (core func $i "f"))))"#;
        let mut fuser = Fuser::new();
        fuser.input("liar", LIAR.as_bytes());
        fuser.component(true);
        let plain = fuser.fuse().unwrap();
        let text = explain(&plain.core, "runtime/f", &Known::default()).unwrap();
        assert!(text.contains("of the runtime of meld, which adapters use, as its name says"), "{text}");
        fuser.embed_provenance(true).provenance(true);
        let fused = fuser.fuse().unwrap();
        let known = Known::read(fused.provenance.unwrap().to_json().as_bytes()).unwrap();
        let nothing = Known::default();
        for (bytes, known) in [(&fused.core, &nothing), (&fused.component.unwrap(), &nothing), (&plain.core, &known)] {
            let text = explain(bytes, "runtime/f", known).unwrap();
            assert!(text.contains("of the core instance i; in its core module function 0, at "), "{text}");
        }
        let other = explain(&composed().0, "divide", &known).unwrap_err().to_string();
        assert_eq!(other, "the report is of another module: the functions in it have other sizes");
    }
}
