"""How much a desk may trade, and what counts against it.

    exposure     what it has, what stands open, what it traded: the worst of what could become of it
    limits       the limits, and whether one more leg is within them
    fates        what became of a leg whose account moved
    memory       the file beside the wallet
    exposures    all of it for an open wallet: what the dealer calls

Limits count what could settle, not what probably will.
"""
