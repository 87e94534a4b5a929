//! A run of a [`World`] in some form, and the comparison of two.

use super::World;
use crate::concurrent::{Fault, all, within};
use crate::engine::concurrent_engine;
use meld_core::report::Fusion;
use meld_core::{Fuser, Options};
use std::future::poll_fn;
use wasmtime::Store;
use wasmtime::component::{Component, Linker, TypedFunc};

/// What a run gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Results of the root functions, and digests of the instances, when all tasks have ended.
    Ended {
        /// In the order of [`World::roots`].
        results: Vec<u32>,
        /// In the order of the instances.
        digests: Vec<u32>,
    },
    /// All wait, and nothing can wake one.
    Deadlock,
    /// A trap; the last line of its text, which says why.
    Trap(String),
}

/// Runs `component`, which is a form of `world`: calls its root functions, waits until all tasks have ended, and asks for the digests.
///
/// # Errors
///
/// [`Fault`] where there is no outcome: it cannot be instantiated, or code still ran after `seconds`.
pub fn run(world: &World, component: &[u8], seconds: u64) -> Result<Outcome, Fault> {
    let engine = concurrent_engine();
    let component = Component::new(engine, component).map_err(|error| Fault::Unfit(format!("{error:?}")))?;
    let outcome = within(seconds, async {
        let mut store = Store::new(engine, ());
        store.set_epoch_deadline(seconds);
        let linker = Linker::new(engine);
        let instance = linker.instantiate_async(&mut store, &component).await.map_err(Fault::at_start)?;
        let mut roots: Vec<TypedFunc<(u32, u32), (u32,)>> = Vec::new();
        for r in 0..world.roots.len() {
            roots.push(instance.get_typed_func(&mut store, format!("r{r}").as_str()).map_err(Fault::unfit)?);
        }
        let of = |error: wasmtime::Error| Fault::of(&error);
        let mut results = Vec::new();
        if world.at_once {
            let args: Vec<(u32, u32)> = world.roots.iter().map(|(_, [a, b])| (*a, *b)).collect();
            let all = store.run_concurrent(async |tasks| {
                let calls = roots.iter().zip(&args).map(|(root, args)| root.call_concurrent(tasks, *args));
                all(calls.collect()).await
            });
            let all = all.await.map_err(of)?.map_err(of)?;
            results.extend(all.into_iter().map(|(result,)| result));
        } else {
            for (root, (_, [a, b])) in roots.iter().zip(&world.roots) {
                results.push(root.call_async(&mut store, (*a, *b)).await.map_err(of)?.0);
            }
        }
        if world.settles.is_some() {
            let settles: TypedFunc<(u32, u32), (u32,)> =
                instance.get_typed_func(&mut store, "settles").map_err(Fault::unfit)?;
            results.push(settles.call_async(&mut store, (0, 0)).await.map_err(of)?.0);
        }
        let rest = store.run_concurrent(async |tasks| poll_fn(|cx| tasks.poll_no_interesting_tasks(cx)).await);
        rest.await.map_err(of)?;
        let mut digests = Vec::new();
        for k in 0..world.instances.len() {
            let digest: TypedFunc<(), (u32,)> =
                instance.get_typed_func(&mut store, format!("d{k}").as_str()).map_err(Fault::unfit)?;
            digests.push(digest.call_async(&mut store, ()).await.map_err(of)?.0);
        }
        Ok(Outcome::Ended { results, digests })
    });
    match outcome {
        Err(Fault::Deadlock) => Ok(Outcome::Deadlock),
        // A fused module finds one itself where its stack waits.
        Err(Fault::Trap(text)) if text.contains("cabi-trap:deadlock") => Ok(Outcome::Deadlock),
        Err(Fault::Trap(text)) => Ok(Outcome::Trap(crate::trap::cause(&text).to_owned())),
        other => other,
    }
}

/// What came of a comparison.
#[derive(Debug)]
pub struct Compared {
    /// The outcome of all forms.
    pub outcome: Outcome,
    /// How much is fused.
    pub fusion: Fusion,
    /// Why something is kept, if it is.
    pub kept: Option<String>,
    /// The form that `meld_core` made.
    pub fused: Vec<u8>,
}

/// Fuses `input`, the component of `world`, as `options` say, and compares the outcomes. What cannot be fused is kept.
///
/// None if the engine has a bug that the input meets.
///
/// # Errors
///
/// What differs, or why there is nothing to compare.
pub fn compare(world: &World, input: &[u8], options: &Options, seconds: u64) -> Result<Option<Compared>, String> {
    let mut fuser = Fuser::with_options(options.clone());
    fuser.input("world", input);
    let fused = fuser.fuse_component().map_err(|error| format!("refused: {}", crate::error_chain(&error)))?;
    let unfused = match run(world, input, seconds) {
        Err(Fault::Engine(_)) => return Ok(None),
        unfused => unfused.map_err(|fault| format!("unfused: {fault}"))?,
    };
    let outcome = run(world, &fused.bytes, seconds).map_err(|fault| format!("fused: {fault}"))?;
    if outcome != unfused {
        return Err(format!("unfused: {unfused:?}\nfused: {outcome:?}"));
    }
    let kept = fused.report.kept.first().map(|kept| kept.reason.clone());
    Ok(Some(Compared { outcome, fusion: fused.report.fusion, kept, fused: fused.bytes }))
}
