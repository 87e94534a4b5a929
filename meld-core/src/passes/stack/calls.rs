//! What is known of the functions that a function calls.
//!
//! In: the module. Out, by a function's index in the caller's module: the parameter that it always returns, if there is one;
//! and whether it gets or sets a slot of `context` (`CanonicalABI.md`, `canon context.get`, `canon context.set`).
//!
//! The first is for functions such as `memset`, which return the address that they were given. Compilers know that, and use the
//! result in place of the argument, also if it is the address of a frame. The bodies show which functions these are; names do not.
//!
//! A function that only calls one of the built-ins counts as the built-in: some compilers call functions of a library for the stack
//! pointer.

use crate::ids::{FuncId, GlobalId, ScopeId};
use crate::input::Body;
use crate::module::{FuncDef, MergedModule, ModuleKey, Op};
use crate::passes::stack::frames::{self, CalleeFacts, PointerAccess};
use crate::passes::walk::arity::Arity;
use indexmap::IndexMap;
use std::rc::Rc;
use wasm_encoder::Instruction;
use wasmparser::Operator;

/// The search for what a function returns follows so many calls.
const NESTED: u32 = 4;

/// What is known of functions.
pub(super) struct Callees<'m, 'd> {
    module: &'m MergedModule<'d>,
    arities: IndexMap<ScopeId, Rc<Arity<'m>>>,
    returned: IndexMap<FuncId, Option<(u32, i32)>>,
    nested: u32,
}

impl<'m, 'd> Callees<'m, 'd> {
    pub(super) fn new(module: &'m MergedModule<'d>) -> Self {
        Self { module, arities: IndexMap::new(), returned: IndexMap::new(), nested: 0 }
    }

    /// The number of operands of instructions, by scope.
    pub(super) fn arity(&mut self, scope: ScopeId) -> Rc<Arity<'m>> {
        let module = self.module;
        self.arities.entry(scope).or_insert_with(|| Rc::new(Arity::new(module.module_of(scope)))).clone()
    }

    /// The functions, by the indices of `scope`. `slot`: the slot of `context` in question, if there is one.
    pub(super) fn seen_from(&mut self, scope: ScopeId, slot: Option<GlobalId>) -> SeenFrom<'_, 'm, 'd> {
        SeenFrom { callees: self, scope, slot }
    }

    /// A function of the input: its scope, its index in the module, and its body.
    pub(super) fn guest(&self, func: FuncId) -> Option<(ScopeId, u32, &'m Body<'d>)> {
        let FuncDef::Guest { origin, .. } = self.module.funcs[func].def else { return None };
        let ModuleKey::Input(_) = self.module.scopes[origin.scope].module else { return None };
        let parsed = self.module.module_of(origin.scope);
        Some((origin.scope, parsed.imported.funcs + origin.index, &parsed.bodies[origin.index as usize]))
    }

    fn returned(&mut self, func: FuncId) -> Option<(u32, i32)> {
        if let Some(known) = self.returned.get(&func) {
            return *known;
        }
        if self.nested == NESTED {
            return None;
        }
        let (scope, index, body) = self.guest(func)?;
        // It may call itself: until the answer is there, what it returns is not known.
        self.returned.insert(func, None);
        self.nested += 1;
        let arity = self.arity(scope);
        let returned = frames::returned(body, index, &arity, &mut self.seen_from(scope, None)).ok().flatten();
        self.nested -= 1;
        self.returned.insert(func, returned);
        returned
    }

    /// The slot of `context` that a function gets or sets, if it does nothing else.
    pub(super) fn accessor(&self, func: FuncId) -> Option<(GlobalId, PointerAccess)> {
        if let FuncDef::Synth(synthesized) = &self.module.funcs[func].def {
            return match synthesized.code.ops[..] {
                [Op::GlobalGet(slot)] => Some((slot, PointerAccess::Get)),
                [Op::Plain(Instruction::LocalGet(0)), Op::GlobalSet(slot)] => Some((slot, PointerAccess::Set)),
                _ => None,
            };
        }
        let (scope, _, body) = self.guest(func)?;
        let mut operators = body.operators();
        let mut next = || operators.read().ok();
        let (first, takes) = match next()? {
            Operator::LocalGet { local_index: 0 } => (next()?, PointerAccess::Set),
            first => (first, PointerAccess::Get),
        };
        let Operator::Call { function_index } = first else { return None };
        let Operator::End = next()? else { return None };
        let callee = self.module.canonical(self.module.scopes[scope].func(function_index).ok()?);
        match self.module.funcs[callee].def {
            FuncDef::Synth(_) => self.accessor(callee).filter(|(_, access)| *access == takes),
            _ => None,
        }
    }
}

/// Functions as one scope sees them.
pub(super) struct SeenFrom<'c, 'm, 'd> {
    callees: &'c mut Callees<'m, 'd>,
    scope: ScopeId,
    slot: Option<GlobalId>,
}

impl SeenFrom<'_, '_, '_> {
    fn func(&self, function: u32) -> Option<FuncId> {
        let module = self.callees.module;
        Some(module.canonical(module.scopes[self.scope].func(function).ok()?))
    }
}

impl CalleeFacts for SeenFrom<'_, '_, '_> {
    fn returns(&mut self, function: u32) -> Option<(u32, i32)> {
        let func = self.func(function)?;
        self.callees.returned(func)
    }

    fn pointer(&mut self, function: u32) -> Option<PointerAccess> {
        let slot = self.slot?;
        let (found, access) = self.callees.accessor(self.func(function)?)?;
        (found == slot).then_some(access)
    }
}
