"""A trader's wallet, and the actions that move its accounts.

    keys, addresses, opening, sealing, terms                                 from a seed phrase to what is sealed to it
    wallets, walletjson, archive, walletformat, walletfile                   a wallet and its encrypted file
    manyhashes, walletscan, keeping, walletsync                              from the ledger to the wallet
    durations, choosing, plan, trade, assembly, backing                      from an action to a signed leg
    sessions, outbox, settling, moves, merging                               from a leg to a receipt
    readers, placing, orders, boardview                                      from a leg to the board, and to a trade
"""
