"""Rank-1 constraint systems: r1cs (three sparse matrices), sparse (products with them), vectors, witness (programs)."""
