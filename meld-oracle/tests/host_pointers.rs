//! Pointers between the host and a guest whose memory is a window, at address 0 and elsewhere, in all forms: what the host sees, what comes
//! back, what the guest finds in its memory afterwards, and where it traps, which is where the input does.

use meld_oracle::decoy::with_decoy;
use meld_oracle::differential::{Form, Fusion, shared};
use meld_oracle::host::{Event, Trap};
use meld_oracle::trap;
use meld_oracle::value::Value;

/// One run of a fresh guest: what each call gave, and what the host saw in all.
type Run = (Vec<Result<Option<Value>, Trap>>, Vec<Event>);

fn run(fusion: &Fusion, form: Form, calls: &[(&str, Vec<Value>)], answer: &Option<Value>) -> Run {
    let mut guest = fusion.start(form, 5).unwrap_or_else(|why| panic!("{form:?} does not start: {why:?}"));
    guest.recorder().answers.extend(answer.clone());
    let mut call = |name: &str, args: &[Value]| guest.call(&["g".to_owned(), name.to_owned()], args);
    let results = calls.iter().map(|(name, args)| call(name, args)).collect();
    (results, guest.recorder().trace.clone())
}

fn fused(options: &meld_core::Options, moved: bool) -> Fusion {
    let bytes = wat::parse_str(include_str!("host_pointers/lists.wat")).expect("the text is valid");
    let bytes = if moved { with_decoy(&bytes).expect("a decoy fits") } else { bytes };
    Fusion::with(&bytes, options).expect("it can be fused")
}

/// Whether the last call returned.
fn same(calls: &[(&str, Vec<Value>)], answer: Option<Value>) -> bool {
    let returned = [true, false].map(|moved| same_in(&fused(&shared(0), moved), calls, answer.clone()));
    assert_eq!(returned[0], returned[1]);
    returned[0]
}

fn same_in(fusion: &Fusion, calls: &[(&str, Vec<Value>)], answer: Option<Value>) -> bool {
    let (expected, seen) = run(fusion, Form::Input, calls, &answer);
    for form in [Form::Component, Form::Core] {
        let (found, saw) = run(fusion, form, calls, &answer);
        for (expected, found) in expected.iter().zip(&found) {
            match (expected, found) {
                (Ok(expected), Ok(found)) => assert_eq!(expected, found, "{form:?} {calls:?}"),
                (Err(expected), Err(found)) => {
                    let cause = trap::cause(&expected.0);
                    assert!(trap::same_trap(cause, &found.0), "{form:?} {calls:?}: {}, not {cause}", found.0);
                }
                _ => panic!("{form:?} {calls:?}: {found:?}, not {expected:?}"),
            }
        }
        assert_eq!(saw, seen, "{form:?} {calls:?}: what the host sees");
    }
    expected.last().is_some_and(Result::is_ok)
}

fn strings(texts: &[&str]) -> Value {
    Value::List(texts.iter().map(|text| Value::String((*text).to_owned())).collect())
}

#[test]
fn what_the_guest_passes() {
    let answers = [strings(&[]), strings(&["", "xyz", ""]), strings(&["ü", "a", "bc"])];
    let mut returned = Vec::new();
    for which in 0..14 {
        for answer in &answers {
            if same(&[("show", vec![Value::U32(which)])], Some(answer.clone())) {
                returned.push(which);
            }
        }
    }
    returned.dedup();
    assert_eq!(returned, [0, 1, 3, 10], "the others are wrong");
}

#[test]
fn what_the_guest_returns() {
    let mut returned = Vec::new();
    for which in 0..13 {
        // Twice: what the first call changed for a while is as it was.
        let calls = [("give", vec![Value::U32(which)]), ("give", vec![Value::U32(which)]), ("seen", vec![])];
        if same(&calls, None) {
            returned.push(which);
        }
    }
    assert_eq!(returned, [0, 1, 3, 10], "the others are wrong");
}

#[test]
fn what_the_host_passes() {
    let lists = [
        vec![],
        vec![strings(&[])],
        vec![strings(&[""]), strings(&[]), strings(&["", "", "a"])],
        vec![strings(&["one", "two"]), strings(&["three"]), strings(&["", "four", "ü€😀"])],
        (0..100).map(|_| strings(&["x", "", "yz"])).collect(),
    ];
    for lists in lists {
        assert!(same(&[("take", vec![Value::List(lists.clone())]), ("take", vec![Value::List(lists)])], None));
    }
}

/// The list is copied while the host reads it, to a region of a fixed size: 16 bytes for each of 1,024 handles, less the place of the result. Where
/// the guest's pointers are the host's, nothing is copied.
#[test]
fn more_pointers_than_there_is_room_for() {
    let many_in = |options: &meld_core::Options, moved: bool, n: u32| {
        let calls = [("many", vec![Value::U32(n)]), ("many", vec![Value::U32(n)])];
        let (results, _) = run(&fused(options, moved), Form::Component, &calls, &None);
        results.into_iter().map(|result| result.map_err(|trap| trap.0)).collect::<Vec<_>>()
    };
    let many = |options: &meld_core::Options, n: u32| many_in(options, true, n);
    let list = |n: usize| Ok(Some(strings(&vec!["ab"; n])));
    assert_eq!(many(&shared(0), 2047), [list(2047), list(2047)]);
    let full = many(&shared(0), 2048);
    assert!(matches!(&full[0], Err(trap) if trap.contains("cabi-trap:outbox-full")), "{full:?}");
    assert_eq!(many_in(&shared(0), false, 4000), [list(4000), list(4000)]);
    let mut options = shared(0);
    options.shared().handles = Some(5000);
    assert_eq!(many(&options, 4000), [list(4000), list(4000)]);
}
