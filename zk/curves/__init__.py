"""BN254 (G1, G2) and Baby Jubjub."""
