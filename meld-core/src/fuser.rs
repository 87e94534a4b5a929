//! The front of the library: inputs and options in, a fusion out.
//!
//! In: named bytes, binary or text, and options. Out: [`Fused`], or an [`Inspection`] of a stage on the way.
//! Nothing is printed, no file is touched, nothing depends on time or on names of files: the same inputs
//! and options give the same bytes. Whatever the bytes are, the worst outcome is an [`Error`].

#[cfg(feature = "wit")]
use crate::Componentizer;
use crate::binary::binary;
use crate::error::InputError;
use crate::limits::Limit;
use crate::options::{HandleStorage, LinkOverride, MemoryMode, Strip, Target};
use crate::passthrough::CoreName;
use crate::recognize::Recognized;
use crate::{Error, Fused, FusedComponent, Input, Options, recognize};
#[cfg(feature = "json")]
use crate::{Inspection, Stage, inspect};
use std::borrow::Cow;
use std::collections::HashSet;

/// A fusion to be carried out.
///
/// ```
/// use meld_core::Fuser;
///
/// // One composition, in the text format; the binary format is taken as well. The outer component nests two
/// // others and lets one call the other.
/// let composition = r#"
///     (component
///       (component $provider
///         (core module $m (func (export "double") (param i32) (result i32)
///           (i32.shl (local.get 0) (i32.const 1))))
///         (core instance $i (instantiate $m))
///         (func (export "double") (param "n" u32) (result u32) (canon lift (core func $i "double"))))
///       (component $consumer
///         (import "double" (func $double (param "n" u32) (result u32)))
///         (core func $lowered (canon lower (func $double)))
///         (core module $m
///           (import "" "double" (func $double (param i32) (result i32)))
///           (func (export "quadruple") (param i32) (result i32)
///             (call $double (call $double (local.get 0)))))
///         (core instance $i (instantiate $m (with "" (instance (export "double" (func $lowered))))))
///         (func (export "quadruple") (param "n" u32) (result u32) (canon lift (core func $i "quadruple"))))
///       (instance $p (instantiate $provider))
///       (instance $c (instantiate $consumer (with "double" (func $p "double"))))
///       (export "quadruple" (func $c "quadruple")))
/// "#;
///
/// let mut fuser = Fuser::new();
/// fuser.input("composition", composition.as_bytes());
/// let fused = fuser.fuse()?;
///
/// // A core module: it runs on any engine, and there is one export, the world's.
/// assert!(fused.core.starts_with(b"\0asm\x01\0\0\0"));
/// assert_eq!(fused.interface.exports.len(), 1);
/// assert_eq!(fused.interface.exports[0].field, "quadruple");
/// // The call between the components is a plain call, as the report says.
/// print!("{}", fused.report);
/// # Ok::<(), meld_core::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Fuser<'a> {
    inputs: Vec<Input<'a>>,
    options: Options,
}

impl<'a> Fuser<'a> {
    /// A fusion without inputs, with the default options.
    pub fn new() -> Self {
        Self::default()
    }

    /// A fusion without inputs, with these options.
    pub fn with_options(options: Options) -> Self {
        Fuser { inputs: Vec::new(), options }
    }

    /// The options, to read and to change.
    pub fn options_mut(&mut self) -> &mut Options {
        &mut self.options
    }

    /// Adds a component, in the binary or the text format. A core module with a `component-type` section, as binding
    /// generators write it, is made a component first, as [`Componentizer`] does it. `name` is what messages, the report and
    /// [`LinkOverride::input`] call it; it must be unique among the inputs.
    pub fn input(&mut self, name: impl Into<String>, bytes: impl Into<Cow<'a, [u8]>>) -> &mut Self {
        self.inputs.push(Input::new(name, bytes));
        self
    }

    /// Adds a component as [`Fuser::input`] does. Messages call it `path`, where its bytes are from; the report and
    /// [`LinkOverride::input`] call it `name`.
    pub fn input_from(
        &mut self,
        path: impl Into<String>,
        name: impl Into<String>,
        bytes: impl Into<Cow<'a, [u8]>>,
    ) -> &mut Self {
        self.inputs.push(Input { path: Some(path.into()), ..Input::new(name, bytes) });
        self
    }

    /// Sets where memories go. The default is [`MemoryMode::Auto`].
    pub fn memory(&mut self, mode: MemoryMode) -> &mut Self {
        self.options.memory = mode;
        self
    }

    /// Sets where handle tables are. The default is [`HandleStorage::Auto`].
    pub fn handle_storage(&mut self, storage: HandleStorage) -> &mut Self {
        self.options.handle_storage = storage;
        self
    }

    /// Gives an import at the root of the inputs its core name back.
    pub fn passthrough(&mut self, name: CoreName) -> &mut Self {
        self.options.passthrough.push(name);
        self
    }

    /// Sets whether [`Fused::component`] is made. The default is no.
    pub fn component(&mut self, component: bool) -> &mut Self {
        self.options.component = component;
        self
    }

    /// Sets whether [`Fused::wit`] is made. The default is no.
    pub fn wit(&mut self, wit: bool) -> &mut Self {
        self.options.wit = wit;
        self
    }

    /// Keeps an export of an input although another input uses it.
    pub fn keep_export(&mut self, name: impl Into<String>) -> &mut Self {
        self.options.kept_exports.push(name.into());
        self
    }

    /// Which program reads the fused core module next.
    pub fn target(&mut self, target: Target) -> &mut Self {
        self.options.target = target;
        self
    }

    /// Sets whether what is added to the input's own code does without 128-bit vector instructions. The default is
    /// no: with them, strings are checked and transcoded 16 bytes at a time.
    pub fn no_simd(&mut self, no_simd: bool) -> &mut Self {
        self.options.no_simd = no_simd;
        self
    }

    /// Sets whether functions that are equal but for constants become one, which gets the constants as parameters, and windows of one memory
    /// have one transcoder of a kind, where the result is smaller for it. The default is no: calls of such functions take longer.
    pub fn merge_similar(&mut self, merge: bool) -> &mut Self {
        self.options.merge_similar = merge;
        self
    }

    /// Sets whether [`Report::functions`](crate::Report::functions) lists every function of the core module, with its size. The default
    /// is no: of a large composition these are many.
    pub fn list_functions(&mut self, list: bool) -> &mut Self {
        self.options.list_functions = list;
        self
    }

    /// Sets which custom sections are left out of the result. The default is none that it can have.
    pub fn strip(&mut self, strip: Strip) -> &mut Self {
        self.options.strip = strip;
        self
    }

    /// Satisfies an import by hand, whatever the names are.
    pub fn link(&mut self, link: LinkOverride) -> &mut Self {
        self.options.links.push(link);
        self
    }

    /// Sets whether [`Fused::core`] holds its own description, in a custom section called
    /// [`interface::SECTION`](crate::interface::SECTION). The default is no.
    #[cfg(feature = "json")]
    pub fn embed_interface(&mut self, embed: bool) -> &mut Self {
        self.options.embed_interface = embed;
        self
    }

    /// Sets whether [`Fused::provenance`] is made. The default is no.
    #[cfg(feature = "json")]
    pub fn provenance(&mut self, provenance: bool) -> &mut Self {
        self.options.provenance = provenance;
        self
    }

    /// Sets whether the core module holds its own provenance, in a custom section called
    /// [`provenance::SECTION`](crate::provenance::SECTION); also where it is inside of a component. The default is no.
    #[cfg(feature = "json")]
    pub fn embed_provenance(&mut self, embed: bool) -> &mut Self {
        self.options.embed_provenance = embed;
        self
    }

    /// Makes it an error if the result imports anything that [`Fuser::allow_import`] does not allow.
    pub fn no_imports(&mut self) -> &mut Self {
        self.options.allowed_imports.get_or_insert_default();
        self
    }

    /// Allows an import of the result, by its extern name or by the beginning of such names in front of a `*`. Imports
    /// that are not allowed are errors then.
    pub fn allow_import(&mut self, pattern: impl Into<String>) -> &mut Self {
        self.options.allowed_imports.get_or_insert_default().push(pattern.into());
        self
    }

    /// Sets how many of a kind of thing may be made. The defaults depend on the size of the input: see [`Limit`].
    pub fn limit(&mut self, limit: Limit, most: u64) -> &mut Self {
        self.options.limits.set(limit, most);
        self
    }

    /// Carries the fusion out.
    ///
    /// # Errors
    ///
    /// Each stage has an enum of its own, see [`Error`].
    ///
    /// ```
    /// # use meld_core::Fuser;
    /// let mut fuser = Fuser::new();
    /// fuser.input("empty", &b"(component)"[..]);
    /// let core: Vec<u8> = fuser.fuse()?.core;
    /// # Ok::<(), meld_core::Error>(())
    /// ```
    pub fn fuse(&self) -> Result<Fused, Error> {
        crate::fuse(&self.binaries()?, &self.options)
    }

    /// Fuses what can be fused, and keeps the rest as it is: the result is a component with the world of the input, and
    /// [`Report::kept`](crate::Report::kept) lists what is kept, with the reasons.
    ///
    /// # Errors
    ///
    /// Each stage has an enum of its own, see [`Error`]. That something cannot be fused is an error only if the options ask for
    /// what a component that is kept as it is does not have ([`KeepError`](crate::error::KeepError)).
    ///
    /// ```
    /// # use meld_core::Fuser;
    /// let mut fuser = Fuser::new();
    /// fuser.input("empty", &b"(component)"[..]);
    /// let component: Vec<u8> = fuser.fuse_component()?.bytes;
    /// # Ok::<(), meld_core::Error>(())
    /// ```
    pub fn fuse_component(&self) -> Result<FusedComponent, Error> {
        crate::keep::component(&self.binaries()?, &self.options)
    }

    /// Carries the fusion out as far as `stage` and prints what it made.
    ///
    /// # Errors
    ///
    /// Those of [`Fuser::fuse`] as far as `stage`.
    ///
    /// ```
    /// # use meld_core::Fuser;
    /// let mut fuser = Fuser::new();
    /// fuser.input("empty", &b"(component)"[..]);
    /// println!("{}", fuser.inspect(meld_core::Stage::Plan)?);
    /// # Ok::<(), meld_core::Error>(())
    /// ```
    #[cfg(feature = "json")]
    pub fn inspect(&self, stage: Stage) -> Result<Inspection, Error> {
        inspect::inspect(&self.binaries()?, &self.options, stage)
    }

    /// The inputs, all components in the binary format.
    fn binaries(&self) -> Result<Vec<Input<'_>>, Error> {
        if self.inputs.is_empty() {
            return Err(InputError::None.into());
        }
        let mut names = HashSet::new();
        self.inputs
            .iter()
            .map(|input| {
                if !names.insert(&input.name) {
                    return Err(InputError::DuplicateName { input: input.name.clone() }.into());
                }
                let bytes = binary(input.shown(), &input.bytes)?;
                let bytes = match recognize::binary(&bytes) {
                    None => bytes,
                    #[cfg(not(feature = "wit"))]
                    Some(Recognized::TypedModule) => {
                        return Err(InputError::NoWit { input: input.shown().to_owned() }.into());
                    }
                    #[cfg(feature = "wit")]
                    Some(Recognized::TypedModule) => {
                        Componentizer::new(input.shown(), &*bytes).componentize().map(Cow::Owned)?
                    }
                    Some(Recognized::Foreign(what)) => {
                        return Err(InputError::Foreign { input: input.shown().to_owned(), what }.into());
                    }
                };
                #[cfg(feature = "json")]
                let given = self.options.has_provenance().then(|| crate::provenance::digest(&input.bytes));
                Ok(Input {
                    name: input.name.clone(),
                    path: input.path.clone(),
                    bytes,
                    #[cfg(feature = "json")]
                    given,
                })
            })
            .collect()
    }
}
