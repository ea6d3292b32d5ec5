"""Copies of a ledger elsewhere, and the ledger that a home sees through its copy.

Reading order: fetching, cutting (what a fenced operator made void), mirror (a copy that believes nothing), light (one
that believes the validators), finals (what they cosigned) · joinedorders, joined (the copy and its service as one
ledger), opening (a home's ledger, wherever it is), moving (to another database) · duty (what a validator promised),
validating (cosigning).
"""
