"""Poseidon and the generator of its constants."""
