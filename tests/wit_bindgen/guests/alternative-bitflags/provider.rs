//! Flags made by a macro of this crate's choosing.

use exports::meld::alternative_bitflags::rights::{Grant, Guest, Right};

wit_bindgen::generate!({ path: "alternative-bitflags/world.wit", world: "provider", bitflags_path: "crate::flags" });

/// As good as any crate that has this macro.
mod flags {
    pub use bitflags::bitflags;
}

struct Provider;

impl Guest for Provider {
    fn default_rights() -> Right {
        Right::READ | Right::LIST
    }

    fn without(a: Right, b: Right) -> Right {
        a - b
    }

    fn describe(gs: Vec<Grant>) -> Vec<String> {
        gs.into_iter().map(|grant| format!("{} {:04b}", grant.to, grant.rights.bits())).collect()
    }
}

export!(Provider);
