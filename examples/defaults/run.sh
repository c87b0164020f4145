#!/usr/bin/env bash
# Builds the image of this directory, prints its variables and runs it with a secret file; fails on anything unexpected.
# Needs a running Docker engine, the image busybox, and the static binary: MONOFY_STATIC names it, else
# cargo builds it.
. "$(dirname "$0")/../lib.sh"

build_image app.env monofy.toml show.sh
printf 'postgres://app:correct-horse@db/app\n' >"$scratch/database-url"
chmod 0444 "$scratch/database-url"
secret=(--volume "$scratch/database-url:/run/secrets/database-url:ro" --env DATABASE_URL_FILE=/run/secrets/database-url)

heading 'The variables of the image'
expect 125 docker run --rm --env MONOFY_EXPLAIN=1 "$name"
shows DATABASE_URL
shows 'HTTP port'

heading 'The same, with the secret file'
expect 0 docker run --rm --env MONOFY_EXPLAIN=1 "${secret[@]}" "$name"
hides correct-horse

heading 'The table in its README'
expect 0 docker run --rm --env MONOFY_EXPLAIN=markdown "$name"
diff <(printf '%s\n' "$output") <(grep '^| ' "$here/README.md") || fail 'the README shows another table'

heading 'Its plan'
expect 0 docker run --rm --env MONOFY_PLAN=1 --env PORT=9000 "${secret[@]}" "$name"
shows '--bind=0.0.0.0:9000'
shows "DATABASE_URL='***'"
hides correct-horse

heading 'Running'
expect 0 docker run --rm --env PORT=9000 --env LOG_LEVEL= --env WEB_OPTIONS="--header 'Server: demo'" \
  "${secret[@]}" "$name"
shows '[--bind=0.0.0.0:9000]'
shows '[--header]'
shows '[Server: demo]'
shows '[--log=info]'
shows 'TZ=UTC LOG_LEVEL=info'
shows 'DATABASE_URL=postgres://app:correct-horse@db/app QUEUE_TOKEN=not a real one'
shows 'DATABASE_URL=not set QUEUE_TOKEN=not a real one'

heading 'Mistakes, all at once and before anything is started'
expect 125 docker run --rm --env PORT=http --env LOG_LEVEL=loud "$name"
shows 'PORT: '
shows 'LOG_LEVEL: '
shows 'DATABASE_URL: '
hides '[web]'
everything_as_expected
