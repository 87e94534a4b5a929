//! Errors of the link stage.

use super::{Cause, Remedy, TypeEncodeError};
use crate::options::LinkOverride;

/// Why inputs could not be linked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// There is nothing to link.
    #[error("there is no input; give at least one component")]
    NoInput,
    /// An input is not valid.
    #[error("`{input}` is not a valid component")]
    Input {
        /// The name of the input.
        input: String,
        /// Where and why.
        source: super::ValidationError,
    },
    /// An input is a core module.
    #[error("`{input}` is a core module, and only components can be linked; make a component of it first")]
    CoreModule {
        /// The name of the input.
        input: String,
    },
    /// Two inputs export what a third one imports.
    #[error(
        "`{input}` imports `{import}`, which both `{first}` and `{second}` export; \
         link it to one of them by hand"
    )]
    Ambiguous {
        /// The importer.
        input: String,
        /// The import.
        import: String,
        /// A candidate.
        first: String,
        /// Another one.
        second: String,
    },
    /// An export that is to be kept, and that no input has.
    #[error(
        "no input exports `{name}`, which is to be an export of the result; exports that another input uses are {}",
        list(candidates)
    )]
    NothingToKeep {
        /// The export.
        name: String,
        /// Exports that another input uses.
        candidates: Vec<String>,
    },
    /// An explicit link to an input that does not exist.
    #[error("the link `{link}` names no input; the inputs are {}", list(candidates))]
    UnknownInput {
        /// The link as given.
        link: String,
        /// All inputs.
        candidates: Vec<String>,
    },
    /// An explicit link to an export that does not exist.
    #[error(
        "the link `{link}` names an input that does not export `{name}`{}; it exports {}",
        suggestion(nearest),
        list(candidates)
    )]
    UnknownExport {
        /// The link as given.
        link: String,
        /// The export that is asked for.
        name: String,
        /// The export that is spelled most like it.
        nearest: Option<String>,
        /// All exports of that input.
        candidates: Vec<String>,
    },
    /// An explicit link for an import that does not exist.
    #[error(
        "the link `{link}` names what no other input imports{}; the imports are {}",
        suggestion(nearest),
        list(candidates)
    )]
    UnknownImport {
        /// The link as given.
        link: String,
        /// The import that is spelled most like it.
        nearest: Option<String>,
        /// All imports of all inputs.
        candidates: Vec<String>,
    },
    /// Two explicit links of one import to one input.
    #[error("there are two links of `{import}` to `{input}`; give one")]
    LinkedTwice {
        /// The import.
        import: String,
        /// The input.
        input: String,
    },
    /// Inputs need each other.
    #[error(
        "the inputs form a cycle: {}; one component must exist before the other can be instantiated, so break the \
         cycle by splitting a component or by linking by hand",
        cycle(steps)
    )]
    Cycle {
        /// Importers and what they import from the next one, and the last from the first.
        steps: Vec<(String, String)>,
    },
    /// Two inputs import one name with different types, and no input provides it.
    #[error(
        "`{first}` and `{second}` both import `{import}`, and the result can import it once only, but its types \
         differ: {difference}; provide it by an input, or build both against the same interface"
    )]
    ImportsDiffer {
        /// The import.
        import: String,
        /// An importer.
        first: String,
        /// Another one.
        second: String,
        /// Where the types differ.
        difference: String,
    },
    /// An import that no input provides mentions a type that an input provides.
    #[error(
        "`{input}` imports `{import}`, which no input provides and which mentions a type of `{from}`, which another input \
         provides; an import of the result cannot mention what the result defines, so provide `{import}` as well"
    )]
    TypeInside {
        /// The importer.
        input: String,
        /// The import that no input provides.
        import: String,
        /// The import of the same input that the type comes from.
        from: String,
    },
    /// An import and the export that should satisfy it have different types.
    #[error(
        "`{input}` imports `{import}` and `{provider}` exports `{export}`, but the types differ: {difference}; \
         build both against the same interface"
    )]
    Mismatch {
        /// The importer.
        input: String,
        /// The import.
        import: String,
        /// Who provides it.
        provider: String,
        /// The export.
        export: String,
        /// Where the types differ.
        difference: String,
    },
    /// An import uses a resource of another import that stays open, while its provider has the resource from elsewhere:
    /// usually its provider was composed with the owner of the resource before.
    #[error(
        "`{}` imports `{}`, with a resource that it takes from `{owner}`, and no input exports `{owner}`. \
         `{}` exports `{}` with a resource from elsewhere ({place}): it was probably composed with the component \
         that defines the resource, which is out of reach inside. Fuse all of these components in one step, or compose \
         `{}` so that it exports `{owner}` as well",
        link.input, link.import, link.provider, link.export, link.provider
    )]
    OwnerOpen {
        /// Who imports what from whom.
        link: Box<LinkEnds>,
        /// Where the resources meet.
        place: String,
        /// The import that the resource is taken from.
        owner: String,
    },
    /// An import and its provider have a resource from different components.
    #[error(
        "`{}` imports `{}` and `{}` exports `{}`, but they mean different resources ({place}). Usually the component that \
         defines the resource is there twice: once as an input and once inside of `{}`. Fuse the components in one step, \
         each of them once",
        link.input, link.import, link.provider, link.export, link.provider
    )]
    OtherOwner {
        /// Who imports what from whom.
        link: Box<LinkEnds>,
        /// Where the resources meet.
        place: String,
    },
    /// Two inputs export one name, and no input consumes either.
    #[error(
        "both `{first}` and `{second}` export `{export}`, and the result can export it once only; fuse without one of \
         them, or let a component consume it"
    )]
    ExportedTwice {
        /// The export.
        export: String,
        /// An exporter.
        first: String,
        /// Another one.
        second: String,
    },
    /// Two imports of an input give names to one and the same type. The validator that is used cannot check
    /// the instantiation of such a component.
    #[error(
        "`{input}` imports `{first}` and `{second}` by one type declaration, so that types in them are the same; \
         instantiating such a component is not supported, declare the type of each import by itself"
    )]
    SharedType {
        /// The input.
        input: String,
        /// An import.
        first: String,
        /// Another one.
        second: String,
    },
    /// The type of an import of the root cannot be written out.
    #[error("import `{import}` of `{input}`: its type cannot be written out")]
    Type {
        /// An importer.
        input: String,
        /// The import.
        import: String,
        /// Why.
        source: TypeEncodeError,
    },
    /// The result would import what it may not.
    #[error(
        "the result would have imports that are not allowed: {}; give an input that exports each, or allow them",
        imports.join("; ")
    )]
    ImportsLeft {
        /// What is imported, each in backquotes or in a sentence that says what nearly satisfies it.
        imports: Vec<String>,
        /// Links by hand that would satisfy some of them.
        by_hand: Vec<LinkOverride>,
    },
    /// There are so many inputs that the root cannot have them nested in it, and the type of one cannot be written.
    #[error(
        "the type of `{input}` cannot be written down, which linking inputs with more than 1,000 core modules and \
         components takes; fuse some of them first"
    )]
    InputType {
        /// The input.
        input: String,
        /// Why not.
        source: TypeEncodeError,
    },
    /// The validator refuses the linked component, and no single link is to blame.
    #[error("the inputs do not fit together")]
    Invalid(#[source] Cause),
}

impl LinkError {
    pub(super) fn remedies(&self) -> Vec<Remedy> {
        let link = |import: &str, input: &str| {
            Remedy::Link(LinkOverride { import: import.to_owned(), input: input.to_owned(), export: None })
        };
        match self {
            LinkError::CoreModule { .. } => vec![Remedy::Componentize],
            LinkError::Ambiguous { import, first, second, .. } => vec![link(import, first), link(import, second)],
            LinkError::ImportsLeft { by_hand, .. } => {
                by_hand.iter().cloned().map(Remedy::Link).chain([Remedy::AllowImports]).collect()
            }
            LinkError::Type { source, .. } | LinkError::InputType { source, .. } => source.remedies(),
            _ => Vec::new(),
        }
    }
}

/// An import and the export that is to satisfy it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LinkEnds {
    /// Who imports, as messages show it.
    pub input: String,
    /// The extern name of the import.
    pub import: String,
    /// Who exports, as messages show it.
    pub provider: String,
    /// The extern name of the export.
    pub export: String,
}

fn list(names: &[String]) -> String {
    match names {
        [] => "none".to_owned(),
        names => names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
    }
}

fn suggestion(nearest: &Option<String>) -> String {
    nearest.as_ref().map(|nearest| format!(" (did you mean `{nearest}`?)")).unwrap_or_default()
}

fn cycle(steps: &[(String, String)]) -> String {
    let imports = |((importer, import), (provider, _)): (&(String, String), &(String, String))| {
        format!("`{importer}` imports `{import}` from `{provider}`")
    };
    let next = steps.iter().cycle().skip(1);
    steps.iter().zip(next).map(imports).collect::<Vec<_>>().join(", ")
}
