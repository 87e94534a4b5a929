//! What debug information costs.
//!
//! In: files with DWARF in their core modules. Out: a table in Markdown with three rows a file: the file without its DWARF; the file, fused
//! with all debug information left out; and the file, fused with all of it kept. All are measured in turns, each in a process of its own, and the fastest of
//! each counts. Each row is divided by the validation of that input: custom sections are not validated.

use crate::{ROUNDS, in_process};
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::Path;
use wasm_encoder::Component;
use wasm_encoder::reencode::{self, Reencode, ReencodeComponent};
use wasmparser::{CustomSectionReader, Parser, Payload};

/// Measures `files` and prints the table.
pub(crate) fn debug(files: &[&str]) -> Result<()> {
    println!("| input | MiB | of it DWARF | fuse ms | ratio to validating | peak MiB |");
    println!("|---|---:|---:|---:|---:|---:|");
    for file in files {
        let path = Path::new(file);
        let bytes = fs::read(path).with_context(|| format!("cannot read `{file}`"))?;
        let dwarf = dwarf_bytes(&bytes)?;
        ensure!(dwarf > 0, "`{file}` has no DWARF");
        let plain = without_dwarf(&bytes)?;
        let without = tempfile::NamedTempFile::new()?;
        fs::write(without.path(), &plain)?;
        let this = std::env::current_exe()?;
        let rows = [
            ("without", "measure", without.path(), plain.len(), 0),
            ("with, left out", "measure-stripped", path, bytes.len(), dwarf),
            ("with, kept", "measure", path, bytes.len(), dwarf),
        ];
        let mut best = [[f64::INFINITY; 3]; 3];
        for _ in 0..ROUNDS {
            for ((_, command, path, ..), best) in rows.iter().zip(&mut best) {
                let [fuse, peak] = in_process(&this, command, path)?;
                let [validate] = in_process(&this, "validate", path)?;
                let numbers = [fuse, validate, peak];
                *best = std::array::from_fn(|i| best[i].min(numbers[i]));
            }
        }
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let mib = |bytes: f64| bytes / f64::from(1 << 20);
        for ((what, _, _, bytes, dwarf), [fuse, validate, peak]) in rows.into_iter().zip(best) {
            println!(
                "| {name} {what} | {:.2} | {:.2} | {:.1} | {:.2} | {:.1} |",
                mib(bytes as f64),
                mib(dwarf as f64),
                fuse * 1e3,
                fuse / validate,
                mib(peak)
            );
        }
    }
    Ok(())
}

fn is_dwarf(name: &str) -> bool {
    name.starts_with(".debug_")
}

fn dwarf_bytes(bytes: &[u8]) -> Result<usize> {
    let mut sum = 0;
    for payload in Parser::new(0).parse_all(bytes) {
        if let Payload::CustomSection(section) = payload?
            && is_dwarf(section.name())
        {
            sum += section.data().len();
        }
    }
    Ok(sum)
}

/// The same component without DWARF in its core modules.
fn without_dwarf(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut component = Component::new();
    NoDwarf.parse_component(&mut component, Parser::new(0), bytes)?;
    Ok(component.finish())
}

struct NoDwarf;

impl Reencode for NoDwarf {
    type Error = std::convert::Infallible;

    fn parse_custom_section(
        &mut self,
        module: &mut wasm_encoder::Module,
        section: CustomSectionReader<'_>,
    ) -> Result<(), reencode::Error<Self::Error>> {
        match is_dwarf(section.name()) {
            true => Ok(()),
            false => reencode::utils::parse_custom_section(self, module, section),
        }
    }
}

impl ReencodeComponent for NoDwarf {}

#[cfg(test)]
mod tests {
    use super::{dwarf_bytes, without_dwarf};

    #[test]
    fn what_is_without_dwarf_has_none_and_can_be_fused() {
        let with = include_bytes!("../../../meld-oracle/tests/debug/composed.wasm");
        let without = without_dwarf(with).unwrap();
        assert!(dwarf_bytes(with).unwrap() > 1000);
        assert_eq!(dwarf_bytes(&without).unwrap(), 0);
        let mut fuser = meld_core::Fuser::new();
        fuser.input("without", without);
        fuser.fuse().unwrap();
    }
}
