//! Each name reaches the function it belongs to.

use meld::symbol_conflicts::{libc, one, two};

wit_bindgen::generate!({ path: "symbol-conflicts/world.wit", world: "runner" });

struct Runner;

impl Guest for Runner {
    fn run() {
        assert!(same());
        assert!(one::same() == 1);
        assert!(two::same() == "2");
        assert!(one::with_param("x") == "x1");
        assert!(two::with_param("four") == 4);
        assert!(libc::malloc(10) == 10);
        libc::free(4);
        assert!(libc::malloc(10) == 6);
        assert!(libc::memcpy(b"ab") == b"abab");
        assert!(libc::main() == -1);
        assert!(libc::start() == 7);
        assert!(libc::memory() == 8);
        assert!(libc::cabi_realloc(21) == 42);
    }
}

export!(Runner);
