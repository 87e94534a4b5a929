//! The arena's allocator on the ways that it can be provided: inside, and by the embedder.
//!
//! Two guests with memories of their own allocate by `cabi-arena-realloc` and by nothing else, call each other, and are
//! called by the host with lists. No window but one is at address 0, and no block is in a window.

#[path = "arena/embedder.rs"]
mod embedder;
#[path = "arena/strays.rs"]
mod strays;

use embedder::Embedder;
use meld_core::options::{Domain, MemoryMode, PackAssumption, Protection, SharedArena, WindowSize};
use meld_core::{Fused, Fuser};
use meld_oracle::arena::{Arena, BYTES, contract};
use meld_oracle::host::{ComponentCode, Guest};
use meld_oracle::value::Value;
use wasmparser::{Parser, Payload};

/// A guest called `name`, with so many pages. It exports: `NAME-realloc`, the allocator; `NAME-fill` and `NAME-count`;
/// `NAME-sum`, of a list; `NAME-ask`, which has the other one sum up what is in memory; `NAME-give`, which returns that.
fn guest(name: &str, pages: u32, other: Option<&str>) -> Vec<u8> {
    let allocator =
        "(func $allocator (param \"p0\" u32) (param \"p1\" u32) (param \"p2\" u32) (param \"p3\" u32) (result u32))";
    let (import, ask) = match other {
        Some(other) => (
            format!(
                "(import \"{other}-sum\" (func $other (param \"bytes\" (list u8)) (result u64)))
                 (core func $other (canon lower (func $other) (memory (core memory $libc \"memory\"))))"
            ),
            format!(
                "(func (export \"{name}-ask\") (param \"at\" u32) (param \"len\" u32) (result u64)
                   (canon lift (core func $other)))"
            ),
        ),
        None => Default::default(),
    };
    let text = format!(
        "(component
           (import \"cabi-arena-realloc\" {allocator})
           (core func $allocator (canon lower (func $allocator)))
           (core module $Libc
             (import \"env\" \"allocate\" (func $allocate (param i32 i32 i32 i32) (result i32)))
             (memory (export \"memory\") {pages})
             (func (export \"realloc\") (param i32 i32 i32 i32) (result i32)
               (call $allocate (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
             (func (export \"fill\") (param $at i32) (param $len i32) (param $byte i32)
               (memory.fill (local.get $at) (local.get $byte) (local.get $len)))
             (func (export \"count\") (param $at i32) (param $len i32) (param $byte i32) (result i32)
               (local $n i32)
               (block $done
                 (loop $next
                   (br_if $done (i32.eq (local.get $n) (local.get $len)))
                   (br_if $done
                     (i32.ne (i32.load8_u (i32.add (local.get $at) (local.get $n))) (local.get $byte)))
                   (local.set $n (i32.add (local.get $n) (i32.const 1)))
                   (br $next)))
               (local.get $n))
             (func (export \"sum\") (param $at i32) (param $len i32) (result i64)
               (local $sum i64) (local $old i32) (local $bytes i32)
               (local.set $old (local.get $at))
               (local.set $bytes (local.get $len))
               (block $done
                 (loop $next
                   (br_if $done (i32.eqz (local.get $len)))
                   (local.set $sum (i64.add (local.get $sum) (i64.load8_u (local.get $at))))
                   (local.set $at (i32.add (local.get $at) (i32.const 1)))
                   (local.set $len (i32.sub (local.get $len) (i32.const 1)))
                   (br $next)))
               (drop (call $allocate (local.get $old) (local.get $bytes) (i32.const 1) (i32.const 0)))
               (local.get $sum))
             ;; The return area is in the window, what it points to is not.
             (func (export \"give\") (param $at i32) (param $len i32) (result i32)
               (i32.store (i32.const 1024) (local.get $at))
               (i32.store (i32.const 1028) (local.get $len))
               (i32.const 1024)))
           (core instance $libc (instantiate $Libc
             (with \"env\" (instance (export \"allocate\" (func $allocator))))))
           {import}
           (func (export \"{name}-realloc\") (param \"old\" u32) (param \"old-len\" u32) (param \"align\" u32)
             (param \"new-len\" u32) (result u32) (canon lift (core func $libc \"realloc\")))
           (func (export \"{name}-fill\") (param \"at\" u32) (param \"len\" u32) (param \"byte\" u32)
             (canon lift (core func $libc \"fill\")))
           (func (export \"{name}-count\") (param \"at\" u32) (param \"len\" u32) (param \"byte\" u32) (result u32)
             (canon lift (core func $libc \"count\")))
           (func (export \"{name}-sum\") (param \"bytes\" (list u8)) (result u64)
             (canon lift (core func $libc \"sum\") (memory (core memory $libc \"memory\")) (realloc (core func $libc \"realloc\"))))
           (func (export \"{name}-give\") (param \"at\" u32) (param \"len\" u32) (result (list u8))
             (canon lift (core func $libc \"give\") (memory (core memory $libc \"memory\"))))
           {ask})"
    );
    wat::parse_str(text).unwrap_or_else(|e| panic!("{e}"))
}

/// Both guests in one memory. What one imports of the other is not exported any more, so there are two of the second.
fn fuser<'a>() -> Fuser<'a> {
    let mut fuser = Fuser::new();
    fuser.input("a", guest("a", 1, Some("c"))).input("b", guest("b", 3, None)).input("c", guest("c", 2, None));
    fuser.options_mut().shared().rebase = true;
    fuser
}

/// Has a region in the one memory.
fn with_arena<'f, 'a>(fuser: &'f mut Fuser<'a>, arena: SharedArena) -> &'f mut Fuser<'a> {
    fuser.options_mut().shared().arena = Some(arena);
    fuser
}

const GUESTS: [&str; 3] = ["a", "b", "c"];

fn bound() -> Fused {
    bound_in(&mut fuser())
}

fn bound_in(fuser: &mut Fuser<'_>) -> Fused {
    with_arena(fuser, SharedArena::Inside(BYTES.into())).component(true).fuse().unwrap_or_else(|e| panic!("{e:?}"))
}

fn open() -> Fused {
    open_in(&mut fuser())
}

fn open_in(fuser: &mut Fuser<'_>) -> Fused {
    let name = "env::__cabi_arena_realloc".parse().expect("a core name");
    with_arena(fuser, SharedArena::Embedder(BYTES.into())).passthrough(name).fuse().unwrap_or_else(|e| panic!("{e:?}"))
}

fn imports(module: &[u8]) -> Vec<String> {
    let sections = Parser::new(0).parse_all(module).map(|payload| payload.expect("a valid module"));
    let names = sections.filter_map(|payload| match payload {
        Payload::ImportSection(section) => Some(section),
        _ => None,
    });
    let names = names.flat_map(|section| section.into_imports().map(|import| import.expect("a valid import")));
    names.map(|import| format!("{}::{}", import.module, import.name)).collect()
}

#[test]
fn inside() {
    let fused = bound();
    assert_eq!(imports(&fused.core), [""; 0]);
    contract(GUESTS.len(), &mut || Box::new(Core { embedder: Embedder::new(&fused, None) }));
    calls(&mut Embedder::new(&fused, None));
}

#[test]
fn by_the_embedder() {
    let fused = open();
    assert_eq!(imports(&fused.core), ["env::__cabi_arena_realloc"]);
    contract(GUESTS.len(), &mut || Box::new(Core { embedder: Embedder::new(&fused, None) }));
    calls(&mut Embedder::new(&fused, None));
}

/// One of the guests.
struct Only(Core, usize);

impl Arena for Only {
    fn realloc(&mut self, _: usize, old: u32, old_len: u32, align: u32, new_len: u32) -> Result<u32, String> {
        self.0.realloc(self.1, old, old_len, align, new_len)
    }
    fn fill(&mut self, _: usize, at: u32, len: u32, byte: u8) {
        self.0.fill(self.1, at, len, byte);
    }
    fn count(&mut self, _: usize, at: u32, len: u32, byte: u8) -> u32 {
        self.0.count(self.1, at, len, byte)
    }
}

/// Checks of accesses let a guest have its blocks, on both ways.
#[test]
fn isolated() {
    let mut isolated = fuser();
    isolated.options_mut().shared().protection = Protection::Isolated;
    for fused in [bound_in(&mut isolated), open_in(&mut isolated)] {
        contract(GUESTS.len(), &mut || Box::new(Core { embedder: Embedder::new(&fused, None) }));
        calls(&mut Embedder::new(&fused, None));
    }
}

/// In domains each has an arena inside, and the embedder has one for those that are in one domain.
#[test]
fn in_domains() {
    let domain = |name: &str, instances: &[&str]| Domain::new(name, instances.iter().copied());
    let mut apart = fuser();
    apart.options_mut().shared().domains.extend([domain("one", &["a", "b"]), domain("two", &["c"])]);
    let fused = bound_in(&mut apart);
    for guest in 0..GUESTS.len() {
        contract(1, &mut || Box::new(Only(Core { embedder: Embedder::new(&fused, None) }, guest)));
    }
    let arenas = fused.report.map.iter().filter(|area| area.kind == meld_core::report::AreaKind::Arena);
    assert_eq!(arenas.filter_map(|area| area.memory).collect::<Vec<_>>(), [0, 1]);
    let name = || "env::__cabi_arena_realloc".parse().expect("a core name");
    let refused = with_arena(&mut apart, SharedArena::Embedder(BYTES.into())).passthrough(name()).fuse();
    let why = format!("{:#}", refused.expect_err("it is called from two domains"));
    assert!(why.contains("`a/libc` in `one`") && why.contains("`c/libc` in `two`"), "{why}");
    let mut together = fuser();
    together.options_mut().shared().domains.push(domain("all", &["a", "b", "c"]));
    let fused = open_in(&mut together);
    contract(GUESTS.len(), &mut || Box::new(Core { embedder: Embedder::new(&fused, None) }));
}

/// One memory needs no windows. Where the embedder allocates is between it and the guest.
#[test]
fn by_the_embedder_of_one_memory() {
    let name = "env::__cabi_arena_realloc".parse().expect("a core name");
    let mut fuser = Fuser::new();
    fuser.input("b", guest("b", 3, None)).passthrough(name);
    let fused = fuser.fuse().unwrap_or_else(|e| panic!("{e:?}"));
    assert_eq!(imports(&fused.core), ["env::__cabi_arena_realloc"]);
    let region = Some((0x2_0000, 0x2_0000 + BYTES));
    contract(1, &mut || Box::new(Only(Core { embedder: Embedder::new(&fused, region) }, 1)));

    // And back: a component of the core module has the import as it was.
    let mut componentizer = meld_core::Componentizer::new("fused", &fused.core[..]);
    componentizer.passthrough("env::__cabi_arena_realloc".parse().expect("a core name"));
    let component = componentizer.componentize().unwrap_or_else(|e| panic!("{e:?}"));
    assert_eq!(meld_oracle::differential::import_names(&component), Ok(vec!["cabi-arena-realloc".to_owned()]));
}

/// The component imports nothing, and behaves as the module does.
#[test]
fn inside_a_component() {
    let fused = bound();
    let component = fused.component.as_deref().expect("a component was asked for");
    assert_eq!(meld_oracle::differential::import_names(component), Ok(Vec::new()));
    let code = ComponentCode::new(component).expect("it is valid");
    contract(GUESTS.len(), &mut || Box::new(Component(Box::new(code.start(0).expect("it starts")))));
    let mut guest = code.start(0).expect("it starts");
    for name in GUESTS.iter().take(2) {
        let bytes: Vec<Value> = (0..100).map(Value::U8).collect();
        let mut call = |func: &str, args: &[Value]| {
            let result = guest.call(&[format!("{name}-{func}")], args);
            result.unwrap_or_else(|trap| panic!("{name}-{func}: {}", trap.0)).expect("a result")
        };
        assert_eq!(call("sum", &[Value::List(bytes)]), Value::U64(4950));
        let block = call("realloc", &[0, 0, 4, 60].map(Value::U32));
        let zeros = Value::List(vec![Value::U8(0); 60]);
        guest.call(&[format!("{name}-fill")], &[block.clone(), Value::U32(60), Value::U32(0)]).expect("no trap");
        assert_eq!(guest.call(&[format!("{name}-give")], &[block, Value::U32(60)]).ok(), Some(Some(zeros)));
    }
}

/// With `--component`, the embedder's allocator stays an import of the world, once.
#[test]
fn by_the_embedder_of_a_component() {
    let name = "env::__cabi_arena_realloc".parse().expect("a core name");
    let mut fuser = fuser();
    let fused = with_arena(&mut fuser, SharedArena::Embedder(BYTES.into())).passthrough(name).component(true).fuse();
    let fused = fused.unwrap_or_else(|e| panic!("{e:?}"));
    let component = fused.component.as_deref().expect("a component was asked for");
    assert_eq!(meld_oracle::differential::import_names(component), Ok(vec!["cabi-arena-realloc".to_owned()]));
}

#[test]
fn what_cannot_be_is_refused() {
    let name = || "env::__cabi_arena_realloc".parse().expect("a core name");
    let refused = |fuser: &mut Fuser<'_>, why: &str| {
        let error = fuser.fuse().expect_err(why);
        let text = format!("{error:#} {:?}", std::error::Error::source(&error).map(ToString::to_string));
        assert!(text.contains(why), "{text}");
    };
    let inside = |bytes| SharedArena::Inside(bytes);
    refused(fuser().memory(MemoryMode::Multi).passthrough(name()), "into several memories");
    refused(&mut fuser(), "say how large its region is");
    refused(fuser().passthrough(name()), "say how large its region is");
    refused(with_arena(&mut fuser(), inside(4096)).passthrough(name()), "not imported any more");
    refused(with_arena(&mut fuser(), inside(100)), "multiple of 16");
    refused(
        with_arena(&mut fuser(), inside(4096)).passthrough("env::other".parse().expect("a core name")),
        "no input has a function",
    );
    let nobody = wat::parse_str("(component)").expect("valid text");
    refused(with_arena(Fuser::new().input("x", &nobody[..]), inside(4096)), "no input has a function");
}

/// If no option asks for an arena, the import is a function like any other, and its caller needs no memory.
#[test]
fn without_an_arena_it_is_any_function() {
    let text = "(component
      (import \"cabi-arena-realloc\" (func $f
        (param \"p0\" u32) (param \"p1\" u32) (param \"p2\" u32) (param \"p3\" u32) (result u32)))
      (core func $f (canon lower (func $f)))
      (core module $M
        (import \"\" \"f\" (func $f (param i32 i32 i32 i32) (result i32)))
        (func (export \"run\") (result i32)
          (call $f (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4))))
      (core instance $m (instantiate $M (with \"\" (instance (export \"f\" (func $f))))))
      (func (export \"run\") (result u32) (canon lift (core func $m \"run\"))))";
    let mut fuser = Fuser::new();
    let fused = fuser.input("x", text.as_bytes()).fuse().unwrap_or_else(|e| panic!("{e:?}"));
    assert_eq!(imports(&fused.core), ["$root::cabi-arena-realloc"]);
    let error = fuser.passthrough("env::__cabi_arena_realloc".parse().expect("a core name")).fuse();
    assert!(format!("{:?}", error.expect_err("it has no memory")).contains("ArenaCaller"));
}

/// What takes more than core values takes a memory, and that is no core import.
#[test]
fn strings_do_not_pass_through() {
    let text = "(component
      (import \"log\" (func $log (param \"s\" string)))
      (core module $L (memory (export \"memory\") 1))
      (core instance $l (instantiate $L))
      (core func $log (canon lower (func $log) (memory (core memory $l \"memory\"))))
      (func (export \"log\") (param \"at\" u32) (param \"len\" u32) (canon lift (core func $log))))";
    let mut fuser = Fuser::new();
    fuser.input("x", text.as_bytes()).passthrough("env::log".parse().expect("a core name"));
    let error = fuser.fuse().expect_err("a string is more than core values");
    assert!(format!("{error:?}").contains("NotCore"), "{error:?}");
}

/// Lists from the host, to the host, and from guest to guest, all of them in the arena.
fn calls(embedder: &mut Embedder) {
    for name in ["a", "b"] {
        let list: Vec<u8> = (0..200).collect();
        let list = embedder.lower(&format!("{name}-sum"), &list);
        assert_eq!(embedder.call(&format!("{name}-sum"), &[list, 200]), Ok(vec![19900]), "{name}");
        assert_eq!(embedder.call(&format!("{name}-sum"), &[1, 0]), Ok(vec![0]), "{name}: an empty list");
        let block = embedder.call(&format!("{name}-realloc"), &[0, 0, 8, 64]).expect("there is room")[0];
        embedder.call(&format!("{name}-fill"), &[block, 64, 7]).expect("no trap");
        let area = embedder.call(&format!("{name}-give"), &[block, 64]).expect("no trap")[0];
        assert_eq!(embedder.lift(area), [7; 64], "{name}");
        // Not the arena's, and not the guest's own: beyond the arena.
        let beyond = embedder.call(&format!("{name}-give"), &[block, 1 << 20]);
        assert!(beyond.is_err() || embedder.range(beyond.expect("a result")[0]).is_none(), "{name}");
    }
    let block = embedder.call("a-realloc", &[0, 0, 8, 64]).expect("there is room")[0];
    embedder.call("a-fill", &[block, 64, 3]).expect("no trap");
    assert_eq!(embedder.call("a-ask", &[block, 64]), Ok(vec![192]), "from one guest to the other");
    assert!(embedder.call("a-ask", &[block, 1 << 20]).is_err(), "beyond the arena");
}

/// The guests by their core exports.
struct Core {
    embedder: Embedder,
}

impl Arena for Core {
    fn realloc(&mut self, guest: usize, old: u32, old_len: u32, align: u32, new_len: u32) -> Result<u32, String> {
        let results = self.embedder.call(&format!("{}-realloc", GUESTS[guest]), &[old, old_len, align, new_len])?;
        Ok(results[0])
    }

    fn fill(&mut self, guest: usize, at: u32, len: u32, byte: u8) {
        self.embedder.call(&format!("{}-fill", GUESTS[guest]), &[at, len, byte.into()]).expect("no trap");
    }

    fn count(&mut self, guest: usize, at: u32, len: u32, byte: u8) -> u32 {
        self.embedder.call(&format!("{}-count", GUESTS[guest]), &[at, len, byte.into()]).expect("no trap")[0]
    }
}

/// The guests as a component.
struct Component(Box<dyn Guest>);

impl Component {
    fn call(&mut self, guest: usize, func: &str, args: &[u32]) -> Result<Option<Value>, String> {
        let args: Vec<Value> = args.iter().copied().map(Value::U32).collect();
        self.0.call(&[format!("{}-{func}", GUESTS[guest])], &args).map_err(|trap| trap.0)
    }
}

fn number(value: Option<Value>) -> u32 {
    match value {
        Some(Value::U32(number)) => number,
        other => panic!("{other:?} is no u32"),
    }
}

impl Arena for Component {
    fn realloc(&mut self, guest: usize, old: u32, old_len: u32, align: u32, new_len: u32) -> Result<u32, String> {
        self.call(guest, "realloc", &[old, old_len, align, new_len]).map(number)
    }

    fn fill(&mut self, guest: usize, at: u32, len: u32, byte: u8) {
        self.call(guest, "fill", &[at, len, byte.into()]).expect("no trap");
    }

    fn count(&mut self, guest: usize, at: u32, len: u32, byte: u8) -> u32 {
        number(self.call(guest, "count", &[at, len, byte.into()]).expect("no trap"))
    }
}

fn fixture(path: &str) -> Vec<u8> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    std::fs::read(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What the host of a component sees while its export `run` is called.
fn run(component: &[u8]) -> Vec<meld_oracle::host::Event> {
    let code = ComponentCode::new(component).unwrap_or_else(|e| panic!("{e:?}"));
    let mut guest = code.start(1).unwrap_or_else(|e| panic!("{e:?}"));
    guest.call(&["run".to_owned()], &[]).unwrap_or_else(|trap| panic!("{}", trap.0));
    guest.recorder().trace.clone()
}

/// Three guests of a stock toolchain that leave allocation to the embedder do with an arena inside what they do with
/// the allocator of their standard library, each in a memory of its own.
#[test]
fn stock_guests_inside() {
    let expected = run(&fixture("tests/wit_bindgen/fixtures/station-default.wasm"));
    assert!(!expected.is_empty());
    // Packed as well: then all that is behind a guest's static data is the arena.
    for size in [WindowSize::default(), WindowSize::Packed(PackAssumption::HeapBase)] {
        let mut fuser = Fuser::new();
        fuser.input("station", fixture("examples/mcu/station-extern.wasm"));
        fuser.options_mut().shared().size = size.clone();
        with_arena(&mut fuser, SharedArena::Inside(64 << 10)).component(true);
        let fused = fuser.fuse().unwrap_or_else(|e| panic!("{e:?}"));
        assert_eq!(imports(&fused.core), ["$root::print"]);
        let component = fused.component.as_deref().expect("a component was asked for");
        assert_eq!(meld_oracle::differential::import_names(component), Ok(vec!["print".to_owned()]));
        assert_eq!(run(component), expected, "{size:?}");
    }
    // What the embedder is left to do, where it is left to it: one import.
    let mut fuser = Fuser::new();
    fuser.input("station", fixture("examples/mcu/station-extern.wasm"));
    fuser.passthrough("env::__cabi_arena_realloc".parse().expect("a core name"));
    let fused = with_arena(&mut fuser, SharedArena::Embedder(64 << 10)).fuse().unwrap_or_else(|e| panic!("{e:?}"));
    let mut found = imports(&fused.core);
    found.sort();
    assert_eq!(found, ["$root::print", "env::__cabi_arena_realloc"]);
}
