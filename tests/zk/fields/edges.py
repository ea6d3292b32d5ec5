"""The edge values of a field, and a strategy that mixes them with random elements."""

from hypothesis import strategies


def corpus(modulus: int) -> list[int]:
    """Elements around which a carry, a borrow or a reduction changes."""
    near_words = (2 ** (64 * k) + d for k in range(1, 4) for d in (-1, 0, 1))
    near_top = (2**253 + d for d in (-1, 0, 1))
    near_half = ((modulus + d) // 2 for d in (-1, 1, 3))
    return [0, 1, 2, *near_words, *near_top, *near_half, modulus - 2, modulus - 1]


def elements(modulus: int) -> strategies.SearchStrategy[int]:
    """Edge values and random ones."""
    return strategies.one_of(strategies.sampled_from(corpus(modulus)), strategies.integers(0, modulus - 1))
