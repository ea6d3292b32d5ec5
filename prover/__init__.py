"""The secret side: wallets, plans, proofs, and the command line.

Reading order: keys, address, sealing, opening, terms · wallet, walletfile, home, files · plan → pipeline → assembly ·
keystore · sync, desk, choosing, moves, orders · amounts, defaults, oracles, founding · proving, prooffile, inspection ·
progress, warmup, machine, doctor · demo, cheats · cli, bench.
Secrets begin in `wallet` and end in `pipeline`; nothing imports this package.
"""
