"""The ledger on disk: schema, rows, sqlite, and orders for the board."""
