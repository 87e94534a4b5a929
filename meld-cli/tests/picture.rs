//! The picture of the README, drawn from the list of its boxes.
//!
//! In: the boxes and the arrows below. Out: `docs/picture.svg`. The test compares the two; `BLESS=1` rewrites the picture.

use std::fmt::Write;

/// A box: left, top, width, height, colour of its ground, and lines of text.
type Box = (i32, i32, i32, i32, &'static str, &'static [&'static str]);

const BOXES: [Box; 8] = [
    // Before: two components, and the engine between them.
    (20, 50, 150, 70, "#dbeafe", &["component", "greeter"]),
    (20, 210, 150, 70, "#dcfce7", &["component", "shouter"]),
    (20, 145, 150, 40, "#fee2e2", &["engine: adapter"]),
    // After: one core module, and everything in it.
    (400, 40, 300, 250, "#f8fafc", &[]),
    (420, 80, 120, 55, "#dbeafe", &["code of", "greeter"]),
    (420, 155, 120, 40, "#fef9c3", &["adapter"]),
    (420, 215, 120, 55, "#dcfce7", &["code of", "shouter"]),
    (190, 145, 110, 40, "#e9d5ff", &["meld fuse"]),
];

/// The memories of the module.
const MEMORIES: [Box; 2] = [
    (570, 80, 110, 55, "#dbeafe", &["memory of", "greeter"]),
    (570, 215, 110, 55, "#dcfce7", &["memory of", "shouter"]),
];

/// From a point to a point.
const ARROWS: [[i32; 4]; 8] = [
    [95, 120, 95, 143],
    [95, 185, 95, 208],
    [170, 165, 188, 165],
    [300, 165, 398, 165],
    [480, 135, 480, 153],
    [480, 195, 480, 213],
    [540, 170, 600, 137],
    [540, 180, 600, 213],
];

const TITLES: [(i32, &str); 2] = [(95, "two components"), (550, "one core module")];

fn picture() -> String {
    let mut svg = String::from(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 720 310\" font-family=\"sans-serif\" font-size=\"15\">\n\
         <title>meld fuses two components and the adapters between them into one core module</title>\n\
         <defs><marker id=\"head\" markerWidth=\"8\" markerHeight=\"8\" refX=\"7\" refY=\"4\" orient=\"auto\">\
         <path d=\"M0,0 L8,4 L0,8 z\" fill=\"#334155\"/></marker></defs>\n\
         <rect width=\"720\" height=\"310\" fill=\"#ffffff\"/>\n",
    );
    for (x, title) in TITLES {
        writeln!(svg, "<text x=\"{x}\" y=\"28\" text-anchor=\"middle\" font-weight=\"bold\">{title}</text>").unwrap();
    }
    for (x, y, width, height, colour, lines) in BOXES.iter().chain(&MEMORIES) {
        writeln!(
            svg,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"6\" fill=\"{colour}\" stroke=\"#334155\"/>"
        )
        .unwrap();
        let first = y + height / 2 + 5 - 9 * (i32::try_from(lines.len()).unwrap() - 1);
        for (line, y) in lines.iter().zip((first..).step_by(18)) {
            let x = x + width / 2;
            writeln!(svg, "<text x=\"{x}\" y=\"{y}\" text-anchor=\"middle\">{line}</text>").unwrap();
        }
    }
    for [x1, y1, x2, y2] in ARROWS {
        writeln!(
            svg,
            "<line x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\" stroke=\"#334155\" stroke-width=\"1.5\" marker-end=\"url(#head)\"/>"
        )
        .unwrap();
    }
    svg + "</svg>\n"
}

#[test]
fn the_picture_is_what_is_drawn_here() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/picture.svg");
    let picture = picture();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, &picture).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(written == picture, "docs/picture.svg is not what this test draws; BLESS=1 rewrites it");
}
