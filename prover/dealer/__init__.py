"""A desk that quotes by itself: what it wants to trade, at which prices, within which limits; and the daemon that does.

    strategies                   what a desk would trade, and at what price
    limits                       how much of it, counted at the worst
    reserve                      keeps margined accounts healthy, out of accounts that it does not trade with
    prices                       what everything is worth, from oracles, a file or a command
    journal                      what it decided and why, one line of JSON each
    book                         what it has on the board, in a file beside the wallet
    careful, patience            strategies that may fail, and what was refused, which is not tried at once again
    accounts                     which account an order or a quote is on
    standing, freshness          from what should stand to orders on the board, which are proved at each epoch
    requests                     from what is asked to firm quotes
    example                      a DESK.toml to begin with
    outlook                      what it would do now, for whoever wants to look before
    wishing                      what is to be done now, from the board or by asking for quotes
    errands                      stop orders, orders that are kept, and top-ups from a reserve
    killing                      moves every account at once, whether or not a daemon runs
    dealer                       a round of all that
    farming                      other machines that make its proofs
    config                       DESK.toml
    daemon, status               the loop around the rounds, and what others see of it

Strategies are pure functions of a market and an inventory; all that acts is outside of them, and they know nothing of
it.  Whatever must not be lost or done twice is written to the wallet before it is sent anywhere (prover/trader/outbox),
and its name to the book before that.  So a daemon that was killed finds all that it may have sent, and nothing stands
twice: what takes the place of an order is on the same account, or comes after that account has moved.
"""
