"""Keys of which t of n members each hold a share, on Baby Jubjub: no t - 1 of them can decrypt or sign.

Reading order: sharing (Shamir's polynomials and Lagrange's weights) · hashing · keys (the group's public key, and a
member's share of its secret) · dkg (members deal a key among themselves) · decryption (partial decryptions with
proofs) · frost (signatures that verify as those of zk/signature.py do).

Everything here is a function of its arguments: carrying messages between members is prover/guardian's work.
"""
