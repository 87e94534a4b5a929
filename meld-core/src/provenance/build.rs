//! Builds a [`Provenance`].

use super::{FunctionSource, InputSource, ModuleSource, OriginalFunction, Provenance, Tool};
use crate::Input;
use crate::emit::Emitted;
use crate::maps::Map;
use crate::module::{Live, ModuleKey};
use crate::report::{self, Report};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::ops::Range;
use wasmparser::{Parser, Payload};

/// What `emitted` is made of. `report` is of the same fusion.
pub(crate) fn build(inputs: &[Input<'_>], live: &Live<'_>, emitted: &Emitted, report: &Report) -> Provenance {
    let module = &live.module;
    let scopes = || module.scopes.values().filter(|scope| matches!(scope.module, ModuleKey::Input(_)));
    let mut hashes: Map<ModuleKey, String> = Map::default();
    // The report has the instances in the order of instantiation, and modules without an instance behind them.
    let modules = scopes().zip(&report.modules).map(|(scope, reported)| {
        let bytes = module.module(scope.module).bytes;
        ModuleSource {
            instance: scope.path.clone(),
            component: reported.component.clone(),
            bytes: bytes.len(),
            sha256: hashes.entry(scope.module).or_insert_with(|| sha256(bytes)).clone(),
        }
    });
    let modules = modules.collect();
    let (code, bodies) = code(&emitted.bytes);
    let functions = report::written(live).zip(bodies).map(|(id, body)| {
        let (kind, instance) = report::origin(live, id);
        let original = match module.origin(id) {
            Some(origin) if instance.is_some() => {
                let parsed = module.module_of(origin.scope);
                let body = parsed.bodies[origin.index as usize].range();
                Some(OriginalFunction {
                    index: parsed.imported.funcs + origin.index,
                    code: (body.start as u64, body.end as u64),
                })
            }
            _ => None,
        };
        FunctionSource {
            index: emitted.funcs.live(id).expect("what is written has an index"),
            name: module.func_name(id).to_string(),
            kind,
            code: (body.start, body.end),
            instance,
            original,
        }
    });
    Provenance {
        version: Provenance::VERSION,
        tool: Tool { name: "meld", version: env!("CARGO_PKG_VERSION") },
        inputs: inputs.iter().map(source).collect(),
        code_sha256: sha256(&emitted.bytes[code]),
        modules,
        functions: functions.collect(),
        boundaries: report.boundaries.clone(),
        memories: report.memories.clone(),
        map: report.map.clone(),
    }
}

fn source(input: &Input<'_>) -> InputSource {
    let (bytes, sha256) = input.given.clone().unwrap_or_else(|| digest(&input.bytes));
    InputSource { name: input.name.clone(), bytes, sha256 }
}

/// How many bytes there are, and their hash.
pub(crate) fn digest(bytes: &[u8]) -> (usize, String) {
    (bytes.len(), sha256(bytes))
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes everything");
        text
    })
}

/// The contents of the code section of a valid module, and its bodies.
fn code(module: &[u8]) -> (Range<usize>, Vec<Range<u64>>) {
    let (mut contents, mut bodies) = (0..0, Vec::new());
    for payload in Parser::new(0).parse_all(module) {
        match payload {
            Ok(Payload::CodeSectionStart { unchecked_range: range, .. }) => {
                contents = range.start as usize..range.end as usize;
            }
            Ok(Payload::CodeSectionEntry(body)) => bodies.push(body.range()),
            _ => {}
        }
    }
    (contents, bodies)
}
