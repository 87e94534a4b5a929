//! What each stage makes, in print: a case is a file `tests/filetests/STAGE/NAME.wat`.
//!
//! The stages up to STAGE are run, and the print must be what `NAME.txt` beside the case says. An error is an expectation too.
//! `BLESS=1` rewrites expectations. The first lines of a case may say more:
//!
//! - `;; of: FILE…`: the inputs are these files, relative to `tests/filetests`, and not the case itself.
//! - `;; options: WORD…`: options of one memory: `rebase`, `isolate`, `stack`, `stack=BYTES`, `heap=BYTES`, `low=BYTES`, `max-offset=N`, `domain=NAME:INSTANCE`; and
//!   `target=synth`, which makes one memory too; `similar`, which merges functions.
//!
//! Each case is a test of its own: `cargo test -p meld-core --test filetests dfg/options` runs one. Every stage has a folder with
//! a case in it, and every expectation has a case.

use libtest_mimic::{Arguments, Failed, Trial};
use meld_core::options::{Domain, Protection, StackSize, Target};
use meld_core::{Fuser, Options, Stage};
use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut trials = vec![Trial::test("folders", folders)];
    for stage in Stage::all() {
        for case in files(&root().join(stage.name()), "wat") {
            let name = format!("{}/{}", stage.name(), case.file_stem().expect("a file has a name").to_string_lossy());
            trials.push(Trial::test(name, move || run(&case, stage)));
        }
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/filetests")
}

/// The folders are the stages, each has a case, and no expectation is left of a case that is gone.
fn folders() -> Result<(), Failed> {
    let folders: BTreeSet<String> = fs::read_dir(root())?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<Result<_, std::io::Error>>()?;
    let stages: BTreeSet<String> = Stage::all().map(|stage| stage.name().to_owned()).collect();
    if folders != stages {
        let odd: Vec<_> = folders.symmetric_difference(&stages).collect();
        return Err(format!("stages without a folder, or folders without a stage: {odd:?}").into());
    }
    for stage in stages {
        let folder = root().join(&stage);
        if files(&folder, "wat").is_empty() {
            return Err(format!("{stage} has no case").into());
        }
        for expectation in files(&folder, "txt") {
            if !expectation.with_extension("wat").exists() {
                return Err(format!("{}: an expectation without a case", expectation.display()).into());
            }
        }
    }
    Ok(())
}

/// Runs a case and compares.
fn run(case: &Path, stage: Stage) -> Result<(), Failed> {
    let text = fs::read_to_string(case)?;
    let said = |key: &str| text.lines().find_map(|line| line.strip_prefix(&format!(";; {key}: ")));
    let mut fuser = Fuser::with_options(options(said("options").unwrap_or_default())?);
    match said("of") {
        None => {
            fuser.input("input", wat::parse_file(case)?);
        }
        Some(files) => {
            for file in files.split_whitespace() {
                let name = Path::new(file).file_stem().expect("a file has a name").to_string_lossy().into_owned();
                fuser.input(name, wat::parse_file(root().join(file))?);
            }
        }
    }
    let actual = match fuser.inspect(stage) {
        Ok(print) => print.to_string(),
        Err(error) => chain(&error),
    };
    let expectation = case.with_extension("txt");
    if std::env::var_os("BLESS").is_some() {
        return Ok(fs::write(&expectation, &actual)?);
    }
    let expected = fs::read_to_string(&expectation).map_err(|error| format!("{}: {error}", expectation.display()))?;
    if expected == actual {
        return Ok(());
    }
    Err(format!("{}\nBLESS=1 accepts what is printed now", difference(&expected, &actual)).into())
}

/// The options that a case asks for.
fn options(words: &str) -> Result<Options, Failed> {
    let mut options = Options::default();
    for word in words.split_whitespace() {
        let (name, number) = word.split_once('=').unwrap_or((word, ""));
        match name {
            "rebase" => options.shared().rebase = true,
            "component" => options.component = true,
            "similar" => options.merge_similar = true,
            "isolate" => options.shared().protection = Protection::Isolated,
            "max-offset" => options.shared().max_offset = Some(number.parse()?),
            "low" => options.shared().low_reserve = number.parse()?,
            "domain" => {
                let (name, instance) = number.split_once(':').ok_or("a domain has a name and an instance")?;
                options.shared().domains.push(Domain::new(name, [instance]));
            }
            "target" => {
                options.target = match number {
                    "synth" => Target::Synth,
                    _ => return Err(format!("no such target: {number}").into()),
                };
                options.shared();
            }
            "heap" => options.shared().heap().every = Some(number.parse()?),
            "stack" if number.is_empty() => options.shared().common().stack = Some(StackSize::Proved),
            "stack" => options.shared().common().stack = Some(StackSize::Bytes(number.parse()?)),
            _ => return Err(format!("no such option: {word}").into()),
        }
    }
    Ok(options)
}

/// Files of `folder` with an extension, sorted. None if there is no such folder.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let paths = entries.map(|entry| entry.expect("a readable folder").path());
    let mut paths: Vec<_> = paths.filter(|path| path.extension().is_some_and(|it| it == extension)).collect();
    paths.sort();
    paths
}

/// An error and its causes, a line each.
fn chain(error: &dyn Error) -> String {
    let mut text = format!("error: {error}\n");
    let mut cause = error.source();
    while let Some(error) = cause {
        text += &format!("  {error}\n");
        cause = error.source();
    }
    text
}

/// The first lines in which two texts differ.
fn difference(expected: &str, actual: &str) -> String {
    let same = expected.lines().zip(actual.lines()).take_while(|(expected, actual)| expected == actual).count();
    let excerpt = |sign: &str, text: &str| -> String {
        text.lines().skip(same).take(8).map(|line| format!("  {sign} {line}\n")).collect()
    };
    format!("  from line {}\n{}{}", same + 1, excerpt("-", expected), excerpt("+", actual))
}
