//! Variants whose payloads share their flat places, and enums.

use exports::meld::variants::cases::*;

wit_bindgen::generate!({ path: "variants/world.wit", world: "provider" });

struct Provider;

impl Guest for Provider {
    fn next(s: Suit) -> Suit {
        match s {
            Suit::Clubs => Suit::Diamonds,
            Suit::Diamonds => Suit::Hearts,
            Suit::Hearts => Suit::Spades,
            Suit::Spades => Suit::Clubs,
        }
    }

    fn echo_number(n: Number) -> Number {
        n
    }

    fn rotate(n: Number) -> Number {
        match n {
            Number::Nothing => Number::Byte(0xff),
            Number::Byte(x) => Number::Word(u32::from(x) << 24),
            Number::Word(x) => Number::Long(-i64::from(x)),
            Number::Long(x) => Number::Single(x as f32),
            Number::Single(x) => Number::Double(f64::from(x)),
            Number::Double(x) => Number::Letter(if x < 0.0 { '−' } else { '＋' }),
            Number::Letter(x) => Number::Truth(x == '−'),
            Number::Truth(_) => Number::Nothing,
        }
    }

    fn echo_shape(s: Shape) -> Shape {
        s
    }

    fn echo_named(n: Named) -> Named {
        n
    }

    fn echo_all(xs: Vec<Number>) -> Vec<Number> {
        xs
    }

    fn names(xs: Vec<Shape>) -> Vec<String> {
        let name = |shape| match shape {
            Shape::Circle(radius) => format!("circle {radius}"),
            Shape::Polygon(corners) => format!("polygon {}", corners.len()),
            Shape::Label(text) => text,
            Shape::Group(members) => members.into_iter().map(|member| member.name).collect::<Vec<_>>().join("+"),
            Shape::Dot => "dot".to_string(),
        };
        xs.into_iter().map(name).collect()
    }
}

export!(Provider);
