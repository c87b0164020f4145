#!/bin/sh
# until-changed.sh FILE PROGRAM [ARG...]
# Runs PROGRAM; when FILE changes, stops it and exits, and with --restart=always monofy starts it anew. When PROGRAM
# ends by itself, it waits for the change all the same.
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
