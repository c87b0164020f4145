#!/usr/bin/env bash
# Builds both images of this directory, and crashes the programs in them; fails on anything unexpected. Needs a running
# Docker engine and the static binary: MONOFY_STATIC names it, else cargo builds it.
. "$(dirname "$0")/../lib.sh"

trap 'docker rmi --force "$name:before" >/dev/null 2>&1; clean_up' EXIT
build_image app.sh supervisord.conf before.Dockerfile
docker build --quiet --tag "$name:before" --file "$scratch/context/before.Dockerfile" "$scratch/context"
readme_blocks dockerfile | diff - <(sed -n '/^CMD/,$p' "$here/Dockerfile") || fail 'the README shows another CMD'

log() { docker logs "$name" 2>&1; }
# count TEXT N: whether the log contains the text N times.
count() { [ "$(grep -cF -e "$1" <<<"$(log)")" = "$2" ]; }
state() { docker inspect -f "{{.State.$1}}" "$name"; }
has_ended() { [ "$(state Running)" = false ]; }
crash() { docker exec --user www-data "$name" touch "/tmp/crash-$1"; }
# start IMAGE: runs a new container, waits for both programs and lets the worker crash, which is restarted.
start() {
  docker run --detach --name "$name" --env PORT=9000 "$1"
  poll 'the web server' count 'web: started with --port=9000, user www-data, directory /srv' 1
  poll 'the worker' count 'worker: started with --queue=mail, user www-data, directory /srv' 1
  crash worker
  poll 'the worker, once more' count 'worker: started' 2
}

heading 'Before: the web server crashes, and the container goes on'
start "$name:before"
crash web
poll 'the crash' count 'web: crashing' 1
poll 'the notice of supervisord' count 'exited: web (exit status 3; not expected)' 1
! has_ended || fail 'the container ended'
docker stop "$name" >/dev/null
log
docker rm "$name" >/dev/null

heading 'After: the container ends with the status of the web server'
start "$name"
crash web
poll 'the end' has_ended
log
count 'worker: stopping' 1 || fail 'the worker was not stopped'
[ "$(state ExitCode)" = 3 ] || fail "the exit status is $(state ExitCode), not 3"
docker rm "$name" >/dev/null

heading 'After: docker stop'
start "$name"
docker stop "$name" >/dev/null
log
[ "$(state ExitCode)" = 0 ] || fail "the exit status is $(state ExitCode), not 0"
everything_as_expected
