//! The tutorial's commands, run as they are written.
//!
//! In: the fenced blocks of `docs/tutorial.md`. `sh` is a command that succeeds, `sh fails` one that fails, and `text` has
//! lines that the command before it prints. A block for an `engine` is not run here: it needs more than the command. Out:
//! exit codes and printed lines are those of the page.

use std::path::Path;
use std::process::Command;

/// A fenced block: what follows its fence, and its lines.
fn blocks(page: &str) -> Vec<(&str, &str)> {
    let fenced = page.split("```").skip(1).step_by(2);
    fenced.map(|block| block.split_once('\n').expect("a fence ends its line")).collect()
}

/// The words of a line, which quotes may hold together.
fn words(line: &str) -> Vec<String> {
    let pieces = line.split('\'').enumerate();
    let quoted = pieces.flat_map(|(i, piece)| match i % 2 {
        0 => piece.split_whitespace().map(str::to_owned).collect(),
        _ => vec![piece.to_owned()],
    });
    quoted.collect()
}

#[test]
fn the_tutorials_commands_do_what_it_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let page = std::fs::read_to_string(root.join("docs/tutorial.md")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut printed = String::new();
    let mut ran = 0;
    for (kind, text) in blocks(&page) {
        if kind == "sh" || kind == "sh fails" {
            for line in text.lines() {
                let words = words(line);
                assert_eq!(words[0], "meld", "{line}");
                let mut command = Command::new(env!("CARGO_BIN_EXE_meld"));
                // Inputs are in the repository, outputs are not.
                let mut is_output = false;
                for word in &words[1..] {
                    let output = folder.path().join(word);
                    let input = root.join(word);
                    match (is_output, input.is_file()) {
                        (true, _) => command.arg(output),
                        (false, true) => command.arg(input),
                        (false, false) => command.arg(word),
                    };
                    is_output = word == "-o";
                }
                let output = command.output().unwrap();
                let [stdout, stderr] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
                assert_eq!(output.status.code(), Some(i32::from(kind == "sh fails")), "{line}\n{stderr}");
                printed = stdout + &stderr;
                ran += 1;
            }
        } else if kind == "text" {
            for line in text.lines() {
                assert!(printed.contains(line), "the page says `{line}`, and the command:\n{printed}");
            }
        } else {
            assert!(kind == "sh engine" || kind == "text engine", "no such kind of block: {kind}");
        }
    }
    assert!(ran >= 10, "the page has {ran} commands");
}
