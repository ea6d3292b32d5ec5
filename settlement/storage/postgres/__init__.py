"""The ledger in PostgreSQL: the same tables, queries and rows as in SQLite (settlement.storage).

Reading order: connection (one session), catalogue (what a database must be), reader (the queries that differ),
repository (every write).
"""
