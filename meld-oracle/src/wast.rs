//! `.wast` scripts as a judge: run as they are, then with every component fused, and compared.
//!
//! In: a script. Out: a [`Report`] with one [`Entry`] per directive. Each component directive is encoded,
//! fused and wrapped, and spliced back as a binary component under its own name; all other directives stand
//! as they are. The script runs twice: the first time unfused, and only what passes then counts the second
//! time. Directives run one by one in one `WastContext`, so that one failure does not hide the next.
//! Rejected: rewriting a whole script as text and asking for its first error (one failure a file), and an
//! interpreter of our own for directives (wasmtime's is the one that the suites are written for).

mod class;
mod directive;
mod forms;
mod nyi;
mod report;
mod run;

pub use class::Class;
pub use directive::{Directive, Subject};
pub use forms::{Form, forms};
pub use nyi::Nyi;
pub use report::{Entry, Kind, Report, Status, table};
pub use run::{Fuser, IDENTITY, MELD, MELD_ACCEPTED, MELD_MOVED, MELD_SHARED, MELD_SHARED_UNCHECKED, run_script};
