"""The database that the migration creates and that web page and worker share."""

import os
import sqlite3


def connect():
    database = sqlite3.connect(os.environ["DATABASE"], timeout=10, isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    return database
