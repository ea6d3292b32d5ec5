"""BN254 (G1, G2), Baby Jubjub and Curve25519.

Reading order: jacobian, bn254 · edwards, cofactor, babyjubjub (points on ints) · g1, g2 (points to arrays and back) ·
coordinates, weierstrass, lines, twist (kernels), rows, manypoints (of many at once) · curve25519 (key exchange with
many points).
"""
