//! A middleware: refuses what is private and passes every other request, handle and all, to the handler inside.

use wasip2::http::types::{Fields, IncomingRequest, OutgoingBody, OutgoingResponse, ResponseOutparam};

wit_bindgen::generate!({
    path: "wasi-http/world.wit",
    world: "gate",
    with: {
        "wasi:http/incoming-handler@0.2.12": generate,
        "wasi:http/types@0.2.12": wasip2::http::types,
    },
});

struct Gate;

impl wasip2::exports::http::incoming_handler::Guest for Gate {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let private = request.path_with_query().is_some_and(|path| path.starts_with("/private"));
        let key = request.headers().get("x-key");
        if private && key != [b"open sesame".to_vec()] {
            refuse(out);
        } else {
            wasi::http::incoming_handler::handle(request, out);
        }
    }
}

fn refuse(out: ResponseOutparam) {
    let response = OutgoingResponse::new(Fields::new());
    response.set_status_code(403).expect("a status that exists");
    let body = response.body().expect("the body is taken once");
    ResponseOutparam::set(out, Ok(response));
    OutgoingBody::finish(body, None).expect("an empty body");
}

wasip2::http::proxy::export!(Gate);
