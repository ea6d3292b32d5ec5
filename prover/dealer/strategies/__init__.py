"""What a desk wants to trade: pure functions of a market, an inventory and a request.

    view         what a strategy is shown: the market and the inventory
    strategy     what a strategy answers, and its interface
    quoting      one price on each side for the lines of a request
    twosided     a worked example: two sides around a price, moved by what the desk has
    options      another: options two-sided in volatility, and their delta hedged
    kinds        the strategies that DESK.toml may name, a user's own among them
    tables       reads its settings, and the other tables of DESK.toml

They touch no wallet, no carrier, no file and no clock.
"""
