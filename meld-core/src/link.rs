//! Stage 2: several inputs become one root component.
//!
//! In: named component binaries and explicit links. Out: the bytes of a root component, validated like
//! any input: for one input, that input itself; for several, a synthetic component that nests them,
//! instantiates them in order of dependency, passes exports as arguments, imports what nobody provides,
//! and exports what nobody consumes. One code path from here on. The rules are in `docs/linking.md`.
//!
//! 1. Each input is read for its imports and exports ([`input`]); function bodies are not looked at.
//! 2. Each import finds its provider ([`matching`]), by extern name: these are the links.
//! 3. Inputs are put in order, providers first ([`order`]).
//! 4. What nobody provides becomes imports of the root, one per name ([`outer`]), and what nobody
//!    consumes becomes exports, with the types they need ([`exports`]).
//! 5. The root is written ([`root`]) and validated. Where the validator refuses it, the first link whose
//!    two ends differ is looked for, so that the message can say where ([`difference`]).
//!
//! Rejected: cycles, ambiguous providers, type mismatches, and fetching components from anywhere.

mod difference;
mod exports;
pub(crate) mod input;
mod matching;
mod mentions;
mod order;
mod outer;
mod root;

use crate::error::LinkError;
use crate::options::LinkOverride;
use crate::world;
use std::borrow::Cow;

/// One input: a name for messages and `--link`, and the bytes of a component binary.
#[derive(Debug, Clone)]
pub struct Input<'a> {
    /// A unique name; the file stem, usually.
    pub name: String,
    /// A component in the binary format.
    pub bytes: Cow<'a, [u8]>,
}

/// Links `inputs` into one root component.
pub fn link<'a>(inputs: &'a [Input<'_>], overrides: &[LinkOverride]) -> Result<Cow<'a, [u8]>, LinkError> {
    if let ([input], []) = (inputs, overrides) {
        return Ok(Cow::Borrowed(&input.bytes));
    }
    let (inputs, types) = input::read(inputs)?;
    let links = matching::links(&inputs, overrides)?;
    let order = order::order(&inputs, &links)?;
    let outer = outer::outer(&inputs, &links, &order, types.as_ref())?;
    let exports = exports::exports(&inputs, &links, &outer.derived, &order, types.as_ref())?;
    let root = root::write(&inputs, &links, &order, &outer, &exports, types.as_ref())?;
    // Function bodies are left to whoever reads the root.
    match world::validate_types(&root) {
        Ok(()) => Ok(Cow::Owned(root)),
        Err(source) => Err(difference::explain(&inputs, &links, types.as_ref()).unwrap_or(LinkError::Invalid(source))),
    }
}
