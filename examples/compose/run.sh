#!/usr/bin/env bash
# Starts the Compose file of this folder and stops it; fails on anything unexpected. Needs a running Docker engine,
# docker-compose, the image busybox, and the static binary: MONOFY_STATIC names it, else cargo builds it.
. "$(dirname "$0")/../lib.sh"

need docker-compose
while IFS= read -r line; do
  grep -qxF -e "$line" "$here/docker-compose.yml" || fail "docker-compose.yml lacks this line of the README: $line"
done < <(readme_blocks yaml)
build_image
export IMAGE=$name HOST_NAME=here
compose() { docker-compose --file "$here/docker-compose.yml" --project-name "$name" "$@"; }
trap 'compose down --volumes >/dev/null 2>&1; clean_up' EXIT

heading 'The file as Compose reads it'
# Compose doubles the dollars again, so that it can read its own output.
expect 0 compose config
shows '- $${PORT:-8000}'
shows '- $$<QUEUES...>'
shows 'from here'

heading 'Without the doubled dollars'
sed 's/\$\$</$</' "$here/docker-compose.yml" >"$scratch/single.yml"
expect 1 docker-compose --file "$scratch/single.yml" --project-name "$name" config
shows 'Invalid interpolation format'

heading 'The plan of its line'
expect 0 compose run --rm --no-deps -e MONOFY_PLAN=1 app
shows 'httpd -f -p 9000 -h /srv'
shows "worker mail 'two words'"

heading 'Running'
compose up --detach
container=$(compose ps --quiet app)
health() { [ "$(docker inspect -f '{{.State.Health.Status}}' "$container")" = healthy ]; }
poll 'its health' health
logged() { compose logs --no-color | grep -F -e "$1"; }
poll 'the output of the worker' logged 'worker for 2 queues, from here'

heading 'Stopping'
began=$SECONDS
compose stop
[ $((SECONDS - began)) -lt 9 ] || fail "the stop took $((SECONDS - began)) s"
expect 0 docker logs "$container"
shows 'ended with status 0, because SIGTERM was received'
[ "$(docker inspect -f '{{.State.ExitCode}}' "$container")" = 0 ] || fail 'the exit status is not 0'
everything_as_expected
