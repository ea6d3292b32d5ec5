"""Statements to be proved, the circuit language they are written in, and the gadgets they are built from.

Reading order: records, generators, merkle, escrow, seizure · frontend · gadgets · statements · pins, registry ·
samples, guardsamples.  Both the public and the secret side use this package, so it holds no secrets and no state.
Imports zk only.
"""
