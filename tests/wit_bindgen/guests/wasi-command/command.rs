//! A command: `command LEDGER [SUMMARY]` prints the balance of every name in a file, and the total.

use std::collections::BTreeMap;
use std::env;
use std::process::ExitCode;

use meld::wasi_command::ledger;

wit_bindgen::generate!({ path: "wasi-command/world.wit", world: "command" });

fn main() -> ExitCode {
    match summarize(env::args().skip(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn summarize(mut arguments: impl Iterator<Item = String>) -> Result<(), String> {
    let path = arguments.next().ok_or("a ledger is needed")?;
    // Both components see the environment, each through its own imports.
    let currency = ledger::currency();
    assert!(currency == env::var("LEDGER_CURRENCY").ok());
    let currency = currency.unwrap_or_else(|| "€".to_string());

    let mut balances = BTreeMap::new();
    for entry in ledger::load(&path)? {
        *balances.entry(entry.name).or_insert(0) += entry.amount;
    }
    for (name, balance) in &balances {
        println!("{name:<8} {balance:>8} {currency}");
    }
    let total: i64 = balances.values().sum();
    println!("{:<8} {total:>8} {currency}", "total");
    if let Some(summary) = arguments.next() {
        ledger::append(&summary, &format!("{} names, total {total} {currency}", balances.len()))?;
    }
    Ok(())
}
