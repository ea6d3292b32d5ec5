"""Setup ceremonies: many people each mix a secret into public points, and one who forgets theirs makes them safe.

chacha (numbers and points drawn from a seed, and the seed of a beacon) · proof_of_knowledge (that a contributor knows the
secret) · batches, rlc (long rows of points) · phase 1, powers of τ: firstchallenge, powers (begin, contribute,
shorten), preparation (for phase 2), transcript (each contribution is one), verification (all of it) · phase 2, one
circuit's key: phase2 (contribute), phase2check (all of it) · initial_key, circuithash (a key from powers of τ).  The files: zk/formats/ptau.py and zk/formats/zkeyfile.py.

Source: Bowe, Gabizon, Miers, "Scalable Multi-party Computation for zk-SNARK Parameters in the Random Beacon Model"
(ePrint 2017/1050).
"""
