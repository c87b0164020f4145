#!/usr/bin/env bash
# Builds and runs the image of this directory: a database, an application that waits for it, and a worker that restarts.
# Kills the worker, then the database; fails on anything unexpected.
# Needs a running Docker engine, curl, and the static binary: MONOFY_STATIC names it, else cargo builds it.
. "$(dirname "$0")/../lib.sh"

need curl
build_image app

heading 'Its plan'
docker run --rm --env MONOFY_PLAN=1 "$name"

heading 'Running'
docker run --detach --name "$name" --publish 127.0.0.1::8000 "$name"
url=http://$(docker port "$name" 8000/tcp | head -n 1)/

page() { curl --silent --show-error --fail --max-time 5 "$@" "$url"; }
page_shows() {
  [ "$(docker inspect -f '{{.State.Running}}' "$name")" = true ] || fail 'the container ended'
  grep -qx "$1" <<<"$(page 2>/dev/null)"
}
log() { docker logs "$name" 2>&1; }
log_shows() { grep -qF -e "$1" <<<"$(log)"; }
# line TEXT: the number of the first line of the log that contains the text.
line() { grep -nF -m 1 -e "$1" <<<"$(log)" | cut -d : -f 1; }
# pid_of NAME: the process id, in the container, of the last process with this name.
pid_of() { sed -n "s/^monofy: $1 started (pid \([0-9]*\)).*/\1/p" <<<"$(log)" | tail -n 1; }
kill_it() { docker exec "$name" sh -c "kill -$2 $(pid_of "$1")"; }

poll 'the application' log_shows 'monofy: web is ready'
[ "$(line 'monofy: db is ready')" -lt "$(line 'monofy: web started')" ] || fail 'web did not wait for db'
[ "$(line 'monofy: db is ready')" -lt "$(line 'monofy: worker started')" ] || fail 'worker did not wait for db'
is_healthy() { [ "$(docker inspect -f '{{.State.Health.Status}}' "$name")" = healthy ]; }
poll 'a healthy container' is_healthy
docker exec "$name" monofy --status
page --data 'one two two'
poll 'the counts' page_shows 'two: 2'

heading 'A worker that is killed restarts'
kill_it worker KILL
poll 'the restart' log_shows 'monofy: worker was killed by SIGKILL: not sent by monofy; restarting in 0.1 s (attempt 1 of 3)'
page --data 'two'
poll 'the work of the next worker' page_shows 'two: 3'

heading 'A worker that crashes restarts'
page --data 'poison two'
poll 'the restart' log_shows 'monofy: worker exited with status 1; restarting in 0.2 s (attempt 2 of 3)'
poll 'the work of the next worker' page_shows 'two: 4'
expect 0 docker exec "$name" monofy --status

heading 'A database that is killed ends the container with its status'
kill_it db KILL
status=$(docker wait "$name")
log
[ "$status" = 137 ] || fail "the exit status is $status, not 137"
log_shows 'monofy: ended with status 137, because db was killed by SIGKILL: not sent by monofy' || fail 'monofy did not say why it ended'

heading 'After docker restart the words are still there, and docker stop ends with 0'
docker start "$name"
url=http://$(docker port "$name" 8000/tcp | head -n 1)/
poll 'the counts' page_shows 'two: 4'
began=$SECONDS
docker stop "$name"
took=$((SECONDS - began))
status=$(docker inspect -f '{{.State.ExitCode}}' "$name")
heading "Stopped after $took s with status $status"
[ "$status" = 0 ] || fail "the exit status is $status, not 0"
[ "$took" -lt 9 ] || fail "the stop took $took s"
everything_as_expected
