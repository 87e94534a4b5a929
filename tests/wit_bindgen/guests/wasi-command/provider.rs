//! A library that reads and writes files and the environment with the standard library.

use std::fs::{self, OpenOptions};
use std::io::Write as _;

use exports::meld::wasi_command::ledger::{Entry, Guest};

wit_bindgen::generate!({ path: "wasi-command/world.wit", world: "provider" });

struct Provider;

impl Guest for Provider {
    fn load(path: String) -> Result<Vec<Entry>, String> {
        let text = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
        let entry = |(number, line): (usize, &str)| {
            let fields = line.split_once(' ').and_then(|(name, amount)| Some((name, amount.trim().parse().ok()?)));
            match fields {
                Some((name, amount)) => Ok(Entry { name: name.to_string(), amount }),
                None => Err(format!("{path}:{}: no amount", number + 1)),
            }
        };
        text.lines().enumerate().filter(|(_, line)| !line.is_empty()).map(entry).collect()
    }

    fn append(path: String, line: String) -> Result<(), String> {
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .and_then(|mut file| writeln!(file, "{line}"))
            .map_err(|error| format!("{path}: {error}"))
    }

    fn currency() -> Option<String> {
        std::env::var("LEDGER_CURRENCY").ok()
    }
}

export!(Provider);
