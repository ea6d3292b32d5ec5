"""Where a desk's prices come from, and how old they may be.

    written      prices in JSON or CSV, as files and commands give them
    sources      the oracles, a file or a command for each asset: a market, and what is wrong
    commands     a command of the user's, run beside, which never holds up a round

A price that is missing, malformed or too old is no price, and without a price there is no quote.
"""
