"""Commits rows to SQLite and prints how many commits returned before the disk had them.

Arguments: database, synchronous setting, number of commits, file with the syncs seen so far.
"""

import sqlite3
import sys

path, synchronous, count, trace = sys.argv[1:]


def syncs():
    with open(trace, encoding="utf-8") as lines:
        return sum("sync(" in line and "p.db-wal" in line for line in lines)


database = sqlite3.connect(path, isolation_level=None)
database.execute("PRAGMA journal_mode = WAL")
database.execute(f"PRAGMA synchronous = {synchronous}")
database.execute("CREATE TABLE decision (id INTEGER PRIMARY KEY, verdict TEXT)")
lost = 0
for _ in range(int(count)):
    before = syncs()
    database.execute("INSERT INTO decision (verdict) VALUES ('approve')")
    lost += syncs() == before
print(lost)
