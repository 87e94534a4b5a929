//! Each type of the library has a name of its own.
//!
//! In: every file of `src` but tests. Out: a failure where two files declare a struct, an enum, a trait, a union or a type alias of
//! the same name, public or not. A reader who meets a name then knows which type it is, without the imports of the file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const KEYWORDS: [&str; 5] = ["struct", "enum", "trait", "union", "type"];

/// The name that a line declares.
fn declared(line: &str) -> Option<&str> {
    let indented = line.starts_with(' ');
    let line = line.trim_start();
    let visible = line.starts_with("pub");
    let line = match line.strip_prefix("pub(") {
        Some(rest) => rest.split_once(')')?.1.trim_start(),
        None => line.strip_prefix("pub ").unwrap_or(line),
    };
    let (keyword, rest) = line.split_once(' ')?;
    // A type in an `impl` or in a trait is an associated one, which belongs to its trait.
    if !KEYWORDS.contains(&keyword) || (indented && !visible && keyword == "type") {
        return None;
    }
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    (end > 0).then_some(&rest[..end])
}

fn sources() -> Vec<PathBuf> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("the folder is there") {
            let path = entry.expect("it can be read").path();
            let is_test = path.file_stem().is_some_and(|name| name == "tests");
            match path.is_dir() {
                _ if is_test => {}
                true => folders.push(path),
                false => sources.push(path),
            }
        }
    }
    sources.sort();
    sources
}

#[test]
fn no_two_types_have_the_same_name() {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in sources() {
        let text = std::fs::read_to_string(&path).expect("it is text");
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(&text);
        for (number, line) in code.lines().enumerate() {
            if let Some(name) = declared(line) {
                let at = format!("{}:{}", path.display(), number + 1);
                found.entry(name.to_owned()).or_default().push(at);
            }
        }
    }
    assert!(found.len() > 300, "found only {} types", found.len());
    let twice: Vec<String> =
        found.iter().filter(|(_, at)| at.len() > 1).map(|(name, at)| format!("{name}: {}", at.join(", "))).collect();
    assert!(twice.is_empty(), "types of the same name:\n{}", twice.join("\n"));
}

#[test]
fn declarations_are_recognized() {
    assert_eq!(declared("pub struct Scope<'s> {"), Some("Scope"));
    assert_eq!(declared("    pub(in crate::passes) type Key = u32;"), Some("Key"));
    assert_eq!(declared("trait Sink {"), Some("Sink"));
    assert_eq!(declared("    type Item = u32;"), None);
    assert_eq!(declared("struct Index(u32);"), Some("Index"));
    assert_eq!(declared("structure of a thing"), None);
    assert_eq!(declared("// struct Scope"), None);
}
