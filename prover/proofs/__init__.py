"""Proving keys, the one way to a proof, and single proofs in files."""
