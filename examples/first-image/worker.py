"""What a worker would be."""

import sys
import threading

print("working:", *sys.argv[1:])
threading.Event().wait()
