//! The host: it satisfies any import, answers the same way every time, and writes down what it was asked.
//!
//! In: a component, or a fused core module with its interface. Out: a [`Guest`] that can be called. Answers
//! depend on the seed, the function's name and how often the host was asked, so two forms of one composition
//! get the same answers exactly as long as they ask the same questions in the same order.

mod component;
mod recorder;

pub(crate) use component::GUEST_RESOURCES;
pub use component::{ComponentCode, ComponentGuest};
pub use recorder::{Event, Recorder};

use crate::trap;
use crate::ty::FuncTy;
use crate::value::Value;

/// A running guest, in whatever form.
pub trait Guest {
    /// Functions that it exports.
    fn exports(&self) -> &[ExportFunc];

    /// Calls the export at `path`.
    fn call(&mut self, path: &[String], args: &[Value]) -> Result<Option<Value>, Trap>;

    /// Drops a handle that the host owns.
    fn drop_handle(&mut self, id: u32) -> Result<(), Trap>;

    /// What the host has seen.
    fn recorder(&mut self) -> &mut Recorder;
}

/// Calls the function `name` of the root, from and to numbers, and gives its result, or why it trapped.
pub fn call_with_numbers(guest: &mut impl Guest, name: &str, args: &[u32]) -> Result<u32, String> {
    let args: Vec<Value> = args.iter().map(|&arg| Value::U32(arg)).collect();
    match guest.call(&[name.to_owned()], &args) {
        Ok(Some(Value::U32(value))) => Ok(value),
        Ok(other) => panic!("{name}: {other:?}"),
        Err(trap) => Err(trap.0),
    }
}

/// A function that a guest exports.
#[derive(Debug, Clone)]
pub struct ExportFunc {
    /// Export names, from the root inwards.
    pub path: Vec<String>,
    /// Its type.
    pub ty: FuncTy,
}

/// A trap: its text with frames.
#[derive(Debug, Clone)]
pub struct Trap(pub String);

impl Trap {
    /// Whether `found`, of a fused form, is this trap, of the input.
    pub fn is_same(&self, found: &Trap) -> bool {
        trap::same_trap(trap::cause(&self.0), &found.0)
    }
}

impl From<wasmtime::Error> for Trap {
    fn from(error: wasmtime::Error) -> Trap {
        Trap(format!("{error:?}"))
    }
}

/// Why a guest does not run.
#[derive(Debug, Clone)]
pub enum NoStart {
    /// It trapped on the way.
    Trap(Trap),
    /// It cannot be instantiated under this host: an import that the host cannot provide, a type without values.
    Unfit(String),
}

impl NoStart {
    /// An error of instantiation.
    pub(crate) fn of(error: wasmtime::Error) -> NoStart {
        // What is raised while code runs has that code's frames with it.
        if error.is::<wasmtime::Trap>() || error.is::<wasmtime::WasmBacktrace>() {
            NoStart::Trap(Trap::from(error))
        } else {
            NoStart::Unfit(format!("{error:?}"))
        }
    }

    /// Any other error on the way.
    pub(crate) fn unfit(error: impl std::fmt::Debug) -> NoStart {
        NoStart::Unfit(format!("{error:?}"))
    }
}

/// The name under which the trace lists an imported function.
pub(crate) fn trace_name(import: &str, path: &[String]) -> String {
    std::iter::once(import).chain(path.iter().map(String::as_str)).collect::<Vec<_>>().join("#")
}
