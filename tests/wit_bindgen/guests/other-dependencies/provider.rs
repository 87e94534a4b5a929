//! Interfaces of a package in another folder.

use exports::meld::other_dependencies::maps;
use exports::other::shapes::measures;
use other::shapes::geometry::{Area, Point};

wit_bindgen::generate!({
    path: ["other-dependencies/other", "other-dependencies/world.wit"],
    world: "meld:other-dependencies/provider",
    generate_all,
});

struct Provider;

impl maps::Guest for Provider {
    fn corners(r: Area) -> Vec<Point> {
        assert!(r.name == "map");
        let Area { from, to, .. } = r;
        vec![from, Point { x: to.x, y: from.y }, to, Point { x: from.x, y: to.y }]
    }
}

impl measures::Guest for Provider {
    fn size(a: Area) -> u64 {
        u64::from(a.from.x.abs_diff(a.to.x)) * u64::from(a.from.y.abs_diff(a.to.y))
    }
}

export!(Provider);
