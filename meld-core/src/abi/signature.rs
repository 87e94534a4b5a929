//! Core signatures of lifted and lowered functions.
//!
//! In: a component function type. Out: `flatten_functype` of `CanonicalABI.md` for synchronous canonical
//! options: which values travel flat, and which through memory.

use super::flatten::{MAX_FLAT_ASYNC_PARAMS, MAX_FLAT_PARAMS, MAX_FLAT_RESULTS};
use super::layout::Layout;
use super::types::{FuncType, ValType as InterfaceType};
use super::{Abi, TypeFacts};
use wasm_encoder::ValType;

/// Which side of a function the core signature is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CanonSide {
    /// The callee's core function.
    Lift,
    /// The core function that a caller calls.
    Lower,
}

/// A core signature, and what it says about memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// Core parameters.
    pub params: Vec<ValType>,
    /// Core results.
    pub results: Vec<ValType>,
    /// The tuple of all parameters, where the only parameter (other than [`Signature::results_in_memory`]'s) is
    /// a pointer to it.
    pub params_in_memory: Option<Layout>,
    /// The result, where it is in memory. [`CanonSide::Lift`]: the core result points to it. [`CanonSide::Lower`]: the
    /// last parameter points to the place for it.
    pub results_in_memory: Option<Layout>,
}

impl Abi<'_> {
    /// The core signature of `ty` on one side, for synchronous canonical options.
    pub fn signature(&self, ty: &FuncType, side: CanonSide) -> Signature {
        let types: Vec<InterfaceType> = ty.params.iter().map(|(_, ty)| *ty).collect();
        let (mut params, params_in_memory) = match self.flatten(&types, MAX_FLAT_PARAMS) {
            Some(flat) => (flat, None),
            None => (vec![self.pointer().core_type()], Some(self.fields(&types).1)),
        };
        let result: &[InterfaceType] = ty.result.as_slice();
        let (results, results_in_memory) = match self.flatten(result, MAX_FLAT_RESULTS) {
            Some(flat) => (flat, None),
            None => {
                let pointer = self.pointer().core_type();
                let results = match side {
                    CanonSide::Lift => vec![pointer],
                    CanonSide::Lower => {
                        params.push(pointer);
                        Vec::new()
                    }
                };
                (results, Some(self.fields(result).1))
            }
        };
        Signature { params, results, params_in_memory, results_in_memory }
    }

    /// The core signature of `ty` on one side, for the canonical option `async`. A lifted function has a result only if it has a
    /// `callback`: the code that says what it waits for.
    pub fn async_signature(&self, ty: &FuncType, side: CanonSide, has_callback: bool) -> Signature {
        let types: Vec<InterfaceType> = ty.params.iter().map(|(_, ty)| *ty).collect();
        let most = match side {
            CanonSide::Lift => MAX_FLAT_PARAMS,
            CanonSide::Lower => MAX_FLAT_ASYNC_PARAMS,
        };
        let (mut params, params_in_memory) = match self.flatten(&types, most) {
            Some(flat) => (flat, None),
            None => (vec![self.pointer().core_type()], Some(self.fields(&types).1)),
        };
        let mut results_in_memory = None;
        let results = match side {
            CanonSide::Lift if has_callback => vec![ValType::I32],
            CanonSide::Lift => Vec::new(),
            CanonSide::Lower => {
                if ty.result.is_some() {
                    params.push(self.pointer().core_type());
                    results_in_memory = Some(self.fields(ty.result.as_slice()).1);
                }
                vec![ValType::I32]
            }
        };
        Signature { params, results, params_in_memory, results_in_memory }
    }

    /// Whether canonical options for `ty` need a memory: something is in memory, or points there.
    pub fn needs_memory(&self, ty: &FuncType) -> bool {
        let signature = self.signature(ty, CanonSide::Lift);
        signature.params_in_memory.is_some()
            || signature.results_in_memory.is_some()
            || ty.params.iter().map(|(_, ty)| *ty).chain(ty.result).any(|ty| self.facts(ty).has_pointers)
    }

    /// Whether a string is in some parameter or in the result.
    pub fn has_strings(&self, ty: &FuncType) -> bool {
        ty.params.iter().map(|(_, ty)| *ty).chain(ty.result).any(|ty| self.facts(ty).has_strings)
    }

    /// Whether canonical options for `ty` need a `realloc`: values that arrive on that side bring memory with
    /// them. Those are the parameters for [`CanonSide::Lift`], the result for [`CanonSide::Lower`].
    pub fn needs_realloc(&self, ty: &FuncType, side: CanonSide) -> bool {
        let has_pointers = |ty: InterfaceType| -> bool {
            let facts: &TypeFacts = self.facts(ty);
            facts.has_pointers
        };
        match side {
            CanonSide::Lift => {
                self.signature(ty, side).params_in_memory.is_some() || ty.params.iter().any(|(_, ty)| has_pointers(*ty))
            }
            CanonSide::Lower => ty.result.is_some_and(has_pointers),
        }
    }
}
