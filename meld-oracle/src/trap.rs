//! Which trap is which: the texts that suites and wasmtime use, and the classes of a fused module.
//!
//! In: the text that a trap has in the unfused form, and the text that it has after fusing. Out: whether they
//! say the same. A fused module traps inside functions named `cabi-trap:<class>`, which the text of a trap
//! shows in its frames; at the boundary to the host it is the component's host that traps, in its own words.

use meld_core::unstable::synth::TrapClass as C;

/// Texts of the unfused form, each with the classes that mean the same. Where wasmtime has one text for what
/// a guest passes and for what its realloc returns, so must we.
const TEXTS: &[(&str, &[C])] = &[
    ("string content out-of-bounds", &[C::StringOutOfBounds, C::PointerOutOfBounds, C::ReallocOutOfBounds]),
    ("string pointer/length out of bounds", &[C::StringOutOfBounds, C::PointerOutOfBounds]),
    ("string pointer not aligned", &[C::PointerUnaligned]),
    ("list content out-of-bounds", &[C::ListOutOfBounds, C::PointerOutOfBounds, C::ReallocOutOfBounds]),
    ("list pointer/length out of bounds", &[C::ListOutOfBounds, C::PointerOutOfBounds]),
    ("list pointer is not aligned", &[C::PointerUnaligned]),
    ("host: string too long", &[C::StringTooLong]),
    ("host: list too long", &[C::ListTooLong]),
    ("realloc return: beyond end of memory", &[C::ReallocOutOfBounds]),
    ("realloc return: result not aligned", &[C::ReallocUnaligned]),
    ("unaligned pointer", &[C::PointerUnaligned, C::ReallocUnaligned]),
    ("pointer not aligned", &[C::PointerUnaligned]),
    (
        "pointer out of bounds",
        &[C::PointerOutOfBounds, C::StringOutOfBounds, C::ListOutOfBounds, C::ReallocOutOfBounds],
    ),
    // Wasmtime does not check a return pointer but for its alignment, and leaves the rest to the store.
    ("out of bounds memory access", &[C::PointerOutOfBounds]),
    ("`char` bit pattern", &[C::Char]),
    ("char value out of valid range", &[C::Char]),
    ("out of range for `char`", &[C::Char]),
    ("variant discriminant", &[C::Discriminant]),
    ("discriminant", &[C::Discriminant]),
    ("out of range [0..", &[C::Discriminant]),
    ("invalid utf-8", &[C::Utf8]),
    ("invalid utf8", &[C::Utf8]),
    ("incomplete utf-8", &[C::Utf8]),
    ("invalid utf-16", &[C::Utf16]),
    ("invalid utf16", &[C::Utf16]),
    ("unpaired surrogate", &[C::Utf16]),
    ("cannot leave component instance", &[C::MayLeave]),
    ("cannot enter component instance", &[C::MayEnter]),
    ("backpressure counter", &[C::Backpressure]),
    ("unknown handle index", &[C::HandleUnknown]),
    ("used with the wrong type", &[C::HandleType, C::HandleNotOwn]),
    ("cannot lift own resource from a borrow", &[C::HandleNotOwn]),
    ("cannot remove owned resource while borrowed", &[C::HandleLent]),
    ("borrow handles still remain", &[C::BorrowLeak]),
    ("uncaught exception propagated", &[C::UncaughtException]),
    ("thrown Wasm exception", &[C::UncaughtException]),
    ("async-lifted export failed to produce a result", &[C::TaskState]),
    ("`task.cancel` called by task which has not been cancelled", &[C::TaskState]),
    ("`task.return` or `task.cancel` called more than once", &[C::TaskState]),
    ("invalid `task.return` signature and/or options", &[C::TaskState]),
    ("`subtask.cancel` called after terminal status", &[C::TaskState]),
    ("cannot drop a subtask which has not yet resolved", &[C::TaskState]),
    ("cannot block a synchronous task before returning", &[C::TaskState, C::NestedWait]),
    ("cannot drop waitable set with waiters", &[C::Waitable]),
    ("waitable cannot be used synchronously while added to a waitable set", &[C::Waitable]),
    ("unsupported callback code", &[C::CallbackCode]),
    ("deadlock detected", &[C::Deadlock, C::NestedWait]),
    ("cannot have concurrent operations active on a future/stream", &[C::CopyState]),
    ("cannot remove busy", &[C::CopyState]),
    ("after being notified that the writable end dropped", &[C::CopyState]),
    ("cancelled when no read is pending", &[C::CopyState]),
    ("cannot drop future write end without first writing a value", &[C::CopyState]),
    ("cannot write to future after previous write succeeded", &[C::CopyState]),
    ("cannot read from future after previous read succeeded", &[C::CopyState]),
    ("handle is not a", &[C::HandleType]),
];

/// The specification allows strings and lists of 2^28 - 1 bytes, wasmtime far more: a call that traps either
/// way may trap for this reason first.
const LIMITS: &[C] = &[C::StringTooLong, C::ListTooLong];

/// Whether a trap that reads `actual` after fusing is the trap that `expected` names: the text of an assertion
/// or the trap of the unfused form. A text that is not about the canonical ABI must be found again as it is,
/// and the trap must not be one of the canonical ABI.
pub fn same_trap(expected: &str, actual: &str) -> bool {
    let (wanted, found) = (classes(expected), classes(actual));
    if found.iter().any(|class| LIMITS.contains(class)) {
        return true;
    }
    match (wanted.is_empty(), found.is_empty()) {
        (false, false) => wanted.iter().any(|class| found.contains(class)),
        (true, true) => actual.contains(strip(expected)),
        _ => false,
    }
}

/// All classes that the text of a trap could mean.
fn classes(text: &str) -> Vec<C> {
    if let Some(class) = class(text) {
        return vec![class];
    }
    let known = TEXTS.iter().filter(|(known, _)| text.contains(known));
    known.flat_map(|(_, classes)| classes.iter().copied()).collect()
}

/// The class that a trap's frames name.
pub fn class(text: &str) -> Option<C> {
    let name = text.split("cabi-trap:").nth(1)?;
    C::ALL
        .into_iter()
        .filter(|class| name.starts_with(class.name()))
        // One class's name may be the start of another's.
        .max_by_key(|class| class.name().len())
}

/// The last cause in the text of an error with its frames: what happened, not where.
pub fn cause(text: &str) -> &str {
    let text = text.trim().trim_end_matches('\'');
    text.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or(text)
}

/// The part of a suite's text that does not depend on the host.
fn strip(expected: &str) -> &str {
    expected.trim_start_matches("wasm trap: ")
}

#[cfg(test)]
mod tests {
    use super::same_trap;

    #[test]
    fn classes() {
        let frames = "error while executing\n 0: 0x1 - fused!cabi-trap:char\n wasm `unreachable` instruction executed";
        assert!(same_trap("invalid `char` bit pattern", frames));
        assert!(!same_trap("invalid variant discriminant", frames));
        assert!(!same_trap("unreachable", frames));
        assert!(same_trap("unreachable", "wasm trap: wasm `unreachable` instruction executed"));
        assert!(!same_trap("unknown handle index 1", "wasm `unreachable` instruction executed"));
    }
}
