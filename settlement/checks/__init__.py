"""What a ledger checks before anything settles, and what follows from it.

Reading order: state (what is checked against), margins, topups, pot, heartbeat, expiry (the rules of each) ·
proofclaims, proofbatches, signatures (what is verified together), verified (what was lately) · checks (every check of
legs, in the order of their rejections), manychecks (of many at once), bundlechecks (of whole bundles) · effects (what a
bundle changes), recording (all other events).
"""
