//! The report in words.

use super::{
    Area, AreaKind, Boundary, ClusterReport, Fate, Fusion, Handles, Kept, Lowering, MemoryReport, ModuleReport, Report,
    ResourceReport,
};
use std::fmt;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { warnings, memory, boundaries, memories, modules, resources, output, .. } = self;
        for warning in warnings {
            writeln!(f, "warning: {warning}")?;
        }
        if let Some(why) = &self.kept_whole {
            writeln!(f, "nothing is fused: {why}")?;
        }
        if let Some(why) = &self.clustered {
            writeln!(f, "there are {} components beside each other: {why}", self.clusters.len())?;
        }
        for cluster in &self.clusters {
            writeln!(f, "cluster {cluster}")?;
        }
        writeln!(f, "{}", self.fusion)?;
        for kept in &self.kept {
            writeln!(f, "kept {kept}")?;
        }
        writeln!(f, "memory mode: {} ({})", memory.mode, memory.reason)?;
        for module in modules {
            write!(f, "module {module}")?;
        }
        for memory in memories {
            write!(f, "memory {memory}")?;
        }
        f.write_str(&self.map_text())?;
        for boundary in boundaries {
            write!(f, "call {boundary}")?;
        }
        for resource in resources {
            write!(f, "resource {resource}")?;
        }
        if self.kept_whole.is_some() {
            return writeln!(f, "output: {} bytes of component, as it is", output.component_bytes.unwrap_or_default());
        }
        let modules = if self.clusters.is_empty() { "core module" } else { "core modules" };
        write!(f, "output: {} bytes of {modules}", output.core_bytes)?;
        if let Some(bytes) = output.component_bytes {
            write!(f, ", {bytes} bytes of component")?;
        }
        writeln!(
            f,
            ", {} functions; dropped {}, folded {}; {} tables devirtualized",
            output.functions, output.dropped_functions, output.folded_functions, output.devirtualized_tables
        )?;
        for dropped in &output.dropped_sections {
            writeln!(f, "custom section {} left out: {}", dropped.name, dropped.reason)?;
        }
        for dropped in &output.dropped_debug {
            writeln!(f, "debug information of {} left out: {}", dropped.instance, dropped.reason)?;
        }
        if let Some(storage) = output.private_storage {
            let place = match storage {
                "memory" => "memories of their own",
                "region" if self.map.iter().any(|area| area.domain.is_some()) => "regions of a memory of their own",
                "region" => "regions of the one memory",
                "table" => "a table of functions",
                _ => "arrays of the garbage collector",
            };
            writeln!(f, "handle tables are in {place}")?;
        }
        if let Some(why) = &output.no_component_type {
            writeln!(f, "no component-type section: {why}")?;
        }
        Ok(())
    }
}

impl Report {
    /// The memory map in words, one line an area; empty where memories are not windows of one.
    pub fn map_text(&self) -> String {
        let mut text = String::new();
        let mut last = None;
        for area in &self.map {
            if let Some((memory, domain)) = area.memory.zip(area.domain.as_ref())
                && last.replace(memory) != Some(memory)
            {
                text.push_str(&format!("map memory {memory}, domain {domain}\n"));
            }
            text.push_str(&format!("map {area}\n"));
        }
        text
    }
}

impl fmt::Display for Fusion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "calls between components: {} fused", self.fused_crossings)?;
        match self.kept_crossings {
            Some(kept) => write!(f, ", {kept} kept")?,
            None => write!(f, ", the number of those kept is not known")?,
        }
        match (self.instances_before, self.instances_after) {
            (Some(before), Some(after)) => write!(f, "; component instances with code: {before} before, {after} after"),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {} {}: {}", instance(&self.caller), instance(&self.callee), self.function, self.reason)
    }
}

impl fmt::Display for ClusterReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let instances: Vec<&str> = self.instances.iter().map(|path| instance(path)).collect();
        write!(f, "{}: ", instances.join(", "))?;
        match (&self.kept, self.core_bytes) {
            (Some(why), _) => write!(f, "kept as it is: {why}"),
            (None, bytes) => write!(f, "a core module of {} bytes", bytes.unwrap_or_default()),
        }
    }
}

impl fmt::Display for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            AreaKind::Window => "window",
            AreaKind::Stack => "  stack",
            AreaKind::Data => "  data",
            AreaKind::Growth => "  room to grow",
            AreaKind::Padding => "  padding",
            AreaKind::Handles => "handles",
            AreaKind::Tasks => "tasks",
            AreaKind::Outbox => "outbox",
            AreaKind::Runtime => "region",
            AreaKind::Arena => "arena",
            AreaKind::SharedStack => "stack of all",
            AreaKind::Reserved => "reserved",
            AreaKind::Free => "free",
        };
        write!(f, "{:#010x}..{:#010x} {:>10} {what}", self.start, self.end, self.end - self.start)?;
        match self.kind {
            AreaKind::Tasks
            | AreaKind::Arena
            | AreaKind::Outbox
            | AreaKind::SharedStack
            | AreaKind::Reserved
            | AreaKind::Free => Ok(()),
            // Of what belongs to nobody, such as an arena.
            AreaKind::Padding if self.owner.is_empty() => Ok(()),
            _ => write!(f, " of {}", instance(&self.owner)),
        }
    }
}

impl fmt::Display for ModuleReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.fate {
            Fate::Merged => {
                writeln!(f, "{}: merged, {} of {} functions live", self.instance, self.live_functions, self.functions)
            }
            Fate::Dropped => writeln!(f, "{}: dropped, nothing of it is reachable", self.instance),
            Fate::Kept => writeln!(f, "{}: kept as it is, {} functions", self.instance, self.functions),
            Fate::NotInstantiated => writeln!(f, "{}: never instantiated", self.instance),
        }
    }
}

impl fmt::Display for MemoryReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.output {
            Some(index) => {
                let apart = if self.own_module { ", in a module of its own" } else { "" };
                let domain = self.domain.as_ref().map(|domain| format!(", in the domain {domain}")).unwrap_or_default();
                writeln!(f, "{index}: memory {} of {}{domain}{apart}", self.index, self.instance)
            }
            None => writeln!(f, "dropped: memory {} of {}", self.index, self.instance),
        }
    }
}

impl fmt::Display for Boundary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let callee = self.callee.as_deref().map_or("host", instance);
        write!(f, "{} -> {callee} {}: {}", instance(&self.caller), self.function, self.lowering)?;
        match self.adapter_bytes {
            0 => writeln!(f),
            bytes => writeln!(f, ", {bytes} bytes"),
        }
    }
}

impl fmt::Display for ResourceReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let handles = match self.handles {
            Handles::Host => "in the host's table",
            Handles::Tabled => "in tables of the module",
            Handles::Unused => "none",
        };
        let owner = self.owner.as_deref().map_or("host", instance);
        writeln!(f, "{} of {owner}: handles {handles}; {}", self.name, self.reason)
    }
}

/// A path, or a word where it is empty.
fn instance(path: &str) -> &str {
    if path.is_empty() { "root" } else { path }
}

impl fmt::Display for Lowering {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Lowering::Direct => "direct",
            Lowering::Scalar => "scalar adapter",
            Lowering::Copy => "adapter that copies",
            Lowering::CopyString => "adapter that copies strings",
            Lowering::Transcode => "adapter that transcodes strings",
            Lowering::Handles => "adapter that moves handles",
            Lowering::Host => "host, as it is",
            Lowering::HostAdapter => "host, through a host adapter",
            Lowering::Builtin => "built-in",
            Lowering::Trap => "always traps",
            Lowering::Dead => "never called",
            Lowering::Kept => "kept",
        })
    }
}
