//! What a fusion is of and what it writes besides the module: options of `fuse` and of `inspect`.

use crate::hints::by_hand;
use crate::input::{Inputs, is_std};
use crate::limits::Limits;
use crate::log;
use crate::output::Outputs;
use crate::page;
use crate::placement::Placement;
use crate::summary;
use anyhow::{Result, bail};
use meld_core::interface::{Description, c_header};
use meld_core::options::{self, LinkOverride};
use meld_core::provenance::Provenance;
use meld_core::{CoreName, Fused, FusedComponent, Fuser, Report};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Inputs, options, and results beside the module.
#[derive(clap::Args)]
pub(crate) struct Fusion {
    #[command(flatten)]
    inputs: Inputs,

    /// Write a component: the core module wrapped into the imports and exports of the input
    #[arg(long)]
    component: bool,

    /// With `--component`: make it an error if a call between components cannot be fused, and would be kept as it is
    #[arg(long, requires = "component")]
    require_fused: bool,

    #[command(flatten)]
    placement: Placement,

    /// Use no 128-bit vector instructions in the code that meld adds
    #[arg(long)]
    no_simd: bool,

    /// Make functions that are equal but for constants one, which gets the constants as parameters, and give all windows of one memory one
    /// transcoder of a kind, where the result is smaller for it. Calls of such functions take longer
    #[arg(long)]
    merge_similar: bool,

    /// Which program reads the core module next. A translator to native code may need more of a module than that it is valid
    #[arg(long, value_enum, value_name = "NAME", default_value_t = Target::Generic)]
    target: Target,

    /// Leave custom sections out of the result. What debug information and names there are in the input is kept otherwise
    #[arg(long, value_enum, value_name = "WHAT")]
    strip: Option<Strip>,

    /// Give a function import at the root of the inputs its core name back in the core module, if `meld new
    /// --import-passthrough` has renamed it
    #[arg(long, value_name = "MODULE::FIELD")]
    passthrough: Vec<CoreName>,

    /// Satisfy an import by hand, with an export of the given input. Without EXPORT, the export has the name of the import
    #[arg(long, value_name = "IMPORT=INPUT[#EXPORT]", value_parser = parse_link)]
    link: Vec<LinkOverride>,

    /// Export NAME from the result even if another input uses this export. Otherwise such an export is left out
    #[arg(long, value_name = "NAME")]
    export: Vec<String>,

    /// Make it an error if the result imports anything that `--allow-import` does not allow
    #[arg(long)]
    no_imports: bool,

    /// Allow the result to import NAME, or every NAME that begins with the text before a `*`; implies
    /// `--no-imports` for everything else
    #[arg(long, value_name = "NAME")]
    allow_import: Vec<String>,

    #[command(flatten)]
    limits: Limits,

    /// Write a report about every boundary, memory, module and function: in JSON, or as a page for browsers if the name of FILE ends in
    /// `.html`. If it ends in `.svg` or `.dot`, write the graph of components
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,

    /// Write in JSON how to call the core module: imports and exports with their types, memories and options
    #[arg(long, value_name = "FILE", conflicts_with = "component")]
    interface: Option<PathBuf>,

    /// Put the same JSON into the core module, in a custom section called `meld:interface`
    #[arg(long, conflicts_with = "component")]
    embed_interface: bool,

    /// Write a header for a host in C: what it calls, what it defines, types, and constants of the memory. The name of FILE up to the first dot
    /// is that of the module; C names are for `wasm2c -n NAME`, or with `--target synth` for synth
    #[arg(long, value_name = "FILE", conflicts_with = "component")]
    header: Option<PathBuf>,

    /// Write in JSON where everything in the core module comes from: functions with their original indices and code, hashes of the inputs,
    /// boundaries, memories
    #[arg(long, value_name = "FILE")]
    provenance: Option<PathBuf>,

    /// Put the same JSON into the core module, in a custom section called `meld:provenance`
    #[arg(long)]
    embed_provenance: bool,

    /// Write the world of the result in WIT
    #[arg(long, value_name = "FILE")]
    wit: Option<PathBuf>,

    /// With `--memory shared`: print a map of the one memory to stderr
    #[arg(long)]
    map: bool,

    /// Print to stderr what was done, in words; `-vv` prints every call, module and memory, and the time of each stage
    #[arg(short, long, action = clap::ArgAction::Count)]
    verbose: u8,
}

/// `--strip`.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Strip {
    /// Debug information
    Debug,
    /// Debug information, and names of functions and of all else
    Names,
    /// Every custom section that neither an engine nor a tool needs to use the result
    All,
}

impl Strip {
    fn option(self) -> options::Strip {
        match self {
            Strip::Debug => options::Strip::Debug,
            Strip::Names => options::Strip::Names,
            Strip::All => options::Strip::All,
        }
    }
}

/// `--target`.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Target {
    /// An engine, or a tool that takes every module
    Generic,
    /// `synth` 0.89, which makes relocatable objects for ARM: with `--memory shared`
    Synth,
    /// `wasm2c` 1.0.42, which makes C
    Wasm2c,
}

impl Target {
    fn option(self) -> options::Target {
        match self {
            Target::Generic => options::Target::Generic,
            Target::Synth => options::Target::Synth,
            Target::Wasm2c => options::Target::Wasm2c,
        }
    }
}

impl Fusion {
    /// Refuses results that cannot all be written, with `output` as the first: before any work is done.
    pub(crate) fn check(&self, output: &Path) -> Result<()> {
        let others = [&self.report, &self.interface, &self.header, &self.provenance, &self.wit].into_iter().flatten();
        let paths: Vec<&Path> = std::iter::once(output).chain(others.map(PathBuf::as_path)).collect();
        for path in &paths {
            if paths.iter().filter(|other| *other == path).count() > 1 {
                let name = if is_std(path) { "stdout".into() } else { format!("`{}`", path.display()) };
                bail!("two results cannot both be written to {name}");
            }
        }
        if let Some(path) = &self.header {
            module_name(path)?;
        }
        if self.map && !self.placement.is_shared() {
            bail!("`--map` is about the windows of one memory; it needs `--memory shared`");
        }
        Ok(())
    }

    /// Whether anything is asked for that only a whole fusion has.
    pub(crate) fn has_others(&self) -> bool {
        self.report.is_some()
            || self.interface.is_some()
            || self.header.is_some()
            || self.provenance.is_some()
            || self.wit.is_some()
            || self.map
            || self.verbose > 0
    }

    /// The fusion, with its inputs read.
    pub(crate) fn fuser(&self) -> Result<Fuser<'static>> {
        log::start(self.verbose);
        let mut fuser = Fuser::new();
        fuser
            .component(self.component)
            .wit(self.wit.is_some())
            .no_simd(self.no_simd)
            .merge_similar(self.merge_similar)
            .target(self.target.option())
            .strip(self.strip.map_or_else(options::Strip::default, Strip::option))
            .list_functions(self.report.is_some() || self.verbose > 0)
            .embed_interface(self.embed_interface)
            .provenance(self.provenance.is_some())
            .embed_provenance(self.embed_provenance);
        self.placement.apply(&mut fuser)?;
        self.limits.apply(&mut fuser);
        for name in &self.export {
            fuser.keep_export(name.clone());
        }
        for name in &self.passthrough {
            fuser.passthrough(name.clone());
        }
        if self.no_imports {
            fuser.no_imports();
        }
        for name in &self.allow_import {
            fuser.allow_import(name);
        }
        for link in &self.link {
            fuser.link(link.clone());
        }
        self.inputs.read(&mut fuser)?;
        Ok(fuser)
    }

    /// Carries the fusion out.
    pub(crate) fn fuse(&self, fuser: &Fuser<'_>) -> Result<Output> {
        Ok(if self.component && !self.require_fused {
            let FusedComponent { bytes, report, wit, provenance, .. } = fuser.fuse_component()?;
            Output { bytes, report, wit, description: None, provenance }
        } else {
            let Fused { core, component, report, wit, description, provenance, .. } = fuser.fuse()?;
            Output { bytes: component.unwrap_or(core), report, wit, description: Some(description), provenance }
        })
    }

    /// The report in the form that the name of its file asks for.
    fn report_in_form(&self, path: &Path, report: &Report) -> Result<String> {
        let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
        Ok(match extension.as_deref() {
            Some("html") => page::page(report, &self.inputs.title()),
            Some("svg") => page::svg(report)?,
            Some("dot") => page::dot(report),
            _ => report.to_json(),
        })
    }

    /// Prints notes, warnings and what else is asked for, and adds the files beside the module.
    pub(crate) fn add_others(&self, fused: &Output, outputs: &mut Outputs) -> Result<()> {
        for note in &fused.report.notes {
            let _ = writeln!(io::stderr(), "note: {note}");
        }
        for link in &fused.report.by_hand {
            let _ = writeln!(io::stderr(), "hint: {}", by_hand(link));
        }
        // With `-v`, it is said below.
        if let Some(note) = kept_note(&fused.report).filter(|_| self.verbose == 0) {
            let _ = writeln!(io::stderr(), "note: {note}");
        }
        if let Some(path) = &self.report {
            outputs.add(path, self.report_in_form(path, &fused.report)?)?;
        }
        if let (Some(path), Some(description)) = (&self.interface, &fused.description) {
            outputs.add(path, description.to_json())?;
        }
        if let (Some(path), Some(description)) = (&self.header, &fused.description) {
            let name = module_name(path)?;
            let target = self.target.option();
            outputs.add(path, c_header(&name, &fused.bytes, description, &fused.report.map, target)?)?;
        }
        if let (Some(path), Some(provenance)) = (&self.provenance, &fused.provenance) {
            outputs.add(path, provenance.to_json())?;
        }
        if let (Some(path), Some(wit)) = (&self.wit, &fused.wit) {
            outputs.add(path, wit.as_bytes())?;
        }
        if self.verbose == 0 {
            // The report in words has the warnings too.
            for warning in &fused.report.warnings {
                let _ = writeln!(io::stderr(), "warning: {warning}");
            }
        }
        if self.map {
            let _ = io::stderr().write_all(fused.report.map_text().as_bytes());
        }
        let words = match self.verbose {
            0 => String::new(),
            1 => summary::summary(&fused.report),
            _ => fused.report.to_string(),
        };
        // stderr is for people; if it is closed, the result still counts.
        let _ = anstream::stderr().write_all(words.as_bytes());
        Ok(())
    }
}

/// What a header calls the module: the name of its file up to the first dot.
fn module_name(path: &Path) -> Result<String> {
    if is_std(path) {
        return Ok("module".to_owned());
    }
    let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let name = file.split('.').next().unwrap_or_default();
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) || file == format!("{name}.h") {
        bail!(
            "`--header {}`: the name up to the first dot is what C and wasm2c call the module, and wasm2c writes a file NAME.h; \
             call it `NAME.host.h`, with a NAME that begins with a letter",
            path.display()
        );
    }
    Ok(name.to_owned())
}

/// What a fusion made, in either form.
pub(crate) struct Output {
    /// The core module or the component.
    pub(crate) bytes: Vec<u8>,
    report: Report,
    wit: Option<String>,
    /// How to call the core module; a component has none.
    description: Option<Description>,
    /// Where everything in the core module comes from, if that was asked for.
    provenance: Option<Provenance>,
}

/// One sentence on what is kept as it is, if anything is.
fn kept_note(report: &Report) -> Option<String> {
    if let Some(why) = &report.clustered {
        let calls = match report.kept.len() {
            0 => String::new(),
            1 => ", with 1 call between them".to_owned(),
            calls => format!(", with {calls} calls between them"),
        };
        let count = report.clusters.len();
        let note = format!("the result has {count} components beside each other{calls}: {why}");
        return Some(note + "; `--require-fused` makes this an error");
    }
    let why = report.kept_whole.as_ref()?;
    let calls = match report.fusion.kept_crossings {
        None => String::new(),
        Some(1) => ", with 1 call between components".to_owned(),
        Some(calls) => format!(", with {calls} calls between components"),
    };
    Some(format!("the component is kept as it is{calls}: {why}; `--require-fused` makes this an error"))
}

/// Parses `import=input[#export]`.
///
/// An extern name may have `=` and `#` inside angle brackets (`url=<...>`, `integrity=<...>`), so the `=` that
/// ends the import is the first one that is neither inside brackets nor in front of one.
fn parse_link(text: &str) -> Result<LinkOverride, String> {
    let mut depth = 0usize;
    let mut split = None;
    for (i, c) in text.char_indices() {
        match c {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            '=' if depth == 0 && !text[i + 1..].starts_with('<') => {
                split = Some(i);
                break;
            }
            _ => {}
        }
    }
    let at = split.ok_or("expected IMPORT=INPUT or IMPORT=INPUT#EXPORT")?;
    let (import, rest) = (&text[..at], &text[at + 1..]);
    let (input, export) = match rest.split_once('#') {
        Some((input, export)) => (input, Some(export)),
        None => (rest, None),
    };
    if import.is_empty() || input.is_empty() || export == Some("") {
        return Err("IMPORT, INPUT and EXPORT cannot be empty".to_string());
    }
    let link = LinkOverride::new(import, input);
    Ok(match export {
        Some(export) => link.with_export(export),
        None => link,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(import: &str, input: &str, export: Option<&str>) -> Result<LinkOverride, String> {
        let link = LinkOverride::new(import, input);
        Ok(export.into_iter().fold(link, LinkOverride::with_export))
    }

    #[test]
    fn links() {
        assert_eq!(parse_link("a:b/c@1.0.0=provider"), link("a:b/c@1.0.0", "provider", None));
        assert_eq!(parse_link("f=p#a:b/c@1.0.0"), link("f", "p", Some("a:b/c@1.0.0")));
        assert_eq!(parse_link("url=<https://x/?a=b#c>=p#g"), link("url=<https://x/?a=b#c>", "p", Some("g")));
        for wrong in ["f", "=p", "f=", "f=p#", "url=<x=y>", ""] {
            assert!(parse_link(wrong).is_err(), "{wrong}");
        }
    }
}
