"""Stands in for a worker."""

import sys
import threading

print("working:", *sys.argv[1:])
threading.Event().wait()
