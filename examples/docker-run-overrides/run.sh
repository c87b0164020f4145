#!/usr/bin/env bash
# Builds the image of this directory and runs the five lines of its README.md; fails on anything unexpected. Needs a
# running Docker engine, the image busybox, and the static binary: MONOFY_STATIC names it, else cargo builds it.
. "$(dirname "$0")/../lib.sh"

build_image worker.sh

# run N: runs the Nth line of the README, with the name of the image replaced.
run() {
  local line
  line=$(readme_blocks sh | grep '^docker run ' | sed -n "$1p")
  heading "$line"
  expect 0 bash -c "${line/ overrides/ $name}"
}

run 1
shows '[--queue=default]'
shows "read 'a page' from http://127.0.0.1:8000/"
shows 'ended with status 0, because worker exited with status 0'
hides '[--verbose]'

run 2
shows '[--queue=urgent]'
shows "read 'a page' from http://127.0.0.1:9000/"

run 3
shows '[--verbose]'
shows '[--label]'
shows '[two words]'

run 4
shows 'httpd   httpd -f -p 9000 -h /srv'
shows 'worker --page=http://127.0.0.1:9000/ --queue=default'
hides '[--queue'

run 5
shows '[--queue=urgent]'
shows '[--jobs=1]'
hides httpd
everything_as_expected
