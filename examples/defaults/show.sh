#!/bin/sh
# Stands in for a program: prints its arguments, one a line, and the variables that come from the files.
for argument in "$@"; do printf '  [%s]\n' "$argument"; done
printf '  TZ=%s LOG_LEVEL=%s\n' "${TZ-not set}" "${LOG_LEVEL-not set}"
printf '  DATABASE_URL=%s QUEUE_TOKEN=%s\n' "${DATABASE_URL-not set}" "${QUEUE_TOKEN-not set}"
