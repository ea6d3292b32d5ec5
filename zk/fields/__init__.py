"""Prime fields and the tower over Fp, as kernels on tuples of Montgomery words."""
