"""Applies the migrations that the database does not have yet."""

import os
import pathlib

from database import connect


def main():
    database = connect()
    applied = database.execute("PRAGMA user_version").fetchone()[0]
    for file in sorted(pathlib.Path("migrations").glob("*.sql")):
        number = int(file.name.split("_")[0])
        if number > applied:
            # One transaction with the version number: applied completely or not at all.
            database.executescript(f"BEGIN; {file.read_text()} PRAGMA user_version = {number}; COMMIT;")
            print(f"migrate: applied {file.name}", flush=True)
    version = database.execute("PRAGMA user_version").fetchone()[0]
    print(f"migrate: {os.environ['DATABASE']} is at version {version}", flush=True)


main()
