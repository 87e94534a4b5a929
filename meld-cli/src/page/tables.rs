//! The tables of the page.
//!
//! In: a [`Report`] and its [`View`]. Out: HTML, a part of the page from each function.

use super::graph::hue;
use super::html::escape;
use super::view::{ORDER, View, class, shown};
use crate::summary::COLUMNS;
use crate::words::{count, size, thousands};
use meld_core::Report;
use meld_core::report::{Area, AreaKind, Boundary, ClusterApart, ClusterReport, Fate, FunctionKind, Handles, Lowering};
use serde::Serialize;
use std::collections::BTreeMap;

/// The numbers at the head of the page.
pub(super) fn summary(report: &Report, view: &View<'_>) -> String {
    let (fusion, output) = (&report.fusion, &report.output);
    let mut tiles: Vec<(String, String)> = Vec::new();
    let mut tile = |value: String, what: String| tiles.push((value, what));
    let components = fusion.instances_before.unwrap_or(view.components.len());
    let modules = fusion.instances_after.map_or("?".to_owned(), |after| after.to_string());
    tile(format!("{components} → {modules}"), "components with code, before and after".to_owned());
    let kept = fusion.kept_crossings.map_or("?".to_owned(), |kept| kept.to_string());
    tile(fusion.fused_crossings.to_string(), format!("functions called between components are fused; {kept} kept"));
    if output.core_bytes > 0 {
        let code: usize = report.functions.iter().map(|function| function.bytes).sum();
        tile(size(output.core_bytes as u64), format!("core module, {} of it functions", size(code as u64)));
    }
    if let Some(bytes) = output.component_bytes {
        tile(size(bytes as u64), "component".to_owned());
    }
    if output.functions > 0 {
        let gone = format!("functions; {} dropped, {} folded", output.dropped_functions, output.folded_functions);
        tile(thousands(output.functions), gone);
    }
    let adapters: usize = report.boundaries.iter().map(|boundary| boundary.adapter_bytes).sum();
    if adapters > 0 {
        tile(size(adapters as u64), "adapters".to_owned());
    }
    let memories = report.memories.iter().filter(|memory| memory.output.is_some()).count();
    if memories > 0 {
        let (number, what) = match report.memory.mode {
            "shared" => (1, format!("memory; {} in it", count(memories, "window", "windows"))),
            _ => (memories, if memories == 1 { "memory".to_owned() } else { "memories".to_owned() }),
        };
        tile(number.to_string(), what);
    }
    let tile = |(value, what): &(String, String)| {
        format!("<div class=\"tile\"><b>{}</b><span>{}</span></div>", escape(value), escape(what))
    };
    tiles.iter().map(tile).collect()
}

/// What a user should read first.
pub(super) fn alerts(report: &Report) -> String {
    let mut alerts: Vec<(&str, String)> = report.warnings.iter().map(|text| ("warning", text.clone())).collect();
    if let Some(why) = &report.kept_whole {
        alerts.push(("kept", format!("Nothing is fused, and the component is kept as it is: {why}.")));
    }
    alerts.extend(report.notes.iter().map(|text| ("note", text.clone())));
    let alert = |(kind, text): &(&str, String)| format!("<p class=\"alert {kind}\">{}</p>", escape(text));
    alerts.iter().map(alert).collect()
}

/// The colours of the arrows that are there.
pub(super) fn legend(view: &View<'_>) -> String {
    let mut numbers: BTreeMap<Lowering, usize> = BTreeMap::new();
    for boundary in view.edges.values().flatten() {
        *numbers.entry(boundary.lowering).or_default() += 1;
    }
    let item = |lowering: &Lowering| {
        let number = numbers.get(lowering)?;
        let class = class(*lowering);
        Some(format!(
            "<button class=\"key {class}\" data-lowering=\"{class}\">{lowering} <small>{number}</small></button>"
        ))
    };
    ORDER.iter().rev().filter_map(item).collect()
}

/// Component instances with their code, and what else they take.
pub(super) fn components(report: &Report, view: &View<'_>) -> String {
    let columns: Vec<_> =
        COLUMNS.into_iter().filter(|(_, size_of)| report.sizes.iter().any(|sizes| size_of(sizes).is_some())).collect();
    let row = |(number, (path, component)): (usize, (&&str, &super::view::Component))| {
        let name = escape(shown(path));
        let bytes = if component.kept { "kept".to_owned() } else { size(component.bytes as u64) };
        let sizes = report.sizes.iter().find(|sizes| sizes.component == **path);
        let mut cells = vec![
            format!("<i class=\"dot\" style=\"--hue:{}\"></i>{name}", hue(number)),
            component.modules.to_string(),
            component.functions.to_string(),
            bytes,
        ];
        cells.extend(columns.iter().map(|(_, size_of)| sizes.and_then(size_of).unwrap_or_default()));
        row(&[shown(path)], &cells)
    };
    let rows = view.components.iter().enumerate().map(row).collect::<String>();
    let headings = columns.iter().map(|(name, _)| format!("#{name}"));
    let headings: Vec<String> =
        ["component", "#modules", "#functions", "#code"].into_iter().map(str::to_owned).chain(headings).collect();
    table(&headings.iter().map(String::as_str).collect::<Vec<_>>(), &rows)
}

/// Every function that a component imports.
pub(super) fn calls(report: &Report, view: &View<'_>) -> String {
    let mut boundaries: Vec<&Boundary> = report.boundaries.iter().collect();
    // Calls between components first, then the host, then built-ins; what does most first.
    let order = |lowering: Lowering| ORDER.iter().rev().position(|other| *other == lowering);
    boundaries.sort_by_key(|boundary| (boundary.callee.is_none(), order(boundary.lowering)));
    let component = |path: &str| match view.number(path) {
        Some(number) => format!("<i class=\"dot\" style=\"--hue:{}\"></i>{}", hue(number), escape(shown(path))),
        None => escape(shown(path)),
    };
    let line = |boundary: &&Boundary| {
        let (lowering, class) = (boundary.lowering.to_string(), class(boundary.lowering));
        let callee = match (&boundary.callee, boundary.lowering) {
            (Some(callee), _) => callee.as_str(),
            (None, Lowering::Builtin) => "meld",
            (None, _) => "host",
        };
        let shown_callee = if boundary.callee.is_some() { component(callee) } else { escape(callee) };
        let bytes = if boundary.adapter_bytes > 0 { size(boundary.adapter_bytes as u64) } else { String::new() };
        let attributes = format!(
            " data-caller=\"{}\" data-callee=\"{}\" data-lowering=\"{class}\"",
            escape(shown(&boundary.caller)),
            escape(shown(callee))
        );
        let cells = [
            component(&boundary.caller),
            shown_callee,
            format!("<code>{}</code>", escape(&boundary.function)),
            format!("<span class=\"key {class}\">{}</span>", escape(&lowering)),
            bytes,
        ];
        row_with(&attributes, &[&boundary.caller, callee, &boundary.function, &lowering], &cells)
    };
    let rows = boundaries.iter().map(line).collect::<String>();
    table(&["caller", "callee", "function", "how", "#adapter"], &rows)
}

/// Memories of the input, and where they are.
pub(super) fn memories(report: &Report) -> String {
    let line = |memory: &meld_core::report::MemoryReport| {
        let pages = match memory.maximum {
            Some(maximum) => format!("{} to {maximum}", memory.initial),
            None => memory.initial.to_string(),
        };
        let mut place = match (memory.output, memory.own_module) {
            (None, _) => "dropped".to_owned(),
            (Some(index), true) => format!("memory {index}, in a module of its own"),
            (Some(index), false) => format!("memory {index}"),
        };
        if let Some(domain) = &memory.domain {
            place += &format!(", domain <b>{}</b>", escape(domain));
        }
        row(&[&memory.instance], &[escape(&memory.instance), memory.index.to_string(), pages, place])
    };
    let rows: String = report.memories.iter().map(line).collect();
    let why = format!("<p><b>{}</b>: {}.</p>", escape(report.memory.mode), escape(&report.memory.reason));
    why + &table(&["of", "#index", "#pages", "in the result"], &rows)
}

/// The map of the one memory, or of that of each domain, as a bar and a table.
pub(super) fn map(report: &Report) -> String {
    let memories = report.map.chunk_by(|one, other| one.memory == other.memory);
    memories.map(|areas| title(&areas[0]) + &map_of(areas)).collect()
}

/// What is in front of the map of a domain.
fn title(area: &Area) -> String {
    match area.memory.zip(area.domain.as_ref()) {
        Some((memory, domain)) => format!("<p>Memory {memory}, domain <b>{}</b></p>", escape(domain)),
        None => String::new(),
    }
}

fn map_of(areas: &[Area]) -> String {
    let Some(end) = areas.iter().map(|area| area.end).max().filter(|end| *end > 0) else { return String::new() };
    let inner =
        |area: &Area| matches!(area.kind, AreaKind::Stack | AreaKind::Data | AreaKind::Growth | AreaKind::Padding);
    let bar = |area: &Area| {
        let part = |bytes: u64| bytes as f64 * 100.0 / end as f64;
        let kind = kind(area.kind);
        let depth = if inner(area) { " inner" } else { "" };
        format!(
            "<i class=\"area {}{depth}\" style=\"left:{:.3}%;width:{:.3}%\" title=\"{kind} {}: {:#x} to {:#x}, {}\"></i>",
            kind.replace(' ', "-"),
            part(area.start),
            part(area.end - area.start),
            escape(&area.owner),
            area.start,
            area.end,
            size(area.end - area.start)
        )
    };
    let line = |area: &Area| {
        let kind = kind(area.kind);
        let indent = if inner(area) { "&emsp;" } else { "" };
        let cells = [
            format!("<code>{:#010x}</code>", area.start),
            format!("<code>{:#010x}</code>", area.end),
            size(area.end - area.start),
            format!("{indent}<i class=\"area {}\"></i> {kind}", kind.replace(' ', "-")),
            escape(&area.owner),
        ];
        row(&[kind, &area.owner], &cells)
    };
    let bars: String = areas.iter().map(bar).collect();
    let rows: String = areas.iter().map(line).collect();
    format!("<div class=\"map\">{bars}</div>") + &table(&["from", "to", "#size", "what", "of"], &rows)
}

fn kind(kind: AreaKind) -> &'static str {
    match kind {
        AreaKind::Window => "window",
        AreaKind::Stack => "stack",
        AreaKind::Data => "data",
        AreaKind::Growth => "room to grow",
        AreaKind::Padding => "padding",
        AreaKind::Handles => "handles",
        AreaKind::Tasks => "tasks",
        AreaKind::Outbox => "outbox",
        AreaKind::Runtime => "runtime",
        AreaKind::Arena => "arena",
        AreaKind::SharedStack => "stack of all",
        _ => "free",
    }
}

/// Resource types: who owns them and who may hold handles.
pub(super) fn resources(report: &Report, view: &View<'_>) -> String {
    let component = |path: &str| match view.number(path) {
        Some(number) => format!("<i class=\"dot\" style=\"--hue:{}\"></i>{}", hue(number), escape(shown(path))),
        None => escape(shown(path)),
    };
    let line = |resource: &meld_core::report::ResourceReport| {
        let owner = resource.owner.as_deref();
        let holders: Vec<String> = resource.holders.iter().map(|holder| component(holder)).collect();
        let handles = match resource.handles {
            Handles::Host => "in the host's table",
            Handles::Tabled => "in tables of the module",
            _ => "none",
        };
        let found: Vec<&str> =
            resource.holders.iter().map(String::as_str).chain(owner).chain([resource.name.as_str()]).collect();
        let cells = [
            format!("<code>{}</code>", escape(&resource.name)),
            owner.map_or("host".to_owned(), component),
            holders.join(", "),
            handles.to_owned(),
            escape(&resource.reason),
        ];
        row(&found, &cells)
    };
    let rows: String = report.resources.iter().map(line).collect();
    table(&["resource", "owner", "holders", "handles", "why"], &rows)
}

/// What is kept, and what is not in the result.
pub(super) fn left_out(report: &Report, view: &View<'_>) -> String {
    let mut parts = String::new();
    let kept = |kept: &meld_core::report::Kept| {
        let cells = [
            escape(shown(&kept.caller)),
            escape(shown(&kept.callee)),
            format!("<code>{}</code>", escape(&kept.function)),
            escape(&kept.reason),
        ];
        row(&[&kept.caller, &kept.callee, &kept.function, &kept.reason], &cells)
    };
    if !report.kept.is_empty() {
        let rows: String = report.kept.iter().map(kept).collect();
        parts.push_str("<h3>Calls that are kept</h3>");
        parts.push_str(&table(&["caller", "callee", "function", "why"], &rows));
    }
    let cluster = |(number, cluster): (usize, &ClusterReport)| {
        let names: Vec<String> = cluster.instances.iter().map(|path| escape(shown(path))).collect();
        let what = match (&cluster.kept, cluster.core_bytes) {
            (Some(why), _) => format!("kept: {}", escape(why)),
            (None, bytes) => size(bytes.unwrap_or_default() as u64),
        };
        let apart = |apart: &ClusterApart| format!("from {}: {}", apart.from + 1, escape(&apart.reason));
        let apart: Vec<String> = cluster.apart.iter().map(apart).collect();
        let found: Vec<&str> = cluster.instances.iter().map(String::as_str).collect();
        row(&found, &[(number + 1).to_string(), names.join(", "), what, apart.join("<br>")])
    };
    if !report.clusters.is_empty() {
        let rows: String = report.clusters.iter().enumerate().map(cluster).collect();
        parts.push_str("<h3>Modules of the result</h3>");
        parts.push_str(&table(&["module", "components", "core module", "why it is apart"], &rows));
    }
    let fate = |fate: Fate| match fate {
        Fate::Merged => "merged",
        Fate::Dropped => "dropped: nothing reaches it",
        Fate::NotInstantiated => "never instantiated",
        Fate::Kept => "kept as it is",
        _ => "other",
    };
    let module = |module: &meld_core::report::ModuleReport| {
        let owner = module.component.as_deref().and_then(|path| view.number(path));
        let dot =
            owner.map_or(String::new(), |number| format!("<i class=\"dot\" style=\"--hue:{}\"></i>", hue(number)));
        let cells = [
            format!("{dot}{}", escape(&module.instance)),
            fate(module.fate).to_owned(),
            module.functions.to_string(),
            module.live_functions.to_string(),
        ];
        row(&[&module.instance, fate(module.fate)], &cells)
    };
    let rows: String = report.modules.iter().map(module).collect();
    parts.push_str("<h3>Core modules</h3>");
    parts.push_str(&table(&["module", "what became of it", "#functions", "#in the result"], &rows));
    let output = &report.output;
    let mut facts = vec![
        format!("{} left out because nothing reaches them", count(output.dropped_functions, "function", "functions")),
        format!("{} left out because an equal one is there", count(output.folded_functions, "function", "functions")),
        format!(
            "{} left out because their contents are constant",
            count(output.devirtualized_tables, "table", "tables")
        ),
    ];
    for dropped in &output.dropped_sections {
        facts.push(format!("custom section {} left out: {}", dropped.name, dropped.reason));
    }
    for dropped in &output.dropped_debug {
        facts.push(format!("debug information of {} left out: {}", dropped.instance, dropped.reason));
    }
    if let Some(why) = &output.no_component_type {
        facts.push(format!("no component-type section: {why}"));
    }
    let facts: String = facts.iter().map(|fact| format!("<li>{}</li>", escape(fact))).collect();
    if report.kept_whole.is_none() {
        parts.push_str(&format!("<ul>{facts}</ul>"));
    }
    parts
}

/// A function, as the script of the page has it.
#[derive(Serialize)]
pub(super) struct FunctionRow<'r>(&'r str, &'r str, Option<usize>, usize);

/// Every function: name, whose it is, number of the component, bytes; largest first.
pub(super) fn functions<'r>(report: &'r Report, view: &View<'r>) -> Vec<FunctionRow<'r>> {
    let row = |function: &'r meld_core::report::FunctionReport| {
        let of = match (function.kind, function.instance.as_deref()) {
            (FunctionKind::Guest, Some(instance)) => instance,
            (FunctionKind::Adapter, _) => "adapter",
            (FunctionKind::Runtime, _) => "runtime",
            _ => "meld",
        };
        let name = short(&function.name, of);
        let number = view.owner(of).and_then(|owner| view.number(owner));
        FunctionRow(name, of, number.map(hue), function.bytes)
    };
    let mut rows: Vec<FunctionRow<'_>> = report.functions.iter().map(row).collect();
    rows.sort_by(|a, b| b.3.cmp(&a.3).then_with(|| (a.1, a.0).cmp(&(b.1, b.0))));
    rows
}

/// The name of a function without that of its instance, or of the part of the fuser that it is from.
pub(super) fn short<'n>(name: &'n str, instance: &str) -> &'n str {
    let own = |prefix: &str| name.strip_prefix(prefix).filter(|rest| !prefix.is_empty() && !rest.is_empty());
    let name = own(instance).or_else(|| own("runtime/")).or_else(|| own("adapter ")).unwrap_or(name);
    name.trim_start_matches(':')
}

/// A table; a sentence where it has no rows. A heading that begins with `#` is of numbers.
fn table(headings: &[&str], rows: &str) -> String {
    if rows.is_empty() {
        return "<p class=\"none\">none</p>".to_owned();
    }
    let heading = |heading: &&str| match heading.strip_prefix('#') {
        Some(heading) => format!("<th class=\"number\">{heading}</th>"),
        None => format!("<th>{heading}</th>"),
    };
    let headings: String = headings.iter().map(heading).collect();
    format!("<div class=\"scroll\"><table><thead><tr>{headings}</tr></thead><tbody>{rows}</tbody></table></div>")
}

/// A row that the search finds by the words in `found`; `cells` are HTML.
fn row(found: &[&str], cells: &[String]) -> String {
    row_with("", found, cells)
}

fn row_with(attributes: &str, found: &[&str], cells: &[String]) -> String {
    let cells: String = cells.iter().map(|cell| format!("<td>{cell}</td>")).collect();
    let found = escape(&found.join(" ").to_lowercase());
    format!("<tr{attributes} data-find=\"{found}\">{cells}</tr>")
}
