//! What the options of this command have to do with an error of the library.
//!
//! In: an error. Out: a line for each thing that an option can do about it. The library says in words what can be done; only
//! here are the names of options.

use meld_core::error::Remedy;
use meld_core::options::LinkOverride;

/// Hints about an error, without the word in front.
pub(crate) fn hints(error: &anyhow::Error) -> Vec<String> {
    let Some(error) = error.downcast_ref::<meld_core::Error>() else { return Vec::new() };
    error.remedies().iter().filter_map(hint).collect()
}

fn hint(remedy: &Remedy) -> Option<String> {
    let text = match remedy {
        Remedy::Component => {
            "`--component`, without `--require-fused`, makes a component that keeps what cannot be fused"
        }
        Remedy::CoreModule => "without `--component`, the result is a core module",
        Remedy::Componentize => "`meld new` makes a component of a core module",
        Remedy::Adapt => "`meld new --adapt wasi_snapshot_preview1=ADAPTER` makes a component of it",
        Remedy::KeepImport(name) => {
            return Some(format!("`meld new --import-passthrough {name}` keeps the import when the guest is made"));
        }
        Remedy::SeparateMemories => "`--memory multi` gives each instance a memory of its own",
        Remedy::OneMemory => "`--memory shared` makes one memory",
        Remedy::BoundHeaps => {
            "`--heap SIZE` bounds the growth of every memory, `--heap NAME=SIZE` that of one instance"
        }
        Remedy::WholeWindows => "without `--pack`, a window ends where its memory ends",
        Remedy::SeparateStacks => "without `--share-stack`, each component has its own stack",
        Remedy::SizedStack => "`--share-stack=SIZE` says how large the stack is",
        Remedy::Arena => {
            "with `--memory shared`, `--arena SIZE` reserves a region in which the embedder allocates, `--bind-arena SIZE` one \
             for an allocator inside"
        }
        Remedy::LargePages => "without `--page-size 1`, pages have 64 KiB",
        Remedy::RaiseLimit(limit) => return Some(format!("`--limit {limit}=N` raises the limit to N")),
        Remedy::Link(link) => return Some(by_hand(link)),
        Remedy::AllowImports => "`--allow-import NAME` allows an import",
        _ => return None,
    };
    Some(text.to_owned())
}

/// A hint about a link by hand.
pub(crate) fn by_hand(link: &LinkOverride) -> String {
    let LinkOverride { import, input, export, .. } = link;
    let export = export.as_ref().map(|export| format!("#{export}")).unwrap_or_default();
    format!("`--link {import}={input}{export}` links them by hand")
}
