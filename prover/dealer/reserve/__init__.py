"""Keeps a desk's margined accounts healthy out of accounts that it does not trade with.

    rules        which account needs how much, and from where: pure
    reserve      the same for an open wallet, bounded by the day over restarts

An account is topped up while the guardians are still far from it.
"""
