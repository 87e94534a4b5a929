//! The pages: no system interface at all.

use exports::meld::async_service::pages::{Guest, Page};
use wit_bindgen::{StreamReader, StreamResult, spawn_local, yield_async};

wit_bindgen::generate!({ path: "service/world.wit", world: "renderer" });

struct Renderer;

impl Guest for Renderer {
    async fn look_up(path: String, query: Option<String>) -> Page {
        for _ in 0..5 {
            yield_async().await;
        }
        let (status, body) = match (path.as_str(), query.as_deref()) {
            ("/", _) => (200, "an asynchronous page\n".to_owned()),
            ("/hello", Some(name)) => (200, format!("hello, {name}\n")),
            ("/hello", None) => (400, "hello whom?\n".to_owned()),
            _ => (404, format!("no {path} here\n")),
        };
        let headers = vec![
            ("content-type".to_owned(), "text/plain; charset=utf-8".to_owned()),
            ("content-length".to_owned(), body.len().to_string()),
        ];
        Page { status, headers, body }
    }

    async fn capitals(mut body: StreamReader<u8>) -> StreamReader<u8> {
        let (mut writer, reader) = wit_stream::new();
        spawn_local(async move {
            loop {
                let (result, mut piece) = body.read(Vec::with_capacity(1000)).await;
                piece.make_ascii_uppercase();
                let ended = !matches!(result, StreamResult::Complete(_));
                if !writer.write_all(piece).await.is_empty() || ended {
                    break;
                }
            }
        });
        reader
    }
}

export!(Renderer);
