"""Operating a pool: creation, defaults, oracles, custodian; and its key ceremony: signer, contributing, installing."""
