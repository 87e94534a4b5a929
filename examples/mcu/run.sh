#!/usr/bin/env bash
# Builds the station for emulated boards by two translators and an interpreter, runs it there, and compares what it prints with expected.txt.
#
# Installs nothing; board/build.sh says which tools it takes. Results go to target/mcu.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=$here/../../target/mcu
# shellcheck source-path=SCRIPTDIR
. "$here/board/build.sh"
name=station
sources=("$here"/board/{main,arena}.c)
c_sources=("$here/board/by_wasm2c.c")
synth_sources=("$here/board/by_synth.c")

# The arena's C on this machine, against its contract and a model.
cc -std=c11 -Wall -Wextra -Werror -g -O1 -fsanitize=address,undefined -DARENA_MAX=65536 \
    "$here/board/arena.c" "$here/board/arena_test.c" -o "$out/arena_test"
"$out/arena_test"

# What the program has to print.
EXPECTED=$here/expected.txt

# The three components, whose allocator is the embedder's, and the composition with an arena in each.
parts=("$here"/{sensor,report,station}.wasm)
composed=$root/tests/wit_bindgen/fixtures/station-arena.wasm
fuse() {
    local form=$1
    shift
    "$MELD" fuse --target wasm2c "$@" -o "$out/$form.c.wasm"
    [ "$form" = multi ] || "$MELD" fuse --target synth "$@" -o "$out/$form.s.wasm"
}
one=(--memory shared --pack=assume-heap-base --handles 16)
arena=(--arena 32KiB --passthrough env::__cabi_arena_realloc)
fuse embedder "${one[@]}" "${arena[@]}" "${parts[@]}"
fuse stack "${one[@]}" --share-stack=6KiB "${arena[@]}" "${parts[@]}"
fuse bound "${one[@]}" --bind-arena 32KiB "${parts[@]}"
fuse guest "${one[@]}" "$composed"
fuse multi --memory multi "$composed"

# by_wasmi FORM: interprets what by_wasm2c has translated, on the same board. wasmi is compiled once.
by_wasmi() {
    local form=$1 folder=$out/wasmi/$1
    mkdir -p "$folder"
    cargo build --quiet --release --locked --manifest-path "$here/board/wasmi/Cargo.toml" --target thumbv7em-none-eabihf \
        --target-dir "$out/wasmi/build"
    cp "$out/$form.c.wasm" "$folder/module.wasm"
    python3 "$here/board/image.py" "$folder/module.wasm" "$folder"
    board "$folder" -mcpu=cortex-m7 -mfloat-abi=hard -mfpu=fpv5-d16 -std=gnu11 "$here/board/by_wasmi.c" \
        "$out/wasmi/build/thumbv7em-none-eabihf/release/libby_wasmi.a"
    run mps2-an500 "$folder"
}

head
for form in embedder stack bound guest multi; do
    by_wasm2c $form
    row $form wasm2c "$out/$form.c.wasm" "$out/wasm2c/$form" "<$stack"
    case $form in
        multi) continue ;;
        bound | guest) by_synth $form 'print ' ;;
        *) by_synth $form '__cabi_arena_realloc print ' ;;
    esac
    row $form synth "$out/$form.s.wasm" "$out/synth/$form" -
done
by_wasmi embedder
row embedder wasmi "$out/embedder.c.wasm" "$out/wasmi/embedder" -
echo "the boards print what the composition prints: $(wc -l < "$here/expected.txt") lines"

# Five providers and a program, in less than 8 KiB with the processor's stack.
EXPECTED=$here/expected-os.txt DEPTH=12 STACK=2048
fuse os --memory shared --pack=assume-heap-base --page-size 1 --handles 4 --share-stack "$here/os.wat"
by_wasm2c os
row os wasm2c "$out/os.c.wasm" "$out/wasm2c/os" "<$stack"
by_synth os 'print '
row os synth "$out/os.s.wasm" "$out/synth/os" -
for by in wasm2c synth; do
    ram=$(($(bytes "$out/$by/os" .data .bss) + STACK))
    if [ $ram -ge 8192 ]; then
        echo "error: the operating system takes $ram bytes of RAM" >&2
        exit 1
    fi
    echo "the operating system by $by: $ram bytes of RAM, the stack of $STACK included"
done
