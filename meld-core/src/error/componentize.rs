//! Errors in making a component of a core module.

use super::Cause;
use crate::passthrough::CoreNameError;

/// Why a core module cannot be made a component.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ComponentizeError {
    /// The input is a component already.
    #[error("`{input}` is a component already")]
    Component {
        /// The name of the input.
        input: String,
    },
    /// The input is not valid.
    #[error("`{input}` is not a valid core module")]
    Invalid {
        /// The name of the input.
        input: String,
        /// Where and why.
        source: Cause,
    },
    /// The import that is to pass through is not there.
    #[error("`{input}` does not import `{import}`; {others}")]
    NoImport {
        /// The name of the input.
        input: String,
        /// The import, as `MODULE::FIELD`.
        import: String,
        /// What it imports instead, in words.
        others: String,
    },
    /// The field has no name in a component.
    #[error("`{input}`: the import `{import}` cannot pass through")]
    Name {
        /// The name of the input.
        input: String,
        /// The import, as `MODULE::FIELD`.
        import: String,
        /// Why.
        source: CoreNameError,
    },
    /// The import is no function, or one that no function of a component is lowered to.
    #[error("`{input}`: the import `{import}` cannot pass through: {reason}")]
    Type {
        /// The name of the input.
        input: String,
        /// The import, as `MODULE::FIELD`.
        import: String,
        /// What is wrong with its type.
        reason: String,
    },
    /// The component would have two imports of one name.
    #[error("`{input}`: the import `{import}` would be called `{name}` in the component, and so would {other}")]
    Clash {
        /// The name of the input.
        input: String,
        /// The import, as `MODULE::FIELD`.
        import: String,
        /// Its name in the component.
        name: String,
        /// What has the name as well.
        other: String,
    },
    /// What `wit-component` says.
    #[error("`{input}` does not fit the world that it says it has: {reason}")]
    World {
        /// The name of the input.
        input: String,
        /// Why.
        reason: String,
    },
}
