//! The handle table of `meld-core/runtime` against a model written from the specification.
//!
//! Random operations, right and wrong, on one table; results and the classes of traps are compared. A trap
//! changes nothing, so the same table goes on afterwards. All of it with the words of the table in each storage.

#[path = "runtime_storage/machine.rs"]
mod machine;

use machine::{ENOUGH, Limits, Machine, in_table, rooms};
use meld_core::unstable::ids::{ComponentInstanceId, Id};
use meld_core::unstable::runtime::{Room, RuntimeInstance};
use meld_core::unstable::synth::TrapClass::{
    self, BorrowLeak, HandleLent, HandleNotOwn, HandleTableFull, HandleType, HandleUnknown,
};
use meld_oracle::generate::Random;

fn table(room: Room, limits: Limits) -> Machine {
    Machine::new(&[RuntimeInstance::handles(ComponentInstanceId::new(0), room)], limits)
}

/// `ResourceHandle`
#[derive(Debug, Clone)]
struct Handle {
    tag: u32,
    rep: u32,
    /// The scope of a borrow, by position among the open frames.
    scope: Option<usize>,
    owning: bool,
    lends: u32,
}

/// What is on the stack of calls.
#[derive(Debug)]
enum Frame {
    /// A callee's scope and the number of its live borrows.
    Scope { id: u32, borrows: u32 },
    /// A caller's lenders.
    Lenders { mark: u32, lent: Vec<u32> },
}

/// `Table` and the frames.
#[derive(Debug)]
struct Model {
    array: Vec<Option<Handle>>,
    free: Vec<u32>,
    frames: Vec<Frame>,
}

impl Model {
    fn new() -> Self {
        Self { array: vec![None], free: Vec::new(), frames: Vec::new() }
    }

    fn add(&mut self, handle: Handle) -> u32 {
        let i = self.free.pop().unwrap_or_else(|| {
            self.array.push(None);
            self.array.len() as u32 - 1
        });
        self.array[i as usize] = Some(handle);
        i
    }

    fn get(&mut self, tag: u32, i: u32) -> Result<&mut Handle, TrapClass> {
        let handle = self.array.get_mut(i as usize).and_then(Option::as_mut).ok_or(HandleUnknown)?;
        if handle.tag == tag { Ok(handle) } else { Err(HandleType) }
    }

    fn remove(&mut self, i: u32) -> Handle {
        self.free.push(i);
        self.array[i as usize].take().expect("the handle exists")
    }

    fn lend(&mut self, tag: u32, i: u32) -> Result<u32, TrapClass> {
        let handle = self.get(tag, i)?;
        handle.lends += 1;
        Ok(handle.rep)
    }

    fn unlend(&mut self, i: u32) {
        self.array[i as usize].as_mut().expect("a lent handle exists").lends -= 1;
    }

    fn take_own(&mut self, tag: u32, i: u32) -> Result<u32, TrapClass> {
        let handle = self.get(tag, i)?;
        if handle.lends > 0 {
            return Err(HandleLent);
        }
        if handle.scope.is_some() {
            return Err(HandleNotOwn);
        }
        Ok(self.remove(i).rep)
    }

    fn drop(&mut self, tag: u32, i: u32) -> Result<Vec<u32>, TrapClass> {
        if self.get(tag, i)?.lends > 0 {
            return Err(HandleLent);
        }
        let handle = self.remove(i);
        let Some(scope) = handle.scope else { return Ok(vec![handle.rep, 1]) };
        let Frame::Scope { borrows, .. } = &mut self.frames[scope] else { panic!("a borrow has a scope") };
        *borrows -= 1;
        Ok(vec![handle.rep, if handle.owning { 2 } else { 0 }])
    }
}

/// One random step on both; returns the trap, if both trapped.
fn step(model: &mut Model, machine: &mut Machine, random: &mut Random, singles: &mut Vec<u32>) -> Option<TrapClass> {
    let tag = 1 + random.below(3) as u32;
    // Mostly indices that exist or did; now and then anything.
    let i = match random.below(20) {
        0 => [0, u32::MAX, 1 << 28, (1 << 28) | 1, model.array.len() as u32][random.below(5)],
        _ => random.below(model.array.len()) as u32,
    };
    // Mostly the right type.
    let used = match model.array.get(i as usize) {
        Some(Some(handle)) if random.below(8) > 0 => handle.tag,
        _ => tag,
    };
    let rep = random.below(usize::MAX) as u32;
    let (want, got) = match random.below(13) {
        0 | 1 => {
            let handle = Handle { tag, rep, scope: None, owning: false, lends: 0 };
            (Ok(vec![model.add(handle)]), machine.call("new_own", &[tag, rep]))
        }
        2 => (model.get(used, i).map(|h| vec![h.rep]), machine.call("rep", &[used, i])),
        3 => (model.take_own(used, i).map(|rep| vec![rep]), machine.call("take_own", &[used, i])),
        4 | 5 => (model.drop(used, i), machine.call("drop", &[used, i])),
        6 => {
            let want = model.lend(used, i).map(|rep| vec![rep]);
            if want.is_ok() {
                singles.push(i);
            }
            (want, machine.call("lend", &[used, i]))
        }
        7 => {
            let i = singles.pop()?;
            model.unlend(i);
            (Ok(vec![]), machine.call("unlend", &[i]))
        }
        8 => {
            let id = machine.get("scope_enter", &[]);
            model.frames.push(Frame::Scope { id, borrows: 0 });
            return None;
        }
        9 => {
            let mark = machine.get("lend_mark", &[]);
            model.frames.push(Frame::Lenders { mark, lent: Vec::new() });
            return None;
        }
        10 => {
            let Some(Frame::Lenders { .. }) = model.frames.last() else { return None };
            let want = model.lend(used, i).map(|rep| vec![rep]);
            if let (Ok(_), Some(Frame::Lenders { lent, .. })) = (&want, model.frames.last_mut()) {
                lent.push(i);
            }
            (want, machine.call("lend_push", &[used, i]))
        }
        11 => {
            let scopes: Vec<usize> =
                (0..model.frames.len()).filter(|&f| matches!(model.frames[f], Frame::Scope { .. })).collect();
            if scopes.is_empty() {
                return None;
            }
            let at = scopes[random.below(scopes.len())];
            let Frame::Scope { id, borrows } = &mut model.frames[at] else { return None };
            *borrows += 1;
            let (id, owning) = (*id, random.below(2) == 0);
            let name = if owning { "new_borrow_owning" } else { "new_borrow" };
            let handle = Handle { tag, rep, scope: Some(at), owning, lends: 0 };
            (Ok(vec![model.add(handle)]), machine.call(name, &[tag, rep, id]))
        }
        _ => match model.frames.pop() {
            None => return None,
            Some(Frame::Scope { id, borrows: 0 }) => (Ok(vec![]), machine.call("scope_leave", &[id])),
            Some(Frame::Scope { id, borrows }) => {
                model.frames.push(Frame::Scope { id, borrows });
                (Err(BorrowLeak), machine.call("scope_leave", &[id]))
            }
            Some(Frame::Lenders { mark, lent }) => {
                lent.into_iter().for_each(|i| model.unlend(i));
                (Ok(vec![]), machine.call("lend_release", &[mark]))
            }
        },
    };
    assert_eq!(want, got);
    want.err()
}

#[test]
fn random_operations() {
    for room in rooms() {
        let mut random = Random::new(0x1234_5678_9abc_def1);
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..40 {
            let (mut model, mut machine, mut singles) = (Model::new(), table(room, ENOUGH), Vec::new());
            for _ in 0..2000 {
                seen.extend(step(&mut model, &mut machine, &mut random, &mut singles));
            }
        }
        // Every trap but that of the full table has occurred.
        let all = [HandleUnknown, HandleType, HandleLent, HandleNotOwn, BorrowLeak];
        assert_eq!(seen, all.into_iter().collect(), "{room:?}");
    }
}

#[test]
fn freed_indices_come_back_last_in_first_out() {
    for room in rooms() {
        let mut m = table(room, ENOUGH);
        for i in 1..=5 {
            assert_eq!(m.get("new_own", &[1, 100 + i]), i);
        }
        for i in [2, 5, 3] {
            assert_eq!(m.call("drop", &[1, i]), Ok(vec![100 + i, 1]));
        }
        for i in [3, 5, 2, 6] {
            assert_eq!(m.get("new_own", &[1, 0]), i);
        }
    }
}

/// Nothing is there before there is a first handle, and nothing has index 0.
#[test]
fn an_empty_table() {
    for room in rooms() {
        let mut m = table(room, ENOUGH);
        for i in [0, 1, 2, 100, u32::MAX] {
            assert_eq!(m.call("rep", &[1, i]), Err(HandleUnknown), "{room:?} {i}");
        }
        let (mark, scope) = (m.get("lend_mark", &[]), m.get("scope_enter", &[]));
        assert_eq!(m.call("scope_leave", &[scope]), Ok(vec![]));
        assert_eq!(m.call("lend_release", &[mark]), Ok(vec![]));
        assert_eq!(m.get("new_own", &[1, 5]), 1);
    }
}

/// Numbers come back as they were, whatever their size: a storage may have more than one form for them.
#[test]
fn every_size_of_number() {
    let mut numbers: Vec<u32> = (0..32).flat_map(|bit| [1 << bit, (1 << bit) - 1, u32::MAX << bit]).collect();
    numbers.extend([0, 254, 255, 256, 0x00ff_00ff, 0xff00_ff00, u32::MAX]);
    for room in rooms() {
        let mut m = table(room, ENOUGH);
        for &number in &numbers {
            let tag = number.max(1);
            let i = m.get("new_own", &[tag, number]);
            assert_eq!(m.get("rep", &[tag, i]), number, "{room:?}");
            assert_eq!(m.call("rep", &[tag ^ 0x100, i]), Err(HandleType), "{room:?} {tag:#x}");
            assert_eq!(m.call("rep", &[tag ^ 0x8000_0000, i]), Err(HandleType), "{room:?} {tag:#x}");
        }
        // More often lent than a byte says.
        for _ in 0..600 {
            assert_eq!(m.get("lend", &[1, 1]), 1);
        }
        for _ in 0..600 {
            assert_eq!(m.call("take_own", &[1, 1]), Err(HandleLent));
            assert_eq!(m.call("unlend", &[1]), Ok(vec![]));
        }
        assert_eq!(m.get("take_own", &[1, 1]), 1);
    }
}

/// The stack is at the end of the words and moves when there are more.
#[test]
fn growth_keeps_handles_and_frames() {
    for room in rooms() {
        let mut m = table(room, ENOUGH);
        let lent = m.get("new_own", &[1, 77]);
        let scope = m.get("scope_enter", &[]);
        let borrowed = m.get("new_borrow", &[2, 88, scope]);
        let mark = m.get("lend_mark", &[]);
        assert_eq!(m.get("lend_push", &[1, lent]), 77);
        for i in 3..50_000 {
            assert_eq!(m.get("new_own", &[3, i * 7]), i);
        }
        // A frame larger than what is left of the page.
        for i in 3..50_000 {
            assert_eq!(m.get("lend_push", &[3, i]), i * 7);
        }
        assert_eq!(m.call("drop", &[1, lent]), Err(HandleLent));
        assert_eq!(m.call("drop", &[3, 49_999]), Err(HandleLent));
        assert_eq!(m.call("lend_release", &[mark]), Ok(vec![]));
        assert_eq!(m.call("drop", &[1, lent]), Ok(vec![77, 1]));
        assert_eq!(m.call("scope_leave", &[scope]), Err(BorrowLeak));
        assert_eq!(m.call("drop", &[2, borrowed]), Ok(vec![88, 0]));
        assert_eq!(m.call("scope_leave", &[scope]), Ok(vec![]));
        for i in 3..50_000 {
            assert_eq!(m.call("take_own", &[3, i]), Ok(vec![i * 7]));
        }
    }
}

/// Tables of several instances have their words in one table of functions, and grow in turns.
#[test]
fn tables_that_share_their_words() {
    const TABLES: usize = 4;
    let one = |n| RuntimeInstance::handles(ComponentInstanceId::new(n), in_table());
    let mut machine = Machine::new(&(0..TABLES).map(one).collect::<Vec<_>>(), ENOUGH);
    let mut random = Random::new(0x0fed_cba9_8765_4321);
    let mut worlds: Vec<(Model, Vec<u32>)> = (0..TABLES).map(|_| (Model::new(), Vec::new())).collect();
    for _ in 0..40_000 {
        machine.at = random.below(TABLES);
        let (model, singles) = &mut worlds[machine.at];
        step(model, &mut machine, &mut random, singles);
    }
    assert!(worlds.iter().all(|(model, _)| model.array.len() > 300), "each has grown several times");
}

/// What cannot be doubled grows a little, and when it cannot grow at all the table is full.
#[test]
fn full_table() {
    // Records in the table are 20 slots, and before them are 256 digits: of 1,920 slots, 320 were added twice.
    let limits = Limits { pages: 3, slots: 256 + 2000 };
    for (room, last) in [(Room::Memory, (3 << 16) / 16 - 1), (in_table(), 1920 / 20 - 1)] {
        let mut m = table(room, limits);
        for i in 1..=last {
            assert_eq!(m.call("new_own", &[1, i]), Ok(vec![i]));
        }
        assert_eq!(m.call("new_own", &[1, 0]), Err(HandleTableFull));
        assert_eq!(m.call("scope_enter", &[]), Err(HandleTableFull));
        assert_eq!(m.call("lend_push", &[1, 5]), Err(HandleTableFull));
        // A freed entry is still there to be used.
        assert_eq!(m.call("take_own", &[1, 9]), Ok(vec![9]));
        assert_eq!(m.call("new_own", &[1, 0]), Ok(vec![9]));
        assert_eq!(m.get("rep", &[1, last]), last);
    }
}
