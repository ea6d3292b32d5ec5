"""Firm orders: funds (what backs one), posting (what stands beside its leg), withdrawals, fresh (orders get other
margins), board (the rules of it all).
"""
