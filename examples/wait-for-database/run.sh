#!/usr/bin/env bash
# Starts the application of this folder without its database, then the database; stops both; lets the application wait in
# vain. Fails on anything unexpected. Needs a running Docker engine, docker-compose, curl, the image debian:bookworm-slim,
# and the static binary: MONOFY_STATIC names it, else cargo builds it.
. "$(dirname "$0")/../lib.sh"

need docker-compose curl
while IFS= read -r line; do
  grep -qxF -e "$line" "$here/docker-compose.yml" || fail "docker-compose.yml lacks this line of the README: $line"
done < <(readme_blocks yaml)
build_image app
export IMAGE=$name
file=$here/docker-compose.yml
compose() { docker-compose --file "$file" --project-name "$name" "$@"; }
trap 'compose down --volumes >/dev/null 2>&1; clean_up' EXIT
# log_shows SERVICE TEXT
log_shows() { grep -qF -e "$2" <<<"$(compose logs --no-color "$1" 2>&1)"; }
health() { docker inspect -f '{{.State.Health.Status}}' "$(compose ps --quiet app)"; }
is_healthy() { [ "$(health)" = healthy ]; }
exit_status() { docker inspect -f '{{.State.ExitCode}}' "$(compose ps --quiet "$1")"; }

heading 'Its plan'
compose run --rm --no-deps -e MONOFY_PLAN=1 app

heading 'The application waits while there is no database'
compose up --detach --no-deps app
poll 'the wait' log_shows app 'monofy: setup migrate waits for tcp:db:5432'
! is_healthy || fail 'it is healthy without a database'
! log_shows app 'migrate started' || fail 'the migration was started without a database'

heading 'It starts once the database is there'
compose up --detach --no-deps db
poll 'its health' is_healthy
url=http://$(compose port app 8000)/
expect 0 curl --silent --show-error --fail --max-time 5 "$url"
shows 'visit 1'
expect 0 compose logs --no-color app
shows 'monofy: setup migrate exited with status 0'
shows 'monofy: api is ready'

heading 'Stopping'
compose stop
for service in app db; do
  [ "$(exit_status "$service")" = 0 ] || fail "the exit status of $service is $(exit_status "$service"), not 0"
done

heading 'Without the database the container ends with 124 and says why'
compose rm --force --stop db >/dev/null
sed 's/--start-timeout=60s/--start-timeout=3s/' "$file" >"$scratch/short.yml"
file=$scratch/short.yml
began=$SECONDS
expect 124 compose run --rm --no-deps app
shows 'monofy: ended with status 124, because setup migrate was not done after 3 s: waiting for tcp:db:5432: no such host'
[ $((SECONDS - began)) -lt 20 ] || fail "it took $((SECONDS - began)) s"

heading 'A stop ends the wait at once'
container=$(compose run --detach --no-deps app)
waits() { grep -qF 'waits for tcp:db:5432' <<<"$(docker logs "$container" 2>&1)"; }
poll 'the wait' waits
docker stop "$container"
[ "$(docker inspect -f '{{.State.ExitCode}}' "$container")" = 0 ] || fail 'the exit status is not 0'
docker rm "$container"
everything_as_expected
