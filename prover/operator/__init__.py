"""Operating a pool: its creation by founding and defaults, joining one that somebody else operates, and promoting
who takes it over; the keys of who serves it: ownkey, founderkeys, operatorkey, validatorkey; oracles; proposing changes
of its parameters; its custody: attesting; its key ceremony: signer, contributing, installing.
"""
