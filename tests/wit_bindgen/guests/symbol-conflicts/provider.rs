//! Functions of one name in several interfaces, and names that mean something to the toolchain.

use std::sync::atomic::{AtomicU32, Ordering};

use exports::meld::symbol_conflicts::{libc, one, two};

wit_bindgen::generate!({ path: "symbol-conflicts/world.wit", world: "provider" });

static FREED: AtomicU32 = AtomicU32::new(0);

struct Provider;

impl Guest for Provider {
    fn same() -> bool {
        true
    }
}

impl one::Guest for Provider {
    fn same() -> u32 {
        1
    }

    fn with_param(x: String) -> String {
        x + "1"
    }
}

impl two::Guest for Provider {
    fn same() -> String {
        "2".to_string()
    }

    fn with_param(x: String) -> u32 {
        x.len() as u32
    }
}

impl libc::Guest for Provider {
    fn malloc(n: u32) -> u32 {
        n - FREED.load(Ordering::Relaxed)
    }

    fn free(n: u32) {
        FREED.fetch_add(n, Ordering::Relaxed);
    }

    fn memcpy(a: Vec<u8>) -> Vec<u8> {
        a.repeat(2)
    }

    fn main() -> i32 {
        -1
    }

    fn start() -> u32 {
        7
    }

    fn memory() -> u32 {
        8
    }

    fn cabi_realloc(n: u32) -> u32 {
        n * 2
    }
}

export!(Provider);
