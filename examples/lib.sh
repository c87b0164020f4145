# What the run.sh of the examples share; they source it. It gives them:
#   $here $root     the folder of the example and that of the project
#   $name           for the image, and the beginning of the name of each container
#   $scratch        a folder for what is written
# and removes the image, the containers and the folder when they end, however they end.
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

# Ends the run, with the logs of the example's container if it has one.
fail() {
  printf 'run.sh: %s\n' "$*" >&2
  docker logs "$name" >&2 2>/dev/null || true
  exit 1
}

# need TOOL...: each of them has to be there.
need() {
  local tool
  for tool in "$@"; do
    command -v "$tool" >/dev/null || fail "$tool is missing"
  done
}

# need_image IMAGE: it is there, or can be pulled.
need_image() {
  docker image inspect "$1" >/dev/null 2>&1 || docker pull --quiet "$1" \
    || fail "there is no image $1 and it cannot be pulled"
}

# Puts the static binary into $binary: the one that MONOFY_STATIC names, else a new one.
find_binary() {
  binary=${MONOFY_STATIC:-}
  [ -z "$binary" ] || return 0
  local host target=${CARGO_TARGET_DIR:-$root/target}
  host=$(rustc -vV | sed -n 's/^host: //p')
  # With a target said, the flags hold for the binary alone: a procedural macro cannot be static.
  RUSTFLAGS='-C target-feature=+crt-static -C relocation-model=static' \
    cargo build --manifest-path "$root/Cargo.toml" --target-dir "$target" --release --bin monofy --target "$host"
  binary=$target/$host/release/monofy
}

# build_image FILE...: the image $name of the example's Dockerfile, these files of its folder and the binary.
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

# expect STATUS COMMAND...: runs it, shows what it prints, keeps that in $output.
expect() {
  local expected=$1 status=0
  shift
  output=$("$@" 2>&1) || status=$?
  printf '%s\n' "$output"
  [ "$status" = "$expected" ] || fail "status $status, not $expected"
}
shows() { grep -qF -e "$1" <<<"$output" || fail "nothing shows: $1"; }
hides() { ! grep -qF -e "$1" <<<"$output" || fail "this is shown: $1"; }

# poll WHAT COMMAND...: tries the command until it succeeds.
poll() {
  local what=$1 end=$((SECONDS + deadline))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || fail "waited $deadline s in vain for $what"
    sleep 0.1
  done
}

# The blocks of this language in the example's README.md.
readme_blocks() { sed -n "/^\`\`\`$1\$/,/^\`\`\`\$/p" "$here/README.md" | grep -v '^```'; }

everything_as_expected() { echo 'run.sh: everything as expected'; }
