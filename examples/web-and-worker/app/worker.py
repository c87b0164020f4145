"""Counts the words of the jobs in the database, one by one, until it gets TERM."""

import argparse
import os
import signal
import threading

from database import connect

stopping = threading.Event()


def work(database):
    """Does the next job and returns whether there was one."""
    job = database.execute("SELECT id, text FROM job WHERE words IS NULL ORDER BY id LIMIT 1").fetchone()
    if job is None:
        return False
    number, text = job
    me = f"worker {os.getpid()}"
    database.execute("UPDATE job SET words = ?, worker = ? WHERE id = ?", [len(text.split()), me, number])
    print(f"worker: job {number} is done", flush=True)
    return True


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--every", type=float, required=True, help="seconds between two queries")
    every = parser.parse_args().every
    # The current job is finished first; then the process exits with 0.
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    database = connect()
    while not stopping.is_set():
        if not work(database):
            stopping.wait(every)
    print("worker: stopped between two jobs", flush=True)


main()
