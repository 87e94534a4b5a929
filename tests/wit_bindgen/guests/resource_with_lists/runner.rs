//! Lists to and from methods, through both layers.

use meld::resource_with_lists::buffers::Buffer;
use meld::resource_with_lists::trace::live;

wit_bindgen::generate!({ path: "resource_with_lists/world.wit", world: "runner" });

struct Runner;

impl Guest for Runner {
    fn run() {
        let a = Buffer::new(b"hi");
        assert!(a.read() == b"hi middle leaf");
        a.write(b"+");
        a.write(b"");
        assert!(a.read() == b"hi middle leaf+||");
        let words = a.words(&["one", "zwei"].map(String::from));
        assert!(words == ["middle", "zwei", "one", "hi middle leaf+||"]);
        assert!(Buffer::swap(b"abc") == b"cba|");

        let large = vec![0x5a; 100_000];
        let b = Buffer::new(&large);
        assert!(b.read().len() == 100_012);
        assert!(b.read()[..100_000] == large);
        assert!(live() == 2);

        let empty = Buffer::from_parts(vec![]);
        assert!(empty.read().is_empty());
        let joined = Buffer::from_parts(vec![a, empty, Buffer::new(b"")]);
        assert!(joined.read() == b"hi middle leaf+|| middle leaf");
        assert!(live() == 2);
        drop(joined);
        drop(b);
        assert!(live() == 0);
    }
}

export!(Runner);
