"""The canonical ABI for a fused core module, from its interface description alone (docs/interface.md).

`instantiate(store, module, description, host)` gives the exports of the world as functions of Python values. `host` maps the
path of an import, its names joined with `#`, to a function. Values: int, float, bool, str, list, tuple; bytes for list<u8>;
dict for records and flags; a label for enums; `(case, value)` for variants; `None` or a value for options; `Ok` or `Err`
for results. A resource of the host is any object; a handle of it is this module's affair.
"""

import struct
from dataclasses import dataclass
from typing import Any

import wasmtime


@dataclass
class Ok:
    value: Any = None


@dataclass
class Err:
    value: Any = None


# Format of `struct`, core type.
SCALARS = {
    "bool": ("B", "i32"), "u8": ("B", "i32"), "s8": ("b", "i32"), "u16": ("H", "i32"), "s16": ("h", "i32"),
    "u32": ("I", "i32"), "s32": ("i", "i32"), "u64": ("Q", "i64"), "s64": ("q", "i64"),
    "f32": ("f", "f32"), "f64": ("d", "f64"), "char": ("I", "i32"),
}
CORE = {"i32": wasmtime.ValType.i32, "i64": wasmtime.ValType.i64, "f32": wasmtime.ValType.f32, "f64": wasmtime.ValType.f64}


def unsigned(value, bits=32):
    return value & ((1 << bits) - 1)


def signed(value, bits):
    """wasmtime takes integers as signed numbers."""
    value = unsigned(value, bits)
    return value - (1 << bits) if value >> (bits - 1) else value


class Table:
    """Handles, from index 1; a free index is used again, the last one first."""

    def __init__(self):
        self.entries, self.free = [None], []

    def add(self, resource, rep):
        index = self.free.pop() if self.free else len(self.entries)
        self.entries[index:index + 1] = [(resource, rep)]
        return index

    def get(self, index, resource):
        entry = self.entries[index] if 0 < index < len(self.entries) else None
        if entry is None or entry[0] != resource:
            raise wasmtime.WasmtimeError(f"unknown handle index {index}")
        return entry[1]

    def remove(self, index, resource):
        rep = self.get(index, resource)
        self.entries[index] = None
        self.free.append(index)
        return rep


def instantiate(store, module, description, host):
    if any(resource["owner"] != "host" for resource in description["resources"]):
        raise NotImplementedError("resources of the module")
    abi = Abi(store, description, host)
    linker = wasmtime.Linker(store.engine)
    for item in description["imports"]:
        core = item["core"]
        ty = wasmtime.FuncType([CORE[t]() for t in core["params"]], [CORE[t]() for t in core["results"]])
        linker.define_func(item["module"], item["field"], ty, abi.imported(item))
    abi.core = linker.instantiate(store, module).exports(store)
    if "initialize" in description:
        abi.core[description["initialize"]](store)
    return {"#".join(item["path"]): abi.exported(item) for item in description["exports"]}


class Abi:
    def __init__(self, store, description, host):
        self.store, self.host = store, host
        self.types, self.resources = description["types"], description["resources"]
        self.handles, self.core = Table(), None

    def imported(self, item):
        if item["kind"] == "resource-drop":
            return lambda index: self.handles.remove(unsigned(index), item["resource"]) and None
        function = self.host.get("#".join(item["path"]))
        if function is None:
            raise KeyError(f"the host has no {'#'.join(item['path'])}")
        place = Place(self, item)
        types, result = [param["type"] for param in item["params"]], item.get("result")
        spilled = result is not None and not item["core"]["results"]

        def call(*flat):
            flat = list(flat)
            out = unsigned(flat.pop()) if spilled else None
            value = function(*place.lift(types, flat))
            if result is None:
                return None
            if spilled:
                return place.store(result, out, value)
            return place.core_value(item["core"]["results"][0], place.lower_flat(result, value)[0])

        return call

    def exported(self, item):
        place = Place(self, item)
        types, result = [param["type"] for param in item["params"]], item.get("result")

        def call(*args):
            flat = place.lower(types, args, item["core"]["params"])
            found = self.core[item["field"]](self.store, *flat)
            found = [] if found is None else [found]
            value = None if result is None else place.lift([result], found, 1)[0]
            if "post_return" in item:
                self.core[item["post_return"]](self.store, *found)
            return value

        return call


class Place:
    """Where the values of one function are: its memory, its realloc."""

    def __init__(self, abi, item):
        if item.get("encoding", "utf8") != "utf8":
            raise NotImplementedError(item["encoding"])
        self.abi, self.memory, self.realloc = abi, item.get("memory"), item.get("realloc")

    def read(self, address, size):
        memory = self.abi.core[self.memory]
        if address + size > memory.data_len(self.abi.store):
            raise wasmtime.WasmtimeError(f"{size} bytes at {address} are not all in {self.memory}")
        return bytes(memory.read(self.abi.store, address, address + size))

    def write(self, address, data):
        self.abi.core[self.memory].write(self.abi.store, data, address)

    def allocate(self, align, size):
        return unsigned(self.abi.core[self.realloc](self.abi.store, 0, 0, align, size))

    def number(self, format, address):
        return struct.unpack("<" + format, self.read(address, struct.calcsize(format)))[0]

    def core_value(self, core, value):
        return value if core[0] == "f" else signed(value, int(core[1:]))

    def type(self, ref):
        if isinstance(ref, int):
            return self.abi.types[ref]
        if ref == "string":
            return {"kind": ref, "size": 8, "align": 4, "flat": ["i32", "i32"]}
        format, core = SCALARS[ref]
        size = struct.calcsize(format)
        return {"kind": ref, "size": size, "align": size, "flat": [core]}

    def parts(self, type):
        return {
            "record": lambda: [field["type"] for field in type["fields"]],
            "tuple": lambda: type["elements"],
        }.get(type["kind"], lambda: None)()

    def cases(self, type):
        return {
            "variant": lambda: [(case["name"], case.get("type")) for case in type["cases"]],
            "enum": lambda: [(label, None) for label in type["labels"]],
            "option": lambda: [("none", None), ("some", type["element"])],
            "result": lambda: [("ok", type.get("ok")), ("error", type.get("error"))],
        }.get(type["kind"], lambda: None)()

    def enter(self, type, tag, value):
        name = self.cases(type)[tag][0]
        return {
            "variant": lambda: (name, value), "enum": lambda: name, "option": lambda: value,
            "result": lambda: Err(value) if tag else Ok(value),
        }[type["kind"]]()

    def leave(self, type, value):
        names = [name for name, _ in self.cases(type)]
        return {
            "variant": lambda: (names.index(value[0]), value[1]), "enum": lambda: (names.index(value), None),
            "option": lambda: (int(value is not None), value), "result": lambda: (int(isinstance(value, Err)), value.value),
        }[type["kind"]]()

    def offsets(self, types):
        offset, offsets, most = 0, [], 1
        for ref in types:
            type = self.type(ref)
            offset = -(-offset // type["align"]) * type["align"]
            offsets.append(offset)
            offset, most = offset + type["size"], max(most, type["align"])
        return offsets, -(-offset // most) * most, most

    def payload(self, cases):
        size = 1 if len(cases) <= 256 else 2 if len(cases) <= 65536 else 4
        align = max([1] + [self.type(ref)["align"] for _, ref in cases if ref is not None])
        return size, -(-size // align) * align

    def gather(self, type, values):
        return dict(zip([f["name"] for f in type["fields"]], values)) if type["kind"] == "record" else tuple(values)

    def scatter(self, type, value):
        return [value[f["name"]] for f in type["fields"]] if type["kind"] == "record" else list(value)

    def flags_in(self, type, bits):
        return {label: bool(bits >> i & 1) for i, label in enumerate(type["labels"])}

    def flags_out(self, type, value):
        return sum(1 << i for i, label in enumerate(type["labels"]) if value.get(label))

    def list_in(self, type, address, length):
        element = self.type(type["element"])
        data = self.read(address, length * element["size"])
        if element["kind"] == "u8":
            return data
        return [self.load(type["element"], address + i * element["size"]) for i in range(length)]

    def list_out(self, type, values):
        element = self.type(type["element"])
        address = self.allocate(element["align"], element["size"] * len(values))
        if element["kind"] == "u8":
            self.write(address, bytes(values))
        else:
            for i, value in enumerate(values):
                self.store(type["element"], address + i * element["size"], value)
        return address, len(values)

    def text_out(self, value):
        data = value.encode()
        address = self.allocate(1, len(data))
        self.write(address, data)
        return address, len(data)

    def handle_in(self, type, index):
        table = self.abi.handles
        return (table.remove if type["kind"] == "own" else table.get)(unsigned(index), type["resource"])

    def load(self, ref, address):
        type = self.type(ref)
        kind, parts, cases = type["kind"], self.parts(type), self.cases(type)
        if parts is not None:
            return self.gather(type, [self.load(p, address + o) for p, o in zip(parts, self.offsets(parts)[0])])
        if cases is not None:
            size, offset = self.payload(cases)
            tag = int.from_bytes(self.read(address, size), "little")
            payload = cases[tag][1]
            return self.enter(type, tag, None if payload is None else self.load(payload, address + offset))
        if kind in ("string", "list"):
            at, length = self.number("I", address), self.number("I", address + 4)
            return self.read(at, length).decode() if kind == "string" else self.list_in(type, at, length)
        if kind in ("own", "borrow"):
            return self.handle_in(type, self.number("I", address))
        if kind == "flags":
            return self.flags_in(type, int.from_bytes(self.read(address, type["size"]), "little"))
        return self.scalar(kind, self.number(SCALARS[kind][0], address))

    def scalar(self, kind, value):
        return bool(value) if kind == "bool" else chr(value) if kind == "char" else value

    def store(self, ref, address, value):
        type = self.type(ref)
        kind, parts, cases = type["kind"], self.parts(type), self.cases(type)
        if parts is not None:
            for part, offset, each in zip(parts, self.offsets(parts)[0], self.scatter(type, value)):
                self.store(part, address + offset, each)
        elif cases is not None:
            size, offset = self.payload(cases)
            tag, payload = self.leave(type, value)
            self.write(address, tag.to_bytes(size, "little"))
            if cases[tag][1] is not None:
                self.store(cases[tag][1], address + offset, payload)
        elif kind in ("string", "list"):
            at, length = self.text_out(value) if kind == "string" else self.list_out(type, value)
            self.write(address, struct.pack("<II", at, length))
        elif kind == "own":
            self.write(address, struct.pack("<I", self.abi.handles.add(type["resource"], value)))
        elif kind == "flags":
            self.write(address, self.flags_out(type, value).to_bytes(type["size"], "little"))
        else:
            value = ord(value) if kind == "char" else value
            self.write(address, struct.pack("<" + SCALARS[kind][0], value))

    def lift(self, types, flat, limit=16):
        forms = [self.type(ref).get("flat") for ref in types]
        if None in forms or sum(map(len, forms)) > limit:
            address = unsigned(flat[0])
            return [self.load(ref, address + offset) for ref, offset in zip(types, self.offsets(types)[0])]
        flat = list(flat)
        return [self.lift_flat(ref, flat) for ref in types]

    def lift_flat(self, ref, flat):
        type = self.type(ref)
        kind, parts, cases = type["kind"], self.parts(type), self.cases(type)
        if parts is not None:
            return self.gather(type, [self.lift_flat(part, flat) for part in parts])
        if cases is not None:
            tag, joined = unsigned(flat.pop(0)), [flat.pop(0) for _ in type["flat"][1:]]
            payload = cases[tag][1]
            if payload is None:
                return self.enter(type, tag, None)
            own = [convert(v, a, b) for v, a, b in zip(joined, type["flat"][1:], self.type(payload)["flat"])]
            return self.enter(type, tag, self.lift_flat(payload, own))
        if kind in ("string", "list"):
            at, length = unsigned(flat.pop(0)), unsigned(flat.pop(0))
            return self.read(at, length).decode() if kind == "string" else self.list_in(type, at, length)
        if kind in ("own", "borrow"):
            return self.handle_in(type, flat.pop(0))
        if kind == "flags":
            return self.flags_in(type, flat.pop(0))
        format, core = SCALARS[kind]
        value = flat.pop(0)
        if core[0] == "i":
            bits = 8 * struct.calcsize(format)
            value = signed(value, bits) if format.islower() else unsigned(value, bits)
        return self.scalar(kind, value)

    def lower(self, types, values, core):
        forms = [self.type(ref).get("flat") for ref in types]
        if None in forms or sum(map(len, forms)) > 16:
            offsets, size, align = self.offsets(types)
            address = self.allocate(align, size)
            for ref, offset, value in zip(types, offsets, values):
                self.store(ref, address + offset, value)
            flat = [address]
        else:
            flat = [v for ref, value in zip(types, values) for v in self.lower_flat(ref, value)]
        return [self.core_value(c, v) for c, v in zip(core, flat)]

    def lower_flat(self, ref, value):
        type = self.type(ref)
        kind, parts, cases = type["kind"], self.parts(type), self.cases(type)
        if parts is not None:
            return [v for part, each in zip(parts, self.scatter(type, value)) for v in self.lower_flat(part, each)]
        if cases is not None:
            tag, payload = self.leave(type, value)
            own = [] if cases[tag][1] is None else self.lower_flat(cases[tag][1], payload)
            forms = [] if cases[tag][1] is None else self.type(cases[tag][1])["flat"]
            own = [convert(v, a, b) for v, a, b in zip(own, forms, type["flat"][1:])]
            return [tag] + own + [0] * (len(type["flat"]) - 1 - len(own))
        if kind in ("string", "list"):
            return list(self.text_out(value) if kind == "string" else self.list_out(type, value))
        if kind == "own":
            return [self.abi.handles.add(type["resource"], value)]
        if kind == "flags":
            return [self.flags_out(type, value)]
        return [ord(value) if kind == "char" else int(value) if kind == "bool" else value]


FORMATS = {"i32": "i", "i64": "q", "f32": "f", "f64": "d"}


def convert(value, core, to):
    """A core value as one of another core type: where cases of a variant share it, its bits are what counts."""
    if core == to:
        return value
    value = signed(value, int(core[1:])) if core[0] == "i" else value
    data = struct.pack("<" + FORMATS[core], value).ljust(8, b"\0")
    return struct.unpack_from("<" + FORMATS[to], data)[0]
