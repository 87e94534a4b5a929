//! The report as a page, one HTML file that loads nothing, and its graph of components alone.
//!
//! In: a [`Report`]. Out: HTML with the graph, sizes as a treemap, calls, memories, resources and functions. What is drawn is drawn here
//! ([`graph`], [`treemap`]); the script in the page only searches and filters what is there. Or the graph in SVG or DOT.

mod graph;
mod html;
mod tables;
mod treemap;
pub(crate) mod view;

use anyhow::Result;
use html::{escape, json};
use meld_core::Report;
use view::View;

/// The page about `report`, with `title` as its heading.
pub(crate) fn page(report: &Report, title: &str) -> String {
    let view = View::new(report);
    let (title, data) = (escape(title), json(&tables::functions(report, &view)));
    let parts = [
        ("title", title.as_str()),
        (
            "style",
            concat!(include_str!("page/colours.css"), include_str!("page/page.css"), include_str!("page/graph.css")),
        ),
        ("script", include_str!("page/page.js")),
        ("data", data.as_str()),
        ("summary", &tables::summary(report, &view)),
        ("alerts", &tables::alerts(report)),
        ("legend", &tables::legend(&view)),
        ("graph", &graph::svg(&view)),
        ("components", &tables::components(report, &view)),
        ("treemap", &treemap::svg(report, &view)),
        ("calls", &tables::calls(report, &view)),
        ("memories", &tables::memories(report)),
        ("map", &tables::map(report)),
        ("resources", &tables::resources(report, &view)),
        ("left-out", &tables::left_out(report, &view)),
    ];
    fill(include_str!("page/page.html"), &parts)
}

/// The graph of components in SVG; an error where it has too many boxes to be a picture.
pub(crate) fn svg(report: &Report) -> Result<String> {
    let style = concat!(include_str!("page/colours.css"), include_str!("page/graph.css"));
    graph::picture(&View::new(report), style)
}

/// The graph of components in the language of Graphviz.
pub(crate) fn dot(report: &Report) -> String {
    graph::dot(&View::new(report))
}

/// Replaces each `{{name}}` of the template.
fn fill(template: &str, parts: &[(&str, &str)]) -> String {
    let mut pieces = template.split("{{");
    let mut page = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, rest) = piece.split_once("}}").expect("the template closes what it opens");
        let part = parts.iter().find(|(part, _)| *part == name).expect("the template names only what there is");
        page.push_str(part.1);
        page.push_str(rest);
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_report_has_a_page() {
        let page = page(&Report::default(), "a <b> & c");
        assert!(page.starts_with("<!doctype html>"));
        assert!(page.contains("<title>a &lt;b&gt; &amp; c"));
        assert!(!page.contains("{{"));
        for loads in ["http://", "https://", "src=", "@import", "<link"] {
            assert!(!page.replace("http://www.w3.org/2000/svg", "").contains(loads), "{loads}");
        }
    }
}
