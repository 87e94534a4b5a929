#!/usr/bin/env python3
"""Binds kit.c and a host in C to what wasm2c makes of a fused module with tasks, from its interface description alone.

    bind.py MODULE-NAME INTERFACE.json [WASM2C-VERSION] > bindings.h

For each exported function it defines `call_`, and `callback_` where it has a callback; for each built-in the function that wasm2c wants, on kit.c; each
function of the host is handed on to `host_` and the names on the way to it, with the memory that its values are in. Streams and futures have
elements that are numbers, or none. Names are those of wasm2c 1.0.32, or of 1.0.42.
"""

import json
import re
import sys

CORE = {"i32": "u32", "i64": "u64", "f32": "f32", "f64": "f64"}
SIZES = {"u8": 1, "s8": 1, "u16": 2, "s16": 2, "u32": 4, "s32": 4, "f32": 4, "u64": 8, "s64": 8, "f64": 8}
SIMPLE = {
    "task.cancel": "kit_task_cancel", "context.get": "kit_context_get", "context.set": "kit_context_set",
    "waitable-set.new": "kit_set_new", "waitable-set.drop": "kit_set_drop", "waitable.join": "kit_join",
    "subtask.cancel": "kit_subtask_cancel", "subtask.drop": "kit_subtask_drop", "backpressure.inc": "kit_backpressure_inc",
    "backpressure.dec": "kit_backpressure_dec",
}


def mangled(name):
    """wasm2c's form of a name: letters and digits but Z stay, everything else is a Z and two hexadecimal digits."""
    return "".join(c if re.match(r"[A-Ya-z0-9_]", c) else "".join(f"Z{b:02X}" for b in c.encode()) for c in name)


def escaped(name, of_module=False):
    """The form of a name in later versions: what is no letter, digit or underscore is `0x` and two hexadecimal digits, and so is an underscore at an end or
    behind another one; those of a module are doubled."""
    if "0x" in name:
        sys.exit(f"error: a name with `0x` in it, {name}")
    out, last = "", "_"
    for at, c in enumerate(name):
        if c == "_" and not of_module and (last == "_" or at + 1 == len(name)) or not re.match(r"\w", c, re.ASCII):
            out += "".join(f"0x{b:02X}" for b in c.encode())
            last = ""
        else:
            out += "__" if c == "_" and of_module else c
            last = c
    return out


class Names:
    """How a version of wasm2c names things."""

    def __init__(self, module, version):
        if version == "1.0.32":
            self.type, self.init = f"Z_{module}_instance_t", f"Z_{module}_instantiate"
            self.export = lambda name: f"Z_{module}Z_{mangled(name)}"
            self.host = lambda item: f"struct Z_{mangled(item['module'])}_instance_t"
            self.imported = lambda item: f"Z_{mangled(item['module'])}Z_{mangled(item['field'])}"
        elif version == "1.0.42":
            self.type, self.init = f"w2c_{module}", f"wasm2c_{module}_instantiate"
            self.export = lambda name: f"w2c_{module}_{escaped(name)}"
            self.host = lambda item: f"struct w2c_{escaped(item['module'], True)}"
            self.imported = lambda item: f"w2c_{escaped(item['module'], True)}_{escaped(item['field'])}"
        else:
            sys.exit(f"error: the names of wasm2c {version} are not known")


def identifier(path):
    """`demo:station/host@1.0.0`, `sleep` -> `demo_station_host_sleep`."""
    return "_".join(re.sub(r"\W+", "_", name.split("@")[0]).strip("_") for name in path)


def element_size(interface, item):
    """Bytes of an element; a built-in without a type is of the stream of nothing."""
    if "type" not in item:
        return 0
    element = interface["types"][item["type"]].get("element")
    if element is not None and element not in SIZES:
        sys.exit(f"error: {item['field']}: kit.c copies numbers only")
    return SIZES.get(element, 0)


def builtin(interface, item, memory):
    """The call of kit.c, with parameters p0, p1 and so on."""
    name, asynchronous = item["name"], int(item.get("async_option", False))
    params = [f"p{i}" for i in range(len(item["core"]["params"]))]
    if name == "task.return":
        values = "".join(f"values[{i}] = {param}; " for i, param in enumerate(params))
        return f"u64 values[{max(len(params), 1)}] = {{ 0 }}; {values}kit_task_return(values, {len(params)})"
    if name in SIMPLE:
        slot = [str(item["slot"])] if "slot" in item else []
        return f"{SIMPLE[name]}({', '.join(slot + params)})"
    if name in ("waitable-set.wait", "waitable-set.poll"):
        return f"kit_set_wait({memory}, p0, p1, {int(name.endswith('wait'))})"
    kind, _, what = name.partition(".")
    if kind in ("stream", "future"):
        future, writes = int(kind == "future"), int("writ" in what)
        if what == "new":
            return f"kit_stream_new({element_size(interface, item)}, {future})"
        if what in ("read", "write"):
            return f"kit_copy({memory}, p0, p1, {'1' if future else 'p2'}, {writes}, {asynchronous})"
        if what.startswith("cancel-"):
            return f"kit_cancel_copy(p0, {writes})"
        if what.startswith("drop-"):
            return f"kit_drop_end(p0, {writes})"
    sys.exit(f"error: {item['field']} is not in kit.c")


def main():
    module, file, *version = sys.argv[1:]
    names = Names(module, *version or ["1.0.32"])
    with open(file, encoding="utf-8") as text:
        interface = json.load(text)
    if interface["version"] != 1:
        sys.exit(f"error: version {interface['version']} of the interface is not known")
    export = names.export
    memory_of = lambda item: f"{export(item['memory'])}((module_t *)host)" if "memory" in item else "0"
    result = lambda item: CORE[item["core"]["results"][0]] if item["core"]["results"] else "void"

    print(f"/* Written by bind.py. */\ntypedef {names.type} module_t;")
    for item in interface["exports"]:
        name = identifier(item["path"])
        print(f"#define call_{name} {export(item['field'])}")
        if "callback" in item:
            print(f"static u32 callback_{name}(void *module, u32 event, u32 index, u32 payload) {{")
            print(f"    return {export(item['callback'])}(module, event, index, payload);\n}}")
    for item in interface["imports"]:
        params = [CORE[param] for param in item["core"]["params"]]
        host = f"{names.host(item)} *host"
        given = ", ".join([host, *(f"{ty} p{i}" for i, ty in enumerate(params))])
        if item["kind"] == "function":
            name = f"host_{identifier(item['path'])}"
            print(f"{result(item)} {name}({', '.join(['module_t *', 'wasm_rt_memory_t *', *params])});")
            passed = ["(module_t *)host", memory_of(item), *(f"p{i}" for i in range(len(params)))]
            body = f"{name}({', '.join(passed)})"
        elif item["kind"] == "builtin":
            body = builtin(interface, item, memory_of(item))
        else:
            sys.exit(f"error: {item['field']}: kit.c keeps no resources")
        back = "return " if item["core"]["results"] else ""
        print(f"{result(item)} {names.imported(item)}({given}) {{")
        print(f"    (void)host; {back}{body};\n}}")
    # What each imported module is given is the module itself.
    hosts = len({item["module"] for item in interface["imports"]})
    print("static void instantiate(module_t *module) {")
    print(f"    {names.init}({', '.join(['module', *['(void *)module'] * hosts])});")
    if "initialize" in interface:
        print(f"    {export(interface['initialize'])}(module);")
    print("}")


main()
