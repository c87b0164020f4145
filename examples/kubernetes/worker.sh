#!/bin/sh
# Works until it is asked to stop, which takes it a second; with --fail it ends on its own.
echo "worker: $*"
case "$*" in *--fail*) exit 3 ;; esac
trap 'echo "worker: finishing"; kill $!; sleep 1; exit 0' TERM
sleep 1000 &
wait $!
