"""A ledger that many share: wire/ (what passes between machines), mirrors/ (copies that check it), service/ (the
server).
"""
