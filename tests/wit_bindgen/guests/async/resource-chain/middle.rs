//! Files over files of the same interface: names and lines are marked, and whoever reads, reads through both.

use exports::meld::resource_chain::storage::{self, Guest, GuestFile};
use meld::resource_chain::storage as inner;
use wit_bindgen::StreamReader;

wit_bindgen::generate!({ path: "resource-chain/world.wit", world: "middle" });

struct Middle;

struct File(inner::File);

impl GuestFile for File {
    fn new(name: String) -> File {
        File(inner::File::new(&format!("~{name}")))
    }

    fn name(&self) -> String {
        self.0.name()
    }

    async fn append(&self, text: String) -> u32 {
        self.0.append(format!("> {text}")).await
    }

    fn lines(&self) -> StreamReader<String> {
        // The stream of the leaf itself.
        self.0.lines()
    }

    async fn seal(&self) {
        self.0.seal().await
    }

    async fn size(&self) -> u32 {
        self.0.size().await
    }

    async fn merge(a: storage::File, b: storage::File) -> storage::File {
        let (a, b) = (a.into_inner::<File>(), b.into_inner::<File>());
        storage::File::new(File(inner::File::merge(a.0, b.0).await))
    }
}

impl Guest for Middle {
    type File = File;

    async fn open(name: String) -> Result<storage::File, String> {
        let file = inner::open(name).await.map_err(|error| format!("middle: {error}"))?;
        Ok(storage::File::new(File(file)))
    }

    fn files() -> u32 {
        inner::files()
    }
}

export!(Middle);
