"""The ledger on disk.

Reading order: schema (what a database must be), connections (how it is opened) · rows (as data), tables (as stored),
decoders (read back), columns (one value) · reader (every query), orders (the board's table) · checkpoints (what was
acknowledged, in its own file) · sqlite (every write).
"""
