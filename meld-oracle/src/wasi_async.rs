//! A host for components that use `wasi:*@0.3`: commands and HTTP services, run by wasmtime's own implementation.
//!
//! In: a component, and what the outside world looks like to it. Out: all that the outside world saw of it, or a [`Fault`].
//! Where a task waits for the host, wasmtime does not see a deadlock; then the end of the wait tells it, see
//! [`crate::concurrent`].

use crate::concurrent::{Fault, within};
use crate::engine::concurrent_engine;
use crate::wasi::{Outcome, Request, Response, World};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use wasmtime::Store;
use wasmtime::component::{Component, Linker};
use wasmtime_wasi::p2::pipe::{MemoryInputPipe, MemoryOutputPipe};
use wasmtime_wasi::p3::bindings::Command;
use wasmtime_wasi::{I32Exit, WasiCtx, WasiCtxBuilder};
use wasmtime_wasi_http::WasiHttpView;
use wasmtime_wasi_http::p3::bindings::Service;

/// Bytes that a command may print.
const OUTPUT: usize = 1 << 20;

/// What a command gets.
#[derive(Debug, Clone, Copy)]
pub struct Invocation<'a> {
    /// Arguments, the program's name first.
    pub args: &'a [&'a str],
    /// Environment variables.
    pub env: &'a [(&'a str, &'a str)],
    /// Standard input.
    pub stdin: &'a str,
}

/// Runs a `wasi:cli/command`. Its code may run for `seconds`. A trap is an end as well.
pub fn command(component: &[u8], invocation: Invocation<'_>, seconds: u64) -> Result<Outcome, Fault> {
    let (stdout, stderr) = (MemoryOutputPipe::new(OUTPUT), MemoryOutputPipe::new(OUTPUT));
    let mut wasi = WasiCtxBuilder::new();
    wasi.args(invocation.args).envs(invocation.env).stdout(stdout.clone()).stderr(stderr.clone());
    wasi.stdin(MemoryInputPipe::new(invocation.stdin.to_owned()));
    let (component, linker) = linked(component)?;
    let end = within(seconds, async {
        let mut store = store(wasi.build(), seconds);
        let command = Command::instantiate_async(&mut store, &component, &linker).await.map_err(Fault::at_start)?;
        let end = store.run_concurrent(async |store| command.wasi_cli_run().call_run(store).await).await;
        match end.and_then(|end| end) {
            Ok(Ok(())) => Ok(0),
            Ok(Err(())) => Ok(1),
            Err(error) => match error.downcast_ref::<I32Exit>() {
                Some(exit) => Ok(exit.0),
                None => Err(Fault::of(&error)),
            },
        }
    })?;
    let text = |pipe: MemoryOutputPipe| String::from_utf8_lossy(&pipe.contents()).into_owned();
    Ok(Outcome { end: Ok(end), stdout: text(stdout), stderr: text(stderr) })
}

/// Asks a `wasi:http/service` once, in an instance of its own. Its code may run for `seconds`. An inner error is the error code
/// in words.
pub fn request(component: &[u8], request: Request<'_>, seconds: u64) -> Result<Result<Response, String>, Fault> {
    let (component, linker) = linked(component)?;
    within(seconds, async {
        let mut store = store(WasiCtx::builder().build(), seconds);
        let service = Service::instantiate_async(&mut store, &component, &linker).await.map_err(Fault::at_start)?;
        let mut incoming =
            http::Request::builder().method(request.method).uri(format!("http://host{}", request.target));
        for (name, value) in request.headers {
            incoming = incoming.header(*name, *value);
        }
        let incoming = incoming.body(Full::new(Bytes::copy_from_slice(request.body))).map_err(Fault::unfit)?;
        let hooks = store.data_mut().http().hooks;
        let (incoming, sent) = wasmtime_wasi_http::p3::Request::from_http(hooks, incoming);
        // The body of the request is sent while the guest runs.
        let sent = tokio::spawn(sent);
        let answer = store.run_concurrent(async |store| {
            let response = match service.handle(store, incoming).await? {
                Ok(response) => store.with(|store| response.into_http(store, async { Ok(()) }))?,
                Err(code) => return Ok(Err(format!("{code:?}"))),
            };
            let (parts, body) = response.into_parts();
            let body = match body.collect().await {
                Ok(body) => body.to_bytes().to_vec(),
                Err(error) => return Ok(Err(format!("{error:?}"))),
            };
            let header = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
                (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            };
            let mut headers: Vec<_> = parts.headers.iter().map(header).collect();
            headers.sort();
            Ok(Ok(Response { status: parts.status.as_u16(), headers, body }))
        });
        let answer = answer.await.and_then(|answer| answer).map_err(|error| Fault::of(&error))?;
        sent.abort();
        Ok(answer)
    })
}

fn linked(component: &[u8]) -> Result<(Component, Linker<World>), Fault> {
    let engine = concurrent_engine();
    let component = Component::new(engine, component).map_err(Fault::unfit)?;
    let mut linker = Linker::<World>::new(engine);
    wasmtime_wasi::p3::add_to_linker(&mut linker).map_err(Fault::unfit)?;
    wasmtime_wasi_http::p3::add_to_linker(&mut linker).map_err(Fault::unfit)?;
    Ok((component, linker))
}

fn store(wasi: WasiCtx, seconds: u64) -> Store<World> {
    let mut store = Store::new(concurrent_engine(), World::new(wasi));
    store.set_epoch_deadline(seconds);
    store
}
