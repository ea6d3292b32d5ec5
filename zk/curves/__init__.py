"""BN254 (G1, G2) and Baby Jubjub.

Reading order: jacobian, bn254 · edwards, babyjubjub (points on ints) · g1, g2 (points to arrays and back) ·
coordinates, weierstrass, lines (kernels).
"""
