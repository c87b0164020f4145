#!/bin/sh
# until-changed.sh FILE PROGRAM [ARG...]
# Runs PROGRAM. When FILE changes, stops it and exits; with --restart=always monofy then restarts it. If PROGRAM ends by itself,
# waits for the change, too.
file=$1
shift
before=$(cksum <"$file")
"$@" &
program=$!
trap 'kill "$program" 2>/dev/null; exit 0' TERM INT
while [ "$(cksum <"$file")" = "$before" ]; do
  sleep 0.2
done
echo "$file has changed"
kill "$program" 2>/dev/null
wait "$program" 2>/dev/null
exit 0
