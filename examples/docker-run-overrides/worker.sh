#!/bin/sh
# Prints its arguments, reads a page once the web server serves it, and exits.
for argument; do
  echo "worker: [$argument]"
  case $argument in --page=*) page=${argument#--page=} ;; esac
done
[ -n "$page" ] || exit 0
until text=$(wget -q -O - "$page" 2>/dev/null); do usleep 50000; done
echo "worker: read '$text' from $page"
