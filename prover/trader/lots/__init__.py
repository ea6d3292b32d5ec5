"""Orders in lots: an order that can be taken in parts is a set of orders, each on an account of its own.

    shares     divides amounts into lots
    sums       chooses the lots whose sum comes nearest to an amount
    splitting  divides an account into several
    sets       which orders on the board belong together, what is left of them, and at which price
    accounts   an account for each lot, one that is there or one that is split off
    offering   places a set: one order for each lot
    sweeping   takes any lots of any orders in one bundle
    ending     cancels and withdraws a set
    exchanging replaces a set by another
"""
