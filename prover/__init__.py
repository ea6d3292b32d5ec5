"""The secret side: wallets, plans, proofs, and the command line.

    trader/     wallets, plans and orders: from an action to a receipt
    books/      what a wallet traded, has and gained, from the wallet alone
    stops/      stop orders: what a wallet does once a price is published
    receipts/   what settled, shown to others: receipts, net receipts, viewing keys
    operator/   creating a pool, its oracles, taking part in ceremonies
    backup/     a home in one file: made, checked and restored
    desk        the front door to wallets, in Python, with openwallet · premises: to a home's pool and custodian
    proofs/     the keystore, and `pipeline`, the one way from a plan to a proof
    groth16     the front door to proofs of circom circuits
    circom/     the front door to their witnesses, and what proves them
    farm/       proofs from many machines: a queue in a database, and the workers that empty it
    service/    a prover that stays: processes with keys and kernels loaded, behind a socket of the user's own
    machine/    files, the home folder, hardware, progress · upkeep/  compiling ahead, `zksettle doctor`
    bench/      what everything takes · cli/  the commands, one folder per subject

Secrets begin in `trader` and end in `proofs/pipeline`; nothing imports this package.
"""
