//! The merged module in print, for `meld inspect --stage merged`.

use super::reach::Marks;
use super::{FuncDef, GlobalDef, InitStep, MergedModule};
use crate::ids::Id;
use std::fmt::{self, Write};

impl fmt::Display for MergedModule<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.print(None, f)
    }
}

impl MergedModule<'_> {
    /// Prints the module, or of its functions and globals those that are live.
    pub(crate) fn print(&self, live: Option<&Marks>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (id, scope) in self.scopes.iter() {
            writeln!(f, "{id} `{}` of module `{}`", scope.path, self.module(scope.module).name)?;
            list(f, "funcs", &scope.funcs)?;
            list(f, "tables", &scope.tables)?;
            list(f, "memories", &scope.memories)?;
            list(f, "globals", &scope.globals)?;
            list(f, "tags", &scope.tags)?;
            list(f, "elems", &scope.elems)?;
            list(f, "datas", &scope.datas)?;
        }
        for (id, func) in self.funcs.iter() {
            if live.is_some_and(|live| !live.funcs[id.index()]) {
                continue;
            }
            write!(f, "{id} {}: {}", func.ty, self.func_name(id))?;
            let called = self.canonical(id);
            if called != id {
                write!(f, " = {called}")?;
            }
            if let FuncDef::Guest { calls, .. } = &func.def {
                for call in calls {
                    write!(f, " [+{} calls {}]", call.call, call.callee)?;
                }
            }
            f.write_char('\n')?;
        }
        for (id, global) in self.globals.iter() {
            if live.is_some_and(|live| !live.globals[id.index()]) {
                continue;
            }
            if let GlobalDef::Flag(meaning, initial) = global {
                writeln!(f, "{id}: {meaning:?} = {initial}")?;
            }
        }
        for (name, export) in &self.exports {
            writeln!(f, "export `{name}`: {:?}", export.item)?;
        }
        for step in &self.init {
            match step {
                InitStep::Elem(elem) => writeln!(f, "init: {elem}")?,
                InitStep::Data(data) => writeln!(f, "init: {data}")?,
                InitStep::Call(func) => writeln!(f, "init: call {func}")?,
            }
        }
        if let Some(stack) = &self.stack {
            writeln!(f, "stack: {} bytes, pointer {}", stack.bytes, stack.pointer)?;
        }
        let several = self.layout.as_ref().is_some_and(|layout| layout.memories.len() > 1);
        for memory in self.layout.iter().flat_map(|layout| &layout.memories) {
            let of = if several { format!(" in {}", memory.domain) } else { String::new() };
            for region in &memory.regions {
                writeln!(f, "window of {}{of}: {}..{}", region.memory, region.base, region.base + region.capacity)?;
            }
        }
        Ok(())
    }
}

fn list(f: &mut fmt::Formatter<'_>, what: &str, ids: &[impl fmt::Display]) -> fmt::Result {
    if ids.is_empty() {
        return Ok(());
    }
    write!(f, "  {what}:")?;
    for id in ids {
        write!(f, " {id}")?;
    }
    f.write_char('\n')
}
