"""Taking part in a ceremony: what makes and forgets secrets.  Reading and checking is settlement/ceremony.

    signer         the Ed25519 key by which a contributor is known
    contributing   the start, a contribution, a beacon: one new file each
    installing     a ceremony's keys, verified, into the keystore
"""
