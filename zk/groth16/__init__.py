"""Groth16, one file per step: keys, tables, generator · setup, circuithash (a key from powers of tau) · quotient,
prover · verifier, prepared, batch, paranoid.

Holds no kernel of its own.  keys, verifier and paranoid import no kernel either, until a proof is verified.
"""
