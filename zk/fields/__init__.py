"""Prime fields and the tower over Fp, as kernels on one element, four words, or on eight, five vectors of limbs.

Reading order: prime, array · bounds, limbs, inversion, montgomery, late · vector, columns, moves, wide · field, fp, fr,
rows · products, loose, factors · fp2_words, fp2_lanes, fp2, fp6, fp12, cyclotomic.
"""
