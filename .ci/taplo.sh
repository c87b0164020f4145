#!/usr/bin/env bash
# Checks the schema of the defaults file with taplo, the TOML language server of editors: it accepts every valid file of the
# tests and refuses every invalid one. The first argument is the taplo program.
set -euo pipefail
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cp schema/defaults.schema.json "$scratch/"

# with_schema FILE: lints the file with a `#:schema` line, as an author writes it.
with_schema() {
  { echo '#:schema ./defaults.schema.json'; cat "$1"; } >"$scratch/monofy.toml"
  (cd "$scratch" && "$taplo" lint monofy.toml >log 2>&1)
}

taplo=$1
checked=0
for file in tests/defaults_schema/good/*.toml examples/*/monofy.toml; do
  with_schema "$file" || { echo "taplo refuses $file:"; cat "$scratch/log"; exit 1; }
  checked=$((checked + 1))
done
for file in tests/defaults_schema/bad/*.toml; do
  # A schema sees a date as a string: JSON has no dates.
  [ "${file##*/}" != date.toml ] || continue
  ! with_schema "$file" || { echo "taplo accepts $file"; exit 1; }
  checked=$((checked + 1))
done
echo "taplo agrees on all $checked files"
