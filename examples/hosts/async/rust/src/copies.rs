//! Streams and futures (`CanonicalABI.md`, "Stream State", `canon {stream,future}.{read,write}`). Elements are numbers, or there are none.

use crate::fault;
use crate::host::Sink;
use crate::state::{Entry, State, Waitable};
use std::collections::VecDeque;
use wasmi::{Error, Memory, StoreContextMut};

/// What a built-in returns if it waits.
pub(crate) const BLOCKED: u32 = u32::MAX;

/// Results of copies.
const COMPLETED: u32 = 0;
const DROPPED: u32 = 1;
const CANCELLED: u32 = 2;

/// An end that the module has.
pub(crate) struct End {
    pub(crate) waitable: Waitable,
    pub(crate) stream: u64,
    pub(crate) writable: bool,
    copying: bool,
    done: bool,
    result: u32,
    progress: u32,
}

/// What both ends have in common.
pub(crate) struct Shared {
    pub(crate) is_future: bool,
    /// Bytes of an element.
    pub(crate) size: u32,
    /// The operation of the module that waits for the other side.
    pending: Option<Operation>,
    pub(crate) readable: Side,
    pub(crate) writable: Side,
}

/// Who has an end.
pub(crate) enum Side {
    /// The module: its index, or 0 while it is being passed.
    Module(u32),
    /// The host writes: bytes that have not been read yet, and whether more may come.
    Source(VecDeque<u8>, bool),
    /// The host reads.
    Sink(Sink),
    /// It is gone.
    Dropped,
}

/// A read or a write of the module.
#[derive(Clone, Copy)]
pub(crate) struct Operation {
    pub(crate) index: u32,
    pub(crate) memory: Option<Memory>,
    pub(crate) pointer: u32,
    /// Elements that are left.
    pub(crate) length: u32,
    /// Whether there were none to begin with.
    pub(crate) empty: bool,
}

impl State {
    /// A stream or a future that has one end here and one there.
    pub(crate) fn add_shared(&mut self, is_future: bool, size: u32, readable: Side, writable: Side) -> u64 {
        let stream = self.next();
        self.shared.insert(stream, Shared { is_future, size, pending: None, readable, writable });
        stream
    }

    /// An entry for an end of it.
    pub(crate) fn add_end(&mut self, stream: u64, writable: bool) -> Result<u32, Error> {
        let end = End {
            waitable: Waitable::default(),
            stream,
            writable,
            copying: false,
            done: false,
            result: COMPLETED,
            progress: 0,
        };
        let index = self.add(Entry::End(end));
        let shared = self.shared(stream)?;
        *(if writable { &mut shared.writable } else { &mut shared.readable }) = Side::Module(index);
        Ok(index)
    }

    pub(crate) fn shared(&mut self, stream: u64) -> Result<&mut Shared, Error> {
        match self.shared.get_mut(&stream) {
            Some(shared) => Ok(shared),
            None => fault("a stream is gone"),
        }
    }

    /// The readable end leaves the table, and the host gets it.
    pub(crate) fn lift_end(&mut self, index: u32) -> Result<u64, Error> {
        let end = self.end(index)?;
        if end.writable || end.copying || end.done || end.waitable.set != 0 {
            return fault(format!("{index} is no readable end that can be passed on"));
        }
        let stream = end.stream;
        self.remove(index)?;
        Ok(stream)
    }

    fn finish(&mut self, index: u32, result: u32, more: u32) -> Result<(), Error> {
        let end = self.end(index)?;
        end.result = result;
        end.progress += more;
        let (stream, writable) = (end.stream, end.writable);
        let is_future = self.shared(stream)?.is_future;
        self.set_event(index, 2 + 2 * u32::from(is_future) + u32::from(writable))
    }

    /// `stream_event`, `future_event`: the payload.
    pub(crate) fn deliver_copy(&mut self, index: u32) -> Result<u32, Error> {
        let stream = self.end(index)?.stream;
        let shared = self.shared(stream)?;
        shared.pending.take_if(|pending| pending.index == index);
        let is_future = shared.is_future;
        let end = self.end(index)?;
        end.copying = false;
        if is_future {
            end.done = end.result != CANCELLED;
            return Ok(end.result);
        }
        end.done = end.result == DROPPED;
        Ok(end.result | end.progress << 4)
    }
}

/// `stream.read` and the others. Returns -1 if it waits.
pub(crate) fn copy(ctx: &mut StoreContextMut<'_, State>, writes: bool, op: Operation) -> Result<u32, Error> {
    let state = ctx.data_mut();
    let end = state.end(op.index)?;
    if end.writable != writes || end.copying || end.done {
        return fault(format!("{} cannot copy now", op.index));
    }
    (end.copying, end.progress) = (true, 0);
    let stream = end.stream;
    let shared = state.shared(stream)?;
    let (size, is_future) = (shared.size, shared.is_future);
    if size > 0 && op.length > 0 {
        check(ctx, op, size)?;
    }
    let state = ctx.data_mut();
    let shared = state.shared(stream)?;
    let other = if writes { &mut shared.readable } else { &mut shared.writable };
    match other {
        Side::Dropped => state.finish(op.index, DROPPED, 0)?,
        Side::Module(_) => match shared.pending {
            None => shared.pending = Some(op),
            Some(pending) => {
                let count = pending.length.min(op.length);
                if count > 0 {
                    let (from, to) = if writes { (op, pending) } else { (pending, op) };
                    let bytes = read(ctx, from, count * size)?;
                    write(ctx, to, &bytes)?;
                    let state = ctx.data_mut();
                    // The other one goes on until it hears of its event.
                    if let Some(pending) = &mut state.shared(stream)?.pending {
                        pending.pointer += count * size;
                        pending.length -= count;
                    }
                    state.finish(pending.index, COMPLETED, count)?;
                    state.finish(op.index, COMPLETED, count)?;
                    if is_future {
                        state.shared(stream)?.pending = None;
                    }
                } else if pending.length > 0 || writes && op.empty && pending.empty {
                    state.finish(op.index, COMPLETED, 0)?;
                } else {
                    shared.pending = Some(op);
                    state.finish(pending.index, COMPLETED, 0)?;
                }
            }
        },
        Side::Source(bytes, more) => {
            if !bytes.is_empty() {
                let (count, bytes) = take(bytes, op.length, size);
                write(ctx, op, &bytes)?;
                ctx.data_mut().finish(op.index, COMPLETED, count)?;
            } else if *more {
                shared.pending = Some(op);
            } else {
                state.finish(op.index, DROPPED, 0)?;
            }
        }
        Side::Sink(_) => {
            let bytes = read(ctx, op, op.length * size)?;
            if let Side::Sink(sink) = &mut ctx.data_mut().shared(stream)?.readable {
                sink(&bytes);
            }
            ctx.data_mut().finish(op.index, COMPLETED, if is_future { 0 } else { op.length })?;
        }
    }
    match ctx.data_mut().end(op.index)?.waitable.event {
        Some(_) => Ok(ctx.data_mut().deliver(op.index)?[2]),
        None => Ok(BLOCKED),
    }
}

/// The host has written, or closed its end: goes on with a read that waits.
pub(crate) fn written(ctx: &mut StoreContextMut<'_, State>, stream: u64) -> Result<(), Error> {
    let Some(shared) = ctx.data_mut().shared.get_mut(&stream) else { return Ok(()) };
    let Some(op) = shared.pending else { return Ok(()) };
    let size = shared.size;
    let Side::Source(bytes, more) = &mut shared.writable else { return Ok(()) };
    if bytes.is_empty() && *more {
        return Ok(());
    }
    shared.pending = None;
    if bytes.is_empty() {
        return ctx.data_mut().finish(op.index, DROPPED, 0);
    }
    let (count, bytes) = take(bytes, op.length, size);
    write(ctx, op, &bytes)?;
    ctx.data_mut().finish(op.index, COMPLETED, count)
}

/// `stream.cancel-read` and the others: the result, at once.
pub(crate) fn cancel(state: &mut State, index: u32) -> Result<u32, Error> {
    let end = state.end(index)?;
    if !end.copying {
        return fault(format!("{index} does not copy"));
    }
    let (stream, has_event) = (end.stream, end.waitable.event.is_some());
    let is_future = state.shared(stream)?.is_future;
    if !has_event {
        state.shared(stream)?.pending = None;
        state.finish(index, CANCELLED, 0)?;
    } else if !is_future {
        let end = state.end(index)?;
        if end.result == COMPLETED {
            end.result = CANCELLED;
        }
    }
    Ok(state.deliver(index)?[2])
}

/// `stream.drop-readable` and the others.
pub(crate) fn drop(state: &mut State, index: u32, writable: bool) -> Result<(), Error> {
    let end = state.end(index)?;
    let (stream, is_done) = (end.stream, end.done);
    if end.writable != writable || end.copying {
        return fault(format!("{index} cannot be dropped now"));
    }
    if state.shared(stream)?.is_future && writable && !is_done {
        return fault("a future is dropped before it has its value");
    }
    state.join(index, 0)?;
    state.remove(index)?;
    let shared = state.shared(stream)?;
    *(if writable { &mut shared.writable } else { &mut shared.readable }) = Side::Dropped;
    let pending = shared.pending.take();
    if let (Side::Dropped | Side::Sink(_), Side::Dropped | Side::Source(..)) = (&shared.readable, &shared.writable) {
        state.shared.remove(&stream);
    }
    match pending {
        Some(pending) => state.finish(pending.index, DROPPED, 0),
        None => Ok(()),
    }
}

/// At most `length` elements from the front. Without elements, each byte stands for one.
fn take(bytes: &mut VecDeque<u8>, length: u32, size: u32) -> (u32, Vec<u8>) {
    let there = u32::try_from(bytes.len()).unwrap_or(u32::MAX) / size.max(1);
    let count = length.min(there);
    let taken: Vec<u8> = bytes.drain(..(count * size.max(1)) as usize).collect();
    (count, if size == 0 { Vec::new() } else { taken })
}

fn memory(op: Operation) -> Result<Memory, Error> {
    match op.memory {
        Some(memory) => Ok(memory),
        None => fault("what is copied is in no memory"),
    }
}

fn check(ctx: &StoreContextMut<'_, State>, op: Operation, size: u32) -> Result<(), Error> {
    let end = u64::from(op.pointer) + u64::from(op.length) * u64::from(size);
    if op.length >= 1 << 28 || !op.pointer.is_multiple_of(size) || end > memory(op)?.data_size(ctx) as u64 {
        return fault("what is copied is not all in the memory");
    }
    Ok(())
}

fn read(ctx: &StoreContextMut<'_, State>, op: Operation, bytes: u32) -> Result<Vec<u8>, Error> {
    let mut buffer = vec![0; bytes as usize];
    if bytes > 0 {
        memory(op)?.read(ctx, op.pointer as usize, &mut buffer).map_err(|error| Error::new(error.to_string()))?;
    }
    Ok(buffer)
}

fn write(ctx: &mut StoreContextMut<'_, State>, op: Operation, bytes: &[u8]) -> Result<(), Error> {
    if bytes.is_empty() {
        return Ok(());
    }
    memory(op)?.write(ctx, op.pointer as usize, bytes).map_err(|error| Error::new(error.to_string()))
}

/// The host has begun to read: goes on with a write that waits.
pub(crate) fn restart(ctx: &mut StoreContextMut<'_, State>, stream: u64, writer: u32) -> Result<(), Error> {
    let shared = ctx.data_mut().shared(stream)?;
    let size = shared.size;
    let Some(op) = shared.pending.take() else { return Ok(()) };
    let bytes = read(ctx, op, op.length * size)?;
    if let Side::Sink(sink) = &mut ctx.data_mut().shared(stream)?.readable {
        sink(&bytes);
    }
    ctx.data_mut().finish(writer, COMPLETED, op.length)
}
