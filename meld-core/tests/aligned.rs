//! `--align-regions pow2`: what a memory protection unit has to cover has a size and a place that one of ARMv7-M can.
//!
//! In: the fixtures, in ways to fuse that take turns. Out: by the map, each region and each memory has a size that is a power of two, at least 32 bytes, and begins at
//! a multiple of it; regions do not overlap.

use meld_core::options::{Domain, RegionAlignment, SharedArena, StackSize};
use meld_core::report::{Area, AreaKind};
use meld_core::{Input, Options};
use std::path::Path;

/// Ways to fuse.
const WAYS: usize = 5;

/// The options of a way, for an input with an instance of that path.
fn options(way: usize, instance: &str) -> Options {
    let mut options = Options::default();
    let shared = options.shared();
    shared.alignment = RegionAlignment::PowerOfTwo;
    shared.heap().every = Some(1 << 20);
    match way {
        0 => {}
        1 => shared.common().stack = Some(StackSize::Bytes(65_520)),
        2 => shared.byte_pages = true,
        3 => shared.domains.push(Domain::new("one", [instance])),
        _ => {
            shared.handles = Some(5);
            shared.low_reserve = 1000;
        }
    }
    options
}

/// What is wrong with a map.
fn wrong(map: &[Area]) -> Option<String> {
    let is_part =
        |area: &&Area| matches!(area.kind, AreaKind::Stack | AreaKind::Data | AreaKind::Growth | AreaKind::Padding);
    for of_memory in map.chunk_by(|one, other| one.memory == other.memory) {
        let end = of_memory.iter().map(|area| area.end).max().unwrap_or_default();
        if !end.is_power_of_two() {
            return Some(format!("the memory has {end} bytes"));
        }
        let mut last = 0;
        for area in of_memory.iter().filter(|area| !is_part(area)) {
            let size = area.end - area.start;
            let is_free = area.kind == AreaKind::Free;
            if area.start != last || !is_free && (size < 32 || !size.is_power_of_two() || area.start % size != 0) {
                return Some(format!("{area:?}"));
            }
            last = area.end;
        }
    }
    None
}

#[test]
fn regions_of_fixtures_are_what_a_unit_can_cover() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/wit_bindgen/fixtures");
    let entries = std::fs::read_dir(folder).expect("the fixtures are there");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "wasm"));
    paths.sort();
    let (mut seen, mut padded) = ([0; WAYS], 0);
    for (at, path) in paths.iter().enumerate() {
        let bytes = std::fs::read(path).expect("a readable file");
        let fuse = |options: &Options| {
            let fused = meld_core::fuse(&[Input::new("input", &bytes[..])], options);
            fused.unwrap_or_else(|error| panic!("{}: {:#}", path.display(), anyhow_like(&error)))
        };
        let plain = fuse(&Options::default()).report;
        let instance = &plain.modules.first().expect("it has a module").instance;
        let fused = fuse(&options(at % WAYS, instance));
        assert_eq!(wrong(&fused.report.map), None, "{}: {:?}", path.display(), fused.report.map);
        seen[at % WAYS] += 1;
        padded += usize::from(fused.report.map.iter().any(|area| area.kind == AreaKind::Padding));
    }
    assert!(seen.iter().all(|count| *count > 10) && padded > 50, "{seen:?}, {padded}");
}

/// An error with its causes.
fn anyhow_like(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text += &format!(": {error}");
        cause = error.source();
    }
    text
}

#[test]
fn an_arena_and_the_stack_of_all_are_regions() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../meld-cli/tests/cli/arena.wat");
    let bytes = wat::parse_file(path).expect("valid text");
    for arena in [SharedArena::Inside(4112), SharedArena::Embedder(4112)] {
        let mut options = Options::default();
        options.shared().alignment = RegionAlignment::PowerOfTwo;
        options.shared().arena = Some(arena);
        let fused = meld_core::fuse(&[Input::new("input", &bytes[..])], &options).expect("it fuses");
        let map = &fused.report.map;
        assert_eq!(wrong(map), None, "{map:?}");
        let area = map.iter().find(|area| area.kind == AreaKind::Arena).expect("an arena");
        assert_eq!(area.end - area.start, 8192);
    }
}

/// Without the option, the map of the same fixtures has regions that no unit covers: the test can fail.
#[test]
fn without_the_option_they_are_not() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/wit_bindgen/fixtures/resources.wasm");
    let bytes = std::fs::read(path).expect("a fixture");
    let mut options = options(0, "");
    options.shared().alignment = RegionAlignment::default();
    let fused = meld_core::fuse(&[Input::new("input", &bytes[..])], &options).expect("it fuses");
    assert_ne!(wrong(&fused.report.map), None);
}
