"""A ledger that many share: its service, and what talks to it.

Reading order: receipts (what settling is answered with), client (requests), work (hashcash), postings (orders as
bytes), mirror (a copy of a ledger that believes nothing) · service/ (the server).
"""
