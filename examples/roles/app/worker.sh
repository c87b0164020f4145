#!/bin/sh
# Stands in for a worker: writes a file for each job that it finds.
trap 'exit 0' TERM
echo "worker ${MONOFY_REPLICA:-} works on $2"
while :; do
  for job in "$1"/*.job; do
    [ -e "$job" ] || continue
    mv "$job" "${job%.job}.done" 2>/dev/null && echo "worker: $(basename "$job")"
  done
  sleep 0.2 & wait
done
