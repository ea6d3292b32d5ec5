"""What a trader shows others of what settled: receipts, and the keys that open some of a wallet's accounts.

    provenance       from a pool's fingerprint to a checkpoint, and to a bundle in the log
    openings         what a leg did, and that its value says so
    ownlegs          which legs of a bundle a wallet made, and their openings
    receiptfile      a bundle's receipt, with openings
    confirmation     two receipts as the two sides of a trade
    netfile          the sum of chosen legs, and nothing else of each
    viewfile         a viewing key of one account for one period
    viewing          how it is made, and the record of those that were given

What somebody was paid has no receipt of his own.  The payer made the leg, with a random blinding that nobody else has,
and the account that it started from is hidden: so the payee can open what his account had afterwards, and not what the
leg changed.  The 7 bytes that an opening leaves of its ciphertext have no place for a blinding.  The payer's receipt
shows the payment; the payee has a viewing key of the account (`viewing grant`), or a proof of what it holds (`funds`).
His books have the amount, because a genesis leg's account began empty, which the wallet takes the payer's word for: it
decides no balance.
"""
