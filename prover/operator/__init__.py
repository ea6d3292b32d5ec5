"""Operating a pool: creation, defaults, oracles, governors, operatorkey; its custody: custodian,
attesting; its key ceremony: signer, contributing, installing.
"""
