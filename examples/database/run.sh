#!/usr/bin/env bash
# Builds and runs the image of this directory: PostgreSQL, an api that writes until its last moment, and a worker that
# restarts. Stops it, finds the last write, and kills the database; fails on anything unexpected.
# Needs a running Docker engine, curl, and the static binary: MONOFY_STATIC names it, else cargo builds it.
. "$(dirname "$0")/../lib.sh"

need curl
build_image app

heading 'Its plan'
docker run --rm --env MONOFY_PLAN=1 "$name"

# set_url: sets $url to the published port, which is another one after each start.
set_url() { url=http://$(docker port "$name" 8000/tcp | head -n 1)/; }
page() { curl --silent --show-error --fail --max-time 5 "$@" "$url"; }
page_shows() {
  [ "$(docker inspect -f '{{.State.Running}}' "$name")" = true ] || fail 'the container ended'
  grep -q "$1" <<<"$(page 2>/dev/null)"
}
log() { docker logs "$name" 2>&1; }
log_shows() { grep -qF -e "$1" <<<"$(log)"; }
# line TEXT: the number of the first line of the log that contains the text.
line() { grep -nF -m 1 -e "$1" <<<"$(log)" | cut -d : -f 1; }
# pid_of NAME: the process id, in the container, of the last process with this name.
pid_of() { sed -n "s/^monofy: $1 started (pid \([0-9]*\)).*/\1/p" <<<"$(log)" | tail -n 1; }
kill_it() { docker exec "$name" sh -c "kill -$2 $(pid_of "$1")"; }
# stop: stops the container, which has to end with 0 and in time.
stop() {
  local began=$SECONDS status
  docker stop "$name"
  status=$(docker inspect -f '{{.State.ExitCode}}' "$name")
  [ "$status" = 0 ] || fail "the exit status is $status, not 0"
  [ $((SECONDS - began)) -lt 9 ] || fail "the stop took $((SECONDS - began)) s"
}

heading 'Running'
docker run --detach --name "$name" --publish 127.0.0.1::8000 "$name"
set_url
poll 'the worker' log_shows 'worker: waiting for jobs'
[ "$(line 'monofy: db is ready')" -lt "$(line 'monofy: api started')" ] || fail 'api did not wait for db'
[ "$(line 'monofy: api is ready')" -lt "$(line 'monofy: worker started')" ] || fail 'worker did not wait for api'
is_healthy() { [ "$(docker inspect -f '{{.State.Health.Status}}' "$name")" = healthy ]; }
poll 'a healthy container' is_healthy
docker exec "$name" monofy --status
page --data 'three small words'
poll 'the work of the worker' page_shows '^three small words: 3: '

heading 'A worker that crashes, or is killed, restarts'
page --data 'poison'
poll 'the restart' log_shows 'monofy: worker exited with status 1; '
page --data 'after the crash'
poll 'the work of the next worker' page_shows '^after the crash: 3: '
kill_it worker KILL
poll 'the next restart' log_shows 'monofy: worker was killed by SIGKILL: not sent by monofy; '

heading 'docker stop: the database hears of it last'
stop
log
log_shows 'api: wrote its last job' || fail 'the api could not write to its end'

heading 'docker start: the last write is there, and the database directory is not made again'
docker start "$name"
set_url
poll 'the last write' page_shows '^last words 5: '
page
[ "$(grep -c '^creating configuration files' <<<"$(log)")" = 1 ] || fail 'initdb did not run exactly once'

heading 'A database that is killed ends the container with its status'
docker exec "$name" sh -c 'kill -KILL "$(head -n 1 /data/postmaster.pid)"'
status=$(docker wait "$name")
expect 0 docker logs "$name"
[ "$status" = 137 ] || fail "the exit status is $status, not 137"
shows 'monofy: ended with status 137, because db was killed by SIGKILL: not sent by monofy'
everything_as_expected
