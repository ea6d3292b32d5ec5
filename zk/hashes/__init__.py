"""Poseidon: grain (the constants), poseidon (one hash on ints) · recurrence, batch (many, by kernels).  blake2b."""
