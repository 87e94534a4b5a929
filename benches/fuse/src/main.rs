//! What a fusion costs: `cargo run --release -p bench-fuse`.
//!
//! In: nothing; inputs are generated ([`input`]), the same ones every time, or are the fixtures of the regression run
//! ([`fixtures`]). Out: a table in Markdown, with a
//! row per input: CPU time of the fusion (validation of the input and of the output included), CPU time of
//! validating the same bytes alone, their ratio, and peak memory; and for each series the exponent of its
//! growth, the slope of a straight line through the logarithms. 1 is linear.
//!
//! Each measurement is a process of its own, so that peak memory is that of one fusion, and CPU time counts
//! all of its threads. So is each validation: what comes first in a process pays for memory and for code that no run has
//! touched, a few tenths of a millisecond, and a validation after a fusion would not. Of several of each the
//! fastest counts: everything that disturbs makes it slower.

mod compare;
mod debug;
mod fixtures;
mod input;

use anyhow::{Context, Result, bail};
use bench_hostile::process::{cpu_time, peak_memory};
use input::Input;
use meld_core::options::Strip;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::{env, fs};

/// How often each input is fused and validated, one right after the other.
const ROUNDS: usize = 15;
/// Points below this are left out of the exponent: constant costs would flatten it.
const SIGNIFICANT: f64 = 2e-3;

fn main() -> Result<()> {
    let args: Vec<String> = env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => all().and_then(|()| fixtures::all()),
        ["fixtures"] => fixtures::all(),
        ["compare", other, files @ ..] => compare::compare(Path::new(other), files),
        ["debug", files @ ..] if !files.is_empty() => debug::debug(files),
        ["measure", path] => measure(Path::new(path), Strip::Nothing),
        ["measure-stripped", path] => measure(Path::new(path), Strip::Debug),
        ["validate", path] => validate(Path::new(path)),
        ["stages", path] => stages(Path::new(path)),
        ["generate", path, functions, components, bytes] => {
            let input = Input {
                functions: functions.parse()?,
                components: components.parse()?,
                body_bytes: bytes.parse()?,
                memory_every: 1,
            };
            Ok(fs::write(path, input.generate())?)
        }
        _ => bail!(
            "usage: bench-fuse [fixtures | compare OTHER-BUILD [FILE…] | debug FILE… | generate FILE FUNCTIONS COMPONENTS BODY-BYTES | \
             measure FILE | measure-stripped FILE | validate FILE | stages FILE]"
        ),
    }
}

fn all() -> Result<()> {
    let mib = |n: usize| Input { functions: n << 20 >> 9, components: 8, body_bytes: 512, memory_every: 1 };
    series("input size, at 8 components and 512 bytes a function", (0..=6).map(|n| mib(1 << n)), |m| m.input)?;
    let functions = [10, 100, 1_000, 10_000, 100_000];
    let functions = functions.map(|functions| Input { functions, components: 2, body_bytes: 200, memory_every: 1 });
    series("functions, at 2 components and 200 bytes a function", functions.into_iter(), |m| m.functions)?;
    // Engines accept at most 100 memories in a module, so not every component has one.
    let components = [2, 4, 8, 16, 32, 64, 128].into_iter().map(|components| Input {
        functions: 200 * components,
        components,
        body_bytes: 512,
        memory_every: 2,
    });
    series("components, half of them with a memory, at 200 functions a component", components, |m| m.components)
}

/// Measures and prints a series of inputs. `along` is what grows in it.
fn series(title: &str, inputs: impl Iterator<Item = Input>, along: fn(&Measurement) -> f64) -> Result<()> {
    println!("### By {title}\n");
    println!("| input MiB | functions | components | fuse ms | validate ms | ratio | peak MiB | peak / input |");
    println!("|---:|---:|---:|---:|---:|---:|---:|---:|");
    let mut points = Vec::new();
    for input in inputs {
        let measurement = Measurement::of(&input)?;
        println!("{}", measurement.row());
        std::io::stdout().flush()?;
        points.push((along(&measurement), measurement.fuse));
    }
    points.retain(|(_, seconds)| *seconds >= SIGNIFICANT);
    match slope(&points) {
        Some(slope) => println!("\nExponent: {slope:.2}, over {} points.\n", points.len()),
        None => println!("\nExponent: none, there are too few points that take longer than {SIGNIFICANT} s.\n"),
    }
    Ok(())
}

/// The slope of the straight line through the logarithms that is nearest to all `points`.
fn slope(points: &[(f64, f64)]) -> Option<f64> {
    if points.len() < 2 {
        return None;
    }
    let logs: Vec<(f64, f64)> = points.iter().map(|(x, y)| (x.ln(), y.ln())).collect();
    let n = logs.len() as f64;
    let mean = |f: fn(&(f64, f64)) -> f64| logs.iter().map(f).sum::<f64>() / n;
    let (x, y) = (mean(|p| p.0), mean(|p| p.1));
    let covariance: f64 = logs.iter().map(|p| (p.0 - x) * (p.1 - y)).sum();
    let variance: f64 = logs.iter().map(|p| (p.0 - x).powi(2)).sum();
    Some(covariance / variance)
}

/// What one input costs.
struct Measurement {
    input: f64,
    functions: f64,
    components: f64,
    fuse: f64,
    validate: f64,
    peak: f64,
}

impl Measurement {
    /// Measures `input` in processes of its own.
    fn of(input: &Input) -> Result<Self> {
        let file = tempfile::NamedTempFile::new()?;
        let bytes = input.generate();
        fs::write(file.path(), &bytes)?;
        let [fuse, validate, peak] = measured(file.path())?;
        Ok(Self {
            input: bytes.len() as f64,
            functions: input.functions as f64,
            components: input.components as f64,
            fuse,
            validate,
            peak,
        })
    }

    fn row(&self) -> String {
        let Self { input, functions, components, fuse, validate, peak } = self;
        let mib = |bytes: &f64| bytes / f64::from(1 << 20);
        format!(
            "| {:.2} | {functions} | {components} | {:.1} | {:.1} | {:.2} | {:.1} | {:.2} |",
            mib(input),
            fuse * 1e3,
            validate * 1e3,
            fuse / validate,
            mib(peak),
            peak / input,
        )
    }
}

/// Seconds of fusing the file at `path`, seconds of validating it, and peak memory in bytes: the best of several
/// rounds.
fn measured(path: &Path) -> Result<[f64; 3]> {
    let this = env::current_exe()?;
    let mut best = [f64::INFINITY; 3];
    for _ in 0..ROUNDS {
        let [fuse, peak] = in_process(&this, "measure", path)?;
        let [validate] = in_process(&this, "validate", path)?;
        let numbers = [fuse, validate, peak];
        best = std::array::from_fn(|i| best[i].min(numbers[i]));
    }
    Ok(best)
}

/// The numbers that a build of this program prints as a process of its own.
fn in_process<const N: usize>(program: &Path, command: &str, path: &Path) -> Result<[f64; N]> {
    let output = Command::new(program).arg(command).arg(path).output()?;
    let text = String::from_utf8(output.stdout)?;
    let numbers: Vec<f64> = text.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
    numbers
        .try_into()
        .ok()
        .with_context(|| format!("the measurement failed: {}", String::from_utf8_lossy(&output.stderr).trim_end()))
}

/// Validates one file, and prints seconds of CPU time for that.
fn validate(path: &Path) -> Result<()> {
    let bytes = fs::read(path)?;
    let before = cpu_time();
    wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all()).validate_all(&bytes)?;
    println!("{}", cpu_time() - before);
    Ok(())
}

/// Fuses one file, and prints seconds of CPU time for that, and peak memory in bytes.
fn measure(path: &Path, strip: Strip) -> Result<()> {
    let bytes = fs::read(path)?;
    let mut fuser = meld_core::Fuser::new();
    fuser.strip(strip).input("input", bytes.as_slice());
    let before = cpu_time();
    let fused = fuser.fuse()?;
    let fuse = cpu_time() - before;
    drop(fused);
    println!("{fuse} {}", peak_memory()?);
    Ok(())
}

/// Prints the CPU time of each stage for one file.
fn stages(path: &Path) -> Result<()> {
    let bytes = fs::read(path)?;
    let mut before = cpu_time();
    let mut done = |stage: &str| {
        println!("{stage:10} {:8.1} ms", (cpu_time() - before) * 1e3);
        before = cpu_time();
    };
    let input = [meld_core::Input::new("input", &bytes)];
    let fused = meld_core::unstable::pipeline::run(&input, &meld_core::Options::default(), &mut |made| {
        done(made.stage());
        std::ops::ControlFlow::Continue(())
    })?;
    done("report");
    let core = fused.context("the observer does not break off")?.core;
    wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all()).validate_all(&core)?;
    done("(validate)");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slopes() {
        let points = [1.0_f64, 2.0, 8.0].map(|x| (x, 3.0 * x * x));
        assert!((slope(&points).unwrap() - 2.0).abs() < 1e-9);
        assert_eq!(slope(&points[..1]), None);
    }

    #[test]
    fn inputs_fuse() {
        let input = Input { functions: 60, components: 5, body_bytes: 300, memory_every: 2 };
        let bytes = input.generate();
        let mut fuser = meld_core::Fuser::new();
        fuser.input("input", bytes.as_slice());
        let fused = fuser.fuse().unwrap();
        // All functions that are generated are live: liveness does not make the benchmark easy.
        let live: usize = fused.report.modules.iter().map(|module| module.live_functions).sum();
        assert!(live >= input.functions, "{live}");
        assert!(fused.report.boundaries.iter().filter(|boundary| boundary.adapter_bytes > 0).count() >= 2);
    }
}
