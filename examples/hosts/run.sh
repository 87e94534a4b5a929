#!/usr/bin/env bash
# Fuses notes.wat and runs it under a host in JavaScript and one in C, each written from the interface description: both must
# print what is expected. `run.sh MELD`, where MELD is the command. Needs Node.js 22 or later (or NODE set to one), Python,
# a C compiler and wasm2c 1.0.32 with its runtime (Debian 12's wabt).
set -euo pipefail
cd "$(dirname "$0")"
meld=$(realpath "$1")
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
