#!/usr/bin/env bash
# Builds the image of this folder, runs it on another port, uses it and stops it; fails on anything unexpected.
# Needs a running Docker engine, curl, and the static binary: MONOFY_STATIC names it, else cargo builds it.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
name=monofy-example-$$
port=9137
deadline=60

heading() { printf '\n== %s\n' "$*"; }
fail() {
  printf 'run.sh: %s\n' "$*" >&2
  docker logs "$name" >&2 2>/dev/null || true
  exit 1
}
cleanup() {
  docker rm --force --volumes "$name" >/dev/null 2>&1 || true
  docker rmi --force "$name" >/dev/null 2>&1 || true
  rm -rf "$context"
}

# Tries a command until it succeeds.
poll() {
  local what=$1 end=$((SECONDS + deadline))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || fail "waited $deadline s in vain for $what"
    [ "$(docker inspect -f '{{.State.Running}}' "$name")" = true ] || fail "the container ended before $what"
    sleep 0.1
  done
}

context=$(mktemp -d)
trap cleanup EXIT
for tool in docker curl; do
  command -v "$tool" >/dev/null || fail "$tool is missing"
done
if ! docker image inspect debian:bookworm-slim >/dev/null 2>&1 && ! docker pull -q debian:bookworm-slim; then
  fail 'there is no image debian:bookworm-slim and it cannot be pulled'
fi

heading 'The static binary'
binary=${MONOFY_STATIC:-}
if [ -z "$binary" ]; then
  host=$(rustc -vV | sed -n 's/^host: //p')
  target=${CARGO_TARGET_DIR:-$root/target}
  # With a target said, the flags hold for the binary alone: a procedural macro cannot be static.
  RUSTFLAGS='-C target-feature=+crt-static -C relocation-model=static' \
    cargo build --manifest-path "$root/Cargo.toml" --target-dir "$target" --release --bin monofy --target "$host"
  binary=$target/$host/release/monofy
fi
ls -l "$binary"

heading 'The image'
cp -R "$here/Dockerfile" "$here/app" "$binary" "$context/"
docker build --tag "$name" "$context"

heading "Its plan with PORT=$port, of which nothing is started"
docker run --rm --env PORT=$port --env MONOFY_PLAN=1 "$name"

heading 'Running'
docker run --detach --name "$name" --env PORT=$port --env GUNICORN_OPTIONS='--log-level warning' \
  --publish "127.0.0.1::$port" "$name"
url=http://$(docker port "$name" "$port/tcp" | head -n 1)/

page() { curl --silent --show-error --fail --max-time 5 "$@" "$url"; }
shows() { grep -q "$1" <<<"$(page 2>/dev/null)"; }

poll 'the web page' shows '^job 1: '
page --data 'three small words'
poll 'the work of the worker' shows "^job 2: 'three small words': 3 words, counted by worker"
page
shows '^job 1: .*: 7 words, counted by worker' || fail 'the job of the migration is not done'

heading 'docker restart: the migrations find their work done'
docker restart "$name"
url=http://$(docker port "$name" "$port/tcp" | head -n 1)/
poll 'the web page after the restart' shows '^job 2: .*: 3 words'
page --data 'four words this time'
poll 'the work of the new worker' shows '^job 3: .*: 4 words'
page

heading 'docker stop'
began=$SECONDS
docker stop "$name"
took=$((SECONDS - began))
status=$(docker inspect -f '{{.State.ExitCode}}' "$name")
log=$(docker logs "$name" 2>&1)
printf '%s\n' "$log"
heading "Stopped after $took s with status $status"
[ "$status" = 0 ] || fail "the exit status is $status, not 0"
[ "$took" -lt 9 ] || fail "the stop took $took s"
[ "$(grep -c '^migrate: applied' <<<"$log")" = 2 ] || fail 'the migrations were not applied exactly once'
[ "$(grep -c '^migrate: .* is at version 2$' <<<"$log")" = 2 ] || fail 'the setup command did not run twice'
[ "$(grep -c '^worker: stopped between two jobs$' <<<"$log")" = 2 ] || fail 'the worker did not stop as it should'
grep -q 'ended with status 0, because SIGTERM was received' <<<"$log" || fail 'monofy did not say why it ended'
echo 'run.sh: everything as expected'
