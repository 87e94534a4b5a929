//! A `wasi:http/service`: pages by path, and uploads sent back in capitals while they come.

use meld::async_service::pages;
use wasip3::http::types::{ErrorCode, Fields, Method, Request, Response};
use wit_bindgen::spawn_local;

wit_bindgen::generate!({ path: "service/world.wit", world: "handler" });

struct Handler;

impl wasip3::exports::http::handler::Guest for Handler {
    async fn handle(request: Request) -> Result<Response, ErrorCode> {
        match request.get_method() {
            Method::Get => page(&request).await,
            Method::Post => upload(request).await,
            other => Err(ErrorCode::InternalError(Some(format!("{other:?}")))),
        }
    }
}

async fn page(request: &Request) -> Result<Response, ErrorCode> {
    let target = request.get_path_with_query().unwrap_or_default();
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path.to_owned(), Some(query.to_owned())),
        None => (target, None),
    };
    let page = pages::look_up(path, query).await;
    let headers: Vec<(String, Vec<u8>)> =
        page.headers.into_iter().map(|(name, value)| (name, value.into_bytes())).collect();
    let headers = Fields::from_list(&headers).expect("headers that may be set");
    let (mut body, contents) = wasip3::wit_stream::new();
    let (trailers, no_trailers) = wasip3::wit_future::new(|| Ok(None));
    drop(trailers);
    let (response, sent) = Response::new(headers, Some(contents), no_trailers);
    response.set_status_code(page.status).expect("a status that exists");
    spawn_local(async move {
        assert!(body.write_all(page.body.into_bytes()).await.is_empty());
        drop(body);
        sent.await.expect("a client that listens");
    });
    Ok(response)
}

async fn upload(request: Request) -> Result<Response, ErrorCode> {
    let (read, all_read) = wasip3::wit_future::new(|| Ok(()));
    let (body, trailers) = Request::consume_body(request, all_read);
    let capitals = pages::capitals(body).await;
    // The trailers of the request are those of the response.
    let (response, sent) = Response::new(Fields::new(), Some(capitals), trailers);
    spawn_local(async move {
        sent.await.expect("a client that listens");
        let _ = read.write(Ok(())).await;
    });
    Ok(response)
}

wasip3::http::service::export!(Handler);
