//! Functions that become equal where others have become one.
//!
//! In: a merged module in which functions have been folded. Out: of the functions of the input whose bytes differ there, and will not in the
//! output, one stays: they call what has become one function, or what a constant table holds. So a second fusion of the output finds
//! nothing more to fold. All others are equal only if they were so in the input.

use crate::error::MergeError;
use crate::ids::{CoreTypeId, FuncId, Id, ScopeId};
use crate::maps::Map;
use crate::module::consts::EntityRemap;
use crate::module::insertions::Insertions;
use crate::module::reach::Marks;
use crate::module::references::Use;
use crate::module::remap::{Bridge, Remap};
use crate::module::{FuncDef, MergedModule, Op, Scope, missing, splice};
use crate::passes::fold::{apply, says_why};
use wasm_encoder::reencode::Reencode;

/// Rounds after which no more is looked for. Each looks only at what calls a function that became one in the round before; real programs need a
/// few.
const MAX_ROUNDS: usize = 16;

/// Folds such functions. Returns how many are gone.
pub(super) fn fold(module: &mut MergedModule<'_>, marks: &mut Marks) -> Result<usize, MergeError> {
    let mut fresh = vec![false; module.funcs.len()];
    for id in module.funcs.ids().filter(|&id| module.canonical(id) != id) {
        fresh[module.canonical(id).index()] = true;
    }
    let mut folded = 0;
    for round in 0..MAX_ROUNDS {
        let classes = alike(module, marks, &fresh, round == 0)?;
        if classes.is_empty() {
            break;
        }
        fresh.fill(false);
        for class in &classes {
            fresh[class[0].index()] = true;
        }
        folded += apply(module, marks, classes);
    }
    Ok(folded)
}

/// Live functions that will have the same bytes, of those that mention a `fresh` one or, if so asked, have calls that became direct.
fn alike(
    module: &MergedModule<'_>,
    marks: &Marks,
    fresh: &[bool],
    direct: bool,
) -> Result<Vec<Vec<FuncId>>, MergeError> {
    let mut classes: Map<(CoreTypeId, Vec<u8>), Vec<FuncId>> = Map::default();
    for func in module.funcs.ids().filter(|id| marks.funcs[id.index()] && module.canonical(*id) == *id) {
        let FuncDef::Guest { origin, calls } = &module.funcs[func].def else { continue };
        let mut rewritten = direct && !calls.is_empty();
        module.uses(func, |used| {
            rewritten |= matches!(used, Use::Func(callee) | Use::FuncRef(callee) if fresh[callee.index()]);
            Ok(())
        })?;
        if !rewritten || says_why(module, func) {
            continue;
        }
        let parsed = module.module_of(origin.scope);
        let body = &parsed.bodies[origin.index as usize];
        let mut bytes = Vec::new();
        let mut entities = Entities { module, scope: &module.scopes[origin.scope] };
        splice::splice(parsed, body, calls, &Insertions::default(), &mut entities, &mut bytes, None)?;
        classes.entry((module.funcs[func].ty, bytes)).or_default().push(func);
    }
    let mut classes: Vec<Vec<FuncId>> = classes.into_values().filter(|class| class.len() > 1).collect();
    classes.sort_unstable();
    Ok(classes)
}

/// Entities by their ids, so that bodies from anywhere can be compared.
struct Entities<'m, 'd> {
    module: &'m MergedModule<'d>,
    scope: &'m Scope,
}

fn number(id: impl Id) -> Result<u32, MergeError> {
    Ok(u32::try_from(id.index()).expect("there are fewer than 2^32 entities"))
}

impl Remap for Entities<'_, '_> {
    fn func(&mut self, index: u32) -> Result<u32, MergeError> {
        number(self.module.canonical(self.scope.func(index)?))
    }
    fn table(&mut self, index: u32) -> Result<u32, MergeError> {
        number(self.scope.table(index)?)
    }
    fn memory(&mut self, index: u32) -> Result<u32, MergeError> {
        number(self.scope.memory(index)?)
    }
    fn global(&mut self, index: u32) -> Result<u32, MergeError> {
        number(self.scope.global(index)?)
    }
    fn tag(&mut self, index: u32) -> Result<u32, MergeError> {
        number(self.scope.tag(index)?)
    }
    fn ty(&mut self, index: u32) -> Result<u32, MergeError> {
        number(self.scope.ty(index)?)
    }
    fn elem(&mut self, index: u32) -> Result<u32, MergeError> {
        number(self.scope.elem(index)?)
    }
    fn data(&mut self, index: u32) -> Result<u32, MergeError> {
        number(self.scope.data(index)?)
    }
}

impl EntityRemap for Entities<'_, '_> {
    fn func_id(&mut self, func: FuncId) -> Result<u32, MergeError> {
        number(self.module.canonical(func))
    }
    fn heap_type(&mut self, scope: ScopeId, ty: wasmparser::HeapType) -> Result<wasm_encoder::HeapType, MergeError> {
        let mut entities = Entities { module: self.module, scope: &self.module.scopes[scope] };
        Ok(Bridge(&mut entities).heap_type(ty)?)
    }
    fn op(&mut self, op: &Op, _out: &mut Vec<u8>) -> Result<(), MergeError> {
        // Bodies are compared as they are before anything is put into them.
        Err(missing("a body that is compared", format!("a number for {op:?}")))
    }
}
