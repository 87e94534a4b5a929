//! Instantiation, calls as tasks, and the loop (`CanonicalABI.md`, `canon lift`, `Store.tick`).

use crate::builtins::{Import, define};
use crate::fault;
use crate::host::{Answer, Function, Host, tick};
use crate::state::{Entry, Phase, State, TASK_CANCELLED, TaskState, Wait};
use serde_json::Value;
use std::collections::BTreeMap;
use wasmi::{AsContextMut, Config, Engine, Error, Func, Instance, Linker, Module, Store, Val};

/// A call of an exported function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Task(usize);

/// A module that can be called.
pub struct Kit {
    store: Store<State>,
    instance: Instance,
    /// Exports by their paths: the name of the core function, and that of its callback.
    exports: BTreeMap<String, (String, Option<String>)>,
}

/// What to make of a module.
#[derive(Default)]
pub struct Functions(BTreeMap<String, Function>);

impl Functions {
    /// Adds an imported function of the world by its path, such as `ns:pkg/iface#f`.
    pub fn add(
        &mut self,
        path: &str,
        function: impl FnMut(&mut Host<'_, '_>, &[Val]) -> Result<Answer, Error> + Send + 'static,
    ) {
        self.0.insert(path.to_owned(), Box::new(function));
    }
}

impl Kit {
    /// Instantiates `core`. `description` is what `meld fuse --interface` writes.
    pub fn new(core: &[u8], description: &str, mut functions: Functions) -> Result<Kit, Error> {
        let description: Value = serde_json::from_str(description).map_err(|error| Error::new(error.to_string()))?;
        if description["version"] != 1 {
            return fault("the description is of a version that is not known");
        }
        let mut config = Config::default();
        config.wasm_multi_memory(true);
        let engine = Engine::new(&config);
        let module = Module::new(&engine, core)?;
        let mut state = State::new();
        let mut linker = Linker::new(&engine);
        for item in items(&description["imports"]) {
            define(&mut linker, Import { item, types: &description["types"] }, &mut functions.0, &mut state)?;
        }
        let mut store = Store::new(&engine, state);
        let instance = linker.instantiate_and_start(&mut store, &module)?;
        for memory in items(&description["memories"]) {
            let name = memory["name"].as_str().unwrap_or_default();
            let Some(found) = instance.get_memory(&store, name) else { return fault(format!("no memory `{name}`")) };
            store.data_mut().memories.insert(name.to_owned(), found);
        }
        let mut exports = BTreeMap::new();
        for export in items(&description["exports"]) {
            let text = |value: &Value| value.as_str().map(str::to_owned);
            let path: Vec<String> = items(&export["path"]).filter_map(text).collect();
            let Some(field) = text(&export["field"]) else { return fault("an export has a name") };
            exports.insert(path.join("#"), (field, text(&export["callback"])));
        }
        let mut kit = Kit { store, instance, exports };
        if let Some(initialize) = description["initialize"].as_str() {
            kit.func(initialize)?.call(&mut kit.store, &[], &mut [])?;
        }
        Ok(kit)
    }

    fn func(&self, name: &str) -> Result<Func, Error> {
        match self.instance.get_func(&self.store, name) {
            Some(func) => Ok(func),
            None => fault(format!("the module has no function `{name}`")),
        }
    }

    /// Begins a call of the export at `path` with these core values. A function that is lifted without `async` is over then.
    pub fn call(&mut self, path: &str, params: &[Val]) -> Result<Task, Error> {
        let Some((field, callback)) = self.exports.get(path).cloned() else {
            return fault(format!("there is no export `{path}`"));
        };
        let func = self.func(&field)?;
        let callback = callback.map(|name| self.func(&name)).transpose()?;
        let state = self.store.data_mut();
        let task = state.tasks.len();
        let start = Some((func, params.to_vec()));
        let context = [Val::I32(0), Val::I32(0)];
        let (wait, phase) = (Wait::Entering, Phase::Started);
        state.tasks.push(TaskState { start, callback, context, wait, phase, result: None });
        let closed = state.backpressure > 0 || !state.entering.is_empty();
        match callback.is_some() && closed {
            true => state.entering.push_back(task),
            false => self.enter(task)?,
        }
        Ok(Task(task))
    }

    /// The core values that the task has returned, if it has.
    pub fn result(&self, task: Task) -> Option<&[Val]> {
        self.store.data().tasks[task.0].result.as_deref()
    }

    /// Asks a task to give up.
    pub fn cancel(&mut self, task: Task) {
        let state = self.store.data_mut();
        if state.tasks[task.0].phase == Phase::Started {
            state.tasks[task.0].phase = Phase::Cancelling;
            state.ready.push_back(task.0);
        }
    }

    /// Whether the task has ended.
    pub fn has_ended(&self, task: Task) -> bool {
        self.store.data().tasks[task.0].wait == Wait::Ended
    }

    /// How many waitables and sets the module has.
    pub fn entries(&self) -> usize {
        self.store.data().count()
    }

    /// Runs until all tasks have ended. What waits for nothing that the host could do is an error.
    pub fn run(&mut self) -> Result<(), Error> {
        loop {
            while self.step()? {}
            if !tick(&mut self.store.as_context_mut())? {
                break;
            }
        }
        match self.store.data().tasks.iter().all(|task| task.wait == Wait::Ended) {
            true => Ok(()),
            false => fault("deadlock: a task waits, and the host has nothing to do"),
        }
    }

    /// Runs one task that has something to do. Timers that are due come first.
    fn step(&mut self) -> Result<bool, Error> {
        let state = self.store.data_mut();
        if state.timers.first_key_value().is_some_and(|(at, _)| at.0 <= state.now()) {
            return tick(&mut self.store.as_context_mut());
        }
        if state.backpressure == 0
            && let Some(task) = state.entering.pop_front()
        {
            self.enter(task)?;
            return Ok(true);
        }
        let Some(task) = self.store.data_mut().ready.pop_front() else { return Ok(false) };
        self.resume(task)?;
        Ok(true)
    }

    fn enter(&mut self, task: usize) -> Result<(), Error> {
        let state = self.store.data_mut();
        let Some((func, params)) = state.tasks[task].start.take() else { return fault("a task begins once") };
        let results = func.ty(&self.store).results().len();
        let mut results = vec![Val::I32(0); results];
        self.code(task, func, &params, &mut results)?;
        if self.store.data().tasks[task].callback.is_some() {
            return self.go_on(task, &results);
        }
        let task = &mut self.store.data_mut().tasks[task];
        (task.wait, task.phase, task.result) = (Wait::Ended, Phase::Resolved, Some(results));
        Ok(())
    }

    fn resume(&mut self, task: usize) -> Result<(), Error> {
        let state = self.store.data_mut();
        let (wait, phase) = (state.tasks[task].wait, state.tasks[task].phase);
        let event = match wait {
            Wait::Yielded | Wait::For(_) if phase == Phase::Cancelling => {
                state.tasks[task].phase = Phase::CancelDelivered;
                [TASK_CANCELLED, 0, 0]
            }
            Wait::Yielded => [0, 0, 0],
            // Another one may have had the event.
            Wait::For(set) => match state.poll(set)? {
                Some(event) => event,
                None => return Ok(()),
            },
            Wait::Entering | Wait::Running | Wait::Ended => return Ok(()),
        };
        if let Wait::For(set) = wait {
            state.set(set)?.waiting -= 1;
        }
        let Some(callback) = state.tasks[task].callback else { return fault("a task that waits has a callback") };
        let mut code = [Val::I32(0)];
        self.code(task, callback, &event.map(|value| Val::I32(value.cast_signed())), &mut code)?;
        self.go_on(task, &code)
    }

    /// Calls code of a task.
    fn code(&mut self, task: usize, func: Func, params: &[Val], results: &mut [Val]) -> Result<(), Error> {
        self.store.data_mut().tasks[task].wait = Wait::Running;
        let previous = self.store.data_mut().current.replace(task);
        func.call(&mut self.store, params, results)?;
        self.store.data_mut().current = previous;
        Ok(())
    }

    /// The code of a callback says how the task goes on.
    fn go_on(&mut self, task: usize, code: &[Val]) -> Result<(), Error> {
        let [Val::I32(code)] = *code else { return fault("a function with a callback returns one number") };
        let state = self.store.data_mut();
        let index = code.cast_unsigned() >> 4;
        state.tasks[task].wait = match code & 0xf {
            0 if state.tasks[task].phase != Phase::Resolved => return fault("a task has ended and not returned"),
            0 => Wait::Ended,
            1 => Wait::Yielded,
            2 => {
                state.set(index)?.waiting += 1;
                Wait::For(index)
            }
            _ => return fault(format!("{code} is no code of a callback")),
        };
        // What waits may have an event already.
        if state.tasks[task].wait != Wait::Ended {
            state.ready.push_back(task);
        }
        Ok(())
    }
}

impl State {
    /// The task whose code runs.
    pub(crate) fn running(&mut self) -> Result<&mut TaskState, Error> {
        match self.current {
            Some(task) => Ok(&mut self.tasks[task]),
            None => fault("no task runs"),
        }
    }

    /// `waitable-set.drop`
    pub(crate) fn drop_set(&mut self, index: u32) -> Result<(), Error> {
        let set = self.set(index)?;
        if !set.members.is_empty() || set.waiting > 0 {
            return fault(format!("the set {index} is still used"));
        }
        self.remove(index).map(|_: Entry| ())
    }
}

/// The elements of an array.
pub(crate) fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
