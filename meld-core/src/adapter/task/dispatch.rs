//! From the number of a call to its functions.
//!
//! In: the calls. Out: what the runtime calls back, a branch table over numbers; and the parts of `task.return` that depend on the call.

use super::super::Adapters;
use super::super::body::BodyBuilder;
use super::FIRST_VALUE;
use crate::error::AdapterError;
use crate::plan::TaskCall;
use crate::runtime::TaskCallbacks;
use crate::synth::{FuncRef, TrapClass};
use wasm_encoder::{BlockType, Instruction, ValType};

impl Adapters<'_> {
    /// Writes the functions that the runtime calls back.
    pub(super) fn write_dispatch(&mut self) -> Result<(), AdapterError> {
        let TaskCallbacks { start, resume, unlend, .. } = self.task_funcs().callbacks;
        let calls: Vec<(u32, TaskCall)> = (0..).zip(self.tasks_plan().calls.iter().copied()).collect();

        let mut body = BodyBuilder::new("start of a task".to_owned(), vec![ValType::I32], Vec::new());
        let inner: Vec<(u32, TaskCall)> =
            calls.iter().copied().filter(|(_, call)| matches!(call, TaskCall::Inner(..))).collect();
        self.switch(&mut body, 0, &inner, |adapters, body, number, call| {
            let TaskCall::Inner(id, lift) = call else { return };
            let crate::dfg::Trampoline::Lower { options, .. } = adapters.dfg.trampolines[id] else { return };
            let ty = &adapters.dfg.types[adapters.dfg.lifts[lift].ty];
            for (param, ty) in adapters.held_params(ty, options) {
                body.get(0);
                body.i32(FIRST_VALUE + param);
                adapters.call_tasks(body, "value");
                body.cast(ValType::I64, ty);
            }
            if adapters.lowered(ty, &adapters.dfg.options[options]).results_in_memory.is_some() {
                body.get(0);
                adapters.call_tasks(body, "out");
            }
            body.get(0);
            body.call(FuncRef::Synth(adapters.task_funcs().starts[&number]));
        });
        self.synths[start] = body.finish();

        let mut body = BodyBuilder::new("resume of a task".to_owned(), vec![ValType::I32], Vec::new());
        let with_callback: Vec<(u32, TaskCall)> =
            calls.into_iter().filter(|(_, call)| self.task_funcs().resumes.contains_key(&call.lift())).collect();
        self.switch(&mut body, 0, &with_callback, |adapters, body, _, call| {
            body.get(0);
            body.call(FuncRef::Synth(adapters.task_funcs().resumes[&call.lift()]));
        });
        self.synths[resume] = body.finish();

        let mut body = BodyBuilder::new("end of a loan".to_owned(), vec![ValType::I32; 2], Vec::new());
        let inner = inner.iter().filter_map(|(number, call)| match call {
            TaskCall::Inner(id, _) => Some((*number, *id)),
            TaskCall::Host(_) => None,
        });
        let lenders: Vec<_> = inner.chain(self.outer_calls()?).collect();
        self.by_call(&mut body, &lenders, |adapters, body, id| {
            let func = adapters.table_func(adapters.dfg.trampoline_instance(id), "unlend");
            body.get(1);
            body.call(func);
        });
        self.synths[unlend] = body.finish();
        Ok(())
    }

    /// Writes a branch on the number of the call of the task in local `task`. A task of any other call traps.
    pub(super) fn switch(
        &mut self,
        body: &mut BodyBuilder,
        task: u32,
        cases: &[(u32, TaskCall)],
        write: impl FnMut(&mut Self, &mut BodyBuilder, u32, TaskCall),
    ) {
        let count = u32::try_from(cases.len()).expect("calls are counted in 32 bits");
        // Around all, the end; around the cases, what traps.
        for _ in 0..count + 2 {
            body.plain(Instruction::Block(BlockType::Empty));
        }
        body.get(task);
        self.call_tasks(body, "entry");
        self.branch(body, cases, TrapClass::TaskState, write);
    }

    /// The rest of [`switch`](Self::switch), and of any other branch on a number, which is on the stack inside of as many blocks as there are cases, and
    /// two.
    pub(super) fn branch<T: Copy>(
        &mut self,
        body: &mut BodyBuilder,
        cases: &[(u32, T)],
        otherwise: TrapClass,
        mut write: impl FnMut(&mut Self, &mut BodyBuilder, u32, T),
    ) {
        let count = u32::try_from(cases.len()).expect("cases are counted in 32 bits");
        let end = cases.iter().map(|(number, _)| number + 1).max().unwrap_or_default();
        let label = |number| (0..).zip(cases).find(|(_, (case, _))| *case == number).map_or(count, |(at, _)| at);
        let labels: Vec<u32> = (0..end).map(label).collect();
        body.plain(Instruction::BrTable(labels.into(), count));
        for (at, (number, call)) in (0..).zip(cases) {
            body.plain(Instruction::End);
            write(self, body, *number, *call);
            body.plain(Instruction::Br(count - at));
        }
        body.plain(Instruction::End);
        body.trap(otherwise);
        body.plain(Instruction::End);
    }
}
