#!/usr/bin/env bash
# Runs the line in the file start in a terminal, edits its sources, and stops it with Ctrl-C; fails on anything unexpected. Needs tmux,
# curl, Python, and the static binary: MONOFY_STATIC names it, else cargo builds it.
. "$(dirname "$0")/../lib.sh"

port=9138

need tmux curl python3
[ "$(readme_blocks sh | sed '/run.sh$/d')" = "$(cat "$here/start")" ] || fail 'the README shows another line than start'
find_binary
cp -R "$here" "$scratch/dev"
mkdir "$scratch/bin"
ln -s "$(realpath "$binary")" "$scratch/bin/monofy"

# A separate tmux server, without the user's settings and sessions.
terminal() { tmux -S "$scratch/tmux" -f /dev/null "$@"; }
trap 'terminal kill-server 2>/dev/null; clean_up' EXIT
screen() { terminal capture-pane -p -S - -t dev; }
on_screen() { screen | grep -qE -e "$1"; }
times_on_screen() { [ "$(screen | grep -cE -e "$1")" -ge "$2" ]; }
page() { curl --silent --max-time 5 "http://127.0.0.1:$port/"; }
page_says() { page | grep -qF -e "$1"; }
# await COMMAND...: repeats the command until it succeeds; a failure prints the screen.
await() {
  local end=$((SECONDS + deadline))
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || { screen >&2; fail "timed out after $deadline s waiting for: $*"; }
    sleep 0.1
  done
}

heading 'Started in a terminal'
terminal new-session -d -s dev -x 120 -y 40 "cd '$scratch/dev' && exec sh"
terminal send-keys -t dev "PATH='$scratch/bin:$PATH' PORT=$port ./start; echo ended with \$?" Enter
await on_screen '^assets +\| built site.css'
await on_screen "^web +\| serving on port $port: Hello, reader"
await on_screen '^tests +\| all well'
await page_says 'Hello, reader body {  color: black;}'

heading 'An edit that breaks the test'
sed -i 's/Hello, {name}/Hello, you/' "$scratch/dev/web.py"
await on_screen "^web +\| serving on port $port: Hello, you"
await on_screen '^tests +\| BROKEN'
await page_says 'Hello, you'

heading 'An edit that repairs it'
sed -i 's/Hello, you/Good day, {name}/' "$scratch/dev/web.py"
await on_screen "^web +\| serving on port $port: Good day, reader"
await times_on_screen '^tests +\| all well' 2
await page_says 'Good day, reader'

heading 'An edit of the style sheet'
sed -i 's/black/green/' "$scratch/dev/style.css"
await times_on_screen '^assets +\| built site.css' 2
await page_says 'color: green'

heading 'Ctrl-C'
terminal send-keys -t dev C-c
await on_screen '^ended with [0-9]+'
screen
on_screen '^ended with 0$' || fail 'the status is not 0'
! page >/dev/null || fail 'the web server is still there'
everything_as_expected
