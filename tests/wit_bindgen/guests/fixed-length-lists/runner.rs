//! Arrays in, arrays out, flat and in memory.

use meld::fixed_length_lists::arrays::*;

wit_bindgen::generate!({ path: "fixed-length-lists/world.wit", world: "runner" });

struct Runner;

impl Guest for Runner {
    fn run() {
        expect([1, 2, u32::MAX, 4]);
        assert!(primes() == [2, 3, 5, 7, 65_521]);
        assert!(reverse([1, 2, 3, 4, 5, 255]) == [255, 5, 4, 3, 2, 1]);
        assert!(words("last") == ["ç", "", "last"]);
        let m = Matrix { rows: [[1.0, 2.0, 3.0], [4.0, 5.0, -6.0]], name: "m".to_string() };
        assert!(transposed(&m) == [[1.0, 4.0], [2.0, 5.0], [3.0, -6.0]]);
        assert!(of_lists(&[1, 2, i64::MIN]) == [vec![], vec![1, 2, i64::MIN]]);
        assert!(in_list(&[[1, 2], [3, 4], [5, u16::MAX]]) == [[5, u16::MAX], [3, 4], [1, 2]]);
        assert!(in_list(&[]).is_empty());
        let mut xs = [1; 20];
        xs[19] = 1 << 60;
        assert!(sum(xs) == (1 << 60) + 19);
        assert!(mixed((1, [Some(2), None], 3)) == (3, [None, Some(2)], 1));
    }
}

export!(Runner);
