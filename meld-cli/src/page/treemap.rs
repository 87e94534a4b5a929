//! Sizes as areas.
//!
//! In: the functions of a report. Out: an SVG in which components, in them modules, in them functions have areas in proportion to their
//! bytes. Functions too small to be seen are one area.

use super::graph::hue;
use super::html::escape;
use super::tables;
use super::view::{View, shown};
use crate::words::{count, size};
use indexmap::IndexMap;
use meld_core::Report;
use meld_core::report::FunctionKind;
use std::fmt::Write;
use streemap::Rect;

const WIDTH: f32 = 1120.0;
const HEIGHT: f32 = 520.0;
/// Room for the name of a component or a module.
const TITLE: f32 = 17.0;
/// Below so many square pixels a function has no area of its own.
const LEAST: f32 = 90.0;

/// A part of the module: a component, a module, or a function.
struct Part {
    name: String,
    bytes: usize,
    parts: Vec<Part>,
    place: Rect<f32>,
}

impl Part {
    fn leaf(name: String, bytes: usize) -> Self {
        Part { name, bytes, parts: Vec::new(), place: Rect { x: 0.0, y: 0.0, w: 0.0, h: 0.0 } }
    }

    fn of(name: String, parts: Vec<Part>) -> Self {
        let bytes = parts.iter().map(|part| part.bytes).sum();
        Part { parts, ..Part::leaf(name, bytes) }
    }
}

/// The treemap; a sentence where no functions are listed.
pub(super) fn svg(report: &Report, view: &View<'_>) -> String {
    // By component (its number, for the colour) and by module.
    let mut groups: IndexMap<(String, Option<usize>), IndexMap<String, Vec<Part>>> = IndexMap::new();
    for function in report.functions.iter().filter(|function| function.bytes > 0) {
        let instance = function.instance.as_deref().unwrap_or_default();
        let (owner, module) = match function.kind {
            FunctionKind::Guest => {
                let owner = view.owner(instance).unwrap_or_default();
                let module = instance.strip_prefix(owner).unwrap_or(instance).trim_start_matches('/');
                ((shown(owner).to_owned(), view.number(owner)), module.to_owned())
            }
            FunctionKind::Adapter => (("meld".to_owned(), None), "adapters".to_owned()),
            FunctionKind::Runtime => (("meld".to_owned(), None), "runtime".to_owned()),
            _ => (("meld".to_owned(), None), "other".to_owned()),
        };
        let name = tables::short(&function.name, instance);
        groups.entry(owner).or_default().entry(module).or_default().push(Part::leaf(name.to_owned(), function.bytes));
    }
    if groups.is_empty() {
        return "<p>No function is listed: nothing was fused.</p>".to_owned();
    }
    let component = |((name, number), modules): ((String, Option<usize>), IndexMap<String, Vec<Part>>)| {
        let modules = modules.into_iter().map(|(name, functions)| Part::of(name, functions)).collect();
        (number, Part::of(name, modules))
    };
    let mut components: Vec<(Option<usize>, Part)> = groups.into_iter().map(component).collect();
    components.sort_by_key(|(_, part)| std::cmp::Reverse(part.bytes));
    let whole = Rect { x: 0.0, y: 0.0, w: WIDTH, h: HEIGHT };
    streemap::squarify(whole, &mut components, |(_, part)| part.bytes as f32, |(_, part), place| part.place = place);
    let mut drawn = String::new();
    for (number, mut part) in components {
        let style = number.map_or("class=\"own\"".to_owned(), |number| format!("style=\"--hue:{}\"", hue(number)));
        let _ = write!(drawn, "<g {style}>");
        let title = part.name.clone();
        draw(&mut part, 0, &title, &mut drawn);
        drawn.push_str("</g>");
    }
    format!(
        "<svg class=\"treemap\" role=\"img\" aria-label=\"sizes of functions\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
         xmlns=\"http://www.w3.org/2000/svg\">{drawn}</svg>"
    )
}

/// Draws a part that has a place, and places and draws what is in it.
fn draw(part: &mut Part, depth: usize, title: &str, out: &mut String) {
    let Rect { x, y, w, h } = part.place;
    let share = format!("{title}: {}", size(part.bytes as u64));
    let _ = write!(
        out,
        "<g class=\"level{depth}\"><title>{}</title><rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{w:.1}\" height=\"{h:.1}\"/>",
        escape(&share)
    );
    let letters = ((w - 8.0) / 6.6).max(0.0) as usize;
    let labelled = letters >= 3 && h >= TITLE - 3.0;
    if labelled {
        let label: String = match part.name.chars().count() > letters {
            true => part.name.chars().take(letters - 1).chain(['…']).collect(),
            false => part.name.clone(),
        };
        let _ = write!(out, "<text x=\"{:.1}\" y=\"{:.1}\">{}</text>", x + 4.0, y + 12.0, escape(&label));
    }
    let inside = Rect { x: x + 1.0, y: y + TITLE, w: w - 2.0, h: h - TITLE - 1.0 };
    if !part.parts.is_empty() && inside.w > 4.0 && inside.h > 4.0 {
        let bytes = part.bytes;
        summed(&mut part.parts, LEAST * bytes as f32 / (inside.w * inside.h));
        streemap::squarify(inside, &mut part.parts, |part| part.bytes as f32, |part, place| part.place = place);
        for inner in &mut part.parts {
            let title = format!("{title} › {}", inner.name);
            draw(inner, depth + 1, &title, out);
        }
    }
    out.push_str("</g>");
}

/// Sorts parts, largest first, and makes one of those without parts of their own that have fewer than `least` bytes.
fn summed(parts: &mut Vec<Part>, least: f32) {
    let small = |part: &Part| part.parts.is_empty() && (part.bytes as f32) < least;
    let (number, bytes) =
        parts.iter().filter(|part| small(part)).fold((0, 0), |(n, sum), part| (n + 1, sum + part.bytes));
    if number > 1 {
        parts.retain(|part| !small(part));
        parts.push(Part::leaf(count(number, "smaller function", "smaller functions"), bytes));
    }
    parts.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.name.cmp(&b.name)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_parts_are_one() {
        let mut parts: Vec<Part> = [5, 100, 3, 7].map(|bytes| Part::leaf(bytes.to_string(), bytes)).into();
        summed(&mut parts, 6.0);
        let found: Vec<(&str, usize)> = parts.iter().map(|part| (part.name.as_str(), part.bytes)).collect();
        assert_eq!(found, [("100", 100), ("2 smaller functions", 8), ("7", 7)]);
    }
}
