//! What rewrites words of a guest's memory, against a model: random notes, applied and undone, in frames that
//! nest as calls do, with the notes in each storage.

#[path = "runtime_storage/machine.rs"]
mod machine;

use machine::{ENOUGH, Limits, Machine, in_table, rooms};
use meld_core::unstable::dfg::{CoreItem, CoreKind};
use meld_core::unstable::ids::{CoreInstanceId, Id};
use meld_core::unstable::runtime::{Room, RuntimeInstance};
use meld_core::unstable::synth::{MemoryRef, TrapClass};
use meld_oracle::generate::Random;

/// A module bound to a guest's memory of one page.
fn rewriter(room: Room, limits: Limits) -> Machine {
    let guest = CoreItem { instance: CoreInstanceId::new(0), kind: CoreKind::Memory, index: 0 };
    Machine::new(&[RuntimeInstance::rewrite(MemoryRef::Core(guest), room)], limits)
}

impl Machine {
    fn run(&mut self, name: &str, args: &[u32]) {
        assert_eq!(self.call(name, args), Ok(vec![]), "{name} {args:?}");
    }

    fn mark(&mut self) -> u32 {
        self.get("mark", &[])
    }

    fn bytes(&self) -> &[u8] {
        self.guest.data(&self.store)
    }
}

fn word(bytes: &[u8], address: u32) -> [u8; 4] {
    bytes[address as usize..][..4].try_into().expect("four bytes")
}

/// Notes `count` words in a frame of its own, with a frame inside it now and then, and undoes them.
fn frame(machine: &mut Machine, numbers: &mut Random, depth: u32) {
    let before = machine.bytes().to_vec();
    let mark = machine.mark();
    let mut expected = before.clone();
    for _ in 0..numbers.below(40) {
        // Few addresses, so that many are noted twice.
        let address = numbers.below(24) as u32 * 4;
        let value = numbers.bits() as u32;
        machine.run("push", &[address, value]);
        assert_eq!(machine.bytes(), before, "a note changes nothing yet");
        expected[address as usize..][..4].copy_from_slice(&value.to_le_bytes());
    }
    machine.run("apply", &[mark]);
    assert!(machine.bytes() == expected, "every word has its newest value");
    if depth > 0 {
        frame(machine, numbers, depth - 1);
        assert!(machine.bytes() == expected, "what is inside undoes its own only");
    }
    // The place of a result, at any address, which has been written since.
    let (kept, bytes) = (numbers.below(100) as u32, numbers.below(20) as u32);
    let range = kept as usize..(kept + bytes) as usize;
    let result: Vec<u8> = range.clone().map(|i| i as u8 ^ 0x5a).collect();
    machine.guest.data_mut(&mut machine.store)[range.clone()].copy_from_slice(&result);
    machine.run("restore", &[mark, kept, bytes]);
    let mut after = before.clone();
    after[range.clone()].copy_from_slice(&result);
    assert!(machine.bytes() == after, "all is as before but for what is kept");
    machine.guest.data_mut(&mut machine.store)[range.clone()].copy_from_slice(&before[range]);
    assert_eq!(machine.mark(), mark);
}

#[test]
fn words_come_back() {
    for room in rooms() {
        let mut machine = rewriter(room, ENOUGH);
        let mut numbers = Random::new(0x9e37_79b9_7f4a_7c15);
        for byte in machine.guest.data_mut(&mut machine.store).iter_mut() {
            *byte = numbers.below(256) as u8;
        }
        for _ in 0..300 {
            let depth = numbers.below(4) as u32;
            frame(&mut machine, &mut numbers, depth);
        }
    }
}

#[test]
fn the_last_word_of_a_memory() {
    for room in rooms() {
        let mut machine = rewriter(room, ENOUGH);
        machine.run("push", &[0xfffc, 7]);
        machine.run("apply", &[0]);
        assert_eq!(word(machine.bytes(), 0xfffc), [7, 0, 0, 0]);
        machine.run("restore", &[0, 0xfffe, 2]);
        assert_eq!(word(machine.bytes(), 0xfffc), [0; 4]);
    }
}

#[test]
fn notes_grow_until_there_is_no_room() {
    const PER_PAGE: u32 = 1 << 13;
    // A note in the table has 10 slots.
    let limits = Limits { pages: 3, slots: 256 + 2000 };
    for (room, notes) in [(Room::Memory, 3 * PER_PAGE), (in_table(), 1920 / 10)] {
        let mut machine = rewriter(room, limits);
        for note in 0..notes {
            machine.run("push", &[(note % PER_PAGE) * 4, note]);
        }
        assert_eq!(machine.call("push", &[0, 0]), Err(TrapClass::NotesFull));
        machine.run("apply", &[0]);
        let last = (notes - 1) / PER_PAGE * PER_PAGE + 1;
        assert_eq!(word(machine.bytes(), 4), last.to_le_bytes());
        machine.run("restore", &[0, 0, 0]);
        assert!(machine.bytes().iter().all(|byte| *byte == 0), "every word was 0");
    }
}

#[test]
fn notes_without_end() {
    for room in rooms() {
        let mut machine = rewriter(room, ENOUGH);
        for note in 0..100_000 {
            machine.run("push", &[note % 50 * 4, note]);
        }
        machine.run("apply", &[0]);
        assert_eq!(word(machine.bytes(), 4), 99_951u32.to_le_bytes());
        machine.run("restore", &[0, 0, 0]);
        assert!(machine.bytes().iter().all(|byte| *byte == 0), "every word was 0");
    }
}
