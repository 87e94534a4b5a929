//! What changes the fused module, pass by pass.
//!
//! In: a merged module. Out: the same, complete, live, and with everything decided that [`crate::emit`] writes. A pass knows
//! [`crate::module`] and no other pass; what several of them walk with is in [`walk`]. [`run`] is the list.

pub(crate) mod consumer;
pub(crate) mod devirtualize;
pub(crate) mod fold;
pub(crate) mod forward;
pub(crate) mod isolate;
pub(crate) mod layout;
pub(crate) mod liveness;
pub(crate) mod offsets;
pub(crate) mod rebase;
pub(crate) mod refuse;
pub(crate) mod similar;
pub(crate) mod size;
pub(crate) mod stack;
pub(crate) mod start;
pub(crate) mod unite;
pub(crate) mod walk;

use crate::error::MergeError;
use crate::ids::{FuncId, Id};
use crate::maps::Map;
use crate::module::insertions::Insertions;
use crate::module::reach::Marks;
use crate::module::{Code, FuncDef, GcReport, Live, MergedModule, ModuleKey};
use crate::options::Strip;
use crate::plan::MemoryPlan;
use std::fmt;
use std::ops::ControlFlow;
use walk::arity::Arity;

/// A pass. In the order in which they run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Pass {
    /// Every memory becomes a window of one, where the plan has one.
    Rebase,
    /// Segments and start functions get the order of the input.
    Start,
    /// Calls through constant tables become direct.
    Devirtualize,
    /// A function that only calls another one becomes that one.
    Forward,
    /// What is live is known.
    Liveness,
    /// What is live and cannot be fused has been refused.
    Refuse,
    /// Imports that the host cannot tell apart become one.
    Unite,
    /// Equal functions become one.
    Fold,
    /// Functions that differ in little are one, where that is asked for.
    Similar,
    /// The module is not larger than it may be.
    Size,
    /// Guests get one stack, where that is asked for.
    Stack,
    /// What the program that reads the module needs is there.
    Consumer,
    /// Windows get their places.
    Layout,
}

impl Pass {
    /// All, in order.
    pub const ALL: [Pass; 13] = [
        Pass::Rebase,
        Pass::Start,
        Pass::Devirtualize,
        Pass::Forward,
        Pass::Liveness,
        Pass::Refuse,
        Pass::Unite,
        Pass::Fold,
        Pass::Similar,
        Pass::Size,
        Pass::Stack,
        Pass::Consumer,
        Pass::Layout,
    ];

    /// Its name in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Pass::Rebase => "rebase",
            Pass::Start => "start",
            Pass::Devirtualize => "devirtualize",
            Pass::Forward => "forward",
            Pass::Liveness => "liveness",
            Pass::Refuse => "refuse",
            Pass::Unite => "unite",
            Pass::Fold => "fold",
            Pass::Similar => "similar",
            Pass::Size => "size",
            Pass::Stack => "stack",
            Pass::Consumer => "consumer",
            Pass::Layout => "layout",
        }
    }
}

/// Where a pass of an embedder can be: behind one of these. Not behind later passes, which have found out what is live and what has to be
/// refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PassPoint {
    /// Nothing has run yet.
    Merged,
    /// Behind [`Pass::Rebase`]: instructions on whole memories are calls now.
    Rebase,
    /// Behind [`Pass::Start`].
    Start,
    /// Behind [`Pass::Forward`]: what can be a direct call is one. What is live is found out after this.
    Forward,
}

/// A pass of an embedder.
pub type OwnPass<'p> = dyn for<'d> FnMut(PassPoint, &mut MergedModule<'d>) -> Result<(), MergeError> + 'p;

/// A module after a pass. It prints what is live, once that is known.
pub struct After<'m, 'd> {
    /// The pass that has just run.
    pub pass: Pass,
    /// The module.
    pub module: &'m MergedModule<'d>,
    pub(crate) marks: Option<&'m Marks>,
}

impl fmt::Display for After<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.module.print(self.marks, f)
    }
}

/// Runs all passes over a merged module. `observe` is shown the module after each, and may break off: then there is no result.
///
/// # Errors
///
/// What is live cannot be fused exactly, has no room, or is more than the limits allow.
pub fn run<'d>(
    module: MergedModule<'d>,
    memory: &MemoryPlan,
    observe: &mut dyn FnMut(&After<'_, 'd>) -> ControlFlow<()>,
) -> Result<Option<Live<'d>>, MergeError> {
    run_with(module, memory, None, observe)
}

/// The same, with passes of an embedder: `own` is called at each [`PassPoint`].
///
/// # Errors
///
/// Those of [`run`], and those of `own`.
pub fn run_with<'d>(
    mut module: MergedModule<'d>,
    memory: &MemoryPlan,
    mut own: Option<&mut OwnPass<'_>>,
    observe: &mut dyn FnMut(&After<'_, 'd>) -> ControlFlow<()>,
) -> Result<Option<Live<'d>>, MergeError> {
    macro_rules! after {
        ($pass:ident, $marks:expr) => {
            if observe(&After { pass: Pass::$pass, module: &module, marks: $marks }).is_break() {
                return Ok(None);
            }
        };
    }
    macro_rules! own {
        ($point:ident) => {
            if let Some(own) = &mut own {
                own(PassPoint::$point, &mut module)?;
                module.complete();
            }
        };
    }
    module.complete();
    own!(Merged);
    rebase::rebase(&mut module, memory)?;
    after!(Rebase, None);
    own!(Rebase);
    start::order(&mut module)?;
    after!(Start, None);
    own!(Start);
    // What only dead code does to a table does not count, and nor does dead code forward anything.
    let first = liveness::liveness(&module)?;
    let rewritten = devirtualize::devirtualize(&mut module, &first)?;
    after!(Devirtualize, Some(&first));
    let forwarded = forward::forward(&mut module, &first)?;
    after!(Forward, Some(&first));
    own!(Forward);
    let tables = first.tables.clone();
    let mut marks = if rewritten || forwarded > 0 || own.is_some() { liveness::liveness(&module)? } else { first };
    after!(Liveness, Some(&marks));
    refuse::refuse(&module, &marks)?;
    after!(Refuse, Some(&marks));
    unite::unite(&mut module, &mut marks)?;
    // Beyond this point nothing becomes live but what passes make themselves.
    liveness::init(&mut module, &mut marks);
    let init_from_outside = module.init_needs_instance()? || (module.needs.no_start && !module.init.is_empty());
    after!(Unite, Some(&marks));
    let functions = Functions::count(&module, &marks);
    let folded = fold::fold(&mut module, &mut marks)?;
    after!(Fold, Some(&marks));
    if module.merge_similar {
        similar::merge(&mut module, &mut marks)?;
    }
    after!(Similar, Some(&marks));
    // Not more than there may be.
    size::check(&module, &marks)?;
    after!(Size, Some(&marks));
    // What is called is known now, and in whose stead: so is how deep a stack gets.
    stack::share(&mut module, &mut marks)?;
    after!(Stack, Some(&marks));
    consumer::meet(&mut module, &mut marks)?;
    after!(Consumer, Some(&marks));
    layout::place(&mut module, &marks)?;
    offsets::bound(&mut module, &mut marks)?;
    after!(Layout, Some(&marks));
    let gone = |(before, after): &(&bool, &bool)| **before && !**after;
    let report = GcReport {
        dropped_functions: functions.defined - functions.live - forwarded,
        folded_functions: forwarded + folded,
        devirtualized_tables: tables.iter().zip(&marks.tables).filter(gone).count(),
    };
    Ok(Some(Live { module, marks, init_from_outside, report, strip: Strip::default() }))
}

/// How many functions a module defines.
struct Functions {
    defined: usize,
    live: usize,
}

impl Functions {
    fn count(module: &MergedModule<'_>, marks: &Marks) -> Self {
        let defined = || module.funcs.iter().filter(|(_, func)| !matches!(func.def, FuncDef::Import(_)));
        Self { defined: defined().count(), live: defined().filter(|(id, _)| marks.funcs[id.index()]).count() }
    }
}

/// What makes the instructions that are put into bodies: checks of accesses and of the shared stack.
///
/// This is the one pass that is carried out body by body, when each is written: all checks at once would take more memory than the
/// module.
pub(crate) struct Inserter<'m, 'd> {
    module: &'m MergedModule<'d>,
    arities: Map<ModuleKey, Arity<'m>>,
}

impl<'m, 'd> Inserter<'m, 'd> {
    pub(crate) fn new(module: &'m MergedModule<'d>) -> Self {
        Self { module, arities: Map::default() }
    }

    /// What is put into the body of a function.
    pub(crate) fn insertions(&mut self, func: FuncId) -> Result<Insertions, MergeError> {
        let mut insertions = match &self.module.stack {
            None => isolate::checks(self.module, func, &mut self.arities)?,
            Some(_) => stack::checks(self.module, func)?,
        };
        stack::ask_for_room(self.module, func, &mut insertions.entry)?;
        consumer::moves(self.module, func, &mut insertions)?;
        offsets::moves(self.module, func, &mut self.arities, &mut insertions)?;
        Ok(insertions)
    }

    /// The code of a synthesized function, if something is put into the middle of it.
    pub(crate) fn changed(&self, func: FuncId, code: &Code) -> Result<Option<Code>, MergeError> {
        offsets::synthesized(self.module, func, code)
    }
}
