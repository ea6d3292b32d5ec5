"""The service of a ledger over HTTP (FastAPI), which `zksettle ledger serve` runs.

Reading order: app (everything put together), parts (what the routes share) · bundles, signed, orders, manyorders,
letters, reads, streaming, finality, successions, explaining (the routes), documents (what OpenAPI says of them), pages
(the same to read) · gate, peers, standing, trust, effort, bodies (limits) · problems (errors) · waiting (whose turn it
is), applier (the one thread that writes), placing (orders, together), readers (the threads that read), receipting (a
block's receipts), tilecache (the log's files), mailbox (letters), lettercopy (those of the operator), office (whether
it may settle), forwarding (what a copy passes on to the operator's), notes (what is signed) · metrics, logs ·
connections (slow clients), serving (the process), together and processes (several of them), census and shared (what
they count in common).
"""
