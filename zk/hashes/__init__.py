"""Poseidon: grain (the constants), poseidon (one hash on ints) · recurrence, batch (many, by kernels).

Other people's: blake2b (ceremonies), keccak (the selectors of contracts).
"""
