#!/usr/bin/env bash
# Builds the image of this directory, runs it whole and in three roles by the lines of its README.md; fails on anything
# unexpected. Needs a running Docker engine, curl, and the static binary: MONOFY_STATIC names it, else cargo builds it.
. "$(dirname "$0")/../lib.sh"

need curl
trap 'clean_up; docker volume rm --force "$name" >/dev/null' EXIT
build_image app
readme_blocks dockerfile | diff - <(sed -n '/^CMD/,$p' "$here/Dockerfile") || fail 'the README shows another CMD'

# log ROLE: the log of a container.
log() { docker logs "$name-$1" 2>&1; }
log_shows() { grep -qF -e "$2" <<<"$(log "$1")"; }
is_healthy() { [ "$(docker inspect --format '{{.State.Health.Status}}' "$name-$1")" = healthy ]; }
# stop ROLE: stops a container, which has to end with 0.
stop() {
  docker stop "$name-$1" >/dev/null
  log "$1"
  [ "$(docker inspect -f '{{.State.ExitCode}}' "$name-$1")" = 0 ] || fail "$1 did not end with 0"
}

heading 'Whole'
docker run --detach --name "$name-whole" "$name"
poll 'a healthy container' is_healthy whole
poll 'the worker' log_shows whole 'works on mail'
stop whole

# line N: runs the Nth line of the README, with names and port replaced.
line() {
  local line
  line=$(readme_blocks sh | grep '^docker' | sed -n "$1p")
  heading "$line"
  line=${line//data:\/data/$name:/data}
  line=${line//--name /--name $name-}
  line=${line//-p 8000:8000/-p 127.0.0.1::8000}
  expect 0 bash -c "${line%roles}$name"
}

line 1
shows 'migration: done'
hides 'httpd started'
line 2
poll 'a healthy web server' is_healthy web
line 3
poll 'a healthy worker' is_healthy worker
url=http://$(docker port "$name-web" 8000/tcp | head -n 1)
expect 0 curl --silent --show-error --fail --max-time 5 "$url/"
[ "$output" = migrated ] || fail 'the migration ran more than once'
log_shows worker 'worker 2 works on mail' || fail 'there are no two workers'
docker exec "$name-web" touch /data/7.job
poll 'the job' curl --silent --fail --max-time 5 --output /dev/null "$url/7.done"
stop web
stop worker

heading 'A role that does not exist'
expect 125 docker run --rm --env MONOFY_ONLY=api "$name"
shows 'web'
everything_as_expected
