//! Colors.

use exports::meld::with_types::colors::{Blend, Color, Gradient, Guest};

wit_bindgen::generate!({ path: "with-types/world.wit", world: "provider" });

struct Provider;

impl Guest for Provider {
    fn mix(a: Color, b: Color, how: Blend) -> Color {
        let mix = |a: u8, b: u8| match how {
            Blend::Add => a.saturating_add(b),
            Blend::Screen => a.max(b),
        };
        Color { r: mix(a.r, b.r), g: mix(a.g, b.g), b: mix(a.b, b.b) }
    }

    fn steps(g: Gradient) -> Vec<Color> {
        assert!(g.name == "dawn");
        g.stops.windows(2).map(|pair| Self::mix(pair[0], pair[1], Blend::Add)).collect()
    }
}

export!(Provider);
