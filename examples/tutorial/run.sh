#!/usr/bin/env bash
# Runs every command of docs/tutorial.md, in a folder of its own below target/: those of the engines, too, which the test
# `meld-cli/tests/tutorial.rs` leaves out, and compares what engines print. `run.sh [MELD]`; NODE is Node.js 22 or later.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD meld=$(realpath "${1:-target/debug/meld}") node=${NODE:-node}
rm -rf target/tutorial
mkdir -p target/tutorial/bin
cd target/tutorial
ln -s "$root/examples" "$root/tests" .
ln -s "$meld" bin/meld
ln -s "$(realpath "$(command -v "$node")")" bin/node
export PATH=$PWD/bin:$PATH

expected=$(awk '/^```text engine/ { on = 1; next } /^```/ { on = 0 } on' "$root/docs/tutorial.md")
ran=0
# A line of `kind TAB command` for each command of the page.
while IFS=$'\t' read -r kind command; do
    echo "$ $command" >&2
    case $kind in
    'sh engine')
        printed=$(bash -c "$command" </dev/null)
        [ "$printed" = "$expected" ] || { echo "error: printed '$printed' instead of '$expected'" >&2; exit 1; } ;;
    'sh fails') ! bash -c "$command" </dev/null >/dev/null 2>&1 || { echo 'error: succeeded' >&2; exit 1; } ;;
    *) bash -c "$command" </dev/null >/dev/null ;;
    esac
    ran=$((ran + 1))
done < <(awk '/^```sh/ { kind = substr($0, 4); next } /^```/ { kind = "" } kind != "" { print kind "\t" $0 }' "$root/docs/tutorial.md")
[ "$ran" -ge 14 ] || { echo "error: only $ran commands" >&2; exit 1; }
echo "ran $ran commands" >&2
