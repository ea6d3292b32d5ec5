"""Benchmarks: `zksettle bench`.

Reading order: distributions, measure, report, tables, exports, comparison · inputs, checking, kernels, multiplications,
transforms · model, prove · chains, memory, proofside, sizes · verification, throughput · peerfiles, casefiles, meters,
contenders, peerproofs, peerprocess, namedpeers, nodejs, zksnake, ceremonies, peerreport, peers · syntheticledger,
wallet · simulated, swaps, posting, ledgermetrics, ledgersite, finality, lightsync, ledger · liveorders, junk, flood,
talk, deskside, desksites, deskfigures, arrivals, deskreport, desk · farmside, idleness, farm · chartparts,
comparisoncharts, farmchart, charts.
Every report names the machine, the commit, the sizes, what was warm, and the environment that would repeat it.
"""
