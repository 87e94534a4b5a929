//! Uses both packages' interfaces on the same values.

use meld::other_dependencies::maps::corners;
use other::shapes::geometry::{Area, Point};
use other::shapes::measures::size;

wit_bindgen::generate!({
    path: ["other-dependencies/other", "other-dependencies/world.wit"],
    world: "meld:other-dependencies/runner",
    generate_all,
});

struct Runner;

impl Guest for Runner {
    fn run() {
        let area = Area { from: Point { x: -2, y: 1 }, to: Point { x: 3, y: 11 }, name: "map".to_string() };
        assert!(size(&area) == 50);
        let corners: Vec<(i32, i32)> = corners(&area).iter().map(|point| (point.x, point.y)).collect();
        assert!(corners == [(-2, 1), (3, 1), (3, 11), (-2, 11)]);
        let whole = Area {
            from: Point { x: i32::MIN, y: i32::MIN },
            to: Point { x: i32::MAX, y: i32::MAX },
            name: String::new(),
        };
        assert!(size(&whole) == u64::from(u32::MAX) * u64::from(u32::MAX));
    }
}

export!(Runner);
