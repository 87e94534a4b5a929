#!/bin/bash
# Gives Debian's rustc a standard library for wasm targets, compiled from Debian's own source of it.
#
#     seed-sysroot.sh wasm32-unknown-unknown [wasm32-wasip1]
#
# Needs root (it writes into the compiler's sysroot), the packages rustc-web and rust-web-src, any recent
# cargo on PATH, and wasi-libc for wasm32-wasip1. With rustup none of this is needed: see ../README.md.
set -euo pipefail

compiler=/usr/bin/rustc
sysroot=$("$compiler" --print sysroot)
library=$sysroot/lib/rustlib/src/rust/library
libc=${WASI_LIBC:-/usr/lib/wasm32-wasi}

[ -d "$library" ] || { echo "$library is missing: install rust-web-src" >&2; exit 1; }
[ $# -gt 0 ] || { sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 2; }

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/src"
touch "$scratch/src/lib.rs"
cat > "$scratch/Cargo.toml" <<-'TOML'
	[package]
	name = "empty"
	edition = "2024"

	[workspace]
	TOML

# Bitcode in the rlibs lets guests use fat LTO. The remaps keep the place of this build out of panic messages.
flags="-Cembed-bitcode=yes --remap-path-prefix=$library=/rust/library"
flags="$flags --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo --remap-path-prefix=$scratch=/seed"

for target in "$@"; do
  RUSTC=$compiler RUSTC_BOOTSTRAP=1 RUSTFLAGS=$flags CARGO_TARGET_DIR=$scratch/target \
    cargo build --release --manifest-path "$scratch/Cargo.toml" --target "$target" -Zbuild-std=std,panic_abort

  into=$sysroot/lib/rustlib/$target/lib
  rm -rf "$into"
  mkdir -p "$into/self-contained"
  find "$scratch/target/$target/release/deps" -name '*.rlib' ! -name 'libempty-*' -exec cp {} "$into" \;
  if [ "$target" = wasm32-wasip1 ]; then
    cp "$libc/libc.a" "$libc/crt1-command.o" "$libc/crt1-reactor.o" "$into/self-contained/"
  fi
  echo "$target: $(ls "$into" | wc -l) files in $into"
done
