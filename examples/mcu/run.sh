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
c_sources=("$here"/board/{native,by_wasm2c}.c)
synth_sources=("$here"/board/{native,by_synth}.c)

# The arena's C on this machine, against its contract and a model.
cc -std=c11 -Wall -Wextra -Werror -g -O1 -fsanitize=address,undefined -DARENA_MAX=65536 \
    "$here/board/arena.c" "$here/board/arena_test.c" -o "$out/arena_test"
"$out/arena_test"

# What the program has to print.
EXPECTED=$here/expected.txt

# The three components, whose allocator is the embedder's, and the composition with an arena in each.
parts=("$here"/{sensor,report,station}.wasm)
composed=$root/tests/wit_bindgen/fixtures/station-arena.wasm
both() {
    fuse_for wasm2c "$@"
    fuse_for synth "$@"
}
one=(--memory shared --pack=assume-heap-base --handles 16)
arena=(--arena 32KiB --passthrough env::__cabi_arena_realloc)
both embedder "${one[@]}" "${arena[@]}" "${parts[@]}"
both stack "${one[@]}" --share-stack=6KiB "${arena[@]}" "${parts[@]}"
both bound "${one[@]}" --bind-arena 32KiB "${parts[@]}"
both guest "${one[@]}" "$composed"
fuse_for wasm2c multi --memory multi "$composed"
# The second form without a byte that nobody needs.
both small "${one[@]}" --share-stack=6KiB --page-size 1 --merge-similar "${arena[@]}" "${parts[@]}"

# by_wasmi FORM: interprets what by_wasm2c has translated, on the same board. wasmi is compiled once.
by_wasmi() {
    local form=$1 folder=$out/wasmi/$1
    mkdir -p "$folder"
    cp "$out/wasm2c/$form/"{module.wasm,station.h,station.host.h} "$folder"
    cargo build --quiet --release --locked --manifest-path "$here/board/wasmi/Cargo.toml" --target thumbv7em-none-eabihf \
        --target-dir "$out/wasmi/build"
    board "$folder" -mcpu=cortex-m7 -mfloat-abi=hard -mfpu=fpv5-d16 -std=gnu11 -D__thread= -Wl,-z,noexecstack -I "$header" "$here/board/by_wasmi.c" \
        "$out/wasmi/build/thumbv7em-none-eabihf/release/libby_wasmi.a"
    run mps2-an500 "$folder"
}

head
for form in embedder stack bound guest multi small; do
    by_wasm2c $form
    row $form wasm2c "<$stack"
    case $form in
        multi) continue ;;
        bound | guest) by_synth $form 'print ' ;;
        *) by_synth $form '__cabi_arena_realloc print ' ;;
    esac
    row $form synth -
done
by_wasmi embedder
row embedder wasmi -
echo "the boards print what the composition prints: $(wc -l < "$here/expected.txt") lines"

# Five providers and a program, in less than 8 KiB with the processor's stack.
EXPECTED=$here/expected-os.txt DEPTH=12 STACK=2048
both os --memory shared --pack=assume-heap-base --page-size 1 --handles 4 --share-stack "$here/os.wat"
by_wasm2c os
row os wasm2c "<$stack"
by_synth os 'print '
row os synth -
for by in wasm2c synth; do
    ram=$(($(bytes "$out/$by/os" .data .bss) + STACK))
    if [ $ram -ge 8192 ]; then
        echo "error: the operating system takes $ram bytes of RAM" >&2
        exit 1
    fi
    echo "the operating system by $by: $ram bytes of RAM, the stack of $STACK included"
done
