//! Documents of documents.

use exports::meld::ownership::documents::{Document, Guest, Part, Query};

wit_bindgen::generate!({ path: "ownership/world.wit", world: "provider" });

struct Provider;

impl Guest for Provider {
    fn count(d: Document) -> u32 {
        d.parts.iter().map(|part| part.lines.len() as u32).sum()
    }

    fn upper(mut d: Document) -> Document {
        for part in &mut d.parts {
            part.title = part.title.to_uppercase();
        }
        d
    }

    fn find(ds: Vec<Document>, q: Query) -> Vec<Part> {
        let parts = |d: Document| match &q {
            Query::ByTitle(title) => d.parts.into_iter().filter(|part| part.title == *title).collect(),
            Query::ByAuthor(author) if d.author.as_ref() == Some(author) => d.parts,
            Query::ByAuthor(_) => vec![],
            Query::Everything => d.parts,
        };
        ds.into_iter().flat_map(parts).collect()
    }

    fn titles() -> Result<Vec<String>, String> {
        Ok(vec!["one".to_string(), "two".to_string()])
    }
}

export!(Provider);
