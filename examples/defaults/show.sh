#!/bin/sh
# Stands for a program: shows its arguments, one a line, and what of its environment comes from the files.
for argument in "$@"; do printf '  [%s]\n' "$argument"; done
printf '  TZ=%s LOG_LEVEL=%s\n' "${TZ-not set}" "${LOG_LEVEL-not set}"
