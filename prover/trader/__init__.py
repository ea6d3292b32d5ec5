"""What a trader owns and does.

    keys, address, opening, sealing, terms, wallet, walletfile, sync   keys from a seed phrase to the encrypted file
    amounts, choosing, plan, assembly                                  from an action to a signed leg
    session, moves, orders                                             from a leg to a receipt
"""
