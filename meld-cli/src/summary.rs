//! What a fusion did, as one reads it in a terminal: `-v`.
//!
//! In: a [`Report`] with its functions. Out: text in a few blocks: components with their sizes, the calls between them, what goes to the
//! host, memories, resources, and what was left out. Calls to the host and built-ins are summed up; `-vv` prints each of them.

use crate::page::view::{View, shown};
use crate::words::{count, size, thousands};
use anstyle::{AnsiColor, Style};
use indexmap::IndexMap;
use meld_core::Report;
use meld_core::report::{AreaKind, Boundary, ComponentSizes, FunctionKind, Handles, Lowering};
use std::fmt::Write;

const TITLE: Style = Style::new().bold();
const NAME: Style = AnsiColor::Cyan.on_default();
const SOFT: Style = Style::new().dimmed();
const ALERT: Style = AnsiColor::Yellow.on_default().bold();

/// The report in a few blocks, with colours.
pub(crate) fn summary(report: &Report) -> String {
    let view = View::new(report);
    let mut text = String::new();
    for warning in &report.warnings {
        let _ = writeln!(text, "{ALERT}warning{ALERT:#}: {warning}");
    }
    text.push_str(&headline(report));
    components(report, &view, &mut text);
    clusters(report, &mut text);
    between(report, &mut text);
    if report.kept_whole.is_none() {
        host(report, &mut text);
        memories(report, &mut text);
    }
    resources(report, &mut text);
    left_out(report, &mut text);
    text
}

/// One sentence: what became what.
fn headline(report: &Report) -> String {
    let fusion = &report.fusion;
    if let Some(why) = &report.kept_whole {
        let bytes = size(report.output.component_bytes.unwrap_or_default() as u64);
        return format!("{ALERT}nothing is fused{ALERT:#}: {why}\nthe component is kept as it is, {bytes}\n");
    }
    let from = match fusion.instances_before {
        Some(components) => count(components, "component", "components"),
        None => "components".to_owned(),
    };
    let modules = match fusion.instances_after {
        Some(1) | None => "one core module".to_owned(),
        Some(modules) => count(modules, "core module", "core modules"),
    };
    let output = &report.output;
    let mut sizes = format!("{}, {}", size(output.core_bytes as u64), count(output.functions, "function", "functions"));
    if let Some(bytes) = output.component_bytes {
        let _ = write!(sizes, "; as a component {}", size(bytes as u64));
    }
    format!("{TITLE}{from} → {modules}{TITLE:#} of {sizes}\n")
}

/// Rows of a block with columns that are aligned: the first to the left, the others to the right.
fn aligned(rows: &[Vec<String>], out: &mut String) {
    write_aligned(rows, None, out);
}

/// The same below headings, which are the first row.
fn aligned_below(rows: &[Vec<String>], out: &mut String) {
    write_aligned(rows, Some(0), out);
}

fn write_aligned(rows: &[Vec<String>], heading: Option<usize>, out: &mut String) {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or_default()).collect();
    for (position, row) in rows.iter().enumerate() {
        let soft = heading == Some(position);
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let pad = " ".repeat(widths[column] - cell.chars().count());
            match column {
                0 if soft => _ = write!(line, "  {pad}"),
                0 => _ = write!(line, "  {NAME}{cell}{NAME:#}{pad}"),
                _ if soft => _ = write!(line, "  {pad}{SOFT}{cell}{SOFT:#}"),
                _ => _ = write!(line, "  {pad}{cell}"),
            }
        }
        let _ = writeln!(out, "{}", line.trim_end());
    }
}

fn title(text: &str, out: &mut String) {
    let _ = writeln!(out, "\n{TITLE}{text}{TITLE:#}");
}

fn components(report: &Report, view: &View<'_>, out: &mut String) {
    if view.components.is_empty() {
        return;
    }
    title("components", out);
    let of_kind = |kind: FunctionKind| {
        let sizes = report.functions.iter().filter(|function| function.kind == kind).map(|function| function.bytes);
        sizes.fold((0, 0), |(number, sum), bytes| (number + 1, sum + bytes))
    };
    // A column that nothing is in is left out.
    let columns: Vec<(&str, SizeOf)> =
        COLUMNS.into_iter().filter(|(_, size_of)| report.sizes.iter().any(|sizes| size_of(sizes).is_some())).collect();
    let mut heading = vec![String::new(), "code".to_owned(), "functions".to_owned()];
    heading.extend(columns.iter().map(|(name, _)| (*name).to_owned()));
    let mut rows = vec![heading];
    for (path, component) in &view.components {
        let bytes = if component.kept { "kept".to_owned() } else { size(component.bytes as u64) };
        let sizes = report.sizes.iter().find(|sizes| sizes.component == *path);
        let mut row = vec![shown(path).to_owned(), bytes, thousands(component.functions)];
        row.extend(columns.iter().map(|(_, size_of)| sizes.and_then(size_of).unwrap_or_default()));
        rows.push(row);
    }
    for (name, kind) in [("adapters", FunctionKind::Adapter), ("runtime of meld", FunctionKind::Runtime)] {
        if let (number @ 1.., bytes) = of_kind(kind) {
            rows.push(vec![format!("({name})"), size(bytes as u64), thousands(number)]);
        }
    }
    aligned_below(&rows, out);
    let of_all = [
        (AreaKind::Tasks, "the region of tasks"),
        (AreaKind::SharedStack, "the stack of all"),
        (AreaKind::Arena, "the arena of all"),
    ];
    for (kind, name) in of_all {
        let bytes: u64 = report.map.iter().filter(|area| area.kind == kind).map(|area| area.end - area.start).sum();
        if bytes > 0 {
            let _ = writeln!(out, "  {name} has {}", size(bytes));
        }
    }
}

/// What a column says of a component, if there is anything.
type SizeOf = fn(&ComponentSizes) -> Option<String>;

/// Columns of sizes besides code.
pub(crate) const COLUMNS: [(&str, SizeOf); 5] = [
    ("data", |sizes| bytes(sizes.data_bytes)),
    ("memory", |sizes| bytes(sizes.memory_bytes)),
    ("of it stack", |sizes| sizes.stack_bytes.and_then(bytes)),
    ("tables", |sizes| match sizes.table_entries {
        0 => None,
        entries => Some(count(entries as usize, "entry", "entries")),
    }),
    ("handles", |sizes| sizes.handle_bytes.and_then(bytes)),
];

fn bytes(bytes: u64) -> Option<String> {
    (bytes > 0).then(|| size(bytes))
}

/// Modules of the result, where these are several.
fn clusters(report: &Report, out: &mut String) {
    if report.clusters.is_empty() {
        return;
    }
    title("modules", out);
    for (number, cluster) in report.clusters.iter().enumerate() {
        let names: Vec<String> =
            cluster.instances.iter().map(|path| format!("{NAME}{}{NAME:#}", shown(path))).collect();
        let what = match (&cluster.kept, cluster.core_bytes) {
            (Some(why), _) => format!("kept as it is: {why}"),
            (None, bytes) => size(bytes.unwrap_or_default() as u64),
        };
        let _ = writeln!(out, "  {}  {}: {what}", number + 1, names.join(", "));
    }
}

/// The interface of a function, and its name in it.
fn split(function: &str) -> (&str, &str) {
    function.split_once('#').unwrap_or(("", function))
}

/// Calls between components: by caller, callee and interface.
fn between(report: &Report, out: &mut String) {
    let mut groups: IndexMap<(&str, &str, &str), Vec<&Boundary>> = IndexMap::new();
    for boundary in &report.boundaries {
        if let Some(callee) = &boundary.callee {
            let interface = split(&boundary.function).0;
            groups.entry((&boundary.caller, callee, interface)).or_default().push(boundary);
        }
    }
    if groups.is_empty() {
        return;
    }
    let fusion = &report.fusion;
    let kept = fusion.kept_crossings.map_or("?".to_owned(), |kept| kept.to_string());
    title(&format!("calls between components: {} fused, {kept} kept", fusion.fused_crossings), out);
    // What adapters there are most of comes first.
    let bytes = |group: &[&Boundary]| group.iter().map(|boundary| boundary.adapter_bytes).sum::<usize>();
    groups.sort_by(|_, a, _, b| bytes(b).cmp(&bytes(a)));
    let name = |function: &str| split(function).1.chars().count();
    let width = groups.values().flatten().map(|boundary| name(&boundary.function)).max().unwrap_or_default();
    let how = groups.values().flatten().map(|boundary| boundary.lowering.to_string().chars().count()).max();
    for ((caller, callee, interface), group) in &groups {
        // An instance without a name goes by the interface that it exports.
        let says_nothing = interface.is_empty() || interface == callee;
        let interface = if says_nothing { String::new() } else { format!("  {interface}") };
        let _ = writeln!(out, "  {NAME}{}{NAME:#} → {NAME}{}{NAME:#}{interface}", shown(caller), shown(callee));
        for boundary in group {
            let function = split(&boundary.function).1;
            let pad = " ".repeat(width - name(&boundary.function));
            let lowering = boundary.lowering.to_string();
            let line = match boundary.adapter_bytes {
                0 => format!("    {function}{pad}  {lowering}"),
                bytes => {
                    let pad_how = " ".repeat(how.unwrap_or_default() - lowering.chars().count());
                    format!("    {function}{pad}  {lowering}{pad_how}  {:>7}", size(bytes as u64))
                }
            };
            let _ = writeln!(out, "{line}");
        }
    }
    let mut reasons: IndexMap<&str, usize> = IndexMap::new();
    for kept in &report.kept {
        *reasons.entry(&kept.reason).or_default() += 1;
    }
    for (reason, number) in reasons.iter().filter(|_| report.kept_whole.is_none()) {
        let _ = writeln!(out, "  {} kept: {reason}", count(*number, "call is", "calls are"));
    }
}

/// Functions of the host and built-ins, summed up.
fn host(report: &Report, out: &mut String) {
    let of = |lowerings: &[Lowering]| -> Vec<&Boundary> {
        report.boundaries.iter().filter(|b| b.callee.is_none() && lowerings.contains(&b.lowering)).collect()
    };
    let names = |group: &[&Boundary]| {
        let mut names: Vec<&str> = group.iter().map(|boundary| boundary.function.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        some(&names)
    };
    let direct = of(&[Lowering::Host]);
    let adapted = of(&[Lowering::HostAdapter]);
    let builtins = of(&[Lowering::Builtin]);
    let trapping: Vec<&Boundary> = report.boundaries.iter().filter(|b| b.lowering == Lowering::Trap).collect();
    let rows: Vec<String> = [
        (direct, "as they are"),
        (adapted, "through adapters"),
        (builtins, "built-ins in the module"),
        (trapping, "that always trap"),
    ]
    .iter()
    .filter(|(group, _)| !group.is_empty())
    .map(|(group, how)| {
        let bytes: usize = group.iter().map(|boundary| boundary.adapter_bytes).sum();
        let bytes = if bytes > 0 { format!(" ({})", size(bytes as u64)) } else { String::new() };
        format!("  {} {how}{bytes}: {SOFT}{}{SOFT:#}", group.len(), names(group))
    })
    .collect();
    if !rows.is_empty() {
        title("host and built-ins", out);
        for row in rows {
            let _ = writeln!(out, "{row}");
        }
    }
}

fn memories(report: &Report, out: &mut String) {
    title("memory", out);
    let mode = match report.memory.mode {
        "shared" if report.map.iter().any(|area| area.domain.is_some()) => "a memory for each domain",
        "shared" => "one memory",
        "multi" => "memories apart",
        other => other,
    };
    let _ = writeln!(out, "  {mode}: {}", report.memory.reason);
    let live = report.memories.iter().filter(|memory| memory.output.is_some());
    let row = |memory: &meld_core::report::MemoryReport| {
        let most = memory
            .maximum
            .map_or("grows".to_owned(), |maximum| format!("up to {}", count(maximum as usize, "page", "pages")));
        let least = count(memory.initial as usize, "page", "pages");
        vec![memory.instance.clone(), least, most]
    };
    let rows: Vec<Vec<String>> = live.map(row).collect();
    if report.map.is_empty() {
        aligned(&rows, out);
    }
    if let Some(storage) = report.output.private_storage {
        let place = match storage {
            "memory" => "memories of their own",
            "region" if report.map.iter().any(|area| area.domain.is_some()) => "regions of a memory of their own",
            "region" => "regions of the one memory",
            "table" => "a table of functions",
            _ => "arrays of the garbage collector",
        };
        let _ = writeln!(out, "  handle tables are in {place}");
    }
}

fn resources(report: &Report, out: &mut String) {
    let used: Vec<_> = report.resources.iter().filter(|resource| resource.handles != Handles::Unused).collect();
    if used.is_empty() {
        return;
    }
    title("resources", out);
    // Those of one owner with the same holders are one line.
    let mut groups: IndexMap<(&str, Vec<&str>, &str), Vec<&str>> = IndexMap::new();
    for resource in used {
        let owner = resource.owner.as_deref().map_or("host", shown);
        let holders = resource.holders.iter().map(|holder| shown(holder)).collect();
        let place = if resource.handles == Handles::Host { "host's table" } else { "tables of the module" };
        groups.entry((owner, holders, place)).or_default().push(&resource.name);
    }
    let row = |((owner, holders, place), names): (&(&str, Vec<&str>, &str), &Vec<&str>)| {
        vec![some(names), format!("of {owner}"), format!("held by {}", some(holders)), (*place).to_owned()]
    };
    let rows: Vec<Vec<String>> = groups.iter().map(row).collect();
    aligned(&rows, out);
}

/// A list of names, or the first of them if they are many.
fn some(names: &[&str]) -> String {
    const SHOWN: usize = 4;
    match names.len().saturating_sub(SHOWN) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names[..SHOWN].join(", ")),
    }
}

fn left_out(report: &Report, out: &mut String) {
    let output = &report.output;
    if report.kept_whole.is_some() {
        return;
    }
    let mut facts = Vec::new();
    if output.dropped_functions > 0 {
        facts.push(format!("{} that nothing reaches", count(output.dropped_functions, "function", "functions")));
    }
    if output.folded_functions > 0 {
        facts.push(format!("{} equal to another", count(output.folded_functions, "function", "functions")));
    }
    if output.devirtualized_tables > 0 {
        facts.push(format!("{} with constant contents", count(output.devirtualized_tables, "table", "tables")));
    }
    let mut sections: IndexMap<&str, Vec<&str>> = IndexMap::new();
    for dropped in &output.dropped_sections {
        sections.entry(&dropped.reason).or_default().push(&dropped.name);
    }
    for (reason, names) in sections {
        let what = if names.len() == 1 { "custom section" } else { "custom sections" };
        facts.push(format!("{what} {}: {reason}", names.join(", ")));
    }
    for dropped in &output.dropped_debug {
        facts.push(format!("debug information of {}: {}", dropped.instance, dropped.reason));
    }
    if let Some(why) = &output.no_component_type {
        facts.push(format!("the component-type section: {why}"));
    }
    if !facts.is_empty() {
        title("left out", out);
        for fact in facts {
            let _ = writeln!(out, "  {fact}");
        }
    }
}
