//! Types of equal structure, merged into one.

use exports::meld::equal_types::{left, right};

wit_bindgen::generate!({ path: "equal-types/world.wit", world: "provider", merge_structurally_equal_types: true });

struct Provider;

impl left::Guest for Provider {
    fn give() -> Vec<left::Shape> {
        let point = |x, y: &str| left::Point { x, y: y.to_string() };
        vec![
            left::Shape::None,
            left::Shape::Dot(point(-1, "a")),
            left::Shape::Line((point(2, "b"), point(i16::MAX, ""))),
        ]
    }
}

impl right::Guest for Provider {
    fn take(shapes: Vec<right::Shape>) -> Vec<right::Place> {
        let points = |shape| match shape {
            right::Shape::Dot(point) => vec![point],
            right::Shape::Line((a, b)) => vec![a, b],
            right::Shape::None => vec![],
        };
        shapes.into_iter().flat_map(points).collect()
    }
}

export!(Provider);
