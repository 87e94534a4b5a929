//! Types of this crate in the place of generated ones.

use meld::with_types::colors::{Gradient, mix, steps};

/// As the bindings would make it, with what they would not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MyColor {
    pub r: u8,
    pub g: u8,
    pub b: u8,
}

wit_bindgen::generate!({
    path: "with-types/world.wit",
    world: "runner",
    with: { "meld:with-types/colors/color": crate::MyColor },
});

use meld::with_types::colors::Blend;

struct Runner;

impl Guest for Runner {
    fn run() {
        let (red, grey) = (MyColor { r: 200, g: 0, b: 1 }, MyColor { r: 100, g: 100, b: 100 });
        assert!(mix(red, grey, Blend::Add) == MyColor { r: 255, g: 100, b: 101 });
        assert!(mix(red, grey, Blend::Screen) == MyColor { r: 200, g: 100, b: 100 });
        let black = MyColor { r: 0, g: 0, b: 0 };
        let gradient = Gradient { stops: vec![red, black, grey], name: "dawn".to_string() };
        assert!(steps(&gradient) == [red, grey]);
    }
}

export!(Runner);
