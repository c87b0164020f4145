#!/bin/sh
# Reads the password from its environment: every user can read the arguments of a process.
echo "login: user ${1#--user=}, a password of ${#PASSWORD} characters, sha256 $(printf %s "$PASSWORD" | sha256sum)"
grep -q correct-horse /proc/1/cmdline "/proc/$$/cmdline" && echo 'login: the password is in a command line'
exit 0
