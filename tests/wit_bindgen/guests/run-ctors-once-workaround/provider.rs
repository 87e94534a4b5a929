//! Exports that do not run the constructors first.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use exports::meld::run_ctors_once_workaround::state::Guest;

wit_bindgen::generate!({
    path: "run-ctors-once-workaround/world.wit",
    world: "provider",
    disable_run_ctors_once_workaround: true,
});

static COUNT: AtomicU32 = AtomicU32::new(41);
static TEXT: LazyLock<String> = LazyLock::new(|| format!("made at {}", COUNT.load(Ordering::Relaxed)));

struct Provider;

impl Guest for Provider {
    fn bump() -> u32 {
        COUNT.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn text() -> String {
        TEXT.clone()
    }
}

export!(Provider);
