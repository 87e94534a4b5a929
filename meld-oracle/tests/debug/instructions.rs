//! Each instruction keeps its line.
//!
//! In: random compositions. A module of them gets a line program with a row for each instruction, and an entry for each function, both of
//! one version of DWARF or the other. Out: in the result, the rows of a function name its instructions one after the other, none
//! left out, and what is written for one is that instruction, or what takes its place: checks in front of it, a
//! direct call instead of an indirect one, a constant instead of the size of a memory. Nothing here knows how the fuser counts.

use crate::modes;
use crate::rows::{Instruction, Output, with_rows};
use meld_oracle::core_programs::{HEAP, composition};
use meld_oracle::generate::Random;

/// Compositions, if `MELD_RANDOM_DEBUG` does not say how many.
const COMPOSITIONS: u64 = 60;

#[test]
fn instructions_keep_their_lines() {
    let runs = std::env::var("MELD_RANDOM_DEBUG").map_or(COMPOSITIONS, |text| text.parse().expect("a number"));
    let (mut checked, mut changed, mut inserted) = (0, 0, 0);
    for seed in 0..runs {
        let random = &mut Random::named(seed, "debug", 0);
        let component = wat::parse_str(composition(random, true)).expect("what is generated is text");
        let (component, input) = with_rows(&component, if seed % 2 == 0 { 4 } else { 5 });
        for (mode, options) in modes(HEAP) {
            let here = format!("seed {seed}, {mode}");
            let fused = meld_core::fuse(&[meld_core::Input::new("input", &component[..])], &options);
            let fused = match fused {
                Ok(fused) => fused,
                // Some programs cannot be in one memory.
                Err(_) if mode != "multi" => continue,
                Err(error) => panic!("{here}: {error}"),
            };
            assert_eq!(fused.report.output.dropped_debug, [], "{here}");
            let around = fused.component.expect("a component was asked for");
            for module in std::iter::once(fused.core).chain(crate::rows::modules(&around)) {
                let output = Output::read(&module).unwrap_or_else(|error| panic!("{here}: {error}"));
                for function in &output.functions {
                    let counts = compare(function, &input).unwrap_or_else(|error| panic!("{here}: {error}"));
                    checked += counts.0;
                    changed += counts.1;
                    inserted += counts.2;
                }
            }
        }
    }
    println!("{checked} instructions, {changed} became others, {inserted} are in front of some");
    assert!(checked > 1000 && changed > 0 && inserted > 0, "too little happens");
}

/// Calls through a constant table become direct: the call has the line of the indirect one, and what is behind it has its own.
#[test]
fn direct_calls_have_the_lines_of_indirect_ones() {
    let component = r#"(component
        (core module $m
          (type $t (func (param i32) (result i32)))
          (table 1 1 funcref)
          (elem (i32.const 0) $double)
          (func $double (type $t) (i32.mul (local.get 0) (i32.const 2)))
          (func (export "f") (param i32) (result i32)
            (i32.add (call_indirect (type $t) (local.get 0) (i32.const 0)) (call_indirect (type $t) (i32.const 7) (i32.const 0)))))
        (core instance $i (instantiate $m))
        (func (export "f") (param "n" u32) (result u32) (canon lift (core func $i "f"))))"#;
    for version in [4, 5] {
        let (component, input) = with_rows(&wat::parse_str(component).expect("it is text"), version);
        let fused = meld_core::fuse(&[meld_core::Input::new("input", &component[..])], &meld_core::Options::default());
        let output = Output::read(&fused.expect("it can be fused").core).expect("it is sound");
        let counts: Vec<_> = output.functions.iter().map(|f| compare(f, &input).expect("lines are kept")).collect();
        // Both calls, and no other instruction.
        assert_eq!(counts.iter().map(|(_, changed, _)| changed).sum::<usize>(), 2, "{counts:?}");
        let is_call = |name: &&str| *name == "Call";
        let names = output.functions.iter().flatten().map(|instruction| &*instruction.name);
        assert_eq!(names.filter(is_call).count(), 2);
    }
}

/// Compares a function of the output with the one of the input that its lines name. How many instructions there are, how many are
/// others than they were, and how many are new.
fn compare(function: &[Instruction], input: &[Vec<String>]) -> Result<(usize, usize, usize), String> {
    let Some(first) = function.iter().find_map(|instruction| instruction.line) else { return Ok((0, 0, 0)) };
    let (file, mut expected) = first;
    let old = input.get(file).ok_or("a file that the input does not have")?;
    let (mut changed, mut inserted) = (0, 0);
    // All that stands for one instruction.
    for group in function.chunk_by(|a, b| a.line == b.line) {
        let Some((found_file, line)) = group[0].line else {
            // In front of the first instruction.
            inserted += group.len();
            continue;
        };
        if found_file != file {
            return Err(format!("the lines of a function are of files {file} and {found_file}"));
        }
        // The constant in front of an indirect call goes when the call becomes direct.
        let direct = line == expected + 1 && old[line].contains("call_indirect") && old[expected].contains("const");
        if line != expected && !direct {
            return Err(format!("line {line} is behind line {}: {group:?}", expected - 1));
        }
        expected = line + 1;
        let (last, before) = group.split_last().expect("a group has something in it");
        inserted += before.len();
        let (was, is) = (&old[line], &last.name);
        if was != is {
            changed += 1;
            let may = ["call_indirect", "memory_", "global_", "const"].iter().any(|kind| was.contains(kind));
            if !may {
                return Err(format!("line {line} was {was} and is {is}"));
            }
        }
    }
    match old.get(expected).map(String::as_str) {
        // A function ends where the next one begins.
        None | Some("") => Ok((function.len(), changed, inserted)),
        Some(next) => Err(format!("the function ends in front of line {expected}, {next}")),
    }
}
