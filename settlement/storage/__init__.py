"""The ledger on disk.

Reading order: schema (what a database must be) · rows (as data), tables (as stored), writes (what an event writes),
decoders (read back), columns (one value) · connection (what a query needs), reader (every query), orders (the board's
table) · repository (the interface of a database) · for SQLite: connections (how a file is opened), checkpoints (what
was acknowledged, in its own file), sqlitereader and sqlite (every write).  PostgreSQL has a package of its own.
"""
