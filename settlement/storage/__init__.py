"""The ledger on disk.

Reading order: versions (the tables), schema (what a file must be) · rows (as data), tables (as stored), writes (what an
event writes), decoders (read back), columns (one value) · connection (what a query needs), reader (every query),
batchreader (about many things at once), orders and witnessed (what is no part of the history) · repository (the
interface of a database) · for SQLite: connections (how a file is opened), transactions, checkpoints (what was
acknowledged, in its own file), sqlitereader and sqlite (every write).  PostgreSQL has a package of its own.
"""
