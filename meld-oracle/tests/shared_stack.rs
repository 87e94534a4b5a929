//! `--share-stack`: one stack for all components, which is as large as it has to be, and whole wherever calls go.
//!
//! In: chains of components whose functions have frames as compilers make them: a frame is filled before the
//! next component is called, with text in it and room for the result, and looked through afterwards; `realloc` and
//! post-return have frames as well. Out: what the input does, at the size that was proved and at no smaller one.

use meld_core::options::{PackAssumption, StackSize, WindowSize};
use meld_core::report::AreaKind;
use meld_core::{Fused, Options};
use meld_oracle::core_host::CoreCode;
use meld_oracle::decoy::with_decoy;
use meld_oracle::differential::{Form, Fusion, shared};
use meld_oracle::host::{Guest, NoStart, call_with_numbers as call};
use meld_oracle::value::Value;

/// Where the stack of each guest of a chain is, and its data above it.
const TOP: u32 = 16 << 10;
/// Where the data and the heap end, as linkers and `--pack` have it.
const END: u32 = TOP + (8 << 10);

fn options(size: StackSize) -> Options {
    let mut options = shared(1 << 16);
    options.shared().size = WindowSize::default();
    options.shared().common().stack = Some(size);
    options
}

/// A component that imports `next: func(s: string) -> string` and exports `f` of the same type. Its frame has `frame`
/// bytes, at least 64: room for the result of `next`, the text, and a pattern.
fn link(frame: u32) -> String {
    format!(
        r#"(component
          (import "next" (func $next (param "s" string) (result string)))
          (core module $allocator
            (memory (export "memory") 1)
            (global $sp (export "sp") (mut i32) (i32.const {TOP}))
            (data (i32.const {TOP}) "what is above the stack stays")
            (global $heap (mut i32) (i32.const {heap}))
            (global (export "__heap_base") i32 (i32.const {END}))
            ;; It writes over as much of what is below as it has a frame for.
            (func (export "realloc") (param i32 i32 i32 i32) (result i32) (local $fp i32)
              (global.set $sp (local.tee $fp (i32.sub (global.get $sp) (i32.const 48))))
              (memory.fill (local.get $fp) (i32.const 0xaa) (i32.const 48))
              (i32.store (local.get $fp)
                (i32.and (i32.add (global.get $heap) (i32.const 7)) (i32.const -8)))
              (global.set $heap (i32.add (i32.load (local.get $fp)) (local.get 3)))
              (if (i32.lt_u (i32.const {full}) (global.get $heap)) (then (global.set $heap (i32.const {heap}))))
              (global.set $sp (i32.add (local.get $fp) (i32.const 48)))
              (i32.load (i32.sub (global.get $sp) (i32.const 48)))))
          (core instance $allocator (instantiate $allocator))
          (core func $next (canon lower (func $next) (memory (core memory $allocator "memory"))
            (realloc (core func $allocator "realloc"))))
          (core module $code
            (import "a" "memory" (memory 1))
            (import "a" "sp" (global $sp (mut i32)))
            (import "a" "next" (func $next (param i32 i32 i32)))
            ;; Whether all bytes of a range are `byte`.
            (func $check (param $at i32) (param $n i32) (param $byte i32)
              (loop $each
                (if (i32.eqz (local.get $n)) (then (return)))
                (if (i32.ne (i32.load8_u (local.get $at)) (local.get $byte)) (then (unreachable)))
                (local.set $at (i32.add (local.get $at) (i32.const 1)))
                (local.set $n (i32.sub (local.get $n) (i32.const 1)))
                (br $each)))
            (func (export "f") (param $p i32) (param $n i32) (result i32) (local $fp i32) (local $text i32)
              (global.set $sp (local.tee $fp (i32.sub (global.get $sp) (i32.const {frame}))))
              (memory.fill (local.get $fp) (i32.const 0x55) (i32.const {frame}))
              (if (i32.lt_u (i32.const 24) (local.get $n)) (then (local.set $n (i32.const 24))))
              (memory.copy (local.tee $text (i32.add (local.get $fp) (i32.const 16))) (local.get $p) (local.get $n))
              ;; An argument and the result of the next one are in the frame.
              (call $next (local.get $text) (local.get $n) (local.get $fp))
              (call $check (i32.add (local.get $fp) (i32.const 48)) (i32.const {rest}) (i32.const 0x55))
              (call $check (i32.add (local.get $fp) (i32.const 8)) (i32.const 8) (i32.const 0x55))
              (i32.store (i32.const {result}) (i32.load (local.get $fp)))
              (i32.store (i32.const {length}) (i32.load offset=4 (local.get $fp)))
              (global.set $sp (i32.add (local.get $fp) (i32.const {frame})))
              (i32.const {result}))
            (func (export "post") (param i32) (local $fp i32)
              (global.set $sp (local.tee $fp (i32.sub (global.get $sp) (i32.const 16))))
              (memory.fill (local.get $fp) (i32.const 0xcc) (i32.const 16))
              (global.set $sp (i32.add (local.get $fp) (i32.const 16)))))
          (core instance $code (instantiate $code (with "a" (instance
            (export "memory" (memory $allocator "memory"))
            (export "sp" (global $allocator "sp"))
            (export "next" (func $next))))))
          (func (export "f") (param "s" string) (result string) (canon lift (core func $code "f")
            (memory (core memory $allocator "memory")) (realloc (core func $allocator "realloc")) (post-return (core func $code "post")))))"#,
        rest = frame - 48,
        result = TOP + 256,
        length = TOP + 260,
        heap = TOP + 512,
        full = TOP + 4096,
    )
}

/// Links one after another; the last one calls the import `host`.
fn chain(frames: &[u32]) -> Vec<u8> {
    let mut text = String::from("(component (import \"host\" (func $host (param \"s\" string) (result string)))\n");
    let mut next = "(func $host)".to_owned();
    for (i, frame) in frames.iter().enumerate().rev() {
        let component = link(*frame).replacen("(component", &format!("(component $c{i}"), 1);
        text.push_str(&format!("{component}\n(instance $i{i} (instantiate $c{i} (with \"next\" {next})))\n"));
        next = format!("(func $i{i} \"f\")");
    }
    text.push_str("(export \"run\" (func $i0 \"f\")))");
    wat::parse_str(&text).unwrap_or_else(|why| panic!("{why}"))
}

fn fuse(input: &[u8], options: &Options) -> Result<Fused, String> {
    let input = meld_core::Input::new("input", input);
    meld_core::fuse(&[input], options).map_err(|error| format!("{:#}", anyhow::Error::new(error)))
}

/// Where the shared stack is.
fn stack(fused: &Fused) -> (u64, u64) {
    let mut stacks = fused.report.map.iter().filter(|area| area.kind == AreaKind::SharedStack);
    let stack = stacks.next().expect("there is a stack");
    assert!(stacks.next().is_none(), "there is one stack");
    (stack.start, stack.end)
}

#[test]
fn frames_stay_whole_along_a_chain() {
    for frames in [&[64][..], &[96, 64], &[64, 320, 128], &[512, 64, 64, 448]] {
        let input = chain(frames);
        for input in [input.clone(), with_decoy(&input).expect("it has a decoy")] {
            let fusion = Fusion::with(&input, &options(StackSize::Proved)).expect("it fuses");
            assert!(fusion.compare(3, 40).expect("the forms agree"), "nothing was called");
            // The longest way is down the chain, and then to a `realloc`.
            let (start, end) = stack(fusion.fused());
            assert_eq!(end - start, frames.iter().map(|frame| u64::from(*frame)).sum::<u64>() + 48);
        }
    }
}

#[test]
fn a_size_that_is_given_is_checked_where_it_is_not_proved() {
    let input = chain(&[64, 320, 128]);
    let needed: u64 = 64 + 320 + 128 + 48;
    let at = |bytes| Fusion::with(&input, &options(StackSize::Bytes(bytes))).expect("it fuses");
    let reason = |fusion: &Fusion| fusion.fused().report.memory.reason.clone();
    let roomy = at(needed + 160);
    assert!(reason(&roomy).contains("which is proved to be enough"), "{}", reason(&roomy));
    assert!(roomy.compare(5, 20).expect("the forms agree"), "nothing was called");
    // Enough for all but the last `realloc`, which looks at its frame once more when it has given it back: there is room for
    // that below what can be taken.
    let tight = at(needed - 16);
    assert!(reason(&tight).contains("of 592 bytes, with checks in 1 function"), "{}", reason(&tight));
    let Fused { core, interface, .. } = tight.fused();
    let mut guest =
        CoreCode::new(core, interface, &["host".to_owned()]).and_then(|code| code.start(1)).expect("it starts");
    let trap = guest.call(&["run".to_owned()], &[Value::String("text".to_owned())]).expect_err("it is too small");
    assert!(trap.0.contains("cabi-trap:stack-overflow"), "{}", trap.0);
}

/// A function that calls itself as often as it is told, with a frame that it looks at afterwards, and one that makes
/// room for as many bytes as it is told.
const DEEP: &str = r#"(component
    (component $guest
      (core module $m
        (memory 1)
        (global $sp (mut i32) (i32.const 1024))
        (data (i32.const 1024) "data")
        (func $deep (export "deep") (param $n i32) (result i32) (local $fp i32)
          (if (i32.eqz (local.get $n)) (then (return (i32.const 0))))
          (global.set $sp (local.tee $fp (i32.sub (global.get $sp) (i32.const 32))))
          (i32.store offset=12 (local.get $fp) (local.get $n))
          (i32.store offset=16 (local.get $fp) (call $deep (i32.sub (local.get $n) (i32.const 1))))
          (local.set $n (i32.add (i32.load offset=12 (local.get $fp)) (i32.load offset=16 (local.get $fp))))
          (global.set $sp (i32.add (local.get $fp) (i32.const 32)))
          (local.get $n))
        (func $touch (param $at i32) (i32.store8 (local.get $at) (i32.const 1)))
        (func (export "room") (param $n i32) (result i32) (local $fp i32) (local $room i32)
          (global.set $sp (local.tee $fp (i32.sub (global.get $sp) (i32.const 16))))
          (global.set $sp (local.tee $room (i32.sub (global.get $sp) (local.get $n))))
          (i32.store offset=4 (local.get $fp) (i32.const 77))
          (call $touch (local.get $room))
          (local.set $room (i32.load offset=4 (local.get $fp)))
          (global.set $sp (i32.add (local.get $fp) (i32.const 16)))
          (local.get $room))
        (func (export "same") (result i32) (i32.load (i32.const 1024))))
      (core instance $m (instantiate $m))
      (func (export "deep") (param "n" u32) (result u32) (canon lift (core func $m "deep")))
      (func (export "room") (param "n" u32) (result u32) (canon lift (core func $m "room")))
      (func (export "same") (result u32) (canon lift (core func $m "same"))))
    (instance $a (instantiate $guest))
    (instance $b (instantiate $guest))
    (export "a-deep" (func $a "deep"))
    (export "a-room" (func $a "room"))
    (export "a-same" (func $a "same"))
    (export "b-deep" (func $b "deep"))
    (export "b-room" (func $b "room"))
    (export "b-same" (func $b "same")))"#;

#[test]
fn what_nothing_bounds_is_checked_to_the_byte() {
    let input = wat::parse_str(DEEP).expect("valid text");
    let refused = fuse(&input, &options(StackSize::Proved)).expect_err("nothing bounds it");
    assert!(refused.contains("has a size that is known only when it runs"), "{refused}");
    assert!(refused.contains("say its size"), "{refused}");

    let fused = fuse(&input, &options(StackSize::Bytes(640))).expect("it fuses");
    let start = || CoreCode::new(&fused.core, &fused.interface, &[]).and_then(|code| code.start(1)).expect("it starts");
    let data = u32::from_le_bytes(*b"data");
    for name in ["a", "b"] {
        let mut guest = start();
        let (deep, room, same) = (format!("{name}-deep"), format!("{name}-room"), format!("{name}-same"));
        // Twenty frames of 32 bytes are all of it.
        assert_eq!(call(&mut guest, &deep, &[20]), Ok(210));
        assert_eq!(call(&mut guest, &room, &[624]), Ok(77));
        assert_eq!(call(&mut guest, &deep, &[20]), Ok(210));
        assert_eq!(call(&mut guest, &same, &[]), Ok(data));
        for (name, arg) in [(&deep, 21), (&room, 640), (&room, 1 << 31), (&room, u32::MAX), (&room, u32::MAX - 1023)] {
            let error = call(&mut start(), name, &[arg]).expect_err("it is too much");
            assert!(error.contains("cabi-trap:stack-overflow"), "{name} {arg}: {error}");
        }
    }
}

#[test]
fn a_stack_takes_the_room_of_those_it_replaces() {
    let mut options = options(StackSize::Proved);
    options.shared().size = WindowSize::Packed(PackAssumption::HeapBase);
    let windows = |fused: &Fused| -> Vec<(u64, u64)> {
        let windows = fused.report.map.iter().filter(|area| area.kind == AreaKind::Window);
        windows.map(|area| (area.start, area.end)).collect()
    };
    let (top, end) = (u64::from(TOP), u64::from(END));
    // The first guest's own stack has room for the shared one, and the second, whose window begins where the first one
    // ends, reaches it from its base.
    let near = Fusion::with(&chain(&[64, 64]), &options).expect("it fuses");
    assert!(near.compare(7, 40).expect("the forms agree"), "nothing was called");
    assert_eq!(windows(near.fused()), [(top, end), (end, 2 * end - top)]);
    assert_eq!(stack(near.fused()), (top - 176, top));
    // From the third one's it is out of reach, so it is above all of them.
    let far = Fusion::with(&chain(&[64, 64, 64]), &options).expect("it fuses");
    assert!(far.compare(7, 40).expect("the forms agree"), "nothing was called");
    assert_eq!(windows(far.fused()), [(top, end), (end, 2 * end - top), (2 * end - top, 3 * end - 2 * top)]);
    assert_eq!(stack(far.fused()), (3 * end - 2 * top, 3 * end - 2 * top + 240));
}

/// One guest with `body` in its module, whose function `f` takes and returns a number.
fn guest(body: &str) -> Vec<u8> {
    let text = format!(
        r#"(component
          (core module $m
            (memory 1)
            (global $sp (mut i32) (i32.const 1024))
            (data (i32.const 1024) "data")
            {body})
          (core instance $m (instantiate $m))
          (func (export "f") (param "n" u32) (result u32) (canon lift (core func $m "f"))))"#
    );
    wat::parse_str(&text).unwrap_or_else(|why| panic!("{why}"))
}

/// A function with a frame that it uses, and `more` in the middle.
fn framed(head: &str, frame: u32, more: &str) -> String {
    format!(
        "(func {head} (local $fp i32)
           (global.set $sp (local.tee $fp (i32.sub (global.get $sp) (i32.const {frame}))))
           (i32.store (local.get $fp) (local.get $n))
           {more}
           (local.set $n (i32.load (local.get $fp)))
           (global.set $sp (i32.add (local.get $fp) (i32.const {frame})))
           (local.get $n))"
    )
}

#[test]
fn indirect_calls_find_what_has_their_type() {
    let table = "(table funcref (elem $narrow $wide $other)) (type $narrow (func (param i32) (result i32)))";
    let callees = [
        framed("$narrow (param $n i32) (result i32)", 32, ""),
        framed("$other (param $n i32) (result i32)", 96, ""),
        framed("$wide (param $n i32) (param i64) (result i32)", 1600, ""),
    ];
    let caller = framed(
        r#"(export "f") (param $n i32) (result i32)"#,
        16,
        "(i32.store (local.get $fp) (call_indirect (type $narrow) (local.get $n) (i32.const 0)))",
    );
    // A call through a table whose contents are constant is direct, if it is known which one is meant.
    let known = guest(&format!("{table} {} {caller}", callees.concat()));
    let fusion = Fusion::with(&known, &options(StackSize::Proved)).expect("it fuses");
    assert!(fusion.compare(1, 10).expect("the forms agree"), "nothing was called");
    assert_eq!(stack(fusion.fused()), (1024 - 48, 1024));
    let chosen = caller.replace("(i32.const 0)", "(i32.shl (i32.and (local.get $n) (i32.const 1)) (i32.const 1))");
    let fusion = Fusion::with(&guest(&format!("{table} {} {chosen}", callees.concat())), &options(StackSize::Proved));
    let fusion = fusion.expect("it fuses");
    assert!(fusion.compare(1, 10).expect("the forms agree"), "nothing was called");
    assert_eq!(stack(fusion.fused()), (1024 - 112, 1024));
    // A reference may be called from anywhere by its type.
    let by_reference = framed(
        r#"(export "f") (param $n i32) (result i32)"#,
        16,
        "(i32.store (local.get $fp) (call_ref $narrow (local.get $n) (ref.func $narrow)))",
    );
    let fusion =
        Fusion::with(&guest(&format!("{table} {} {by_reference}", callees.concat())), &options(StackSize::Proved));
    let fusion = fusion.expect("it fuses");
    assert!(fusion.compare(1, 10).expect("the forms agree"), "nothing was called");
    assert_eq!(stack(fusion.fused()), (1024 - 48, 1024));
}

#[test]
fn a_stack_that_a_module_makes_for_itself_is_its_own() {
    // Its pointer is nowhere at first, and set to what an allocator would give it; the other guest's is shared.
    let text = format!(
        r#"(component
          (component $own
            (core module $m
              (memory 1)
              (global $sp (mut i32) (i32.const 0))
              (func (export "f") (param $n i32) (result i32) (local $fp i32)
                (if (i32.eqz (global.get $sp)) (then (global.set $sp (i32.const 32768))))
                (global.set $sp (local.tee $fp (i32.sub (global.get $sp) (i32.const 32))))
                (i32.store (local.get $fp) (local.get $n))
                (global.set $sp (i32.add (local.get $fp) (i32.const 32)))
                (i32.add (i32.load (i32.const 32736)) (i32.const 1))))
            (core instance $m (instantiate $m))
            (func (export "f") (param "n" u32) (result u32) (canon lift (core func $m "f"))))
          (component $shares
            (core module $m
              (memory 1)
              (global $sp (mut i32) (i32.const 1024))
              (data (i32.const 1024) "data")
              {})
            (core instance $m (instantiate $m))
            (func (export "f") (param "n" u32) (result u32) (canon lift (core func $m "f"))))
          (instance $a (instantiate $own))
          (instance $b (instantiate $shares))
          (export "own" (func $a "f"))
          (export "shares" (func $b "f")))"#,
        framed(r#"(export "f") (param $n i32) (result i32)"#, 64, "")
    );
    let input = wat::parse_str(&text).unwrap_or_else(|why| panic!("{why}"));
    let fusion = Fusion::with(&input, &options(StackSize::Proved)).expect("it fuses");
    assert!(fusion.compare(1, 20).expect("the forms agree"), "nothing was called");
    let (start, end) = stack(fusion.fused());
    assert_eq!(end - start, 64);
    assert!(
        fusion.fused().report.memory.reason.contains("; 1 of them share"),
        "{}",
        fusion.fused().report.memory.reason
    );
}

#[test]
fn a_segment_is_in_its_own_memory_or_traps() {
    // There would be room for it, between its own memory and the stack.
    let out = guest(&format!(
        "(data (i32.const 65530) \"out of bounds\") {}",
        framed(r#"(export "f") (param $n i32) (result i32)"#, 64, "")
    ));
    for input in [out.clone(), with_decoy(&out).expect("it has a decoy")] {
        let fusion = Fusion::with(&input, &options(StackSize::Proved)).expect("it fuses");
        for form in [Form::Input, Form::Core, Form::Component] {
            assert!(matches!(fusion.start(form, 1), Err(NoStart::Trap(_))), "{form:?}");
        }
    }
}

#[test]
fn a_leaf_at_the_very_bottom_writes_over_nothing() {
    // It uses what is below the pointer, as compilers let functions do that call no other, when the stack is full.
    let input = guest(
        r#"(func $leaf (param $n i32) (result i32) (local $fp i32)
             (local.set $fp (i32.sub (global.get $sp) (i32.const 48)))
             (memory.fill (local.get $fp) (i32.const 0x77) (i32.const 48))
             (i32.load (local.get $fp)))
           (func $deep (param $n i32) (result i32) (local $fp i32)
             (if (i32.eqz (local.get $n)) (then (return (call $leaf (local.get $n)))))
             (global.set $sp (local.tee $fp (i32.sub (global.get $sp) (i32.const 32))))
             (i32.store (local.get $fp) (call $deep (i32.sub (local.get $n) (i32.const 1))))
             (local.set $n (i32.load (local.get $fp)))
             (global.set $sp (i32.add (local.get $fp) (i32.const 32)))
             (local.get $n))
           ;; What is in the last bytes of the memory afterwards, right below the stack.
           (func (export "f") (param $n i32) (result i32)
             (drop (call $deep (local.get $n)))
             (i32.add (i32.load (i32.const 65488)) (i32.load (i32.const 65532))))"#,
    );
    let fused = fuse(&input, &options(StackSize::Bytes(1600))).expect("it fuses");
    // More than the guest had itself, so that it is above.
    assert_eq!(stack(&fused), (65536, 65536 + 1600 + 48));
    let code = CoreCode::new(&fused.core, &fused.interface, &[]).expect("it compiles");
    assert_eq!(call(&mut code.start(1).expect("it starts"), "f", &[50]), Ok(0));
    let error = call(&mut code.start(1).expect("it starts"), "f", &[51]).expect_err("it is too much");
    assert!(error.contains("cabi-trap:stack-overflow"), "{error}");
}

#[test]
fn chains_are_as_long_and_tables_as_large_as_they_like() {
    // Each function calls the next one.
    const LONG: u32 = 20_000;
    let mut chain = String::new();
    for i in 0..LONG {
        let (head, next) = match i {
            0 => (r#"(export "f") (param $n i32) (result i32)"#.to_owned(), "$f1".to_owned()),
            _ => (format!("$f{i} (param $n i32) (result i32)"), format!("$f{}", i + 1)),
        };
        chain.push_str(&framed(&head, 16, &format!("(i32.store (local.get $fp) (call {next} (local.get $n)))")));
    }
    chain.push_str(&framed(&format!("$f{LONG} (param $n i32) (result i32)"), 16, ""));
    let fused = fuse(&guest(&chain), &options(StackSize::Proved)).expect("it fuses");
    let (start, end) = stack(&fused);
    assert_eq!(end - start, u64::from(LONG + 1) * 16);

    // Each function may call all of those in a table: as many calls as there are pairs.
    const MANY: u32 = 3_000;
    let names: String = (0..MANY).map(|i| format!(" $f{i}")).collect();
    let mut wide = format!("(table funcref (elem{names})) (type $t (func (param i32) (result i32)))");
    let call = "(i32.store (local.get $fp) (call_indirect (type $t) (local.get $n) (local.get $n)))";
    for i in 0..MANY {
        let head = if i == 0 { r#"$f0 (export "f")"#.to_owned() } else { format!("$f{i}") };
        // No two are equal, so that none is left out.
        let own = format!("{call} (i32.store offset=4 (local.get $fp) (i32.const {i}))");
        wide.push_str(&framed(&format!("{head} (param $n i32) (result i32)"), 16, &own));
    }
    let input = guest(&wide);
    let refused = fuse(&input, &options(StackSize::Proved)).expect_err("nothing bounds it");
    assert!(refused.contains("and 2994 more"), "{refused}");
    let fused = fuse(&input, &options(StackSize::Bytes(1 << 16))).expect("it fuses");
    let reason = &fused.report.memory.reason;
    assert!(reason.contains("with checks in 3000 functions"), "{reason}");
}
