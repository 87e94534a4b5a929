//! A runtime module of an extension.
//!
//! In: a core module. Out: an [`OwnModule`]: it is valid, and has no start function. An extension puts it into
//! [`Adapted::runtime`](crate::adapter::Adapted) by [`RuntimeInstance::own`](super::RuntimeInstance::own), and bodies call what it exports by
//! [`FuncRef::Runtime`](crate::synth::FuncRef::Runtime). It is merged, optimized and checked like the modules of the fuser, and no guest can
//! reach a memory, a table or a global that it defines.
//!
//! It reaches what its imports are bound to. The planner has not seen these calls: an extension that binds a function of a guest answers
//! for what happens then, as it does for the bodies that it adds. With one memory for all, such a module is refused: the passes
//! check and move the accesses of guests, and know the fuser's own modules.
//! Rejected: a start function, because the order of instantiation is that of the input.

use super::RuntimeModule;
use crate::error::ParseError;
use crate::parse::parse_module;
use std::fmt;

/// A core module that an extension adds.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct OwnModule {
    name: &'static str,
    wasm: &'static [u8],
}

impl OwnModule {
    /// The module `wasm`, in the binary format. `name` is what messages and prints call it.
    ///
    /// # Errors
    ///
    /// [`ParseError`] if it is not valid, or if it has a start function.
    pub fn new(name: &'static str, wasm: &'static [u8]) -> Result<Self, ParseError> {
        match parse_module(name, wasm)?.start {
            None => Ok(Self { name, wasm }),
            Some(_) => Err(ParseError::Unsupported {
                input: name.to_owned(),
                at: "the core module".to_owned(),
                offset: 0,
                what: "start functions in modules of extensions",
            }),
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        self.name
    }

    pub(super) fn module(self) -> RuntimeModule {
        RuntimeModule { name: self.name, wasm: self.wasm }
    }
}

impl fmt::Debug for OwnModule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.name)
    }
}
