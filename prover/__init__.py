"""The secret side: wallets, plans, proofs, and the command line.

    wallet/     what a trader owns: keys, addresses, sealed openings, the encrypted file, syncing
    trading/    from an action to a receipt: choosing → plan → assembly → desk; moves and orders
    proofs/     the keystore, and `pipeline`, the one way from a plan to a proof
    service/    a prover that stays: processes with keys and kernels loaded, behind a socket of the user's own
    ceremony/   taking part in a ceremony that makes the statements' keys, and installing what it made
    pool/       founding a pool on one machine: example assets, oracles, exact amounts
    machine/    where data lies, progress, compiling ahead, `zksettle doctor`
    cli/        the commands, one file per group · demo/ the story they tell · bench/  what they take

Secrets begin in `wallet` and end in `proofs/pipeline`; nothing imports this package.
"""
