//! `--isolate` with an arena: what an adapter reads or writes for a guest is in the guest's window or in the arena.
//!
//! In: a speaker that passes a string of which the host says where it is, and a hearer whose `realloc` returns what the host says, in all pairs of encodings, with a
//! bystander whose window is beside theirs. Out: a string or a block in the arena or in the own window passes, and one that touches anything else traps. Without
//! `--isolate` it does not, as `docs/shared-memory.md` says, so the test can fail.

use meld_core::options::{Protection, SharedArena};
use meld_core::report::AreaKind;
use meld_core::{Fused, Fuser};
use meld_oracle::core_host::CoreCode;
use meld_oracle::host::{Guest, call_with_numbers as call};
use meld_oracle::value::Value;

const ALLOCATOR: &str = "(param \"p0\" u32) (param \"p1\" u32) (param \"p2\" u32) (param \"p3\" u32) (result u32)";

const ENCODINGS: [&str; 3] = ["utf8", "utf16", "latin1+utf16"];

/// Bytes of the arena.
const ARENA: u32 = 256;

fn composition(from: &str, to: &str) -> String {
    let core = |name: &str, pages: u32, rest: &str| {
        format!(
            "(core module $m
               (import \"\" \"allocate\" (func $allocate (param i32 i32 i32 i32) (result i32)))
               (memory (export \"memory\") {pages})
               (global $give (mut i32) (i32.const 0))
               (func (export \"set-give\") (param i32) (global.set $give (local.get 0)))
               (func (export \"realloc\") (param i32 i32 i32 i32) (result i32)
                 (if (global.get $give) (then (return (global.get $give))))
                 (call $allocate (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
               (func (export \"allocate\") (param i32) (result i32)
                 (call $allocate (i32.const 0) (i32.const 0) (i32.const 8) (local.get 0)))
               {rest})
             (core instance $m (instantiate $m (with \"\" (instance (export \"allocate\" (func $allocate))))))
             (func (export \"{name}-set-give\") (param \"at\" u32) (canon lift (core func $m \"set-give\")))
             (func (export \"{name}-allocate\") (param \"bytes\" u32) (result u32) (canon lift (core func $m \"allocate\")))"
        )
    };
    let options = |encoding: &str| {
        format!("(memory (core memory $m \"memory\")) (realloc (core func $m \"realloc\")) string-encoding={encoding}")
    };
    format!(
        "(component
           (import \"cabi-arena-realloc\" (func $allocator {ALLOCATOR}))
           (component $Bystander
             (core module $m (memory 1) (data (i32.const 0) \"not of anybody else\")
               (func (export \"peek\") (result i32) (i32.load (i32.const 0))))
             (core instance $m (instantiate $m))
             (func (export \"peek\") (result u32) (canon lift (core func $m \"peek\"))))
           (component $Last
             (core module $m (memory 4) (data (i32.const 0) \"not of anybody else\")
               (func (export \"peek\") (result i32) (i32.load (i32.const 0))))
             (core instance $m (instantiate $m))
             (func (export \"peek\") (result u32) (canon lift (core func $m \"peek\"))))
           (component $Hearer
             (import \"allocator\" (func $allocator {ALLOCATOR}))
             (core func $allocate (canon lower (func $allocator)))
             {}
             (func (export \"hear\") (param \"text\" string) (result u32) (canon lift (core func $m \"hear\") {})))
           (component $Speaker
             (import \"allocator\" (func $allocator {ALLOCATOR}))
             (import \"hear\" (func $hear (param \"text\" string) (result u32)))
             (core func $allocate (canon lower (func $allocator)))
             {}
             (core func $heard (canon lower (func $hear) {}))
             (func (export \"say\") (param \"at\" u32) (param \"units\" u32) (result u32) (canon lift (core func $heard))))
           (instance $before (instantiate $Bystander))
           (instance $after (instantiate $Last))
           (instance $hearer (instantiate $Hearer (with \"allocator\" (func $allocator))))
           (instance $speaker (instantiate $Speaker
             (with \"allocator\" (func $allocator)) (with \"hear\" (func $hearer \"hear\"))))
           (export \"peek\" (func $before \"peek\"))
           (export \"peek-last\" (func $after \"peek\"))
           (export \"say\" (func $speaker \"say\"))
           (export \"s-allocate\" (func $speaker \"s-allocate\"))
           (export \"h-allocate\" (func $hearer \"h-allocate\"))
           (export \"h-set-give\" (func $hearer \"h-set-give\")))",
        core("h", 2, "(func (export \"hear\") (param i32 i32) (result i32) (local.get 0))"),
        options(to),
        core("s", 3, ""),
        options(from),
    )
}

fn fuse(from: &str, to: &str, protection: Protection) -> Fused {
    let mut fuser = Fuser::new();
    fuser.input("input", wat::parse_str(composition(from, to)).unwrap_or_else(|e| panic!("{e}")));
    let shared = fuser.options_mut().shared();
    shared.arena = Some(SharedArena::Inside(ARENA.into()));
    shared.protection = protection;
    fuser.fuse().unwrap_or_else(|e| panic!("{:#}", anyhow::Error::new(e)))
}

fn compiled(fused: &Fused) -> CoreCode {
    CoreCode::new(&fused.core, &fused.interface, &[]).expect("it is valid")
}

fn start(code: &CoreCode) -> impl Guest + use<> {
    code.start(1).expect("it starts")
}

/// Where a window begins, and where the arena does.
fn places(fused: &Fused, owner: &str) -> (u32, u32) {
    let map = &fused.report.map;
    let window = map.iter().find(|area| area.kind == AreaKind::Window && area.owner.starts_with(owner));
    let arena = map.iter().find(|area| area.kind == AreaKind::Arena).expect("an arena");
    (window.expect("a window").start as u32, arena.start as u32)
}

#[test]
fn strings_in_reach_pass_and_others_trap() {
    for from in ENCODINGS {
        for to in ENCODINGS {
            let what = format!("{from} to {to}");
            let fused = fuse(from, to, Protection::Isolated);
            let (base, arena) = places(&fused, "speaker");
            let pages = 3 * 65536;
            let start_of_arena = arena - base;
            // Zeros are a string in each encoding. Four units are four or eight bytes, at a multiple of eight.
            let bytes = if from == "utf16" { 8 } else { 4 };
            let code = compiled(&fused);
            let said = |at: u32| call(&mut start(&code), "say", &[at, 4]);
            for at in [0, 1024, pages - bytes, start_of_arena, start_of_arena + ARENA - bytes] {
                assert!(said(at).is_ok(), "{what}: {at:#x} is in reach: {:?}", said(at));
            }
            let hole = (pages..start_of_arena).step_by(24_575).collect::<Vec<_>>();
            let edges =
                [pages - bytes + 2, pages, start_of_arena - 2, start_of_arena + ARENA - bytes + 2, u32::MAX - 7];
            let negative = (0..base).step_by(24_575).map(|at| at.wrapping_sub(base));
            for at in hole.into_iter().chain(edges).chain(negative) {
                assert!(said(at & !1).is_err(), "{what}: {at:#x} is not in reach");
            }
        }
    }
}

#[test]
fn blocks_in_reach_are_written_and_others_trap() {
    for from in ENCODINGS {
        for to in ENCODINGS {
            let what = format!("{from} to {to}");
            let fused = fuse(from, to, Protection::Isolated);
            let (base, arena) = places(&fused, "hearer");
            let pages = 2 * 65536;
            let start_of_arena = arena - base;
            let code = compiled(&fused);
            let heard = |at: u32| {
                let mut guest = start(&code);
                guest.call(&["h-set-give".to_owned()], &[Value::U32(at)]).unwrap_or_else(|trap| panic!("{}", trap.0));
                call(&mut guest, "say", &[0, 4])
            };
            for at in [1024, pages - 16, start_of_arena, start_of_arena + ARENA - 16] {
                assert_eq!(heard(at), Ok(at), "{what}: {at:#x} is in reach");
            }
            let edges = [pages - 2, pages, start_of_arena - 2, start_of_arena + ARENA - 2, u32::MAX - 7];
            for at in (pages..start_of_arena).step_by(24_575).chain(edges) {
                assert!(heard(at & !1).is_err(), "{what}: {at:#x} is not in reach");
            }
        }
    }
}

#[test]
fn without_checks_a_string_of_another_window_passes() {
    let fused = fuse("utf8", "utf8", Protection::default());
    let (base, arena) = places(&fused, "speaker");
    let hole = (3 * 65536..arena - base).step_by(4096).collect::<Vec<_>>();
    let code = compiled(&fused);
    assert!(hole.iter().any(|at| call(&mut start(&code), "say", &[*at, 4]).is_ok()), "{:?}", fused.report.map);
}
