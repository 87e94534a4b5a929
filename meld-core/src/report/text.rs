//! The report in words.

use super::{Boundary, Fate, Lowering, Memory, Module, Report};
use std::fmt;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { memory, boundaries, memories, modules, output, .. } = self;
        writeln!(f, "memory mode: {} ({})", memory.mode, memory.reason)?;
        for module in modules {
            write!(f, "module {module}")?;
        }
        for memory in memories {
            write!(f, "memory {memory}")?;
        }
        for boundary in boundaries {
            write!(f, "call {boundary}")?;
        }
        write!(f, "output: {} bytes of core module", output.core_bytes)?;
        if let Some(bytes) = output.component_bytes {
            write!(f, ", {bytes} bytes of component")?;
        }
        writeln!(
            f,
            ", {} functions; dropped {}, folded {}; {} tables devirtualized",
            output.functions, output.dropped_functions, output.folded_functions, output.devirtualized_tables
        )
    }
}

impl fmt::Display for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.fate {
            Fate::Merged => {
                writeln!(f, "{}: merged, {} of {} functions live", self.instance, self.live_functions, self.functions)
            }
            Fate::Dropped => writeln!(f, "{}: dropped, nothing of it is reachable", self.instance),
            Fate::NotInstantiated => writeln!(f, "{}: never instantiated", self.instance),
        }
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.output {
            Some(index) => writeln!(f, "{index}: memory {} of {}", self.index, self.instance),
            None => writeln!(f, "dropped: memory {} of {}", self.index, self.instance),
        }
    }
}

impl fmt::Display for Boundary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let person = |path: &str| if path.is_empty() { "root".to_string() } else { path.to_string() };
        let callee = self.callee.as_deref().map_or_else(|| "host".to_string(), person);
        write!(f, "{} -> {callee} {}: {}", person(&self.caller), self.function, self.lowering)?;
        match self.adapter_bytes {
            0 => writeln!(f),
            bytes => writeln!(f, ", {bytes} bytes"),
        }
    }
}

impl fmt::Display for Lowering {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Lowering::Direct => "direct",
            Lowering::Scalar => "scalar adapter",
            Lowering::Copy => "adapter that copies",
            Lowering::CopyString => "adapter that copies strings",
            Lowering::Transcode => "adapter that transcodes strings",
            Lowering::Outer => "host, as it is",
            Lowering::OuterShim => "host, through a shim",
            Lowering::Builtin => "built-in",
            Lowering::Trap => "always traps",
        })
    }
}
