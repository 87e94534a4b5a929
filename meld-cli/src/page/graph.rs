//! The graph of components.
//!
//! In: a [`View`]. Out: an SVG: a box for each component instance and one for the host, an arrow for each pair that calls, in the colour of
//! the lowering that does most. `layout-rs` places them in layers.

use super::html::escape;
use super::view::{Component, View, class, heaviest, shown};
use crate::words::{count, size};
use anyhow::{Result, bail};
use indexmap::IndexMap;
use layout::core::base::Orientation;
use layout::core::format::{ClipHandle, RenderBackend};
use layout::core::geometry::Point;
use layout::core::style::StyleAttr;
use layout::std_shapes::shapes::{Arrow, Element, ShapeKind};
use layout::topo::layout::VisualGraph;
use meld_core::report::Boundary;
use std::fmt::Write;

/// Width of a letter and height of a line, in pixels.
const LETTER: f64 = 7.8;
const LINE: f64 = 17.0;
/// More boxes than these are not a picture, and take long to place.
const MOST: usize = 200;

/// The graph for the page; a sentence where there is none.
pub(super) fn svg(view: &View<'_>) -> String {
    match drawn(view) {
        Ok(canvas) => canvas.finish(None),
        Err(why) => format!("<p>{why}.</p>"),
    }
}

/// The graph as a file of its own, with the style sheet that the page has.
pub(super) fn picture(view: &View<'_>, style: &str) -> Result<String> {
    Ok(drawn(view)?.finish(Some(style)))
}

/// The graph for Graphviz.
pub(super) fn dot(view: &View<'_>) -> String {
    let quoted = |text: &str| format!("{:?}", text);
    let mut dot = "digraph components {\n  node [shape=box];\n".to_owned();
    for (path, component) in &view.components {
        let label = format!("{}\n{}", shown(path), described(component));
        let _ = writeln!(dot, "  {} [label={}];", quoted(shown(path)), quoted(&label));
    }
    if view.edges.keys().any(|(_, callee)| callee.is_none()) {
        // A component cannot have this name: paths have no spaces at their ends.
        let _ = writeln!(dot, "  \"host \" [label=\"host\", style=dashed];");
    }
    for ((caller, callee), boundaries) in &view.edges {
        let functions = count(boundaries.len(), "function", "functions");
        let label = format!("{functions}\n{}", heaviest(boundaries));
        let callee = callee.map_or("host ", shown);
        let _ = writeln!(dot, "  {} -> {} [label={}];", quoted(shown(caller)), quoted(callee), quoted(&label));
    }
    dot + "}\n"
}

fn drawn(view: &View<'_>) -> Result<Canvas> {
    if view.components.is_empty() {
        bail!("There is no component with code");
    }
    if view.components.len() > MOST {
        bail!("{} component instances are too many for a picture", view.components.len());
    }
    let mut graph = VisualGraph::new(Orientation::TopToBottom);
    let mut boxes = IndexMap::new();
    for (number, (path, component)) in view.components.iter().enumerate() {
        let lines = [shown(path).to_owned(), described(component)];
        let kept = if component.kept { " kept" } else { "" };
        let name = escape(shown(path));
        let properties = format!("class=\"node{kept}\" data-component=\"{name}\" style=\"--hue:{}\"", hue(number));
        boxes.insert(Some(*path), graph.add_node(element(&lines, properties)));
    }
    if view.edges.keys().any(|(_, callee)| callee.is_none()) {
        let lines = ["host".to_owned(), "imports of the result".to_owned()];
        let properties = "class=\"node outside\" data-component=\"host\"".to_owned();
        boxes.insert(None, graph.add_node(element(&lines, properties)));
    }
    for ((caller, callee), boundaries) in &view.edges {
        graph.add_edge(arrow(caller, callee.map_or("host", shown), boundaries), boxes[&Some(*caller)], boxes[callee]);
    }
    let mut canvas = Canvas::default();
    graph.do_it(false, false, false, &mut canvas);
    Ok(canvas)
}

/// An arrow for the functions of a component that another one calls.
fn arrow(caller: &str, callee: &str, boundaries: &[&Boundary]) -> Arrow {
    let text = format!("{} → {callee}: {}", shown(caller), count(boundaries.len(), "function", "functions"));
    let properties = format!(
        "class=\"edge {}\" data-caller=\"{}\" data-callee=\"{}\" data-title=\"{}\"",
        class(heaviest(boundaries)),
        escape(shown(caller)),
        escape(callee),
        escape(&text)
    );
    let mut arrow = Arrow::simple_with_properties("", properties);
    arrow.look.line_width = (1 + boundaries.len().ilog2() as usize).min(4);
    arrow
}

/// Colour of the component with this number: hues that stay apart.
pub(super) fn hue(number: usize) -> usize {
    // The golden angle.
    (number * 137 + 210) % 360
}

fn described(component: &Component) -> String {
    let functions = count(component.functions, "function", "functions");
    match component.bytes {
        0 => functions,
        bytes => format!("{}, {functions}", size(bytes as u64)),
    }
}

fn element(lines: &[String], properties: String) -> Element {
    let letters = lines.iter().map(|line| line.chars().count()).max().unwrap_or_default();
    let place = Point::new(letters as f64 * LETTER + 26.0, lines.len() as f64 * LINE + 18.0);
    let shape = ShapeKind::new_box(&lines.join("\n"));
    Element::create_with_properties(shape, StyleAttr::simple(), Orientation::TopToBottom, place, properties)
}

/// Draws in SVG, with classes for the style sheet of the page instead of colours.
#[derive(Default)]
struct Canvas {
    arrows: String,
    boxes: String,
    width: f64,
    height: f64,
}

impl Canvas {
    fn reach(&mut self, x: f64, y: f64) {
        self.width = self.width.max(x + 12.0);
        self.height = self.height.max(y + 12.0);
    }

    fn finish(self, style: Option<&str>) -> String {
        let Canvas { arrows, boxes, width, height } = self;
        let style = style.map_or(String::new(), |style| format!("<style>{style}</style>"));
        format!(
            "<svg class=\"graph\" role=\"img\" aria-label=\"graph of components\" viewBox=\"0 0 {width:.0} {height:.0}\" \
             width=\"{width:.0}\" height=\"{height:.0}\" xmlns=\"http://www.w3.org/2000/svg\">\
             {style}<defs><marker id=\"tip\" viewBox=\"0 0 10 8\" refX=\"9\" refY=\"4\" markerWidth=\"10\" markerHeight=\"8\" \
             markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path d=\"M0 0 10 4 0 8z\" fill=\"context-stroke\"/></marker></defs>\
             {arrows}{boxes}</svg>"
        )
    }
}

impl RenderBackend for Canvas {
    fn draw_rect(&mut self, xy: Point, size: Point, _: &StyleAttr, properties: Option<String>, _: Option<ClipHandle>) {
        self.reach(xy.x + size.x, xy.y + size.y);
        let properties = properties.unwrap_or_default();
        let _ = write!(
            self.boxes,
            "<g tabindex=\"0\" {properties}><rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"7\"/></g>",
            xy.x, xy.y, size.x, size.y
        );
    }

    fn draw_line(&mut self, _: Point, _: Point, _: &StyleAttr, _: Option<String>) {
        unreachable!("only records have lines");
    }

    fn draw_circle(&mut self, _: Point, _: Point, _: &StyleAttr, _: Option<String>) {
        unreachable!("no shape is a circle");
    }

    fn draw_text(&mut self, xy: Point, text: &str, _: &StyleAttr) {
        let lines = text.lines().count() as f64;
        for (line, text) in text.lines().enumerate() {
            let y = xy.y + (line as f64 - (lines - 1.0) / 2.0) * LINE;
            let class = if line == 0 { "name" } else { "detail" };
            let _ =
                write!(self.boxes, "<text class=\"{class}\" x=\"{:.1}\" y=\"{y:.1}\">{}</text>", xy.x, escape(text));
        }
    }

    fn draw_arrow(
        &mut self,
        path: &[(Point, Point)],
        _: bool,
        _: (bool, bool),
        look: &StyleAttr,
        properties: Option<String>,
        _: &str,
    ) {
        for (at, control) in path {
            self.reach(at.x.max(control.x), at.y.max(control.y));
        }
        let mut line = String::new();
        for (i, (a, b)) in path.iter().enumerate() {
            let begin = match i {
                0 => format!("M{:.1} {:.1}C{:.1} {:.1}", a.x, a.y, b.x, b.y),
                1 => format!(" {:.1} {:.1} {:.1} {:.1}", a.x, a.y, b.x, b.y),
                _ => format!("S{:.1} {:.1} {:.1} {:.1}", a.x, a.y, b.x, b.y),
            };
            line.push_str(&begin);
        }
        let properties = properties.unwrap_or_default();
        let title =
            properties.split("data-title=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
        let _ = write!(
            self.arrows,
            "<g tabindex=\"0\" {properties}><title>{title}</title><path class=\"hit\" d=\"{line}\"/>\
             <path d=\"{line}\" stroke-width=\"{}\" marker-end=\"url(#tip)\"/></g>",
            look.line_width
        );
    }

    fn create_clip(&mut self, _: Point, _: Point, _: usize) -> ClipHandle {
        0
    }
}
