//! What the documents list is what there is: speeds in the README, decisions in their index, fields of the report in its
//! page. `src/reference.rs` checks the list of options.
//!
//! In: the documents, and reports in which every field occurs. Out: each list is complete, and names nothing that is gone.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn meld(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_meld")).args(args).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_readmes_speeds_are_those_of_the_benchmarks() {
    let (readme, benchmarks) = (read("README.md"), read("docs/benchmarks.md"));
    let rows = |text: &str| {
        let cells = |line: &str| line.split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
        text.lines().filter(|line| line.ends_with('|')).map(cells).collect::<Vec<_>>()
    };
    let start = readme.find("| call |").expect("the README has a table of speeds");
    let table = readme[start..].split("\n\n").next().expect("the table ends");
    let speeds = &rows(table)[2..];
    assert_eq!(speeds.len(), 3);
    let measured = rows(&benchmarks);
    for speed in speeds {
        // Call, unfused, fused, speedup; the benchmarks have one more column.
        let found = measured.iter().any(|row| row.len() > 5 && row[1..5] == speed[1..5]);
        assert!(found, "no row of docs/benchmarks.md says {speed:?}");
    }
}

#[test]
fn the_index_of_decisions_is_complete() {
    let index = read("docs/adr/README.md");
    let folder = std::fs::read_dir(root().join("docs/adr")).unwrap();
    let names = folder.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut files: Vec<String> = names.filter(|name| name.starts_with(|c: char| c.is_ascii_digit())).collect();
    files.sort();
    let rows = index.lines().filter(|line| line.starts_with("| ["));
    let listed: Vec<&str> = rows.map(|row| row.split(['(', ')']).nth(1).expect("a row begins with a link")).collect();
    assert_eq!(listed, files);
    let newest: u32 = files.last().unwrap()[..4].parse().unwrap();
    let unused = index.split("## Numbers without a decision").nth(1).expect("the index explains the gaps");
    let unused = unused.split('.').next().expect("the first sentence lists them");
    for number in (1..=newest).map(|number| format!("{number:04}")) {
        let is_there = files.iter().any(|file| file.starts_with(&number));
        assert_eq!(!is_there, unused.contains(&number), "{number}");
    }
}

/// Every decision has the form of the template: the number and the decision, a date and a status, and the sections in order.
#[test]
fn decisions_have_one_form() {
    const SECTIONS: [&str; 8] =
        ["Question", "Decision", "Reasons", "Cost", "Measured", "Rejected", "Consequences", "Evidence"];
    let index = read("docs/adr/README.md");
    let mut found = 0;
    for entry in std::fs::read_dir(root().join("docs/adr")).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        if !file.starts_with(|c: char| c.is_ascii_digit()) {
            continue;
        }
        found += 1;
        let text = read(&format!("docs/adr/{file}"));
        let lines: Vec<&str> = text.lines().collect();
        let title = lines[0].strip_prefix(&format!("# {}: ", &file[..4]));
        let title = title.unwrap_or_else(|| panic!("{file} begins with `{}`", lines[0]));
        assert!(
            index.contains(&format!("]({file}) | {title} | ")),
            "{file}: the index has another title than `{title}`"
        );
        let status = lines[2].strip_prefix("Date: ").and_then(|rest| rest.split_once(". Status: "));
        let (date, status) = status.unwrap_or_else(|| panic!("{file}: `{}` is no date and status", lines[2]));
        let is_date = date.len() == 10 && date.split('-').all(|part| part.parse::<u32>().is_ok());
        assert!(is_date, "{file}: {date}");
        assert!(["accepted", "superseded by "].iter().any(|known| status.starts_with(known)), "{file}: {status}");
        let sections: Vec<&str> = lines.iter().filter_map(|line| line.strip_prefix("## ")).collect();
        assert!(sections.starts_with(&["Question", "Decision"]), "{file}: {sections:?}");
        let places = sections.iter().map(|section| SECTIONS.iter().position(|known| known == section));
        let places: Option<Vec<usize>> = places.collect();
        assert!(places.is_some_and(|places| places.is_sorted()), "{file}: {sections:?} are not {SECTIONS:?} in order");
    }
    assert!(found > 30, "{found} decisions");
}

/// The paths of all fields of a value: `boundaries[].caller`.
fn fields(value: &serde_json::Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::Object(fields_of) => {
            for (name, value) in fields_of {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                fields(value, &path, found);
            }
        }
        serde_json::Value::Array(values) => {
            found.insert(format!("{path}[]"));
            for value in values.iter().filter(|value| value.is_object()) {
                fields(value, &format!("{path}[]"), found);
            }
        }
        _ => _ = found.insert(path.to_owned()),
    }
}

/// The fields in the table of `docs/report.md`, behind `## JSON`: one that begins with a dot belongs to the last one that does not.
fn documented(page: &str) -> BTreeSet<String> {
    let mut documented = BTreeSet::new();
    let mut list = String::new();
    for row in page
        .lines()
        .skip_while(|line| *line != "## JSON")
        .skip(1)
        .take_while(|line| !line.starts_with("## "))
        .filter(|line| line.starts_with("| `"))
    {
        let cell = row.split('|').nth(1).expect("a row has a first cell");
        for name in cell.split('`').skip(1).step_by(2) {
            if name.starts_with('.') {
                documented.insert(format!("{list}{name}"));
            } else {
                list = name.to_owned();
                documented.insert(name.to_owned());
            }
        }
    }
    documented
}

#[test]
fn the_reports_page_lists_every_field() {
    let fixtures = "tests/wit_bindgen/fixtures";
    let folder = tempfile::tempdir().unwrap();
    // A memory with a maximum.
    let bounded = folder.path().join("bounded.wat");
    std::fs::write(&bounded, "(component (core module $m (memory 1 2)) (core instance (instantiate $m)))").unwrap();
    let commands: [&[&str]; 9] = [
        // Windows and resources, and an assumption.
        &["--memory", "shared", "--pack=assume-heap-base", &format!("{fixtures}/station-arena.wasm")],
        &["--component", &format!("{fixtures}/strings.wasm")],
        &["--memory", "shared", "--domain", "drivers=uart,spi", "meld-cli/tests/cli/domains.wat"],
        &["meld-cli/tests/cli/left-out.wat"],
        &[bounded.to_str().unwrap()],
        // A link that nearly fits.
        &["meld-cli/tests/cli/open.wat", "meld-cli/tests/cli/inputs/older.wat"],
        // Asynchronous calls are kept.
        &["--component", "meld-cli/tests/cli/kept.wat"],
        &["--component", "meld-cli/tests/cli/clusters.wat"],
        // A module that names its stack pointer.
        &["meld-oracle/tests/debug/shouter.wasm"],
    ];
    let mut found = BTreeSet::new();
    let out = folder.path().join("out.wasm");
    for command in commands {
        let args = [&["fuse", "--report", "-", "-o", out.to_str().unwrap()], command].concat();
        fields(&serde_json::from_str(&meld(&args)).expect("a report is JSON"), "", &mut found);
    }
    assert_eq!(documented(&read("docs/report.md")), found);
}
