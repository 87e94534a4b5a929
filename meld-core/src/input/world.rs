//! The imports and exports of the root component.

use std::borrow::Cow;
use wasmparser::component_types::ComponentEntityType;
use wasmparser::types::Types as ValidatorTypes;

/// The imports and exports of the root component as the validator sees them: the type that
/// `--component` output must have. Type ids index `types`.
pub struct World {
    /// The validator's types of the root component.
    pub types: ValidatorTypes,
    /// Every import, used or not, in order.
    pub imports: Vec<WorldItem>,
    /// Every export, in order.
    pub exports: Vec<WorldItem>,
}

/// An import or export of the root component.
#[derive(Debug, Clone)]
pub struct WorldItem {
    /// The extern name, verbatim.
    pub name: String,
    /// `implements` annotation, verbatim, where there is one.
    pub implements: Option<String>,
    /// `version-suffix` annotation, verbatim, where there is one.
    pub version_suffix: Option<String>,
    /// `external-id` annotation, verbatim, where there is one.
    pub external_id: Option<String>,
    /// Its type; ids index [`World::types`].
    pub ty: ComponentEntityType,
}

impl WorldItem {
    /// The extern name with its annotations.
    pub(crate) fn extern_name(&self) -> wasm_encoder::ComponentExternName<'_> {
        wasm_encoder::ComponentExternName {
            name: Cow::Borrowed(&self.name),
            implements: self.implements.as_deref().map(Cow::Borrowed),
            version_suffix: self.version_suffix.as_deref().map(Cow::Borrowed),
            external_id: self.external_id.as_deref().map(Cow::Borrowed),
        }
    }
}
