//! Boxes each value of the leaf in a resource of its own, and shifts what goes through by one or ten.

use exports::meld::resource_import_and_export::values::{Guest as ValuesGuest, GuestValue, Value, ValueBorrow};
use meld::resource_import_and_export::values as inner;

wit_bindgen::generate!({ path: "resource-import-and-export/world.wit", world: "middle" });

struct Middle;
struct Boxed(inner::Value);

impl Guest for Middle {
    fn toplevel_add(a: u32, b: u32) -> u32 {
        inner::Value::add(inner::Value::new(a), inner::Value::new(b)).get()
    }
}

impl ValuesGuest for Middle {
    type Value = Boxed;

    fn dropped() -> u32 {
        inner::dropped()
    }
}

impl GuestValue for Boxed {
    fn new(n: u32) -> Self {
        Boxed(inner::Value::new(n + 1))
    }

    fn get(&self) -> u32 {
        self.0.get() + 10
    }

    fn set(&self, n: u32) {
        self.0.set(n + 1);
    }

    fn add(a: Value, b: Value) -> Value {
        let (a, b) = (a.into_inner::<Boxed>(), b.into_inner::<Boxed>());
        Value::new(Boxed(inner::Value::add(a.0, b.0)))
    }

    fn same_as(&self, other: ValueBorrow<'_>) -> bool {
        self.0.same_as(&other.get::<Boxed>().0)
    }
}

export!(Middle);
