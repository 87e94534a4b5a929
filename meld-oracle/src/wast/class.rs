//! What it takes to fuse a component.
//!
//! In: the bytes of a component. Out: its [`Class`], which is that of every assertion on an instance of it. It comes from
//! what the component instantiates and which built-ins it defines, whether or not an assertion reaches them; so it says
//! the most that could be needed. Scripts are counted by class, so that what does not pass can be told from what is
//! not meant to pass yet.

use meld_core::error::InlineError;
use meld_core::unstable::dfg::{ComponentFunc, Trampoline};
use std::collections::BTreeSet;
use wasmparser::{ComponentTypeRef, Parser, Payload};

/// What it takes to fuse a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Nothing: no instance of it has core code.
    Empty,
    /// Linking: one instance has core code, and everything is synchronous.
    Linking,
    /// Adapters: two or more instances have core code, and everything is synchronous.
    Adapters,
    /// As one of these, and `context.*` or `backpressure.*` as well.
    Context,
    /// Asynchronous functions, types or built-ins.
    Async,
    /// Core modules or components that come from the host.
    Imported,
}

impl Class {
    /// All of them, with a short name.
    pub const ALL: [(Class, &str); 6] = [
        (Class::Adapters, "S: adapters"),
        (Class::Linking, "L: linking"),
        (Class::Context, "C: context"),
        (Class::Async, "A: async"),
        (Class::Imported, "M: imported code"),
        (Class::Empty, "no core code"),
    ];

    /// Whether it is one of those that can be fused whole: S, L and C.
    pub fn is_synchronous(self) -> bool {
        matches!(self, Class::Adapters | Class::Linking | Class::Context)
    }

    /// The class of a component; `None` if it is not one that can be looked at.
    pub fn of(component: &[u8]) -> Option<Class> {
        if imports_code(component)? {
            return Some(Class::Imported);
        }
        let parsed = meld_core::unstable::parse::parse("component", component).ok()?;
        let dfg = match meld_core::unstable::inline::inline(parsed) {
            Ok(dfg) => dfg,
            Err(InlineError::ImportedCode { .. }) => return Some(Class::Imported),
            Err(_) => return None,
        };
        let (mut asynchronous, mut context) = (false, false);
        asynchronous |= dfg.options.iter().any(|(_, options)| options.is_async);
        asynchronous |= dfg.lifts.iter().any(|(_, lift)| dfg.types[lift.ty].is_async);
        for (_, trampoline) in dfg.trampolines.iter() {
            match trampoline {
                Trampoline::Lower { func: ComponentFunc::Import(import), .. } => {
                    asynchronous |= dfg.types[dfg.import_funcs[*import].ty].is_async;
                }
                Trampoline::ContextGet { .. }
                | Trampoline::ContextSet { .. }
                | Trampoline::BackpressureInc { .. }
                | Trampoline::BackpressureDec { .. } => context = true,
                // What is not supported is asynchronous, down to the last built-in.
                Trampoline::Host(_) | Trampoline::Unsupported { .. } => asynchronous = true,
                Trampoline::Lower { .. }
                | Trampoline::ResourceNew { .. }
                | Trampoline::ResourceRep { .. }
                | Trampoline::ResourceDrop { .. } => {}
            }
        }
        let with_code = dfg.core_instances.iter().filter(|(_, core)| !dfg.modules[core.module].bodies.is_empty());
        let owners: BTreeSet<_> = with_code.map(|(_, core)| core.owner).collect();
        Some(match owners.len() {
            _ if asynchronous => Class::Async,
            _ if context => Class::Context,
            0 => Class::Empty,
            1 => Class::Linking,
            _ => Class::Adapters,
        })
    }
}

/// Whether the root imports a core module or a component.
fn imports_code(component: &[u8]) -> Option<bool> {
    let (mut depth, mut found) = (0, false);
    for payload in Parser::new(0).parse_all(component) {
        match payload.ok()? {
            Payload::ComponentSection { .. } | Payload::ModuleSection { .. } => depth += 1,
            Payload::End(_) if depth > 0 => depth -= 1,
            Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section {
                    found |= matches!(import.ok()?.ty, ComponentTypeRef::Module(_) | ComponentTypeRef::Component(_));
                }
            }
            _ => {}
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::Class;

    fn of(text: &str) -> Option<Class> {
        Class::of(&wat::parse_str(text).expect("the test's text is a component"))
    }

    #[test]
    fn classes() {
        let code = r#"(core module $m (func (export "f"))) (core instance $i (instantiate $m))"#;
        assert_eq!(of("(component (component))"), Some(Class::Empty));
        assert_eq!(of(&format!("(component {code})")), Some(Class::Linking));
        let two = format!("(component (component $a {code}) (instance (instantiate $a)) (instance (instantiate $a)))");
        assert_eq!(of(&two), Some(Class::Adapters));
        assert_eq!(of(&format!("(component {code} (core func (canon context.get i32 0)))")), Some(Class::Context));
        assert_eq!(of(r#"(component (import "m" (core module)))"#), Some(Class::Imported));
    }
}
