"""Multi-scalar multiplication, and everything else that adds up many points.

Reading order: endomorphism, recoding, window_tables · batch_affine, pippenger · fixed_base, small_exponents ·
pointwise, columns, lagrange_basis · membership · interleaved, side_by_side (on Baby Jubjub).
"""
