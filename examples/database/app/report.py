"""Prints the number of jobs, every so many seconds."""

import signal
import sys
import time

from database import connect

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
database = connect()
while True:
    database.execute("SELECT count(*) FROM job")
    print("report:", database.fetchone()[0], "jobs")
    time.sleep(float(sys.argv[1]))
