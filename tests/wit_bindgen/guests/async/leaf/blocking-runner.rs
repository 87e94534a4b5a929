//! Calls that block until the result is there, whether the callee waits or not.

use meld::leaf::tools::{self, Item};

wit_bindgen::generate!({
    path: "leaf/world.wit",
    world: "blocking-runner",
    sync: [
        "import:meld:leaf/tools#length",
        "import:meld:leaf/tools#heaviest",
        "import:meld:leaf/tools#log2",
        "import:meld:leaf/tools#slow-length",
        "import:meld:leaf/tools#slow-heaviest",
    ],
});

struct Runner;

impl Guest for Runner {
    async fn run() {
        let items: Vec<Item> = (0..7).map(|n| Item { name: format!("item {n}"), weight: n * 3 % 7 }).collect();
        for n in 0..100 {
            assert!(tools::length(&"ä".repeat(n)) == n as u32);
        }
        assert!(tools::log2(1 << 40) == 40);
        assert!(tools::heaviest(&items).unwrap().name == "item 2");
        assert!(tools::heaviest(&[]).is_none());
        for turns in [0, 1, 20] {
            assert!(tools::slow_length("twelve chars", turns) == 12);
            let found = tools::slow_heaviest(&items, turns).unwrap();
            assert!(found.name == "item 2" && found.weight == 6);
        }
        assert!(tools::calls() == 109);
    }
}

export!(Runner);
