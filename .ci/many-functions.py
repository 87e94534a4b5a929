"""Prints a component with 20,000 functions that all are live."""

COUNT = 20_000
print("(component (core module $many")
print('  (memory (export "memory") 1)')
for i in range(COUNT):
    callee = f"(call $f{i + 1} (i32.add (local.get 0) (i32.const {i * 7919})))" if i + 1 < COUNT else "(local.get 0)"
    print(f"  (func $f{i} (param i32) (result i32) {callee})")
print('  (export "run" (func $f0)))')
print("  (core instance $i (instantiate $many))")
print('  (func (export "run") (param "x" u32) (result u32) (canon lift (core func $i "run"))))')
