"""What a stranger can send: bundles, orders, addresses, sealed texts, publications, wallet files, pools and ledgers.

    fields       messages as labelled fields, changes that know what a field is, and their form in the corpus
    target       a kind of message: its good examples, its use, and the refusals that are allowed
    stage        a small ledger with everything that the targets need
    bundles      bundles to the ledger and orders to the board
    governing    changes of parameters, heartbeats, expiries, checkpoints, and messages between guardians
    prices       publications, of whose three oracles one lies
    sealed       addresses, ciphertexts, and what is inside them
    jsontext     JSON as fields
    walletfiles  wallet files, wallets, their archives, and pools
    backups      backups of homes
    ledgers      ledger files, page by page
    ledgerrows   ledgers, row by row

Good examples are made by the code itself, so that they follow when a format changes.
"""

from tests.hostile.strangers import backups, bundles, governing, ledgerrows, ledgers, prices, sealed, walletfiles

TARGETS = {
    target.name: target
    for target in (
        bundles.BUNDLE, bundles.ORDER, prices.PRICES, sealed.ADDRESS, sealed.ADDRESS_BODY, sealed.SEALED, sealed.TERMS,
        sealed.OPENING, walletfiles.WALLET_FILE, walletfiles.WALLET, walletfiles.ARCHIVE,
        walletfiles.POOL, ledgers.CLOSED, ledgers.DIED,
        ledgerrows.ROWS, backups.TARGET, *governing.TARGETS,
    )
}  # fmt: skip
