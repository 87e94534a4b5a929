//! `nyi.txt`: what is not passing yet.
//!
//! In: the list, and reports. Out: complaints. A line is `file[:line] reason`; `#` starts a comment. A failure
//! that is not listed is a complaint, and so is a listed one that passes: the list can only tell the truth.

use super::report::{Report, Status};
use std::collections::BTreeMap;

/// The list.
#[derive(Debug, Clone, Default)]
pub struct Nyi {
    /// `file` or `file:line`, and the reason.
    items: BTreeMap<String, String>,
}

impl Nyi {
    /// Reads the list.
    pub fn parse(text: &str) -> Result<Nyi, String> {
        let mut items = BTreeMap::new();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (item, reason) = line.split_once(char::is_whitespace).ok_or(format!("`{line}` gives no reason"))?;
            if items.insert(item.to_owned(), reason.trim().to_owned()).is_some() {
                return Err(format!("`{item}` is listed twice"));
            }
        }
        Ok(Nyi { items })
    }

    /// Everything in which `reports` and the list differ.
    pub fn complaints(&self, reports: &[Report]) -> Vec<String> {
        let mut complaints = Vec::new();
        for report in reports {
            let whole_file = self.items.contains_key(&report.file);
            if whole_file && report.failures().next().is_none() {
                complaints.push(format!("{} is listed as not passing, and passes", report.file));
            }
            for entry in &report.entries {
                let item = format!("{}:{}", report.file, entry.line);
                let listed = self.items.contains_key(&item);
                match &entry.status {
                    Status::Failed(why) if !listed && !whole_file => complaints.push(format!("{item}: {why}")),
                    // One line may hold several checks: one that fails is enough to be listed.
                    Status::Passed | Status::Baseline(_)
                        if listed && !report.failures().any(|(failed, _)| failed.line == entry.line) =>
                    {
                        complaints.push(format!("{item} is listed as not passing, and passes"));
                    }
                    _ => {}
                }
            }
        }
        complaints
    }
}

#[cfg(test)]
mod tests {
    use super::{Nyi, Report, Status};
    use crate::wast::{Entry, Kind};

    #[test]
    fn the_list_tells_the_truth_or_fails() {
        let entry = |line, status| Entry { line, kind: Kind::Return, class: None, status };
        let failed = || Status::Failed("why".to_owned());
        let reports = [
            Report { file: "a/x.wast".to_owned(), entries: vec![entry(1, failed()), entry(2, Status::Passed)] },
            Report { file: "a/y.wast".to_owned(), entries: vec![entry(1, Status::Passed)] },
        ];
        let complaints = |list: &str| Nyi::parse(list).unwrap().complaints(&reports);
        assert_eq!(complaints(""), ["a/x.wast:1: why"]);
        assert!(complaints("# comment\na/x.wast:1 async").is_empty());
        assert!(complaints("a/x.wast async").is_empty());
        assert_eq!(complaints("a/x.wast:1 r\na/x.wast:2 r").len(), 1);
        let twice = [Report { file: "b.wast".to_owned(), entries: vec![entry(1, Status::Passed), entry(1, failed())] }];
        assert!(Nyi::parse("b.wast:1 r").unwrap().complaints(&twice).is_empty());
        assert_eq!(complaints("a/x.wast:1 r\na/y.wast r").len(), 1);
        assert!(Nyi::parse("a/x.wast:1").is_err());
    }
}
