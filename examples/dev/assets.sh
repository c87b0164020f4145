#!/bin/sh
# What a compiler of style sheets would be.
tr -d '\n' <style.css >site.css && echo "built site.css, $(wc -c <site.css) bytes"
