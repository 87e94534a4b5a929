//! What came of a script.
//!
//! In: entries, one per directive that counts. Out: totals per file and overall, as a table.

use super::class::Class;
use std::fmt::Write;

/// What a directive checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A component that is defined or instantiated.
    Instantiate,
    /// `assert_return` and `invoke`.
    Return,
    /// `assert_trap` on a call.
    Trap,
    /// `assert_trap` on an instantiation.
    TrapAtStart,
    /// `assert_unlinkable`.
    Unlinkable,
    /// `assert_invalid` and `assert_malformed`.
    Rejected,
    /// All forms of a component, called at random.
    Forms,
    /// Everything else.
    Other,
}

/// Columns of the table, in order.
const COLUMNS: [(Kind, &str); 7] = [
    (Kind::Instantiate, "instantiate"),
    (Kind::Return, "return"),
    (Kind::Trap, "trap"),
    (Kind::TrapAtStart, "start-trap"),
    (Kind::Unlinkable, "unlinkable"),
    (Kind::Rejected, "rejected"),
    (Kind::Forms, "forms"),
];

/// What came of one directive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// It holds.
    Passed,
    /// It does not hold after fusing; why.
    Failed(String),
    /// It does not hold before fusing either, so it says nothing about the fuser; why.
    Baseline(String),
}

/// One directive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Line in the script.
    pub line: usize,
    /// What it checks.
    pub kind: Kind,
    /// What it takes to fuse the component that it is about, if it is about one.
    pub class: Option<Class>,
    /// What came of it.
    pub status: Status,
}

/// One script.
#[derive(Debug, Clone)]
pub struct Report {
    /// `root/relative/path.wast`, as `nyi.txt` names it.
    pub file: String,
    /// Its directives.
    pub entries: Vec<Entry>,
}

impl Report {
    /// Entries that failed, with the reason.
    pub fn failures(&self) -> impl Iterator<Item = (&Entry, &str)> {
        self.entries.iter().filter_map(|entry| match &entry.status {
            Status::Failed(why) => Some((entry, why.as_str())),
            _ => None,
        })
    }

    /// How many of `kind` passed, and how many count.
    fn score(&self, kind: Kind) -> (usize, usize) {
        let of_kind = || self.entries.iter().filter(move |entry| entry.kind == kind);
        let passed = of_kind().filter(|entry| entry.status == Status::Passed).count();
        let counted = of_kind().filter(|entry| !matches!(entry.status, Status::Baseline(_))).count();
        (passed, counted)
    }
}

/// `reports` as a table: passed/counted per kind, and what the baseline ruled out.
pub fn table(reports: &[Report]) -> String {
    let width = reports.iter().map(|report| report.file.len()).max().unwrap_or(0).max("total".len());
    let mut text = format!("{:width$}", "");
    for (_, title) in COLUMNS {
        write!(text, "  {title:>11}").expect("writing to a string does not fail");
    }
    text.push_str("     baseline\n");
    let mut totals = [(0, 0); COLUMNS.len()];
    let mut ruled_out = 0;
    for report in reports {
        let scores = COLUMNS.map(|(kind, _)| report.score(kind));
        for (total, score) in totals.iter_mut().zip(scores) {
            *total = (total.0 + score.0, total.1 + score.1);
        }
        let baseline = report.entries.iter().filter(|e| matches!(e.status, Status::Baseline(_))).count();
        ruled_out += baseline;
        row(&mut text, &report.file, width, &scores, baseline);
    }
    row(&mut text, "total", width, &totals, ruled_out);
    by_class(&mut text, reports, width);
    text
}

/// The totals of each class, and what does not pass of those that are synchronous.
fn by_class(text: &mut String, reports: &[Report], width: usize) {
    for (class, name) in Class::ALL {
        let entries: Vec<Entry> = reports.iter().flat_map(|report| &report.entries).cloned().collect();
        let of_class = Report {
            file: name.to_owned(),
            entries: entries.into_iter().filter(|entry| entry.class == Some(class)).collect(),
        };
        let baseline = of_class.entries.iter().filter(|e| matches!(e.status, Status::Baseline(_))).count();
        row(text, name, width, &COLUMNS.map(|(kind, _)| of_class.score(kind)), baseline);
    }
    for report in reports {
        for (entry, why) in report.failures().filter(|(entry, _)| entry.class.is_some_and(Class::is_synchronous)) {
            let first = why.lines().next().unwrap_or_default();
            writeln!(text, "does not pass: {}:{}: {first}", report.file, entry.line).expect("writing to a string");
        }
    }
}

fn row(text: &mut String, name: &str, width: usize, scores: &[(usize, usize)], baseline: usize) {
    write!(text, "{name:width$}").expect("writing to a string does not fail");
    for (passed, counted) in scores {
        let cell = if *counted == 0 { "-".to_owned() } else { format!("{passed}/{counted}") };
        write!(text, "  {cell:>11}").expect("writing to a string does not fail");
    }
    writeln!(text, "  {baseline:>11}").expect("writing to a string does not fail");
}
