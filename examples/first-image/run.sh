#!/usr/bin/env bash
# Runs the first image of the project's README from its own text: the Dockerfile and the docker commands. Fails on anything
# unexpected. Needs a running Docker engine, the image debian:bookworm-slim, curl, and the static
# binary: MONOFY_STATIC names it, else cargo builds it.
. "$(dirname "$0")/../lib.sh"

port=9141

need docker curl
find_binary
need_image debian:bookworm-slim
trap 'docker rmi --force "$name:2" >/dev/null 2>&1; clean_up' EXIT

# shown LANGUAGE WORDS: prints the code blocks of the project's README in this language that contain the words.
shown() { awk -v language="$1" -v words="$2" '
  /^```$/ && inside { if (index(text, words)) printf "%s", text; inside = 0; next }
  $0 == "```" language { inside = 1; text = ""; next }
  inside { text = text $0 "\n" }' "$root/README.md"; }

shown dockerfile 'COPY --from=monofy:2' | diff - "$here/Dockerfile" || fail 'the README shows another Dockerfile'
shown bash 'docker build -t app' | grep -v '^cd ' | diff - <(readme_blocks sh | grep '^docker') || fail 'the README shows other lines'

# line N: runs the Nth of these commands, with names and port replaced.
line() {
  local line
  line=$(readme_blocks sh | grep '^docker' | sed -n "$1p")
  line=${line//-t app ./-t $name $scratch/app}
  line=${line//--name app/--name $name}
  line=${line//-p 8000:/-p $port:}
  heading "$line"
  expect 0 bash -c "${line// app/ $name}"
}

tar --create --directory "$(dirname "$binary")" monofy | docker import --change 'ENTRYPOINT ["/monofy"]' - "$name:2"
mkdir "$scratch/app"
cp "$here"/*.py "$scratch/app/"
sed "s/--from=monofy:2 /--from=$name:2 /" "$here/Dockerfile" >"$scratch/app/Dockerfile"

line 1
page() { curl --silent --max-time 5 "http://127.0.0.1:$port/" | grep -qx migrated; }
poll 'the page' page
is_healthy() { [ "$(docker inspect --format '{{.State.Health.Status}}' "$name")" = healthy ]; }
poll 'a healthy container' is_healthy
works() { docker logs "$name" 2>&1 | grep -qF -e 'working: --queue=default'; }
poll 'the worker' works

line 2
shows 'web     python3 -u -m http.server 9000'
hides migrated

line 3
[ "$(tail -n 1 <<<"$output")" = 0 ] || fail 'the exit status is not 0'
docker logs "$name" 2>&1 | grep -qF -e 'ended with status 0, because SIGTERM was received' || fail 'monofy did not report the stop'
everything_as_expected
