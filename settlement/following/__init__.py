"""Copies of a ledger that keep up with it: following (one that checks every rule), skimming and lightfollowing (one
that believes the validators), finality (what a quorum of them cosigned).
"""
