"""A trader's wallet, and the actions that move its accounts.

    keys, addresses, opening, sealing, terms, wallets, walletfile, walletsync   from a seed phrase to the encrypted file
    durations, choosing, plan, trade, assembly                                  from an action to a signed leg
    sessions, outbox, moves, orders, boardview                                  from a leg to a receipt
"""
