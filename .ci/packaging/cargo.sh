#!/usr/bin/env bash
# Tests `cargo install`: it installs one program and nothing else. Needs cargo.
. "$(dirname "$0")/lib.sh"

export CARGO_INSTALL_ROOT=$scratch/installed
install_as_the_readme_says 'cargo install'
expect 0 find "$CARGO_INSTALL_ROOT/bin" -type f -printf '%f\n'
[ "$output" = monofy ] || fail 'it installs more than monofy'
expect 0 "$CARGO_INSTALL_ROOT/bin/monofy" --version
shows 'monofy 2.'
echo 'cargo: everything as expected'
