"""The connection to the database. Fails at once without one: monofy waits for the database, not its clients."""

import psycopg2


def connect():
    database = psycopg2.connect(host="127.0.0.1", user="postgres", dbname="postgres")
    database.autocommit = True
    return database.cursor()
