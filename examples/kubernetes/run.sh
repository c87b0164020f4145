#!/usr/bin/env bash
# Checks pod.yaml against the schema of Kubernetes and runs its container with Docker; fails on anything unexpected.
# Needs a running Docker engine, the image busybox, Python (kubernetes-validate is installed into a temporary directory),
# and the static binary: MONOFY_STATIC names it, else cargo builds it.
. "$(dirname "$0")/../lib.sh"

need python3
build_image worker.sh
python3 -m venv "$scratch/python"
"$scratch/python/bin/pip" install --quiet --disable-pip-version-check 'kubernetes-validate==1.37.*'

heading 'The schema'
"$scratch/python/bin/kubernetes-validate" --strict "$here/pod.yaml"
sed 's/terminationGracePeriodSeconds: 45/terminationGracePeriodSeconds: long/' "$here/pod.yaml" >"$scratch/wrong.yaml"
expect 1 "$scratch/python/bin/kubernetes-validate" --strict "$scratch/wrong.yaml"

# Prints the settings of the Pod, one a line, and its arguments as the kubelet passes them.
"$scratch/python/bin/python" - "$here/pod.yaml" >"$scratch/pod" <<'END'
import sys
import yaml

pod = yaml.safe_load(open(sys.argv[1]))
container = pod["spec"]["containers"][0]
security = container["securityContext"]
assert security["readOnlyRootFilesystem"] and security["capabilities"]["drop"] == ["ALL"]
print(pod["spec"]["terminationGracePeriodSeconds"])
print(container["terminationMessagePath"])
print(security["runAsUser"])
print(" ".join(container["readinessProbe"]["exec"]["command"]))
print(next(one["value"] for one in container["env"] if one["name"] == "PORT"))
for word in container["command"] + container["args"]:
    print(word.replace("$(POD_NAME)", pod["metadata"]["name"]))
END
mapfile -t pod <"$scratch/pod"
grace=${pod[0]} message_path=${pod[1]} user=${pod[2]} port=${pod[4]} line=("${pod[@]:5}")
read -ra probe <<<"${pod[3]}"

# start OPTION...: starts the container as the kubelet does, with an empty termination message.
start() {
  : >"$scratch/message"
  chmod 0666 "$scratch/message"
  docker rm --force "$name" >/dev/null 2>&1 || true
  docker run --detach --name "$name" --user "$user" --read-only --cap-drop ALL --security-opt no-new-privileges \
    --env POD_NAME=app --env PORT="$port" --volume "$scratch/message:$message_path" "$@" "$name" "${line[@]}"
}
logged() { docker logs "$name" 2>&1 | grep -qF -e "$1"; }
ended() { [ "$(docker inspect -f '{{.State.Running}}' "$name")" = false ]; }
# ended_with STATUS MESSAGE: checks the container's exit status and its termination message.
ended_with() {
  expect 0 docker logs "$name"
  printf 'termination message: %s\n' "$(cat "$scratch/message")"
  [ "$(docker inspect -f '{{.State.ExitCode}}' "$name")" = "$1" ] || fail "the exit status is not $1"
  grep -qF -e "$2" "$scratch/message" || fail "the termination message is not: $2"
}

heading "The Pod is deleted: TERM, and $grace s for everything"
start
poll 'the worker' logged 'worker: --pod=app --concurrency=4'
poll 'its readiness' docker exec "$name" "${probe[@]}"
docker exec "$name" wget -q -O - "http://127.0.0.1:$port/"
began=$SECONDS
docker stop --time "$grace" "$name"
[ $((SECONDS - began)) -lt 9 ] || fail "the stop took $((SECONDS - began)) s"
ended_with 0 'ended with status 0, because SIGTERM was received'
shows 'worker: finishing'

heading 'The worker fails'
start --env WORKER_OPTIONS='--fail soon'
poll 'the end' ended
ended_with 3 'ended with status 3, because worker exited with status 3'
shows 'worker: --pod=app --concurrency=4 --fail soon'

heading 'A mistake'
start --env WORKER_OPTIONS="'never closed"
poll 'the end' ended
docker logs "$name"
[ "$(docker inspect -f '{{.State.ExitCode}}' "$name")" = 125 ] || fail 'the exit status is not 125'
everything_as_expected
