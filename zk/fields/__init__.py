"""Prime fields and the tower over Fp, as kernels on one element (four words) or on eight (five vectors of limbs).

Reading order: prime, array · bounds, views, words, inversion, montgomery, doublewidth · simd, limbs52, memory, lanes,
acrosslanes · field, fp, fr, conversion · accumulator, redundant, shoup · fp2_ints, fp2_words, fp2_lanes, fp2, fp6,
fp12, cyclotomic · lanes25519, fp25519 (another prime, for key exchange).
"""
