"""What a pool is, and what its governors may change.

Reading order: assets (sixteen slots), validators, boardrules, rules (which formulas), parameters (all that changes),
pool (what never does), poolfile (as bytes), fingerprint (for people to compare), governance (signed changes).
"""
