#!/usr/bin/env bash
# Compares the Procfile with the CMD, builds the image of this directory, crashes its web server and stops it; fails on
# anything unexpected. Needs a running Docker engine and the static binary: MONOFY_STATIC names it, else cargo builds it.
. "$(dirname "$0")/../lib.sh"

build_image app.sh
readme_blocks dockerfile | diff - <(sed -n '/^CMD/,$p' "$here/Dockerfile") || fail 'the README shows another CMD'
readme_blocks text | diff - "$here/Procfile" || fail 'the README shows another Procfile'

heading 'The Procfile and the CMD start the same'
expect 0 docker run --rm --env MONOFY_PLAN=1 --env PORT=9000 --env QUEUE=print "$name"
while IFS=: read -r process command; do
  command=$(PORT=9000 QUEUE=print eval "echo $command")
  shows "$(printf '%-6s  %s' "$process" "${command#exec }")"
done <"$here/Procfile"

log() { docker logs "$name" 2>&1; }
log_shows() { grep -qF -e "$1" <<<"$(log)"; }
state() { docker inspect -f "{{.State.$1}}" "$name"; }
has_ended() { [ "$(state Running)" = false ]; }
start() {
  docker run --detach --name "$name" "$name"
  poll 'the web server' log_shows 'web    | web: started with --port=8000'
  poll 'the worker' log_shows 'worker | worker: started with --queue=mail'
}

heading 'The web server crashes'
start
docker exec "$name" touch /tmp/crash-web
poll 'the end' has_ended
log
log_shows 'worker | worker: stopping' || fail 'the worker was not stopped'
[ "$(state ExitCode)" = 3 ] || fail "the exit status is $(state ExitCode), not 3"
docker rm "$name" >/dev/null

heading 'docker stop'
start
docker stop "$name" >/dev/null
log
[ "$(state ExitCode)" = 0 ] || fail "the exit status is $(state ExitCode), not 0"
everything_as_expected
