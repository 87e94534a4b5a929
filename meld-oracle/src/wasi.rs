//! A host for components that use `wasi:*@0.2`: commands and HTTP services, run by wasmtime's own implementation.
//!
//! In: a component, and what the outside world looks like to it. Out: all that the outside world saw of it.
//! The world is made anew for each run and is the same each time, but for the clock.

use anyhow::{Context, Result, anyhow};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use std::path::Path;
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Engine, Store};
use wasmtime_wasi::p2::bindings::Command;
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;
use wasmtime_wasi::{FsPerms, I32Exit, WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};
use wasmtime_wasi_http::p2::bindings::Proxy;
use wasmtime_wasi_http::p2::bindings::http::types::Scheme;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks, WasiHttpView};

/// What a command gets.
#[derive(Debug, Clone, Copy)]
pub struct Invocation<'a> {
    /// Arguments, the program's name first.
    pub args: &'a [&'a str],
    /// Environment variables.
    pub env: &'a [(&'a str, &'a str)],
    /// A folder that it sees as `/`.
    pub folder: &'a Path,
}

/// What a command left behind, besides files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The exit code, or the trap.
    pub end: Result<i32, String>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// Runs a `wasi:cli/command`.
pub fn command(component: &[u8], invocation: Invocation<'_>) -> Result<Outcome> {
    runtime()?.block_on(async {
        let engine = crate::engine::engine();
        let component = Component::new(engine, component).map_err(|e| anyhow!("{e:?}"))?;
        let mut linker = Linker::<World>::new(engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker).map_err(|e| anyhow!("{e:?}"))?;
        let (stdout, stderr) = (MemoryOutputPipe::new(1 << 20), MemoryOutputPipe::new(1 << 20));
        let mut wasi = WasiCtxBuilder::new();
        wasi.args(invocation.args).envs(invocation.env).stdout(stdout.clone()).stderr(stderr.clone());
        wasi.preopened_dir(invocation.folder, "/", FsPerms::ReadWrite).map_err(|e| anyhow!("{e:?}"))?;
        let mut store = Store::new(engine, World::new(wasi.build()));
        crate::engine::limit(&mut store);
        let command = Command::instantiate_async(&mut store, &component, &linker).await;
        let command = command.map_err(|e| anyhow!("{e:?}"))?;
        let end = match command.wasi_cli_run().call_run(&mut store).await {
            Ok(Ok(())) => Ok(0),
            Ok(Err(())) => Ok(1),
            Err(error) => match error.downcast_ref::<I32Exit>() {
                Some(exit) => Ok(exit.0),
                None => Err(format!("{error:?}")),
            },
        };
        let text = |pipe: MemoryOutputPipe| String::from_utf8_lossy(&pipe.contents()).into_owned();
        Ok(Outcome { end, stdout: text(stdout), stderr: text(stderr) })
    })
}

/// A request to an HTTP service.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Its method.
    pub method: &'a str,
    /// Path and query.
    pub target: &'a str,
    /// Headers.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body.
    pub body: &'a [u8],
}

/// An answer of an HTTP service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// Headers, sorted.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// Asks a `wasi:http/proxy` once, in an instance of its own. An error is the error code or the trap, in words.
pub fn request(component: &[u8], request: Request<'_>) -> Result<Result<Response, String>> {
    request_on(crate::engine::engine(), component, request)
}

/// The same on another engine.
pub fn request_on(engine: &Engine, component: &[u8], request: Request<'_>) -> Result<Result<Response, String>> {
    runtime()?.block_on(async {
        let component = Component::new(engine, component).map_err(|e| anyhow!("{e:?}"))?;
        let mut linker = Linker::<World>::new(engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker).map_err(|e| anyhow!("{e:?}"))?;
        wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker).map_err(|e| anyhow!("{e:?}"))?;
        let mut store = Store::new(engine, World::new(WasiCtx::builder().build()));
        crate::engine::limit(&mut store);
        let mut incoming =
            http::Request::builder().method(request.method).uri(format!("http://host{}", request.target));
        for (name, value) in request.headers {
            incoming = incoming.header(*name, *value);
        }
        let incoming = incoming.body(Full::new(Bytes::copy_from_slice(request.body))).context("a request")?;
        let incoming = store.data_mut().http().new_incoming_request(Scheme::Http, incoming);
        let incoming = incoming.map_err(|e| anyhow!("{e:?}"))?;
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let out = store.data_mut().http().new_response_outparam(sender).map_err(|e| anyhow!("{e:?}"))?;
        let proxy = Proxy::instantiate_async(&mut store, &component, &linker).await.map_err(|e| anyhow!("{e:?}"))?;
        // The body may be longer than what the host buffers, so it is read while the guest runs.
        let handle =
            tokio::spawn(async move { proxy.wasi_http_incoming_handler().call_handle(store, incoming, out).await });
        let answer = match receiver.await {
            Ok(Ok(response)) => {
                let (parts, body) = response.into_parts();
                let body = body.collect().await.map_err(|e| anyhow!("{e:?}"))?.to_bytes().to_vec();
                let header = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
                    (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
                };
                let mut headers: Vec<_> = parts.headers.iter().map(header).collect();
                headers.sort();
                Ok(Response { status: parts.status.as_u16(), headers, body })
            }
            Ok(Err(code)) => Err(format!("{code:?}")),
            Err(_) => Err("no answer".to_owned()),
        };
        match handle.await.context("the guest's task")? {
            Ok(()) => Ok(answer),
            Err(trap) => Ok(Err(format!("{trap:?}"))),
        }
    })
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().context("an event loop")
}

/// Outgoing requests go nowhere.
struct NoNetwork;

type Done = Box<dyn Future<Output = std::result::Result<(), Error>> + Send>;
type Sent = Box<dyn Future<Output = std::result::Result<(http::Response<WasiBody>, Done), Error>> + Send>;

impl WasiHttpHooks for NoNetwork {
    fn send_request(&mut self, _: http::Request<WasiBody>, _: Option<RequestOptions>, _: Done) -> Sent {
        Box::new(async { Err(Error::DestinationUnavailable) })
    }
}

/// State of a store.
pub(crate) struct World {
    wasi: WasiCtx,
    http: WasiHttpCtx,
    hooks: NoNetwork,
    table: ResourceTable,
}

impl World {
    pub(crate) fn new(wasi: WasiCtx) -> World {
        World { wasi, http: WasiHttpCtx::new(), hooks: NoNetwork, table: ResourceTable::new() }
    }
}

impl WasiView for World {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for World {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { ctx: &mut self.http, table: &mut self.table, hooks: &mut self.hooks }
    }
}
