"""Strict verification: one table of malformed keys, public inputs and proofs, given to every reader.

lies (malformed points and numbers), forms (honest files and changes to them), cases (the table) · the tests.
"""
