"""Operating a pool: creation, its defaults, its oracles; taking part in a key ceremony: signer, contributing, installing."""
