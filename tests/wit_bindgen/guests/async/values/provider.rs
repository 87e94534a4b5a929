//! Gives back what it gets.

use exports::meld::values::{echo::*, memory};
use wit_bindgen::yield_async;

wit_bindgen::generate!({ path: "values/world.wit", world: "provider" });

guests::count_allocations!();

struct Provider;

async fn pause(wait: bool) {
    if wait {
        yield_async().await;
    }
}

impl Guest for Provider {
    async fn scalars(wait: bool, a: u8, b: i8, c: u16) -> (u8, i8, u16) {
        pause(wait).await;
        (a, b, c)
    }

    async fn more_scalars(
        wait: bool,
        a: u32,
        b: i32,
        c: u64,
        d: i64,
        e: f32,
        f: f64,
        g: char,
    ) -> (u32, i32, u64, i64, f32, f64, char) {
        pause(wait).await;
        (a, b, c, d, e, f, g)
    }

    async fn text(wait: bool, v: String) -> String {
        pause(wait).await;
        v
    }

    async fn numbers(wait: bool, v: Vec<u16>) -> Vec<u16> {
        pause(wait).await;
        v
    }

    async fn texts(wait: bool, v: Vec<String>) -> Vec<String> {
        pause(wait).await;
        v
    }

    async fn a_record(wait: bool, v: Nested) -> Nested {
        pause(wait).await;
        v
    }

    async fn a_variant(wait: bool, v: Shape) -> Shape {
        pause(wait).await;
        v
    }

    async fn an_option(wait: bool, v: Option<Option<u32>>) -> Option<Option<u32>> {
        pause(wait).await;
        v
    }

    async fn a_result(wait: bool, v: Result<String, Color>) -> Result<String, Color> {
        pause(wait).await;
        v
    }

    async fn small(wait: bool, c: Color, a: Access) -> (Color, Access) {
        pause(wait).await;
        (c, a)
    }

    async fn a_wide_record(wait: bool, v: Wide) -> Wide {
        pause(wait).await;
        v
    }

    async fn nothing(wait: bool) {
        pause(wait).await;
    }

    async fn fallible(wait: bool, fail: bool) -> Result<(), ()> {
        pause(wait).await;
        if fail { Err(()) } else { Ok(()) }
    }
}

impl memory::Guest for Provider {
    fn live_bytes() -> u32 {
        guests::live_bytes()
    }
}

export!(Provider);
