"""Setup ceremonies: each contributor mixes a secret into public points; one who deletes theirs makes the result safe.

chacha (scalars and points drawn from a seed, and a beacon's seed) · proof_of_knowledge (of a contributor's secret) ·
batches, rlc (long arrays of points, and random linear combinations of them)
phase 1, powers of tau: firstchallenge, phase1 (begin, contribute, truncate), preparation (for phase 2),
phase1chain (verifies the contributions), phase1check (verifies a whole file)
phase 2, one circuit's key: initial_key and circuithash (the key before any contribution), phase2 (contribute),
phase2check (verifies a key)

The files are zk/formats/ptau.py and zk/formats/zkeyfile.py.

Source: Bowe, Gabizon, Miers, "Scalable Multi-party Computation for zk-SNARK Parameters in the Random Beacon Model"
(ePrint 2017/1050).
"""
