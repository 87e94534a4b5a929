//! Several inputs become one root component.
//!
//! In: named component binaries and explicit links. Out: the bytes of a root component, validated like
//! any input: for one input, that input itself; for several, a synthetic component that nests them,
//! instantiates them in order of dependency, passes exports as arguments, imports what no input provides,
//! and exports what no input consumes. One code path from here on. The rules are in `docs/linking.md`.
//!
//! 1. Each input is read for its imports and exports ([`input`]); function bodies are not looked at.
//! 2. Each import finds its provider ([`matching`]), by extern name: these are the links.
//! 3. Inputs are put in order, providers first ([`order`]).
//! 4. What no input provides becomes imports of the root, one per name ([`imports`]), and what no input
//!    consumes becomes exports, with the types they need ([`exports`]).
//! 5. Where an import stays open though an export is nearly what it asks for, that is noted ([`near`]).
//! 6. The root is written ([`root`]) and validated. Where the validator refuses it, the first link whose
//!    two ends differ is looked for, so that the message can say where ([`difference`]).
//!
//! A root in which the inputs are nested is one binary, and the validator allows 1,000 components and core modules in one. Where
//! there are more, the root imports the inputs, with their types, and [`crate::parse`] puts each in the place of its
//! import: what the root says of them is validated in the same way ([ADR 41](../../docs/adr/0041-limits.md)).
//!
//! Rejected: cycles, ambiguous providers, type mismatches, and fetching components from anywhere.

mod difference;
mod exports;
mod imports;
pub(crate) mod input;
mod matching;
mod mentions;
mod near;
mod offers;
pub(crate) mod open;
mod order;
mod root;
mod versions;

pub use near::{LinkNote, Near};

use crate::error::LinkError;
use crate::options::LinkOverride;
use crate::world;
use std::borrow::Cow;

/// One input: a name for messages and `--link`, and the bytes of a component binary.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Input<'a> {
    /// A unique name, which [`LinkOverride::input`] takes and which instances in the report begin with; usually
    /// the stem of the file's name.
    pub name: String,
    /// Where the bytes are from, as messages show it: usually the path of the file. Messages show the name where
    /// there is none.
    pub path: Option<String>,
    /// A component in the binary format.
    pub bytes: Cow<'a, [u8]>,
    /// How many bytes were given, and their hash, if they were others than `bytes` and someone asks for that.
    #[cfg(feature = "json")]
    pub(crate) given: Option<(usize, String)>,
}

impl<'a> Input<'a> {
    /// An input without a path.
    pub fn new(name: impl Into<String>, bytes: impl Into<Cow<'a, [u8]>>) -> Self {
        Self {
            name: name.into(),
            path: None,
            bytes: bytes.into(),
            #[cfg(feature = "json")]
            given: None,
        }
    }

    /// What messages call the input: its path, or its name where there is none.
    pub fn shown(&self) -> &str {
        self.path.as_deref().unwrap_or(&self.name)
    }
}

/// An import of an input that an export of another input satisfies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Name of the input that imports.
    pub input: String,
    /// Extern name of the import.
    pub import: String,
    /// Name of the input that exports.
    pub provider: String,
    /// Extern name of the export.
    pub export: String,
}

/// What came of linking.
#[derive(Debug)]
pub struct Linked<'a> {
    /// The root component, in the binary format.
    pub root: Cow<'a, [u8]>,
    /// Components in the place of its first imports, by name: the inputs, in the order in which it instantiates them. None
    /// where they are nested in it.
    pub apart: Vec<(&'a str, &'a [u8])>,
    /// Names of the inputs, in the order in which the root instantiates them.
    pub inputs: Vec<String>,
    /// Imports that are satisfied, in order of inputs and imports. None where there is one input.
    pub links: Vec<Link>,
    /// Imports that nothing satisfies though something nearly does, in order of inputs and imports. None where
    /// there is one input.
    pub notes: Vec<LinkNote>,
}

/// How a root has its inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Nested in it.
    Nested,
    /// It imports them, as components: the validator has limits for what is in one binary, and they are not those of what
    /// comes out.
    Apart,
}

/// Core modules and components that the validator accepts in one binary.
const MAX_PARTS: usize = 1000;

/// Links `inputs` into one root component, which has them nested in it if they fit into one binary.
///
/// # Errors
///
/// [`LinkError`], where an input is not a component, where an explicit link names what is not there, or where the
/// inputs do not fit together.
pub fn link<'a>(inputs: &'a [Input<'_>], overrides: &[LinkOverride]) -> Result<Linked<'a>, LinkError> {
    link_as(inputs, overrides, None)
}

/// The same; exports of the inputs that have one of the names `kept` are exports of the root even if another input uses them.
///
/// # Errors
///
/// Those of [`link`], and [`LinkError::NothingToKeep`] for a name that no input exports.
pub fn link_keeping<'a>(
    inputs: &'a [Input<'_>],
    overrides: &[LinkOverride],
    kept: &[String],
) -> Result<Linked<'a>, LinkError> {
    link_any(inputs, overrides, kept, None)
}

/// The same, with the inputs in the given form.
///
/// # Errors
///
/// Those of [`link`].
pub fn link_as<'a>(
    inputs: &'a [Input<'_>],
    overrides: &[LinkOverride],
    form: Option<Form>,
) -> Result<Linked<'a>, LinkError> {
    link_any(inputs, overrides, &[], form)
}

fn link_any<'a>(
    inputs: &'a [Input<'_>],
    overrides: &[LinkOverride],
    kept: &[String],
    form: Option<Form>,
) -> Result<Linked<'a>, LinkError> {
    if let ([input], [], []) = (inputs, overrides, kept) {
        return Ok(Linked {
            root: Cow::Borrowed(&input.bytes),
            apart: Vec::new(),
            inputs: vec![input.name.clone()],
            links: Vec::new(),
            notes: Vec::new(),
        });
    }
    let (inputs, types) = input::read(inputs)?;
    let links = matching::links(&inputs, overrides)?;
    let order = order::order(&inputs, &links)?;
    let imports = imports::imports(&inputs, &links, &order, types.as_ref())?;
    let exports = exports::exports(&inputs, &links, kept, &imports.derived, &order, types.as_ref())?;
    let parts: usize = inputs.iter().map(|input| input.parts).sum();
    let form = form.unwrap_or(if parts < MAX_PARTS { Form::Nested } else { Form::Apart });
    let bytes = root::write(&inputs, &links, &order, &imports, &exports, types.as_ref(), form)?;
    // The reader of the root validates function bodies.
    match world::validate_types(&bytes) {
        Ok(()) => {
            let apart = match form {
                Form::Nested => Vec::new(),
                Form::Apart => order.iter().map(|&input| (inputs[input].shown, inputs[input].bytes)).collect(),
            };
            Ok(Linked {
                root: Cow::Owned(bytes),
                apart,
                inputs: order.iter().map(|&input| inputs[input].name.to_owned()).collect(),
                links: links.iter().map(|(import, export)| link_of(&inputs, *import, *export)).collect(),
                notes: near::notes(&inputs, &links, types.as_ref()),
            })
        }
        Err(source) => {
            Err(difference::explain(&inputs, &links, types.as_ref())
                .unwrap_or_else(|| LinkError::Invalid(source.into())))
        }
    }
}

/// A link by names.
fn link_of(inputs: &[input::Linkee<'_>], import: matching::ImportOf, export: offers::ExportOf) -> Link {
    let (importer, provider) = (&inputs[import.input], &inputs[export.input]);
    Link {
        input: importer.name.to_owned(),
        import: importer.imports[import.import].name.clone(),
        provider: provider.name.to_owned(),
        export: provider.exports[export.export].name.clone(),
    }
}
