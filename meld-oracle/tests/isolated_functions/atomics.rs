//! Every atomic access at every kind of place: aligned or not, inside or outside, with a sum of address and offset of
//! more than 32 bits or not.
//!
//! In: modules with a function for each access and offset, whose address is a parameter as it is, one that has been checked, or a
//! sum. Out: fused with `--isolate`, each traps by the kind of trap by which it does unfused, and else does the same.

use super::accesses::{Access, atomic};
use super::fused::fused;
use super::generate::{PAGES, Shape, argument, module_of};
use super::machine::{Code, Trap};
use std::collections::BTreeMap;
use wasm_encoder::{Function, Instruction as I, Ordering, ValType};

/// Bytes of the memory at first.
const END: u32 = (PAGES[0].0 as u32) << 16;

/// Static offsets: small ones, ones near the end, and ones to which no base can be added.
const OFFSETS: [u32; 9] = [0, 1, 4, END - 8, END - 2, END, 0xfff0_0000, 0xffff_fff4, 0xffff_ffff];

/// Addresses: inside, around the end, beyond what is mapped, and such that sums have more than 32 bits.
const ADDRESSES: [u32; 14] = [
    0,
    2,
    7,
    END - 16,
    END - 7,
    END - 4,
    END,
    END + 1,
    END + 0x1_0004,
    0x7fff_fff9,
    0xffff_fff0,
    0xffff_fff8,
    0xffff_fffb,
    0xffff_ffff,
];

/// How a function has its address.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// In a local that nothing is known of.
    Local,
    /// In a local that an access of one byte has passed, and a fence.
    Passed,
    /// On the stack only.
    Sum,
}

const PLACES: [Place; 3] = [Place::Local, Place::Passed, Place::Sum];

fn function(access: &Access, offset: u32, place: Place) -> Function {
    let mut function = Function::new([]);
    let mut put = |instruction: I<'_>| _ = function.instruction(&instruction);
    put(I::LocalGet(0));
    match place {
        Place::Local => {}
        Place::Passed => {
            put(I::I32Load8U(argument(0, 0, 0)));
            put(I::Drop);
            put(I::AtomicFence(Ordering::SeqCst));
            put(I::LocalGet(0));
        }
        Place::Sum => {
            put(I::I32Const(0));
            put(I::I32Add);
        }
    }
    for &ty in access.takes {
        put(if ty == ValType::I32 { I::LocalGet(1) } else { I::I64Const(77) });
    }
    put((access.make)(argument(offset.into(), access.log2, 0)));
    put(match access.leaves {
        None => I::I32Const(5),
        Some(ValType::I64) => I::I32WrapI64,
        Some(_) => I::Nop,
    });
    put(I::End);
    function
}

#[test]
fn atomics_trap_by_the_same_kind() {
    let accesses = atomic();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    // At address 0 and elsewhere; of a size that is known, and that is in a global.
    for (first, grows) in [(0, false), (0, true), (1, false), (2, true)] {
        for place in if grows { &PLACES[2..] } else { &PLACES[..] } {
            let mut functions = Vec::new();
            let mut what = Vec::new();
            for (i, access) in accesses.iter().enumerate() {
                for offset in OFFSETS {
                    functions.push(function(access, offset, *place));
                    what.push((format!("{:?}", (accesses[i].make)(argument(offset.into(), access.log2, 0))), offset));
                }
            }
            let shape = Shape { functions: functions.len(), grows, atomics: true, throws: false, first };
            let input = module_of(shape, &functions);
            let (result, bases) = fused(&input, shape).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(bases[0] == 0, first == 0);
            let (input, result) = (Code::new(&input, None, true), Code::new(&result, Some(bases), true));
            let mut machines = None;
            for (index, (name, offset)) in what.iter().enumerate() {
                for address in ADDRESSES {
                    let args = [index as i32, address.cast_signed(), 3, 0];
                    let (unfused, fused) = machines.get_or_insert_with(|| (input.start(), result.start()));
                    let (expected, found) = (unfused.call(args).0, fused.call(args).0);
                    assert_eq!(found, expected, "{name} at {address:#x}, {place:?}, window {first}, grows: {grows}");
                    let wide = u64::from(address) + u64::from(*offset) > u64::from(u32::MAX);
                    let kind = expected.map_or_else(|trap| format!("{trap:?}"), |_| "returns".to_owned());
                    *counts.entry(format!("{kind}, {}", if wide { "33 bits" } else { "32 bits" })).or_default() += 1;
                    if expected.is_err() {
                        machines = None;
                    }
                }
            }
        }
    }
    println!("{counts:?}");
    // All kinds are there, of both kinds of sums.
    for kind in [
        "returns, 32 bits",
        "OutOfBounds, 32 bits",
        "OutOfBounds, 33 bits",
        "Misaligned, 32 bits",
        "Misaligned, 33 bits",
    ] {
        assert!(counts.get(kind).is_some_and(|count| *count > 100), "{kind}: {counts:?}");
    }
    assert!(counts.contains_key(&format!("{:?}, 32 bits", Trap::Wait)), "nobody waits: {counts:?}");
}
