#!/bin/sh
# Stands in for a program: says its name, and ends when TERM or the file /tmp/crash-NAME asks for it.
trap 'echo "$1: stopping"; exit 0' TERM
echo "$1: started with $2, user $(id -un), directory $(pwd)"
while [ ! -e "/tmp/crash-$1" ]; do sleep 0.1 & wait $!; done
echo "$1: crashing"
rm "/tmp/crash-$1"
exit 3
