"""BN254 (G1, G2) and Baby Jubjub.

Reading order: jacobian, bn254 · edwards, babyjubjub, on ints · g1, g2, the doors to arrays · coordinates, weierstrass,
lines, as kernels.
"""
