#!/bin/sh
# Starts everything for development in one terminal. Ctrl-C stops it.
cd "$(dirname "$0")" || exit
exec "${MONOFY:-monofy}" --output=prefix \
  --name=assets --restart=always --ready='log:^built ' ./until-changed.sh style.css ./assets.sh '|||' \
  --name=web --restart=always --after=assets ./until-changed.sh web.py python3 -u web.py '${PORT:-8000}' '|||' \
  --name=tests --restart=always --tty ./until-changed.sh web.py python3 -B tests.py
