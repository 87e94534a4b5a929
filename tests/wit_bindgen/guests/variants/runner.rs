//! Every case of every variant, alone, in lists and inside records.

use meld::variants::cases::*;

wit_bindgen::generate!({ path: "variants/world.wit", world: "runner" });

struct Runner;

impl Guest for Runner {
    fn run() {
        assert!(next(Suit::Clubs) == Suit::Diamonds);
        assert!(next(Suit::Diamonds) == Suit::Hearts);
        assert!(next(Suit::Hearts) == Suit::Spades);
        assert!(next(Suit::Spades) == Suit::Clubs);

        for n in numbers() {
            assert!(same(&echo_number(n), &n));
            let Named { name, value } = echo_named(&Named { name: "named".to_string(), value: n });
            assert!(name == "named" && same(&value, &n));
        }
        let all = echo_all(&numbers());
        assert!(all.len() == numbers().len());
        assert!(all.iter().zip(&numbers()).all(|(a, b)| same(a, b)));

        let mut n = Number::Nothing;
        n = rotate(n);
        assert!(same(&n, &Number::Byte(0xff)));
        n = rotate(n);
        assert!(same(&n, &Number::Word(0xff00_0000)));
        n = rotate(n);
        assert!(same(&n, &Number::Long(-0xff00_0000)));
        n = rotate(n);
        assert!(same(&n, &Number::Single(-4_278_190_080.0)));
        n = rotate(n);
        assert!(same(&n, &Number::Double(-4_278_190_080.0)));
        n = rotate(n);
        assert!(same(&n, &Number::Letter('−')));
        n = rotate(n);
        assert!(same(&n, &Number::Truth(true)));
        n = rotate(n);
        assert!(same(&n, &Number::Nothing));

        assert!(matches!(echo_shape(&Shape::Circle(0.1)), Shape::Circle(0.1)));
        assert!(matches!(echo_shape(&Shape::Dot), Shape::Dot));
        assert!(matches!(echo_shape(&Shape::Label("étiquette".to_string())), Shape::Label(s) if s == "étiquette"));
        let corners = vec![(0.0, 0.5), (1.0, -0.5), (2.0, 8.0)];
        assert!(matches!(echo_shape(&Shape::Polygon(corners.clone())), Shape::Polygon(back) if back == corners));
        let Shape::Group(group) = echo_shape(&group()) else { panic!() };
        assert!(group.len() == 2);
        assert!(group[0].name == "first" && same(&group[0].value, &Number::Double(f64::MAX)));
        assert!(group[1].name == "second" && same(&group[1].value, &Number::Nothing));

        let shapes =
            [Shape::Dot, self::group(), Shape::Circle(2.5), Shape::Label(String::new()), Shape::Polygon(corners)];
        assert!(names(&shapes) == ["dot", "first+second", "circle 2.5", "", "polygon 3"]);
    }
}

fn numbers() -> [Number; 9] {
    [
        Number::Nothing,
        Number::Byte(0xfe),
        Number::Word(0x8000_0001),
        Number::Long(i64::MIN + 1),
        Number::Single(-1.25),
        Number::Double(1.0e-200),
        Number::Letter('🂡'),
        Number::Truth(true),
        Number::Truth(false),
    ]
}

fn group() -> Shape {
    Shape::Group(vec![
        Named { name: "first".to_string(), value: Number::Double(f64::MAX) },
        Named { name: "second".to_string(), value: Number::Nothing },
    ])
}

/// Equality of cases and of payload bits.
fn same(a: &Number, b: &Number) -> bool {
    match (a, b) {
        (Number::Nothing, Number::Nothing) => true,
        (Number::Byte(a), Number::Byte(b)) => a == b,
        (Number::Word(a), Number::Word(b)) => a == b,
        (Number::Long(a), Number::Long(b)) => a == b,
        (Number::Single(a), Number::Single(b)) => a.to_bits() == b.to_bits(),
        (Number::Double(a), Number::Double(b)) => a.to_bits() == b.to_bits(),
        (Number::Letter(a), Number::Letter(b)) => a == b,
        (Number::Truth(a), Number::Truth(b)) => a == b,
        _ => false,
    }
}

export!(Runner);
