#!/usr/bin/env bash
# Builds and runs the image of this directory: PostgreSQL, a migration, an api that writes until its last moment, a worker
# that restarts and an optional process. Stops it, runs the worker alone, and kills things; fails on anything unexpected.
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
poll 'the api' log_shows 'monofy: api is ready'
[ "$(line 'monofy: db is ready')" -lt "$(line 'monofy: migration started')" ] || fail 'the migration did not wait for db'
[ "$(line 'migration: the table exists')" -lt "$(line 'monofy: api started')" ] || fail 'api did not wait'
! log_shows 'monofy: report started' || fail 'the report runs without REPORT_EVERY'
is_healthy() { [ "$(docker inspect -f '{{.State.Health.Status}}' "$name")" = healthy ]; }
poll 'a healthy container, although the migration has ended' is_healthy
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
[ "$(grep -c 'monofy: setup initdb started' <<<"$(log)")" = 1 ] || fail 'initdb did not run exactly once'

heading 'The same image as a second worker alone, beside the first container'
kill_it worker STOP
docker run --detach --name "$name-worker" --network "container:$name" \
  --env MONOFY_ONLY=worker --env MONOFY_SETUP=skip --env HOSTNAME=second "$name"
page --data 'for the second worker'
poll 'its work' page_shows '^for the second worker: 4: second'
docker stop "$name-worker"
[ "$(docker inspect -f '{{.State.ExitCode}}' "$name-worker")" = 0 ] || fail 'the worker alone did not end with 0'
expect 0 docker logs "$name-worker"
hides 'db started'
hides 'initdb'
kill_it worker CONT
stop

heading 'The optional process, by a variable'
docker run --detach --name "$name-report" --env REPORT_EVERY=1 "$name"
has_report() { grep -q '^report: 0 jobs' <<<"$(docker logs "$name-report" 2>&1)"; }
poll 'the report' has_report

heading 'A database that is killed ends the container with its status'
docker exec "$name-report" sh -c 'kill -KILL "$(head -n 1 /data/postmaster.pid)"'
status=$(docker wait "$name-report")
expect 0 docker logs "$name-report"
[ "$status" = 137 ] || fail "the exit status is $status, not 137"
shows 'monofy: ended with status 137, because db was killed by SIGKILL: not sent by monofy'
everything_as_expected
