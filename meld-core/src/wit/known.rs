//! What tools know of a core module that they make a component of.
//!
//! In: how to call a core module. Out: the string encoding to tell them, or why they cannot make a component of it. They
//! find everything by its name: functions by those of the world, one memory as `memory`, one `realloc` as
//! `cabi_realloc`, and use these for every function. So what the module has twice, or by another name, they would take
//! for something else or not know. Options that make no difference to a function do not count.

use crate::abi::types::{FuncType, ValType};
use crate::abi::{Abi, Pointer};
use crate::core_interface::{CoreImport, CoreInterface, CoreOptions, HostImport, KnownName, WakerCall};
use crate::dfg::{ComponentDfg, HostBuiltin, HostBuiltinKind, StringEncoding, Trampoline};
use crate::error::WitError;
use crate::maps::Map;

/// The names by which tools find a memory, a `realloc` and a table of functions.
const MEMORY: &str = "memory";
const REALLOC: &str = "cabi_realloc";
const TABLE: &str = "__indirect_function_table";

/// The string encoding of all functions at the boundary. `renamed`: functions at the root that are imported by names
/// that the world does not have, and of which the tools are told nothing.
pub(super) fn encoding(
    dfg: &ComponentDfg<'_>,
    interface: &CoreInterface,
    renamed: &[&str],
) -> Result<wit_component::StringEncoding, WitError> {
    let abi = Abi::new(&interface.types, Pointer::W32);
    let is_renamed = |import: &CoreImport| match &import.path {
        Some(path) if path.exports.is_empty() => {
            dfg.world.imports.get(path.import).is_some_and(|item| renamed.contains(&item.name.as_str()))
        }
        _ => false,
    };
    let mut known = Known::default();
    let imports = || interface.imports.iter().filter(|(_, import)| !is_renamed(import));
    for (_, import) in imports() {
        let item = || format!("`{}` of `{}`", import.field, import.module);
        known.add(item, &import.options, import.has_strings)?;
    }
    for export in &interface.exports {
        known.add(|| format!("`{}`", export.field), &export.options, abi.has_strings(&interface.types[export.ty]))?;
    }
    for (_, import) in imports() {
        let name = || import.field.clone();
        match import.known {
            KnownName::Known => {}
            KnownName::PrivateResource => return Err(WitError::PrivateResource { name: name() }),
            KnownName::Untyped => return Err(WitError::Untyped { name: name() }),
            KnownName::Unknown => return Err(WitError::Name { name: name(), what: "function" }),
        }
    }
    // Tools give a memory to everything that reads or writes, also if what it reads or writes is nothing.
    if known.memory.is_none()
        && let Some((_, import)) = imports().find(|(id, _)| copies(dfg, **id).is_some())
    {
        return Err(WitError::NoMemory { name: import.field.clone() });
    }
    // They find what reads and writes by its name without the prefix of the option `async`.
    let is_async = |id: &HostImport, import: &CoreImport| import.options.is_async || matches!(id, HostImport::Waker(_));
    let mut blocking: Map<Copying, &str> = Map::default();
    for (id, import) in imports().filter(|(id, import)| !is_async(id, import)) {
        if let Some(copying) = copies(dfg, *id) {
            blocking.insert(copying, &import.field);
        }
    }
    for (id, _) in imports().filter(|(id, import)| is_async(id, import)) {
        if let Some(name) = copies(dfg, *id).and_then(|copying| blocking.get(&copying)) {
            return Err(WitError::BothWays { name: (*name).to_owned() });
        }
    }
    let table = imports().find_map(|(_, import)| import.table.as_ref().filter(|name| *name != TABLE));
    if let Some(name) = table {
        return Err(WitError::Name { name: name.clone(), what: "table" });
    }
    for (what, name, found) in [("memory", MEMORY, &known.memory), ("`realloc` function", REALLOC, &known.realloc)] {
        if let Some((found, _)) = found
            && found != name
        {
            return Err(WitError::Name { name: found.clone(), what });
        }
    }
    // Such tools give `task.return` an encoding only where the result has strings, and engines compare it with that of the function.
    for export in &interface.exports {
        let ty = &interface.types[export.ty];
        let returns = FuncType { is_async: false, params: Vec::new(), result: ty.result };
        if export.options.is_async
            && export.options.encoding != StringEncoding::Utf8
            && abi.has_strings(ty)
            && !abi.has_strings(&returns)
        {
            return Err(WitError::TaskEncoding { name: export.field.clone() });
        }
    }
    Ok(match known.encoding {
        Some((StringEncoding::Utf8, _)) | None => wit_component::StringEncoding::UTF8,
        Some((StringEncoding::Utf16, _)) => wit_component::StringEncoding::UTF16,
        Some((StringEncoding::CompactUtf16, _)) => wit_component::StringEncoding::CompactUTF16,
    })
}

/// A built-in that reads from a stream or a future, or writes to one, and its type. `None` is a stream without elements.
type Copying = (HostBuiltinKind, Option<ValType>);

/// What a built-in of this kind is, if it is one.
fn copies(dfg: &ComponentDfg<'_>, import: HostImport) -> Option<Copying> {
    use HostBuiltinKind as Kind;
    match import {
        HostImport::Waker(WakerCall::Read) => Some((Kind::StreamRead, None)),
        HostImport::Waker(WakerCall::Write) => Some((Kind::StreamWrite, None)),
        HostImport::Builtin(id) => match dfg.trampolines[id] {
            Trampoline::Host(HostBuiltin { kind, ty, .. }) => {
                matches!(kind, Kind::StreamRead | Kind::StreamWrite | Kind::FutureRead | Kind::FutureWrite)
                    .then_some((kind, ty))
            }
            _ => None,
        },
        _ => None,
    }
}

/// Whether values are in memory anywhere at the boundary.
pub(super) fn has_memory(interface: &CoreInterface) -> bool {
    let imports = interface.imports.values().map(|import| &import.options);
    let exports = interface.exports.iter().map(|export| &export.options);
    imports.chain(exports).any(|options| options.memory.is_some())
}

/// The one of each kind, and the first function that has it.
#[derive(Default)]
struct Known {
    memory: Option<(String, String)>,
    realloc: Option<(String, String)>,
    encoding: Option<(StringEncoding, String)>,
}

impl Known {
    fn add(&mut self, item: impl Fn() -> String, options: &CoreOptions, strings: bool) -> Result<(), WitError> {
        one("memories", &mut self.memory, options.memory.as_ref(), &item)?;
        one("`realloc` functions", &mut self.realloc, options.realloc.as_ref(), &item)?;
        one("string encodings", &mut self.encoding, strings.then_some(&options.encoding), &item)
    }
}

fn one<T: Clone + PartialEq>(
    what: &'static str,
    known: &mut Option<(T, String)>,
    value: Option<&T>,
    item: impl Fn() -> String,
) -> Result<(), WitError> {
    match (&known, value) {
        (None, Some(value)) => *known = Some((value.clone(), item())),
        (Some((first, of)), Some(value)) if first != value => {
            return Err(WitError::Boundary { what, one: of.clone(), other: item() });
        }
        _ => {}
    }
    Ok(())
}
