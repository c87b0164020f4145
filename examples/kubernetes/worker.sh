#!/bin/sh
# Works until it gets TERM, and needs a second to stop. With --fail it exits with 3.
echo "worker: $*"
case "$*" in *--fail*) exit 3 ;; esac
trap 'echo "worker: finishing"; kill $!; sleep 1; exit 0' TERM
sleep 1000 &
wait $!
