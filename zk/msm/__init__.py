"""Multi-scalar multiplication, and everything else that adds up many points.

Reading order: endomorphism, recoding, window_tables, widths · lanepoints, exceptional, batch_affine, pieces,
group_sums, weighted_sums, pippenger · fixed_base, few, small_exponents · pointwise, columns, lagrange_basis ·
membership · interleaved, side_by_side (on Baby Jubjub).
"""
