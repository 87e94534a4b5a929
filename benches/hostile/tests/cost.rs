//! Every family of hostile inputs, at its smallest size, in all its modes: a result or a limit, in time and memory that
//! validation justifies. The whole table is `cargo run --release -p bench-hostile`.

use bench_hostile::{Allowed, FAMILIES, measure};
use std::path::Path;

#[test]
fn inputs_cost_what_they_deserve() {
    let program = Path::new(env!("CARGO_BIN_EXE_bench-hostile"));
    let allowed = if cfg!(debug_assertions) { Allowed::DEBUG } else { Allowed::RELEASE };
    let mut faults = Vec::new();
    for family in FAMILIES {
        // The smallest: a machine with much else to do must not fail this.
        let size = family.sizes[0];
        let inputs = (family.inputs)(size);
        for &mode in family.modes {
            let fault = match measure(program, &inputs, mode) {
                Ok(cost) => family.objection(&cost, &allowed).map(|fault| format!("{fault} ({})", cost.outcome)),
                Err(error) => Some(format!("{error:#}")),
            };
            faults.extend(fault.map(|fault| format!("{} {size} {}: {fault}", family.name, mode.name())));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}
