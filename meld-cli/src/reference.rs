//! `docs/cli.md`, the reference of the command, is written from the command itself.
//!
//! In: the definition that clap reads arguments by, and a page of `docs/` for each option that has one. Out: Markdown.
//! The test compares it with the file; `BLESS=1` rewrites the file.

use clap::{Arg, Command, CommandFactory};
use std::collections::BTreeSet;
use std::fmt::Write;

const HEAD: &str = "# The command

<!-- Generated: `BLESS=1 cargo test -p meld-cli reference` writes this file. Edit the help in `meld-cli/src` instead. -->

`meld COMMAND --help` prints the same text. Inputs are in the binary format (`.wasm`) or in the text format (`.wat`);
`-` is stdin or stdout.

| exit code | meaning |
|---|---|
| 0 | the command did its work |
| 1 | the command failed; it wrote and changed no output file |
| 2 | the arguments are wrong |

A SIZE is a number of bytes such as `4096`, `0x1000`, `64K`, `64KiB` or `2M`. `K` and `KiB` both mean 1024 bytes, `M` and
`MiB` both mean 1024 KiB, and so on.
";

/// The page that explains an option.
const PAGES: &[(&str, &str)] = &[
    ("link", "linking.md"),
    ("export", "linking.md#what-the-root-exports"),
    ("no-imports", "linking.md#what-nearly-fits"),
    ("allow-import", "linking.md#what-nearly-fits"),
    ("passthrough", "arenas.md#other-core-imports"),
    ("import-passthrough", "adr/0021-core-imports-pass-through.md"),
    ("component", "adr/0037-memories-and-tables-apart.md"),
    ("report", "report.md"),
    ("verbose", "report.md"),
    ("stage", "inspect.md"),
    ("json", "inspect.md#the-json"),
    ("limit", "hostile-inputs.md"),
    ("interface", "interface.md"),
    ("embed-interface", "interface.md"),
    ("header", "native.md#a-host-in-c"),
    ("provenance", "provenance.md"),
    ("embed-provenance", "provenance.md"),
    ("no-simd", "engines.md"),
    ("merge-similar", "native.md#size"),
    ("target", "native.md"),
    ("low-reserve", "native.md#synth"),
    ("max-offset", "native.md#offsets"),
    ("strip", "debugging.md"),
    ("memory", "shared-memory.md"),
    ("address-rebase", "shared-memory.md"),
    ("page-size", "shared-memory.md#small-memories"),
    ("heap", "shared-memory.md#memories-that-grow"),
    ("isolate", "shared-memory.md#what-is-given-up"),
    ("pack", "shared-memory.md#small-memories"),
    ("share-stack", "shared-memory.md#one-stack"),
    ("handle-storage", "adr/0038-private-storage.md"),
    ("handles", "adr/0038-private-storage.md"),
    ("tasks", "adr/0066-tasks-in-windows.md"),
    ("arena", "arenas.md"),
    ("bind-arena", "arenas.md"),
];

/// A cell of a table is one line, and a bar would end it.
fn cell(text: &str) -> String {
    let paragraphs = text.split("\n\n").map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "));
    paragraphs.collect::<Vec<_>>().join("<br>").replace('|', "\\|")
}

/// How an argument is written: `-o`, `--output OUT`.
fn spelling(arg: &Arg) -> String {
    let names: Vec<&str> = arg.get_value_names().unwrap_or_default().iter().map(|name| name.as_str()).collect();
    let takes = arg.get_action().takes_values();
    let value = names.join(" ");
    let Some(long) = arg.get_long() else { return format!("`{value}`") };
    let optional = arg.get_num_args().is_some_and(|range| range.min_values() == 0);
    let long = match (takes, optional) {
        (false, _) => format!("`--{long}`"),
        (true, true) => format!("`--{long}[={value}]`"),
        (true, false) => format!("`--{long} {value}`"),
    };
    arg.get_short().map_or(long.clone(), |short| format!("`-{short}`, {long}"))
}

/// What an argument does: its help, its values, its default, its page.
fn meaning(arg: &Arg) -> String {
    let help = arg.get_long_help().or(arg.get_help()).expect("every argument has a help").to_string();
    let mut text = cell(&help);
    if arg.get_action().takes_values() && !arg.is_hide_possible_values_set() {
        for value in arg.get_possible_values() {
            let help = value.get_help().map(|help| format!(": {}", cell(&help.to_string()))).unwrap_or_default();
            write!(text, "<br>`{}`{help}", value.get_name()).unwrap();
        }
        if let ([default], false) = (arg.get_default_values(), arg.is_hide_default_value_set()) {
            write!(text, "<br>Default: `{}`", default.to_string_lossy()).unwrap();
        }
    }
    if let Some((_, page)) = PAGES.iter().find(|(long, _)| Some(*long) == arg.get_long()) {
        write!(text, "<br>[More]({page})").unwrap();
    }
    text
}

fn section(command: &Command) -> String {
    let about = command.get_long_about().or(command.get_about()).expect("every command has a help").to_string();
    let mut text = format!("\n## `meld {}`\n\n{}\n", command.get_name(), about.trim());
    let named = |arg: &&Arg| !["help", "version"].contains(&arg.get_id().as_str());
    for (title, positional) in [("argument", true), ("option", false)] {
        let args: Vec<&Arg> =
            command.get_arguments().filter(named).filter(|arg| arg.is_positional() == positional).collect();
        if !args.is_empty() {
            write!(text, "\n| {title} | |\n|---|---|\n").unwrap();
        }
        for arg in args {
            writeln!(text, "| {} | {} |", spelling(arg).replace('|', "\\|"), meaning(arg)).unwrap();
        }
    }
    text
}

#[test]
fn the_reference_is_that_of_the_command() {
    let mut command = crate::Meld::command();
    command.build();
    let commands: Vec<&Command> = command.get_subcommands().filter(|command| command.get_name() != "help").collect();
    let longs: BTreeSet<&str> = commands.iter().flat_map(|c| c.get_arguments()).filter_map(Arg::get_long).collect();
    for (option, page) in PAGES {
        assert!(longs.contains(option), "{page} is said to explain `--{option}`, and there is no such option");
    }
    let page = commands.into_iter().map(section).fold(HEAD.to_owned(), |page, section| page + &section);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/cli.md");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, &page).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(written == page, "docs/cli.md is not what the command says; BLESS=1 rewrites it");
}
