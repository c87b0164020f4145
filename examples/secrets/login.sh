#!/bin/sh
# Has the password in its environment, where the arguments of a process, which everybody may read, do not show it.
echo "login: user ${1#--user=}, a password of ${#PASSWORD} characters, sha256 $(printf %s "$PASSWORD" | sha256sum)"
grep -q correct-horse /proc/1/cmdline "/proc/$$/cmdline" && echo 'login: the password is in a command line'
exit 0
