"""The one database that the setup step makes, the web page reads and the worker works on."""

import os
import sqlite3


def connect():
    database = sqlite3.connect(os.environ["DATABASE"], timeout=10, isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    return database
