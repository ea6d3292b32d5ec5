"""The secret side: wallets, plans, proofs, and the command line.

Reading order: keys, wallet · plan → pipeline → keystore · sync · cli, demo, bench.
Secrets begin in `wallet` and end in `pipeline`; nothing imports this package.
"""
