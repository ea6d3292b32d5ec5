"""A ledger that many share: its service, and what talks to it.

Reading order: receipts (what settling is answered with), client (requests) · service/ (the server).
"""
