#!/usr/bin/env bash
# Builds and runs the image of this directory: redis, celery and gunicorn. Stops it while tasks are being done and others
# wait, starts it again, and counts the tasks; fails on anything unexpected.
# Needs a running Docker engine, curl, and the static binary: MONOFY_STATIC names it, else cargo builds it.
. "$(dirname "$0")/../lib.sh"

need curl
build_image app

log() { docker logs "$name" 2>&1; }
log_shows() { grep -qF -e "$1" <<<"$(log)"; }
set_url() { url=http://$(docker port "$name" 8000/tcp | head -n 1)/; }
page() { curl --silent --show-error --fail --max-time 5 "$@" "$url"; }
page_is() { [ "$(page 2>/dev/null)" = "$1" ]; }
has_done() { [ "$(page 2>/dev/null | wc -w)" -ge "$1" ]; }

heading 'Running'
docker run --detach --name "$name" --publish 127.0.0.1::8000 "$name"
set_url
poll 'the web server' log_shows 'monofy: web is ready'
page --data 20
poll 'the first tasks' has_done 2

heading 'docker stop: running tasks are finished, and the others are put back'
docker stop "$name"
log
status=$(docker inspect -f '{{.State.ExitCode}}' "$name")
[ "$status" = 0 ] || fail "the exit status is $status, not 0"

heading 'docker start: each task is done once'
docker start "$name"
set_url
poll 'the web server' has_done 2
! has_done 20 || fail 'nothing was left to do'
poll 'all tasks' has_done 20
page
page_is "$(seq -s ' ' 0 19)" || fail 'a task is missing or was done twice'
docker stop "$name"
everything_as_expected
