"""The service of a ledger over HTTP (FastAPI), which `zksettle ledger serve` runs.

Reading order: app (everything put together), parts (what the routes share) · bundles, signed, orders, reads, streaming,
finality, successions, explaining (the routes), documents (what OpenAPI says of them), pages (the same to read) · gate,
peers, standing, bodies (limits) · problems (errors) · waiting (whose turn it is), applier (the one thread that writes),
readers (the threads that read), receipting (a block's receipts), tilecache (the log's files), office (whether it may
settle), notes (what is signed) · metrics, logs · connections (slow clients), serving (the process), together and
processes (several of them).
"""
