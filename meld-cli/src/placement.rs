//! Where memories go, as the command line says: options of `fuse` and of `inspect`.

use meld_core::Fuser;
use meld_core::options::{HandleStorage, HeapBound, MemoryMode, StackSize};

/// Options about memories.
#[derive(clap::Args)]
pub(crate) struct Placement {
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

    /// Where handle tables are, and what else the fused module needs for itself
    #[arg(long, value_enum, default_value_t = Storage::Auto)]
    handle_storage: Storage,

    /// With `--address-rebase`: reserve SIZE above all windows, in which the embedder's `env::__cabi_arena_realloc`
    /// allocates for all guests, and export where that is
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    arena: Option<u64>,

    /// The same, with an allocator inside: no import is left
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    bind_arena: Option<u64>,
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

/// `--handle-storage`.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Storage {
    /// In memories where there are several anyway, or windows of one; else in a table
    Auto,
    /// In memories of their own; in one memory with windows, in regions of it
    Memory,
    /// In a table of functions, which WebAssembly 2.0 has
    Table,
    /// In arrays of the garbage collector, which WebAssembly 3.0 has
    Gc,
}

impl Placement {
    /// Whether each memory is to be a window of one.
    pub(crate) fn has_windows(&self) -> bool {
        self.address_rebase && matches!(self.memory, Memory::Shared)
    }

    /// Hands the options on.
    pub(crate) fn apply(&self, fuser: &mut Fuser) {
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
        fuser.handle_storage(match self.handle_storage {
            Storage::Auto => HandleStorage::Auto,
            Storage::Memory => HandleStorage::Memory,
            Storage::Table => HandleStorage::Table,
            Storage::Gc => HandleStorage::Gc,
        });
        if let Some(bytes) = self.arena {
            fuser.arena(bytes);
        }
        if let Some(bytes) = self.bind_arena {
            fuser.bind_arena(bytes);
        }
    }
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
}
