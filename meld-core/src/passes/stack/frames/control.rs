//! Control: which states arrive where.
//!
//! In: instructions that direct control, in the order of the body. Out: the state after each: the join of the states that
//! arrive there. At the beginning of a loop, a state that arrives from above or from inside is *widened* into the state of
//! the passes before. A pass in which no state grew has seen every state. After [`PASSES`] passes, the state at the beginning of a
//! loop is the greatest one, which is above every state that arrives.
//!
//! A call or a `throw` raises an exception. Code that may catch it sees the locals as they were there, and the pointer
//! where a callee may have left it: somewhere below.

use crate::passes::stack::frames::immediates::branch_depth;
use crate::passes::stack::frames::locals::{Locals, Merge};
use crate::passes::stack::frames::state::{Arrival, Block, Kind, Level, State};
use crate::passes::stack::frames::value::Value;
use crate::passes::stack::frames::walk::{FrameWalk, Receiver};
use crate::passes::walk::arity::Arity;
use wasmparser::{BlockType, Catch, Operator};

/// How often a body is passed before the values in a loop count as unknown.
pub(super) const PASSES: usize = 24;

impl FrameWalk<'_> {
    /// Opens the body.
    pub(super) fn open_body(&mut self, results: usize) {
        self.open(Kind::Plain, results, results, Vec::new());
    }

    fn open(&mut self, kind: Kind, label: usize, results: usize, stack: Vec<Value>) {
        if matches!(kind, Kind::Try(_)) {
            self.tries.push(self.blocks.len());
        }
        self.blocks.push(Block { kind, label, results, stack, exit: None, other: None, thrown: None });
    }

    /// Passes an instruction that opens or closes blocks. Whether it is one.
    pub(super) fn structure(&mut self, at: u32, operator: &Operator<'_>, arity: &Arity<'_>) -> bool {
        match operator {
            Operator::Block { blockty } => {
                let (values, results) = self.operands_of(*blockty, arity);
                self.open(Kind::Plain, results, results, values);
            }
            Operator::Loop { blockty } => {
                let (values, results) = self.operands_of(*blockty, arity);
                let label = values.len();
                let values = self.begin_loop(at, values);
                self.open(Kind::Loop(at), label, results, values);
            }
            Operator::If { blockty } => {
                self.pop();
                let (values, results) = self.operands_of(*blockty, arity);
                let other = self.state.clone().map(|state| Arrival { state, values: values.clone() });
                self.open(Kind::Plain, results, results, values);
                if let Some(block) = self.blocks.last_mut() {
                    block.other = other;
                }
            }
            Operator::Try { blockty } => {
                let (values, results) = self.operands_of(*blockty, arity);
                self.open(Kind::Try(Vec::new()), results, results, values);
            }
            Operator::TryTable { try_table } => {
                let (values, results) = self.operands_of(try_table.ty, arity);
                let labels = try_table.catches.iter().map(|catch| match *catch {
                    Catch::One { label, .. }
                    | Catch::OneRef { label, .. }
                    | Catch::All { label }
                    | Catch::AllRef { label } => label,
                });
                self.open(Kind::Try(labels.collect()), results, results, values);
            }
            Operator::Else => {
                self.leave();
                let other = self.blocks.last_mut().and_then(|block| block.other.take());
                self.go_on(other);
            }
            Operator::Catch { .. } | Operator::CatchAll => {
                self.leave();
                self.end_try();
                // What is thrown from here on is thrown to those around. The operands are of unknown number.
                self.state = self.blocks.last().and_then(|block| block.thrown.clone());
            }
            Operator::End | Operator::Delegate { .. } => self.end(),
            _ => return false,
        }
        true
    }

    /// Passes an instruction after which control may be elsewhere. Whether it is one.
    pub(super) fn jump(&mut self, operator: &Operator<'_>, arity: &Arity<'_>) -> bool {
        match operator {
            Operator::Br { relative_depth } => {
                self.branch(*relative_depth);
                self.state = None;
            }
            Operator::BrIf { relative_depth } => {
                self.pop();
                self.branch(*relative_depth);
            }
            Operator::BrTable { targets } => {
                self.pop();
                for target in targets.targets().flatten().chain([targets.default()]) {
                    self.branch(target);
                }
                self.state = None;
            }
            Operator::Return => {
                self.branch(self.blocks.len() as u32 - 1);
                self.state = None;
            }
            Operator::ReturnCall { .. } | Operator::ReturnCallIndirect { .. } | Operator::ReturnCallRef { .. } => {
                self.pass_all(operator, arity, Receiver::Return);
                // What the callee returns is not of the pointer, or an address in a frame above.
                let outermost = self.blocks.len() as u32 - 1;
                if let (Some(state), Some(block)) = (self.state.take(), self.blocks.first()) {
                    let results = vec![Value::Other; block.label];
                    self.arrive(outermost, &state, Some(results));
                }
            }
            Operator::Unreachable => self.state = None,
            Operator::Throw { .. } => {
                self.pass_all(operator, arity, Receiver::Call);
                self.throws();
                self.state = None;
            }
            Operator::ThrowRef | Operator::Rethrow { .. } => {
                self.throws();
                self.state = None;
            }
            _ => {
                let Some(depth) = branch_depth(operator) else { return false };
                // Of those that look at a reference nothing is known but where they go.
                if let Some(block) = self.blocks.last_mut() {
                    block.stack.clear();
                }
                self.branch(depth);
            }
        }
        true
    }

    /// Takes the operands of a block, and says how many results it has.
    fn operands_of(&mut self, ty: BlockType, arity: &Arity<'_>) -> (Vec<Value>, usize) {
        let Some((params, results)) = arity.block(ty) else {
            self.breach(crate::passes::stack::frames::walk::UNKNOWN_INSTRUCTION);
            return (Vec::new(), 0);
        };
        (self.pop_all(params), results)
    }

    fn begin_loop(&mut self, at: u32, values: Vec<Value>) -> Vec<Value> {
        let Some(state) = self.state.take() else { return values };
        let arrival = Arrival { state, values };
        let arrival = match self.loops.get(&at) {
            _ if self.last => Arrival {
                state: State {
                    pointer: Level { low: None, high: 0, framed: false, sum: false },
                    locals: Locals::all(Value::Any { down: true }),
                },
                values: vec![Value::Any { down: true }; arrival.values.len()],
            },
            Some(known) => {
                let (widened, lost) = known.merge(&arrival, Merge::Widen, &mut self.merged);
                self.reaches_from(widened.state.pointer, lost);
                widened
            }
            None => arrival,
        };
        self.loops.insert(at, arrival.clone());
        self.state = Some(arrival.state);
        arrival.values
    }

    /// Control leaves the innermost block for what is behind it.
    fn leave(&mut self) {
        let results = self.blocks.last().map_or(0, |block| block.results);
        let values = self.pop_all(results);
        let arrival = self.state.take().map(|state| Arrival { state, values });
        if let Some(block) = self.blocks.last_mut() {
            block.stack.clear();
            let exit = block.exit.take();
            let exit = self.joined(exit, arrival);
            if let Some(block) = self.blocks.last_mut() {
                block.exit = exit;
            }
        }
    }

    /// Control goes on in the innermost block with what arrives.
    fn go_on(&mut self, arrival: Option<Arrival>) {
        let (state, values) = arrival.map_or((None, Vec::new()), |Arrival { state, values }| (Some(state), values));
        self.state = state;
        if let Some(block) = self.blocks.last_mut() {
            block.stack = values;
        }
    }

    /// What was thrown in the innermost block is thrown on, and by labels to where it is caught.
    fn end_try(&mut self) {
        let at = self.blocks.len().wrapping_sub(1);
        if self.tries.last() != Some(&at) {
            return;
        }
        self.tries.pop();
        let Some(thrown) = self.blocks[at].thrown.clone() else { return };
        if let Kind::Try(labels) = self.blocks[at].kind.clone() {
            for label in labels {
                // Labels count from what is around the block.
                self.arrive(label + 1, &thrown, None);
            }
        }
        self.thrown(thrown);
    }

    fn end(&mut self) {
        self.leave();
        self.end_try();
        // There is a block for each `end`, as in every valid body.
        let Some(block) = self.blocks.pop() else { return };
        let behind = self.joined(block.exit, block.other);
        match self.blocks.last_mut() {
            Some(around) => {
                if let Some(Arrival { state, values }) = behind {
                    around.stack.extend(values);
                    self.state = Some(state);
                }
            }
            None => {
                if let Some(Arrival { state, values }) = behind {
                    self.state = Some(state);
                    self.returns(&values);
                    self.state = None;
                }
            }
        }
    }

    /// An exception may come out of here.
    pub(super) fn throws(&mut self) {
        let Some(state) = &self.state else { return };
        if !self.tries.is_empty() {
            let pointer = Level { low: None, sum: false, ..state.pointer };
            let state = State { pointer, locals: state.locals.clone() };
            self.thrown(state);
        }
    }

    fn thrown(&mut self, state: State) {
        let Some(&at) = self.tries.last() else { return };
        let arrival = |state| Arrival { state, values: Vec::new() };
        let before = self.blocks[at].thrown.take().map(arrival);
        let joined = self.joined(before, Some(arrival(state)));
        self.blocks[at].thrown = joined.map(|joined| joined.state);
    }

    /// Goes to the block at `depth` with the operands that it takes, which stay.
    fn branch(&mut self, depth: u32) {
        let Some(state) = self.state.clone() else { return };
        let Some(label) = self.label(depth).map(|at| self.blocks[at].label) else { return };
        let stack = self.blocks.last().map_or(&[][..], |block| &block.stack);
        let known = &stack[stack.len().saturating_sub(label)..];
        let mut values = vec![Value::Any { down: true }; label - known.len()];
        values.extend(known);
        self.arrive(depth, &state, Some(values));
    }

    fn label(&self, depth: u32) -> Option<usize> {
        self.blocks.len().checked_sub(depth as usize + 1)
    }

    /// Brings `state` to where branches to the block at `depth` arrive; nothing is known of operands that are not given.
    fn arrive(&mut self, depth: u32, state: &State, values: Option<Vec<Value>>) {
        let Some(at) = self.label(depth) else { return };
        let values = values.unwrap_or_else(|| vec![Value::Any { down: true }; self.blocks[at].label]);
        let arrival = Arrival { state: state.clone(), values };
        if let Kind::Loop(start) = self.blocks[at].kind {
            if self.last {
                return;
            }
            let (widened, lost) = match self.loops.get(&start) {
                Some(known) => known.merge(&arrival, Merge::Widen, &mut self.merged),
                None => (arrival, None),
            };
            self.reaches_from(widened.state.pointer, lost);
            if self.loops.get(&start).is_none_or(|known| !known.same(&widened)) {
                self.loops.insert(start, widened);
                self.changed = true;
            }
        } else {
            let exit = self.blocks[at].exit.take();
            self.blocks[at].exit = self.joined(exit, Some(arrival));
        }
    }

    fn joined(&mut self, one: Option<Arrival>, other: Option<Arrival>) -> Option<Arrival> {
        match (one, other) {
            (Some(one), Some(other)) => {
                let (joined, lost) = one.merge(&other, Merge::Join, &mut self.merged);
                self.reaches_from(joined.state.pointer, lost);
                Some(joined)
            }
            (one, other) => one.or(other),
        }
    }
}
