//! A `wasi:http/proxy` component: pages by path, and uploads sent back in capitals, piece by piece.

use meld::wasi_http::render;
use wasip2::http::types::{
    ErrorCode, Fields, IncomingRequest, Method, OutgoingBody, OutgoingResponse, ResponseOutparam,
};
use wasip2::io::streams::StreamError;

wit_bindgen::generate!({ path: "wasi-http/world.wit", world: "handler" });

struct Handler;

impl wasip2::exports::http::incoming_handler::Guest for Handler {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        match request.method() {
            Method::Get => page(&request, out),
            Method::Post => upload(&request, out),
            other => ResponseOutparam::set(out, Err(ErrorCode::InternalError(Some(format!("{other:?}"))))),
        }
    }
}

fn page(request: &IncomingRequest, out: ResponseOutparam) {
    let target = request.path_with_query().unwrap_or_default();
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (target.as_str(), None),
    };
    let page = render::look_up(path, query);
    let headers: Vec<(String, Vec<u8>)> =
        page.headers.into_iter().map(|(name, value)| (name, value.into_bytes())).collect();
    let headers = Fields::from_list(&headers).expect("headers that may be set");
    let response = OutgoingResponse::new(headers);
    response.set_status_code(page.status).expect("a status that exists");
    let body = response.body().expect("the body is taken once");
    ResponseOutparam::set(out, Ok(response));
    {
        let stream = body.write().expect("the stream is taken once");
        // A single call may not carry more than this.
        for piece in page.body.as_bytes().chunks(4096) {
            stream.blocking_write_and_flush(piece).expect("a client that listens");
        }
    }
    OutgoingBody::finish(body, None).expect("a body as long as announced");
}

fn upload(request: &IncomingRequest, out: ResponseOutparam) {
    let incoming = request.consume().expect("the body is taken once");
    let input = incoming.stream().expect("the stream is taken once");
    let response = OutgoingResponse::new(Fields::new());
    let body = response.body().expect("the body is taken once");
    ResponseOutparam::set(out, Ok(response));
    {
        let output = body.write().expect("the stream is taken once");
        loop {
            match input.blocking_read(1000) {
                Ok(piece) => output.blocking_write_and_flush(&render::upper(&piece)).expect("a client that listens"),
                Err(StreamError::Closed) => break,
                Err(error) => panic!("{error:?}"),
            }
        }
    }
    OutgoingBody::finish(body, None).expect("a body without a length");
}

wasip2::http::proxy::export!(Handler);
