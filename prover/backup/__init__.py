"""A home in one file: made, checked and restored.  In reading order: archive, saving, restoring.

    manifest.json            prover/backup/archive.py
    pool/…                   a snapshot of the ledger with its checkpoints, and the pool's secrets
    wallets/…                every wallet's files, encrypted as they are
    keys/STATEMENT-…/…       the development keys under which the pool's ledger verifies: new ones would not be the same
    guardians/…              the shares of the guardians on this machine, which cannot be made again
    custodian.json, governor.json, oracle.json, guardian-identity.json, ceremony-key.pem      its owner's secret keys
    farm/key.json            the secret key of a farm's workers; queues.json: the keys of the queues used from here

Keys of a ceremony are not in it: `zksettle ceremony install` verifies them again from the transcript, and nobody should
believe a backup in that.  Locks, sockets and unfinished files are not in it either.
"""
