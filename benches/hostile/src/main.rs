//! What hostile inputs cost: `cargo run --release -p bench-hostile`.
//!
//! In: nothing, or the names of families. Out: a table in Markdown with a row for each input and mode: how large it is, what
//! its validation takes in time and memory, what its fusion takes, and what comes of it. A row that takes more than is
//! allowed, or ends in anything but a result or a limit, is marked, and the program fails.

use anyhow::{Result, bail, ensure};
use bench_hostile::measure::{Mode, child, this_program};
use bench_hostile::{Allowed, Cost, FAMILIES, Family, measure};
use std::env;
use std::io::Write;

fn main() -> Result<()> {
    let args: Vec<String> = env::args().skip(1).collect();
    match args.first().map(String::as_str) {
        Some("fuse" | "validate") => child(&args),
        Some("write") => {
            let [_, family, size, path] = args.as_slice() else {
                bail!("usage: bench-hostile write FAMILY SIZE PREFIX")
            };
            let family = FAMILIES.iter().find(|known| known.name == family);
            let inputs = family.map(|family| (family.inputs)(size.parse().unwrap_or_default())).unwrap_or_default();
            ensure!(!inputs.is_empty(), "usage: bench-hostile write FAMILY SIZE PREFIX");
            for (position, input) in inputs.iter().enumerate() {
                std::fs::write(format!("{path}{position}.wasm"), input)?;
            }
            Ok(())
        }
        _ => table(&args),
    }
}

/// Prints the table of the families whose names begin with one of `names`, or of all; in the modes that are among these, or all.
fn table(names: &[String]) -> Result<()> {
    let (modes, names): (Vec<&String>, Vec<&String>) = names.iter().partition(|name| Mode::named(name).is_ok());
    let modes = modes.into_iter().map(|mode| Mode::named(mode)).collect::<Result<Vec<_>>>()?;
    let wanted = |family: &&Family| names.is_empty() || names.iter().any(|name| family.name.starts_with(name.as_str()));
    let allowed = if cfg!(debug_assertions) { Allowed::DEBUG } else { Allowed::RELEASE };
    println!("| input | size | bytes | mode | validate ms | validate MiB | fuse ms | fuse MiB | result |");
    println!("|---|---:|---:|---|---:|---:|---:|---:|---|");
    let mut faults = 0;
    for family in FAMILIES.iter().filter(wanted) {
        for &size in family.sizes {
            let inputs = (family.inputs)(size);
            for &mode in family.modes.iter().filter(|mode| modes.is_empty() || modes.contains(mode)) {
                let row = measure(&this_program()?, &inputs, mode);
                let fault = match &row {
                    Ok(cost) => family.objection(cost, &allowed),
                    Err(error) => Some(format!("{error:#}")),
                };
                faults += usize::from(fault.is_some());
                println!("{}", line(family, size, mode, inputs.iter().map(Vec::len).sum(), row.ok(), fault));
                std::io::stdout().flush()?;
            }
        }
    }
    ensure!(faults == 0, "{faults} rows take more than they may, or have no right result");
    Ok(())
}

fn line(family: &Family, size: usize, mode: Mode, bytes: usize, cost: Option<Cost>, fault: Option<String>) -> String {
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    let head = format!("| {} | {size} | {bytes} | {} |", family.name, mode.name());
    let fault = fault.map_or(String::new(), |fault| format!(" **{}**", fault.replace('\n', " ")));
    match cost {
        None => format!("{head} | | | |{fault} |"),
        Some(cost) => format!(
            "{head} {:.1} | {:.1} | {:.1} | {:.1} | {}{fault} |",
            cost.validate * 1e3,
            mib(cost.validate_memory),
            cost.fuse * 1e3,
            mib(cost.fuse_memory),
            cost.outcome
        ),
    }
}
