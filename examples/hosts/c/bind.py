#!/usr/bin/env python3
"""Binds a C host to what wasm2c makes of a fused module, from its interface description alone.

    bind.py MODULE-NAME INTERFACE.json > bindings.h

For each exported function it says where its values are (its memory and its realloc), how it is called and how its result is
given back; for each import it defines the function that wasm2c wants and hands the call on, with the place of its values, to
one function of the host, `host_` and the names on the way to the import. Names are those of wasm2c 1.0.32.
"""

import json
import re
import sys

CORE = {"i32": "u32", "i64": "u64", "f32": "f32", "f64": "f64"}


def mangled(name):
    """wasm2c's form of a name: letters and digits but Z stay, everything else is a Z and two hexadecimal digits."""
    return "".join(c if re.match(r"[A-Ya-z0-9_]", c) else "".join(f"Z{b:02X}" for b in c.encode()) for c in name)


def identifier(path):
    """`demo:hosts/notes@1.0.0`, `note` -> `demo_hosts_notes_note`."""
    return "_".join(re.sub(r"\W+", "_", name.split("@")[0]).strip("_") for name in path)


def main():
    module, file = sys.argv[1:]
    with open(file, encoding="utf-8") as text:
        interface = json.load(text)
    if interface["version"] != 1:
        sys.exit(f"error: version {interface['version']} of the interface is not known")
    instance = f"Z_{module}_instance_t"
    export = lambda name: f"Z_{module}Z_{mangled(name)}"
    pointer = lambda name: export(name) if name else "0"

    print("/* Written by bind.py. */")
    print(f"typedef {instance} module_t;")
    print("struct place { wasm_rt_memory_t *(*memory)(module_t *); u32 (*allocate)(module_t *, u32, u32, u32, u32); };")
    initialize = interface.get("initialize")
    print(f"static void initialize(module_t *module) {{ {export(initialize) + '(module);' if initialize else '(void)module;'} }}")
    for item in interface["exports"]:
        name = identifier(item["path"])
        place = f"{{ {pointer(item.get('memory'))}, {pointer(item.get('realloc'))} }}"
        print(f"static const struct place place_of_{name} = {place};")
        print(f"#define call_{name} {export(item['field'])}")
        after = item.get("post_return")
        print(f"#define done_{name}(module, result) {export(after) + '(module, result)' if after else '((void)0)'}")

    functions = [item for item in interface["imports"] if item["kind"] == "function"]
    if len(functions) != len(interface["imports"]):
        sys.exit("error: this host keeps no handles")
    result = lambda item: CORE[item["core"]["results"][0]] if item["core"]["results"] else "void"
    declared = set()
    for item in functions:
        name = f"host_{identifier(item['path'])}"
        params = [CORE[param] for param in item["core"]["params"]]
        if name not in declared:
            declared.add(name)
            print(f"{result(item)} {name}({', '.join(['module_t *', 'const struct place *', *params])});")
        given = ", ".join(f"{ty} p{i}" for i, ty in enumerate(params))
        passed = ", ".join(f"p{i}" for i in range(len(params)))
        host = f"struct Z_{mangled(item['module'])}_instance_t"
        print(f"{result(item)} Z_{mangled(item['module'])}Z_{mangled(item['field'])}({host} *host{', ' + given if given else ''}) {{")
        print(f"    static const struct place place = {{ {pointer(item.get('memory'))}, {pointer(item.get('realloc'))} }};")
        # What the host is given when the module is made is the module itself.
        back = "return " if item["core"]["results"] else ""
        print(f"    {back}{name}((module_t *)host, &place{', ' + passed if passed else ''});")
        print("}")


main()
