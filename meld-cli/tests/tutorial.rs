//! The commands of the tutorial and of the README, run as they are written.
//!
//! In: the fenced blocks of a page. `sh` has commands that succeed, `sh fails` commands that fail, and `text` has lines that the
//! command before it prints. Only commands of `meld` are run here, in a folder of their own; `examples/tutorial/run.sh` runs all
//! commands. What other commands of the tutorial make is in `examples/tutorial`. Out: exit codes and printed lines are those of
//! the page.

use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A fenced block: what follows its fence, and its lines.
fn blocks(page: &str) -> Vec<(&str, &str)> {
    let fenced = page.split("```").skip(1).step_by(2);
    fenced.map(|block| block.split_once('\n').expect("a fence ends its line")).collect()
}

/// The words of a line, which quotes may hold together, up to a comment. A `*` in a word is the files in a folder.
fn words(line: &str, folder: &Path) -> Vec<String> {
    let line = line.split("  #").next().unwrap_or(line);
    let mut words = Vec::new();
    for (i, piece) in line.split('\'').enumerate() {
        if i % 2 == 1 {
            words.push(piece.to_owned());
            continue;
        }
        for word in piece.split_whitespace() {
            match word.split_once("/*") {
                None => words.push(word.to_owned()),
                Some((in_folder, end)) => {
                    let entries = std::fs::read_dir(folder.join(in_folder)).expect("the folder is there");
                    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
                    let mut names: Vec<String> = names.filter(|name| name.ends_with(end)).collect();
                    names.sort();
                    assert!(!names.is_empty(), "{word} is nothing");
                    words.extend(names.iter().map(|name| format!("{in_folder}/{name}")));
                }
            }
        }
    }
    words
}

/// Runs the commands of a page in `folder`; how many there were.
fn run(page: &str, folder: &Path) -> usize {
    let mut printed = None;
    let mut ran = 0;
    for (kind, text) in blocks(page) {
        match kind {
            "sh" | "sh fails" => {
                for line in text.lines() {
                    let line = line.trim();
                    if line.is_empty() {
                        continue;
                    }
                    printed = None;
                    let words = words(line, folder);
                    if words[0] != "meld" {
                        continue;
                    }
                    let output = Command::new(env!("CARGO_BIN_EXE_meld"))
                        .args(&words[1..])
                        .current_dir(folder)
                        .output()
                        .expect("meld starts");
                    let [stdout, stderr] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
                    assert_eq!(output.status.code(), Some(i32::from(kind == "sh fails")), "{line}\n{stderr}");
                    printed = Some(stdout + &stderr);
                    ran += 1;
                }
            }
            "text" => {
                for line in text.lines() {
                    if let Some(printed) = &printed {
                        assert!(printed.contains(line), "the page says `{line}`, and the command:\n{printed}");
                    }
                }
            }
            _ => {}
        }
    }
    ran
}

/// Copies a file of the repository.
fn put(folder: &Path, from: &str, to: &str) {
    let to = folder.join(to);
    std::fs::create_dir_all(to.parent().expect("a file is in a folder")).unwrap();
    std::fs::copy(root().join(from), &to).unwrap_or_else(|error| panic!("{from}: {error}"));
}

#[test]
fn the_tutorials_commands_do_what_it_says() {
    let folder = tempfile::tempdir().unwrap();
    for (from, to) in [
        ("adder.wasm", "target/wasm32-unknown-unknown/release/adder.wasm"),
        ("app.wasm", "target/wasm32-unknown-unknown/release/app.wasm"),
        ("command.wasm", "target/wasm32-wasip2/release/command.wasm"),
        ("adder-c.wasm", "adder-c.wasm"),
    ] {
        put(folder.path(), &format!("examples/tutorial/{from}"), to);
    }
    let page = std::fs::read_to_string(root().join("docs/tutorial.md")).unwrap();
    let ran = run(&page, folder.path());
    assert!(ran >= 9, "the page has {ran} commands of meld");
}

#[test]
fn the_readmes_commands_do_what_it_says() {
    let folder = tempfile::tempdir().unwrap();
    for file in ["shout/greeter.wat", "shout/shouter.wat", "counters/counters.wat"] {
        put(folder.path(), &format!("examples/{file}"), &format!("examples/{file}"));
    }
    let page = std::fs::read_to_string(root().join("README.md")).unwrap();
    let ran = run(&page, folder.path());
    assert!(ran >= 3, "the page has {ran} commands of meld");
}
