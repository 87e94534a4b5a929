//! Which features of WebAssembly a module uses.
//!
//! In: a module that was written. Out: [`Features`], read off its sections and its instructions in the walk that
//! validates it, so that nothing is in it that is not in the module and nothing is missing, whatever wrote it: a guest,
//! an adapter or the runtime. The names are those of the tool conventions' "Target Features Section", and of Binaryen
//! for proposals that are not listed there. What an instruction needs follows from the proposal under which
//! wasmparser's table lists it; a new proposal does not compile until somebody has said what its feature is called.
//! Rejected: the union of what the inputs declare. A compiler declares what it was allowed to use, which is more than is
//! there, and an optimizer would take that for leave to use it.

mod instructions;
mod sections;

pub(crate) use sections::validate;

/// A set of features.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Features(u32);

/// Defines a constant for each feature, and its name.
macro_rules! features {
    ($($constant:ident $name:literal,)*) => {
        features!(@0, $($constant)*);

        impl Features {
            /// All names, in the order of the bits.
            const NAMES: &[(Features, &str)] = &[$((Features::$constant, $name)),*];
        }
    };
    (@$bit:expr, $constant:ident $($rest:ident)*) => {
        impl Features {
            const $constant: Features = Features(1 << ($bit));
        }
        features!(@$bit + 1, $($rest)*);
    };
    (@$bit:expr,) => {};
}
features! {
    ACQUIRE_RELEASE_ATOMICS "acquire-release-atomics",
    ATOMICS "atomics",
    BULK_MEMORY "bulk-memory",
    BULK_MEMORY_OPT "bulk-memory-opt",
    CALL_INDIRECT_OVERLONG "call-indirect-overlong",
    CUSTOM_DESCRIPTORS "custom-descriptors",
    CUSTOM_PAGE_SIZES "custom-page-sizes",
    EXCEPTION_HANDLING "exception-handling",
    EXTENDED_CONST "extended-const",
    GC "gc",
    MEMORY64 "memory64",
    MULTIMEMORY "multimemory",
    MULTIVALUE "multivalue",
    MUTABLE_GLOBALS "mutable-globals",
    NONTRAPPING_FPTOINT "nontrapping-fptoint",
    REFERENCE_TYPES "reference-types",
    RELAXED_SIMD "relaxed-simd",
    SHARED_EVERYTHING "shared-everything",
    SIGN_EXT "sign-ext",
    SIMD128 "simd128",
    STACK_SWITCHING "stack-switching",
    TAIL_CALL "tail-call",
    WIDE_ARITHMETIC "wide-arithmetic",
}

impl Features {
    /// None.
    const NONE: Features = Features(0);

    /// What has which other features as parts of it.
    const PARTS: &[(Features, Features)] = &[
        (Features::GC, Features::REFERENCE_TYPES),
        (Features::REFERENCE_TYPES, Features::CALL_INDIRECT_OVERLONG),
        (Features::BULK_MEMORY, Features::BULK_MEMORY_OPT),
        (Features::RELAXED_SIMD, Features::SIMD128),
        (Features::SHARED_EVERYTHING, Features::ATOMICS),
    ];

    const fn union(self, other: Features) -> Features {
        Features(self.0 | other.0)
    }

    fn has(self, other: Features) -> bool {
        self.0 & other.0 == other.0
    }

    /// `other`, if `condition`.
    fn when(condition: bool, other: Features) -> Features {
        if condition { other } else { Features::NONE }
    }

    /// With the parts of what is there. A tool that knows a feature may know its parts by other names.
    fn with_parts(mut self) -> Features {
        for (whole, part) in Features::PARTS {
            if self.has(*whole) {
                self = self.union(*part);
            }
        }
        self
    }

    /// The names of what is there, in alphabetical order.
    pub(crate) fn names(self) -> impl Iterator<Item = &'static str> {
        Features::NAMES.iter().filter(move |(feature, _)| self.has(*feature)).map(|(_, name)| *name)
    }
}

impl std::ops::BitOr for Features {
    type Output = Features;

    fn bitor(self, other: Features) -> Features {
        self.union(other)
    }
}

impl std::ops::BitOrAssign for Features {
    fn bitor_assign(&mut self, other: Features) {
        *self = self.union(other);
    }
}

#[cfg(test)]
mod tests;
