//! The floats of the leaf, each in a box of this component's own.

use exports::meld::resource_floats::floats::{Float, Guest, GuestFloat};
use meld::resource_floats::floats as inner;

wit_bindgen::generate!({ path: "resource_floats/world.wit", world: "middle" });

struct Middle;
struct Boxed(inner::Float);

impl Guest for Middle {
    type Float = Boxed;
}

impl GuestFloat for Boxed {
    fn new(v: f64) -> Self {
        Boxed(inner::Float::new(v + 10.0))
    }

    fn get(&self) -> f64 {
        self.0.get() + 30.0
    }

    fn add(a: Float, b: f64) -> Float {
        Float::new(Boxed(inner::Float::add(a.into_inner::<Boxed>().0, b + 60.0)))
    }
}

export!(Middle);
