"""Gadgets, each a function over a builder: boolean, ranges, poseidon, merkle, babyjubjub."""
