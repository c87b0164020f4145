"""Creates the table if it does not exist."""

from database import connect

connect().execute("CREATE TABLE IF NOT EXISTS job (id serial PRIMARY KEY, text text NOT NULL, words int, worker text)")
print("migration: the table exists")
