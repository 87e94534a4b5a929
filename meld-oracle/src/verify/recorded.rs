//! Both forms under a host that satisfies any import, answers by the seed and records every call.

use super::{Behaviour, Calls, Difference, Incomparable, Verdict, invoke, wave};
use crate::differential::{Action, Step, Steps, difference, too_much};
use crate::host::{ComponentCode, ComponentGuest, Event, ExportFunc, Guest, NoStart, Trap};
use crate::value::Value;

pub(super) fn compare(original: &[u8], fused: &[u8], calls: &Calls) -> Result<Verdict, Incomparable> {
    let mut verdict =
        Verdict { host: "recorded", calls: 0, host_calls: 0, seed: calls.seed, stopped: None, difference: None };
    let start = |bytes: &[u8]| ComponentCode::any(bytes).and_then(|code| code.start(calls.seed));
    let mut guest = match (start(original), start(fused)) {
        (Ok(original), Ok(fused)) => Pair { original, fused },
        (Err(NoStart::Unfit(why)), _) => return Err(Incomparable::Host(why)),
        (Err(NoStart::Trap(expected)), Err(NoStart::Trap(found))) if expected.is_same(&found) => {
            verdict.calls = 1;
            return Ok(verdict);
        }
        (original, fused) => {
            let behaviour = |form: Result<ComponentGuest, NoStart>| match form {
                Ok(_) => Behaviour::of("starts"),
                Err(why) => why.into(),
            };
            let at = "the start".to_owned();
            verdict.difference = Some(Difference { at, original: behaviour(original), fused: behaviour(fused) });
            return Ok(verdict);
        }
    };
    if !calls.invoke.is_empty() {
        // What is made up may ask for far too much, and has less time.
        guest.original.allow_long();
        guest.fused.allow_long();
    }
    let exports = guest.original.exports().to_vec();
    let at_start = (guest.original.recorder().trace.clone(), guest.fused.recorder().trace.clone());
    if at_start.0 != at_start.1 {
        let [original, fused] = from_first_difference(&at_start.0, &at_start.1);
        let behaviour = |host| Behaviour { host, ..Behaviour::of("starts") };
        let (original, fused) = (behaviour(original), behaviour(fused));
        verdict.difference = Some(Difference { at: "the start".to_owned(), original, fused });
        return Ok(verdict);
    }
    let steps = if calls.invoke.is_empty() {
        Steps::random(&mut guest.original, calls.seed, calls.rounds)
    } else {
        let asked = calls.invoke.iter().map(|text| invoke::call(text, &exports)).collect::<Result<Vec<_>, _>>()?;
        Steps::given(
            &mut guest.original,
            asked.into_iter().map(|call| Action::Call { path: call.path, args: call.args }),
        )
    };
    for step in steps.iter() {
        verdict.calls += 1;
        verdict.host_calls += step.seen.len();
        let found = step.again(&mut guest.fused);
        if too_much(&found) {
            verdict.stopped = Some(action(&step.action, &exports));
            break;
        }
        if difference((&step.outcome, &step.seen), (&found.outcome, &found.seen)).is_some() {
            verdict.difference = Some(described(step, &found, &exports));
            break;
        }
    }
    if verdict.calls == 0 && verdict.stopped.is_none() {
        return Err(Incomparable::Host("it exports no function that can be called with made-up values".to_owned()));
    }
    Ok(verdict)
}

struct Pair {
    original: ComponentGuest,
    fused: ComponentGuest,
}

/// What the host does, as text.
fn action(action: &Action, exports: &[ExportFunc]) -> String {
    match action {
        Action::Call { path, args } => invoke::print(path, args, exports),
        Action::Drop(id) => format!("the host drops its handle {id}"),
    }
}

fn described(step: &Step, found: &Step, exports: &[ExportFunc]) -> Difference {
    let at = action(&step.action, exports);
    let result = match &step.action {
        Action::Call { path, .. } => {
            exports.iter().find(|export| export.path == *path).and_then(|e| e.ty.result.as_ref())
        }
        Action::Drop(_) => None,
    };
    let [original_host, fused_host] = from_first_difference(&step.seen, &found.seen);
    let behaviour = |outcome: &Result<Option<Value>, Trap>, host| {
        let behaviour = match (outcome, result) {
            (Err(trap), _) => Behaviour::trap(&trap.0),
            (Ok(Some(value)), Some(ty)) => Behaviour::of(format!("returns {}", wave::print(value, ty))),
            (Ok(_), _) => Behaviour::of("returns"),
        };
        Behaviour { host, ..behaviour }
    };
    Difference { at, original: behaviour(&step.outcome, original_host), fused: behaviour(&found.outcome, fused_host) }
}

/// Events from the first one on that differs; none where all are equal.
fn from_first_difference(original: &[Event], fused: &[Event]) -> [Vec<String>; 2] {
    let same = original.iter().zip(fused).take_while(|(a, b)| a == b).count();
    [original, fused].map(|events| events[same..].iter().map(|event| format!("{event:?}")).collect())
}
