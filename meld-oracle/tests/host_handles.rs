//! Handles between the host and instances with tables of their own, step by step, in all forms: results,
//! destructors, the indices that guests see, and what is in their memory afterwards.

use meld_oracle::decoy::with_decoy;
use meld_oracle::differential::{Form, Fusion, shared};
use meld_oracle::host::{Event, Guest};
use meld_oracle::trap;
use meld_oracle::value::Value::{self, Handle, List, Record, U8, U32, U64, Variant};

const FORMS: [Form; 3] = [Form::Input, Form::Component, Form::Core];

/// A guest, and what is expected of it.
struct Script {
    form: String,
    guest: Box<dyn Guest>,
}

impl Script {
    /// Calls `instance.func`; expects `result`, and calls of `log` with these numbers.
    #[track_caller]
    fn call(&mut self, path: &str, args: &[Value], result: impl Into<Option<Value>>, logged: &[u32]) {
        let form = &self.form;
        let found = self.guest.call(&names(path), args);
        let found = found.unwrap_or_else(|trap| panic!("{form} {path} traps: {}", trap.0));
        assert_eq!(found, result.into(), "{form} {path}");
        self.logged(path, logged);
    }

    /// Expects a trap, of the kind that a text says.
    #[track_caller]
    fn traps(mut self, path: &str, args: &[Value], expected: &str) {
        let form = self.form;
        match self.guest.call(&names(path), args) {
            Ok(result) => panic!("{form} {path} returns {result:?}"),
            Err(found) => assert!(trap::same_trap(expected, &found.0), "{form} {path} {args:?}: {}", found.0),
        }
    }

    #[track_caller]
    fn drop(&mut self, id: u32, logged: &[u32]) {
        let form = &self.form;
        self.guest.drop_handle(id).unwrap_or_else(|trap| panic!("{form} drop of {id} traps: {}", trap.0));
        self.logged("drop", logged);
    }

    #[track_caller]
    fn logged(&mut self, path: &str, logged: &[u32]) {
        let log = |n: &u32| Event::Call { function: "log".to_owned(), args: vec![U32(*n)], result: None };
        let expected: Vec<Event> = logged.iter().map(log).collect();
        assert_eq!(std::mem::take(&mut self.guest.recorder().trace), expected, "{} {path}", self.form);
    }
}

fn names(path: &str) -> Vec<String> {
    path.split('.').map(str::to_owned).collect()
}

/// With a memory for each instance, and with one for all, in which the guests' windows are not at address 0.
struct Fusions([Fusion; 2]);

fn exported() -> Fusions {
    fused(include_str!("host_handles/exported.wat"))
}

fn imported() -> Fusions {
    fused(include_str!("host_handles/imported.wat"))
}

fn fused(text: &str) -> Fusions {
    let bytes = wat::parse_str(text).expect("the text is valid");
    let moved = with_decoy(&bytes).expect("a decoy fits");
    let shared = Fusion::with(&moved, &shared(0));
    Fusions([Fusion::new(&bytes).expect("it can be fused"), shared.expect("it can be fused into one memory")])
}

/// Every form, freshly started.
fn forms(Fusions([multi, shared]): &Fusions) -> impl Iterator<Item = Script> {
    let multi = FORMS.into_iter().map(move |form| (multi, form, format!("{form:?}")));
    let shared = FORMS.into_iter().skip(1).map(move |form| (shared, form, format!("{form:?} in one memory")));
    multi.chain(shared).map(|(fusion, form, name)| {
        let guest = fusion.start(form, 1).unwrap_or_else(|why| panic!("{name} does not start: {why:?}"));
        Script { form: name, guest }
    })
}

fn some(id: u32) -> Value {
    Variant(1, Some(Box::new(Handle(id))))
}

fn ok(value: Value) -> Value {
    Variant(0, Some(Box::new(value)))
}

fn err(value: Value) -> Value {
    Variant(1, Some(Box::new(value)))
}

// Numbers of handles are the host's: 1, 2, 3 in the order in which it gets them.

#[test]
fn flat() {
    for mut script in forms(&exported()) {
        script.call("p.make", &[U32(5)], Handle(1), &[]);
        script.call("p.peek", &[Handle(1)], U32(5), &[]);
        script.call("u.keep", &[Handle(1)], U32(1), &[]);
        script.call("p.make", &[U32(55)], Handle(2), &[]);
        script.call("u.keep", &[Handle(2)], U32(2), &[]);
        script.call("u.give", &[], Handle(3), &[]);
        script.call("u.seen", &[], U32(2), &[]);
        script.call("u.look", &[Handle(3)], U32(2055), &[]);
        script.call("u.pick", &[ok(Handle(3))], U32(2), &[1055]);
        script.call("u.pick", &[err(U64(u64::MAX))], U32(9999), &[]);
        script.call("p.make", &[U32(6)], Handle(4), &[]);
        script.call("p.eat", &[Handle(4)], U32(6), &[1006]);
        script.call("p.make", &[U32(7)], Handle(5), &[]);
        script.drop(5, &[1007]);
    }
}

#[test]
fn in_memory() {
    for mut script in forms(&exported()) {
        script.call("p.make", &[U32(5)], Handle(1), &[]);
        script.call("p.make", &[U32(6)], Handle(2), &[]);
        let items = List(vec![some(1), Variant(0, None), some(2)]);
        script.call("u.turn", &[items], List(vec![Handle(3), Handle(4)]), &[2, 1]);
        script.call("u.seen", &[], U32(21), &[]);
        script.call("p.peek", &[Handle(3)], U32(6), &[]);
        script.call("p.peek", &[Handle(4)], U32(5), &[]);
        let mut fields = vec![Handle(3), List(vec![U8(1), U8(2), U8(3)])];
        fields.extend((0..14).map(U32));
        script.call("u.spill", &[Record(fields)], U32(1), &[1006]);
        script.call("p.make", &[U32(9)], Handle(5), &[]);
        script.call("u.keep", &[Handle(5)], U32(1), &[]);
        script.call("u.answer", &[U32(77)], ok(Handle(6)), &[]);
        script.call("u.area", &[], U32(2), &[]);
        script.call("u.answer", &[U32(0)], err(Value::String(String::new())), &[]);
        script.call("p.make", &[U32(8)], Handle(7), &[]);
        let lists = List(vec![List(vec![Handle(6)]), List(vec![]), List(vec![Handle(7), Handle(4)])]);
        script.call("u.nest", &[lists], U32(234), &[1077, 1008, 1005]);
    }
}

#[test]
fn nothing_is_left_of_a_list_of_none() {
    for mut script in forms(&exported()) {
        script.call("u.turn", &[List(vec![])], List(vec![]), &[]);
        script.call("u.turn", &[List(vec![Variant(0, None)])], List(vec![]), &[]);
    }
}

#[test]
fn a_borrow_is_not_kept() {
    for mut script in forms(&exported()) {
        script.call("p.make", &[U32(5)], Handle(1), &[]);
        script.traps("u.forget", &[Handle(1)], "borrow handles still remain at the end of the call");
    }
}

/// The handle, the case, the pointers, the length: what the guest returns is checked as lifting checks it.
#[test]
fn wrong_results() {
    let exported = exported();
    let calls = (0..7).map(|what| ("u.wrong", vec![U32(what)])).chain([("u.give", vec![])]);
    same_traps(&exported, calls);
}

#[test]
fn wrong_parameters() {
    let paths = ["m.given-twice", "m.unaligned", "m.beyond", "m.far-list"];
    same_traps(&imported(), paths.into_iter().map(|path| (path, vec![])));
}

/// Each call, of a fresh guest, traps in every form, and for the same reason.
fn same_traps<'c>(fusion: &Fusions, calls: impl Iterator<Item = (&'c str, Vec<Value>)>) {
    for (path, args) in calls {
        let mut expected = None;
        for mut script in forms(fusion) {
            let found = script.guest.call(&names(path), &args);
            let found = found.expect_err("it traps in every form").0;
            let expected = expected.get_or_insert_with(|| trap::cause(&found).to_owned());
            assert!(trap::same_trap(expected, &found), "{} {path} {args:?}: {found}, not {expected}", script.form);
        }
    }
}

/// What the host hears and drops when `m.func` is called after the other instance has made three handles.
#[track_caller]
fn heard(func: &str, answers: &[Value], result: Option<Value>, expected: &[Event]) {
    for mut script in forms(&imported()) {
        script.guest.recorder().answers.extend((1..4).map(Handle));
        for prime in 1..4 {
            script
                .guest
                .call(&names("o.prime"), &[])
                .map(|index| assert_eq!(index, Some(U32(prime))))
                .expect("no trap");
        }
        script.guest.recorder().trace.clear();
        script.guest.recorder().answers.extend(answers.iter().cloned());
        let form = &script.form;
        let found = script.guest.call(&names(&format!("m.{func}")), &[]);
        let found = found.unwrap_or_else(|trap| panic!("{form} {func} traps: {}", trap.0));
        assert_eq!(found, result, "{form} {func}");
        assert_eq!(script.guest.recorder().trace, expected, "{form} {func}");
    }
}

fn called(function: &str, args: Vec<Value>, result: impl Into<Option<Value>>) -> Event {
    Event::Call { function: function.to_owned(), args, result: result.into() }
}

fn log(n: u32) -> Event {
    called("log", vec![U32(n)], None)
}

#[test]
fn two_lists_in_one_memory() {
    let list = List(vec![Handle(11), Handle(12)]);
    let expected = [
        called("make", vec![], Handle(11)),
        called("make", vec![], Handle(12)),
        called("twice", vec![list.clone(), list], Handle(13)),
        log(1),
        log(2),
        Event::Drop(11),
        Event::Drop(12),
    ];
    heard("twice", &[Handle(11), Handle(12), Handle(13)], Some(U32(3)), &expected);
}

#[test]
fn a_result_in_the_place_of_the_parameters() {
    let mut fields = vec![Handle(11), U32(0), U32(9)];
    fields.extend((0..13).map(|_| U32(0)));
    fields.push(Handle(12));
    let result = Record(vec![Handle(13), U32(77)]);
    let expected = [
        called("make", vec![], Handle(11)),
        called("make", vec![], Handle(12)),
        called("spilled", vec![Record(fields)], result.clone()),
        // Given away in the order 1, 2: last in, first out.
        log(2),
        log(77),
        log(9),
        log(2),
    ];
    heard("spilled", &[Handle(11), Handle(12), result], None, &expected);
}

#[test]
fn results_in_a_list() {
    let list = List(vec![ok(Handle(11)), err(U8(200)), ok(Handle(12))]);
    let expected =
        [called("lists", vec![], list.clone()), log(3), log(1), log(200), log(2), Event::Drop(12), Event::Drop(11)];
    heard("lists", &[list], None, &expected);
}
