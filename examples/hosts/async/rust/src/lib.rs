//! A host of fused core modules with asynchronous functions, on wasmi: what `docs/core-abi.md` asks of a host, and no more.
//!
//! In: a core module and its interface description (`meld fuse --interface`), and functions of the host. Out: a [`Kit`], whose
//! exports are called as tasks and which runs until nothing is left to do. It has one table of waitables, as a component instance has; timers; and
//! streams of bytes from the host and to it. Values of functions are core values, and the bytes of a result: what lifting and lowering take is written in
//! the document, and `examples/hosts/js` has it. The kit keeps no resources.
//!
//! A call of an asynchronous function of the host that was lowered without `async`, and a built-in that waits, run the
//! timers of the host until they can go on. No other task is entered meanwhile: the instance has one lock.

mod builtins;
mod copies;
mod host;
mod run;
mod state;

pub use host::{Answer, Host, Source};
pub use run::{Functions, Kit, Task};
pub use wasmi;
pub use wasmi::{Error, Val};

/// An error of the kit: a trap that the Canonical ABI prescribes, or something that it does not do.
fn fault<T>(why: impl Into<String>) -> Result<T, Error> {
    Err(Error::new(why.into()))
}
