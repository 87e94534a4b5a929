//! The aliases are the lists they stand for.

use meld::lists_alias::tables::*;

wit_bindgen::generate!({ path: "lists-alias/world.wit", world: "runner" });

struct Runner;

impl Guest for Runner {
    fn run() {
        let table: Table = vec![vec![1, 2], vec![], vec![255]];
        let row: Row = first(&table);
        assert!(row == [1, 2]);
        assert!(first(&[]).is_empty());
        let longer = append(&table, &row);
        assert!(longer == [&[1, 2][..], &[], &[255], &[1, 2]]);
        assert!(flatten(&longer) == [1, 2, 255, 1, 2]);
    }
}

export!(Runner);
