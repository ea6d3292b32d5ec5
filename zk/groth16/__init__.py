"""Groth16, one file per step: keys, provingkey, manyproofs, tables, generator · provingtables, quotient, linear,
nearness, prover · verifier, prepared, batch, second_opinion.

No kernel of its own.  keys, verifier and second_opinion load no kernel, until a proof is verified.
"""
