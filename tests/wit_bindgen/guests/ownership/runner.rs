//! The same calls with owned arguments, with borrowed ones, and with a type for each.

wit_bindgen::generate!({ path: "ownership/world.wit", world: "runner" });

mod owning {
    wit_bindgen::generate!({ path: "ownership/world.wit", world: "owning", ownership: Owning });
}

mod borrowing {
    wit_bindgen::generate!({
        path: "ownership/world.wit",
        world: "borrowing",
        ownership: Borrowing { duplicate_if_necessary: false },
    });
}

mod twice {
    wit_bindgen::generate!({
        path: "ownership/world.wit",
        world: "borrowing-twice",
        ownership: Borrowing { duplicate_if_necessary: true },
    });
}

struct Runner;

impl Guest for Runner {
    fn run() {
        owned();
        borrowed();
        both();
    }
}

fn owned() {
    use owning::meld::ownership::documents::*;
    let part = |title: &str| Part { title: title.to_string(), lines: vec!["x".to_string(), String::new()] };
    let document = || Document { parts: vec![part("a"), part("ß")], author: Some("me".to_string()) };
    assert!(count(&document()) == 4);
    let upper = upper(&document());
    assert!(upper.parts[0].title == "A" && upper.parts[1].title == "SS");
    assert!(upper.author.as_deref() == Some("me"));
    assert!(find(&[document(), document()], &Query::ByTitle("a".to_string())).len() == 2);
    assert!(find(&[document()], &Query::ByAuthor("you".to_string())).is_empty());
    assert!(titles() == Ok(vec!["one".to_string(), "two".to_string()]));
}

fn borrowed() {
    use borrowing::meld::ownership::documents::*;
    let document = Document { parts: vec![Part { title: "t".to_string(), lines: vec![] }], author: None };
    assert!(count(&document) == 0);
    let found = find(&[&document], &Query::Everything);
    assert!(found.len() == 1 && found[0].title == "t" && found[0].lines.is_empty());
    assert!(titles().is_ok_and(|titles| titles.len() == 2));
}

fn both() {
    use twice::meld::ownership::documents::*;
    let parts = [PartParam { title: "low", lines: &["1", "2", "3"] }];
    let document = || DocumentParam { parts: &parts, author: Some("me") };
    assert!(count(document()) == 3);
    let upper: DocumentResult = upper(document());
    assert!(upper.parts[0].title == "LOW" && upper.parts[0].lines == ["1", "2", "3"]);
    let found = find(&[document(), document()], QueryParam::ByAuthor("me"));
    assert!(found.len() == 2 && found[1].title == "low");
}

export!(Runner);
