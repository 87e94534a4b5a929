//! Who knows whom among the modules of the library, from their sources.
//!
//! In: every file of `src` but tests. An edge goes from a file to each file that it names: in a `use`, or by a path that begins
//! with `crate` or `super`. Out: a failure where files know each other in a circle, or where a layer knows one that it must not.
//! The crate's root is no part of a circle: it is the front, which everything may name.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What the files of a folder must not name, and why.
struct Rule {
    of: &'static str,
    must_not: &'static [&'static str],
    but: &'static [&'static str],
    why: &'static str,
}

const RULES: &[Rule] = &[
    Rule {
        of: "input",
        must_not: &["parse", "link", "inline", "dfg", "plan", "module"],
        but: &[],
        why: "the input is what the bytes say, before any stage",
    },
    Rule {
        of: "parse",
        must_not: &["link", "inline", "dfg", "plan"],
        but: &[],
        why: "a stage knows none that comes later, and no stage after `link` knows how many inputs there were",
    },
    Rule {
        of: "adapter",
        must_not: &["merger", "module", "passes", "emit"],
        but: &[],
        why: "adapters know values and places, and no module",
    },
    Rule {
        of: "module",
        must_not: &["merger", "passes", "emit", "adapter", "report", "component_wrap"],
        but: &[],
        why: "the fused module is data, below all passes",
    },
    Rule {
        of: "merger",
        must_not: &["passes", "emit", "module::windows", "module::stack", "module::layout", "module::insertions"],
        but: &[],
        why: "the merger knows no window",
    },
    Rule {
        of: "passes",
        must_not: &["merger", "emit", "adapter", "report", "component_wrap"],
        but: &[],
        why: "a pass knows the module and nothing that makes or writes it",
    },
    Rule {
        of: "emit",
        must_not: &["merger", "adapter", "passes", "report"],
        // What is put into a body is asked for when the body is written.
        but: &["passes"],
        why: "what is written has been decided",
    },
];

/// The module of each file, and its text without comments.
fn files() -> BTreeMap<Vec<String>, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    let mut files = BTreeMap::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("the folder is there") {
            let path = entry.expect("it can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if let Some(module) = module(&root, &path) {
                let text = std::fs::read_to_string(&path).expect("it is text");
                files.insert(module, without_comments_and_tests(&text));
            }
        }
    }
    assert!(files.len() > 100, "the sources are there");
    files
}

/// The path of a module; `None` where the file is a test.
fn module(root: &Path, path: &Path) -> Option<Vec<String>> {
    let path = path.strip_prefix(root).ok()?.with_extension("");
    let parts: Vec<String> = path.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    match parts.as_slice() {
        _ if parts.iter().any(|part| part == "tests") => None,
        [lib] if lib == "lib" => Some(Vec::new()),
        _ => Some(parts),
    }
}

fn without_comments_and_tests(text: &str) -> String {
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(text);
    let code = code.lines().map(|line| line.split("//").next().unwrap_or("")).collect::<Vec<_>>().join(" ");
    // Who may see an item is no knowledge of another.
    code.replace("pub(in crate::passes)", "pub")
}

/// Paths in a text, with the braces of `use` multiplied out.
fn paths(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("use ") {
        let boundary = text[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric() && c != '_');
        if let (true, Some(end)) = (boundary, text[at..].find(';')) {
            expand("", text[at + 4..at + end].trim(), &mut found);
        }
    }
    for start in ["crate::", "super::"] {
        for (at, _) in text.match_indices(start) {
            let path = text[at..].chars().take_while(|c| c.is_alphanumeric() || *c == '_' || *c == ':');
            found.push(path.collect::<String>().trim_end_matches(':').to_owned());
        }
    }
    found.retain(|path| path.starts_with("crate::") || path.starts_with("super::"));
    found
}

fn expand(prefix: &str, tree: &str, found: &mut Vec<String>) {
    let Some(open) = tree.find('{') else {
        let name = tree.split(" as ").next().unwrap_or(tree).trim();
        found.push(format!("{prefix}{name}").trim_end_matches("::self").to_owned());
        return;
    };
    let prefix = format!("{prefix}{}", tree[..open].trim());
    let inner = &tree[open + 1..tree.rfind('}').unwrap_or(tree.len())];
    let (mut depth, mut start) = (0, 0);
    for (at, c) in inner.char_indices().chain([(inner.len(), ',')]) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                if !inner[start..at].trim().is_empty() {
                    expand(&prefix, inner[start..at].trim(), found);
                }
                start = at + 1;
            }
            _ => {}
        }
    }
}

/// The files that each file names.
fn graph() -> BTreeMap<Vec<String>, BTreeSet<Vec<String>>> {
    let files = files();
    let mut graph = BTreeMap::new();
    for (module, text) in &files {
        let mut named = BTreeSet::new();
        for path in paths(text) {
            let mut parts: Vec<&str> = path.split("::").collect();
            let mut absolute: Vec<String> = Vec::new();
            if parts[0] == "super" {
                let up = parts.iter().take_while(|part| **part == "super").count();
                absolute = module[..module.len().saturating_sub(up)].to_vec();
                parts.drain(..up);
            } else {
                parts.remove(0);
            }
            absolute.extend(parts.into_iter().map(str::to_owned));
            // What a path names is in the file of its longest beginning.
            while !files.contains_key(&absolute) {
                absolute.pop();
            }
            if absolute != *module && !absolute.is_empty() {
                named.insert(absolute);
            }
        }
        graph.insert(module.clone(), named);
    }
    graph
}

#[test]
fn no_files_know_each_other_in_a_circle() {
    let mut graph = graph();
    graph.remove(&Vec::new());
    // Take away what knows nothing that is left, again and again: what stays is in a circle or knows one.
    loop {
        let ends: BTreeSet<Vec<String>> =
            graph.iter().filter(|(_, named)| named.is_empty()).map(|(module, _)| module.clone()).collect();
        if ends.is_empty() {
            break;
        }
        graph.retain(|module, _| !ends.contains(module));
        graph.values_mut().for_each(|named| named.retain(|module| !ends.contains(module)));
    }
    // And what no file names.
    loop {
        let known: BTreeSet<Vec<String>> = graph.values().flatten().cloned().collect();
        let before = graph.len();
        graph.retain(|module, _| known.contains(module));
        if graph.len() == before {
            break;
        }
    }
    let circle: Vec<String> = graph
        .iter()
        .map(|(module, named)| {
            let named: Vec<String> = named.iter().filter(|m| graph.contains_key(*m)).map(|m| m.join("::")).collect();
            format!("{} names {}", module.join("::"), named.join(", "))
        })
        .collect();
    assert!(circle.is_empty(), "files know each other in a circle:\n{}", circle.join("\n"));
}

#[test]
fn layers_know_only_what_is_below_them() {
    let mut broken = Vec::new();
    for (module, named) in graph() {
        for rule in RULES.iter().filter(|rule| module.first().is_some_and(|first| first == rule.of)) {
            for other in &named {
                let other = other.join("::");
                let inside = |path: &&str| other == **path || other.starts_with(&format!("{path}::"));
                if rule.must_not.iter().any(inside) && !rule.but.contains(&other.as_str()) {
                    broken.push(format!("{} names {other}, but {}", module.join("::"), rule.why));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn a_pass_knows_no_other_pass() {
    let mut broken = Vec::new();
    for (module, named) in graph() {
        let [passes, pass, ..] = module.as_slice() else { continue };
        if passes != "passes" {
            continue;
        }
        for other in named.iter().filter(|other| other.first().is_some_and(|first| first == "passes")) {
            if other.get(1).is_none_or(|other| other != pass && other != "walk") {
                broken.push(format!("{} names {}", module.join("::"), other.join("::")));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}
