#!/usr/bin/env bash
# Whether the line `#:schema` works where people write defaults files: taplo, which the editors ask, takes every good
# file of the tests and refuses every bad one. The first argument is the program.
set -euo pipefail
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cp schema/defaults.schema.json "$scratch/"

# with_schema FILE: the file as an author would write it, beside the schema.
with_schema() {
  { echo '#:schema ./defaults.schema.json'; cat "$1"; } >"$scratch/monofy.toml"
  (cd "$scratch" && "$taplo" lint monofy.toml >said 2>&1)
}

taplo=$1
checked=0
for file in tests/defaults_schema/good/*.toml examples/*/monofy.toml; do
  with_schema "$file" || { echo "taplo refuses $file:"; cat "$scratch/said"; exit 1; }
  checked=$((checked + 1))
done
for file in tests/defaults_schema/bad/*.toml; do
  # To a schema a date is a string, since JSON has none.
  [ "${file##*/}" != date.toml ] || continue
  ! with_schema "$file" || { echo "taplo takes $file"; exit 1; }
  checked=$((checked + 1))
done
echo "taplo agrees on all $checked files"
