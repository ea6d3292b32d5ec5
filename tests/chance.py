"""Dice that fall otherwise in every run, and say how they fell when a test fails: pytest shows what was printed."""

import random


def drawn() -> random.Random:
    """Dice of a new seed, which is printed."""
    seed = random.SystemRandom().getrandbits(32)
    print(f"the dice's seed is {seed}")
    return random.Random(seed)
