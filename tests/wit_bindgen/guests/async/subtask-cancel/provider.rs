//! Writes down when a call begins, ends and is given up: a value that lives as long as the call tells.

use exports::meld::subtask_cancel::work::{self, Guest, GuestTool, ToolBorrow};
use std::cell::RefCell;
use wit_bindgen::{FutureReader, backpressure_dec, backpressure_inc, yield_async};

wit_bindgen::generate!({ path: "subtask-cancel/world.wit", world: "provider" });

struct Provider;

thread_local! {
    static LOG: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    static TOOLS: RefCell<u32> = const { RefCell::new(0) };
}

fn note(text: String) {
    LOG.with_borrow_mut(|log| log.push(text));
}

/// A call in progress.
struct Call {
    name: String,
    ended: bool,
}

impl Call {
    fn begin(name: String) -> Call {
        note(format!("{name} begins"));
        Call { name, ended: false }
    }

    fn end(mut self) -> String {
        self.ended = true;
        note(format!("{} ends", self.name));
        self.name.clone()
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if !self.ended {
            note(format!("{} is given up", self.name));
        }
    }
}

struct Named(String);

impl Drop for Named {
    fn drop(&mut self) {
        TOOLS.with_borrow_mut(|tools| *tools -= 1);
    }
}

impl GuestTool for Named {
    fn new(name: String) -> Named {
        TOOLS.with_borrow_mut(|tools| *tools += 1);
        Named(name)
    }

    fn name(&self) -> String {
        self.0.clone()
    }
}

impl Guest for Provider {
    type Tool = Named;

    async fn forever(name: String) {
        let _call = Call::begin(name);
        std::future::pending::<()>().await;
    }

    async fn using(tool: work::Tool, until: FutureReader<()>) -> String {
        let call = Call::begin(tool.get::<Named>().0.clone());
        until.await;
        call.end()
    }

    async fn borrowing(tool: ToolBorrow<'_>, until: FutureReader<()>) -> String {
        let call = Call::begin(tool.get::<Named>().0.clone());
        until.await;
        call.end()
    }

    async fn after(turns: u32) -> String {
        let call = Call::begin(format!("after {turns}"));
        for _ in 0..turns {
            yield_async().await;
        }
        call.end()
    }

    fn hold(on: bool) {
        if on { backpressure_inc() } else { backpressure_dec() }
    }

    fn log() -> Vec<String> {
        LOG.take()
    }

    fn tools() -> u32 {
        TOOLS.with_borrow(|tools| *tools)
    }
}

export!(Provider);
