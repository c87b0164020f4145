#!/usr/bin/env bash
# Runs the targets of the Makefile; fails on anything unexpected. Needs make and the static binary:
# MONOFY_STATIC names it, else cargo builds it.
. "$(dirname "$0")/../lib.sh"

need make
find_binary
cp "$here/Makefile" "$scratch/"
while IFS= read -r line; do
  grep -qxF -e "$line" "$here/Makefile" || fail "the Makefile lacks this line of the README: $line"
done < <(readme_blocks make)
# recipe TARGET [NAME=VALUE]...: makes the target with these variables in the environment.
recipe() {
  local target=$1
  shift
  env --unset=PORT --unset=QUEUE --unset=DATABASE "$@" \
    make --silent --no-print-directory --directory "$scratch" MONOFY="$binary" "$target"
}

heading 'make serve, with two variables'
expect 0 recipe serve QUEUE=urgent DATABASE=test.db MONOFY_QUIET=1
shows 'migrating test.db'
shows 'web on port 8000 with assets.css'
shows 'worker for urgent'

heading 'The plans of the three targets'
export MONOFY_PLAN=1
expect 0 recipe serve
shows "echo 'migrating dev.db'"
shows "sleep 1' 8000 assets.css"
shows "sleep 60' default"
expect 0 recipe double-quotes PORT=9000
shows "echo 'web on port 9000 in $(basename "$scratch")'"
expect 0 recipe single-dollar
shows "echo 'web on port assets.cssPORT:-8000>'"
everything_as_expected
