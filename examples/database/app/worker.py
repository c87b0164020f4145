"""Counts the words of the jobs until it is asked to stop. Crashes at the job "poison", after it has counted it."""

import os
import signal
import sys
import threading

from database import connect

stopping = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stopping.set())
database = connect()
me = os.environ.get("HOSTNAME", "worker")
print("worker: waiting for jobs")
while not stopping.is_set():
    database.execute("SELECT id, text FROM job WHERE words IS NULL ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED")
    job = database.fetchone()
    if job is None:
        stopping.wait(0.1)
        continue
    number, text = job
    database.execute("UPDATE job SET words = %s, worker = %s WHERE id = %s", [len(text.split()), me, number])
    if text == "poison":
        sys.exit("worker: cannot go on after this job")
print("worker: stopped between two jobs")
