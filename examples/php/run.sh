#!/usr/bin/env bash
# Builds and runs the image of this directory: php-fpm and nginx as www-data, with other ids by variables. Stops it during
# a request; fails on anything unexpected.
# Needs a running Docker engine, curl, and the static binary: MONOFY_STATIC names it, else cargo builds it.
. "$(dirname "$0")/../lib.sh"

need curl
build_image php-fpm.conf nginx.conf index.php

heading 'Its plan'
docker run --rm --env MONOFY_PLAN=1 "$name"

log() { docker logs "$name" 2>&1; }
log_shows() { grep -qF -e "$1" <<<"$(log)"; }
# start OPTION...: runs a new container and waits for it.
start() {
  docker run --detach --name "$name" --publish 127.0.0.1::8080 "$@" "$name"
  url=http://$(docker port "$name" 8080/tcp | head -n 1)/
  poll 'nginx' log_shows 'monofy: nginx is ready'
}

heading 'As www-data'
start
expect 0 curl --silent --show-error --fail --max-time 5 "$url"
shows 'uid 33 gid 33 home /var/www'
poll 'a line of PHP' log_shows 'php: a line of the application'
poll 'the access log of php-fpm' log_shows 'php: GET'
poll 'the access log of nginx' log_shows 'GET / HTTP/1.1'
! log_shows 'usermod started' || fail 'usermod ran without PUID'
log
docker rm --force --volumes "$name"

heading 'With the ids of PUID and PGID'
start --env PUID=1234 --env PGID=2345
expect 0 curl --silent --show-error --fail --max-time 5 "$url"
shows 'uid 1234 gid 2345'

heading 'docker stop during a request: it gets its answer'
curl --silent --show-error --fail --max-time 9 "$url?wait=2" >"$scratch/answer" &
request=$!
poll 'the request' docker exec "$name" test -e /tmp/waiting
docker stop "$name"
log
wait "$request" || fail 'the request was cut off'
grep -q 'uid 1234' "$scratch/answer" || fail 'the request has no answer'
status=$(docker inspect -f '{{.State.ExitCode}}' "$name")
[ "$status" = 0 ] || fail "the exit status is $status, not 0"
everything_as_expected
