#!/usr/bin/env bash
# Builds the image of this directory and runs it with a secret file; fails if the program does not get the secret, or if any
# output contains it. Needs a running Docker engine, the image busybox, and the static binary: MONOFY_STATIC names
# it, else cargo builds it.
. "$(dirname "$0")/../lib.sh"

readme_blocks toml | diff - <(sed -n '/^\[vars.DATABASE_PASSWORD\]/,$p' "$here/monofy.toml") \
  || fail 'the README shows another monofy.toml'
build_image login.sh monofy.toml
password=correct-horse-battery
echo "$password" >"$scratch/password"
chmod 0444 "$scratch/password"
secret=(--volume "$scratch/password:/run/secrets/password:ro" --env DATABASE_PASSWORD_FILE=/run/secrets/password
  --env CACHE_TOKEN=token-of-the-cache)

heading 'Running, as the README says'
line=$(readme_blocks sh | grep '^docker run ')
printf '%s\n' "$line"
line=${line/--rm/--name $name --env CACHE_TOKEN=token-of-the-cache}
bash -c "cd '$scratch' && ${line/%secrets/$name}"
expect 0 docker logs "$name"
shows "a password of ${#password} characters"
shows "$(printf %s "$password" | sha256sum | cut -d' ' -f1)"
shows 'monofy: ended with status 0'
hides correct-horse
hides token-of-the-cache
hides 'is in a command line'

heading 'Its plan'
expect 0 docker run --rm --env MONOFY_PLAN=1 "${secret[@]}" "$name"
shows "PASSWORD='***'"
shows '--user=app'
shows 'redis://:***@cache'
hides correct-horse
hides token-of-the-cache

heading 'Where its values come from'
expect 0 docker run --rm --env MONOFY_EXPLAIN=1 "${secret[@]}" "$name"
shows 'DATABASE_PASSWORD = ***'
shows 'CACHE_TOKEN = ***'
hides correct-horse
hides token-of-the-cache

heading 'The plan with --show-secrets'
expect 0 docker run --rm --env MONOFY_PLAN=1 --env MONOFY_SHOW_SECRETS=1 "${secret[@]}" "$name"
shows "$password"
shows token-of-the-cache

heading 'Value and file at once: an error that shows neither'
expect 125 docker run --rm --env DATABASE_PASSWORD=another-horse "${secret[@]}" "$name"
shows DATABASE_PASSWORD_FILE
hides correct-horse
hides another-horse

heading 'Neither value nor file'
expect 125 docker run --rm "$name"
shows 'DATABASE_PASSWORD: not set: the password of the database'
hides 'login:'
everything_as_expected
