#!/usr/bin/env bash
# Fuses notes.wat and runs it under a host in JavaScript and one in C, and a command under one in Python, each written from
# the interface description; all must print what is expected. Then what is asynchronous, in async/. `run.sh MELD`, where MELD is the command. Needs Node.js 22 or
# later (or NODE set to one), Python with `wasmtime` from PyPI (or PYTHON set to one), a C compiler, and wasm2c 1.0.32 with
# its runtime (Debian 12's wabt).
set -euo pipefail
meld=$(realpath "$1")
cd "$(dirname "$0")"
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

"$meld" fuse notes.wat -o "$out/notes.wasm" --interface "$out/notes.json"

"${NODE:-node}" js/notes.mjs "$out/notes.wasm" "$out/notes.json" >"$out/js"
diff expected.txt "$out/js"
echo "JavaScript: as expected"

runtime=/usr/src/wasm2c
if [ "$(wasm2c --version)" != 1.0.32 ]; then
    echo "error: this needs wasm2c 1.0.32 (Debian 12's wabt); here is $(wasm2c --version)" >&2
    exit 1
fi
wasm2c --enable-multi-memory -n notes "$out/notes.wasm" -o "$out/notes.c"
python3 c/bind.py notes "$out/notes.json" >"$out/bindings.h"
cc -O1 -I"$out" -I$runtime c/notes.c "$out/notes.c" $runtime/wasm-rt-impl.c -lm -o "$out/notes"
"$out/notes" >"$out/c"
# The C host does not say what it has heard.
diff <(grep -v '^heard' expected.txt) "$out/c"
echo "C: as expected"

# A command of WASI 0.2 as a core module, in Python (PYTHON set to one that has `wasmtime` from PyPI).
fixture=../../tests/wit_bindgen/fixtures/wasi-command.wasm
"$meld" fuse $fixture -o "$out/command.wasm" --interface "$out/command.json"
mkdir "$out/folder"
printf 'Ada 12\nYukihiro -3\nAda 5\n' >"$out/folder/ledger.txt"
command() { "${PYTHON:-python3}" python/wasi_command.py "$out/command.wasm" "$out/command.json" "$out/folder" "$@"; }
LEDGER_CURRENCY=¥ command ledger.txt summary.txt >"$out/python"
cat "$out/folder/summary.txt" >>"$out/python"
if command absent.txt 2>>"$out/python"; then
    echo 'error: a ledger that is absent is no success' >&2
    exit 1
fi
diff expected-command.txt "$out/python"
echo "Python: as expected"

# Asynchronous functions: tasks, timers and streams of bytes. The host in Rust is run by `cargo test -p async-host`.
# First one component that uses tasks, then two, whose tasks are in the module; it keeps a set of its own.
"$meld" fuse async/station.wat -o "$out/station.wasm" --interface "$out/station.json"
"$meld" fuse async/watch.wat async/station.wat -o "$out/watch.wasm" --interface "$out/watch.json"
cp async/expected.txt "$out/expected-station"
sed 's/^left: 0$/left: 1/' async/expected.txt >"$out/expected-watch"
for example in station watch; do
    "${NODE:-node}" async/js/station.mjs "$out/$example.wasm" "$out/$example.json" >"$out/async-js"
    diff "$out/expected-$example" "$out/async-js"
    echo "asynchronous, JavaScript, $example: as expected"

    mkdir "$out/$example"
    wasm2c --enable-multi-memory -n station "$out/$example.wasm" -o "$out/$example/station.c"
    python3 async/c/bind.py station "$out/$example.json" >"$out/$example/bindings.h"
    cc -O1 -I"$out/$example" -Iasync/c -I$runtime async/c/station.c async/c/kit.c "$out/$example/station.c" \
        $runtime/wasm-rt-impl.c -lm -o "$out/$example/station"
    "$out/$example/station" >"$out/async-c"
    diff "$out/expected-$example" "$out/async-c"
    echo "asynchronous, C, $example: as expected"
done

# All asynchronous fixtures that are core modules, and no others.
tests=../../tests/wit_bindgen
mkdir "$out/fixtures"
for fixture in "$tests"/fixtures/async/*.wasm; do
    name=$(basename "$fixture" .wasm)
    if grep -q "^$name the host has no " "$tests/not-core.txt"; then
        "$meld" fuse "$fixture" -o "$out/hostless.wasm"
    elif grep -q "^$name " "$tests/not-core.txt"; then
        ! "$meld" fuse "$fixture" -o "$out/refused.wasm" 2>/dev/null
    else
        "$meld" fuse "$fixture" -o "$out/fixtures/$name.wasm" --interface "$out/fixtures/$name.json"
        echo "$name ok"
    fi
done >"$out/expected-fixtures"
"${NODE:-node}" async/fixtures.mjs "$out/fixtures" >"$out/async-fixtures"
diff "$out/expected-fixtures" "$out/async-fixtures"
echo "asynchronous fixtures, JavaScript: $(wc -l <"$out/async-fixtures") as expected"
