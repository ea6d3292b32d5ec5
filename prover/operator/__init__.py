"""Operating a pool: creation, its defaults, its oracles; and its key ceremony: signer, contributing, installing."""
