"""Counts the words that wait in the database. Crashes at the word "poison", after it has removed it."""

import signal
import sys

from database import Database

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
database = Database()
print("worker: waiting for words")
while True:
    _, word = database.ask("BLPOP", "words", 0)
    if word == b"poison":
        sys.exit("worker: cannot count this word")
    database.ask("HINCRBY", "counts", word.decode(), 1)
