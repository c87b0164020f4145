#!/usr/bin/env bash
# Builds the image of this folder, lets it explain itself, and runs it with a secret file; fails on anything
# unexpected. Needs a running Docker engine, the image busybox, and the static binary: MONOFY_STATIC names it, else
# cargo builds it.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
name=monofy-example-defaults-$$

heading() { printf '\n== %s\n' "$*"; }
fail() {
  printf 'run.sh: %s\n' "$*" >&2
  exit 1
}
context=$(mktemp -d)
cleanup() {
  docker rmi --force "$name" >/dev/null 2>&1 || true
  rm -rf "$context"
}
trap cleanup EXIT
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

command -v docker >/dev/null || fail 'docker is missing'
binary=${MONOFY_STATIC:-}
if [ -z "$binary" ]; then
  host=$(rustc -vV | sed -n 's/^host: //p')
  target=${CARGO_TARGET_DIR:-$root/target}
  RUSTFLAGS='-C target-feature=+crt-static -C relocation-model=static' \
    cargo build --manifest-path "$root/Cargo.toml" --target-dir "$target" --release --bin monofy --target "$host"
  binary=$target/$host/release/monofy
fi
cp "$here"/{Dockerfile,app.env,monofy.toml,show.sh} "$binary" "$context/"
docker build --quiet --tag "$name" "$context"
printf 'postgres://app:correct-horse@db/app\n' >"$context/database-url"
chmod 0444 "$context/database-url"
secret=(--volume "$context/database-url:/run/secrets/database-url:ro" --env DATABASE_URL_FILE=/run/secrets/database-url)

heading 'What the image takes'
expect 125 docker run --rm --env MONOFY_EXPLAIN=1 "$name"
shows DATABASE_URL
shows 'HTTP port'

heading 'The same, with the secret file'
expect 0 docker run --rm --env MONOFY_EXPLAIN=1 "${secret[@]}" "$name"
hides correct-horse

heading 'Its plan'
expect 0 docker run --rm --env MONOFY_PLAN=1 --env PORT=9000 "${secret[@]}" "$name"
shows '--bind=0.0.0.0:9000'
shows '--db=***'
hides correct-horse

heading 'Running'
expect 0 docker run --rm --env PORT=9000 --env LOG_LEVEL= --env WEB_OPTIONS="--header 'Server: demo'" \
  "${secret[@]}" "$name"
shows '[--bind=0.0.0.0:9000]'
shows '[--db=postgres://app:correct-horse@db/app]'
shows '[--header]'
shows '[Server: demo]'
shows '[--queue=not a real one]'
shows '[--log=info]'
shows 'TZ=UTC LOG_LEVEL=info'

heading 'Mistakes, all at once and before anything is started'
expect 125 docker run --rm --env PORT=http --env LOG_LEVEL=loud "$name"
shows 'PORT: '
shows 'LOG_LEVEL: '
shows 'DATABASE_URL: '
hides '[web]'
echo 'run.sh: everything as expected'
