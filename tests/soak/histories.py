"""Histories with kills, full disks and clock jumps, for a long time: `python -m tests.soak.histories --minutes 30`.

By turns they are of a ledger (tests/simulation/histories.py) and of two wallets (commands.py), --steps steps each.  A
failure ends the run with the steps that led to it, shrunk unless --fast.  At the end, how often what happened is
printed.
"""

import argparse
import random
import sys
import time
from collections import Counter

import hypothesis
from hypothesis import HealthCheck, Phase
from hypothesis.stateful import run_state_machine_as_test

from tests.simulation import commands, histories

EXAMPLES = 5  # between two looks at the clock


def soak(minutes: float, steps: int, seed: int, *, fast: bool) -> int:
    """Runs histories for so many minutes; how many there were."""
    heard: Counter[str] = Counter()
    histories.event = commands.event = lambda text: heard.update([text])
    phases = [Phase.generate] if fast else [Phase.generate, Phase.shrink]
    settings = hypothesis.settings(
        max_examples=EXAMPLES, stateful_step_count=steps, deadline=None, database=None, phases=phases,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    done, end = 0, time.monotonic() + 60 * minutes
    while time.monotonic() < end:
        kind = (histories.History, commands.Commands)[done // EXAMPLES % 2]
        machine = hypothesis.seed(seed + done)(type(kind.__name__, (kind,), {}))
        run_state_machine_as_test(machine, settings=settings)
        done += EXAMPLES
        print(f"{done} histories", flush=True)
    for text, count in sorted(heard.items()):
        print(f"{count:6} {text}")
    return done


def main() -> int:
    """Runs the soak with what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().getrandbits(32))
    parser.add_argument("--fast", action="store_true", help="do not shrink a failure")
    chosen = parser.parse_args()
    print(f"seed {chosen.seed}")
    done = soak(chosen.minutes, chosen.steps, chosen.seed, fast=chosen.fast)
    print(f"{done} histories of {chosen.steps} steps")
    return 0


if __name__ == "__main__":
    sys.exit(main())
