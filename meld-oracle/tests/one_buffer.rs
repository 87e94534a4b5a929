//! Parameters that stand where the result of the same call will be: what is rewritten in them for the host must come back before
//! the guest's memory is given out again, and before guests can look.

use meld_core::Options;
use meld_oracle::decoy::with_decoy;
use meld_oracle::differential::{Fusion, shared};

/// Hosts that answer differently.
const SEEDS: u64 = 12;

fn check(text: &str) {
    let bytes = wat::parse_str(text).expect("the text is valid");
    let moved = with_decoy(&bytes).expect("a decoy fits");
    let mut isolated = shared(0);
    isolated.shared().protection = meld_core::options::Protection::Isolated;
    let cases = [("apart", &bytes, Options::default()), ("moved", &moved, shared(0)), ("isolated", &bytes, isolated)];
    for (name, bytes, options) in cases {
        let fusion = Fusion::with(bytes, &options).unwrap_or_else(|e| panic!("{name} cannot be fused: {e}"));
        for seed in 0..SEEDS {
            let compared = fusion.compare(seed, 3).unwrap_or_else(|e| panic!("{name}, seed {seed}: {e}"));
            assert!(compared, "{name}, seed {seed}: nothing to compare");
        }
    }
}

#[test]
fn strings() {
    check(include_str!("one_buffer/strings.wat"));
}

#[test]
fn handles() {
    check(include_str!("one_buffer/handles.wat"));
}
