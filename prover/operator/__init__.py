"""Operating a pool: creation, defaults, oracles; its custody: custodian, attesting; its key ceremony: signer,
contributing, installing.
"""
