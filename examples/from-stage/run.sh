#!/usr/bin/env bash
# Makes an image of the binary only, copies the binary into another image and runs both; fails on anything unexpected. Needs a
# running Docker engine, the image debian:bookworm-slim, and the static binary: MONOFY_STATIC names it, else cargo
# builds it.
. "$(dirname "$0")/../lib.sh"

need docker
find_binary
need_image debian:bookworm-slim
trap 'docker rmi --force "$name:2" >/dev/null 2>&1; clean_up' EXIT

heading 'The image of the binary only, made by the command of the README'
command=$(readme_blocks sh | grep -v run.sh)
printf '%s\n' "$command"
[ "$command" = "$("$root/.ci/readme-block" 'docker import')" ] || fail 'the README of the project has another command'
folder='"target/$(rustc -vV | sed -n '"'s/^host: //p'"')/release"'
case $command in *"$folder"*"monofy:2") ;; *) fail 'the README has another command' ;; esac
command=${command/"$folder"/"$(dirname "$binary")"}
bash -o pipefail -c "${command/%monofy:2/"$name:2"}"
expect 0 docker run --rm "$name:2" --version
shows 'monofy 2.'
expect 0 docker run --rm --read-only --user 65534 --cap-drop ALL "$name:2" /monofy --version '&&' /monofy --version
[ "$(grep -c '^monofy 2' <<<"$output")" = 2 ] || fail 'it did not run itself twice'

heading 'The image that copies from it'
readme_blocks dockerfile | diff - <(sed -n '/^FROM monofy/,/^COPY/p' "$here/Dockerfile") \
  || fail 'the README shows another Dockerfile'
mkdir "$scratch/context"
sed "s/^FROM monofy:2 /FROM $name:2 /" "$here/Dockerfile" >"$scratch/context/Dockerfile"
docker build --quiet --tag "$name" "$scratch/context"
expect 0 docker run --rm --env PORT=9000 "$name"
shows 'web on port 9000'
shows 'ended with status 0, because sh exited with status 0'
everything_as_expected
