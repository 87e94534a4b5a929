//! `meld fuse`: components in, one core module or component out.

use crate::input::{Inputs, is_std};
use crate::output::{self, Outputs};
use anyhow::{Result, bail};
use meld_core::Fuser;
use meld_core::options::{HeapBound, LinkOverride, MemoryMode, StackSize};
use meld_core::passthrough::CoreName;
use std::path::PathBuf;

/// Fuse components into one core module
///
/// The result behaves as the inputs do, with every call between components turned into a direct call or
/// into an adapter in the module.
#[derive(clap::Parser)]
pub(crate) struct Opts {
    #[command(flatten)]
    inputs: Inputs,

    /// Where to put the result; stdout if not given
    #[arg(short, long, value_name = "OUT", default_value = "-", hide_default_value = true)]
    output: PathBuf,

    /// Write the text format instead of the binary format
    #[arg(short = 't', long = "wat")]
    text: bool,

    /// Write a component: the core module wrapped into the imports and exports of the input
    #[arg(long)]
    component: bool,

    /// Where the memories of the input go
    #[arg(long, value_enum, default_value_t = Memory::Auto)]
    memory: Memory,

    /// With `--memory shared`: make each memory a window of one memory, by rebasing every access
    #[arg(long)]
    address_rebase: bool,

    /// With `--address-rebase`: let the memories of an instance grow by SIZE, such as `64KiB` or `2MiB`; NAME is the
    /// path of a component instance or of a core instance, or `*` for those that are not named
    #[arg(long, value_name = "NAME=SIZE", value_parser = parse_heap)]
    heap: Vec<HeapBound>,

    /// With `--address-rebase`: let an access outside of its own window trap, at the cost of a check before each
    /// access that is not provably inside
    #[arg(long)]
    isolate: bool,

    /// With `--address-rebase`: end each window where what is used of its memory ends; an error where that cannot be
    /// proved
    #[arg(long)]
    pack: bool,

    /// With `--address-rebase`: give all components one shadow stack, as large as the longest chain of calls needs, or of
    /// SIZE, and then frames that might not fit are checked; an error where it cannot be proved that their stacks can
    /// be one
    #[arg(long, value_name = "SIZE", value_parser = parse_stack, num_args = 0..=1, require_equals = true, default_missing_value = "")]
    share_stack: Option<StackSize>,

    /// With `--address-rebase`: bytes of a page of the one memory
    #[arg(long, value_name = "BYTES", value_parser = parse_page_size, default_value = "65536", hide_default_value = true)]
    page_size: PageSize,

    /// With `--address-rebase`: how many handles each handle table has room for
    #[arg(long, value_name = "N")]
    handles: Option<u32>,

    /// Keep 128-bit vector instructions out of what is added to the input's own code
    #[arg(long)]
    no_simd: bool,

    /// Give a function import at the root of the inputs its core name back in the core module, as `meld new
    /// --import-passthrough` has taken it away
    #[arg(long, value_name = "MODULE::FIELD")]
    passthrough: Vec<CoreName>,

    /// With `--address-rebase`: reserve SIZE above all windows, in which the embedder's `env::__cabi_arena_realloc`
    /// allocates for all guests, and export where that is
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    arena: Option<u64>,

    /// The same, with an allocator inside: no import is left
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    bind_arena: Option<u64>,

    /// Satisfy an import by hand: with an export of the given input, of the import's name if not named
    #[arg(long, value_name = "IMPORT=INPUT[#EXPORT]", value_parser = parse_link)]
    link: Vec<LinkOverride>,

    /// Write a report in JSON of what became of every boundary, memory and module
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,

    /// Write the world of the result in WIT
    #[arg(long, value_name = "FILE")]
    wit: Option<PathBuf>,

    /// With `--address-rebase`: print a map of the one memory to stderr
    #[arg(long)]
    map: bool,

    /// Print the report to stderr, in words
    #[arg(short, long)]
    verbose: bool,
}

/// `--memory`.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Memory {
    /// Whatever is sound for every input
    Auto,
    /// Each memory of the input stays a memory of its own
    Multi,
    /// One memory
    Shared,
}

impl Opts {
    pub(crate) fn run(self) -> Result<()> {
        // All reasons to refuse the outputs come before the work.
        let paths = || [Some(&self.output), self.report.as_ref(), self.wit.as_ref()].into_iter().flatten();
        for path in paths() {
            if paths().filter(|other| *other == path).count() > 1 {
                let name = if is_std(path) { "stdout".into() } else { format!("`{}`", path.display()) };
                bail!("two results cannot both be written to {name}");
            }
        }
        if self.map && !(self.address_rebase && matches!(self.memory, Memory::Shared)) {
            bail!("`--map` is about the windows of one memory; it needs `--memory shared --address-rebase`");
        }
        if !self.text {
            output::check_not_a_terminal(&self.output)?;
        }

        let mut fuser = Fuser::new();
        fuser.component(self.component).wit(self.wit.is_some()).no_simd(self.no_simd);
        fuser.memory(match self.memory {
            Memory::Auto => MemoryMode::Auto,
            Memory::Multi => MemoryMode::Multi,
            Memory::Shared => MemoryMode::Shared,
        });
        fuser.address_rebase(self.address_rebase).isolate(self.isolate);
        fuser.pack(self.pack).byte_pages(matches!(self.page_size, PageSize::Byte));
        for bound in &self.heap {
            fuser.heap(bound.clone());
        }
        if let Some(size) = self.share_stack {
            fuser.share_stack(size);
        }
        if let Some(handles) = self.handles {
            fuser.handles(handles);
        }
        for name in &self.passthrough {
            fuser.passthrough(name.clone());
        }
        if let Some(bytes) = self.arena {
            fuser.arena(bytes);
        }
        if let Some(bytes) = self.bind_arena {
            fuser.bind_arena(bytes);
        }
        for link in &self.link {
            fuser.link(link.clone());
        }
        self.inputs.read(&mut fuser)?;
        let fused = fuser.fuse()?;

        let mut outputs = Outputs::default();
        if let Some(path) = &self.report {
            outputs.add(path, fused.report.to_json())?;
        }
        if let (Some(path), Some(wit)) = (&self.wit, &fused.wit) {
            outputs.add(path, wit.as_bytes())?;
        }
        if self.map {
            let _ = std::io::Write::write_all(&mut std::io::stderr(), fused.report.map_text().as_bytes());
        }
        if self.verbose {
            // stderr is for people; if it is closed, the result still counts.
            let _ = std::io::Write::write_all(&mut std::io::stderr(), fused.report.to_string().as_bytes());
        }
        let bytes = fused.component.unwrap_or(fused.core);
        outputs.add_module(&self.output, bytes, self.text)?;
        outputs.commit()
    }
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
    Ok(LinkOverride { import: import.to_string(), input: input.to_string(), export: export.map(str::to_string) })
}

/// `--page-size`.
#[derive(Debug, Clone, Copy)]
enum PageSize {
    /// 64 KiB
    Default,
    /// One byte
    Byte,
}

/// Parses a page size: the proposal of custom page sizes has these two.
fn parse_page_size(text: &str) -> Result<PageSize, String> {
    match text {
        "65536" => Ok(PageSize::Default),
        "1" => Ok(PageSize::Byte),
        _ => Err("a page has 1 or 65536 bytes".to_string()),
    }
}

/// Parses `NAME=SIZE`. A path may have a `=` in it, a size has none.
fn parse_heap(text: &str) -> Result<HeapBound, String> {
    let (instance, size) = text.rsplit_once('=').ok_or("expected NAME=SIZE")?;
    if instance.is_empty() {
        return Err("NAME cannot be empty".to_string());
    }
    Ok(HeapBound { instance: instance.to_string(), bytes: parse_size(size)? })
}

/// Parses what follows `--share-stack`: nothing, or `=SIZE`.
fn parse_stack(text: &str) -> Result<StackSize, String> {
    if text.is_empty() { Ok(StackSize::Proved) } else { parse_size(text).map(StackSize::Bytes) }
}

/// Parses a number of bytes: a number, and perhaps `KiB`, `MiB` or `GiB`.
fn parse_size(text: &str) -> Result<u64, String> {
    let units = [("KiB", 10), ("MiB", 20), ("GiB", 30)];
    let unit = units.iter().find_map(|(unit, log2)| Some((text.strip_suffix(unit)?, *log2)));
    let (number, log2) = unit.unwrap_or((text, 0));
    let number: u64 = number.parse().map_err(|_| format!("`{text}` is not a size such as 4096, 64KiB or 2MiB"))?;
    number.checked_mul(1 << log2).ok_or_else(|| format!("`{text}` is too large"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heaps() {
        let heap = |instance: &str, bytes| Ok(HeapBound { instance: instance.into(), bytes });
        assert_eq!(parse_heap("*=64KiB"), heap("*", 65536));
        assert_eq!(parse_heap("a/b=c=2MiB"), heap("a/b=c", 2 << 20));
        assert_eq!(parse_heap("a=4096"), heap("a", 4096));
        for wrong in ["a", "=1", "a=", "a=64KB", "a=-1", "a=99999999999GiB"] {
            assert!(parse_heap(wrong).is_err(), "{wrong}");
        }
    }

    fn link(import: &str, input: &str, export: Option<&str>) -> Result<LinkOverride, String> {
        Ok(LinkOverride { import: import.into(), input: input.into(), export: export.map(str::to_string) })
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
