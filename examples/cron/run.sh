#!/usr/bin/env bash
# Builds the image of this directory, runs it with and without cron, and asks for the page that a job makes; fails on
# anything unexpected. Needs a running Docker engine, curl, and the static binary: MONOFY_STATIC names it, else cargo builds
# it.
. "$(dirname "$0")/../lib.sh"

need curl
build_image templates app
readme_blocks dockerfile | diff - <(sed -n '/^CMD/,$p' "$here/Dockerfile") || fail 'the README shows another CMD'

heading 'What would be written and started'
expect 0 docker run --rm --env MONOFY_PLAN=1 --env SCHEDULE='0 * * * *' "$name"
shows '/etc/cron.d/app'
expect 0 docker run --rm --env MONOFY_PLAN=json --env SCHEDULE='0 * * * *' "$name"
shows '0 * * * * root /srv/app/report'

log() { docker logs "$name" 2>&1; }
log_shows() {
  [ "$(docker inspect -f '{{.State.Running}}' "$name")" = true ] || fail 'the container ended'
  grep -qF -e "$1" <<<"$(log)"
}
page_shows() { grep -qxF -e "$1" <<<"$(curl --silent --max-time 5 "$url" 2>/dev/null)"; }
start() {
  docker run --detach --name "$name" --publish 127.0.0.1::8000 "$@" "$name"
  url=http://$(docker port "$name" 8000/tcp | head -n 1)/
  poll 'the web server' log_shows 'monofy: web is ready'
}
stop() {
  local status
  docker stop "$name"
  log
  status=$(docker inspect -f '{{.State.ExitCode}}' "$name")
  [ "$status" = 0 ] || fail "the exit status is $status, not 0"
}

heading 'The job gets a variable of the container, and writes to its log'
start --env GREETING=good-morning
poll 'the page of the job' page_shows 'good-morning from a job'
poll 'the line of the job' log_shows 'report: written'
is_healthy() { [ "$(docker inspect --format '{{.State.Health.Status}}' "$name")" = healthy ]; }
poll 'a healthy container' is_healthy
stop
docker rm "$name"

heading 'Without cron'
start --env CRON=no
! log_shows 'cron started' || fail 'cron was started'
stop
everything_as_expected
