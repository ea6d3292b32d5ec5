"""Groth16, one file per step: keys, tables, generator · quotient, prover · verifier, prepared, batch, paranoid.

Holds no kernel of its own.  keys, verifier and paranoid import no kernel either, until a proof is verified.
"""
