#!/usr/bin/env bash
# Runs the image of this folder as one container, then on Compose, on a Swarm of one node, and by `podman kube play`, each time
# by the file that its own CMD writes. Asks each for a page, scales the worker and removes everything; fails on anything
# unexpected. Needs a running Docker engine, docker-compose, Python with yaml, podman with netavark and aardvark-dns, the image
# busybox, and the static binary: MONOFY_STATIC names it, else cargo builds it.
. "$(dirname "$0")/../lib.sh"

need docker-compose python3
app=${name//-/}
began_swarm=
as_compose() { docker-compose --file "$scratch/compose.yaml" --file "$here/database.yaml" --project-name "$app" "$@"; }

remove_compose() { [ ! -e "$scratch/compose.yaml" ] || as_compose down --volumes >/dev/null 2>&1 || true; }
stack_is_gone() {
  [ -z "$(docker ps --all --quiet --filter "label=com.docker.stack.namespace=$app"
    docker network ls --quiet --filter "label=com.docker.stack.namespace=$app")" ]
}
remove_swarm() {
  [ -n "$began_swarm" ] || return 0
  docker stack rm "$app" >/dev/null 2>&1 || true
  poll 'the end of the stack' stack_is_gone
  docker swarm leave --force >/dev/null
  began_swarm=
  poll 'the end of the network of the swarm' remove_gateway
}
remove_gateway() { ! docker network inspect docker_gwbridge >/dev/null 2>&1 || docker network rm docker_gwbridge >/dev/null 2>&1; }
remove_podman() {
  [ -n "${CONTAINERS_CONF:-}" ] || return 0
  podman pod rm --force --time 0 setup web-pod-0 worker-pod-0 more-pod-0 >/dev/null 2>&1 || true
  podman rm --force --time 0 --volumes "$name-db" >/dev/null 2>&1 || true
  podman network rm --force "$name" >/dev/null 2>&1 || true
  podman rmi --force "localhost/$name" >/dev/null 2>&1 || true
  podman images --quiet localhost/podman-pause | xargs --no-run-if-empty podman rmi --force >/dev/null 2>&1 || true
}
remove_all() {
  remove_compose
  remove_swarm || true
  remove_podman
  docker ps --all --quiet --filter "name=^/?$name" | xargs --no-run-if-empty docker rm --force --volumes >/dev/null
  docker network rm "$name" >/dev/null 2>&1 || true
  clean_up
}
trap remove_all EXIT

# shows_page TEXT COMMAND...: whether a command in a container gets the page, and it is this text.
shows_page() {
  local text=$1
  shift
  [ "$("$@" wget -q -O - http://web:8000/cgi-bin/page 2>/dev/null)" = "$text" ]
}
write() { docker run --rm --env MONOFY_PLAN="$1" --env MONOFY_IMAGE="$name" "$name"; }

build_image app srv
export IMAGE=$name

heading 'As one container'
docker network create "$name" >/dev/null
docker run --detach --name "$name-db" --network "$name" --network-alias db "$name" nc -ll -p 5432 -e database
docker run --detach --name "$name" --network "$name" --network-alias web "$name"
poll 'the page' shows_page 'schema 7, workers 2' docker exec "$name"
docker stop "$name"
expect 0 docker logs "$name"
shows 'worker stops'
docker rm "$name" >/dev/null
docker run --detach --name "$name" --network "$name" --network-alias web --env WORKERS=3 "$name"
poll 'the page with three workers' shows_page 'schema 7, workers 3' docker exec "$name"
docker rm --force --volumes "$name" "$name-db" >/dev/null

heading 'On Compose'
write compose >"$scratch/compose.yaml"
cat "$scratch/compose.yaml"
as_compose up --detach
web() { as_compose exec -T web "$@"; }
poll 'the page' shows_page 'schema 7, workers 2' web
WORKERS=3 as_compose up --detach
poll 'the page with three workers' shows_page 'schema 7, workers 3' web
as_compose stop
expect 0 as_compose logs --no-color worker
shows 'worker stops'
as_compose down --volumes

heading 'On a swarm of one node'
[ "$(docker info --format '{{.Swarm.LocalNodeState}}')" = inactive ] || fail 'this machine is part of a swarm already'
write swarm >"$scratch/swarm.yaml"
docker swarm init --advertise-addr 127.0.0.1 --listen-addr 127.0.0.1:2377 >/dev/null
began_swarm=1
docker stack deploy --resolve-image never --compose-file "$scratch/swarm.yaml" --compose-file "$here/database.yaml" \
  --compose-file "$here/swarm.yaml" "$app"
task() {
  local container
  container=$(docker ps --quiet --filter "label=com.docker.swarm.service.name=${app}_web" | head -n 1)
  [ -n "$container" ] && docker exec "$container" "$@"
}
poll 'the page' shows_page 'schema 7, workers 2' task
docker service scale --detach "${app}_worker=3"
poll 'the page with three workers' shows_page 'schema 7, workers 3' task
expect 0 docker stack ps --no-trunc --format '{{.Name}} {{.DesiredState}} {{.CurrentState}}' "$app"
shows "${app}_setup.1 Shutdown Complete"
remove_swarm

heading 'By podman kube play'
for tool in podman /usr/lib/podman/netavark /usr/lib/podman/aardvark-dns; do
  command -v "$tool" >/dev/null && continue
  [ -z "${MONOFY_TESTS_REQUIRE_TOOLS:-}" ] || fail "$tool is missing, and every tool is required"
  printf '****\n**** SKIPPED: %s is missing\n****\n' "$tool" >&2
  exit 0
done
write kubernetes >"$scratch/objects.yaml"
mkdir "$scratch/objects"
python3 "$here/objects.py" "$scratch/objects.yaml" "$scratch/objects" worker=more
printf '[engine]\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\nruntime = "here"\n[engine.runtimes]\nhere = ["%s"]\n' \
  "$here/podman-runtime" >"$scratch/containers.conf"
export CONTAINERS_CONF=$scratch/containers.conf
docker save "$name" | podman load --quiet
podman network create "$name"
podman run --detach --name "$name-db" --network "$name:alias=db" "localhost/$name" nc -ll -p 5432 -e database
play() { podman kube play --network "$name:alias=$1" "$scratch/objects/$1.yaml"; }
play setup
expect 0 podman wait setup-setup
shows 0
play web
play worker
pod() { podman exec web-pod-0-web "$@"; }
poll 'the page' shows_page 'schema 7, workers 1' pod
poll 'its health' podman healthcheck run web-pod-0-web
play more
poll 'the page with one more worker' shows_page 'schema 7, workers 2' pod
podman pod stop --time 20 worker-pod-0
expect 0 podman logs worker-pod-0-worker
shows 'worker stops'
everything_as_expected
