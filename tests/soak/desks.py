"""Twenty desks for an hour of simulated time: `python -m tests.soak.desks [--desks 20] [--minutes 60] [--seed N]`.

Real wallets, letters, orders and a real ledger; a notary in the place of proofs (tests/simulation/desks).  Whatever
differs from the book of plain numbers ends the run.  The same seed is the same run.
"""

import argparse
import sys

from tests.simulation.desks import day, planted


def main() -> int:
    """Runs it, and prints what happened."""
    parser = argparse.ArgumentParser(description="Desks that trade for an hour of simulated time, beside a book.")
    parser.add_argument("--desks", type=int, default=20)
    parser.add_argument("--minutes", type=int, default=60, help="of simulated time")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--planted", action="store_true", help="plant bugs, each of which must end a run")
    parser.add_argument("--real", action="store_true", help="with real proofs, which takes some ten times as long")
    asked = parser.parse_args()
    if asked.planted:
        for bug in planted.BUGS:
            print(f"{bug.what}: {planted.find(bug)}", flush=True)
        return 0
    plan = day.Plan(asked.desks, asked.minutes, asked.seed, is_real=asked.real)
    for line in day.run(plan, lambda line: print(line, file=sys.stderr, flush=True)).lines():
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
