#!/usr/bin/env bash
# Builds the station for the emulated board, runs it there, and compares what it prints with expected.txt.
#
# Installs nothing. MELD is the command `meld`, built from this repository if not set; results go to target/mcu.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
out=$root/target/mcu
runtime=/usr/src/wasm2c

# What is needed and not there: the packages, all at once.
packages=()
for need in wasm2c:wabt arm-none-eabi-gcc:gcc-arm-none-eabi arm-none-eabi-size:binutils-arm-none-eabi \
    qemu-system-arm:qemu-system-arm cc:gcc; do
    command -v "${need%%:*}" >/dev/null || packages+=("${need##*:}")
done
if command -v arm-none-eabi-gcc >/dev/null && [ "$(arm-none-eabi-gcc -print-file-name=libc_nano.a)" = libc_nano.a ]; then
    packages+=(libnewlib-arm-none-eabi)
fi
if [ ${#packages[@]} -gt 0 ]; then
    echo "error: this needs ${packages[*]}; on Debian:" >&2
    echo "    apt-get install --no-install-recommends ${packages[*]}" >&2
    exit 1
fi
# The names in what wasm2c writes change between its versions, and the header of its runtime with them.
if [ "$(wasm2c --version)" != 1.0.32 ] || [ ! -f $runtime/wasm-rt.h ]; then
    echo "error: this needs wasm2c 1.0.32 with its runtime in $runtime (Debian 12's wabt); here is $(wasm2c --version)" >&2
    exit 1
fi

mkdir -p "$out"
if [ -z "${MELD:-}" ]; then
    # The whole workspace, so that dependencies are those that its tests were built with.
    (cd "$root" && cargo build --quiet --ignore-rust-version --workspace --bin meld)
    MELD=${CARGO_TARGET_DIR:-$root/target}/debug/meld
fi

# The arena's C on this machine, against its contract and a model.
cc -std=c11 -Wall -Wextra -Werror -g -O1 -fsanitize=address,undefined -DARENA_MAX=65536 \
    "$here/board/arena.c" "$here/board/arena_test.c" -o "$out/arena_test"
"$out/arena_test"

# build FORM: the module FORM.wasm to an ELF file, and its sizes.
build() {
    local form=$1 folder=$out/$1 c=$out/$1/station.c
    mkdir -p "$folder"
    # Debian's wasm2c refuses multi-memory unless told otherwise.
    wasm2c -n station "${@:2}" "$out/$form.wasm" -o "$c"
    # This version takes the two memories of a memory.copy for each other.
    sed -i -E 's/^  memory_copy\((&[^,]*), (&[^,]*), /  memory_copy(\2, \1, /' "$c"
    # How much there is of each thing that wasm2c's runtime allocates.
    awk '
        match($0, /wasm_rt_allocate_memory\([^,]*, [0-9]+/)        { n = split(substr($0, RSTART, RLENGTH), w, ", "); pages += w[n] }
        match($0, /wasm_rt_allocate_funcref_table\([^,]*, [0-9]+/) { n = split(substr($0, RSTART, RLENGTH), w, ", "); elements += w[n] }
        /= wasm_rt_register_func_type\(/                           { types++ }
        /__meld_arena_base/                                        { arena = 1 }
        END {
            printf "#define PAGES %d\n#define ELEMENTS %d\n#define FUNC_TYPES %d\n", pages, elements, types
            printf "#define EXTERN_ARENA %d\n#define ARENA_MAX 32768\n", arena
        }
    ' "$c" > "$folder/sizes.h"
    arm-none-eabi-gcc -mcpu=cortex-m7 -mthumb -mfloat-abi=hard -mfpu=fpv5-d16 -std=gnu11 -Os -DNDEBUG -Wall \
        -Wno-unused -ffunction-sections -fdata-sections -DWASM_RT_MAX_CALL_STACK_DEPTH=128 \
        -I "$folder" -I "$here/board" -I $runtime --specs=nano.specs -nostartfiles -Wl,--gc-sections \
        -T "$here/board/board.ld" -include sizes.h "$here"/board/{board,main,arena,wasm-rt-board}.c \
        "$c" -lm -o "$folder/station.elf"
}

# run FORM: its output on the board, compared.
run() {
    local form=$1
    timeout 300 qemu-system-arm -M mps2-an500 -display none -monitor none -serial "file:$out/$form/printed.txt" \
        -semihosting-config enable=on,target=native -kernel "$out/$form/station.elf" || {
        cat "$out/$form/printed.txt" >&2
        echo "error: the $form form failed on the board" >&2
        exit 1
    }
    diff "$here/expected.txt" "$out/$form/printed.txt"
}

# Bytes of the sections $2… of form $1.
bytes() {
    local form=$1
    shift
    arm-none-eabi-size -A "$out/$form/station.elf" | awk -v names="$*" '
        BEGIN { n = split(names, list, " "); for (i = 1; i <= n; i++) wanted[list[i]] }
        $1 in wanted { sum += $2 }
        END { print sum }'
}

# The three components, whose allocator is the embedder's, and the composition with an arena in each.
parts=("$here"/{sensor,report,station}.wasm)
composed=$root/tests/wit_bindgen/fixtures/station-arena.wasm
one=(--memory shared --pack=assume-heap-base --handles 16 --no-simd)
"$MELD" fuse "${one[@]}" --arena 32KiB --passthrough env::__cabi_arena_realloc "${parts[@]}" -o "$out/embedder.wasm"
"$MELD" fuse "${one[@]}" --share-stack=6KiB --arena 32KiB --passthrough env::__cabi_arena_realloc "${parts[@]}" \
    -o "$out/stack.wasm"
"$MELD" fuse "${one[@]}" --bind-arena 32KiB "${parts[@]}" -o "$out/bound.wasm"
"$MELD" fuse "${one[@]}" "$composed" -o "$out/guest.wasm"
"$MELD" fuse --memory multi --no-simd "$composed" -o "$out/multi.wasm"

printf '%-10s %8s %8s %8s\n' form wasm flash RAM
for form in embedder stack bound guest multi; do
    if [ $form = multi ]; then
        build $form --enable-multi-memory
    else
        build $form
        if grep -q wasm_rt_grow_memory "$out/$form/station.c"; then
            echo "error: the $form form grows its memory" >&2
            exit 1
        fi
    fi
    run $form
    # Flash: code, constants, and what initialized data is copied from. RAM: data, of which the linear memory is most,
    # without the 32 KiB for the stack.
    printf '%-10s %8d %8d %8d\n' $form "$(stat -c %s "$out/$form.wasm")" \
        "$(bytes $form .text .ARM.exidx .data)" "$(bytes $form .data .bss)"
done
echo "the board prints what the composition prints: $(wc -l < "$here/expected.txt") lines"
