"""Benchmarks: `zksettle bench`.

Reading order: measure, report · inputs, checking, kernels, multiplications, transforms · model, prove · verification,
throughput · peerfiles, nodejs, zksnake, ceremonies, peers · syntheticledger, wallet · simulated, swaps, posting,
ledgermetrics, ledgersite, finality, lightsync, ledger · charts.  Every report names the machine, the commit, the sizes,
and what was warm.
"""
