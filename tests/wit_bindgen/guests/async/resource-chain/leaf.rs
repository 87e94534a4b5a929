//! Files whose readers wait for those who write.

use exports::meld::resource_chain::storage::{self, Guest, GuestFile};
use futures::channel::{mpsc, oneshot};
use futures::stream::StreamExt;
use std::cell::{Cell, RefCell};
use wit_bindgen::{StreamReader, spawn_local, yield_async};

wit_bindgen::generate!({ path: "resource-chain/world.wit", world: "leaf" });

struct Leaf;

thread_local! {
    static FILES: Cell<u32> = const { Cell::new(0) };
}

#[derive(Default)]
struct File {
    name: String,
    lines: RefCell<Vec<String>>,
    sealed: Cell<bool>,
    readers: RefCell<Vec<mpsc::UnboundedSender<String>>>,
    waiting: RefCell<Vec<oneshot::Sender<()>>>,
}

impl File {
    fn bytes(&self) -> u32 {
        self.lines.borrow().iter().map(|line| line.len() as u32).sum()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        FILES.set(FILES.get() - 1);
    }
}

impl GuestFile for File {
    fn new(name: String) -> File {
        FILES.set(FILES.get() + 1);
        let mut file = File::default();
        file.name = name;
        file
    }

    fn name(&self) -> String {
        self.name.clone()
    }

    async fn append(&self, text: String) -> u32 {
        assert!(!self.sealed.get());
        yield_async().await;
        // A reader that is gone is forgotten.
        self.readers.borrow_mut().retain(|reader| reader.unbounded_send(text.clone()).is_ok());
        self.lines.borrow_mut().push(text);
        self.lines.borrow().len() as u32
    }

    fn lines(&self) -> StreamReader<String> {
        let (mut writer, reader) = wit_stream::new();
        let (sender, mut receiver) = mpsc::unbounded();
        for line in self.lines.borrow().iter() {
            sender.unbounded_send(line.clone()).unwrap();
        }
        if !self.sealed.get() {
            self.readers.borrow_mut().push(sender);
        }
        TASKS.with_borrow_mut(|tasks| {
            tasks.push(Box::pin(async move {
                while let Some(line) = receiver.next().await {
                    if writer.write_one(line).await.is_some() {
                        break;
                    }
                }
            }))
        });
        reader
    }

    async fn seal(&self) {
        self.sealed.set(true);
        self.readers.take();
        for waiting in self.waiting.take() {
            let _ = waiting.send(());
        }
        start_tasks();
    }

    async fn size(&self) -> u32 {
        start_tasks();
        if !self.sealed.get() {
            let (sender, receiver) = oneshot::channel();
            self.waiting.borrow_mut().push(sender);
            receiver.await.unwrap();
        }
        self.bytes()
    }

    async fn merge(a: storage::File, b: storage::File) -> storage::File {
        let (a, b) = (a.into_inner::<File>(), b.into_inner::<File>());
        yield_async().await;
        let merged = File::new(format!("{}+{}", a.name, b.name));
        merged.lines.borrow_mut().extend(a.lines.take());
        merged.lines.borrow_mut().extend(b.lines.take());
        storage::File::new(merged)
    }
}

type Task = std::pin::Pin<Box<dyn Future<Output = ()>>>;

thread_local! {
    // A synchronous function cannot start a task: the next asynchronous call does it.
    static TASKS: RefCell<Vec<Task>> = const { RefCell::new(Vec::new()) };
}

fn start_tasks() {
    for task in TASKS.take() {
        spawn_local(task);
    }
}

impl Guest for Leaf {
    type File = File;

    async fn open(name: String) -> Result<storage::File, String> {
        if name.is_empty() {
            return Err("a file needs a name".to_owned());
        }
        Ok(storage::File::new(File::new(name)))
    }

    fn files() -> u32 {
        FILES.get()
    }
}

export!(Leaf);
