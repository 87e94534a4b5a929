//! Every case with and without its list, and nothing left over.

use meld::list_in_variant::holders::{self, Holder};

wit_bindgen::generate!({ path: "list-in-variant/world.wit", world: "runner" });
guests::count_allocations!();

struct Runner;

impl Guest for Runner {
    fn run() {
        round();
        let (here, there) = (guests::live_bytes(), holders::live_bytes());
        round();
        assert!(guests::live_bytes() == here);
        assert!(holders::live_bytes() == there);
    }
}

fn round() {
    let names = ["ab", "", "çdé"].map(String::from);
    assert!(holders::in_option(Some(&names)) == 7);
    assert!(holders::in_option(Some(&[])) == 0);
    assert!(holders::in_option(None) == u32::MAX);
    assert!(holders::in_result(Ok(&names)) == "ab//çdé");
    assert!(holders::in_result(Err("no")) == "error: no");

    assert!(holders::in_variant(&Holder::Bytes(vec![1; 70_000])) == "70000 bytes");
    assert!(holders::in_variant(&Holder::Names(names.to_vec())) == "abçdé");
    assert!(holders::in_variant(&Holder::Both(("<".to_string(), names.to_vec()))) == "<abçdé");
    assert!(holders::in_variant(&Holder::Nothing).is_empty());

    let back = holders::in_list(&[
        Holder::Nothing,
        Holder::Bytes(vec![1, 2, 3]),
        Holder::Both((String::new(), vec!["z".to_string()])),
        Holder::Names(vec![]),
    ]);
    assert!(back.len() == 4);
    assert!(matches!(&back[0], Holder::Names(names) if names.is_empty()));
    assert!(matches!(&back[1], Holder::Both((head, rest)) if head.is_empty() && rest[..] == ["z"]));
    assert!(matches!(&back[2], Holder::Bytes(bytes) if bytes[..] == [1, 2, 3]));
    assert!(matches!(back[3], Holder::Nothing));

    assert!(holders::deep(None).is_none());
    assert!(holders::deep(Some(Ok(None))) == Some(Ok(None)));
    assert!(holders::deep(Some(Ok(Some(&names)))) == Some(Ok(Some(names.to_vec()))));
    assert!(holders::deep(Some(Err(&[1, u16::MAX]))) == Some(Err(vec![1, u16::MAX])));

    assert!(matches!(holders::make(0), Holder::Bytes(bytes) if bytes == [9; 300]));
    assert!(matches!(holders::make(1), Holder::Names(names) if names == ["one", "two"]));
    assert!(matches!(holders::make(2), Holder::Both((head, rest)) if head == "head" && rest == ["tail"]));
    assert!(matches!(holders::make(3), Holder::Nothing));
    assert!(holders::split("a b  c") == Ok(["a", "b", "", "c"].map(String::from).to_vec()));
    assert!(holders::split("") == Err("empty".to_string()));
}

export!(Runner);
