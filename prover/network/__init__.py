"""A ledger that many share: its service, and what talks to it.

Reading order: receipts (what settling is answered with), receiptfile (one for a stranger), work (what a request costs
while many wait), client (requests), refusals (what it raises), protocol (what is asked of a service), postings (orders
as bytes), evidence (of who contradicts himself), succeeding (other operators), cutting (what they made void), relay
(where they are), fetching, mirror (a copy of a ledger that believes nothing), light (one that believes the validators),
finals (what they cosigned), joined (the copy and its service as one ledger), joinedorders (its board), opening (a
home's ledger, wherever it is), duty (what a validator promised), validating (cosigning), moving (to another database) ·
service/ (the server).
"""
