"""A trader's wallet, and the actions that move its accounts.

    keys, bases, addresses, opening, sealing, terms                          from a seed phrase to what is sealed to it
    wallets, walletjson, archive, walletformat, walletfile                   a wallet and its encrypted file
    manyhashes, walletscan, keeping, seized, walletsync                      from the ledger to the wallet
    durations, owing, toppingup, plan                                        from an action to a leg that is not proved
    choosing, trade, assembly, showing, backing                              and to one that is proved and signed
    sessions, outbox, settling, moves, claims, loans, merging                from a leg to a receipt
    readers, placing, orders, boardview, withdrawing, refreshing, keepfresh  from a leg to the board, and to a trade
    shocks, health, silence                                                  what margined accounts are worth
"""
