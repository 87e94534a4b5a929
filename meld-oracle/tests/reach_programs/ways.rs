//! Compositions with one way to one function.
//!
//! In: random numbers. Out: a composition in which code begins somewhere (an export, a start function, a destructor, a `realloc`, a post-return, a
//! callback, a thread), goes one way (a call, a reference in some table, global or segment), and ends at a function that must be live. There is
//! no other way to it. So if the plan does not see where code begins or the way, the fused form traps, or does not trap where the input does.

use meld_oracle::generate::Random;
use std::fmt::Write;

/// Where code begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Begin {
    Export,
    Inner,
    Through,
    Start,
    Destructor,
    Realloc,
    PostReturn,
    Callback,
    Thread,
    /// In a `realloc` that looks like one that clears a flag, as fused modules have it.
    Flag,
}

const BEGINS: [Begin; 10] = [
    Begin::Export,
    Begin::Inner,
    Begin::Through,
    Begin::Start,
    Begin::Destructor,
    Begin::Realloc,
    Begin::PostReturn,
    Begin::Callback,
    Begin::Thread,
    Begin::Flag,
];

/// How many ways [`way`] knows.
const WAYS: usize = 24;

/// How many worlds have each beginning with each way once.
pub(crate) const ALL: u64 = (BEGINS.len() * WAYS) as u64;

/// What is at the end: how it is defined, its core result, and how that becomes an `i32`.
const ENDS: [(&str, &str, &str); 3] =
    [("waitable-set.new", "i32", ""), ("stream.new $s", "i64", "i32.wrap_i64"), ("lower (func $p)", "i32", "")];

/// A core module with a function `walk`, which goes the way, and what has to be instantiated before and after it.
#[derive(Default)]
struct Walk {
    /// Modules that are instantiated first, as `$before`, and given as `before`.
    before: String,
    /// Definitions in the module.
    module: String,
    /// Instructions that leave the end's result.
    body: String,
    /// Modules that are instantiated after it.
    after: String,
    /// Whether what is called must be given to the module itself.
    imports_end: bool,
}

/// A way to `$end`, of type `$t`. `slot`: a place in a table. Names of types are those of every module.
fn way(number: usize, random: &mut Random) -> Walk {
    let slot = random.below(6);
    let walk = |module: String, body: String| Walk { module, body, imports_end: true, ..Walk::default() };
    let indirect = |table: &str| format!("(call_indirect {table} (type $t) (i32.const {slot}))");
    let decoy = "(func $decoy (type $t) unreachable)";
    let here = format!("{decoy} (table $a 8 funcref) (table $b 8 funcref) (elem (table $b) (i32.const 0) func $decoy)");
    // What code takes a reference of has to be mentioned elsewhere: anything counts.
    let declare = *random.pick(&["(elem declare func $end)", "(export \"declared\" (func $end))"]);
    match number {
        0 => walk(String::new(), "(call $end)".to_owned()),
        1 => walk("(func $tail (type $t) (return_call $end))".to_owned(), "(call $tail)".to_owned()),
        // Segments.
        2 => walk(format!("{here} (elem (table $a) (i32.const {slot}) func $end)"), indirect("$a")),
        3 => walk(
            format!("{here} (elem (table $a) (i32.const {slot}) funcref (ref.func $end) (ref.null func))"),
            indirect("$a"),
        ),
        4 => walk(
            format!(
                "{here} (elem (table $a) (i32.const {slot}) func $end) \
                 (func $tail (type $t) (return_call_indirect $a (type $t) (i32.const {slot})))"
            ),
            "(call $tail)".to_owned(),
        ),
        5 => walk(
            format!("{here} (elem $p func $decoy $end)"),
            format!(
                "(table.init $a $p (i32.const {slot}) (i32.const 1) (i32.const 1)) {} {}",
                random.pick(&["", "(elem.drop $p)"]),
                indirect("$a")
            ),
        ),
        // Code writes a table.
        6 => walk(
            format!("{here} {declare}"),
            format!("(table.set $a (i32.const {slot}) (ref.func $end)) {}", indirect("$a")),
        ),
        7 => walk(
            format!("{here} {declare}"),
            format!("(table.fill $a (i32.const {slot}) (ref.func $end) (i32.const 1)) {}", indirect("$a")),
        ),
        8 => walk(
            format!("{here} {declare}"),
            "(call_indirect $a (type $t) (table.grow $a (ref.func $end) (i32.const 1)))".to_owned(),
        ),
        9 => walk(
            format!("{here} (elem (table $b) (i32.const {slot}) func $end)"),
            format!("(table.copy $a $b (i32.const {slot}) (i32.const {slot}) (i32.const 1)) {}", indirect("$a")),
        ),
        10 => walk(
            format!("{here} (elem (table $b) (i32.const {slot}) func $end)"),
            format!("(table.set $a (i32.const {slot}) (table.get $b (i32.const {slot}))) {}", indirect("$a")),
        ),
        // References.
        11 => walk("(global $g (ref $t) (ref.func $end))".to_owned(), "(call_ref $t (global.get $g))".to_owned()),
        12 => walk(
            format!("(global $g (mut (ref null $t)) (ref.null $t)) {declare}"),
            "(global.set $g (ref.func $end)) (call_ref $t (global.get $g))".to_owned(),
        ),
        13 => walk(
            "(global $g (ref $t) (ref.func $end)) (func $tail (type $t) (return_call_ref $t (global.get $g)))"
                .to_owned(),
            "(call $tail)".to_owned(),
        ),
        14 => walk(
            format!("{declare} (func $take (param (ref $t)) (result {{R}}) (call_ref $t (local.get 0)))"),
            "(call $take (ref.func $end))".to_owned(),
        ),
        15 => walk("(table $a 8 (ref $t) (ref.func $end))".to_owned(), indirect("$a")),
        16 => Walk {
            before: "(global (export \"g\") (ref $t) (ref.func $end))".to_owned(),
            module: "(import \"before\" \"g\" (global $g (ref $t))) (table $a 8 (ref $t) (global.get $g))".to_owned(),
            body: indirect("$a"),
            ..Walk::default()
        },
        // Other modules.
        17 => Walk {
            before: format!("{decoy} (table (export \"a\") 8 funcref)"),
            module: "(import \"before\" \"a\" (table $a 8 funcref)) (export \"a\" (table $a))".to_owned(),
            body: indirect("$a"),
            after: format!(
                "(import \"walk\" \"a\" (table $a 8 funcref)) (elem (table $a) (i32.const {slot}) func $end)"
            ),
            imports_end: false,
        },
        18 => Walk {
            before: "(global (export \"g\") (ref $t) (ref.func $end))".to_owned(),
            module: "(import \"before\" \"g\" (global $g (ref $t)))".to_owned(),
            body: "(call_ref $t (global.get $g))".to_owned(),
            ..Walk::default()
        },
        19 => Walk {
            before: "(func (export \"f\") (type $t) (call $end))".to_owned(),
            module: "(import \"before\" \"f\" (func $f (type $t)))".to_owned(),
            body: "(call $f)".to_owned(),
            ..Walk::default()
        },
        20 => Walk {
            before: format!("(table $a (export \"a\") 8 funcref) (elem (table $a) (i32.const {slot}) func $end)"),
            // Its own table is another one with the same index.
            module: "(import \"before\" \"a\" (table $a 8 funcref)) (table $b 8 funcref)".to_owned(),
            body: indirect("$a"),
            ..Walk::default()
        },
        // A function of a subtype, which takes more than the type that it is called by.
        21 => walk(
            format!(
                "(func $wide (type $narrow) (call $end)) (table $a 8 funcref) (elem (table $a) (i32.const {slot}) func $wide)"
            ),
            format!("(call_indirect $a (type $open) (ref.null $x) (i32.const {slot}))"),
        ),
        22 => walk(
            "(func $wide (type $narrow) (call $end)) (global $g (ref $open) (ref.func $wide))".to_owned(),
            "(call_ref $open (ref.null $x) (global.get $g))".to_owned(),
        ),
        // In a handler of an exception.
        _ => walk(
            format!("(tag $e) {here} (elem (table $a) (i32.const {slot}) func $end)"),
            format!("(block $caught (try_table (catch $e $caught) (throw $e)) unreachable) {}", indirect("$a")),
        ),
    }
}

/// What it is about, a composition (each beginning with each way in turn), and the path of its function, of an `u32` with a result of that type.
pub(crate) fn world(seed: u64, random: &mut Random) -> (String, String, &'static str) {
    let (begin, number) = (BEGINS[seed as usize % BEGINS.len()], seed as usize / BEGINS.len() % WAYS);
    let kept_out = matches!(begin, Begin::Realloc | Begin::PostReturn | Begin::Flag);
    // What a component may not do while it cannot be left: any of them. Elsewhere only what can be taken for dead.
    let (canon, result, wrap) = ENDS[if kept_out { random.below(3) } else { random.below(2) }];
    let mut walk = way(number, random);
    let takes = if canon.starts_with("lower") { "(param i32)" } else { "" };
    let types = format!(
        "(type $x (struct)) (type $t (func (result {result}))) \
         (type $open (sub (func (param (ref null $x)) (result {result})))) \
         (type $narrow (sub $open (func (param anyref) (result {result}))))"
    );
    // A function of another component has a parameter: the end is a function around it.
    let end = match takes {
        "" => "(import \"outer\" \"end\" (func $end (type $t)))".to_owned(),
        _ => "(import \"outer\" \"end\" (func $end' (param i32) (result i32)))".to_owned(),
    };
    let around = match takes {
        "" => "",
        _ => "(func $end (type $t) (call $end' (i32.const 5)))",
    };
    walk.module = walk.module.replace("{R}", result);
    let module = |name: &str, imports_end: bool, own: &str| {
        // Imports come first.
        let (mut imports, mut rest) = (String::new(), own);
        while let Some(at) = rest.strip_prefix("(import ").map(|_| closing(rest)) {
            imports.push_str(&rest[..at]);
            rest = rest[at..].trim_start();
        }
        let (end, around) = if imports_end { (end.as_str(), around) } else { ("", "") };
        format!("(core module ${name} {types} {end} {imports} {around} {rest})\n")
    };
    let mut out = String::from("(component $Subject\n(import \"p\" (func $p (param \"n\" u32) (result u32)))\n");
    out.push_str("(import \"name\" (func $name (result string)))\n(type $s (stream u8))\n");
    let _ = writeln!(out, "(core func $end (canon {canon}))");
    let given = "(with \"outer\" (instance (export \"end\" (func $end))))";
    let mut with = String::new();
    if !walk.before.is_empty() {
        out.push_str(&module("Before", true, &walk.before));
        let _ = writeln!(out, "(core instance $before (instantiate $Before {given}))");
        with.push_str("(with \"before\" (instance $before))");
    }
    if walk.imports_end {
        with.push_str(given);
    }
    let got =
        "(global $got (mut i32) (i32.const -7)) (func (export \"got\") (param i32) (result i32) (global.get $got))";
    // `walk` notes what it got.
    let walking =
        format!("(func $walk (local $r i32) {} {wrap} local.set $r (global.set $got (local.get $r)))", walk.body);
    let begins = match begin {
        Begin::Start => "(start $walk)",
        Begin::Destructor => "(func (export \"dtor\") (param i32) (call $walk))",
        Begin::Realloc => {
            "(memory (export \"memory\") 1) (func (export \"realloc\") (param i32 i32 i32 i32) (result i32) (call $walk) (i32.const 1024))"
        }
        Begin::PostReturn => "(func (export \"post\") (param i32) (call $walk))",
        Begin::Callback => {
            "(func (export \"run\") (param i32) (result i32) (i32.const 1)) \
             (func (export \"callback\") (param i32 i32 i32) (result i32) (call $walk) (call $return (global.get $got)) (i32.const 0))"
        }
        Begin::Thread => {
            "(func $thread (param i32) (call $walk)) (elem (table $threads) (i32.const 1) func $thread) \
             (func (export \"run\") (param i32) (result i32) \
               (drop (call $resume (call $new (i32.const 1) (local.get 0)))) (global.get $got))"
        }
        _ => "(func (export \"run\") (param i32) (result i32) (call $walk) (global.get $got))",
    };
    let flag = flag(begin, random);
    let extra = match begin {
        Begin::Callback => "(import \"outer\" \"return\" (func $return (param i32)))",
        Begin::Thread => {
            "(import \"outer\" \"new\" (func $new (param i32 i32) (result i32))) \
             (import \"outer\" \"resume\" (func $resume (param i32) (result i32))) \
             (import \"outer\" \"threads\" (table $threads 4 funcref))"
        }
        _ => "",
    };
    let begins = if begin == Begin::Flag { flag.as_str() } else { begins };
    match begin {
        Begin::Callback => {
            out.push_str("(core func $return (canon task.return (result u32)))\n");
            with.push_str(
                "(with \"outer\" (instance (export \"end\" (func $end)) (export \"return\" (func $return))))",
            );
        }
        Begin::Thread => {
            out.push_str(
                "(core module $T (table (export \"threads\") 4 funcref)) (core instance $T (instantiate $T)) \
                 (alias core export $T \"threads\" (core table $threads)) (core type $start (func (param i32))) \
                 (core func $new (canon thread.new-indirect $start (core table $threads))) \
                 (core func $resume (canon thread.yield-then-resume))\n",
            );
            with.push_str(
                "(with \"outer\" (instance (export \"end\" (func $end)) (export \"new\" (func $new)) \
                 (export \"resume\" (func $resume)) (export \"threads\" (table $threads))))",
            );
        }
        _ => {}
    }
    if matches!(begin, Begin::Callback | Begin::Thread) && walk.imports_end {
        with = with.replacen(given, "", 1);
    }
    let own = format!("{extra} {}", walk.module);
    let mut text = module("Walk", walk.imports_end, own.trim_start());
    text.truncate(text.len() - 2);
    let _ = writeln!(out, "{text} {got} {walking} {begins})");
    let _ = writeln!(out, "(core instance $walk (instantiate $Walk {with}))");
    if !walk.after.is_empty() {
        out.push_str(&module("After", true, &walk.after));
        let _ = writeln!(out, "(core instance (instantiate $After (with \"walk\" (instance $walk)) {given}))");
    }
    if flag.contains("\"hook\"") {
        out.push_str(
            "(core module $Hook (import \"\" \"flag\" (global $flag (mut i32))) (import \"\" \"hook\" (table 1 funcref)) \
               (func $set (global.set $flag (i32.const 1))) (elem (i32.const 0) func $set)) \
             (core instance (instantiate $Hook (with \"\" (instance $walk))))\n",
        );
    }
    let lift = "(param \"n\" u32) (result u32)";
    match begin {
        Begin::Start => {
            let _ = writeln!(out, "(func (export \"run\") {lift} (canon lift (core func $walk \"got\")))");
        }
        Begin::Destructor => {
            let _ = writeln!(
                out,
                "(type $r (resource (rep i32) (dtor (core func $walk \"dtor\")))) (core func $rnew (canon resource.new $r)) (core func $rdrop (canon resource.drop $r))\n\
                 (core module $D (import \"\" \"new\" (func $new (param i32) (result i32))) (import \"\" \"drop\" (func $drop (param i32))) (import \"\" \"got\" (func $got (param i32) (result i32)))\n\
                   (func (export \"run\") (param i32) (result i32) (call $drop (call $new (local.get 0))) (call $got (i32.const 0))))\n\
                 (core instance $d (instantiate $D (with \"\" (instance (export \"new\" (func $rnew)) (export \"drop\" (func $rdrop)) (export \"got\" (func $walk \"got\"))))))\n\
                 (func (export \"run\") {lift} (canon lift (core func $d \"run\")))"
            );
        }
        Begin::Realloc | Begin::Flag => {
            let _ = writeln!(
                out,
                "(core func $name' (canon lower (func $name) (memory (core memory $walk \"memory\")) (realloc (core func $walk \"realloc\"))))\n\
                 (core module $N (import \"\" \"name\" (func $name (param i32))) (import \"\" \"got\" (func $got (param i32) (result i32)))\n\
                   (func (export \"run\") (param i32) (result i32) (call $name (i32.const 16)) (call $got (i32.const 0))))\n\
                 (core instance $n (instantiate $N (with \"\" (instance (export \"name\" (func $name')) (export \"got\" (func $walk \"got\"))))))\n\
                 (func (export \"run\") {lift} (canon lift (core func $n \"run\")))"
            );
        }
        Begin::PostReturn => {
            let _ = writeln!(
                out,
                "(func (export \"run\") {lift} (canon lift (core func $walk \"got\") (post-return (core func $walk \"post\"))))"
            );
        }
        Begin::Callback => {
            let _ = writeln!(
                out,
                "(func (export \"run\") async {lift} (canon lift (core func $walk \"run\") async (callback (core func $walk \"callback\"))))"
            );
        }
        Begin::Thread => {
            let _ = writeln!(out, "(func (export \"run\") async {lift} (canon lift (core func $walk \"run\")))");
        }
        Begin::Export | Begin::Inner | Begin::Through => {
            let _ = writeln!(out, "(func (export \"run\") {lift} (canon lift (core func $walk \"run\")))");
        }
    }
    out.push_str(")\n");
    let mut root = format!(
        r#"(component
          (component $Provider
            (core module $m
              (memory (export "memory") 1) (data (i32.const 64) "text")
              (global $calls (mut i32) (i32.const 0))
              (func (export "p") (param i32) (result i32)
                (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
                (i32.add (local.get 0) (i32.mul (global.get $calls) (i32.const 1000))))
              (func (export "name") (result i32) (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 4)) (i32.const 0)))
            (core instance $i (instantiate $m))
            (func (export "p") (param "n" u32) (result u32) (canon lift (core func $i "p")))
            (func (export "name") (result string) (canon lift (core func $i "name") (memory (core memory $i "memory")))))
          (instance $provider (instantiate $Provider))
          {out}
          (instance $subject (instantiate $Subject (with "p" (func $provider "p")) (with "name" (func $provider "name"))))
        "#
    );
    match begin {
        Begin::Inner => {
            root.push_str("(export \"inner\" (instance $subject)))");
        }
        Begin::Through => {
            root.push_str(
                "(component $Front (import \"run\" (func $run (param \"n\" u32) (result u32))) (core func $run' (canon lower (func $run))) \
                 (core module $m (import \"\" \"run\" (func $run (param i32) (result i32))) (func (export \"run\") (param i32) (result i32) (call $run (local.get 0)))) \
                 (core instance $i (instantiate $m (with \"\" (instance (export \"run\" (func $run')))))) \
                 (func (export \"run\") (param \"n\" u32) (result u32) (canon lift (core func $i \"run\")))) \
                 (instance $front (instantiate $Front (with \"run\" (func $subject \"run\")))) (export \"run\" (func $front \"run\")))",
            );
        }
        _ => root.push_str("(export \"run\" (func $subject \"run\")))"),
    }
    (format!("{begin:?}, way {number}, {canon}"), root, if begin == Begin::Inner { "inner/run" } else { "run" })
}

/// A `realloc` that clears a flag around its one call, and what checks that flag: as fused modules have it, or nearly so.
fn flag(begin: Begin, random: &mut Random) -> String {
    if begin != Begin::Flag {
        return String::new();
    }
    let variant = random.below(7);
    // Another module sets the flag, in a function that it puts into a table.
    let export = match variant {
        2 => "(export \"flag\" (global $flag)) (type $v (func)) (table $hook (export \"hook\") 1 funcref)",
        _ => "",
    };
    // What is called while the flag is clear, and what looks at it.
    let looks_at = if variant == 3 { "$other" } else { "$flag" };
    let cleared = if variant == 4 { 1 } else { 0 };
    let writes = match variant {
        1 => "(global.set $flag (i32.const 1))",
        2 => "(call_indirect $hook (type $v) (i32.const 0))",
        5 => "(call $writes)",
        _ => "",
    };
    let size = if variant == 6 { "(i32.eqz (local.get 3))" } else { "(local.get 3)" };
    let after = if variant == 6 { "(call $walk)" } else { "" };
    format!(
        "(memory (export \"memory\") 1) (global $flag (mut i32) (i32.const 1)) (global $other (mut i32) (i32.const 1)) {export} \
         (func $why unreachable) (func $writes (global.set $flag (i32.const 1))) \
         (func $checks (global.get {looks_at}) i32.eqz (if (then (call $why) unreachable)) (call $walk)) \
         (func $inner (param i32 i32 i32 i32) (result i32) {writes} (if {size} (then (call $checks))) (i32.const 1024)) \
         (func (export \"realloc\") (param i32 i32 i32 i32) (result i32) (local i32) \
           (global.set $flag (i32.const {cleared})) (local.set 4 (call $inner (local.get 0) (local.get 1) (local.get 2) (local.get 3))) {after} \
           (global.set $flag (i32.const 1)) (local.get 4))"
    )
}

/// The end of the parenthesis that `text` begins with.
fn closing(text: &str) -> usize {
    let mut depth = 0;
    for (at, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    text.len()
}
