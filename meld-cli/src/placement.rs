//! Where memories go, as the command line says: options of `fuse` and of `inspect`.

use crate::size::parse_size;
use anyhow::{Result, bail};
use meld_core::Fuser;
use meld_core::options::{
    Common, Domain, HandleStorage, Heap, MemoryMode, PackAssumption, Protection, RegionAlignment, SharedArena,
    SharedOptions, StackSize, WindowSize,
};

/// Options about memories.
#[derive(clap::Args)]
pub(crate) struct Placement {
    /// Where the memories of the input go
    #[arg(long, value_enum, default_value_t = Memory::Auto)]
    memory: Memory,

    /// With `--memory shared`: make a window of the memory even if it is the only one
    #[arg(long)]
    address_rebase: bool,

    /// With `--memory shared`: give the component instances INSTANCE,… a memory of their own, the domain NAME, in which their memories are windows.
    /// Nothing in it is in reach of other instances, nor does it reach theirs. May be given several times
    #[arg(long, value_name = "NAME=INSTANCE,…", value_parser = parse_domain)]
    domain: Vec<Domain>,

    /// With `--memory shared`: let memories grow by SIZE, such as `64K` or `2MiB`, in whole pages: those of the instance NAME,
    /// which is the path of a component instance or of a core instance; or all that are not named
    #[arg(long, value_name = "[NAME=]SIZE", value_parser = parse_heap)]
    heap: Vec<Bound>,

    /// With `--memory shared`: let an access outside of its own window and the arena trap, at the cost of a check before each access
    /// that is not provably inside
    #[arg(long)]
    isolate: bool,

    /// With `--memory shared`: end each window before the end of its memory. With `=assume-heap-base` it ends at `__heap_base`, on
    /// the assumption that no component accesses its memory from there on. Nothing proves this: if it is wrong, one
    /// component writes into another
    #[arg(long, value_name = "ASSUMPTION", value_parser = parse_pack, num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pack: Option<PackAssumption>,

    /// With `--memory shared`: give all components one shadow stack. Without SIZE, it is as large as the longest chain of
    /// calls needs. With SIZE, frames that might not fit are checked. It is an error if meld cannot prove that the
    /// components can have one stack
    #[arg(long, value_name = "SIZE", value_parser = parse_stack, num_args = 0..=1, require_equals = true, default_missing_value = "")]
    share_stack: Option<StackSize>,

    /// With `--memory shared`: the size of a page of the one memory, 1 or 64K
    #[arg(long, value_name = "SIZE", value_parser = parse_page_size, default_value = "64K", hide_default_value = true)]
    page_size: PageSize,

    /// With `--memory shared`: give everything in a memory, and the memory, a size that a memory protection unit can cover, and a place at a multiple of it
    #[arg(long, value_enum, value_name = "SIZES")]
    align_regions: Option<AlignRegions>,

    /// With `--memory shared`: how many handles each handle table has room for
    #[arg(long, value_name = "N")]
    handles: Option<u32>,

    /// With `--memory shared`: how many records of tasks there is room for, where several components use tasks: one for each call in
    /// progress, each waitable set, and each end of a stream or a future
    #[arg(long, value_name = "N")]
    tasks: Option<u32>,

    /// With `--memory shared`: place nothing in the first SIZE bytes of the one memory. `--target synth` leaves room for its tables without
    /// this option
    #[arg(long, value_name = "SIZE", value_parser = parse_size, default_value = "0", hide_default_value = true)]
    low_reserve: u64,

    /// With `--memory shared`: let no load and no store have a static offset larger than N, at least 31; what is more is added to the
    /// address, and traps as before if the sum has more than 32 bits. RISC-V has 2047
    #[arg(long, value_name = "N")]
    max_offset: Option<u32>,

    /// Where the fused module keeps handle tables and other private data
    #[arg(long, value_enum, default_value_t = Storage::Auto)]
    handle_storage: Storage,

    /// With `--memory shared`: reserve SIZE above all windows for the embedder's allocator,
    /// `env::__cabi_arena_realloc`, and export the addresses of the region
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    arena: Option<u64>,

    /// The same with an allocator in the module instead of an import
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    bind_arena: Option<u64>,
}

/// `--memory`.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Memory {
    /// The mode that is sound for every input
    Auto,
    /// Each memory of the input stays a memory of its own
    Multi,
    /// One memory
    Shared,
}

/// `--align-regions`.
#[derive(Clone, Copy, clap::ValueEnum)]
enum AlignRegions {
    /// Powers of two, at least 32 bytes: ARMv7-M
    Pow2,
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
    /// Whether one memory is asked for.
    pub(crate) fn is_shared(&self) -> bool {
        matches!(self.memory, Memory::Shared)
    }

    /// Hands the options on. Those that exclude each other are refused here, by the names that they have here: the library
    /// has no way to ask for both.
    pub(crate) fn apply(&self, fuser: &mut Fuser) -> Result<()> {
        let shared = self.shared()?;
        fuser.memory(match self.memory {
            Memory::Auto => MemoryMode::Auto,
            Memory::Multi => MemoryMode::Multi,
            Memory::Shared => MemoryMode::Shared(shared),
        });
        fuser.handle_storage(match self.handle_storage {
            Storage::Auto => HandleStorage::Auto,
            Storage::Memory => HandleStorage::Memory,
            Storage::Table => HandleStorage::Table,
            Storage::Gc => HandleStorage::Gc,
        });
        Ok(())
    }

    /// What is asked of the one memory. If one memory is not asked for, this is nothing.
    fn shared(&self) -> Result<SharedOptions> {
        let of_windows = [
            (self.address_rebase, "--address-rebase"),
            (!self.domain.is_empty(), "--domain"),
            (!self.heap.is_empty(), "--heap"),
            (self.handles.is_some(), "--handles"),
            (self.tasks.is_some(), "--tasks"),
            (self.isolate, "--isolate"),
            (self.pack.is_some(), "--pack"),
            (matches!(self.page_size, PageSize::Byte), "--page-size 1"),
            (self.align_regions.is_some(), "--align-regions"),
            (self.share_stack.is_some(), "--share-stack"),
            (self.low_reserve > 0, "--low-reserve"),
            (self.max_offset.is_some(), "--max-offset"),
            (self.arena.is_some(), "--arena"),
            (self.bind_arena.is_some(), "--bind-arena"),
        ];
        if let Some((_, option)) = of_windows.iter().find(|(given, _)| *given && !self.is_shared()) {
            bail!("`{option}` is about the windows of one memory; it needs `--memory shared`");
        }
        let mut shared = SharedOptions::default();
        shared.rebase = self.address_rebase;
        shared.domains = self.domain.clone();
        shared.byte_pages = matches!(self.page_size, PageSize::Byte);
        shared.handles = self.handles;
        shared.tasks = self.tasks;
        shared.low_reserve = self.low_reserve;
        shared.max_offset = self.max_offset;
        if let Some(AlignRegions::Pow2) = self.align_regions {
            shared.alignment = RegionAlignment::PowerOfTwo;
        }
        shared.arena = self.region()?;
        shared.protection = self.protection()?;
        shared.size = self.size()?;
        Ok(shared)
    }

    /// The region of the allocator.
    fn region(&self) -> Result<Option<SharedArena>> {
        Ok(match (self.arena, self.bind_arena) {
            (Some(_), Some(_)) => bail!(
                "`--arena` and `--bind-arena` exclude each other: the one leaves the arena to the embedder, the other \
                 provides it inside"
            ),
            (Some(bytes), None) => Some(SharedArena::Embedder(bytes)),
            (None, Some(bytes)) => Some(SharedArena::Inside(bytes)),
            (None, None) => None,
        })
    }

    /// What a component can reach.
    fn protection(&self) -> Result<Protection> {
        if !self.isolate {
            let mut common = Common::default();
            common.stack = self.share_stack;
            return Ok(Protection::Open(common));
        }
        if self.share_stack.is_some() {
            bail!(
                "`--share-stack` and `--isolate` exclude each other: components that share a stack can reach each other's \
                 frames"
            );
        }
        Ok(Protection::Isolated)
    }

    /// Where windows end.
    fn size(&self) -> Result<WindowSize> {
        if let Some(assumption) = self.pack {
            if !self.heap.is_empty() {
                bail!(
                    "`--pack` and `--heap` exclude each other: a window that ends at `__heap_base` has no room to grow"
                );
            }
            return Ok(WindowSize::Packed(assumption));
        }
        let mut heap = Heap::default();
        for Bound { instance, bytes } in &self.heap {
            let before = match instance.as_str() {
                "*" => heap.every.replace(*bytes),
                name => heap.named.insert(name.to_owned(), *bytes),
            };
            if before.is_some() {
                bail!("`--heap` is given twice for `{instance}`");
            }
        }
        Ok(WindowSize::Whole(heap))
    }
}

/// `--heap`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Bound {
    /// The path of an instance, or `*` for every one that is not named.
    instance: String,
    bytes: u64,
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
    match parse_size(text)? {
        65536 => Ok(PageSize::Default),
        1 => Ok(PageSize::Byte),
        _ => Err("a page has 1 byte or 64K".to_string()),
    }
}

/// Parses `NAME=SIZE`, or `SIZE` for all. A path may have a `=` in it, a size has none.
fn parse_heap(text: &str) -> Result<Bound, String> {
    let (instance, size) = text.rsplit_once('=').unwrap_or(("*", text));
    if instance.is_empty() {
        return Err("NAME cannot be empty; without `NAME=`, SIZE is for all".to_string());
    }
    let bytes = parse_size(size).map_err(|why| format!("{why}; expected SIZE or NAME=SIZE"))?;
    Ok(Bound { instance: instance.to_string(), bytes })
}

/// Parses `NAME=INSTANCE,…`. A path may have a `=` in it, a name has none.
fn parse_domain(text: &str) -> Result<Domain, String> {
    let expected = "expected NAME=INSTANCE,…, with the paths of instances that `--report` and `-vv` print";
    let (name, instances) = text.split_once('=').ok_or(expected)?;
    let instances: Vec<&str> = instances.split(',').collect();
    if name.is_empty() || instances.contains(&"") {
        return Err(expected.to_owned());
    }
    Ok(Domain::new(name, instances))
}

/// Parses what follows `--pack`.
fn parse_pack(text: &str) -> Result<PackAssumption, String> {
    match text {
        "assume-heap-base" => Ok(PackAssumption::HeapBase),
        _ => Err(
            "nothing in a module proves which part of its memory it uses, so no window is cut without an assumption; \
                  with `--pack=assume-heap-base` it is that no component accesses its memory from its `__heap_base` on"
                .to_string(),
        ),
    }
}

/// Parses what follows `--share-stack`: nothing, or `=SIZE`.
fn parse_stack(text: &str) -> Result<StackSize, String> {
    if text.is_empty() { Ok(StackSize::Proved) } else { parse_size(text).map(StackSize::Bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains() {
        assert_eq!(parse_domain("a=b"), Ok(Domain::new("a", ["b"])));
        assert_eq!(parse_domain("a=b/c,d=e"), Ok(Domain::new("a", ["b/c", "d=e"])));
        for wrong in ["", "a", "a=", "=b", "a=b,", "a=b,,c"] {
            assert!(parse_domain(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn heaps() {
        let heap = |instance: &str, bytes| Ok(Bound { instance: instance.into(), bytes });
        assert_eq!(parse_heap("*=64KiB"), heap("*", 65536));
        assert_eq!(parse_heap("a/b=c=2MiB"), heap("a/b=c", 2 << 20));
        assert_eq!(parse_heap("a=4096"), heap("a", 4096));
        assert_eq!(parse_heap("1M"), heap("*", 1 << 20));
        for wrong in ["a", "=1", "a=", "a=64KX", "a=-1", "a=99999999999GiB", ""] {
            assert!(parse_heap(wrong).is_err(), "{wrong}");
        }
    }
}
