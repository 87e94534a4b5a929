//! Calls the provider in C++.

use meld::cpp::words::{count, longest, parse, squares};

wit_bindgen::generate!({ path: "cpp/world.wit", world: "runner" });

struct Runner;

impl Guest for Runner {
    fn run() {
        let entries = count("the süße cat the end the cat");
        let entries: Vec<(&str, u32)> = entries.iter().map(|entry| (entry.word.as_str(), entry.count)).collect();
        assert!(entries == [("cat", 2), ("end", 1), ("süße", 1), ("the", 3)]);
        assert!(count("").is_empty());
        assert!(longest(&["a", "ccc", "bb"].map(String::from)).as_deref() == Some("ccc"));
        assert!(longest(&[]).is_none());
        assert!(squares(0).is_empty());
        let squares = squares(5000);
        assert!(squares.iter().enumerate().all(|(n, square)| *square == (n * n) as u64) && squares.len() == 5000);
        assert!(parse("-2147483648") == Ok(i32::MIN));
        assert!(parse("17") == Ok(17));
        assert!(parse("seventeen") == Err("not a number: seventeen".to_string()));
    }
}

export!(Runner);
