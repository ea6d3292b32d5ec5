"""Twenty desks that trade for an hour of simulated time, beside a book of plain numbers.

    chance       what is drawn, and the clock: of a seed and of simulated time
    weather      carriers that lose, delay, repeat and reorder what they carry, and are away at times
    witness      what every proof is about, which nobody but the simulation sees
    clerk        from what settles to entries of the book (tests/reference/tradebook.py), each checked
    house        the ledger, its oracles and guardians, and the path of prices
    member       a desk: opened from its files, dropped at any step, opened again
    scripts, acts what desks do: ask, answer and take; orders, payments, top-ups
    hooks         what they promise, and where they may die
    day          an hour of it, and its summary

`python -m tests.soak.desks` runs it; tests/simulation/test_desks.py is a small share.
"""
