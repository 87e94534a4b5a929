//! `--memory shared`, where it differs from what the input does or from what scripts can say.
//!
//! In: compositions in the text format, and fixtures. Out: growth as far as the bound and no further, handle tables that
//! are full, and packed windows.

use meld_core::options::{PackAssumption, Protection, WindowSize};
use meld_core::report::AreaKind;
use meld_core::{Fused, Options};
use meld_oracle::core_host::CoreCode;
use meld_oracle::differential::{Form, Fusion, shared};
use meld_oracle::host::{Guest, call_with_numbers as call};
use meld_oracle::value::Value;
use std::path::Path;
use wasmparser::{Operator, Parser, Payload};

fn rebased() -> Options {
    let mut options = Options::default();
    options.shared();
    options
}

fn fuse(text: &str, options: &Options) -> Result<Fused, String> {
    let input = meld_core::Input::new("input", wat::parse_str(text).expect("valid text"));
    meld_core::fuse(&[input], options).map_err(|error| format!("{:#}", anyhow::Error::new(error)))
}

fn start(fused: &Fused) -> impl Guest + use<> {
    CoreCode::new(&fused.core, &fused.interface, &[]).and_then(|code| code.start(1)).expect("it starts")
}

fn fixture(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/wit_bindgen/fixtures");
    std::fs::read(folder.join(format!("{name}.wasm"))).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// Two instances of one component whose memory has no maximum.
const GROWING: &str = r#"
    (component
      (component $guest
        (core module $m
          (memory 1)
          (func (export "size") (result i32) (memory.size))
          (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
          (func (export "store") (param i32) (result i32)
            (i32.store (local.get 0) (i32.const 0x5a5a5a5a)) (i32.load (local.get 0))))
        (core instance $m (instantiate $m))
        (func (export "size") (result u32) (canon lift (core func $m "size")))
        (func (export "grow") (param "pages" u32) (result u32) (canon lift (core func $m "grow")))
        (func (export "store") (param "at" u32) (result u32) (canon lift (core func $m "store"))))
      (instance $a (instantiate $guest))
      (instance $b (instantiate $guest))
      (export "a-size" (func $a "size"))
      (export "a-grow" (func $a "grow"))
      (export "a-store" (func $a "store"))
      (export "b-size" (func $b "size"))
      (export "b-grow" (func $b "grow"))
      (export "b-store" (func $b "store")))"#;

const REFUSED: Result<u32, String> = Ok(u32::MAX);

#[test]
fn growth_ends_at_the_bound_of_each_instance() {
    let mut options = rebased();
    options.shared().heap().named.insert("a".to_owned(), 3 << 16);
    options.shared().heap().every = Some(1 << 16);
    let fused = fuse(GROWING, &options).expect("it fuses");
    let mut guest = start(&fused);
    assert_eq!(call(&mut guest, "a-grow", &[0]), Ok(1));
    assert_eq!(call(&mut guest, "b-grow", &[2]), REFUSED);
    assert_eq!(call(&mut guest, "b-grow", &[1]), Ok(1));
    assert_eq!(call(&mut guest, "b-grow", &[1]), REFUSED);
    assert_eq!(call(&mut guest, "b-grow", &[0]), Ok(2));
    assert_eq!(call(&mut guest, "a-size", &[]), Ok(1));
    assert_eq!(call(&mut guest, "a-grow", &[2]), Ok(1));
    assert_eq!(call(&mut guest, "a-grow", &[u32::MAX]), REFUSED);
    assert_eq!(call(&mut guest, "a-grow", &[2]), REFUSED);
    assert_eq!(call(&mut guest, "a-grow", &[1]), Ok(3));
    assert_eq!((call(&mut guest, "a-size", &[]), call(&mut guest, "b-size", &[])), (Ok(4), Ok(2)));
    // To the last word of both, and no further than the memory itself.
    assert_eq!(call(&mut guest, "a-store", &[(4 << 16) - 4]), Ok(0x5a5a_5a5a));
    assert_eq!(call(&mut guest, "b-store", &[(2 << 16) - 4]), Ok(0x5a5a_5a5a));
    assert!(
        call(&mut guest, "b-store", &[2 << 16]).expect_err("it is the end").contains("out of bounds memory access")
    );
}

#[test]
fn isolated_growth_makes_room_that_traps_until_then() {
    let mut options = shared(1 << 16);
    options.shared().protection = Protection::Isolated;
    let fused = fuse(GROWING, &options).expect("it fuses");
    for (name, end) in [("a", 1 << 16), ("b", 1 << 16)] {
        let mut guest = start(&fused);
        let store = format!("{name}-store");
        assert_eq!(call(&mut guest, &store, &[end - 4]), Ok(0x5a5a_5a5a));
        assert_eq!(call(&mut guest, &format!("{name}-grow"), &[1]), Ok(1));
        assert_eq!(call(&mut guest, &store, &[end]), Ok(0x5a5a_5a5a));
        let error = call(&mut guest, &store, &[2 * end - 3]).expect_err("it is the end");
        assert!(error.contains("out of bounds memory access"), "{error}");
        let error = call(&mut start(&fused), &store, &[end - 3]).expect_err("it has not grown");
        assert!(error.contains("out of bounds memory access"), "{error}");
    }
}

#[test]
fn an_input_without_growth_needs_no_bound() {
    // As it is, both grow; without what grows them, nothing is left to be bounded.
    let refused = fuse(GROWING, &rebased()).expect_err("nothing bounds it");
    for part in ["instance `a/m`", "instance `b/m`", "export `a-grow`", "bound the growth", "meld-guest", "in an arena"]
    {
        assert!(refused.contains(part), "{part} is not in: {refused}");
    }
    let dead = GROWING
        .replace(r#"(export "a-grow" (func $a "grow"))"#, "")
        .replace(r#"(export "b-grow" (func $b "grow"))"#, "");
    let fused = fuse(&dead, &rebased()).expect("nobody grows");
    let mut guest = start(&fused);
    assert_eq!((call(&mut guest, "a-size", &[]), call(&mut guest, "b-size", &[])), (Ok(1), Ok(1)));
    assert!(!operators(&fused.core, |op| matches!(op, Operator::MemorySize { .. } | Operator::MemoryGrow { .. })));
}

/// Whether some instruction of a module is one of those.
fn operators(core: &[u8], wanted: impl Fn(&Operator<'_>) -> bool) -> bool {
    Parser::new(0).parse_all(core).any(|payload| match payload.expect("a valid module") {
        Payload::CodeSectionEntry(body) => {
            body.get_operators_reader().expect("a body").into_iter().any(|op| wanted(&op.expect("an instruction")))
        }
        _ => false,
    })
}

/// Guests with the standard library's allocator, who take memory in turns until their bounds refuse, and have it
/// all again once it is free.
#[test]
fn an_allocator_that_is_refused_recovers() {
    const BLOCK: u32 = 4000;
    const HEAP: u64 = 256 << 10;
    let fusion = Fusion::with(&fixture("pressure"), &shared(HEAP)).expect("it fuses");
    let path = |name: &str| vec![name.to_owned()];
    let fill = |guest: &mut dyn Guest| {
        let filled = guest.call(&path("fill"), &[Value::U32(BLOCK), Value::U32(500)]).expect("nothing traps");
        let Some(Value::Record(counts)) = filled else { panic!("{filled:?}") };
        let [Value::U32(there), Value::U32(here)] = counts[..] else { panic!("{counts:?}") };
        (there, here)
    };
    let words = Value::List(["as", "before"].map(|word| Value::String(word.to_owned())).to_vec());
    // The input has more memory than it asks for.
    assert_eq!(fill(&mut *fusion.start(Form::Input, 1).expect("it starts")), (500, 500));
    for form in [Form::Core, Form::Component] {
        let mut guest = fusion.start(form, 1).expect("it starts");
        guest.call(&path("run"), &[]).unwrap_or_else(|e| panic!("{form:?}: {}", e.0));
        let first = fill(&mut *guest);
        // The bound is used up, and what each page had left before it, and no more.
        let fits = |count: u32| (HEAP as u32 * 3 / 4 / BLOCK..HEAP as u32 * 3 / 2 / BLOCK).contains(&count);
        assert!(fits(first.0) && fits(first.1), "{form:?}: {first:?}");
        assert_eq!(fill(&mut *guest), (0, 0), "{form:?}: full is full");
        for _ in 0..3 {
            let cleared = guest.call(&path("clear"), &[]).unwrap_or_else(|e| panic!("{form:?}: {}", e.0));
            assert_eq!(cleared, Some(Value::Bool(true)), "{form:?}: somebody wrote into a block");
            let joined = guest.call(&path("join"), std::slice::from_ref(&words)).expect("there is room again");
            assert_eq!(joined, Some(Value::String("as before".to_owned())), "{form:?}");
            let again = fill(&mut *guest);
            assert!(again.0.abs_diff(first.0) <= 1 && again.1.abs_diff(first.1) <= 1, "{form:?}: {first:?}, {again:?}");
        }
    }
}

/// An owner of resources, and a holder that keeps as many as it is told.
const HANDLES: &str = r#"
    (component
      (component $owner
        (type $r' (resource (rep i32)))
        (export $r "r" (type $r'))
        (core func $new (canon resource.new $r'))
        (core module $m
          (import "" "new" (func $new (param i32) (result i32)))
          (func (export "make") (param i32) (result i32) (call $new (local.get 0))))
        (core instance $m (instantiate $m (with "" (instance (export "new" (func $new))))))
        (func (export "make") (param "rep" u32) (result (own $r)) (canon lift (core func $m "make"))))
      (component $holder
        (import "owner" (instance $owner
          (export "r" (type $r (sub resource)))
          (export "make" (func (param "rep" u32) (result (own $r))))))
        (alias export $owner "r" (type $r))
        (core func $make (canon lower (func $owner "make")))
        (core func $drop (canon resource.drop $r))
        (core module $m
          (import "" "make" (func $make (param i32) (result i32)))
          (import "" "drop" (func $drop (param i32)))
          (func (export "hold") (param i32) (result i32)
            (local $last i32)
            (loop $next
              (local.set $last (call $make (i32.const 7)))
              (br_if $next (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
            (local.get $last))
          (func (export "free") (param i32) (result i32) (call $drop (local.get 0)) (local.get 0)))
        (core instance $m (instantiate $m (with "" (instance
          (export "make" (func $make)) (export "drop" (func $drop))))))
        (func (export "hold") (param "n" u32) (result u32) (canon lift (core func $m "hold")))
        (func (export "free") (param "i" u32) (result u32) (canon lift (core func $m "free"))))
      (instance $owner (instantiate $owner))
      (instance $holder (instantiate $holder (with "owner" (instance $owner))))
      (export "hold" (func $holder "hold"))
      (export "free" (func $holder "free")))"#;

#[test]
fn a_handle_table_has_the_room_that_was_asked_for() {
    const CAPACITY: u32 = 20;
    let mut options = rebased();
    options.shared().handles = Some(CAPACITY);
    let fused = fuse(HANDLES, &options).expect("it fuses");
    let tables: Vec<_> = fused.report.map.iter().filter(|area| area.kind == AreaKind::Handles).collect();
    assert_eq!(tables.iter().map(|area| area.owner.as_str()).collect::<Vec<_>>(), ["owner", "holder"]);

    let mut guest = start(&fused);
    assert_eq!(call(&mut guest, "hold", &[CAPACITY]), Ok(CAPACITY));
    // A freed place is used again, so there is always room for one more.
    for _ in 0..1000 {
        assert_eq!(call(&mut guest, "free", &[3]), Ok(3));
        assert_eq!(call(&mut guest, "hold", &[1]), Ok(3));
    }
    let mut room = CAPACITY;
    let full = loop {
        match call(&mut guest, "hold", &[1]) {
            Ok(index) => {
                room += 1;
                assert_eq!(index, room);
            }
            Err(full) => break full,
        }
    };
    assert!(full.contains("cabi-trap:handle-table-full"), "{full}");
    // There may be some room more, which calls would need for their borrows; not much.
    assert!(room <= CAPACITY + CAPACITY / 4 + 3, "{room}");

    // The same in memories of their own goes on.
    let mut guest = start(&fuse(HANDLES, &Options::default()).expect("it fuses"));
    assert_eq!(call(&mut guest, "hold", &[100 * CAPACITY]), Ok(100 * CAPACITY));
}

/// A component as a linker lays it out: data, stack, `__heap_base`. `%` is where the heap begins.
const PACKED: &str = r#"
    (component
      (component $guest
        (core module $m
          (memory (export "memory") 2)
          (global $__stack_pointer (mut i32) (i32.const 1024))
          (global (export "__heap_base") i32 (i32.const %))
          (data (i32.const 1024) "0123456789abcdef")
          (func (export "load") (param i32) (result i32)
            (global.set $__stack_pointer (i32.sub (global.get $__stack_pointer) (i32.const 16)))
            (i32.store (global.get $__stack_pointer) (local.get 0))
            (local.set 0 (i32.load8_u (i32.load (global.get $__stack_pointer))))
            (global.set $__stack_pointer (i32.add (global.get $__stack_pointer) (i32.const 16)))
            (local.get 0))
          (func (export "fill") (param i32 i32) (result i32)
            (memory.fill (local.get 0) (i32.const 9) (local.get 1)) (local.get 1)))
        (core instance $m (instantiate $m))
        (func (export "load") (param "at" u32) (result u32) (canon lift (core func $m "load")))
        (func (export "fill") (param "at" u32) (param "n" u32) (result u32) (canon lift (core func $m "fill"))))
      (instance $a (instantiate $guest))
      (instance $b (instantiate $guest))
      (export "a-load" (func $a "load"))
      (export "a-fill" (func $a "fill"))
      (export "b-load" (func $b "load"))
      (export "b-fill" (func $b "fill")))"#;

#[test]
fn packed_windows_end_where_the_heap_would_begin() {
    let mut options = rebased();
    options.shared().size = WindowSize::Packed(PackAssumption::HeapBase);
    options.shared().byte_pages = true;
    let fused = fuse(&PACKED.replace('%', "1050"), &options).expect("it can be packed");
    let map: Vec<_> =
        fused.report.map.iter().map(|area| (area.kind, area.start, area.end, area.owner.as_str())).collect();
    let expected = [
        (AreaKind::Window, 0, 1050, "a/m"),
        (AreaKind::Stack, 0, 1024, "a/m"),
        (AreaKind::Data, 1024, 1040, "a/m"),
        (AreaKind::Free, 1050, 1056, ""),
        (AreaKind::Window, 1056, 2106, "b/m"),
        (AreaKind::Stack, 1056, 2080, "b/m"),
        (AreaKind::Data, 2080, 2096, "b/m"),
    ];
    assert_eq!(map, expected);
    let mut guest = start(&fused);
    assert_eq!(call(&mut guest, "b-load", &[1024]), Ok(u32::from(b'0')));
    // A range is checked against the end of the window, not of what the memory was.
    assert_eq!(call(&mut guest, "a-fill", &[1040, 10]), Ok(10));
    assert_eq!(call(&mut guest, "b-load", &[0]), Ok(0));
    let error = call(&mut guest, "a-fill", &[1040, 11]).expect_err("it is the end");
    assert!(error.contains("out of bounds memory access"), "{error}");
    // The memory is that large to the byte.
    let mut guest = start(&fused);
    assert_eq!(call(&mut guest, "b-load", &[1049]), Ok(0));
    let error = call(&mut guest, "b-load", &[1050]).expect_err("it is the end");
    assert!(error.contains("out of bounds memory access"), "{error}");
}

#[test]
fn what_cannot_be_packed_says_why() {
    let mut options = rebased();
    options.shared().size = WindowSize::Packed(PackAssumption::HeapBase);
    let refusals = [
        (PACKED.replace('%', "1030"), "a data segment ends beyond `__heap_base`"),
        (PACKED.replace('%', "131073"), "beyond its initial size of 131072 bytes"),
        (PACKED.replace('%', "1050").replace("__heap_base", "heap"), "no global `__heap_base`"),
        (PACKED.replace('%', "1050").replace("(local.get 1)))", "(memory.size)))"), "a live `memory.size`"),
        (
            PACKED.replace('%', "1050").replace("(local.get 1)))", "(memory.grow (i32.const 0))))"),
            "a live `memory.grow`",
        ),
        (
            PACKED
                .replace('%', "1050")
                .replace("(local.get 1)))", "(global.get $__heap_end)))")
                .replace("(data ", "(global $__heap_end i32 (i32.const 131072)) (data "),
            "the global `__heap_end` is live",
        ),
        (
            PACKED
                .replace('%', "1050")
                .replace("(global (export", "(global $base (export")
                .replace("(local.get 1)))", "(global.get $base)))"),
            "the global `__heap_base` is live",
        ),
    ];
    for (text, why) in refusals {
        let error = fuse(&text, &options).expect_err(why);
        assert!(error.contains(why), "{why} is not in: {error}");
    }
}

/// A bump allocator as C has it for small programs: it begins at `&__heap_base`, a number in its data, and never asks how large its
/// memory is. Beside it somebody with a secret at address 0, whose window comes next.
const BUMP: &str = r#"
    (component
      (component $bump
        (core module $m
          (memory 4)
          (global (export "__heap_base") i32 (i32.const 4112))
          (data (i32.const 4096) "\10\10\00\00")
          (func (export "fill") (param i32) (result i32) (local $at i32) (local $sum i32)
            (local.set $at (i32.and (i32.add (i32.load offset=4096 (i32.const 0)) (i32.const 15)) (i32.const -16)))
            (i32.store offset=4096 (i32.const 0) (i32.add (local.get $at) (local.get 0)))
            (loop $next
              (i32.store8 (local.get $at) (i32.const 0xaa))
              (local.set $sum (i32.add (local.get $sum) (i32.load8_u (local.get $at))))
              (local.set $at (i32.add (local.get $at) (i32.const 1)))
              (br_if $next (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
            (local.get $sum)))
        (core instance $m (instantiate $m))
        (func (export "fill") (param "n" u32) (result u32) (canon lift (core func $m "fill"))))
      (component $secret
        (core module $m
          (memory 1)
          (global (export "__heap_base") i32 (i32.const 65536))
          (data (i32.const 0) "SECRET")
          (func (export "get") (result i32) (i32.load (i32.const 0))))
        (core instance $m (instantiate $m))
        (func (export "get") (result u32) (canon lift (core func $m "get"))))
      (instance $bump (instantiate $bump))
      (instance $secret (instantiate $secret))
      (export "fill" (func $bump "fill"))
      (export "get" (func $secret "get")))"#;

#[test]
fn an_assumption_that_is_wrong_is_said_and_isolated() {
    const SECRET: u32 = u32::from_le_bytes(*b"SECR");
    let sum = 40000 * 0xaa;
    let outcome = |options: &Options| {
        let fused = fuse(BUMP, options).expect("it fuses");
        let mut guest = start(&fused);
        let filled = call(&mut guest, "fill", &[40000]);
        // One that trapped is over: what somebody else has is asked of a memory that was not written.
        let secret = if filled.is_ok() { call(&mut guest, "get", &[]) } else { Ok(SECRET) };
        (filled, secret, fused.report.warnings)
    };
    // As it is, and with windows that are not cut.
    let mut isolated = rebased();
    isolated.shared().protection = Protection::Isolated;
    for options in [Options::default(), rebased(), isolated.clone()] {
        assert_eq!(outcome(&options), (Ok(sum), Ok(SECRET), Vec::new()), "{options:?}");
    }
    // Cut where the heap is: said, and wrong.
    let mut packed = rebased();
    packed.shared().size = WindowSize::Packed(PackAssumption::HeapBase);
    let (filled, secret, warnings) = outcome(&packed);
    assert_eq!((filled, secret), (Ok(sum), Ok(0xaaaa_aaaa)));
    assert!(matches!(&warnings[..], [warning] if warning.contains("reads and writes another's")), "{warnings:?}");
    // Isolated: what lies beyond is in no window, and stays so.
    isolated.shared().size = packed.shared().size.clone();
    let (filled, _, warnings) = outcome(&isolated);
    assert!(filled.as_ref().is_err_and(|trap| trap.contains("out of bounds memory access")), "{filled:?}");
    assert!(matches!(&warnings[..], [warning] if warning.contains("one that does traps")), "{warnings:?}");
}

#[test]
fn one_memory_needs_no_window() {
    let alone = |body: &str| {
        format!(
            r#"(component
              (core module $m (memory (export "m") 1)
                (func (export "f") (result i32) (i32.store (i32.const 0) (i32.const 7)) {body}))
              (core instance $m (instantiate $m))
              (func (export "f") (result u32) (canon lift (core func $m "f"))))"#
        )
    };
    // It may grow, as it did.
    let grows = alone("(drop (memory.grow (i32.const 3))) (memory.size)");
    let fused = fuse(&grows, &rebased()).expect("there is one memory");
    assert_eq!(call(&mut start(&fused), "f", &[]), Ok(4));
    assert!(fused.report.map.is_empty());
    // Unless something is asked of its window.
    let mut options = rebased();
    options.shared().rebase = true;
    assert!(fuse(&grows, &options).expect_err("nothing bounds it").contains("memory.grow is live"));
    options.shared().rebase = false;
    options.shared().heap().every = Some(3 << 16);
    let fused = fuse(&grows, &options).expect("it is bounded");
    assert_eq!(call(&mut start(&fused), "f", &[]), Ok(4));
    assert_eq!(fused.report.map[0].end, 4 << 16);
    // Handle tables are beside it.
    let mut memory = 0;
    for payload in Parser::new(0).parse_all(&fuse(HANDLES, &rebased()).expect("it fuses").core) {
        if let Payload::MemorySection(section) = payload.expect("valid") {
            memory += section.count();
        }
    }
    assert!(memory <= 1, "{memory} memories");
}

#[test]
fn memories_that_are_no_windows_are_refused() {
    let beside = |memory: &str, op: &str| {
        format!(
            r#"(component
              (core module $m (memory 1) (func (export "f") (result i32) (i32.load (i32.const 0))))
              (core module $n {memory} (func (export "g") (result i32) {op}))
              (core instance $m (instantiate $m))
              (core instance $n (instantiate $n))
              (func (export "f") (result u32) (canon lift (core func $m "f")))
              (func (export "g") (result u32) (canon lift (core func $n "g"))))"#
        )
    };
    for (memory, op, why) in [
        ("(memory i64 1)", "(i32.load (i64.const 0))", "64 bits"),
        ("(memory 1 1 shared)", "(i32.load (i32.const 0))", "shared between threads"),
    ] {
        let error = fuse(&beside(memory, op), &rebased()).expect_err(why);
        assert!(error.contains(why), "{why} is not in: {error}");
    }
    // A custom page size is no obstacle.
    let pages = beside("(memory 300 (pagesize 1))", "(i32.add (memory.size) (i32.load (i32.const 296)))");
    let mut guest = start(&fuse(&pages, &rebased()).expect("it fuses"));
    assert_eq!(call(&mut guest, "g", &[]), Ok(300));
}

#[test]
fn isolated_guests_of_toolchains_run() {
    for name in ["lists", "strings-latin1", "resources", "flavorful-c", "cpp", "chain"] {
        let mut options = shared(1 << 20);
        options.shared().protection = Protection::Isolated;
        let fusion = Fusion::with(&fixture(name), &options).unwrap_or_else(|e| panic!("{name}: {e}"));
        for form in [Form::Core, Form::Component] {
            let mut guest = fusion.start(form, 1).unwrap_or_else(|e| panic!("{name}: {e:?}"));
            guest.call(&["run".to_owned()], &[]).unwrap_or_else(|e| panic!("{name}, {form:?}: {}", e.0));
        }
    }
}
