//! What canonical built-ins have in common.
//!
//! In: a `canon` definition. Out: its keyword in the text format (`Explainer.md`, "Canonical built-ins"), its type immediate and
//! its list of canonical options.

use crate::input::HostBuiltinKind;
use wasmparser::{CanonicalFunction, CanonicalOption, ComponentValType};

/// The keyword of a built-in in the text format.
pub(crate) fn builtin_name(canon: &CanonicalFunction) -> &'static str {
    HostBuiltinKind::of(canon).map_or_else(|name| name, HostBuiltinKind::name)
}

/// The type immediate of a built-in that works on a value of that type: the result of `task.return`, the
/// stream or future type of the others.
pub(crate) fn builtin_type(canon: &CanonicalFunction) -> Option<ComponentValType> {
    match canon {
        CanonicalFunction::TaskReturn { result, .. } => *result,
        CanonicalFunction::StreamNew { ty }
        | CanonicalFunction::StreamRead { ty, .. }
        | CanonicalFunction::StreamWrite { ty, .. }
        | CanonicalFunction::StreamForward { ty }
        | CanonicalFunction::StreamCancelRead { ty, .. }
        | CanonicalFunction::StreamCancelWrite { ty, .. }
        | CanonicalFunction::StreamDropReadable { ty }
        | CanonicalFunction::StreamDropWritable { ty }
        | CanonicalFunction::FutureNew { ty }
        | CanonicalFunction::FutureRead { ty, .. }
        | CanonicalFunction::FutureWrite { ty, .. }
        | CanonicalFunction::FutureForward { ty }
        | CanonicalFunction::FutureCancelRead { ty, .. }
        | CanonicalFunction::FutureCancelWrite { ty, .. }
        | CanonicalFunction::FutureDropReadable { ty }
        | CanonicalFunction::FutureDropWritable { ty } => Some(ComponentValType::Type(*ty)),
        _ => None,
    }
}

/// The list of canonical options of a built-in; `None` for one whose definition has no such list.
pub(crate) fn builtin_options(canon: &CanonicalFunction) -> Option<&[CanonicalOption]> {
    match canon {
        CanonicalFunction::Lift { options, .. }
        | CanonicalFunction::Lower { options, .. }
        | CanonicalFunction::TaskReturn { options, .. }
        | CanonicalFunction::StreamRead { options, .. }
        | CanonicalFunction::StreamWrite { options, .. }
        | CanonicalFunction::FutureRead { options, .. }
        | CanonicalFunction::FutureWrite { options, .. }
        | CanonicalFunction::ErrorContextNew { options }
        | CanonicalFunction::ErrorContextDebugMessage { options } => Some(options),
        _ => None,
    }
}
