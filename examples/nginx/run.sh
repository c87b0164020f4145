#!/usr/bin/env bash
# Builds the image of this directory, runs it with and without variables, and asks for pages; fails on anything
# unexpected. Needs a running Docker engine, curl, and the static binary: MONOFY_STATIC names it, else cargo builds it.
. "$(dirname "$0")/../lib.sh"

need curl
build_image templates app

heading 'What would be written and started'
expect 0 docker run --rm --env MONOFY_PLAN=1 --env PORT=9000 "$name"
shows '/etc/nginx/conf.d/app.conf'
shows 'openssl'

heading 'The same by a defaults file'
expect 0 docker run --rm --volume "$here:/here:ro" --env SERVER_NAME=shop.example "$name" \
  monofy --defaults=/here/files.toml cat /etc/nginx/conf.d/app.conf /srv/app/nginx.txt
shows 'server_name shop.example;'
shows 'listen 80;'
shows 'listen $<PORT:-80>'
expect 0 docker run --rm --volume "$here:/here:ro" --env NGINX=no "$name" monofy --plan --defaults=/here/files.toml true
hides '/etc/nginx/conf.d/app.conf  from'

# page PORT SCHEME PATH: asks the container for a page.
page() {
  local address
  address=$(docker port "$name" "$1/tcp" | head -n 1)
  curl --silent --show-error --insecure --max-time 5 --header 'Host: shop.example' "$2://$address$3"
}
page_shows() {
  [ "$(docker inspect -f '{{.State.Running}}' "$name")" = true ] || fail 'the container ended'
  grep -qxF -e "$4" <<<"$(page "$1" "$2" "$3" 2>/dev/null)"
}

# try PORT SCHEME OPTION...: runs the image, asks for a page and stops it.
try() {
  local port=$1 scheme=$2 status
  shift 2
  heading "docker run $*"
  docker run --detach --name "$name" --publish "127.0.0.1::$port" "$@" "$name"
  poll 'a page' page_shows "$port" "$scheme" '/a/b?c=d' 'host shop.example, uri /a/b?c=d'
  docker exec "$name" grep -F 'try_files $uri /index.php?$query_string;' /etc/nginx/conf.d/app.conf
  docker stop --time 20 "$name"
  docker logs "$name"
  status=$(docker inspect -f '{{.State.ExitCode}}' "$name")
  [ "$status" = 0 ] || fail "the exit status is $status, not 0"
  docker rm "$name"
}

try 80 http
try 9000 http --env PORT=9000 --env SERVER_NAME=shop.example
try 443 https --env PORT=443 --env TLS=1

heading 'docker stop during a request: it gets its answer'
docker run --detach --name "$name" --publish 127.0.0.1::80 "$name"
poll 'a page' page_shows 80 http '/' 'host shop.example, uri /'
page 80 http '/?wait=2' >"$scratch/answer" &
request=$!
poll 'the request' docker exec "$name" test -e /tmp/waiting
docker stop --time 20 "$name"
wait "$request" || fail 'the request was cut off'
grep -qxF 'host shop.example, uri /?wait=2' "$scratch/answer" || fail 'the request has no answer'
everything_as_expected
