"""Desks that divide, offer, sweep, race and cancel, beside a book of plain numbers: `python -m tests.soak.lots COUNT`.

Each of COUNT seeds is a ledger of its own with twenty steps of four desks (tests/prover/trader/lots/test_book.py), all
of them checked: every balance, conservation, and that no order is filled beyond its size.  It prints each seed; any
difference ends the run.
"""

import argparse
import sys

from tests.prover.trader.lots import test_book

STEPS = 20


def main() -> int:
    """Runs the seeds one after the other."""
    parser = argparse.ArgumentParser(description="Desks that trade in lots, beside a book of plain numbers.")
    parser.add_argument("count", type=int, help="how many ledgers")
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    asked = parser.parse_args()
    for seed in range(asked.seed, asked.seed + asked.count):
        test_book.run(seed, STEPS)
        print(f"seed {seed}: {STEPS} steps, the desks have what the book says", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
