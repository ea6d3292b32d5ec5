"""Groth16, one file per step: keys, manyproofs, tables, generator · quotient, prover · verifier, prepared, batch,
second_opinion.

Defines no kernel of its own.  keys, verifier and second_opinion load no kernel either, until a proof is verified.
"""
