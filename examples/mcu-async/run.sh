#!/usr/bin/env bash
# Builds the asynchronous station for an emulated board, runs it there in two forms, and compares what it prints with expected.txt.
#
# Installs nothing; ../mcu/board/build.sh says which tools it takes. Results go to target/mcu-async.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=$here/../../target/mcu-async
# shellcheck source-path=SCRIPTDIR
. "$here/../mcu/board/build.sh"
kit=$root/examples/hosts/async/c
name=station
sources=()
# Tables of the host: its table has what the module keeps outside, its tasks are calls of `run`.
c_sources=(-I "$kit" -DKIT_TASKS=1 -DKIT_ENTRIES=16 -DKIT_STREAMS=2 -DKIT_TIMERS=8 -DKIT_BUFFER=8 "$here/board/main.c" "$kit/kit.c")
EXPECTED=$here/expected.txt
# Time is counted in instructions, and goes on at once when the processor sleeps: the board prints the same however busy this machine is.
emulator=(-icount "shift=0,sleep=off")

# What meld-oracle/tests/mcu_async.rs finds to be enough, with none to spare.
TASKS=19
one=(--memory shared --pack=assume-heap-base --handles 16 --tasks $TASKS)

# form NAME OPTION…: a row of the table.
form() {
    local form=$1 folder=$out/wasm2c/$1
    shift
    mkdir -p "$folder"
    fuse_for wasm2c "$form" "${one[@]}" "$@" "$here/station-async.wasm" --interface "$folder/module.json" --map 2> "$folder/map.txt"
    python3 "$kit/bind.py" "$name" "$folder/module.json" 1.0.42 > "$folder/bindings.h"
    by_wasm2c "$form"
    row "$form" wasm2c "<$stack"
}
head
form isolated --isolate
form one-stack --share-stack=4KiB --page-size 1
grep ' tasks$' "$out/wasm2c/one-stack/map.txt"
echo "the board prints what the composition prints: $(wc -l < "$EXPECTED") lines, with $TASKS records of tasks"
