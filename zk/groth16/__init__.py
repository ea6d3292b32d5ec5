"""Groth16: keys, generator, quotient, prover, verifier, one file per step."""
