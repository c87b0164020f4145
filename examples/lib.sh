# Support for the run.sh of each example, which sources it. It sets
#   $here $root     the directory of the example and that of the project
#   $name           the name of the image, and the prefix of each container's name
#   $scratch        a temporary directory
# and removes the image, the containers and the directory when the script exits.
# shellcheck shell=bash
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
name=monofy-example-$(basename "$here")-$$
scratch=$(mktemp -d)
deadline=60

clean_up() {
  if command -v docker >/dev/null; then
    docker ps --all --quiet --filter "name=^/?$name" | xargs --no-run-if-empty docker rm --force --volumes >/dev/null
    docker rmi --force "$name" >/dev/null 2>&1 || true
  fi
  rm -rf "$scratch"
}
trap clean_up EXIT

heading() { printf '\n== %s\n' "$*"; }

# Prints a message and the logs of the example's container, if any, and exits with 1.
fail() {
  printf 'run.sh: %s\n' "$*" >&2
  docker logs "$name" >&2 2>/dev/null || true
  exit 1
}

# need TOOL...: fails if a tool is missing.
need() {
  local tool
  for tool in "$@"; do
    command -v "$tool" >/dev/null || fail "$tool is missing"
  done
}

# need_image IMAGE: pulls the image if it is not there.
need_image() {
  docker image inspect "$1" >/dev/null 2>&1 || docker pull --quiet "$1" \
    || fail "there is no image $1 and it cannot be pulled"
}

# Sets $binary to the static binary: the file that MONOFY_STATIC names, or a new build.
find_binary() {
  binary=${MONOFY_STATIC:-}
  [ -z "$binary" ] || return 0
  local host target=${CARGO_TARGET_DIR:-$root/target}
  host=$(rustc -vV | sed -n 's/^host: //p')
  # With --target the flags apply to the binary only: a procedural macro cannot be static.
  RUSTFLAGS='-C target-feature=+crt-static -C relocation-model=static' \
    cargo build --manifest-path "$root/Cargo.toml" --target-dir "$target" --release --bin monofy --target "$host"
  binary=$target/$host/release/monofy
}

# build_image FILE...: builds the image $name from the example's Dockerfile, these files of its directory and the binary.
build_image() {
  local context=$scratch/context file
  need docker
  find_binary
  need_image "$(sed -n 's/^FROM //p' "$here/Dockerfile")"
  mkdir "$context"
  for file in Dockerfile "$@"; do cp -R "$here/$file" "$context/"; done
  cp "$binary" "$context/monofy"
  docker build --quiet --tag "$name" "$context"
}

# expect STATUS COMMAND...: runs the command, prints its output and keeps it in $output. Fails on another status.
expect() {
  local expected=$1 status=0
  shift
  output=$("$@" 2>&1) || status=$?
  printf '%s\n' "$output"
  [ "$status" = "$expected" ] || fail "status $status, not $expected"
}
# shows TEXT, hides TEXT: fails if $output does not contain, or contains, this text.
shows() { grep -qF -e "$1" <<<"$output" || fail "the output does not contain: $1"; }
hides() { ! grep -qF -e "$1" <<<"$output" || fail "the output contains: $1"; }

# poll WHAT COMMAND...: repeats the command until it succeeds.
poll() {
  local what=$1 end=$((SECONDS + deadline))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || fail "timed out after $deadline s waiting for $what"
    sleep 0.1
  done
}

# readme_blocks LANGUAGE: prints the code blocks of this language in the example's README.md.
readme_blocks() { sed -n "/^\`\`\`$1\$/,/^\`\`\`\$/p" "$here/README.md" | grep -v '^```'; }

everything_as_expected() { echo 'run.sh: all checks passed'; }
