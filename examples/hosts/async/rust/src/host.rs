//! What functions of the host may do.

use crate::copies::{self, Side};
use crate::fault;
use crate::state::{RETURNED, SUBTASK, State};
use std::collections::VecDeque;
use std::time::Duration;
use wasmi::{Error, Memory, StoreContextMut, Val};

/// What a function of the host answers. The result is the bytes of the value, as it is in memory (`CanonicalABI.md`, "Storing"); without a result,
/// none.
pub enum Answer {
    /// The result.
    Now(Vec<u8>),
    /// The result, when some time has passed: an asynchronous function.
    After(Duration, Vec<u8>),
}

pub(crate) type Function = Box<dyn FnMut(&mut Host<'_, '_>, &[Val]) -> Result<Answer, Error> + Send>;
pub(crate) type Sink = Box<dyn FnMut(&[u8]) + Send>;
pub(crate) type Later = Box<dyn FnOnce(&mut Host<'_, '_>) -> Result<(), Error> + Send>;

/// What a timer does.
pub(crate) enum Action {
    /// A function of the host returns.
    Return { subtask: u32, result: Vec<u8>, place: Option<(Memory, u32)> },
    /// Anything else.
    Call(Later),
}

/// The end of a stream or a future that the host writes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source(u64);

/// The host, in one of its functions or at one of its times.
pub struct Host<'h, 's> {
    ctx: &'h mut StoreContextMut<'s, State>,
}

impl<'h, 's> Host<'h, 's> {
    pub(crate) fn new(ctx: &'h mut StoreContextMut<'s, State>) -> Host<'h, 's> {
        Host { ctx }
    }

    /// A new `stream<T>`, where `T` is a number of `size` bytes: the index of its readable end, which is to be given to the module, and the end of the host.
    pub fn stream(&mut self, size: u32) -> Result<(u32, Source), Error> {
        self.pair(false, size)
    }

    /// The same, of a `future<T>`.
    pub fn future(&mut self, size: u32) -> Result<(u32, Source), Error> {
        self.pair(true, size)
    }

    fn pair(&mut self, is_future: bool, size: u32) -> Result<(u32, Source), Error> {
        let state = self.ctx.data_mut();
        let stream = state.add_shared(is_future, size, Side::Module(0), Side::Source(VecDeque::new(), true));
        Ok((state.add_end(stream, false)?, Source(stream)))
    }

    /// Writes elements. They wait until the module reads them. Returns `false` if the module has dropped its end.
    pub fn write(&mut self, source: Source, bytes: &[u8]) -> Result<bool, Error> {
        let Some(shared) = self.ctx.data_mut().shared.get_mut(&source.0) else { return Ok(false) };
        if let Side::Source(waiting, _) = &mut shared.writable {
            waiting.extend(bytes);
        }
        copies::written(self.ctx, source.0)?;
        Ok(true)
    }

    /// Says that no more comes.
    pub fn close(&mut self, source: Source) -> Result<(), Error> {
        if let Some(shared) = self.ctx.data_mut().shared.get_mut(&source.0)
            && let Side::Source(_, more) = &mut shared.writable
        {
            *more = false;
        }
        copies::written(self.ctx, source.0)
    }

    /// Takes the readable end that the module has passed to the host. `sink` is given what the module writes, at once.
    pub fn read(&mut self, index: u32, sink: impl FnMut(&[u8]) + Send + 'static) -> Result<(), Error> {
        let state = self.ctx.data_mut();
        let stream = state.lift_end(index)?;
        let writer = match &mut state.shared(stream)?.writable {
            Side::Module(writer) => *writer,
            // The host's own comes back.
            Side::Source(..) | Side::Sink(_) | Side::Dropped => {
                return fault("the module does not write to this stream");
            }
        };
        state.shared(stream)?.readable = Side::Sink(Box::new(sink));
        copies::restart(self.ctx, stream, writer)
    }

    /// Does something when some time has passed.
    pub fn after(
        &mut self,
        time: Duration,
        then: impl FnOnce(&mut Host<'_, '_>) -> Result<(), Error> + Send + 'static,
    ) {
        let state = self.ctx.data_mut();
        let at = (state.now() + time, state.next());
        state.timers.insert(at, Action::Call(Box::new(then)));
    }

    /// An exported memory of the module.
    pub fn memory(&mut self, name: &str) -> Result<&mut [u8], Error> {
        match self.ctx.data().memories.get(name).copied() {
            Some(memory) => Ok(memory.data_mut(&mut *self.ctx)),
            None => fault(format!("there is no memory `{name}`")),
        }
    }
}

/// Waits for the next timer, and does what it is for. `false` if there is none.
pub(crate) fn tick(ctx: &mut StoreContextMut<'_, State>) -> Result<bool, Error> {
    let state = ctx.data_mut();
    let Some((at, action)) = state.timers.pop_first() else { return Ok(false) };
    if let Some(rest) = at.0.checked_sub(state.now()) {
        std::thread::sleep(rest);
    }
    match action {
        Action::Call(then) => then(&mut Host::new(ctx))?,
        Action::Return { subtask, result, place } => {
            store(ctx, place, &result)?;
            let state = ctx.data_mut();
            state.subtask(subtask)?.state = RETURNED;
            state.set_event(subtask, SUBTASK)?;
        }
    }
    Ok(true)
}

/// Writes the result of a function of the host.
pub(crate) fn store(
    ctx: &mut StoreContextMut<'_, State>,
    place: Option<(Memory, u32)>,
    result: &[u8],
) -> Result<(), Error> {
    match place {
        Some((memory, address)) => {
            memory.write(&mut *ctx, address as usize, result).map_err(|error| Error::new(error.to_string()))
        }
        None => Ok(()),
    }
}
