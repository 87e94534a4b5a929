#!/usr/bin/env bash
# Runs every command of docs/tutorial.md word for word in an empty folder, and those of README.md in this clone, and compares what
# they print with the pages. The test `meld-cli/tests/tutorial.rs` runs the commands of `meld` alone.
#
# `run.sh [MELD]`: with MELD, `cargo install --path meld-cli` is not run, and MELD is what it would install. Needs Rust with rustup,
# Node.js 22 or later (NODE), wasmtime (WASMTIME) and a clang with a wasi-libc (CLANG). BLESS=1 copies the built components to
# examples/tutorial, where the test reads them.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
tools=${CARGO_TARGET_DIR:-$root/target}/tutorial
mkdir -p "$tools/bin"
# Links that stand for programs that a page expects to be there. What a page installs goes to the same folder.
link() { ln -sf "$(realpath "$(command -v "$2")")" "$tools/bin/$1"; }
link node "${NODE:-node}"
link wasmtime "${WASMTIME:-wasmtime}"
link clang "${CLANG:-clang}"
[ $# = 0 ] || link meld "$1"
export PATH=$tools/bin:$PATH CARGO_INSTALL_ROOT=$tools
work=$(mktemp -d)
# What the README's commands leave in the clone.
left=(greeting.wasm greeting.component.wasm counters.wasm)
trap 'cd "$root"; rm -rf "$work" "${left[@]}"' EXIT

# Splits page $1 into files NUMBER of $2; a file begins with what follows the fence.
blocks() {
    awk -v out="$2" '
        /^ *```/ && !on { on = 1; file = sprintf("%s/%03d", out, ++n); indent = index($0, "`"); print substr($0, indent + 3) > file; next }
        /^ *```/ { on = 0; close(file); next }
        on { print substr($0, indent) > file }' "$1"
}

# Runs a command; its output, both streams, goes to $work/printed.
run() { bash -c "$1" </dev/null >"$work/printed" 2>&1; }

# Runs the blocks in folder $1 in the current folder.
page() {
    local file kind line expected ran=0
    for file in "$1"/*; do
        kind=$(head -n 1 "$file")
        case $kind in
        sh | 'sh fails')
            while IFS= read -r line <&3; do
                [ -n "$line" ] || continue
                if [ $# -gt 1 ] && skipped "$line"; then continue; fi
                echo "$ $line" >&2
                if run "$line"; then [ "$kind" = sh ] || fail "succeeded: $line"
                else [ "$kind" != sh ] || fail "failed: $line"; fi
                # A comment at the end of a command is what it prints.
                if [[ $line == *'    # '* ]]; then contains "${line##*    # }"; fi
                ran=$((ran + 1))
            done 3< <(tail -n +2 "$file") ;;
        text)
            while IFS= read -r expected <&3; do [ -z "$expected" ] || contains "$expected"; done 3< <(tail -n +2 "$file") ;;
        *' '*)
            mkdir -p "$(dirname "${kind#* }")"
            tail -n +2 "$file" >"${kind#* }" ;;
        esac
    done
    echo "ran $ran commands" >&2
    commands=$ran
}

fail() { echo "error: $1" >&2; cat "$work/printed" >&2; exit 1; }
contains() { grep -qF -- "$1" "$work/printed" || fail "the page says '$1'"; }

# Commands of the README that are run elsewhere: the tests, by .ci/run; and the installation, if there is a program already.
skipped() {
    case $1 in
    'cargo test --workspace --ignore-rust-version') grep -qxF "step $1" "$root/.ci/run" ;;
    'cargo install --path meld-cli') [ -n "$given" ] ;;
    *) return 1 ;;
    esac
}

given=${1:-}
mkdir "$work/readme" "$work/tutorial" "$work/folder"
blocks README.md "$work/readme"
blocks docs/tutorial.md "$work/tutorial"
page "$work/readme" readme
[ "$commands" -ge 7 ] || fail "README.md has only $commands commands"
cd "$work/folder"
page "$work/tutorial"
[ "$commands" -ge 20 ] || fail "docs/tutorial.md has only $commands commands"
if [ -n "${BLESS:-}" ]; then
    cp target/wasm32-unknown-unknown/release/{adder,app}.wasm target/wasm32-wasip2/release/command.wasm adder-c.wasm \
        "$root/examples/tutorial/"
fi
