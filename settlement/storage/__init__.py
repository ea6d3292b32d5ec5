"""The ledger on disk: schema, rows, reader (every query), orders (the board's table), sqlite (every write)."""
