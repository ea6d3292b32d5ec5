"""Poseidon: grain (the constants), poseidon (one hash, on ints) · recurrence, batch (many hashes, in kernels) ·
quick (one of them).

blake2b is the hash of ceremony transcripts.
"""
