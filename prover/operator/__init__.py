"""Operating a pool: creation, defaults, oracles, governors, operatorkey, guardianship; its custody: custodian,
attesting; its key ceremony: signer, contributing, installing.
"""
