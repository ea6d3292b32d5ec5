"""A trader's wallet, and the actions that move its accounts.

    keys, bases, addresses, opening, sealing, terms                          from a seed phrase to what is sealed to it
    wallets, walletjson, sealedlines, archive, walletformat, walletfile      a wallet and its encrypted files
    beside, contacts, marks, diary, orderhistory                             names for addresses, and what it noted
    manyhashes, walletscan, keeping, seized, walletsync                      from the ledger to the wallet
    blinding, durations, owing, toppingup, roots, plan                       from an action to a leg that is not proved
    choosing, trade, shapes, assembly, showing, backing                      and to one that is proved and signed
    starts, pads, sessions, readiness                                        an open wallet, and what it has ready
    outbox, steps, settling                                                  from a leg to a receipt
    moves, moving, claims, loans, merging
    readers, placing, orders, boardview, withdrawing, refreshing, keepfresh  from a leg to the board, and to a trade
    lifetimes, alternatives, replacing, renewing, reposting                  what becomes of orders
    shocks, health, silence                                                  what margined accounts are worth
"""
