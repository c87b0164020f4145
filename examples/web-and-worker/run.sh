#!/usr/bin/env bash
# Builds the image of this directory, runs it on another port, uses it and stops it; fails on anything unexpected.
# Needs a running Docker engine, curl, and the static binary: MONOFY_STATIC names it, else cargo builds it.
. "$(dirname "$0")/../lib.sh"

port=9137

need curl
build_image app

heading "Its plan with PORT=$port"
docker run --rm --env PORT=$port --env MONOFY_PLAN=1 "$name"

heading 'Running'
docker run --detach --name "$name" --env PORT=$port --env GUNICORN_OPTIONS='--log-level warning' \
  --publish "127.0.0.1::$port" "$name"
url=http://$(docker port "$name" "$port/tcp" | head -n 1)/

page() { curl --silent --show-error --fail --max-time 5 "$@" "$url"; }
page_shows() {
  [ "$(docker inspect -f '{{.State.Running}}' "$name")" = true ] || fail 'the container ended'
  grep -q "$1" <<<"$(page 2>/dev/null)"
}

poll 'the web page' page_shows '^job 1: '
page --data 'three small words'
poll 'the work of the worker' page_shows "^job 2: 'three small words': 3 words, counted by worker"
page
page_shows '^job 1: .*: 7 words, counted by worker' || fail 'the job of the migration is not done'

heading 'docker restart: no migration runs twice'
docker restart "$name"
url=http://$(docker port "$name" "$port/tcp" | head -n 1)/
poll 'the web page after the restart' page_shows '^job 2: .*: 3 words'
page --data 'four words this time'
poll 'the work of the new worker' page_shows '^job 3: .*: 4 words'
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
[ "$(grep -c '^worker: stopped between two jobs$' <<<"$log")" = 2 ] || fail 'the worker did not stop between two jobs'
grep -q 'ended with status 0, because SIGTERM was received' <<<"$log" || fail 'monofy did not say why it ended'
everything_as_expected
