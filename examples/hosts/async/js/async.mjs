// Tasks, waitables, streams and futures for a fused core module, on top of `../../js/abi.mjs`: what docs/core-abi.md asks of a host.
//
// `instantiate(bytes, description, host)` gives the exports of the world. An `async` function returns a promise, which has `cancel()`. A function of
// the host that is `async` may return a promise. A stream for the module is anything that can be iterated, also asynchronously; it gives elements one by
// one, or arrays of them. A future for the module is a value or a promise. What the module gives is a `Stream`, which can be iterated and gives arrays
// (a `Uint8Array` of bytes), or a `Future`, whose `value()` is a promise.
//
// JavaScript cannot suspend the module on its stack: what would have to wait in the middle of a call throws.

import { Abi, Place, instantiate as begin } from "../../js/abi.mjs";

/** `host` has the functions of the host; or it is `Tasks` that have them. */
export const instantiate = (bytes, description, host) =>
  begin(bytes, description, host, host instanceof Tasks ? host : new Tasks(description, host));

const [COMPLETED, DROPPED, CANCELLED] = [0, 1, 2];
const [STARTED, RETURNED] = [1, 2];
const [SUBTASK, TASK_CANCELLED] = [1, 6];
const BLOCKED = -1;
const numbers = { u8: 1, s8: 1, u16: 2, s16: 2, u32: 4, s32: 4, u64: 8, s64: 8, f32: 4, f64: 8 };
const later = globalThis.setImmediate ?? ((run) => setTimeout(run, 0));

const trap = (why) => { throw new Error(why); };

export class Tasks extends Abi {
  current = null; // The task whose code runs. Each has `context`, two slots.
  ready = []; // Tasks that may have something to do.
  entering = []; // Calls that wait until backpressure is gone.
  tasks = new Set();
  backpressure = 0;

  begin(exports) {
    // Whatever allocates and frees has context slots of its own.
    const aside = new Set(this.resources.map((resource) => resource.destructor));
    for (const item of [...this.items.imports, ...this.items.exports]) aside.add(item.realloc).add(item.post_return);
    this.core = { ...exports };
    for (const name of aside) if (name) this.core[name] = (...args) => this.within(null, () => exports[name](...args));
  }

  constructor(description, host) {
    super(description, host);
    this.items = description;
  }

  /** Runs code of the module, in a task or beside all. */
  within(task, run) {
    if (this.dead) throw new Error("the module has trapped", { cause: this.dead });
    const previous = this.current;
    this.current = task ?? { context: [0, 0] };
    try {
      return run();
    } catch (error) {
      this.dead = error;
      for (const each of this.tasks) each.reject(error);
      throw error;
    } finally {
      this.current = previous;
    }
  }

  exported(item) {
    const call = super.exported(item);
    if (!item.async_option) {
      const run = (...args) => this.within(null, () => call(...args));
      return item.async ? async (...args) => run(...args) : run;
    }
    if (!item.callback) trap(`${item.field} has no callback`);
    const place = new Place(this, item);
    return (...args) => {
      const task = { item, context: [0, 0], callback: item.callback, state: "entering", borrowed: [] };
      task.promise = new Promise((resolve, reject) => Object.assign(task, { resolve, reject }));
      task.promise.cancel = () => {
        if (task.resolved || task.cancel) return;
        task.cancel = "wanted";
        this.wake(task);
      };
      task.start = () => {
        const types = item.params.map((param) => param.type);
        const flat = place.lower(types, args, 16, item.core.params, task.borrowed);
        this.goOn(task, () => this.core[item.field](...flat));
      };
      this.tasks.add(task);
      if (this.backpressure || this.entering.length) this.entering.push(task);
      else task.start();
      return task.promise;
    };
  }

  // The loop.

  wake(task) {
    this.ready.push(task);
    this.plan();
  }

  plan() {
    if (!this.planned) later(() => this.drain());
    this.planned = true;
  }

  drain() {
    this.planned = false;
    if (this.dead) return;
    while (this.entering.length && !this.backpressure) this.entering.shift().start();
    for (const task of this.ready.splice(0)) {
      // One that waits is woken when an event comes, and another task may have had that.
      if (task.state !== "yielded" && task.state !== "waiting") continue;
      let event = task.state === "yielded" ? [0, 0, 0] : undefined;
      if (task.cancel === "wanted") {
        event = [TASK_CANCELLED, 0, 0];
        task.cancel = "delivered";
      }
      event ??= this.poll(task.set);
      if (!event) continue;
      if (task.set) task.set.waiting.delete(task);
      task.set = undefined;
      this.goOn(task, () => this.core[task.callback](...event));
      if (this.dead) return;
    }
  }

  /** Runs code of a task, and does what its code says. */
  goOn(task, run) {
    try {
      this.within(task, () => {
        task.state = "running";
        const code = run();
        switch (code & 0xf) {
          case 0:
            if (!task.resolved) trap(`${task.item.field} has ended and not returned`);
            task.state = "ended";
            this.tasks.delete(task);
            return;
          case 1:
            task.state = "yielded";
            break;
          case 2:
            task.state = "waiting";
            task.set = this.set(code >>> 4);
            task.set.waiting.add(task);
            break;
          default:
            trap(`${code} is no code of a callback`);
        }
        // There may be an event already.
        this.wake(task);
      });
    } catch {
      // The promises of all tasks have the error.
    }
  }

  // The table: entries of waitables are beside those of resources.

  put(entry) {
    entry.index = this.free.pop() ?? this.handles.length;
    this.handles[entry.index] = entry;
    return entry.index;
  }

  get(index, kind) {
    const entry = this.handles[index];
    return entry?.kind === kind ? entry : trap(`${index} is no ${kind}`);
  }

  take(entry) {
    this.handles[entry.index] = null;
    this.free.push(entry.index);
  }

  set(index) { return this.get(index, "set"); }

  waitable(index) {
    const entry = this.handles[index];
    return entry?.isWaitable ? entry : trap(`${index} is no waitable`);
  }

  join(waitable, set) {
    waitable.set?.members.delete(waitable);
    waitable.set = set;
    set?.members.add(waitable);
    if (waitable.event) this.notify(set);
  }

  /** A waitable has an event: its code, and what its payload is when it is delivered. */
  signal(waitable, code, payload) {
    waitable.event = { code, payload };
    this.notify(waitable.set);
  }

  notify(set) {
    if (set) for (const task of set.waiting) this.wake(task);
  }

  poll(set) {
    for (const waitable of set.members) {
      if (!waitable.event) continue;
      // Behind all others, for the next time.
      set.members.delete(waitable);
      set.members.add(waitable);
      return [waitable.event.code, waitable.index, this.deliver(waitable)];
    }
  }

  deliver(waitable) {
    const { payload } = waitable.event;
    waitable.event = undefined;
    return payload();
  }

  // Imports.

  imported(item) {
    if (item.kind === "builtin") return this.builtin(item);
    if (item.kind !== "function" || !item.async_option) {
      const call = super.imported(item);
      return item.kind === "function" ? (...flat) => this.settled(item, call(...flat)) : call;
    }
    const func = this.found(item);
    const types = item.params.map((param) => param.type);
    const place = new Place(this, item);
    return (...flat) => {
      const out = item.result === undefined ? undefined : flat.pop() >>> 0;
      const store = (value) => { if (item.result !== undefined) place.store(item.result, out, value); };
      const value = func(...place.lift(types, flat, 4));
      if (typeof value?.then !== "function") {
        store(value);
        return RETURNED;
      }
      const subtask = { kind: "subtask", isWaitable: true, state: STARTED };
      this.put(subtask);
      const end = (state) => {
        subtask.state = state;
        this.signal(subtask, SUBTASK, () => { subtask.delivered = true; return state; });
      };
      value.then(
        (result) => {
          if (subtask.state !== STARTED || this.dead) return;
          store(result);
          end(RETURNED);
        },
        (error) => {
          if (subtask.state !== STARTED) return;
          this.dead = error;
          for (const task of this.tasks) task.reject(error);
        },
      );
      return STARTED | (subtask.index << 4);
    };
  }

  settled(item, value) {
    if (typeof value?.then === "function") trap(`${item.field} is called without \`async\`, and cannot wait`);
    return value;
  }

  builtin(item) {
    const place = new Place(this, item);
    const end = (index, writable) => {
      const found = this.get(index, "end");
      return found.writable === writable ? found : trap(`${index} is the other end`);
    };
    const writable = item.name.endsWith("write") || item.name.endsWith("writable");
    const type = item.type === undefined ? undefined : this.types[item.type];
    switch (item.name) {
      case "task.return":
        return (...flat) => {
          const task = this.current;
          if (!task.callback || task.resolved) trap("no task returns here");
          const value = item.type === undefined ? undefined : place.lift([item.type], flat, 16)[0];
          for (const index of task.borrowed) if (this.handles[index]?.own === false) trap("a borrow was kept");
          task.resolved = true;
          task.resolve(value);
        };
      case "task.cancel":
        return () => {
          const task = this.current;
          if (task.cancel !== "delivered" || task.resolved) trap("a task gives up that was not asked to");
          task.resolved = true;
          task.reject(new Error("cancelled"));
        };
      case "context.get": return () => this.current.context[item.slot];
      case "context.set": return (value) => { this.current.context[item.slot] = value; };
      case "backpressure.inc": return () => { if (++this.backpressure > 0xffff) trap("too much backpressure"); };
      case "backpressure.dec":
        return () => {
          if (--this.backpressure < 0) trap("no backpressure");
          if (!this.backpressure) this.plan();
        };
      case "thread.yield": return () => 0;
      case "waitable-set.new": return () => this.put({ kind: "set", members: new Set(), waiting: new Set() });
      case "waitable-set.drop":
        return (index) => {
          const set = this.set(index);
          if (set.members.size || set.waiting.size) trap(`the set ${index} is still used`);
          this.take(set);
        };
      case "waitable-set.wait":
      case "waitable-set.poll":
        return (index, address) => {
          const event = this.poll(this.set(index));
          if (!event && item.name === "waitable-set.wait") trap("this host cannot wait on the stack of the module");
          const [code, first, second] = event ?? [0, 0, 0];
          place.setUnsigned(address >>> 0, 4, first);
          place.setUnsigned((address >>> 0) + 4, 4, second);
          return code;
        };
      case "waitable.join": return (index, set) => this.join(this.waitable(index), set ? this.set(set) : undefined);
      case "subtask.drop":
        return (index) => {
          const subtask = this.get(index, "subtask");
          if (!subtask.delivered) trap("a subtask is dropped that is not over");
          this.join(subtask);
          this.take(subtask);
        };
      case "subtask.cancel":
        return (index) => {
          const subtask = this.get(index, "subtask");
          if (subtask.delivered) trap("a subtask is cancelled that is over");
          // Nobody waits for the function of the host any more.
          if (subtask.state === STARTED) subtask.state = 4;
          Object.assign(subtask, { event: undefined, delivered: true });
          return subtask.state;
        };
      case "stream.new":
      case "future.new":
        return () => {
          const shared = new Shared(this, type);
          return BigInt(this.putEnd(shared, false)) | (BigInt(this.putEnd(shared, true)) << 32n);
        };
      case "stream.read":
      case "stream.write":
      case "future.read":
      case "future.write":
        return (index, pointer, length = 1) => {
          const from = end(index, writable);
          if (from.copying || from.done) trap(`${index} cannot copy now`);
          Object.assign(from, { copying: true, progress: 0, empty: length === 0 });
          from.shared.begin(from, new GuestBuffer(place, from.shared, pointer >>> 0, length >>> 0));
          if (from.event) return this.deliver(from);
          return item.async_option ? BLOCKED : trap("this host cannot wait on the stack of the module");
        };
      case "stream.cancel-read":
      case "stream.cancel-write":
      case "future.cancel-read":
      case "future.cancel-write":
        return (index) => {
          const from = end(index, writable);
          if (!from.copying) trap(`${index} does not copy`);
          if (!from.event) from.shared.finish(from, CANCELLED);
          else if (!from.shared.isFuture && from.result === COMPLETED) from.result = CANCELLED;
          return this.deliver(from);
        };
      case "stream.drop-readable":
      case "stream.drop-writable":
      case "future.drop-readable":
      case "future.drop-writable":
        return (index) => {
          const from = end(index, writable);
          if (from.copying) trap(`${index} is dropped while it copies`);
          if (from.shared.isFuture && writable && !from.done) trap("a future is dropped before it has its value");
          this.join(from);
          this.take(from);
          from.shared.drop(from);
        };
      default:
        trap(`this host has no ${item.name}`);
    }
  }

  putEnd(shared, writable) {
    const end = { kind: "end", isWaitable: true, shared, writable, progress: 0 };
    shared.ends[+writable] = end;
    return this.put(end);
  }

  /** The module passes a readable end to the host. */
  endIn(type, index) {
    const end = this.get(index, "end");
    if (end.writable || end.copying || end.done || end.set) trap(`${index} is no readable end that can be passed on`);
    this.take(end);
    const { shared } = end;
    shared.ends[0] = new HostEnd(shared, false);
    return shared.isFuture ? new Future(shared.ends[0]) : new Stream(shared.ends[0]);
  }

  /** The host passes one to the module. */
  endOut(type, value) {
    const shared = new Shared(this, type);
    const index = this.putEnd(shared, false);
    const end = (shared.ends[1] = new HostEnd(shared, true));
    const all = async () => {
      if (shared.isFuture) await end.copy([await value]);
      else {
        for await (const some of value) {
          const many = Array.isArray(some) || ArrayBuffer.isView(some) ? some : [some];
          if (many.length && !(await end.copy(many))) break;
        }
      }
      shared.drop(end);
    };
    all().catch((error) => {
      this.dead = error;
      for (const task of this.tasks) task.reject(error);
    });
    return index;
  }
}

/** What both ends of a stream or a future have in common. */
class Shared {
  constructor(abi, type) {
    Object.assign(this, { abi, element: type?.element, isFuture: type?.kind === "future", ends: [], pending: null });
  }

  /** An operation of one end meets that of the other, or waits for it. */
  begin(end, buffer) {
    const other = this.ends[+!end.writable];
    const { pending } = this;
    if (!other) return this.finish(end, DROPPED);
    if (!pending) {
      this.pending = { end, buffer };
      return;
    }
    const count = Math.min(pending.buffer.left, buffer.left);
    if (count > 0) {
      const [from, to] = end.writable ? [buffer, pending.buffer] : [pending.buffer, buffer];
      if (from instanceof GuestBuffer && to instanceof GuestBuffer && !from.isPlain) trap("the module copies what has pointers to itself");
      to.write(from.read(count));
      this.finish(pending.end, COMPLETED, count);
      this.finish(end, COMPLETED, count);
    } else if (pending.buffer.left > 0 || (end.writable && end.empty && pending.end.empty)) {
      this.finish(end, COMPLETED);
    } else {
      this.pending = { end, buffer };
      this.finish(pending.end, COMPLETED);
    }
  }

  finish(end, result, more = 0) {
    Object.assign(end, { result, progress: end.progress + more });
    if (end instanceof HostEnd) {
      end.finished();
      return;
    }
    this.abi.signal(end, 2 + 2 * this.isFuture + end.writable, () => {
      // Until it hears of it, the other side may go on with what is left.
      this.forget(end);
      end.copying = false;
      end.done = this.isFuture ? end.result !== CANCELLED : end.result === DROPPED;
      return this.isFuture ? end.result : end.result | (end.progress << 4);
    });
  }

  forget(end) { if (this.pending?.end === end) this.pending = null; }

  drop(end) {
    this.ends[+end.writable] = undefined;
    const { pending } = this;
    this.pending = null;
    if (pending && pending.end !== end) this.finish(pending.end, DROPPED);
  }
}

/** Elements in a memory of the module. */
class GuestBuffer {
  constructor(place, shared, pointer, length) {
    Object.assign(this, { place, element: shared.element, at: pointer, left: length });
    if (shared.element === undefined) return;
    const { size, align } = place.type(shared.element);
    this.size = size;
    if (length >= 2 ** 28) trap("too many elements");
    if (length) place.check(pointer, length * size, align);
  }

  get isPlain() { return this.element === undefined || this.element in numbers; }

  advance(count) {
    const { at } = this;
    this.at += count * (this.size ?? 0);
    this.left -= count;
    return at;
  }

  read(count) {
    const at = this.advance(count);
    if (this.element === undefined) return Array(count).fill(undefined);
    if (this.element === "u8") return this.place.bytes.slice(at, at + count);
    return Array.from({ length: count }, (_, i) => this.place.load(this.element, at + i * this.size));
  }

  write(values) {
    const at = this.advance(values.length);
    if (this.element === undefined) return;
    if (this.element === "u8") this.place.bytes.set(values, at);
    else values.forEach((value, i) => this.place.store(this.element, at + i * this.size, value));
  }
}

/** Values of the host. */
class HostBuffer {
  constructor(values) { Object.assign(this, { values, at: 0, left: values ? values.length : 1 << 16, taken: [] }); }

  read(count) {
    this.left -= count;
    return this.values.slice(this.at, (this.at += count));
  }

  write(values) {
    this.taken.push(values);
    this.left -= values.length;
  }
}

/** An end that the host has. One operation at a time. */
class HostEnd {
  constructor(shared, writable) { Object.assign(this, { shared, writable, progress: 0 }); }

  /** Writes values; says whether all were taken. Or reads some: an array, or `null` if there are no more. */
  async copy(values) {
    const buffer = new HostBuffer(values);
    while (buffer.left) {
      const over = new Promise((resolve) => { this.finished = resolve; });
      this.shared.begin(this, buffer);
      await over;
      this.shared.forget(this);
      if (this.result === DROPPED) return values ? false : (buffer.taken[0] ?? null);
      if (!values && buffer.taken.length) return buffer.taken[0];
    }
    return true;
  }
}

/** A stream that the module writes. */
export class Stream {
  #end;
  constructor(end) { this.#end = end; }

  /** The next elements, or `null` after the last. */
  read() { return this.#end.copy(); }

  /** No more are wanted. */
  cancel() { this.#end.shared.drop(this.#end); }

  async *[Symbol.asyncIterator]() {
    try {
      for (let some = await this.read(); some; some = await this.read()) yield some;
    } finally {
      this.cancel();
    }
  }
}

/** A future that the module writes. */
export class Future {
  #end;
  constructor(end) { this.#end = end; }

  async value() { return (await this.#end.copy())[0]; }
}
