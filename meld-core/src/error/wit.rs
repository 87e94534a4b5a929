//! Errors in saying a world in WIT.

/// Why a world cannot be said in WIT.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WitError {
    /// The world has no form in WIT. The component itself can be fused all the same.
    #[error("the world of the input has no form in WIT: {reason}; do without the WIT of the result")]
    Inexpressible {
        /// What cannot be said.
        reason: String,
    },
    /// A core module that standard tools cannot make a component of: they know one of something, and it has several.
    #[error(
        "{one} and {other} use different {what}, and tools that make components of core modules know one; let meld make \
         the component"
    )]
    Boundary {
        /// What there are several of.
        what: &'static str,
        /// A function at the boundary to the host.
        one: String,
        /// One that uses another.
        other: String,
    },
    /// A core module that standard tools cannot make a component of: they look for something by another name.
    #[error(
        "the core module has a {what} by the name `{name}`, which tools that make components of core modules do not look \
         for; let meld make the component"
    )]
    Name {
        /// The name that it has.
        name: String,
        /// What has it.
        what: &'static str,
    },
    /// A core module that standard tools cannot make a component of: it has resources that they are not told of.
    #[error(
        "the core module imports `{name}` for a resource that it does not export, which tools that make components of core \
         modules do not know; let meld make the component"
    )]
    PrivateResource {
        /// The built-in.
        name: String,
    },
    /// A core module that standard tools cannot make a component of: a built-in has a type that they have no name for.
    #[error(
        "the core module imports `{name}`, for a type or options that no function of the world mentions: tools that make \
         components of core modules name such a type by a function; let meld make the component"
    )]
    Untyped {
        /// The built-in.
        name: String,
    },
    /// A core module of which standard tools would make a component that traps: they do not say the encoding of `task.return`.
    #[error(
        "`{name}` is asynchronous, takes strings that are not UTF-8 and returns none: a component that tools make of the core module \
         would trap when it returns; let meld make the component"
    )]
    TaskEncoding {
        /// The export.
        name: String,
    },
    /// A core module that standard tools cannot make a component of: they take the two forms of a built-in for one.
    #[error(
        "the core module imports `{name}` with `[async-lower]` and without, which tools that make components of core modules take \
         for one function; let meld make the component"
    )]
    BothWays {
        /// The built-in.
        name: String,
    },
    /// A core module that standard tools cannot make a component of: they look for a memory that it does not need.
    #[error(
        "the core module imports `{name}` and exports no memory, and tools that make components of core modules look for one; let \
         meld make the component"
    )]
    NoMemory {
        /// The built-in.
        name: String,
    },
    /// A core module that nothing can make a component of.
    #[error("a component cannot lift or lower through a memory with pages of one byte; have pages of 64 KiB")]
    BytePages,
    /// The library is built without what prints WIT.
    #[error("this build of meld-core knows no WIT; build it with the feature `wit`")]
    Absent,
}
