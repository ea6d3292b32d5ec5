"""Operating a pool: creation, defaults, oracles, governors, proposing, operatorkey; its custody:
custodian, attesting; its key ceremony: signer, contributing, installing.
"""
