"""Stop orders: what a wallet does once a published price is at or beyond a trigger, while somebody watches.

    stops       a stop, and which of them are due at these prices: pure
    stopfile    the stops of a wallet, in an encrypted file beside it
    firing      does what is due, each stop once, whatever breaks

Nobody but the wallet knows of a stop, so nothing but a process that has the wallet open can act on it: `zksettle desk
run` does, at each round.  While none runs, a stop sleeps, and prices that come and go meanwhile trigger nothing.
"""
