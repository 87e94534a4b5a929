//! A fused component runs wherever the input ran: on an engine with wasmtime's pooling allocator as it is by default, which is
//! what `wasmtime serve` has. It gives each core module one memory and one table.
//!
//! In: the fixtures, cases that are about memories, tables and segments, and random core modules. Whatever starts there as it is
//! starts there fused, in several memories and in one; and the cases and the HTTP service do there what they do elsewhere.

use meld_core::Options;
use meld_oracle::core_programs::{HEAP, composition};
use meld_oracle::differential::{Fusion, shared};
use meld_oracle::engine::{engine, pooling_engine};
use meld_oracle::generate::Random;
use meld_oracle::host::{ComponentCode, NoStart};
use meld_oracle::wasi::{Request, request_on};
use std::path::{Path, PathBuf};

/// Any seed will do.
const SEED: u64 = 11;

/// Bytes by which each memory may grow where all are windows of one.
const ROOM: u64 = 1 << 20;

fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let paths = entries.map(|entry| entry.expect("a readable folder").path());
    let mut files: Vec<_> = paths.filter(|path| path.extension().is_some_and(|e| e == extension)).collect();
    files.sort();
    files
}

fn fuse(input: &[u8], options: &Options) -> Vec<u8> {
    let fusion = Fusion::with(input, options).unwrap_or_else(|why| panic!("{why}"));
    fusion.fused().component.clone().expect("a component was asked for")
}

/// Starts a component under the pooling allocator. What traps has started.
fn start(component: &[u8]) -> Result<(), String> {
    match ComponentCode::on(pooling_engine(), component).and_then(|code| code.start(SEED)) {
        Ok(_) | Err(NoStart::Trap(_)) => Ok(()),
        Err(NoStart::Unfit(why)) => Err(why),
    }
}

/// A way to fuse.
type Mode = (&'static str, fn() -> Options);

const MODES: [Mode; 2] = [("several memories", Options::default), ("one memory", || shared(ROOM))];

#[test]
fn fixtures() {
    let fixtures = files("../tests/wit_bindgen/fixtures", "wasm");
    assert!(fixtures.len() >= 78, "only {} fixtures", fixtures.len());
    let mut failures = Vec::new();
    for fixture in fixtures {
        let input = std::fs::read(&fixture).expect("a readable file");
        start(&input).unwrap_or_else(|why| panic!("{}: the input does not start: {why}", fixture.display()));
        for (mode, options) in MODES {
            if let Err(why) = start(&fuse(&input, &options())) {
                failures.push(format!("{}, {mode}: {why}", fixture.display()));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn cases() {
    let cases = files("tests/pooling", "wat");
    assert!(!cases.is_empty());
    for case in cases {
        let input = wat::parse_file(&case).unwrap_or_else(|e| panic!("{e}"));
        let at = case.display();
        start(&input).unwrap_or_else(|why| panic!("{at}: the input does not start: {why}"));
        let fusion = Fusion::new(&input).unwrap_or_else(|why| panic!("{at}: {why}"));
        for seed in 0..20 {
            let compared = fusion.compare(seed, 6).unwrap_or_else(|why| panic!("{at}, seed {seed}: {why}"));
            assert!(compared, "{at} does not run");
        }
        let component = fusion.fused().component.as_deref().expect("a component was asked for");
        start(component).unwrap_or_else(|why| panic!("{at}: {why}\n{}", wasmprinter::print_bytes(component).unwrap()));
    }
}

/// Random compositions: what is about each access and each segment is compared in `core_programs`.
#[test]
fn random_modules() {
    let mut started = 0;
    for seed in 0..60 {
        let text = composition(&mut Random::new(seed), false);
        let input = wat::parse_str(&text).unwrap_or_else(|e| panic!("seed {seed}: {e}\n{text}"));
        if start(&input).is_err() {
            continue;
        }
        started += 1;
        for (mode, options) in [("several memories", Options::default()), ("one memory", shared(HEAP))] {
            start(&fuse(&input, &options)).unwrap_or_else(|why| panic!("seed {seed}, {mode}: {why}\n{text}"));
        }
    }
    assert!(started >= 10, "only {started} inputs start");
}

#[test]
fn an_http_service_answers() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/wit_bindgen/fixtures");
    let input = std::fs::read(folder.join("wasi-http.wasm")).expect("the fixture is in the repository");
    let long = "Meld! ".repeat(5000);
    let get = |target| Request { method: "GET", target, headers: &[], body: &[] };
    let cases = [
        (get("/"), 200),
        (get("/hello?ada"), 200),
        (get("/private/hello"), 403),
        (Request { method: "POST", body: long.as_bytes(), ..get("/upload") }, 200),
    ];
    for (mode, options) in MODES {
        let output = fuse(&input, &options());
        for (case, status) in cases {
            let expected = request_on(engine(), &input, case).expect("a service that runs");
            let found = request_on(pooling_engine(), &output, case).expect("a service that runs");
            assert_eq!(found.as_ref().map(|r| r.status), Ok(status), "{mode}, {case:?}: {found:?}");
            assert_eq!(found, expected, "{mode}, {case:?}");
        }
    }
}
