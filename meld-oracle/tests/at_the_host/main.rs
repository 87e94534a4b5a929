//! What a fused module and its host do with each other, beyond values: calls that come back, exceptions, instantiation.
//!
//! Each module has components of its own, which are run as they are, fused and wrapped, and as a core module, and says what
//! must come of it. The host is written out in each: it does what the generated ones do not.

mod context;
mod donuts;
mod exceptions;
mod one_stack;
mod post_return;
mod reach_on_one_stack;
mod reentrance;
mod start;

use meld_core::options::Protection;
use meld_core::{Fused, Input, Options};

/// The component of a text in the binary format.
fn component(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"))
}

/// Fuses a component, with `change` of the options.
fn fuse(component: &[u8], change: impl FnOnce(&mut Options)) -> Fused {
    let mut options = Options::default();
    change(&mut options);
    let inputs = [Input::new("input", component)];
    meld_core::fuse(&inputs, &options).unwrap_or_else(|error| panic!("{error:?}"))
}

/// Fuses a component and wraps the result.
fn wrapped(component: &[u8], change: impl FnOnce(&mut Options)) -> Vec<u8> {
    let fused = fuse(component, |options| {
        options.component = true;
        change(options);
    });
    fused.component.expect("a component was asked for")
}

/// Changes of options by which the memories of the output differ, with names.
type Placement = (&'static str, fn(&mut Options));

const MEMORIES: [Placement; 3] = [
    ("apart", |_| {}),
    ("one memory", one_memory),
    ("isolated", |options| {
        one_memory(options);
        options.shared().protection = Protection::Isolated;
    }),
];

fn one_memory(options: &mut Options) {
    options.shared().rebase = true;
}
