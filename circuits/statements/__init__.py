"""Statements: one file each, the claim in plain Python and the same claim as constraints."""
