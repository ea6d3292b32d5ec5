"""Gadgets, each a function over a builder: boolean, ranges, division, poseidon, merkle, babyjubjub."""
