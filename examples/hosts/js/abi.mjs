// The canonical ABI for a fused core module, from its interface description alone (docs/interface.md).
//
// `instantiate(bytes, description, host)` gives the exports of the world as functions of JavaScript values. `host` has the
// functions that the world imports, by interface and name. Values: numbers, BigInt for 64 bits, strings, booleans, arrays,
// objects for records (by field) and flags (by label), `{ tag, value }` for variants, a label for enums, `null` or a value
// for options, `{ ok }` or `{ error }` for results. A resource of the host is any value; one of the module is an object that
// only the module understands.

const primitives = {
  bool: [1, "i32"], u8: [1, "i32"], s8: [1, "i32"], u16: [2, "i32"], s16: [2, "i32"], u32: [4, "i32"], s32: [4, "i32"],
  u64: [8, "i64"], s64: [8, "i64"], f32: [4, "f32"], f64: [8, "f64"], char: [4, "i32"],
};

export async function instantiate(bytes, description, host, abi = new Abi(description, host)) {
  const imports = {};
  for (const item of description.imports) (imports[item.module] ??= {})[item.field] = abi.imported(item);
  const { instance } = await WebAssembly.instantiate(bytes, imports);
  abi.begin(instance.exports);
  if (description.initialize) abi.core[description.initialize]();
  const exports = {};
  for (const item of description.exports) {
    const at = item.path.slice(0, -1).reduce((object, name) => (object[name] ??= {}), exports);
    at[item.path.at(-1)] = abi.exported(item);
  }
  return exports;
}

export class Abi {
  constructor(description, host) {
    this.types = description.types;
    this.resources = description.resources;
    this.host = host;
    this.handles = [null]; // Indices begin with 1. An entry: { resource, rep, own }.
    this.free = [];
  }

  /** The module's exports are there. */
  begin(core) { this.core = core; }

  exported(item) {
    const place = new Place(this, item);
    return (...args) => {
      const borrowed = [];
      const flat = place.lower(item.params.map((param) => param.type), args, 16, item.core.params, borrowed);
      const result = this.core[item.field](...flat);
      const value = item.result === undefined ? undefined : place.lift([item.result], [result], 1)[0];
      if (item.post_return) this.core[item.post_return](...(item.core.results.length ? [result] : []));
      for (const index of borrowed) if (this.handles[index]?.own === false) throw new Error("a borrow was kept");
      return value;
    };
  }

  imported(item) {
    switch (item.kind) {
      case "resource-drop":
        return (index) => {
          const { rep, own } = this.remove(index, item.resource);
          if (own && this.resources[item.resource].owner === "module") this.destroy(item.resource, rep);
        };
      case "resource-new":
        return (rep) => this.add(item.resource, rep, true);
      case "resource-rep":
        return (index) => this.entry(index, item.resource).rep;
    }
    const func = this.found(item);
    const place = new Place(this, item);
    const types = item.params.map((param) => param.type);
    return (...flat) => {
      const spilled = item.result !== undefined && place.flat(item.result)?.length !== 1;
      const out = spilled ? flat.pop() : undefined;
      const value = func(...place.lift(types, flat, 16));
      if (item.result === undefined) return;
      if (spilled) place.store(item.result, out >>> 0, value);
      else return place.lowerFlat(item.result, value)[0];
    };
  }

  /** The function of the host for an import. */
  found(item) {
    const func = item.path.reduce((object, name) => object?.[name], this.host);
    if (!func) throw new Error(`the host has no ${item.path.join("#")}`);
    return func;
  }

  destroy(resource, rep) {
    const name = this.resources[resource].destructor;
    if (name) this.core[name](rep);
  }

  add(resource, rep, own) {
    const index = this.free.pop() ?? this.handles.length;
    this.handles[index] = { resource, rep, own };
    return index;
  }

  entry(index, resource) {
    const entry = this.handles[index];
    if (!entry || entry.resource !== resource) throw new Error(`${index} is no handle of ${this.resources[resource].name}`);
    return entry;
  }

  remove(index, resource) {
    const entry = this.entry(index, resource);
    this.handles[index] = null;
    this.free.push(index);
    return entry;
  }
}

/** Where the values of one function are: its memory, its realloc, its encoding. */
export class Place {
  constructor(abi, item) {
    Object.assign(this, { abi, memory: item.memory, reallocName: item.realloc, encoding: item.encoding });
  }

  get bytes() { return new Uint8Array(this.abi.core[this.memory].buffer); }
  get view() { return new DataView(this.abi.core[this.memory].buffer); }

  realloc(align, size) { return this.abi.core[this.reallocName](0, 0, align, size) >>> 0; }

  type(type) { return typeof type === "number" ? this.abi.types[type] : { kind: type, ...this.primitive(type) }; }

  primitive(name) {
    if (name === "string") return { size: 8, align: 4, flat: ["i32", "i32"] };
    const [size, flat] = primitives[name];
    return { size, align: size, flat: [flat] };
  }

  flat(type) { return this.type(type).flat; }

  /** The cases of everything that is passed as a variant. */
  cases(type) {
    switch (type.kind) {
      case "variant": return type.cases;
      case "enum": return type.labels.map((name) => ({ name }));
      case "option": return [{ name: "none" }, { name: "some", type: type.element }];
      case "result": return [{ name: "ok", type: type.ok }, { name: "error", type: type.error }];
    }
  }

  /** The parts of everything that is passed as a record. */
  parts(type) {
    switch (type.kind) {
      case "record": return type.fields.map((field) => field.type);
      case "tuple": return type.elements;
      case "fixed-length-list": return Array(type.length).fill(type.element);
    }
  }

  offsets(types) {
    let offset = 0;
    return types.map((each) => {
      const { size, align } = this.type(each);
      const at = Math.ceil(offset / align) * align;
      offset = at + size;
      return at;
    });
  }

  discriminant(cases) { return cases.length <= 256 ? 1 : cases.length <= 65536 ? 2 : 4; }

  payload(cases) {
    const size = this.discriminant(cases);
    const align = Math.max(...cases.map((each) => (each.type === undefined ? 1 : this.type(each.type).align)));
    return Math.ceil(size / align) * align;
  }

  // Values in and out of JavaScript.

  enter(type, tag, value) {
    const { name } = this.cases(type)[tag];
    switch (type.kind) {
      case "variant": return { tag: name, value };
      case "enum": return name;
      case "option": return tag ? value : null;
      case "result": return tag ? { error: value } : { ok: value };
    }
  }

  leave(type, value) {
    const index = (name) => this.cases(type).findIndex((each) => each.name === name);
    switch (type.kind) {
      case "variant": return [index(value.tag), value.value];
      case "enum": return [index(value), undefined];
      case "option": return value === null ? [0, undefined] : [1, value];
      case "result": return "ok" in value ? [0, value.ok] : [1, value.error];
    }
  }

  gather(type, values) {
    return type.kind === "record" ? Object.fromEntries(type.fields.map((field, i) => [field.name, values[i]])) : values;
  }

  scatter(type, value) {
    return type.kind === "record" ? type.fields.map((field) => value[field.name]) : [...value];
  }

  scalar(kind, bits) {
    switch (kind) {
      case "bool": return bits !== 0;
      case "u8": return bits & 0xff;
      case "s8": return (bits << 24) >> 24;
      case "u16": return bits & 0xffff;
      case "s16": return (bits << 16) >> 16;
      case "u32": return bits >>> 0;
      case "s32": return bits | 0;
      case "u64": return BigInt.asUintN(64, bits);
      case "s64": return BigInt.asIntN(64, bits);
      case "char":
        if (bits >>> 0 >= 0x110000 || (bits >= 0xd800 && bits <= 0xdfff)) throw new Error("not a char");
        return String.fromCodePoint(bits);
      default: return bits;
    }
  }

  bits(kind, value) {
    if (kind === "bool") return value ? 1 : 0;
    if (kind === "char") return value.codePointAt(0);
    return value;
  }

  flags(type, bits) {
    return Object.fromEntries(type.labels.map((label, i) => [label, ((bits >>> i) & 1) === 1]));
  }

  flagBits(type, value) { return type.labels.reduce((bits, label, i) => bits | ((value[label] ? 1 : 0) << i), 0); }

  handle(type, index) {
    const owner = this.abi.resources[type.resource].owner;
    // The implementer of a resource is given what it keeps, not a handle.
    if (type.kind === "borrow") return this.abi.entry(index, type.resource).rep;
    const { rep } = this.abi.remove(index, type.resource);
    return owner === "host" ? rep : { resource: type.resource, rep };
  }

  index(type, value, borrowed) {
    const owner = this.abi.resources[type.resource].owner;
    const rep = owner === "host" ? value : value.rep;
    if (type.kind === "own") return this.abi.add(type.resource, rep, true);
    if (owner === "module") return rep;
    const index = this.abi.add(type.resource, rep, false);
    borrowed?.push(index);
    return index;
  }

  text(address, length) {
    const tagged = this.encoding === "latin1+utf16" && length >>> 31;
    const wide = this.encoding === "utf16" || tagged;
    const bytes = (wide ? (length & 0x7fffffff) * 2 : length) >>> 0;
    this.check(address, bytes, this.encoding === "utf8" ? 1 : 2);
    const slice = this.bytes.subarray(address, address + bytes);
    if (wide) return new TextDecoder("utf-16le", { fatal: true }).decode(slice);
    if (this.encoding === "utf8") return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(slice);
    return Array.from(slice, (byte) => String.fromCharCode(byte)).join("");
  }

  textOut(value) {
    if (this.encoding === "utf8") {
      const encoded = new TextEncoder().encode(value);
      const address = this.realloc(1, encoded.length);
      this.bytes.set(encoded, address);
      return [address, encoded.length];
    }
    const narrow = this.encoding === "latin1+utf16" && [...value].every((c) => c.codePointAt(0) < 256);
    const units = Array.from({ length: value.length }, (_, i) => value.charCodeAt(i));
    const address = this.realloc(2, units.length * (narrow ? 1 : 2));
    units.forEach((unit, i) => {
      if (narrow) this.view.setUint8(address + i, unit);
      else this.view.setUint16(address + 2 * i, unit, true);
    });
    return [address, this.encoding === "latin1+utf16" && !narrow ? (units.length | 0x80000000) >>> 0 : units.length];
  }

  check(address, size, align) {
    if (address % align !== 0) throw new Error(`${address} is not a multiple of ${align}`);
    if (address + size > this.bytes.length) throw new Error(`${size} bytes at ${address} are not all in ${this.memory}`);
  }

  element(type) { return type.kind === "map" ? [type.key, type.value] : null; }

  listIn(type, address, length) {
    const parts = this.element(type);
    const each = parts ? this.tuple(parts) : this.type(type.element);
    this.check(address, length * each.size, each.align);
    return Array.from({ length }, (_, i) => {
      const at = address + i * each.size;
      return parts ? this.loadParts(parts, at) : this.load(type.element, at);
    });
  }

  listOut(type, values) {
    const parts = this.element(type);
    const each = parts ? this.tuple(parts) : this.type(type.element);
    const list = parts ? [...(values instanceof Map ? values : new Map(values))] : [...values];
    const address = this.realloc(each.align, each.size * list.length);
    list.forEach((value, i) => {
      const at = address + i * each.size;
      if (parts) this.storeParts(parts, at, value);
      else this.store(type.element, at, value);
    });
    return [address, list.length];
  }

  tuple(types) {
    const align = Math.max(1, ...types.map((each) => this.type(each).align));
    const end = types.length ? this.offsets(types).at(-1) + this.type(types.at(-1)).size : 0;
    return { size: Math.ceil(end / align) * align, align };
  }

  loadParts(types, address) {
    const offsets = this.offsets(types);
    return types.map((each, i) => this.load(each, address + offsets[i]));
  }

  storeParts(types, address, values, borrowed) {
    const offsets = this.offsets(types);
    types.forEach((each, i) => this.store(each, address + offsets[i], values[i], borrowed));
  }

  unsigned(address, size) {
    const { view } = this;
    return size === 1 ? view.getUint8(address) : size === 2 ? view.getUint16(address, true) : view.getUint32(address, true);
  }

  setUnsigned(address, size, value) {
    const { view } = this;
    if (size === 1) view.setUint8(address, value);
    else if (size === 2) view.setUint16(address, value, true);
    else view.setUint32(address, value, true);
  }

  load(ref, address) {
    const type = this.type(ref);
    const { kind } = type;
    const parts = this.parts(type);
    if (parts) return this.gather(type, this.loadParts(parts, address));
    const cases = this.cases(type);
    if (cases) {
      const tag = this.unsigned(address, this.discriminant(cases));
      if (tag >= cases.length) throw new Error(`${tag} is no case`);
      const payload = cases[tag].type;
      return this.enter(type, tag, payload === undefined ? undefined : this.load(payload, address + this.payload(cases)));
    }
    switch (kind) {
      case "string": return this.text(this.unsigned(address, 4), this.unsigned(address + 4, 4));
      case "list":
      case "map": return this.listIn(type, this.unsigned(address, 4), this.unsigned(address + 4, 4));
      case "flags": return this.flags(type, this.unsigned(address, type.size));
      case "own":
      case "borrow": return this.handle(type, this.unsigned(address, 4));
      case "stream":
      case "future": return this.abi.endIn(type, this.unsigned(address, 4));
      case "u64":
      case "s64": return this.scalar(kind, this.view.getBigUint64(address, true));
      case "f32": return this.view.getFloat32(address, true);
      case "f64": return this.view.getFloat64(address, true);
      default: return this.scalar(kind, this.unsigned(address, type.size));
    }
  }

  store(ref, address, value, borrowed) {
    const type = this.type(ref);
    const { kind } = type;
    const parts = this.parts(type);
    if (parts) return this.storeParts(parts, address, this.scatter(type, value), borrowed);
    const cases = this.cases(type);
    if (cases) {
      const [tag, payload] = this.leave(type, value);
      this.setUnsigned(address, this.discriminant(cases), tag);
      const payloadType = cases[tag].type;
      if (payloadType !== undefined) this.store(payloadType, address + this.payload(cases), payload, borrowed);
      return;
    }
    switch (kind) {
      case "string":
      case "list":
      case "map": {
        const [at, length] = kind === "string" ? this.textOut(value) : this.listOut(type, value);
        this.setUnsigned(address, 4, at);
        this.setUnsigned(address + 4, 4, length);
        return;
      }
      case "flags": return this.setUnsigned(address, type.size, this.flagBits(type, value));
      case "own":
      case "borrow": return this.setUnsigned(address, 4, this.index(type, value, borrowed));
      case "stream":
      case "future": return this.setUnsigned(address, 4, this.abi.endOut(type, value));
      case "u64":
      case "s64": return this.view.setBigUint64(address, BigInt.asUintN(64, value), true);
      case "f32": return this.view.setFloat32(address, value, true);
      case "f64": return this.view.setFloat64(address, value, true);
      default: return this.setUnsigned(address, type.size, this.bits(kind, value));
    }
  }

  /** Values of these types, from the core values of a call or from memory. */
  lift(types, flat, limit) {
    const forms = types.map((each) => this.flat(each));
    const count = forms.reduce((sum, form) => sum + (form?.length ?? Infinity), 0);
    if (count > limit) {
      const address = flat[0] >>> 0;
      const { size, align } = this.tuple(types);
      this.check(address, size, align);
      return this.loadParts(types, address);
    }
    const values = [...flat];
    return types.map((each) => this.liftFlat(each, values));
  }

  liftFlat(ref, values) {
    const type = this.type(ref);
    const { kind } = type;
    const parts = this.parts(type);
    if (parts) return this.gather(type, parts.map((each) => this.liftFlat(each, values)));
    const cases = this.cases(type);
    if (cases) {
      const tag = values.shift() >>> 0;
      if (tag >= cases.length) throw new Error(`${tag} is no case`);
      const joined = values.splice(0, type.flat.length - 1);
      const payload = cases[tag].type;
      if (payload === undefined) return this.enter(type, tag, undefined);
      const own = this.flat(payload).map((form, i) => convert(joined[i], type.flat[i + 1], form));
      return this.enter(type, tag, this.liftFlat(payload, own));
    }
    switch (kind) {
      case "string": return this.text(values.shift() >>> 0, values.shift() >>> 0);
      case "list":
      case "map": return this.listIn(type, values.shift() >>> 0, values.shift() >>> 0);
      case "flags": return this.flags(type, values.shift());
      case "own":
      case "borrow": return this.handle(type, values.shift());
      case "stream":
      case "future": return this.abi.endIn(type, values.shift());
      default: return this.scalar(kind, values.shift());
    }
  }

  /** Core values for these values: themselves, or where they are in memory. */
  lower(types, values, limit, core, borrowed) {
    const forms = types.map((each) => this.flat(each));
    const count = forms.reduce((sum, form) => sum + (form?.length ?? Infinity), 0);
    if (count <= limit) return types.flatMap((each, i) => this.lowerFlat(each, values[i], borrowed));
    const { size, align } = this.tuple(types);
    const address = this.realloc(align, size);
    this.storeParts(types, address, values, borrowed);
    return [address];
  }

  lowerFlat(ref, value, borrowed) {
    const type = this.type(ref);
    const { kind } = type;
    const parts = this.parts(type);
    if (parts) {
      const each = this.scatter(type, value);
      return parts.flatMap((part, i) => this.lowerFlat(part, each[i], borrowed));
    }
    const cases = this.cases(type);
    if (cases) {
      const [tag, payload] = this.leave(type, value);
      const payloadType = cases[tag].type;
      const own = payloadType === undefined ? [] : this.lowerFlat(payloadType, payload, borrowed);
      const forms = payloadType === undefined ? [] : this.flat(payloadType);
      const rest = type.flat.slice(1).map((form, i) => (i < own.length ? convert(own[i], forms[i], form) : zero(form)));
      return [tag, ...rest];
    }
    switch (kind) {
      case "string": return this.textOut(value);
      case "list":
      case "map": return this.listOut(type, value);
      case "flags": return [this.flagBits(type, value)];
      case "own":
      case "borrow": return [this.index(type, value, borrowed)];
      case "stream":
      case "future": return [this.abi.endOut(type, value)];
      default: return [this.bits(kind, value)];
    }
  }
}

const zero = (form) => (form === "i64" ? 0n : 0);

/** A core value as one of another core type: where cases of a variant share it, its bits are what counts. */
function convert(value, from, to) {
  if (from === to) return value;
  const view = new DataView(new ArrayBuffer(8));
  if (from === "i32") view.setInt32(0, value, true);
  else if (from === "i64") view.setBigInt64(0, BigInt.asIntN(64, value), true);
  else if (from === "f32") view.setFloat32(0, value, true);
  else view.setFloat64(0, value, true);
  if (to === "i32") return view.getInt32(0, true);
  if (to === "i64") return view.getBigInt64(0, true);
  return to === "f32" ? view.getFloat32(0, true) : view.getFloat64(0, true);
}
