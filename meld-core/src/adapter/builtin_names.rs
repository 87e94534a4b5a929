//! Names of the principal's built-ins.
//!
//! In: a built-in that the host carries out. Out: module and field name of its import, in the scheme of the standard tools for core modules;
//! `docs/core-abi.md` is the user's view of this file. In that scheme a type has no name of its own: it is the type of a function of
//! the world, or the one with a number among the streams and futures that the type of such a function mentions. Those that no function mentions get
//! a number of ours, `$0`, `$1`: a host that reads the description knows them, and the tools do not.

use crate::abi::Pointer;
use crate::abi::types::{FuncType, TypeDef, Types, ValType};
use crate::core_interface::KnownName;
use crate::dfg::{ComponentDfg, HostBuiltin, HostBuiltinKind as Kind, ImportPath, StringEncoding, ThreadStart};
use crate::ids::{Arena, ExportFuncId, ImportFuncId, OptionsId, TypeId};
use crate::maps::Map;
use crate::passthrough::CoreName;
use crate::plan::ExportPlan;
use crate::synth::WakerCall;
use indexmap::{IndexMap, IndexSet};

/// Module and field name, and what the tools know of them.
pub(super) type ToolName = ((String, String), KnownName);

/// What names of built-ins are made of.
pub(super) struct BuiltinNames<'a> {
    dfg: &'a ComponentDfg<'a>,
    exports: &'a Arena<ExportFuncId, ExportPlan>,
    /// Imports of the world that have names of their own, which the tools are told nothing of.
    renamed: &'a IndexMap<ImportFuncId, CoreName>,
    /// Types that no function of the world mentions, with the options in which they differ.
    unnamed: IndexSet<(Option<ValType>, Option<OptionsId>)>,
}

impl<'a> BuiltinNames<'a> {
    pub(super) fn new(
        dfg: &'a ComponentDfg<'a>,
        exports: &'a Arena<ExportFuncId, ExportPlan>,
        renamed: &'a IndexMap<ImportFuncId, CoreName>,
    ) -> Self {
        BuiltinNames { dfg, exports, renamed, unnamed: IndexSet::new() }
    }

    /// Module and field name of `builtin`, and what the tools know of it.
    pub(super) fn of(&mut self, builtin: &HostBuiltin) -> ToolName {
        let options = builtin.options.map(|id| &self.dfg.options[id]);
        let lowered = |is_async: bool| if is_async { "[async-lower]" } else { "" };
        let name = builtin.kind.name().replace('.', "-");
        match builtin.kind {
            Kind::TaskReturn => self.task_return(builtin),
            Kind::TaskCancel => (("[export]$root".to_owned(), format!("[{name}]")), KnownName::Known),
            Kind::SubtaskCancel { is_async } => root(format!("{}[{name}]", lowered(is_async))),
            Kind::ErrorContextNew | Kind::ErrorContextDebugMessage => {
                let encoding = options.map_or(StringEncoding::Utf8, |options| options.encoding);
                root(format!("[{name}-{}]", encoding_name(encoding)))
            }
            Kind::StreamCancelRead { is_async }
            | Kind::StreamCancelWrite { is_async }
            | Kind::FutureCancelRead { is_async }
            | Kind::FutureCancelWrite { is_async } => self.typed(lowered(is_async), &name, builtin.ty),
            Kind::StreamRead | Kind::StreamWrite | Kind::FutureRead | Kind::FutureWrite => {
                let is_async = options.is_some_and(|options| options.is_async);
                self.typed(lowered(is_async), &name, builtin.ty)
            }
            Kind::StreamNew
            | Kind::StreamForward
            | Kind::StreamDropReadable
            | Kind::StreamDropWritable
            | Kind::FutureNew
            | Kind::FutureForward
            | Kind::FutureDropReadable
            | Kind::FutureDropWritable => self.typed("", &name, builtin.ty),
            // The tools know one with a table and a parameter of 32 bits, under a name that may change.
            Kind::ThreadNewIndirect => match builtin.start {
                Some(ThreadStart { index: Pointer::W32, closure: Pointer::W32, .. }) => root(format!("[{name}-v0]")),
                _ => (root(format!("[{name}-i64]")).0, KnownName::Unknown),
            },
            Kind::SubtaskDrop
            | Kind::ErrorContextDrop
            | Kind::WaitableSetNew
            | Kind::WaitableSetWait
            | Kind::WaitableSetPoll
            | Kind::WaitableSetDrop
            | Kind::WaitableJoin
            | Kind::ThreadIndex
            | Kind::ThreadYield
            | Kind::ThreadResumeLater
            | Kind::ThreadSuspend
            | Kind::ThreadSuspendThenResume
            | Kind::ThreadYieldThenResume
            | Kind::ThreadSuspendThenPromote
            | Kind::ThreadYieldThenPromote => root(format!("[{name}]")),
        }
    }

    /// `task.return` is that of an exported function with the same result and the same options: in a task of any other, it traps
    /// (`CanonicalABI.md`, `canon task.return`). One without a memory is that of any function with the same result. So if all of these
    /// have one memory, it is the same as one with that memory.
    fn task_return(&mut self, builtin: &HostBuiltin) -> ToolName {
        let (encoding, memory) = match builtin.options.map(|id| &self.dfg.options[id]) {
            Some(options) => (options.encoding, options.memory),
            None => (StringEncoding::Utf8, None),
        };
        let lifted = |export: &ExportPlan| &self.dfg.options[self.dfg.lifts[export.lift].options];
        let fits = |export: &&ExportPlan| {
            let options = lifted(export);
            let result = self.dfg.types[self.dfg.lifts[export.lift].ty].result;
            options.is_async && options.encoding == encoding && result == builtin.ty
        };
        let mut fitting = self.exports.values().filter(fits);
        let exact = fitting.clone().find(|export| lifted(export).memory == memory);
        let any = fitting
            .clone()
            .next()
            .filter(|first| memory.is_none() && fitting.all(|export| lifted(export).memory == lifted(first).memory));
        match exact.or(any).and_then(|export| export.path.split_last()) {
            Some((func, interface)) => ((exported(interface), format!("[task-return]{func}")), KnownName::Known),
            None => {
                let number = self.unnamed.insert_full((builtin.ty, builtin.options)).0;
                (("[export]$root".to_owned(), format!("[task-return]${number}")), KnownName::Untyped)
            }
        }
    }

    /// A built-in called `name` for the stream or future type `ty`.
    fn typed(&mut self, lowered: &str, name: &str, ty: Option<ValType>) -> ToolName {
        let field = |number: &str, func: &str| format!("{lowered}[{name}-{number}]{func}");
        let types = &self.dfg.types;
        if let Some(ValType::Def(id)) = ty {
            if let TypeDef::Stream(None) | TypeDef::Future(None) = types[id] {
                return root(field("unit", ""));
            }
            for (import, func) in self.dfg.import_funcs.iter() {
                if !self.renamed.contains_key(&import)
                    && let Some(number) = number(types, &types[func.ty], id)
                {
                    let (module, func) = imported(self.dfg, &func.path);
                    return ((module, field(&number.to_string(), &func)), KnownName::Known);
                }
            }
            for export in self.exports.values() {
                if let Some(number) = number(types, &types[self.dfg.lifts[export.lift].ty], id)
                    && let Some((func, interface)) = export.path.split_last()
                {
                    return ((exported(interface), field(&number.to_string(), func)), KnownName::Known);
                }
            }
        }
        let number = self.unnamed.insert_full((ty, None)).0;
        (root(field(&format!("${number}"), "")).0, KnownName::Untyped)
    }
}

/// `context.get` and `context.set`, by its name.
pub(super) fn context(name: &str, slot: u32, width: Pointer) -> ToolName {
    root(match width {
        Pointer::W32 => format!("[{name}-{slot}]"),
        Pointer::W64 => format!("[{name}-i64-{slot}]"),
    })
}

/// A built-in of the stream that wakes tasks in the module, which is one of nothing.
pub(super) fn waker(call: WakerCall) -> ToolName {
    let name = call.name().replace('.', "-");
    root(match call {
        WakerCall::SetNew
        | WakerCall::SetDrop
        | WakerCall::Join
        | WakerCall::Wait
        | WakerCall::Poll
        | WakerCall::SubtaskDrop => format!("[{name}]"),
        WakerCall::Read | WakerCall::Write => format!("[async-lower][{name}-unit]"),
        WakerCall::StreamNew | WakerCall::CancelRead | WakerCall::DropReadable | WakerCall::DropWritable => {
            format!("[{name}-unit]")
        }
    })
}

/// A built-in of no type.
pub(super) fn root(field: String) -> ToolName {
    (("$root".to_owned(), field), KnownName::Known)
}

/// Where an imported item is: the interface, or `$root`, and the name of the item.
pub(super) fn imported(dfg: &ComponentDfg<'_>, path: &ImportPath) -> (String, String) {
    let import = &dfg.world.imports[path.import].name;
    match path.exports.split_last() {
        None => ("$root".to_owned(), import.clone()),
        Some((item, instances)) => {
            let mut module = import.clone();
            for instance in instances {
                module.push('#');
                module.push_str(instance);
            }
            (module, item.clone())
        }
    }
}

/// The module of built-ins for exported functions of an interface, or of none.
fn exported(interface: &[String]) -> String {
    match interface {
        [] => "[export]$root".to_owned(),
        path => format!("[export]{}", path.join("#")),
    }
}

fn encoding_name(encoding: StringEncoding) -> &'static str {
    match encoding {
        StringEncoding::Utf8 => "utf8",
        StringEncoding::Utf16 => "utf16",
        StringEncoding::CompactUtf16 => "latin1+utf16",
    }
}

/// The position of `target` among the streams and futures that a function mentions: those of its parameters and then of its result, each after those that
/// are in it, and each as often as it occurs.
fn number(types: &Types, func: &FuncType, target: TypeId) -> Option<u64> {
    let mut search = NumberSearch { types, target, known: Map::default() };
    let mut before: u64 = 0;
    for ty in func.params.iter().map(|(_, ty)| *ty).chain(func.result) {
        let Occurrences { count, first } = search.occurrences(ty);
        if let Some(first) = first {
            return before.checked_add(first);
        }
        before = before.checked_add(count)?;
    }
    None
}

/// The streams and futures in a type.
#[derive(Debug, Clone, Copy, Default)]
struct Occurrences {
    /// How many there are; it does not grow beyond what has an end.
    count: u64,
    /// The position of the one that is searched for.
    first: Option<u64>,
}

struct NumberSearch<'t> {
    types: &'t Types,
    target: TypeId,
    known: Map<TypeId, Occurrences>,
}

impl NumberSearch<'_> {
    /// Types are nested as deeply as the validator lets them be, which is not deep; each is looked at once.
    fn occurrences(&mut self, ty: ValType) -> Occurrences {
        let ValType::Def(id) = ty else { return Occurrences::default() };
        if let Some(known) = self.known.get(&id) {
            return *known;
        }
        let types = self.types;
        let def = &types[id];
        let mut all = Occurrences::default();
        def.for_each_part(|part| {
            let inner = self.occurrences(part);
            all.first = all.first.or(inner.first.map(|first| all.count.saturating_add(first)));
            all.count = all.count.saturating_add(inner.count);
        });
        if let TypeDef::Stream(_) | TypeDef::Future(_) = def {
            if id == self.target {
                all.first = all.first.or(Some(all.count));
            }
            all.count = all.count.saturating_add(1);
        }
        self.known.insert(id, all);
        all
    }
}
